"""One segment without any host: what goes in is a text and a sandbox, what comes out is one file."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import textwrap
import unittest
import zipfile
import zlib
from time import sleep
from typing import Any, Dict, List, Optional

from .support import PYTHON_FOLDER

PATIENCE_S = 60.0

SCRIPT = """
    import os, time

    def steps(config, reporter):
        print("hello from", os.getcwd())
        for step in range(config["steps"]):
            reporter(loss=config["steps"] - step, input=os.path.exists("data.txt"))

    def fails(config, reporter):
        reporter(loss=1.0)
        raise ValueError("no luck")

    def kills(config, reporter):
        os.kill(os.getpid(), 9)

    def sleeps(config, reporter):
        reporter(loss=1.0)
        open("sleeps", "w").close()
        time.sleep(600)

    class Counting:
        def setup(self, config):
            self.count, self.state = 0, "x" * config.get("size", 1)
        def step(self):
            self.count += 1
            return {"loss": 10.0 / self.count}
        def save_checkpoint(self, folder):
            return {"count": self.count, "noise": os.urandom(len(self.state))}
        def load_checkpoint(self, state):
            self.count = state["count"]
"""


class JobTests(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="hpo-job-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        with zipfile.ZipFile(self._path("scripts.zip"), "w") as archive:
            archive.writestr("train.py", textwrap.dedent(SCRIPT))

    def test_a_whole_segment_is_in_the_file(self) -> None:
        hpo = self._run(self._work("steps", steps=3))
        self.assertEqual(("completed", False, "k1", 2), (hpo["status"], hpo["asks"], hpo["key"], hpo["attempt"]))
        content = self._content(hpo)
        self.assertEqual([(1, 3), (2, 2), (3, 1)], [(step, metrics["loss"]) for step, metrics, _ in content["reports"]])
        self.assertIn("hello from", unpack(hpo["log"])["log"])
        self.assertGreaterEqual(content["ended"], content["began"])

    def test_it_ends_where_it_must_ask(self) -> None:
        hpo = self._run({**self._work("Counting"), "until": 3})
        self.assertEqual(("paused", True), (hpo["status"], hpo["asks"]))
        self.assertEqual([1, 2, 3], [step for step, _, _ in self._content(hpo)["reports"]])
        (saved,) = hpo["checkpoints"]
        state = gzip.decompress(base64.b64decode(saved["content"]))
        self.assertEqual((3, saved["bytes"]), (saved["step"], len(state)))

        with open(self._path("restore.tar"), "wb") as file:
            file.write(state)
        work = {**self._work("Counting"), "until": 5}
        work["job"]["restore_step"] = 3
        self.assertEqual([4, 5], [step for step, _, _ in self._content(self._run(work))["reports"]])

    def test_a_failure_is_told_and_the_job_is_well(self) -> None:
        hpo = self._run(self._work("fails"))
        self.assertEqual("failed", hpo["status"])
        content = self._content(hpo)
        self.assertEqual("ValueError: no luck", content["error"])
        self.assertEqual(1, len(content["reports"]))

    def test_what_is_killed_is_lost(self) -> None:
        hpo = self._run(self._work("kills"))
        self.assertEqual("lost", hpo["status"])
        self.assertIn("SIGKILL", self._content(hpo)["error"])

    def test_a_time_limit_holds(self) -> None:
        hpo = self._run({**self._work("sleeps"), "time_limit_s": 1})
        self.assertEqual("failed", hpo["status"])
        self.assertIn("time limit of 1 s", self._content(hpo)["error"])

    def test_when_the_machine_goes_away_there_is_no_outcome(self) -> None:
        process = self._start(["--text", text_of(self._work("sleeps"))])
        while not os.path.exists(self._path("sleeps")):
            sleep(0.05)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(128 + signal.SIGTERM, process.wait(PATIENCE_S))
        with open(self._path("userJobMetadata.json"), encoding="utf-8") as file:
            self.assertEqual({}, json.load(file))

    def test_the_file_keeps_to_its_limit(self) -> None:
        work = self._work("Counting", size=20_000)
        work["checkpoint"]["every"] = 1
        work["stop"] = {"training_iteration": 4}
        work["job"]["max_bytes"] = 70_000
        hpo = self._run(work)
        self.assertLess(os.path.getsize(self._path("userJobMetadata.json")), 70_000)
        self.assertEqual([3, 4], [saved["step"] for saved in hpo["checkpoints"]])

        work = self._work("steps", steps=5000)
        work["job"]["max_bytes"] = 20_000
        content = self._content(self._run(work))
        self.assertLess(os.path.getsize(self._path("userJobMetadata.json")), 20_000)
        self.assertEqual(5000, content["reports"][-1][0])
        self.assertEqual(5000, content["thinned"] + len(content["reports"]))

    def test_archives_of_the_input_are_unpacked(self) -> None:
        with tarfile.open(self._path("input.tar.gz"), "w:gz") as archive:
            for name in ("data.txt", "../outside.txt"):
                entry = tarfile.TarInfo(name)
                entry.size = 2
                archive.addfile(entry, io.BytesIO(b"hi"))
        content = self._content(self._run(self._work("steps", steps=1)))
        self.assertEqual(1, content["reports"][0][1]["input"])
        self.assertFalse(os.path.exists(os.path.join(os.path.dirname(self.folder), "outside.txt")))

    def test_wrong_work_is_refused(self) -> None:
        for arguments in ([], ["--text", "!!"], ["--text", text_of({})], ["nothing.json"]):
            process = self._start(arguments)
            self.assertEqual(2, process.wait(PATIENCE_S), arguments)

    def test_missing_scripts_fail_the_trial(self) -> None:
        os.remove(self._path("scripts.zip"))
        hpo = self._run(self._work("steps", steps=1))
        self.assertIn("scripts/abc.zip", self._content(hpo)["error"])

    def _work(self, model: str, **config: Any) -> Dict[str, Any]:
        return {
            "op": "run",
            "trial": 1,
            "segment": 0,
            "attempt": 2,
            "program": {"kind": "python", "scripts": "scripts/abc.zip", "script": "train.py", "model": model},
            "config": config,
            "metric": "loss",
            "mode": "min",
            "checkpoint": {"every": 0, "every_s": 0, "at_until": False, "grace_s": 5},
            "candidates": [],
            "job": {"key": "k1", "max_bytes": 1 << 20},
        }

    def _run(self, work: Dict[str, Any]) -> Dict[str, Any]:
        with open(self._path("work.json"), "w", encoding="utf-8") as file:
            json.dump(work, file)
        self.assertEqual(0, self._start(["work.json"]).wait(PATIENCE_S))
        with open(self._path("userJobMetadata.json"), encoding="utf-8") as file:
            value = json.load(file)["hpo"]
        assert isinstance(value, dict)
        return value

    def _start(self, arguments: List[str]) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, "PYTHONPATH": PYTHON_FOLDER}
        process = subprocess.Popen([sys.executable, "-m", "hpo_trial", "job", *arguments], cwd=self.folder, env=environment, stderr=subprocess.DEVNULL)
        self.addCleanup(_end, process)
        return process

    def _content(self, hpo: Dict[str, Any]) -> Dict[str, Any]:
        return unpack(hpo["content"])

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)


def unpack(text: Optional[str]) -> Dict[str, Any]:
    assert text is not None
    value = json.loads(gzip.decompress(base64.b64decode(text)))
    assert isinstance(value, dict)
    return value


def text_of(work: Dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(work).encode())).decode().rstrip("=")


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
