"""A host for tests: starts a real worker, talks to it, and never waits for ever."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest
from contextlib import suppress
from typing import Any, Dict, List, Optional

Json = Dict[str, Any]
PYTHON_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PATIENCE_S = 30.0
"""Far beyond what any answer takes; reaching it is a failure."""


class WorkerClosed(Exception):
    """The worker's end of the pipe is closed."""


class HostSide:
    """One worker process and its two pipes."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hpo_trial", "worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=PYTHON_FOLDER,
        )
        self._buffer = b""
        self.ready = self.receive()

    def send(self, message: Json) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def receive(self) -> Json:
        """The next event; strict JSON, so NaN is an error."""
        assert self.process.stdout is not None
        while b"\n" not in self._buffer:
            if not select.select([self.process.stdout], [], [], PATIENCE_S)[0]:
                raise TimeoutError("the worker says nothing")
            chunk = os.read(self.process.stdout.fileno(), 1 << 16)
            if not chunk:
                raise WorkerClosed
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        message = json.loads(line, parse_constant=_refuse)
        assert isinstance(message, dict)
        return message

    def until_end(self) -> Json:
        """Skips to "end"; its "reports" are all the reports of the segment, its "checkpoints" all that were told."""
        reports: List[Json] = []
        checkpoints: List[Json] = []
        while True:
            event = self.receive()
            if event["ev"] == "spawned":
                continue
            if event["ev"] == "checkpoint":
                checkpoints.append(event)
                continue
            reports += event["reports"]
            if event["ev"] == "end":
                return {**event, "reports": reports, "checkpoints": checkpoints}
            assert not event["wait"], f"unexpected wait: {event}"

    def directive(self, action: str, until: Optional[int] = None, budget: Optional[float] = None) -> None:
        self.send({"op": "directive", "action": action, "until": until, "budget": budget})

    def hang_up(self) -> None:
        """Dies, as the worker sees it."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def wait(self) -> int:
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


class TrialCase(unittest.TestCase):
    """One warm worker for the tests of a class (replaced when a test spends it), a fresh scripts folder for each test."""

    _host: Optional[HostSide] = None
    _number = 0

    @classmethod
    def tearDownClass(cls) -> None:
        if cls._host is not None:
            cls._host.close()
            cls._host = None

    def setUp(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="hpo_trial_")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.scripts = os.path.join(self.folder, "scripts")
        os.mkdir(self.scripts)

    @property
    def host(self) -> HostSide:
        cls = type(self)
        if cls._host is None or cls._host.process.poll() is not None:
            if cls._host is not None:
                cls._host.close()
            cls._host = HostSide()
        return cls._host

    def fresh_host(self) -> HostSide:
        """A worker of this test's own."""
        host = HostSide()
        self.addCleanup(host.close)
        return host

    def script(self, text: str, name: str = "objective.py") -> str:
        """Writes a script; returns its path."""
        path = os.path.join(self.scripts, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text))
        return path

    def executable(self, text: str, name: str = "train.sh") -> str:
        path = self.script(text, name)
        os.chmod(path, 0o755)
        return path

    def request(self, **changes: Any) -> Json:
        """A run message for ``f`` in objective.py."""
        TrialCase._number += 1
        workdir = os.path.join(self.folder, f"trial{TrialCase._number}")
        return {
            "op": "run",
            "trial": TrialCase._number,
            "segment": 0,
            "program": {"kind": "python", "scripts": self.scripts, "script": "objective.py", "model": "f"},
            "config": {},
            "param": {},
            "workdir": workdir,
            "log": os.path.join(workdir, "log.txt"),
            "stop": {},
            "metric": "loss",
            "mode": "min",
            "until": None,
            "memory_limit_mb": None,
            "log_limit_mb": 16,
            "isolate": False,
            "env": {},
            **changes,
        }

    def run_script(self, text: str, **changes: Any) -> Json:
        """Runs ``f`` of this script to its end; the event has the log as "log"."""
        self.script(text)
        return self.run_request(self.request(**changes))

    def run_command(self, *command: str, **changes: Any) -> Json:
        program = {"kind": "command", "command": list(command), "scripts": self.scripts}
        return self.run_request(self.request(program=program, **changes))

    def run_request(self, request: Json, host: Optional[HostSide] = None) -> Json:
        host = host or self.host
        host.send(request)
        end = host.until_end()
        self.assertEqual((request["trial"], request["segment"]), (end["trial"], end["segment"]))
        if not end["reusable"]:
            self.assertEqual(0, host.wait(), "a worker that is not reusable exits")
        return {**end, "log": read(request["log"])}

    def rules(self, **changes: Any) -> Json:
        """Checkpoint rules with a folder of this test's own."""
        return {"folder": os.path.join(self.folder, "checkpoints"), "every": 0, "at_until": False, **changes}

    def steps(self, event: Json) -> List[int]:
        return [report["step"] for report in event["reports"]]

    def losses(self, end: Json) -> List[Any]:
        return [report["metrics"].get("loss") for report in end["reports"]]

    def assert_gone(self, pid: int) -> None:
        """The process ends; a zombie waiting for its new parent counts as gone."""
        for _ in range(int(PATIENCE_S / 0.02)):
            if not alive(pid):
                return
            select.select([], [], [], 0.02)
        self.fail(f"process {pid} still runs")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, IsADirectoryError):
        return ""


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
