"""What user code may change in the process, put back after each trial."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from contextlib import suppress
from time import monotonic
from typing import Any, Dict, List, Tuple

from . import logs

_ENDING_THREADS_S = 0.2
"""How long leftover threads may take to end before the worker counts as damaged."""

_SIGNALS = [
    signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP, signal.SIGCHLD,
    signal.SIGPIPE, signal.SIGVTALRM, signal.SIGPROF,
]  # fmt: skip
_TIMERS = [signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF]
# The plain function under the wrapper that builds an enum member for every answer: ten calls a trial.
_getsignal: Any = getattr(signal.getsignal, "__wrapped__", signal.getsignal)


class Surroundings:
    """Remembers the process as it is when made, before any user code ran."""

    def __init__(self) -> None:
        self._stdin = open(os.devnull, encoding="utf-8")
        self._stdout, self._stderr = _text_stream(1), _text_stream(2)
        self._raw_environment = dict(_raw(os.environ))
        self._handlers: List[Tuple[signal.Signals, Any]] = [(number, _getsignal(number)) for number in _SIGNALS]
        self._recursion_limit = sys.getrecursionlimit()
        self._umask = os.umask(0o022)
        os.umask(self._umask)
        self._threads = threading.active_count()
        self._install_streams()

    def threads_started(self) -> None:
        """Counts the worker's own threads as belonging here."""
        self._threads = threading.active_count()

    def enter(self, workdir: str, environment: Dict[str, str]) -> None:
        """Goes to the trial's folder, made if it is missing, and sets its variables."""
        try:
            os.chdir(workdir)
        except FileNotFoundError:
            os.makedirs(workdir, exist_ok=True)
            os.chdir(workdir)
        if environment:
            os.environ.update(environment)

    def restore(self) -> bool:
        """Puts everything back.

        Returns:
            Whether this process can be trusted with another trial.
        """
        for timer in _TIMERS:
            signal.setitimer(timer, 0)
        for number, handler in self._handlers:
            if _getsignal(number) != handler and handler is not None:
                signal.signal(number, handler)
        sys.settrace(None)
        sys.setprofile(None)
        if sys.getrecursionlimit() != self._recursion_limit:
            sys.setrecursionlimit(self._recursion_limit)
        os.umask(self._umask)
        self._restore_environment()
        self._restore_streams()
        return self._standard_descriptors_open() and self._threads_ended()

    def _restore_environment(self) -> None:
        present, wanted = _raw(os.environ), self._raw_environment
        if present == wanted:
            return
        for name in present.keys() - wanted.keys():
            del os.environ[os.fsdecode(name)]
        for name, value in wanted.items():
            if present.get(name) != value:
                os.environ[os.fsdecode(name)] = os.fsdecode(value)

    def _restore_streams(self) -> None:
        if sys.stdout is not self._stdout or sys.stderr is not self._stderr or sys.stdin is not self._stdin:
            for stream in (sys.stdout, sys.stderr):
                with suppress(Exception):
                    stream.flush()
        if self._stdout.closed:
            self._stdout = _text_stream(1)
        if self._stderr.closed:
            self._stderr = _text_stream(2)
        if self._stdin.closed:
            self._stdin = open(os.devnull, encoding="utf-8")
        self._install_streams()
        for stream in (self._stdout, self._stderr):
            with suppress(OSError, ValueError):
                stream.flush()

    def _install_streams(self) -> None:
        sys.stdin = sys.__stdin__ = self._stdin
        sys.stdout = sys.__stdout__ = self._stdout
        sys.stderr = sys.__stderr__ = self._stderr

    @staticmethod
    def _standard_descriptors_open() -> bool:
        if logs.size() is not None:
            return True
        logs.fill_standard_descriptors()
        return False

    def _threads_ended(self) -> bool:
        if threading.active_count() <= self._threads:
            return True
        deadline = monotonic() + _ENDING_THREADS_S
        for thread in threading.enumerate():
            if not thread.daemon and thread is not threading.main_thread():
                thread.join(max(0.0, deadline - monotonic()))
                if thread.is_alive():
                    return False
        return True


def _text_stream(fd: int) -> io.TextIOWrapper:
    """A stream that never fails to encode and whose lines are in the log when the process crashes."""
    raw = open(fd, "wb", closefd=False)
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", line_buffering=True)


def _raw(environment: Any) -> Any:
    """The dictionary under os.environ: comparing it takes a microsecond, decoding every variable forty."""
    return getattr(environment, "_data", environment)
