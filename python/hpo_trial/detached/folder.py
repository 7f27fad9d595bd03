"""The files that keeper and visitor share, and the lock that says whether the keeper is there."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from typing import Any, Dict, Optional

INBOX = "inbox"
"""Lines for the worker, as the host wrote them."""

OUTBOX = "outbox"
"""What the worker said."""

STDERR = "stderr"
TAKEN = "taken"
"""Up to where the host has dealt with the outbox; the visitor's alone."""

KILL = "kill"
FORGET = "forget"
_LOCK = "lock"
_STATE = "state"
_STATE_BYTES = 1024


class Folder:
    """One folder, which belongs to one worker."""

    def __init__(self, path: str) -> None:
        self.path = path

    def of(self, name: str) -> str:
        return os.path.join(self.path, name)

    def create(self) -> None:
        """Makes it, with room for the last word: there must be some when the disk is full."""
        os.makedirs(self.path, mode=0o700)
        for name in (INBOX, OUTBOX, STDERR, _LOCK):
            with open(self.of(name), "xb"):
                pass
        with open(self.of(_STATE), "xb") as file:
            file.write(b" " * _STATE_BYTES)

    def lock(self) -> int:
        """Says that the keeper is there, until the descriptor is closed or the keeper dies."""
        descriptor = os.open(self.of(_LOCK), os.O_RDWR | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return descriptor

    def is_kept(self) -> bool:
        """Whether the keeper is there."""
        try:
            descriptor = os.open(self.of(_LOCK), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            return True
        finally:
            os.close(descriptor)

    def write_state(self, state: Dict[str, Any]) -> None:
        """Writes the last word, into the room that was kept for it."""
        text = json.dumps(state).encode()[:_STATE_BYTES].ljust(_STATE_BYTES)
        descriptor = os.open(self.of(_STATE), os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.pwrite(descriptor, text, 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read_state(self) -> Optional[Dict[str, Any]]:
        """The last word; None where there is none."""
        try:
            with open(self.of(_STATE), "rb") as file:
                text = file.read().strip()
            return dict(json.loads(text)) if text else None
        except (OSError, ValueError):
            return None

    def touch(self, name: str) -> None:
        with open(self.of(name), "ab"):
            pass

    def remove_if_left(self) -> bool:
        """Removes all where nobody keeps it; keeper and visitor both try, the later one last."""
        if self.is_kept():
            return False
        shutil.rmtree(self.path, ignore_errors=True)
        return True
