"""How a segment ended, and errors as text."""

from __future__ import annotations

import os
import traceback
from types import TracebackType
from typing import NamedTuple, Optional, Set

COMPLETED = "completed"
FAILED = "failed"
STOPPED = "stopped"
PAUSED = "paused"

TRACEBACK_LIMIT = 8 * 1024
ERROR_LIMIT = 2000

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Outcome(NamedTuple):
    """``suspect``: the process may be damaged and must not run another trial. ``signal``: what a command died of, or 0."""

    status: str
    reason: Optional[str] = None
    error: Optional[str] = None
    traceback: Optional[str] = None
    suspect: bool = False
    signal: int = 0

    @staticmethod
    def failed(error: str, trace: Optional[str] = None, suspect: bool = False) -> "Outcome":
        """A failure; texts are cut to what a message carries (the end of a traceback says most)."""
        return Outcome(FAILED, None, printable(error)[:ERROR_LIMIT], trace and printable(trace)[-TRACEBACK_LIMIT:], suspect)

    @staticmethod
    def raised(error: BaseException) -> "Outcome":
        """A failure by an exception of user code; the harness's own frames are left out."""
        return Outcome.failed(describe(error), format_traceback(error), is_out_of_memory(error))


def describe(error: BaseException) -> str:
    """ "Type: message", or the type alone."""
    try:
        text = str(error)
    except Exception as inner:
        text = f"<its message could not be made: {type(inner).__name__}>"
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def format_traceback(error: BaseException) -> str:
    """The traceback as Python prints it, from the user's first frame on."""
    for part in _chain(error):
        part.__traceback__ = _skip_own_frames(part.__traceback__)
    try:
        return "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except Exception as inner:  # user exceptions whose __str__ or __cause__ misbehave
        return f"{describe(error)} (no traceback: {type(inner).__name__})\n"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out anywhere in the chain of causes."""
    return any(isinstance(part, MemoryError) for part in _chain(error))


def printable(text: str) -> str:
    """Replaces lone surrogates, which strict JSON readers refuse."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _chain(error: BaseException) -> Set[BaseException]:
    seen: Set[BaseException] = set()
    open_ends = [error]
    while open_ends and len(seen) < 50:
        part = open_ends.pop()
        if part not in seen:
            seen.add(part)
            open_ends += [link for link in (part.__cause__, part.__context__) if link is not None]
    return seen


def _skip_own_frames(trace: Optional[TracebackType]) -> Optional[TracebackType]:
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not (name.startswith(_HERE) or name.startswith("<frozen importlib")):
            break
        trace = trace.tb_next
    return trace
