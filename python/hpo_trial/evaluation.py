"""Commands that evaluate a budget (Auptimizer's): what they print last counts for the step the host asked for."""

from __future__ import annotations

from math import ceil
from typing import Any, Dict, Optional, Tuple

from . import logs
from .session import TrialSession

_Metrics = Dict[str, Any]


class Evaluation:
    """Numbers the ``#Auptimizer:`` results of a command that is to stop for the host at a step.

    Its n-th result is step n. The newest one is held back, because the one it turns out to end with is the result at
    ``until``. A command that prints more results than the ``n_iterations`` it was told does not heed them: it is one that
    runs on, like any other.
    """

    def __init__(self, session: TrialSession) -> None:
        self._session = session
        self._base = session.step
        self._told: Optional[int] = None
        self._number = 0
        self._held: Optional[Tuple[int, _Metrics]] = None
        self._last: Optional[_Metrics] = None
        self._result: Optional[_Metrics] = None
        self._left_out = False

    @property
    def wanted(self) -> bool:
        """Whether the host asks at some step."""
        return self._session.until is not None

    @property
    def holds(self) -> bool:
        """Whether the newest result is held back."""
        return self._held is not None

    def begin(self) -> Optional[int]:
        """A run of the command begins.

        Returns:
            The ``n_iterations`` to tell it, or None.
        """
        if self._session.until is None:
            return None
        budget = self._session.until if self._session.budget is None else self._session.budget
        self._told = max(1, int(budget))
        if self._result is not None:
            announced = self._session.checkpoints.announced is not None
            self._base = self._session.checkpoints.saved_step or 0 if announced else 0
        self._number, self._last = 0, None
        return self._told

    def take(self, metrics: _Metrics) -> None:
        """One result was printed."""
        self.settle()
        self._session.insists = True
        self._number += 1
        self._last = metrics
        step = self._base + self._number
        until = self._session.until
        if until is None or (step >= until and step > self._session.step):
            self._session.add(metrics, max(step, self._session.step + 1))
        else:
            self._held = (step, metrics)

    def settle(self) -> None:
        """The result that was held back is not the last one: it keeps its own step."""
        if self._held is None:
            return
        (step, metrics), self._held = self._held, None
        until = self._session.until
        if self._session.step < step and (until is None or step < until):
            self._session.note(metrics, step)
            self._session.save_if_due()
        elif not self._left_out:
            self._left_out = True
            logs.note("results for steps that are known already are left out")

    def conclude(self) -> None:
        """The command ended well: its last result is the one at ``until``."""
        if self._held is None:
            return
        (step, metrics), self._held = self._held, None
        until = self._session.until
        self._session.add(metrics, max(step if until is None else ceil(until), self._session.step + 1))

    def goes_on(self) -> bool:
        """Whether the host wants the command run again, and that makes a difference."""
        unheeded = self._told is None or self._last is None or self._number > self._told
        if unheeded or self._session.until is None or self._session.step >= self._session.until:
            return False
        same = self._result == self._last
        self._result = self._last
        if same:
            logs.note("the result does not change with n_iterations: the command is not run again")
        return not same
