"""The private pipes: requests come in by a thread of their own, events go out as strict JSON lines."""

from __future__ import annotations

import os
import threading
from json import JSONDecoder, JSONEncoder
from os import fstat, read, write
from queue import Empty, SimpleQueue
from typing import Any, Dict, List, Mapping, NamedTuple, NoReturn, Optional

from . import lifeline

VERSION = 1
"""Announced in "ready"; raised when a host written for the old number would misunderstand."""

Message = Dict[str, Any]

_decode = JSONDecoder().decode
_encode = JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode


def reject(text: str) -> NoReturn:
    """Ends the worker because the host sent what the protocol does not allow. No exception: user code could catch it."""
    complain(text)
    lifeline.leave(lifeline.PROTOCOL_ERROR)


class RunRequest(NamedTuple):
    """One segment to run. ``trial`` is opaque and sent back as it came."""

    trial: Any
    segment: int
    program: Message
    config: Message
    workdir: str
    log: Optional[str]
    stop: Message
    metric: str
    mode: str
    until: Optional[float]
    budget: Optional[float]
    memory_limit_mb: Optional[float]
    log_limit_mb: Optional[float]
    isolate: bool
    env: Dict[str, str]
    checkpoint: Optional[Message] = None
    restore: Optional[Message] = None

    @staticmethod
    def parse(message: Message) -> "RunRequest":
        """Reads a "run" message; ``param`` is merged over ``config`` (the same name: ``param`` wins)."""
        take = message.get
        try:
            return RunRequest(
                message["trial"],
                take("segment", 0),
                message["program"],
                {**message["config"], **(take("param") or {})},
                message["workdir"],
                take("log"),
                take("stop") or {},
                take("metric", "accuracy"),
                take("mode", "max"),
                take("until"),
                take("budget"),
                take("memory_limit_mb"),
                take("log_limit_mb", 16),
                take("isolate", False),
                take("env") or {},
                _checked(take("checkpoint"), "folder"),
                _checked(take("restore"), "path", "step"),
            )
        except (KeyError, TypeError) as error:
            reject(f"run message is wrong or incomplete: {type(error).__name__}: {error}")


def _checked(part: Any, *needed: str) -> Optional[Message]:
    if part is None:
        return None
    for name in needed:
        part[name]
    return dict(part)


class Outlet:
    """Sends events. A host that no longer reads is a dead host: everything is killed."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()
        self._identity = self._stat()

    def send(self, event: Mapping[str, Any]) -> None:
        """Writes one line; blocks while the host is slow to read."""
        line = _encode(event).encode("ascii") + b"\n"
        if self._stat() != self._identity:
            lifeline.kill_everything()  # user code closed our descriptor, and may own the number now
        with self._lock:
            try:
                sent = write(self._fd, line)
                while sent < len(line):
                    line = line[sent:]
                    sent = write(self._fd, line)
            except OSError:
                lifeline.kill_everything()

    def _stat(self) -> Any:
        try:
            status = fstat(self._fd)
        except OSError:
            return None
        return status.st_dev, status.st_ino


class Inbox:
    """Receives messages on a daemon thread, so that the end of the host is noticed while user code runs."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._queue: "SimpleQueue[Message]" = SimpleQueue()
        self._runs_received = 0
        self._runs_ended = 0
        self._wake: Optional[int] = None
        threading.Thread(target=self._receive, name="hpo-trial-inbox", daemon=True).start()

    def get(self) -> Message:
        """Waits for the next message."""
        return self._queue.get()

    def poll(self) -> Optional[Message]:
        """The next message if there is one."""
        if self._queue.empty():
            return None
        try:
            return self._queue.get_nowait()
        except Empty:
            return None

    def run_ended(self) -> None:
        """Told by the worker when a run is over: end of file is no emergency while nothing runs."""
        self._runs_ended += 1

    def wake_through(self, fd: Optional[int]) -> None:
        """A byte is written to this descriptor for every message, for a reader that waits in ``poll``."""
        self._wake = fd

    @property
    def _busy(self) -> bool:
        return self._runs_received > self._runs_ended

    def _receive(self) -> None:
        parts: List[bytes] = []
        try:
            while True:
                chunk = read(self._fd, 1 << 16)
                if not chunk:
                    break
                if b"\n" not in chunk:
                    parts.append(chunk)
                    continue
                lines = (b"".join(parts) + chunk).split(b"\n")
                parts = [lines.pop()]
                for line in lines:
                    self._accept(line)
        except OSError:
            pass
        except BaseException as error:  # not JSON, or no memory left: without this thread nobody would notice a dead host
            self._hang_up({"op": None, "problem": f"not a message: {type(error).__name__}: {error}"})
        self._hang_up({"op": "exit"})

    def _accept(self, line: bytes) -> None:
        message = _decode(line.decode("utf-8"))
        if not isinstance(message, dict):
            raise ValueError("a message must be a JSON object")
        op = message.get("op")
        if op == "run":
            self._runs_received += 1
        elif op == "exit":
            self._hang_up(message)
        self._queue.put(message)
        wake = self._wake
        if wake is not None:
            try:
                write(wake, b"!")
            except OSError:
                pass

    def _hang_up(self, last: Message) -> None:
        if self._busy:
            lifeline.kill_everything()
        self._queue.put(last)


_complaints: Optional[int] = None


def complain_through(fd: int) -> None:
    """Sets the descriptor for messages to the host's own log (the worker's first stderr)."""
    global _complaints
    _complaints = fd


def complain(text: str) -> None:
    """One line to the host's own log; never to a trial's."""
    if _complaints is not None:
        try:
            os.write(_complaints, f"hpo_trial: {text}\n".encode("utf-8", "backslashreplace"))
        except OSError:
            pass
