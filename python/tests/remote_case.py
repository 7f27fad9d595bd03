"""A segment that runs by HTTP alone, as a process, against a strict host."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest
from contextlib import suppress
from time import sleep
from typing import Any

from .hpo_server import TOKEN, HpoServer, Json
from .support import PYTHON_FOLDER, read

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
