"""One segment by HTTP alone, as a process, against a strict host."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import unittest
from typing import Optional

from .hpo_server import TOKEN, Json
from .remote_case import COUNTING, RemoteCase

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
