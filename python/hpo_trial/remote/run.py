"""``python3 -m hpo_trial segment``: from the environment to an exit code."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from queue import SimpleQueue
from types import FrameType
from typing import Any, Dict, Optional

from ..outcome import FAILED, PAUSED, STOPPED
from .client import Client, Gone, Refused, Unreachable, say
from .conversation import TERMINATED, Conversation, Ending, one_line
from .files import BadScripts, Beginning, begin, fetch_scripts
from .sender import Sender, watch
from .settings import Settings, SettingsError, hide_token
from .trial_log import TrialLog
from .worker_process import Event, WorkerProcess

DELIVERED = 0
WRONG_SETTINGS = 2
NOBODY_WAITS = 3
NOT_DELIVERED = 4
_BY_SIGNAL = 128


class _Terminated(BaseException):
    """SIGTERM before there is anything to save."""


def main() -> int:
    """Runs the segment that the environment names; returns the exit code."""
    hide_token()
    try:
        settings = Settings.take(os.environ)
    except SettingsError as error:
        say(str(error))
        return WRONG_SETTINGS
    segment = _Segment(settings)
    signal.signal(signal.SIGTERM, segment.terminate)
    signal.signal(signal.SIGINT, segment.terminate)
    folder = settings.folder or tempfile.mkdtemp(prefix="hpo-segment-")
    try:
        return segment.run(folder)
    except Gone as error:
        say(f"{settings.name}: {error}")
        return NOBODY_WAITS
    except (Refused, Unreachable) as error:
        say(f"{settings.name}: it cannot be delivered: {error}")
        return NOT_DELIVERED
    except _Terminated:
        return _BY_SIGNAL + signal.SIGTERM
    finally:
        if settings.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


class _Segment:
    """One segment, and what a signal does to it in each of its phases."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = Client(settings.trial_url, settings.token, settings.retry_s)
        self._events: "SimpleQueue[Event]" = SimpleQueue()
        self._running = False

    def terminate(self, number: int, frame: Optional[FrameType]) -> None:
        """SIGTERM: the machine goes away."""
        if not self._running:
            raise _Terminated
        self._events.put((TERMINATED, None))

    def run(self, folder: str) -> int:
        settings = self._settings
        work = self._client.json("GET", f"segments/{settings.segment}/work")
        say(f"{settings.name}: begins")
        interrupt = work.get("interrupt")
        if interrupt is not None:
            status = PAUSED if interrupt == "pause" else STOPPED
            return self._deliver(Ending(status, None, "interrupted before it started"), 0)
        attempt = max(settings.attempt, int(work.get("attempt", 0)))
        os.makedirs(folder, exist_ok=True)
        log = TrialLog(self._client, settings.segment, os.path.join(folder, "log.txt"))
        try:
            scripts = self._scripts(work, folder)
        except BadScripts as error:
            return self._deliver(Ending(FAILED, one_line(f"cannot prepare the scripts: {error}")), attempt)
        log.open()
        checkpoints = os.path.join(folder, ".checkpoints")
        beginning = begin(self._client, work, attempt, checkpoints)
        if beginning.text is not None:
            told = {"attempt": attempt, "step": beginning.step, "text": beginning.text}
            self._client.json("POST", f"segments/{settings.segment}/restored", told)
        ending = self._converse(work, _message(work, scripts, folder, log.path, checkpoints, beginning), beginning, log, folder)
        log.send(min(60.0, settings.grace_s) if ending.status is None else 60.0)
        if ending.status is None:
            say(f"{settings.name}: ends without an outcome: {ending.error}")
            return _BY_SIGNAL + ending.signal
        return self._deliver(ending, attempt)

    def _scripts(self, work: Dict[str, Any], folder: str) -> Optional[str]:
        name = work["program"].get("scripts")
        if name is None:
            return None
        try:
            os.makedirs(self._settings.cache, exist_ok=True)
            cache = self._settings.cache
        except OSError:
            cache = os.path.join(folder, ".cache")
        return fetch_scripts(self._client, name, cache)

    def _converse(self, work: Dict[str, Any], message: Dict[str, Any], beginning: Beginning, log: TrialLog, folder: str) -> Ending:
        settings = self._settings
        sender = Sender(self._client, settings.segment, work["checkpoint"].get("max_bytes"), self._events, log.note)
        self._running = True
        worker = WorkerProcess(folder, self._events, sender.crowded)
        log.follow()
        watch(self._client, settings.segment, settings.poll_s, self._events)
        conversation = Conversation(work, worker, sender, log, self._events, settings.grace_s)
        try:
            return conversation.run(message, self._client, beginning.step)
        except Refused as error:
            if error.status in (0, 401, 403):
                raise
            return Ending(FAILED, one_line(f"the host refused what the trial reported: {error}"))

    def _deliver(self, ending: Ending, attempt: int) -> int:
        """Posts the outcome: tried again until it is known to be taken, which is once."""
        self._running = True  # a signal does not take it back
        outcome = {"segment": self._settings.segment, "status": ending.status, "attempt": attempt, "error": ending.error, "reason": ending.reason}
        self._client.json("PUT", "outcome", {name: value for name, value in outcome.items() if value is not None})
        say(f"{self._settings.name}: {ending.status}{f' ({ending.error or ending.reason})' if ending.error or ending.reason else ''}")
        return DELIVERED


def _message(work: Dict[str, Any], scripts: Optional[str], folder: str, log: str, checkpoints: str, beginning: Beginning) -> Dict[str, Any]:
    """The message for the worker: what the host said, with the paths of this machine."""
    message = {**work, "workdir": folder, "log": log, "checkpoint": {**work["checkpoint"], "folder": checkpoints}}
    program = {name: value for name, value in work["program"].items() if name != "scripts"}
    message["program"] = {**program, "scripts": scripts} if scripts is not None else program
    if beginning.path is not None:
        message["restore"] = {"path": beginning.path, "step": beginning.step}
    for name in ("candidates", "attempt", "time_limit_s", "stop_grace_s", "interrupt"):
        message.pop(name, None)
    return message
