"""The trial's log: goes on from what the host has, and is brought to it now and then, whole."""

from __future__ import annotations

import io
import os
import threading
from contextlib import suppress
from typing import Optional, Tuple

from .client import Body, Client, Gone, Refused, Unreachable

FIRST_PAUSE_S = 5.0
_SECONDS_A_MIB = 15.0
"""A log of 16 MiB goes every four minutes."""

_FINAL_S = 60.0
_TAIL = 8 << 10


class LogFile:
    """The file ``path``, which the worker writes."""

    def __init__(self, path: str) -> None:
        self.path = path

    def last_words(self) -> Optional[str]:
        """The line that says most about a sudden end: the fatal error, else the last line."""
        try:
            with open(self.path, "rb") as file:
                file.seek(-min(_TAIL, os.fstat(file.fileno()).st_size), os.SEEK_END)
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return None
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return next((line for line in reversed(lines) if line.startswith("Fatal Python error")), lines[-1] if lines else None)


class TrialLog(LogFile):
    """The file ``path``, and its copy with the host."""

    def __init__(self, client: Client, segment: int, path: str) -> None:
        super().__init__(path)
        self._client = client
        self._address = f"segments/{segment}/log"
        self._sent: Optional[Tuple[int, int]] = None
        self._lock = threading.Lock()
        self._over = threading.Event()

    def open(self, fresh: bool) -> None:
        """Fetches what earlier segments and attempts wrote elsewhere; ``fresh``: there were none."""
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        if fresh or os.path.exists(self.path):
            return
        part = f"{self.path}.part"
        try:
            with open(part, "w+b") as file:
                self._client.fetch(self._address, file)
            os.rename(part, self.path)
        except Gone:
            os.remove(part)  # there is none yet

    def follow(self) -> None:
        """Sends it now and then, on a thread of its own."""
        threading.Thread(target=self._follow, name="hpo-trial-log", daemon=True).start()

    def close(self) -> None:
        """Sends it no more by itself."""
        self._over.set()

    def note(self, text: str) -> None:
        """Adds a line of the harness's own."""
        with suppress(OSError), open(self.path, "ab") as file:
            file.write(f"hpo_trial: {text}\n".encode("utf-8", "backslashreplace"))

    def send(self, limit_s: float = _FINAL_S) -> None:
        """Sends it as it is. A log that cannot be kept is no reason to lose the trial."""
        with self._lock, suppress(OSError, Gone, Refused, Unreachable):
            with open(self.path, "rb") as file:
                status = os.fstat(file.fileno())
                now = (status.st_size, status.st_mtime_ns)
                if now == self._sent or status.st_size == 0:
                    return
                content = file.read()
            body = Body(lambda: io.BytesIO(content), len(content), "text/plain; charset=utf-8")
            self._client.put(self._address, body, limit_s=limit_s)
            self._sent = now

    def _follow(self) -> None:
        while True:
            size = 0
            with suppress(OSError):
                size = os.path.getsize(self.path)
            if self._over.wait(FIRST_PAUSE_S + size / (1 << 20) * _SECONDS_A_MIB):
                return
            self.send(limit_s=FIRST_PAUSE_S)
