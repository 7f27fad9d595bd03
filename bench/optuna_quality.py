"""Proposes configurations with Optuna for `bench/run quality --peer`: one request a line on standard input, one answer a line on standard output.

{"sampler": NAME, "seed": N, "space": {...}}   begins a study        -> {"optuna": VERSION}
{"tell": [[TRIAL, VALUE or null], ...], "ask": COUNT}                 -> {"configurations": [[TRIAL, {...}], ...], "ms": time of both}

The problems stay where they are, in C#, so both sides are judged by the same code.
"""

import json
import sys
import time
import warnings

import optuna

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)

SAMPLERS = {
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
    "tpe_mv": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True),
    "tpe_mv_group": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True, group=True),
    "cmaes": lambda seed: optuna.samplers.CmaEsSampler(seed=seed),
}


def suggest(trial, name, method, dimension):
    if method == "categorical":
        return trial.suggest_categorical(name, dimension["categories"])
    if method == "uniformint":
        return trial.suggest_int(name, dimension["low"], dimension["high"])
    if method in ("uniform", "loguniform"):
        return trial.suggest_float(name, dimension["low"], dimension["high"], log=method == "loguniform")
    raise ValueError(f"{name}: no suggestion for method {method}")


def propose(trial, space):
    """Parents stand before their children in the spaces that are asked for."""
    values = {}
    for name, definition in space.items():
        if all(values.get(parent) in allowed for parent, allowed in definition.get("condition", {}).items()):
            values[name] = suggest(trial, name, definition["method"], definition["dimension"])
    return values


def main():
    study, space, running = None, {}, {}
    for line in sys.stdin:
        request = json.loads(line)
        if "sampler" in request:
            space, running = request["space"], {}
            study = optuna.create_study(sampler=SAMPLERS[request["sampler"]](request["seed"]))
            answer = {"optuna": optuna.__version__}
        else:
            start = time.perf_counter()
            for number, value in request["tell"]:
                trial = running.pop(number)
                if value is None:
                    study.tell(trial, state=optuna.trial.TrialState.FAIL)
                else:
                    study.tell(trial, value)
            proposed = []
            for _ in range(request["ask"]):
                trial = study.ask()
                running[trial.number + 1] = trial
                proposed.append([trial.number + 1, propose(trial, space)])
            answer = {"configurations": proposed, "ms": (time.perf_counter() - start) * 1e3}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
