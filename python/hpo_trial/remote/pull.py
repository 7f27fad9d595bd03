"""``python3 -m hpo_trial pull``: a worker that fetches segments by HTTP and runs them, several at a time, until it is told to end."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import sys
import tempfile
import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import quote

from ..lifeline import own_group
from .client import Client, Gone, Refused, Unreachable, say
from .own_folder import own_folder
from .pull_settings import KEY, PullSettings
from .pull_slot import Slot
from .run import DELIVERED, NOBODY_WAITS
from .settings import Settings, SettingsError, hide_token

DONE = 0
WRONG_SETTINGS = 2
NO_SERVICE = 3
INTERRUPTED = 130

LONGEST_PAUSE_S = 5.0
WAIT_S = 20.0
"""How long the host may hold a request for segments."""

_PAUSE_GRACE_S = 100.0
_FAREWELL_S = 5.0
_TERMINATED = 143


def main(by_stdin: bool) -> int:
    """Works until there is nothing to do, or it is told to end; returns the exit code.

    Args:
        by_stdin: its settings are the first line of the standard input; every other line is as good as a signal,
            and the end of the input as two.
    """
    if not by_stdin:
        hide_token(KEY, "pull")
    try:
        settings = PullSettings.read(os.environ) if by_stdin else PullSettings.take(os.environ)
    except SettingsError as error:
        say(str(error))
        return WRONG_SETTINGS
    events: "SimpleQueue[Tuple[str, Any]]" = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: events.put(("signal", None)))
    if by_stdin:
        own_group()  # an interrupt at the terminal reaches the parent, which passes it on
        threading.Thread(target=_watch_parent, args=(events,), name="hpo-pull-parent", daemon=True).start()
    with own_folder(settings.folder or tempfile.gettempdir()) as folder:
        return _Worker(settings, folder, events).run()


def _watch_parent(events: "SimpleQueue[Tuple[str, Any]]") -> None:
    while sys.stdin.readline():
        events.put(("signal", None))
    events.put(("orphaned", None))


class _Worker:
    """Registers, leases, and says that it is there."""

    def __init__(self, settings: PullSettings, folder: str, events: "SimpleQueue[Tuple[str, Any]]") -> None:
        self._settings = settings
        self._events = events
        self._id = _new_id()
        self._client = Client(f"{settings.api}/workers/{self._id}", {"x-functions-key": settings.key}, settings.retry_s, LONGEST_PAUSE_S)
        self._slots = [Slot(number, folder, events) for number in range(settings.slots)]
        self._registered: Dict[str, Any] = {}
        self._registering = threading.Lock()
        self._generation = 0
        self._wanted: "SimpleQueue[int]" = SimpleQueue()
        self._asking = False
        self._draining = False
        self._code = DONE
        self._done = 0

    def run(self) -> int:
        problem = self._register(0)
        if problem is not None:
            return problem
        self._tell("registered", f"worker {self._settings.name} works for site {self._registered['site']}, {len(self._slots)} at a time", site=self._registered["site"])
        threading.Thread(target=self._lease, name="hpo-pull-lease", daemon=True).start()
        threading.Thread(target=self._beat, name="hpo-pull-heartbeat", daemon=True).start()
        idle_since = monotonic()
        while True:
            busy = [slot for slot in self._slots if slot.lease is not None]
            if self._draining and not busy:
                return self._leave()
            if busy:
                idle_since = monotonic()
            elif self._settings.idle_s is not None and monotonic() - idle_since >= self._settings.idle_s:
                self._drain(f"nothing to do for {self._settings.idle_s:g} s")
                continue
            if not self._draining and not self._asking and len(busy) < len(self._slots):
                self._asking = True
                self._wanted.put(len(self._slots) - len(busy))
            try:
                kind, value = self._events.get(timeout=0.5 if self._draining else 1.0 if self._settings.idle_s is not None else None)
            except Empty:
                self._pause_all()
                continue
            if kind in ("signal", "orphaned") and (self._draining or kind == "orphaned"):
                return self._end_at_once()
            self._hear(kind, value)

    def _hear(self, kind: str, value: Any) -> None:
        if kind == "signal":
            self._drain("ends when what it runs has ended or saved itself; once more to end at once")
        elif kind == "leases":
            self._asking = False
            self._take(value)
        elif kind == "gone":
            for slot in self._slots:
                if slot.lease is not None and slot.lease["lease"] in value:
                    slot.abandon()
        elif kind == "drain":
            self._drain("it was told to drain")
        elif kind == "failed":
            self._code = NO_SERVICE
            self._drain(f"the service does not answer, or refuses: {value}")
        elif kind == "over":
            self._over(*value)

    def _take(self, answer: Dict[str, Any]) -> None:
        held = {slot.lease["lease"] for slot in self._slots if slot.lease is not None}
        for lease in answer["leases"]:
            if lease["lease"] in held:
                continue
            slot = next((slot for slot in self._slots if slot.lease is None), None)
            if slot is None or self._draining:
                self._return(lease, None)
            else:
                slot.start(lease, self._settings_of(lease))
                self._tell("leased", None, **_named(lease))
        if answer.get("ended"):
            self._drain(f"experiment {self._settings.experiment} has ended")

    def _over(self, lease: Dict[str, Any], code: int, lost: Optional[str]) -> None:
        self._done += code == DELIVERED
        self._tell("over", None, **_named(lease), delivered=code == DELIVERED, error=lost)
        if code not in (DELIVERED, NOBODY_WAITS):
            self._return(lease, None if code == _TERMINATED else lost or f"the harness ended with code {code}")

    def _return(self, lease: Dict[str, Any], error: Optional[str]) -> None:
        body = {"lease": lease["lease"]} if error is None else {"lease": lease["lease"], "error": error}

        def run() -> None:
            with suppress(Gone, Refused, Unreachable):  # what it does not hear of it takes back when the worker has ended
                self._client.json("POST", "/return", body, limit_s=30.0)

        if self._draining:
            run()
        else:
            threading.Thread(target=run, name="hpo-pull-return", daemon=True).start()

    def _settings_of(self, lease: Dict[str, Any]) -> Settings:
        experiment, trial, segment = lease["experiment"], lease["trial"], lease["segment"]
        return Settings(
            f"segment {segment} of trial {trial} of experiment {experiment}",
            f"{self._settings.api}/experiments/{quote(experiment, safe='')}/trials/{trial}/",
            lease["token"],
            segment,
            lease["attempt"],
            self._settings.cache,
            None,
            self._settings.retry_s,
            float(self._registered["pollS"]),
            _PAUSE_GRACE_S,
            lease["lease"],
            bool(lease.get("fresh")),
            LONGEST_PAUSE_S,
        )

    def _register(self, generation: int) -> Optional[int]:
        """Registers, unless another thread did meanwhile; returns the exit code where that can never be done."""
        with self._registering:
            if generation != self._generation:
                return None
            settings = self._settings
            body = {
                "site": settings.site,
                "experiment": settings.experiment,
                "name": settings.name,
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "slots": settings.slots,
                "labels": settings.labels,
            }
            try:
                self._registered = self._client.json("PUT", "", {name: value for name, value in body.items() if value is not None})
            except (Gone, Refused) as error:
                say(f"the service does not take this worker: {error}")
                return NO_SERVICE if isinstance(error, Refused) and error.status in (0, 401, 403) else WRONG_SETTINGS
            except Unreachable as error:
                say(str(error))
                return NO_SERVICE
            self._generation += 1
            return None

    def _held(self) -> List[str]:
        return [lease["lease"] for lease in [slot.lease for slot in self._slots] if lease is not None]

    def _lease(self) -> None:
        while True:
            count = self._wanted.get()
            while not self._draining:
                generation = self._generation
                try:
                    answer = self._client.json("POST", "/lease", {"leases": self._held(), "count": count, "waitS": WAIT_S})
                    if answer["draining"]:
                        self._events.put(("drain", None))
                    self._events.put(("leases", answer))
                    break
                except Gone:
                    if self._register(generation) is not None:
                        self._events.put(("failed", "it does not take this worker any more"))
                        break
                except (Refused, Unreachable) as error:
                    self._events.put(("failed", error))
                    break

    def _beat(self) -> None:
        over = threading.Event()
        while not over.wait(float(self._registered["heartbeatS"])):
            generation = self._generation
            try:
                answer = self._client.json("POST", "/heartbeat", {"leases": self._held()}, limit_s=float(self._registered["timeoutS"]))
                if answer["gone"]:
                    self._events.put(("gone", answer["gone"]))
                if answer["draining"]:
                    self._events.put(("drain", None))
            except Gone:
                self._register(generation)
            except (Refused, Unreachable):
                pass  # whoever asks for segments says it where it lasts

    def _drain(self, why: str) -> None:
        if not self._draining:
            self._draining = True
            self._tell("draining", why)
            with suppress(Gone, Refused, Unreachable):
                self._client.json("POST", "/drain", limit_s=2.0)
            self._pause_all()

    def _pause_all(self) -> None:
        for slot in self._slots if self._draining else []:
            slot.pause()

    def _leave(self) -> int:
        for slot in self._slots:
            slot.kill()
        with suppress(Gone, Refused, Unreachable):
            self._client.json("DELETE", "", limit_s=_FAREWELL_S)
        self._tell("ended", f"worker {self._settings.name} ran {self._done} segments", segments=self._done)
        return self._code

    def _end_at_once(self) -> int:
        self._draining = True
        self._leave()
        return INTERRUPTED

    def _tell(self, event: str, text: Optional[str], **members: Any) -> None:
        if self._settings.json:
            with suppress(OSError, ValueError):
                print(json.dumps({"event": event, "worker": self._id, **members}), flush=True)
        elif text is not None:
            say(text)


def _named(lease: Dict[str, Any]) -> Dict[str, Any]:
    return {name: lease[name] for name in ("experiment", "trial", "segment")}


def _new_id() -> str:
    host = re.sub("[^A-Za-z0-9.-]", "-", socket.gethostname())[:60]
    return f"{host}-{os.getpid()}-{random.getrandbits(40):010x}"
