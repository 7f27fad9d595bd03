"""Ends the worker together with everything it started, so that a dead host leaves nothing behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from typing import NoReturn, Set

PROTOCOL_ERROR = 2
"""Exit code when the host sent something the protocol does not know."""

_command_groups: Set[int] = set()


def own_group() -> None:
    """Makes this process lead its own session; a leader of a group already keeps it."""
    with suppress(OSError):
        os.setsid()


def watch_group(group: int) -> None:
    """Adds the process group of a command to what ``kill_everything`` kills."""
    _command_groups.add(group)


def forget_group(group: int) -> None:
    """Undoes ``watch_group`` once the group is gone."""
    _command_groups.discard(group)


def kill_group(group: int, number: int = signal.SIGKILL) -> None:
    """Signals a process group that may be gone already."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def kill_everything() -> NoReturn:
    """Kills commands, children and this process at once, whatever user code is doing."""
    for group in tuple(_command_groups):
        kill_group(group)
    if os.getpgrp() == os.getpid():
        kill_group(os.getpid())
    os._exit(1)


def leave(code: int) -> NoReturn:
    """Exits without waiting for leftover threads; asks leftover children of the group to end.

    Only the main thread can survive that request; on another thread this is ``kill_everything``.
    """
    with suppress(Exception):
        sys.stdout.flush()
    if threading.current_thread() is not threading.main_thread():
        kill_everything()
    if os.getpgrp() == os.getpid():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        kill_group(os.getpid(), signal.SIGTERM)
    os._exit(code)
