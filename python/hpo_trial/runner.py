"""Runs one Python program and says how it ended."""

from __future__ import annotations

from typing import Any, Optional

from . import logs
from .limits import exceeded, limit_memory
from .loader import ScriptLoader
from .outcome import COMPLETED, Outcome, describe, is_out_of_memory
from .program import TrialContext
from .protocol import RunRequest
from .reporter import Reporter, TrialUnwound, set_current
from .session import TrialSession


def run_python(request: RunRequest, session: TrialSession, loader: ScriptLoader) -> Outcome:
    """Loads and runs the program inside its memory limit. Never raises for what user code does.

    The session's verdict (a stop key, a directive) wins over whatever happened while the program was unwound.
    """
    reporter = Reporter(session)
    outcome: Optional[Outcome] = None
    restore = limit_memory(request.memory_limit_mb)
    try:
        set_current(reporter)
        program = request.program
        run = loader.load(program["scripts"], program["script"], program["model"])
        session.checkpoints.open()
        run(request.config, TrialContext(reporter, session))
        if session.verdict is None:
            with session.lock:
                session.save_at_verdict()
    except TrialUnwound:
        pass
    except BaseException as error:
        if restore is not None:
            restore()
        outcome = _judge(error, session)
    finally:
        if restore is not None:
            restore()
        set_current(None)
    if session.verdict is not None:
        return session.verdict if outcome is None else session.verdict._replace(suspect=outcome.suspect)
    if outcome is not None:
        return outcome
    if session.count == 0:
        return Outcome.failed(f"NoReport: {request.program['model']!r} ended without a single report")
    return Outcome(COMPLETED)


def _judge(error: BaseException, session: TrialSession) -> Outcome:
    if isinstance(error, SystemExit) and _is_success(error.code):
        if session.count > 0:
            return Outcome(COMPLETED, "the program called sys.exit")
        return Outcome.failed(f"SystemExit: {error.code} without a single report")
    outcome = Outcome.raised(error)
    limit = session.request.memory_limit_mb
    if limit is not None and is_out_of_memory(error):
        outcome = outcome._replace(error=f"{outcome.error}: {exceeded(limit)}")
    logs.write((outcome.traceback or describe(error)).encode("utf-8", "backslashreplace"))
    return outcome


def _is_success(code: Any) -> bool:
    return code is None or (type(code) is int and code == 0)
