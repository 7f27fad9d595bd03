"""Memory limits, where the system has them (Linux)."""

from __future__ import annotations

import os
import resource
from typing import Callable, Optional

from . import logs

_MIB = 1 << 20
_LARGEST = 1 << 62


def limit_memory(megabytes: Optional[float]) -> Optional[Callable[[], None]]:
    """Lets this process grow by at most ``megabytes`` of address space, so that too much raises MemoryError.

    Relative to its present size, because a warm worker carries the libraries of the trials before.

    Returns:
        What restores the limit, or None when nothing was limited.
    """
    if megabytes is None:
        return None
    present = _address_space()
    if present is None:
        logs.note("memory_limit_mb is not supported on this system and is ignored")
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = _under(hard, present + int(megabytes * _MIB))
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def limit_memory_of(pid: int, megabytes: Optional[float]) -> None:
    """Limits the whole address space of a command and of what it starts from now on."""
    prlimit = getattr(resource, "prlimit", None)
    if megabytes is None:
        return
    if prlimit is None:
        logs.note("memory_limit_mb is not supported on this system and is ignored")
        return
    try:
        _, hard = prlimit(pid, resource.RLIMIT_AS)
        prlimit(pid, resource.RLIMIT_AS, (_under(hard, int(megabytes * _MIB)), hard))
    except (ProcessLookupError, PermissionError):
        pass  # it has ended already, or runs as another user who is not ours to limit


def keep_to_cores(cores: str) -> None:
    """Lets this process, and all it starts, run on these processor cores only; does nothing where the system has no such thing.

    Args:
        cores: their numbers, separated by commas.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})


def exceeded(megabytes: float) -> str:
    """What to say of a program that ran into its limit."""
    return f"it wanted more than its memory limit of {megabytes:g} MiB"


def _under(hard: int, wanted: int) -> int:
    wanted = min(wanted, _LARGEST)
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def _address_space() -> Optional[int]:
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[0]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return None
