"""The warm worker as a child: it cannot see the token, and dies with this process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from queue import SimpleQueue
from time import sleep
from typing import Any, Callable, Dict, List, Optional, Tuple

from ..lifeline import kill_group
from .settings import PREFIX

Event = Tuple[str, Any]

HANG_UP_S = 1.0
_EXIT_S = 5.0


class WorkerProcess:
    """Puts ("worker", message) into the queue for every message, and ("closed", None) at the end.

    ``idle``: it ran a segment to its end, and can run another one; ``is_ready``: it did, and will not say "ready" again.

    Args:
        folder: current folder of the process.
        events: where messages go.
        crowded: whether so much waits that the program is to be held back.
    """

    def __init__(self, folder: str, events: "SimpleQueue[Event]", crowded: Callable[[], bool]) -> None:
        self.idle = self.is_ready = False
        environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        harness = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        inherited = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = harness + os.pathsep + inherited if inherited else harness
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hpo_trial", "worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        self._events = events
        self._crowded = crowded
        self._groups: List[int] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._read, name="hpo-trial-worker", daemon=True).start()

    def send(self, message: Dict[str, Any]) -> None:
        """Sends a message; one that is gone is noticed by its reader."""
        stream = self._process.stdin
        assert stream is not None
        with self._lock, suppress(OSError, ValueError):
            stream.write(json.dumps(message, allow_nan=False).encode() + b"\n")
            stream.flush()

    def serve(self, events: "SimpleQueue[Event]", crowded: Callable[[], bool]) -> None:
        """Has an idle worker speak to another one."""
        self.idle, self.is_ready = False, True
        self._groups = []
        self._events, self._crowded = events, crowded

    def is_alive(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Lets it kill what it runs, and kills it when it does not; returns at once."""
        self._close()
        threading.Thread(target=self._kill_late, name="hpo-trial-kill", daemon=True).start()

    def exit_code(self) -> int:
        """Waits until an idle or dead worker is gone; negative for the signal that it died of."""
        self._close()
        try:
            return self._process.wait(_EXIT_S)
        except subprocess.TimeoutExpired:
            self._kill_now()
            return self._process.wait()

    def _close(self) -> None:
        with self._lock, suppress(OSError, ValueError):
            assert self._process.stdin is not None
            self._process.stdin.close()

    def _kill_late(self) -> None:
        try:
            self._process.wait(HANG_UP_S)
        except subprocess.TimeoutExpired:
            self._kill_now()
        for group in self._groups:
            kill_group(group)

    def _kill_now(self) -> None:
        for group in [*self._groups, self._process.pid]:
            kill_group(group, signal.SIGKILL)

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with suppress(OSError, ValueError):
            for line in stream:
                if line.startswith(b"{"):  # not a start-up file of the user's Python that prints
                    self._take(json.loads(line))
        self._events.put(("closed", None))

    def _take(self, message: Dict[str, Any]) -> None:
        if message.get("ev") == "spawned":
            self._groups.append(message["pgid"])
            return
        while self._crowded():
            sleep(0.05)
        self._events.put(("worker", message))


def describe_exit(code: int) -> str:
    """An exit code as people know it."""
    return f"exit code {128 - code}, signal {-code}" if code < 0 else f"exit code {code}"


def killed_by(number: Optional[int]) -> Optional[str]:
    """The name of a signal that systems and administrators kill with; None for others."""
    return {signal.SIGKILL: "SIGKILL", signal.SIGTERM: "SIGTERM"}.get(number or 0)  # type: ignore[call-overload]
