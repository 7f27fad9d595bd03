"""One of the places of a worker that fetches segments."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from queue import SimpleQueue
from typing import Any, Dict, Optional, Tuple

from .client import Gone, Refused, Unreachable, say
from .run import NOBODY_WAITS, Segment, Warm
from .settings import Settings


class Slot:
    """Runs one segment after another in one warm worker."""

    def __init__(self, number: int, folder: str, events: "SimpleQueue[Tuple[str, Any]]") -> None:
        self.lease: Optional[Dict[str, Any]] = None
        self._folder = os.path.join(folder, f"slot-{number}")
        self._events = events
        self._segment: Optional[Segment] = None
        self._work: "SimpleQueue[Tuple[Dict[str, Any], Settings]]" = SimpleQueue()
        self.is_pausing = False
        os.makedirs(self._folder, exist_ok=True)
        self._warm = Warm(self._folder)
        threading.Thread(target=self._run, name=f"hpo-slot-{number}", daemon=True).start()

    def start(self, lease: Dict[str, Any], settings: Settings) -> None:
        self.lease, self.is_pausing = lease, False
        self._segment = Segment(settings, self._warm)
        self._work.put((lease, settings))

    def pause(self) -> bool:
        """Has the program save itself and end, if it can go on elsewhere from where it is."""
        if self._segment is None or self.is_pausing or not self._segment.has_saved:
            return False
        self.is_pausing = True
        self._segment.pause()
        return True

    def abandon(self) -> None:
        if self._segment is not None:
            self._segment.abandon()

    def kill(self) -> None:
        self._warm.close()

    def _run(self) -> None:
        while True:
            lease, _ = self._work.get()
            segment = self._segment
            assert segment is not None
            folder = tempfile.mkdtemp(prefix="trial-", dir=self._folder)
            lost: Optional[str] = None
            try:
                code = segment.run(folder)
                lost = segment.lost
            except Gone as error:
                say(str(error))
                code = NOBODY_WAITS
            except (Refused, Unreachable) as error:
                code, lost = 4, f"it could not be delivered: {error}"
            except Exception as error:  # a full disk, for instance: of this machine, not of the trial
                code, lost = 1, f"{type(error).__name__}: {error}"
            shutil.rmtree(folder, ignore_errors=True)
            self._segment, self.lease = None, None
            self._events.put(("over", (lease, code, lost)))
