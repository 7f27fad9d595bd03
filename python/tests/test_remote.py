"""One segment by HTTP alone, as a process, against a strict host that is not always well."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest
from contextlib import suppress
from time import sleep
from typing import Any, Dict, List, Optional

from .hpo_server import TOKEN, HpoServer, Json, Trouble
from .support import PYTHON_FOLDER, alive, read

PATIENCE_S = 60.0

COUNTING = """
    import os, time
    class Counting:
        def setup(self, config):
            self.count, self.config = 0, config
        def step(self):
            if self.config.get("hangs_at") == self.count + 1:
                open(os.path.join(os.getcwd(), "hangs"), "w").write(str(os.getpid()))
                time.sleep(600)
            self.count += 1
            print("step", self.count)
            time.sleep(self.config.get("pause", 0))
            return {"loss": 10.0 / self.count}
        def save_checkpoint(self, folder):
            return {"count": self.count}
        def load_checkpoint(self, state):
            self.count = state["count"]
"""


class RemoteCase(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="hpo_remote_")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.workdir = os.path.join(self.folder, "trial")
        self.cache = os.path.join(self.folder, "cache")

    def serve(self, script: str, model: str = "f", **work: Any) -> HpoServer:
        program = {"kind": "python", "script": "train.py", "model": model}
        message: Json = {
            "op": "run",
            "trial": 7,
            "segment": 2,
            "program": program,
            "config": {},
            "metric": "loss",
            "mode": "min",
            "checkpoint": {"every": 0, "every_s": 0, "at_until": False, "grace_s": 20, "max_bytes": 1 << 20},
            "candidates": [],
            "attempt": 0,
            "log_limit_mb": 16,
            "stop_grace_s": 5,
            "env": {"HPO_EXPERIMENT": "e"},
        }
        server = HpoServer({**message, **work}, {"train.py": textwrap.dedent(script)})
        self.addCleanup(server.close)
        return server

    def start(self, server: HpoServer, **environment: str) -> "subprocess.Popen[str]":
        variables = {name: value for name, value in os.environ.items() if not name.startswith("HPO_")}
        variables.update(
            HPO_URL=server.url,
            HPO_EXPERIMENT="e",
            HPO_TRIAL="7",
            HPO_SEGMENT="2",
            HPO_TOKEN=TOKEN,
            HPO_CACHE=self.cache,
            HPO_WORKDIR=self.workdir,
            HPO_RETRY_S="20",
            PYTHONPATH=PYTHON_FOLDER,
        )
        variables.update(environment)
        process = subprocess.Popen(
            [sys.executable, "-m", "hpo_trial", "segment"], env=variables, cwd=self.folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(self._end, process)
        return process

    def finish(self, process: "subprocess.Popen[str]", server: HpoServer, code: int = 0) -> str:
        """Waits for the end; returns what it said."""
        output, errors = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(code, process.returncode, errors)
        self.assertEqual("", output)
        self.assertEqual([], server.faults)
        self.assertNotIn(TOKEN, errors)
        self.assertNotIn(TOKEN.encode(), server.log)
        self.assertNotIn("Traceback", errors)
        return errors

    def run_segment(self, server: HpoServer, code: int = 0, **environment: str) -> str:
        return self.finish(self.start(server, **environment), server, code)

    def assert_outcome(self, server: HpoServer, status: str) -> Json:
        self.assertEqual([status], [outcome["status"] for outcome in server.outcomes], server.outcomes)
        return server.outcomes[0]

    def hanging(self, server: HpoServer) -> int:
        """Waits until the program hangs; returns its process."""
        path = os.path.join(self.workdir, "hangs")
        for _ in range(int(PATIENCE_S / 0.05)):
            text = read(path)
            if text:
                return int(text)
            sleep(0.05)
        self.fail(f"the program never hangs; requests: {server.requests}")

    @staticmethod
    def _end(process: "subprocess.Popen[str]") -> None:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()


class DeliveryTests(RemoteCase):
    def test_reports_log_and_outcome_arrive(self) -> None:
        server = self.serve("def f(config, reporter):\n    print('hello')\n    reporter(loss=0.5)\n    reporter(loss=float('nan'))")
        self.run_segment(server)
        outcome = self.assert_outcome(server, "completed")
        self.assertGreater(outcome.pop("duration_s"), 0)
        self.assertEqual({"status": "completed", "segment": 2, "attempt": 0}, outcome)
        self.assertEqual([0.5, "nan"], [server.reports[step]["loss"] for step in (1, 2)])
        self.assertEqual(b"hello\n", server.log)

    def test_failure_is_delivered_and_is_no_failure_of_the_harness(self) -> None:
        server = self.serve("def f(config, reporter):\n    reporter(loss=1)\n    raise ValueError('no data')")
        self.run_segment(server)
        self.assertEqual("ValueError: no data", self.assert_outcome(server, "failed")["error"])
        self.assertEqual([1], list(server.reports))

    def test_sudden_death_of_the_program_is_its_failure(self) -> None:
        server = self.serve("import os\ndef f(config, reporter):\n    print('last words', flush=True)\n    os._exit(9)")
        self.run_segment(server)
        self.assertIn("exit code 9", self.assert_outcome(server, "failed")["error"])
        self.assertIn("last words", server.outcomes[0]["error"])

    def test_command_runs_from_the_scripts(self) -> None:
        server = self.serve("import json, sys\nprint(json.dumps({'loss': json.load(open(sys.argv[1]))['x']}))", config={"x": 3})
        server.work["program"] = {"kind": "command", "command": [sys.executable, "train.py"], "scripts": server.scripts_name}
        self.run_segment(server)
        self.assert_outcome(server, "completed")
        self.assertEqual(3, server.reports[1]["loss"])

    def test_many_reports_are_split_and_none_is_lost(self) -> None:
        server = self.serve("def f(config, reporter):\n    for n in range(3500):\n        reporter(loss=n, text_of_some_length=n * 1.5)")
        self.run_segment(server)
        self.assert_outcome(server, "completed")
        self.assertEqual(list(range(1, 3501)), sorted(server.reports))

    def test_scripts_are_fetched_once(self) -> None:
        server = self.serve("def f(config):\n    return 1.0")
        self.run_segment(server)
        self.run_segment(server)
        self.assertEqual(1, server.count("GET", "scripts"))
        self.assertEqual(["completed"] * 2, [outcome["status"] for outcome in server.outcomes])

    def test_damaged_scripts_fail_the_trial(self) -> None:
        server = self.serve("def f(config):\n    return 1.0")
        server.scripts += b"x"
        self.run_segment(server)
        self.assertIn("damaged", self.assert_outcome(server, "failed")["error"])

    def test_log_goes_on_from_the_one_before(self) -> None:
        server = self.serve("def f(config):\n    print('second')\n    return 1.0")
        server.log = b"first\n"
        self.run_segment(server)
        self.assertEqual(b"first\nsecond\n", server.log)

    def test_time_limit_ends_the_program(self) -> None:
        server = self.serve("def f(config):\n    while True:\n        pass", time_limit_s=0.5)
        self.run_segment(server)
        self.assertEqual("time limit of 0.5 s exceeded", self.assert_outcome(server, "failed")["error"])


class SecretTests(RemoteCase):
    def test_user_code_cannot_see_the_token(self) -> None:
        server = self.serve(
            """
            import os
            def seen(pid):
                return [text for name in ("environ", "cmdline") for text in [open(f"/proc/{pid}/{name}", "rb").read().decode()]]
            def f(config, reporter):
                parent = os.getppid()
                texts = [str(dict(os.environ)), *seen("self"), *seen(parent)]
                print(texts)
                reporter(loss=sum("secret-token" in text for text in texts), parent=parent, names=sum(n == "HPO_URL" for n in os.environ))
            """
        )
        process = self.start(server)
        self.finish(process, server)
        self.assert_outcome(server, "completed")
        self.assertEqual((0, process.pid, 0), (server.reports[1]["loss"], server.reports[1]["parent"], server.reports[1]["names"]))

    def test_token_can_come_in_a_file(self) -> None:
        server = self.serve("def f(config):\n    return 1.0")
        path = os.path.join(self.folder, "token")
        with open(path, "w", encoding="utf-8") as file:
            file.write(TOKEN + "\n")
        self.run_segment(server, HPO_TOKEN="", HPO_TOKEN_FILE=path)
        self.assert_outcome(server, "completed")

    def test_wrong_token_is_refused_at_once(self) -> None:
        server = self.serve("def f(config):\n    return 1.0")
        self.run_segment(server, 4, HPO_TOKEN="wrong")
        self.assertEqual([("GET", "segments/2/work")], server.requests)

    def test_all_wrong_settings_are_told(self) -> None:
        server = self.serve("def f(config):\n    return 1.0")
        said = self.run_segment(server, 2, HPO_URL="http://example.org", HPO_TRIAL="x", HPO_SEGMENT="")
        for name in ("HPO_URL", "HPO_TRIAL", "HPO_SEGMENT"):
            self.assertIn(name, said)
        self.assertEqual([], server.requests)


class TroubleTests(RemoteCase):
    def test_everything_is_tried_again(self) -> None:
        server = self.serve(COUNTING, "Counting", stop={"training_iteration": 3})
        server.work["checkpoint"]["every"] = 1
        for number, place in enumerate(
            [("GET", "segments/2/work"), ("GET", "scripts"), ("GET", "segments/2/log"), ("POST", "reports"), ("PUT", "segments/2/checkpoints/2"),
             ("PUT", "segments/2/log"), ("PUT", "outcome")]
        ):  # fmt: skip
            server.troubles[place] = Trouble([503, None, 500, 502][number % 4], times=2)
        self.run_segment(server)
        self.assert_outcome(server, "completed")
        self.assertEqual([1, 2, 3], sorted(server.reports))
        self.assertEqual([1, 2, 3], sorted(server.checkpoints))
        self.assertEqual({}, server.troubles)

    def test_answers_that_are_lost_change_nothing(self) -> None:
        server = self.serve(COUNTING, "Counting", stop={"training_iteration": 2})
        server.work["checkpoint"]["every"] = 1
        for place in [("POST", "reports"), ("PUT", "segments/2/checkpoints/1"), ("POST", "segments/2/restored")]:
            server.troubles[place] = Trouble(None, late=True)
        self.run_segment(server)
        self.assert_outcome(server, "completed")
        self.assertEqual([1, 2], sorted(server.reports))

    def test_retry_after_is_honoured(self) -> None:
        server = self.serve("def f(config):\n    return 1.0")
        server.troubles["GET", "segments/2/work"] = Trouble(429, headers={"Retry-After": "3600"})
        said = self.run_segment(server, 4, HPO_RETRY_S="30")
        self.assertEqual(1, len(server.requests), "an hour is more than what is left")
        self.assertIn("HTTP 429", said)

    def test_host_that_stays_away_ends_it_without_outcome(self) -> None:
        server = self.serve("def f(config):\n    return 1.0")
        server.troubles["PUT", "outcome"] = Trouble(503, times=1000)
        self.run_segment(server, 4, HPO_RETRY_S="1")
        self.assertEqual([], server.outcomes)

    def test_redirects_do_not_take_the_token_elsewhere(self) -> None:
        server = self.serve("def f(config):\n    return 1.0")
        server.troubles["GET", "segments/2/work"] = Trouble(302, headers={"Location": f"{server.url}/elsewhere"})
        self.run_segment(server, 4)
        self.assertEqual([("GET", "segments/2/work")], server.requests)

    def test_nobody_waits(self) -> None:
        server = self.serve("def f(config):\n    return 1.0")
        server.gone = True
        self.run_segment(server, 3)
        self.assertEqual([("GET", "segments/2/work")], server.requests)

    def test_nobody_waits_any_more(self) -> None:
        server = self.serve(COUNTING, "Counting", config={"hangs_at": 2})
        process = self.start(server, HPO_POLL_S="0.2")
        pid = self.hanging(server)
        server.gone = True
        self.finish(process, server, 3)
        self.assertEqual([], server.outcomes)
        self.assertFalse(alive(pid))


class DirectiveTests(RemoteCase):
    def test_directive_at_until_is_obeyed(self) -> None:
        server = self.serve(COUNTING, "Counting", until=2)
        answers: Dict[int, Json] = {2: {"action": "continue", "until": 4}, 4: {"action": "pause"}}
        server.decide = answers.__getitem__
        self.run_segment(server)
        self.assertEqual("paused", self.assert_outcome(server, "paused")["reason"])
        self.assertEqual(([1, 2, 3, 4], [4]), (sorted(server.reports), sorted(server.checkpoints)))

    def test_stop_comes_without_a_report(self) -> None:
        server = self.serve(COUNTING, "Counting", config={"hangs_at": 2}, stop_grace_s=0.2)
        process = self.start(server, HPO_POLL_S="0.2")
        self.hanging(server)
        server.directive = {"action": "stop"}
        self.finish(process, server)
        self.assertIn("killed because it did not stop within 0.2 s", self.assert_outcome(server, "stopped")["reason"])

    def test_segment_that_is_to_end_already_does_not_run(self) -> None:
        for interrupt, status in (("pause", "paused"), ("stop", "stopped")):
            server = self.serve("def f(config):\n    return 1.0", interrupt=interrupt)
            self.run_segment(server)
            self.assert_outcome(server, status)
            self.assertEqual(0, server.count("GET", "scripts"))

    def test_machine_that_goes_away_costs_no_step(self) -> None:
        server = self.serve(COUNTING, "Counting", stop={"training_iteration": 1000}, config={"pause": 0.05})
        process = self.start(server)
        server.until(lambda: 3 in server.reports)
        process.send_signal(signal.SIGTERM)
        self.finish(process, server, 143)
        self.assertEqual([], server.outcomes)
        last = max(server.reports)
        self.assertEqual([last], sorted(server.checkpoints))

        content = server.checkpoints[last]
        server.work["candidates"] = [{"step": last, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}]
        server.work["stop"] = {"training_iteration": last + 2}
        self.run_segment(server, HPO_ATTEMPT="1")
        self.assertEqual(1, self.assert_outcome(server, "completed")["attempt"])
        self.assertEqual(list(range(1, last + 3)), sorted(server.reports))
        self.assertEqual([(0, 0), (1, last)], [(told["attempt"], told["step"]) for told in server.restored])
        self.assertEqual(last + 2, server.log.count(b"\nstep") + 1, server.log)

    def test_machine_that_goes_away_before_the_program_runs(self) -> None:
        server = self.serve("def f(config):\n    return 1.0")
        server.troubles["GET", "scripts"] = Trouble(503, times=1000)
        process = self.start(server)
        server.until(lambda: server.count("GET", "scripts") > 0)
        process.send_signal(signal.SIGTERM)
        self.finish(process, server, 143)
        self.assertEqual([], server.outcomes)

    def test_machine_that_goes_away_while_the_program_waits(self) -> None:
        server = self.serve(COUNTING, "Counting", until=2)
        asked: List[int] = []
        ended: List[bool] = []

        def decide(step: int) -> Json:
            asked.append(step)
            server.changed.notify_all()
            server.changed.wait_for(lambda: bool(ended), PATIENCE_S)
            return {"action": "continue", "until": step}

        server.decide = decide
        process = self.start(server)
        server.until(lambda: bool(asked))
        process.send_signal(signal.SIGTERM)
        self.finish(process, server, 143)
        with server.changed:
            ended.append(True)
            server.changed.notify_all()
        self.assertEqual(([1, 2], [2]), (sorted(server.reports), sorted(server.checkpoints)))

    def test_death_of_the_harness_kills_the_program(self) -> None:
        server = self.serve(COUNTING, "Counting", config={"hangs_at": 3})
        process = self.start(server)
        pid = self.hanging(server)
        process.kill()
        process.wait()
        for _ in range(600):
            if not alive(pid):
                return
            sleep(0.05)
        self.fail("the program outlives the harness")

    def test_worker_that_is_killed_from_outside_is_lost(self) -> None:
        server = self.serve(COUNTING, "Counting", config={"hangs_at": 3})
        process = self.start(server)
        worker = self.hanging(server)
        server.until(lambda: 2 in server.reports)
        os.kill(worker, signal.SIGKILL)
        self.finish(process, server, 137)
        self.assertEqual(([], [1, 2]), (server.outcomes, sorted(server.reports)))


class CheckpointTests(RemoteCase):
    def checkpoint(self, steps: int) -> bytes:
        """What the program saves after so many steps."""
        server = self.serve(COUNTING, "Counting", stop={"training_iteration": steps})
        server.work["checkpoint"]["every"] = steps
        self.run_segment(server)
        shutil.rmtree(self.workdir)
        return server.checkpoints[steps]

    @staticmethod
    def candidate(step: int, content: bytes, sha256: Optional[str] = None, length: Optional[int] = None) -> Json:
        return {"step": step, "bytes": len(content) if length is None else length, "sha256": sha256 or hashlib.sha256(content).hexdigest()}

    def test_newest_whole_checkpoint_is_the_beginning(self) -> None:
        good = self.checkpoint(3)
        server = self.serve(COUNTING, "Counting", stop={"training_iteration": 5})
        server.checkpoints = {3: good, 5: good, 7: good}
        server.work["candidates"] = [
            self.candidate(9, good),
            self.candidate(7, good, length=7),
            self.candidate(5, good, sha256="0" * 64),
            self.candidate(3, good),
        ]
        self.run_segment(server)
        self.assert_outcome(server, "completed")
        self.assertEqual([4, 5], sorted(server.reports))
        told = server.restored[0]
        self.assertEqual((1, 3), (len(server.restored), told["step"]))
        for part in ("step 9 is missing", "step 7 is damaged (has", "step 5 is damaged (its SHA-256 differs)", "so it resumes from the checkpoint at step 3"):
            self.assertIn(part, told["text"])

    def test_without_any_whole_checkpoint_it_starts_from_the_beginning(self) -> None:
        server = self.serve(COUNTING, "Counting", stop={"training_iteration": 1}, candidates=[self.candidate(9, b"x")])
        self.run_segment(server)
        self.assert_outcome(server, "completed")
        self.assertEqual((0, [1]), (server.restored[0]["step"], sorted(server.reports)))

    def test_checkpoint_that_is_too_large_is_missed_and_the_trial_goes_on(self) -> None:
        server = self.serve(COUNTING, "Counting", stop={"training_iteration": 2})
        server.work["checkpoint"].update(every=1, max_bytes=10)
        self.run_segment(server)
        self.assert_outcome(server, "completed")
        self.assertEqual({}, server.checkpoints)
        self.assertIn(b"is not kept", server.log)


if __name__ == "__main__":
    unittest.main()
