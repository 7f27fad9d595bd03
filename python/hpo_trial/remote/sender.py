"""Carries reports and checkpoints to the host, in order, while the program goes on."""

from __future__ import annotations

import json
import threading
from collections import deque
from contextlib import suppress
from os import remove
from queue import SimpleQueue
from typing import Any, Callable, Deque, Dict, List, NamedTuple, Optional, Protocol, Union

from .client import Client, Gone, Refused, Unreachable
from .files import file_body
from .worker_process import Event

MAX_REPORTS = 1000
MAX_BYTES = 256 << 10
"""A message with more is split; a host takes four times as much."""

_MAX_WAITING = 10_000


class Carrier(Protocol):
    """Takes what a segment tells while it runs. ``saved_step``: of its newest checkpoint; 0 for none."""

    saved_step: int

    def crowded(self) -> bool:
        """Whether so much waits that the program is to be held back."""

    def report(self, reports: List[Dict[str, Any]], wait: bool) -> None:
        """Takes reports; ``wait``: the program stands still until it is told how to go on."""

    def saved(self, event: Dict[str, Any]) -> None:
        """Takes a checkpoint."""

    def finish(self) -> None:
        """Waits until all is where it belongs."""


class _Reports(NamedTuple):
    reports: List[Dict[str, Any]]
    wait: bool


class _Saved(NamedTuple):
    event: Dict[str, Any]


class Sender:
    """Puts ("directive", answer) into the queue where the host has said how to go on, and ("failed", error) where
    nothing more can be delivered.

    Args:
        client: reaches the host.
        segment: number of the segment.
        max_bytes: largest checkpoint that the host takes; None for any.
        events: where answers go.
        note: writes a line into the trial's log.
    """

    def __init__(
        self, client: Client, segment: int, max_bytes: Optional[int], events: "SimpleQueue[Event]", note: Callable[[str], None]
    ) -> None:
        self._client = client
        self._segment = segment
        self._max_bytes = max_bytes
        self._events = events
        self._note = note
        self._items: Deque[Union[_Reports, _Saved]] = deque()
        self._changed = threading.Condition()
        self._sending = False
        self._asking = False
        self._over = False
        self._failure: Optional[Exception] = None
        self.saved_step = 0
        threading.Thread(target=self._run, name="hpo-trial-sender", daemon=True).start()

    def crowded(self) -> bool:
        """Whether so much waits that the program is to be held back."""
        return len(self._items) > _MAX_WAITING and not self._over

    def report(self, reports: List[Dict[str, Any]], wait: bool) -> None:
        """Takes reports; ``wait``: the program stands still until the host has answered."""
        self._add(_Reports(reports, wait))

    def saved(self, event: Dict[str, Any]) -> None:
        """Takes a checkpoint: a file that is removed when the host has it."""
        self._add(_Saved(event))

    def finish(self) -> None:
        """Waits until all is delivered. An answer that the program does not need any more is not waited for.

        Raises:
            Gone, Refused, Unreachable: not all of it can be.
        """
        with self._changed:
            while not self._over and (self._items or self._sending):
                if self._asking:
                    self._over = True  # its reports are with the host; the rest goes from here
                    break
                self._changed.wait()
        if self._failure is not None:
            raise self._failure
        while self._items:
            self._deliver(self._take(), ask=False)

    def close(self) -> None:
        """Delivers nothing more."""
        with self._changed:
            self._over = True
            self._items.clear()
            self._changed.notify_all()

    def _add(self, item: Union[_Reports, _Saved]) -> None:
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._items:
                    if self._over:
                        return
                    self._changed.wait()
                if self._over:
                    return
                self._sending = True
                item = self._take()
            try:
                self._deliver(item, ask=True)
            except Exception as error:
                self._stop(error)
            finally:
                with self._changed:
                    self._sending = self._asking = False
                    self._changed.notify_all()

    def _take(self) -> Union[_Reports, _Saved]:
        """The next checkpoint, or all reports before it."""
        first = self._items.popleft()
        if isinstance(first, _Saved):
            return first
        reports, wait = list(first.reports), first.wait
        while self._items and isinstance(self._items[0], _Reports):
            following = self._items.popleft()
            assert isinstance(following, _Reports)
            reports += [report for report in following.reports if not reports or report["step"] > reports[-1]["step"]]
            wait = following.wait
        return _Reports(reports, wait)

    def _stop(self, error: Exception) -> None:
        with self._changed:
            if self._over:
                return  # the rest goes another way
            self._over, self._failure = True, error
            self._items.clear()
        self._events.put(("failed", error))

    def _deliver(self, item: Union[_Reports, _Saved], ask: bool) -> None:
        if isinstance(item, _Saved):
            self._keep(item.event)
            return
        parts = _parts(item.reports)
        for number, part in enumerate(parts):
            wait = ask and item.wait and number == len(parts) - 1
            with self._changed:
                self._asking = wait
                self._changed.notify_all()
            answer = self._client.json("POST", "reports", {"segment": self._segment, "reports": part, "wait": wait})
            if ask and not self._over and (wait or answer.get("action") != "continue"):
                self._events.put(("directive", answer))

    def _keep(self, event: Dict[str, Any]) -> None:
        step, path, length = event["step"], event["path"], event["bytes"]
        try:
            if self._max_bytes is not None and length > self._max_bytes:
                self._note(f"the checkpoint at step {step} is not kept: it has {length} bytes, the host takes {self._max_bytes}")
                return
            self._client.put(
                f"segments/{self._segment}/checkpoints/{step}", file_body(path, length), {"x-hpo-sha256": event["sha256"]}
            )
            self.saved_step = step
        except Refused as error:
            if error.status in (0, 401, 403):
                raise
            self._note(f"the checkpoint at step {step} is not kept: {error}")
        finally:
            with suppress(OSError):
                remove(path)


def watch(client: Client, segment: int, every_s: float, events: "SimpleQueue[Event]", over: threading.Event) -> None:
    """Asks the host now and then, on a thread of its own, whether the segment is to end: a program may not report for hours."""

    def run() -> None:
        while not over.wait(every_s):
            try:
                answer = client.json("GET", f"segments/{segment}/directive", limit_s=every_s)
                if answer.get("action") != "continue":
                    events.put(("directive", answer))
            except Gone as error:
                events.put(("failed", error))
                return
            except (Refused, Unreachable):
                pass  # reports say it where it lasts

    threading.Thread(target=run, name="hpo-trial-watch", daemon=True).start()


def _parts(reports: List[Dict[str, Any]]) -> List[List[Dict[str, Any]]]:
    """Reports as the host takes them, in messages of bounded size; at least one."""
    parts: List[List[Dict[str, Any]]] = [[]]
    size = 0
    for report in reports:
        plain = {"step": report["step"], "metrics": report["metrics"]}
        length = len(json.dumps(plain))
        if parts[-1] and (len(parts[-1]) >= MAX_REPORTS or size + length > MAX_BYTES):
            parts.append([])
            size = 0
        parts[-1].append(plain)
        size += length
    return parts if parts[0] else []
