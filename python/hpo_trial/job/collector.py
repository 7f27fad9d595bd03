"""Takes what a segment tells, in place of a host: there is nobody to ask, so a trial that asks is paused."""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any, Dict, List

from ..remote.worker_process import Event


class Collector:
    """Keeps reports and checkpoints for the end. ``asks``: the segment ends because its host must decide."""

    def __init__(self, events: "SimpleQueue[Event]") -> None:
        self._events = events
        self.reports: List[Dict[str, Any]] = []
        self.checkpoints: List[Dict[str, Any]] = []
        self.asks = False
        self.saved_step = 0

    def crowded(self) -> bool:
        """Never: nothing waits to be sent."""
        return False

    def report(self, reports: List[Dict[str, Any]], wait: bool) -> None:
        """Takes reports; ``wait``: the program stands still until it is told, and so it is told to pause."""
        last = self.reports[-1]["step"] if self.reports else -1
        self.reports += [report for report in reports if report["step"] > last]
        if wait:
            self.asks = True
            self._events.put(("directive", {"action": "pause"}))

    def saved(self, event: Dict[str, Any]) -> None:
        """Takes a checkpoint: a file that stays until the job has ended."""
        self.checkpoints.append(event)
        self.saved_step = event["step"]

    def finish(self) -> None:
        """Nothing is under way."""
