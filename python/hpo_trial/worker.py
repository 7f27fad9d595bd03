"""The warm worker: one process, one trial after another."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
from contextlib import suppress
from time import sleep
from typing import NoReturn, Optional

from . import lifeline, logs, protocol
from .loader import ScriptLoader
from .outcome import Outcome
from .protocol import Inbox, Outlet, RunRequest
from .runner import run_python
from .session import TrialSession
from .surroundings import Surroundings

TICK_S = 0.25


class Worker:
    """Runs what the inbox asks for until it is told to exit, the host dies, or a trial damaged the process."""

    def __init__(self, inbox: Inbox, outlet: Outlet, surroundings: Surroundings) -> None:
        self._inbox = inbox
        self._outlet = outlet
        self._surroundings = surroundings
        self._loader = ScriptLoader()
        self._session: Optional[TrialSession] = None
        self._pid = os.getpid()
        threading.Thread(target=self._tick, name="hpo-trial-ticker", daemon=True).start()
        surroundings.threads_started()

    def serve(self) -> NoReturn:
        """Announces itself and never returns."""
        self._outlet.send(
            {
                "ev": "ready",
                "pid": self._pid,
                "python": ".".join(map(str, sys.version_info[:3])),
                "protocol": protocol.VERSION,
            }
        )
        while True:
            message = self._inbox.get()
            op = message.get("op")
            if op == "run":
                if not self._run(RunRequest.parse(message)):
                    lifeline.leave(0)
            elif op == "exit":
                lifeline.leave(0)
            elif op != "directive":  # one of those may arrive after the trial it was meant for
                protocol.reject(message.get("problem") or f"unknown op {op!r}")

    def _run(self, request: RunRequest) -> bool:
        logs_ready = False
        try:
            session = TrialSession(request, self._outlet, self._inbox)
            problem: Optional[Exception] = None
        except ValueError as error:
            session = TrialSession(request._replace(stop={}), self._outlet, self._inbox)
            problem = error
        try:
            if problem is None:
                logs.redirect(request.log)
                logs_ready = True
                self._surroundings.enter(request.workdir, request.env)
        except OSError as error:
            problem = error
        if problem is not None:
            outcome = Outcome.raised(problem)
        else:
            self._session = session
            outcome = self._run_program(request, session)
        if os.getpid() != self._pid:
            sys.stdout.flush()
            os._exit(0)  # user code forked and both came back; the child has no business here
        self._session = None
        session.checkpoints.close()
        intact = self._surroundings.restore()
        self._loader.after_trial()
        if logs_ready:
            self._bound_log(request)
        reusable = intact and not outcome.suspect and not request.isolate
        session.end(outcome, reusable)
        return reusable

    def _run_program(self, request: RunRequest, session: TrialSession) -> Outcome:
        kind = request.program.get("kind")
        if kind == "python":
            return run_python(request, session, self._loader)
        if kind == "command":
            from .command import run_command

            return run_command(request, session, self._inbox)
        protocol.reject(f"unknown kind of program {kind!r}")

    def _tick(self) -> None:
        """Sends reports that have waited long enough and keeps the log bounded, while a trial runs."""
        while True:
            sleep(TICK_S)
            session = self._session
            if session is not None:
                with suppress(Exception):  # a trial may have used up all memory; the next turn may do better
                    session.tick()
                    self._bound_log(session.request)

    @staticmethod
    def _bound_log(request: RunRequest) -> None:
        if request.log is not None and request.log_limit_mb is not None:
            limit = int(request.log_limit_mb * 1024 * 1024)
            if (logs.size() or 0) > limit:
                logs.bound(request.log, limit)


def serve_pipes() -> NoReturn:
    """Takes descriptors 0 and 1 for the protocol, hides them from user code, and serves."""
    lifeline.own_group()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, events = logs.private_copy(0), logs.private_copy(1)
    protocol.complain_through(logs.private_copy(2))
    _keep_from_children(requests, events)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)
    logs.redirect(None)
    faulthandler.enable(file=2)
    surroundings = Surroundings()
    Worker(Inbox(requests), Outlet(events), surroundings).serve()


def _keep_from_children(*descriptors: int) -> None:
    """Closes the pipes in forked children, or the host would wait for the end of file of a worker long dead."""

    def close() -> None:
        for fd in descriptors:
            try:
                os.close(fd)
            except OSError:
                pass

    os.register_at_fork(after_in_child=close)
