"""The trial's log: a plain file behind descriptors 1 and 2, kept bounded."""

from __future__ import annotations

import fcntl
import os
import re
import threading
from contextlib import suppress
from typing import Optional

HEAD_BYTES = 1 << 20
"""How much of the beginning of a log always stays."""

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
_MARKER = re.compile(rb"\n\.\.\. [0-9.]+ MB dropped \(([0-9]+) bytes\) \.\.\.\n")
_MARKER_ROOM = 100
_shortening = threading.Lock()


def redirect(path: Optional[str]) -> None:
    """Points descriptors 1 and 2 to the file (created with its folder, appended to); None discards.

    They stay there until the next trial: what a leftover thread prints belongs to the trial that left it.
    """
    fd = _open(path or os.devnull)
    if fd < 3:  # user code closed a standard descriptor
        os.close(fd)
        fill_standard_descriptors()
        fd = _open(path or os.devnull)
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    os.close(fd)


def fill_standard_descriptors() -> None:
    """Opens /dev/null on whichever of 0, 1, 2 are closed."""
    while True:
        fd = os.open(os.devnull, os.O_RDWR)
        if fd > 2:
            os.close(fd)
            return
        os.set_inheritable(fd, True)


def private_copy(fd: int) -> int:
    """Duplicates a descriptor out of the way of user code; closed in every program the user starts."""
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 64)


def write(data: bytes) -> None:
    """Appends to the current log; a full disk is no reason to lose the trial."""
    try:
        while data:
            data = data[os.write(2, data) :]
    except OSError:
        pass


def note(text: str) -> None:
    """One line of the harness's own in the trial's log."""
    write(f"hpo_trial: {text}\n".encode("utf-8", "backslashreplace"))


def size() -> Optional[int]:
    """Bytes in the current log; None if user code closed the descriptor."""
    try:
        return os.fstat(1).st_size
    except OSError:
        return None


def bound(path: str, limit: int) -> None:
    """Shortens a log over ``limit`` bytes to its beginning, a line that says how much is gone, and its newest part.

    Done in place, because other processes hold the file open for appending. What they append during the few milliseconds
    this takes may be lost with the rest.
    """
    with _shortening, suppress(OSError):
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            length = os.fstat(fd).st_size
            if length > limit:
                _shorten(fd, length, limit)
        finally:
            os.close(fd)


def _shorten(fd: int, length: int, limit: int) -> None:
    head = os.pread(fd, min(HEAD_BYTES, limit // 4) + _MARKER_ROOM, 0)
    marker = _MARKER.search(head)
    if marker is not None:
        keep, rest, dropped = marker.start(), marker.end(), int(marker[1])
    else:
        keep = head.rfind(b"\n", 0, len(head) - _MARKER_ROOM)
        keep = len(head) - _MARKER_ROOM if keep < 0 else keep
        rest, dropped = keep, 0
    start = max(rest, length - (limit - keep) // 2)
    tail = os.pread(fd, length - start, start)
    line = tail.find(b"\n", 0, 4096) + 1
    dropped += start + line - rest
    text = b"\n... %.1f MB dropped (%d bytes) ...\n" % (dropped / 1e6, dropped)
    end = keep + os.pwrite(fd, text + tail[line:], keep)
    os.ftruncate(fd, end)


def _open(path: str) -> int:
    try:
        return os.open(path, _FLAGS, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, _FLAGS, 0o666)
