"""One segment on one worker, from the request to its end."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..outcome import COMPLETED, FAILED, PAUSED, STOPPED
from .client import Client
from .sender import Carrier
from .trial_log import LogFile
from .worker_process import Event, WorkerProcess, describe_exit, killed_by

TERMINATED = "terminate"
"""Why a segment ends when the machine goes away."""

_TIME = "time limit"
_FAILED = "failed"
_ERROR_LIMIT = 2000


class Ending(NamedTuple):
    """How a segment ended. ``status`` None: without an outcome, because it is to be started again; ``signal`` says of what."""

    status: Optional[str]
    error: Optional[str] = None
    reason: Optional[str] = None
    signal: int = 0


class Conversation:
    """Talks to the worker on one side and, through the sender, to the host on the other."""

    def __init__(self, work: Dict[str, Any], worker: WorkerProcess, sender: Carrier, log: LogFile, events: "SimpleQueue[Event]", grace_s: float) -> None:
        self._work = work
        self._worker = worker
        self._sender = sender
        self._log = log
        self._events = events
        self._grace_s = grace_s
        self._is_ready = worker.is_ready
        self._stop_s = float(work.get("stop_grace_s", 5))
        self._pause_s = float(work["checkpoint"].get("grace_s", 60))
        self._deadlines: List[Tuple[float, str]] = []
        self._interrupted: Optional[str] = None
        self._terminated = False
        self._terminated_at = 0.0
        self._killed: Optional[str] = None
        self._failure: Optional[Exception] = None

    def run(self, message: Dict[str, Any], client: Optional[Client], begin_step: int, warm: bool = False) -> Ending:
        """Runs the segment to its end, and delivers all but its outcome.

        Args:
            message: what the worker runs.
            client: reaches the host; None where there is none.
            begin_step: step of the checkpoint that it begins at.
            warm: whether the worker may be used again.

        Raises:
            Gone, Refused, Unreachable: nobody wants it any more, or it cannot be delivered.
        """
        self._sender.saved_step = begin_step
        ended = self._hear(message)
        if self._failure is not None:
            raise self._failure
        self._worker.idle = warm and ended is not None and ended.get("reusable") is True and self._killed is None
        code = 0 if self._worker.idle else self._worker.exit_code()
        if self._terminated and client is not None:
            client.give_up_at(self._terminated_at + self._grace_s)
        if ended is not None and ended["reports"]:
            self._sender.report(ended["reports"], wait=False)
        self._sender.finish()
        return self._judge(ended, code)

    def _hear(self, message: Dict[str, Any]) -> Optional[Dict[str, Any]]:
        """The last word of the worker; None where it is gone without one."""
        if self._is_ready:
            self._begin(message)
        while True:
            kind, value = self._next()
            if kind == "closed":
                return None
            if kind == "worker":
                event = value["ev"]
                if event == "ready":
                    self._begin(message)
                elif event == "report":
                    self._sender.report(value["reports"], value["wait"])
                elif event == "checkpoint":
                    self._sender.saved(value)
                elif event == "end":
                    return dict(value)
            elif kind == "directive":
                self._direct(value)
            elif kind == "failed":
                self._failure = value
                self._kill(_FAILED)
            elif kind == TERMINATED and not self._terminated:
                self._terminated, self._terminated_at = True, monotonic()
                self._after(self._grace_s * 0.6, TERMINATED)  # what it saved has to go to the host, too
                self._worker.send({"op": "directive", "action": "pause", "reason": "the machine goes away"})

    def _begin(self, message: Dict[str, Any]) -> None:
        if self._terminated:
            self._kill(TERMINATED)
            return
        self._worker.send(message)
        if self._interrupted is not None:
            self._worker.send({"op": "directive", "action": self._interrupted})  # a worker that runs nothing did not listen
        limit = self._work.get("time_limit_s")
        if limit is not None:
            self._after(float(limit), _TIME)

    def _next(self) -> Event:
        while True:
            due = min(self._deadlines) if self._deadlines else None
            try:
                return self._events.get(timeout=None if due is None else max(0.0, due[0] - monotonic()))
            except Empty:
                assert due is not None
                self._deadlines.remove(due)
                self._kill(due[1])

    def _direct(self, answer: Dict[str, Any]) -> None:
        action = answer.get("action")
        if action == "continue":
            self._worker.send({"op": "directive", "action": action, "until": answer.get("until"), "budget": answer.get("budget")})
        elif action in ("stop", "pause") and self._interrupted not in (action, "stop"):
            self._interrupted = action
            self._after(self._stop_s if action == "stop" else self._pause_s, action)
            self._worker.send({"op": "directive", "action": action, "reason": "interrupted" if action == "stop" else "paused"})

    def _after(self, delay_s: float, why: str) -> None:
        self._deadlines.append((monotonic() + delay_s, why))

    def _kill(self, why: str) -> None:
        if self._killed is None:
            self._killed = why
            self._worker.kill()

    def _judge(self, ended: Optional[Dict[str, Any]], code: int) -> Ending:
        if ended is not None:
            return self._finished(ended)
        if self._killed == "stop":
            return Ending(STOPPED, None, f"interrupted, and killed because it did not stop within {self._stop_s:g} s")
        if self._killed == "pause":
            step = self._sender.saved_step
            then = f"it resumes from the checkpoint at step {step}" if step > 0 else "it starts from the beginning when it resumes"
            return Ending(PAUSED, None, f"paused, and killed because it did not save itself within {self._pause_s:g} s: {then}")
        if self._killed == _TIME:
            return Ending(FAILED, f"time limit of {self._work['time_limit_s']:g} s exceeded")
        if self._killed == TERMINATED or self._terminated:
            return Ending(None, "the machine goes away", signal=15)
        if killed_by(-code):
            return Ending(None, _outside("worker process", -code), signal=-code)
        words = self._log.last_words()
        text = f"the worker process ended unexpectedly ({describe_exit(code)}) while running the trial"
        return Ending(FAILED, one_line(f"{text}; its log ends with: {words}" if words else text))

    def _finished(self, ended: Dict[str, Any]) -> Ending:
        if self._terminated and self._interrupted is None and ended["status"] == PAUSED:
            return Ending(None, "the machine goes away", signal=15)
        if killed_by(ended.get("signal")):
            return Ending(None, _outside("command", ended["signal"]), signal=ended["signal"])
        if ended["status"] == FAILED:
            return Ending(FAILED, _describe(ended), ended.get("reason"))
        return Ending(ended["status"] if ended["status"] in (COMPLETED, STOPPED, PAUSED) else FAILED, None, ended.get("reason"))


def one_line(text: str) -> str:
    """An error as one line of bounded length."""
    return " ".join(line.strip() for line in text.splitlines() if line.strip())[:_ERROR_LIMIT]


def _outside(what: str, number: int) -> str:
    return f"the {what} was killed from outside ({killed_by(number)}) while running the trial, maybe by the system because memory ran out"


def _describe(ended: Dict[str, Any]) -> str:
    error = one_line(ended.get("error") or "failed without saying why")
    words = next((line.strip() for line in reversed((ended.get("traceback") or "").splitlines()) if line.strip()), None)
    return error if words is None or words in error or words.startswith(error) else f"{error}: {one_line(words)}"
