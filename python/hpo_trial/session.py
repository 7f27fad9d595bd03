"""One segment under way: its reports, its stop keys and what the host says about it."""

from __future__ import annotations

import threading
from time import monotonic, sleep, time
from typing import Any, Dict, List, Mapping, Optional, Tuple

from . import logs
from .checkpoints import Checkpoints
from .metrics import Metric, clean
from .outcome import COMPLETED, PAUSED, STOPPED, Outcome
from .protocol import Inbox, Message, Outlet, RunRequest, reject
from .stopping import StopRule

FLUSH_AFTER_S = 0.5
"""Reports that need no answer wait at most about this long for company."""

ASK_AGAIN_S = 0.5
"""After this long a program that needs a decision asks again, where the host had none."""

FLUSH_AT = 1000
"""Reports in one message, at most (about): bounds memory and line length on both sides."""


class TrialSession:
    """Collects reports and decides, after each, whether to go on, wait for the host or end.

    ``lock`` guards everything: user threads may report, and the worker's ticker flushes.
    ``insists``: the program needs a decision to go on at all, because its next report is a whole evaluation.
    """

    def __init__(self, request: RunRequest, outlet: Outlet, inbox: Inbox) -> None:
        self.request = request
        self.lock = threading.RLock()
        self.count = 0
        self.until = request.until
        self.budget = request.budget
        self.verdict: Optional[Outcome] = None
        self.waiting = False
        self.insists = False
        self.closed = False
        self._outlet = outlet
        self._inbox = inbox
        self._started = self._flushed = monotonic()
        self._pending: List[Dict[str, Any]] = []
        self._newest: Optional[Dict[str, Any]] = None
        self._warned: List[str] = []
        self._rule = StopRule(request.stop, request.metric, request.mode)
        self.checkpoints = Checkpoints(request.checkpoint, request.restore, request.segment, self._tell, self.elapsed)
        self.step = self.checkpoints.start_step

    def elapsed(self) -> float:
        """Seconds that the trial took, those before the checkpoint it started from included."""
        restored = self.checkpoints.restored
        return monotonic() - self._started + (restored.time_total_s if restored is not None else 0.0)

    def add(self, raw: Mapping[Any, Any], step: Optional[int] = None) -> None:
        """Takes one report. Afterwards ``verdict`` says that the trial is over, or ``waiting`` that the host must speak first."""
        metrics, done = self.note(raw, self.step + 1 if step is None else step)
        reason = self._rule.reached(metrics)
        if reason is not None:
            self.verdict = Outcome(COMPLETED, reason)
        elif done:
            self.verdict = Outcome(COMPLETED, "the program reported done")
        else:
            self.hear()
            self._decide(monotonic())

    def note(self, raw: Mapping[Any, Any], step: int) -> Tuple[Dict[str, Metric], Metric]:
        """Keeps one report for the next message, whatever it means for the trial.

        Returns:
            Its metrics, and what it said under ``done``.
        """
        self.step = step
        self.count += 1
        metrics, ignored = clean(raw)
        if ignored:
            self._warn(ignored)
        done = metrics.pop("done", 0)
        metrics.setdefault("training_iteration", step)
        metrics.setdefault("time_total_s", round(self.elapsed(), 6))
        self._newest = {"step": step, "metrics": metrics, "t": time()}
        self._pending.append(self._newest)
        self.checkpoints.reported(step)
        return metrics, done

    def save_at_verdict(self) -> None:
        """Keeps the state that a resume goes on from, or the final one; nothing where the trial was stopped."""
        verdict = self.verdict
        if verdict is None or verdict.status == COMPLETED:
            self.checkpoints.save_at_end(self.step)
        elif verdict.status == PAUSED:
            self._flush_all()
            problem = self.checkpoints.save_at_pause(self.step)
            if problem is not None:
                self.verdict = verdict._replace(reason=f"{verdict.reason}; its state could not be saved ({problem})")

    def announce(self, path: str, step: Optional[int], held: bool) -> None:
        """Takes what a command finished writing: the state of the given step, else that of its last report.

        Args:
            path: the file or folder.
            step: what the command said.
            held: its last report was not added yet, so the checkpoint waits for it, as for the first one.
        """
        waits = held or self.count == 0
        if self.checkpoints.announce(path, self.step if step is None and not waits else step) and not waits:
            self.save_if_due()

    def save_if_due(self) -> None:
        """Saves where a checkpoint is due although no report is added."""
        if self.checkpoints.due(self.step, asks=False):
            self._flush_all()
            self.checkpoints.save(self.step)

    def hear(self) -> None:
        """Applies the directives that have arrived, without waiting."""
        while self.verdict is None:
            message = self._inbox.poll()
            if message is None:
                return
            self._apply(message)

    def wait(self) -> None:
        """Waits for the directive that a report with "wait" asked for."""
        while self.waiting and self.verdict is None:
            self._apply(self._inbox.get())

    def tick(self) -> None:
        """Sends reports that have waited long enough; skips a turn rather than wait for user code."""
        if monotonic() - self._flushed < FLUSH_AFTER_S or not self.lock.acquire(blocking=False):
            return
        try:
            if self._pending and not self.closed:
                self._flush(monotonic(), wait=False)
        finally:
            self.lock.release()

    def end(self, outcome: Outcome, reusable: bool) -> None:
        """Sends "end" with the reports not yet sent; whoever reports afterwards is unwound."""
        with self.lock:
            self.closed = True
            self._inbox.run_ended()  # first: an "exit" in answer to the event must find the worker idle
            self._outlet.send(
                {
                    "ev": "end",
                    "trial": self.request.trial,
                    "segment": self.request.segment,
                    "status": outcome.status,
                    "reports": self._pending,
                    "error": outcome.error,
                    "traceback": outcome.traceback,
                    "reason": outcome.reason,
                    "duration_s": round(monotonic() - self._started, 6),
                    "signal": outcome.signal,
                    "reusable": reusable,
                }
            )

    def spawned(self, group: int) -> None:
        """Tells the host the process group of a command, for the case that this worker dies before it."""
        self._tell({"ev": "spawned", "pgid": group})

    def _decide(self, now: float) -> None:
        if self.verdict is not None:
            return
        asks = self.until is not None and self.step >= self.until
        if self.checkpoints.due(self.step, asks):
            # The report that asks comes after its checkpoint, all others before it: a resume leaves no gap behind.
            self._flush_all(but_last=asks)
            self.checkpoints.save(self.step)
        if asks:
            self.waiting = True
            self._flush(monotonic(), wait=True)
        elif now - self._flushed >= FLUSH_AFTER_S or len(self._pending) >= FLUSH_AT:
            self._flush(now, wait=False)

    def _flush(self, now: float, wait: bool) -> None:
        reports, self._pending, self._flushed = self._pending, [], now
        self._tell({"ev": "report", "wait": wait, "reports": reports})

    def _flush_all(self, but_last: bool = False) -> None:
        kept = [self._pending.pop()] if but_last else []
        if self._pending:
            self._flush(monotonic(), wait=False)
        self._pending = kept

    def _tell(self, event: Mapping[str, Any]) -> None:
        self._outlet.send({**event, "trial": self.request.trial, "segment": self.request.segment})

    def _apply(self, message: Message) -> None:
        action = message.get("action")
        if message.get("op") != "directive" or action not in ("continue", "stop", "pause"):
            reject(f"expected a directive (continue, stop or pause), was {message.get('op')} {action}")
        until, budget = message.get("until"), message.get("budget")
        undecided = action == "continue" and budget is None and until is not None and until <= self.step
        if undecided and self.waiting and self.insists:
            sleep(ASK_AGAIN_S)
            self._tell({"ev": "report", "wait": True, "reports": [self._newest]})
            return
        self.waiting = False
        if action == "continue":
            self.until, self.budget = until, budget
        elif action == "stop":
            self.verdict = Outcome(STOPPED, message.get("reason") or "stopped by the host")
        else:
            self.verdict = Outcome(PAUSED, message.get("reason") or "paused by the host")

    def _warn(self, ignored: List[str]) -> None:
        for name in ignored:
            if name not in self._warned and len(self._warned) < 20:
                self._warned.append(name)
                logs.note(f"metric {name!r} is not a number and is ignored")
