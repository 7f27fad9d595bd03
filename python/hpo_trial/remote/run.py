"""``python3 -m hpo_trial segment``: from the environment to an exit code."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from queue import SimpleQueue
from time import monotonic
from types import FrameType
from typing import Any, Callable, Dict, Optional

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
    segment = Segment(settings)
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


class Segment:
    """One segment, and what a signal does to it in each of its phases.

    Args:
        settings: which segment, and how to reach its host.
        warm: a worker that may be idle and can be used again; its folder must stay. None: one of its own.
    """

    def __init__(self, settings: Settings, warm: Optional["Warm"] = None) -> None:
        self._settings = settings
        self._warm = warm
        self._client = Client(settings.trial_url, settings.headers, settings.retry_s, settings.longest_pause_s)
        self._events: "SimpleQueue[Event]" = SimpleQueue()
        self._running = warm is not None
        self._sender: Optional[Sender] = None
        self._saved = False
        self._began = monotonic()
        self.lost: Optional[str] = None
        """Why it ended without an outcome, where that is to blame on this machine."""

    @property
    def has_saved(self) -> bool:
        """Whether there is a state that it can go on from elsewhere."""
        return self._saved or (self._sender is not None and self._sender.saved_step > 0)

    def terminate(self, number: int, frame: Optional[FrameType]) -> None:
        """SIGTERM: the machine goes away."""
        if not self._running:
            raise _Terminated
        self.pause()

    def pause(self) -> None:
        """Has the program save itself and end, without an outcome: it goes on elsewhere."""
        self._events.put((TERMINATED, None))

    def abandon(self) -> None:
        """Nobody wants it any more."""
        self._events.put(("failed", Gone("its lease is over")))

    def run(self, folder: str) -> int:
        """Runs it; returns the exit code.

        Raises:
            Gone, Refused, Unreachable: nobody wants it any more, or it cannot be delivered.
        """
        settings = self._settings
        work = self._client.json("GET", f"segments/{settings.segment}/work")
        self._began = monotonic()
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
        log.open(settings.fresh)
        checkpoints = os.path.join(folder, ".checkpoints")
        beginning = begin(self._client, work, attempt, checkpoints)
        self._saved = beginning.step > 0
        if beginning.text is not None:
            told = {"attempt": attempt, "step": beginning.step, "text": beginning.text}
            self._client.json("POST", f"segments/{settings.segment}/restored", told)
        try:
            ending = self._converse(work, _message(work, scripts, folder, log.path, checkpoints, beginning), beginning, log, folder)
        finally:
            log.close()
        log.send(min(60.0, settings.grace_s) if ending.status is None else 60.0)
        if ending.status is None:
            say(f"{settings.name}: ends without an outcome: {ending.error}")
            self.lost = ending.error
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
        self._sender = sender
        self._running = True
        over = threading.Event()
        worker = WorkerProcess(folder, self._events, sender.crowded) if self._warm is None else self._warm.worker(self._events, sender.crowded)
        try:
            log.follow()
            watch(self._client, settings.segment, settings.poll_s, self._events, over)
            conversation = Conversation(work, worker, sender, log, self._events, settings.grace_s)
            return conversation.run(message, self._client, beginning.step, self._warm is not None)
        except Refused as error:
            if error.status in (0, 401, 403):
                raise
            return Ending(FAILED, one_line(f"the host refused what the trial reported: {error}"))
        finally:
            over.set()
            sender.close()

    def _deliver(self, ending: Ending, attempt: int) -> int:
        """Posts the outcome: tried again until it is known to be taken, which is once."""
        self._running = True  # a signal does not take it back
        outcome = {"segment": self._settings.segment, "status": ending.status, "attempt": attempt, "error": ending.error, "reason": ending.reason}
        outcome["duration_s"] = round(monotonic() - self._began, 3)
        self._client.json("PUT", "outcome", {name: value for name, value in outcome.items() if value is not None})
        say(f"{self._settings.name}: {ending.status}{f' ({ending.error or ending.reason})' if ending.error or ending.reason else ''}")
        return DELIVERED


class Warm:
    """Keeps one worker for one segment after another.

    Args:
        folder: current folder of the worker between segments.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._worker: Optional[WorkerProcess] = None

    def worker(self, events: "SimpleQueue[Event]", crowded: Callable[[], bool]) -> WorkerProcess:
        """The worker that is idle, else a new one."""
        if self._worker is not None and self._worker.idle and self._worker.is_alive():
            self._worker.serve(events, crowded)
        else:
            self._worker = WorkerProcess(self._folder, events, crowded)
        return self._worker

    def close(self) -> None:
        """Ends it, whatever it does."""
        if self._worker is not None:
            self._worker.kill()


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
