"""What user code calls to report."""

from __future__ import annotations

import os
from typing import Any, Dict, Mapping, Optional

from .session import TrialSession


class TrialUnwound(BaseException):
    """Ends the user's function from inside a report. A BaseException, so that ``except Exception`` lets it through."""


class Reporter:
    """``reporter(loss=0.1)``, ``reporter({"loss": 0.1})`` and ``reporter.report(...)``: each call is one training iteration.

    A call returns when the trial may go on. It raises ``TrialUnwound`` when the trial is over, again on every further call.
    """

    def __init__(self, session: TrialSession) -> None:
        self._session = session
        self._pid = os.getpid()

    def __call__(self, metrics: Optional[Mapping[str, Any]] = None, /, **named: Any) -> None:
        self.send(metrics, named)

    def report(self, metrics: Optional[Mapping[str, Any]] = None, /, **named: Any) -> None:
        """The same as calling the reporter."""
        self.send(metrics, named)

    def send(self, metrics: Optional[Mapping[str, Any]], named: Dict[str, Any]) -> None:
        """Reports ``metrics`` with ``named`` merged over them."""
        if metrics is not None:
            if not isinstance(metrics, Mapping):
                raise TypeError(f"a report needs named metrics or a dict of them, was {type(metrics).__name__}")
            named = {**metrics, **named}
        session = self._session
        if os.getpid() != self._pid:
            raise RuntimeError("a forked process cannot report; report from the process that runs the trial")
        with session.lock:
            if session.closed or session.verdict is not None:
                raise TrialUnwound
            session.add(named)
            if session.waiting:
                session.wait()
            if session.verdict is not None:
                raise TrialUnwound

    @property
    def reports(self) -> int:
        """Reports made so far in this segment."""
        return self._session.count


_current: Optional[Reporter] = None


def set_current(reporter: Optional[Reporter]) -> None:
    """Names the reporter that ``report_current`` means."""
    global _current
    _current = reporter


def report_current(metrics: Optional[Mapping[str, Any]] = None, /, *_: Any, **named: Any) -> None:
    """Reports to the running trial; stands in for ``tune.report`` and its relatives, ignoring checkpoints."""
    named.pop("checkpoint", None)
    if _current is None:
        raise RuntimeError("no trial is running in this process")
    _current.send(metrics, named)
