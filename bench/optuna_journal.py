"""Trials a second of Optuna: several processes on one study in a journal file, random sampler, the bench's five parameters, a no-op objective.

Usage: optuna_journal.py PROCESSES SECONDS    (prints one JSON line; exit code 3 where Optuna is not installed)
"""
import json
import multiprocessing as mp
import os
import sys
import tempfile
import time
import warnings

try:
    import optuna
except ImportError:
    sys.exit(3)


def open_storage(folder):
    path = os.path.join(folder, "study.log")
    try:
        from optuna.storages.journal import JournalFileBackend
    except ImportError:
        return optuna.storages.JournalStorage(optuna.storages.JournalFileStorage(path))
    return optuna.storages.JournalStorage(JournalFileBackend(path))


def objective(trial):
    loss = trial.suggest_float("f0", -5, 5) + trial.suggest_float("f1", -5, 5)
    loss += trial.suggest_float("l2", 1e-6, 1, log=True) + trial.suggest_int("i3", 1, 128)
    return loss + "abc".index(trial.suggest_categorical("c4", ["a", "b", "c"]))


def work(number, folder, seconds, ready, go, done):
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(study_name="bench", storage=open_storage(folder), sampler=optuna.samplers.RandomSampler(seed=number))
    ready.put(number)
    go.wait()
    end = time.monotonic() + seconds
    count = errors = 0
    while time.monotonic() < end:
        try:  # 3.1 now and then reads a line of the journal that another process is still writing
            trial = study.ask()
            study.tell(trial, objective(trial))
            count += 1
        except Exception:
            errors += 1
    done.put((count, errors))


def main():
    warnings.simplefilter("ignore")
    processes, seconds = int(sys.argv[1]), float(sys.argv[2])
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    context = mp.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="hpo-bench-") as folder:
        optuna.create_study(study_name="bench", storage=open_storage(folder))
        ready, done, go = context.Queue(), context.Queue(), context.Event()
        workers = [context.Process(target=work, args=(n, folder, seconds, ready, go, done)) for n in range(processes)]
        for worker in workers:
            worker.start()
        for _ in workers:
            ready.get(timeout=120)
        start = time.monotonic()
        go.set()
        counts = [done.get(timeout=seconds + 120) for _ in workers]
        elapsed = time.monotonic() - start
        for worker in workers:
            worker.join(30)
    trials, errors = (sum(column) for column in zip(*counts))
    result = {"optuna": optuna.__version__, "processes": processes, "trials": trials, "errors": errors, "trials_per_s": trials / elapsed}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
