"""Runs any executable as a trial: configuration in a JSON file, reports as lines on its output."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from time import monotonic
from typing import Dict, List, Optional, Tuple

from . import lifeline, logs
from .command_lines import AUPTIMIZER, Announcement, Line, LineSplitter, Tail, parse_checkpoint, parse_report
from .evaluation import Evaluation
from .limits import exceeded, limit_memory_of
from .outcome import COMPLETED, PAUSED, TRACEBACK_LIMIT, Outcome, describe
from .protocol import Inbox, RunRequest
from .session import TrialSession

KILL_AFTER_S = 2.0
"""From the polite signal to the other one."""

_POLL_MS = 100
_CHUNK = 1 << 16


def run_command(request: RunRequest, session: TrialSession, inbox: Inbox) -> Outcome:
    """Runs the command, and again for each larger budget where it evaluates budgets."""
    try:
        session.checkpoints.open()
        folder = session.checkpoints.folder_for_command()
    except (OSError, ValueError) as error:
        return Outcome.failed(f"cannot prepare the checkpoint: {describe(error)}")
    restored = session.checkpoints.restored
    surroundings = {
        name: value
        for name, value in (("HPO_CHECKPOINT_DIR", folder), ("HPO_RESTORE_DIR", restored and restored.folder))
        if value
    }
    evaluation = Evaluation(session) if "n_iterations" not in request.config else None
    while True:
        outcome = _run_once(request, session, inbox, surroundings, evaluation)
        if outcome is not None:
            return outcome
        if session.checkpoints.announced is not None:
            surroundings["HPO_RESTORE_DIR"] = session.checkpoints.announced


def _run_once(
    request: RunRequest,
    session: TrialSession,
    inbox: Inbox,
    surroundings: Dict[str, str],
    evaluation: Optional[Evaluation],
) -> Optional[Outcome]:
    """Starts the command in a session of its own and follows it to its end; None asks for another run."""
    try:
        arguments = resolve(request.program["command"], request.program.get("scripts"))
        config = os.path.join(request.workdir, "config.json")
        budget = evaluation.begin() if evaluation is not None else None
        with open(config, "w", encoding="utf-8") as file:
            told = {**_number(request), **request.config, **({} if budget is None else {"n_iterations": budget})}
            json.dump(told, file, indent=1)
        process = subprocess.Popen(
            [*arguments, config],
            cwd=request.workdir,
            env={"PYTHONUNBUFFERED": "1", **os.environ, **surroundings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return Outcome.failed(f"cannot start {request.program['command']!r}: {describe(error)}")
    lifeline.watch_group(process.pid)
    try:
        session.spawned(process.pid)
        limit_memory_of(process.pid, request.memory_limit_mb)
        return _Conversation(process, request, session, inbox, surroundings.get("HPO_CHECKPOINT_DIR"), evaluation).run()
    finally:
        lifeline.kill_group(process.pid)  # what the command left behind
        process.wait()
        lifeline.forget_group(process.pid)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def _number(request: RunRequest) -> Dict[str, int]:
    """The trial's number, under the names that the command looks for."""
    names = request.program.get("number_as") or ()
    return {name: int(request.env["HPO_TRIAL"]) for name in names if "HPO_TRIAL" in request.env}


def resolve(command: List[str], scripts: Optional[str]) -> List[str]:
    """Makes names of files in the scripts folder absolute: the command runs in the trial's folder.

    A program there that lost its executable bit on the way is started by what its first line names.
    """
    if not command or not all(isinstance(part, str) for part in command):
        raise ValueError("a command needs at least a program, and only text")
    arguments = [_in_scripts(part, scripts) for part in command]
    program = arguments[0]
    if os.path.isfile(program) and not os.access(program, os.X_OK):
        return [*_interpreter(program), *arguments]
    if os.sep not in program and shutil.which(program) is None:
        raise FileNotFoundError(f"no program {program!r} in the scripts folder or on PATH")
    return arguments


def _in_scripts(part: str, scripts: Optional[str]) -> str:
    if scripts is None or os.path.isabs(part) or not part or part.startswith("-"):
        return part
    path = os.path.normpath(os.path.join(scripts, part))
    return path if os.path.isfile(path) else part


def _interpreter(program: str) -> List[str]:
    with open(program, "rb") as file:
        first = file.readline(256)
    if first.startswith(b"#!"):
        return os.fsdecode(first[2:].strip()).split(None, 1)
    if program.endswith(".py"):
        return [sys.executable]
    raise PermissionError(f"{program} is not executable and has no #! line")


class _Conversation:
    """The loop around one process: reads both its pipes and the host's directives, in bounded memory.

    While the host owes a directive, nothing is read: the kernel's pipes hold the command back, and no report overtakes the
    decision.
    """

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        request: RunRequest,
        session: TrialSession,
        inbox: Inbox,
        folder: Optional[str],
        evaluation: Optional[Evaluation],
    ) -> None:
        assert process.stdout is not None and process.stderr is not None
        self._process = process
        self._request = request
        self._session = session
        self._inbox = inbox
        self._folder = folder
        self._evaluation = evaluation
        self._stdout, self._stderr = process.stdout.fileno(), process.stderr.fileno()
        self._splitters: Dict[int, LineSplitter] = {self._stdout: LineSplitter(), self._stderr: LineSplitter()}
        self._unread: List[Tuple[int, Line]] = []
        self._errors = Tail(TRACEBACK_LIMIT)
        self._labels: List[str] = list(request.program.get("labels") or ())
        self._kill_at: Optional[float] = None

    def run(self) -> Optional[Outcome]:
        """Follows the process until it has ended and its output is read, or until the trial is over.

        Returns:
            How the trial ended; None where the command is to be run again with a larger budget.
        """
        bell, ring = os.pipe()
        os.set_blocking(ring, False)
        self._inbox.wake_through(ring)
        try:
            self._follow(bell)
            if self._evaluation is not None and self._session.verdict is None and self._process.wait() == 0:
                with self._session.lock:
                    self._evaluation.conclude()
                self._follow(bell)
        finally:
            self._inbox.wake_through(None)
            os.close(bell)
            os.close(ring)
        return self._outcome()

    def _follow(self, bell: int) -> None:
        while not self._over():
            self._wait(bell)
            self._hear()

    def _over(self) -> bool:
        if self._kill_at is not None:
            if self._process.poll() is not None:
                return not (self._saves() and self._splitters)  # its last words may announce a checkpoint
            if monotonic() >= self._kill_at:
                lifeline.kill_group(self._process.pid)
            return False
        if self._session.waiting or self._unread:
            return False
        if self._splitters:
            return False
        return self._process.poll() is not None

    def _wait(self, bell: int) -> None:
        poll = select.poll()
        poll.register(bell, select.POLLIN)
        held = self._session.waiting and self._kill_at is None
        for fd in () if held else self._splitters:
            poll.register(fd, select.POLLIN)
        ended = self._process.poll() is not None
        ready = [fd for fd, _ in poll.poll(_POLL_MS)]
        if bell in ready:
            os.read(bell, _CHUNK)
        readable = [fd for fd in ready if fd != bell]
        for fd in readable:
            self._read(fd)
        if ended and not readable and not held:
            for fd in list(self._splitters):  # a grandchild holds the pipe open; what the command said has been read
                self._finish(fd)

    def _read(self, fd: int) -> None:
        chunk = os.read(fd, _CHUNK)
        if chunk:
            self._take(fd, self._splitters[fd].feed(chunk))
        else:
            self._finish(fd)

    def _finish(self, fd: int) -> None:
        self._take(fd, self._splitters.pop(fd).finish())

    def _take(self, fd: int, lines: List[Line]) -> None:
        self._unread += [(fd, line) for line in lines]
        self._consume()

    def _consume(self) -> None:
        """Takes the lines in order until one makes the trial wait or end."""
        taken = 0
        log: List[bytes] = []
        for fd, line in self._unread:
            if self._session.waiting and self._kill_at is None:
                break
            taken += 1
            if fd == self._stderr:
                self._errors.add(line.text)
            may_report = fd == self._stdout or line.text.startswith(AUPTIMIZER)
            if not may_report or not self._report(line):
                log += (line.text, b"\n")
                if line.cut:
                    log.append(b"hpo_trial: the line above was cut, %d bytes are gone\n" % line.cut)
        if log:
            logs.write(b"".join(log))
        del self._unread[:taken]

    def _report(self, line: Line) -> bool:
        announced = parse_checkpoint(line)
        if announced is not None and self._folder is not None:
            self._announce(announced)
        report = parse_report(line, self._request.metric, self._labels)
        if report is None or self._kill_at is not None:
            return announced is not None
        with self._session.lock:
            if report.budgeted and self._evaluation is not None and self._evaluation.wanted:
                self._evaluation.take(report.metrics)
            else:
                step = report.step if report.step is not None and report.step > self._session.step else None
                self._session.add(report.metrics, step)
        self._end_if_decided()
        return True

    def _announce(self, announced: Announcement) -> None:
        assert self._folder is not None
        path = os.path.normpath(os.path.join(self._folder, announced.name))
        if os.path.commonpath([path, self._folder]) != self._folder:
            logs.note(f"the announced checkpoint {announced.name!r} is not in HPO_CHECKPOINT_DIR and is not taken")
            return
        with self._session.lock:
            held = self._evaluation is not None and self._evaluation.holds
            self._session.announce(path, announced.step, held)

    def _hear(self) -> None:
        with self._session.lock:
            self._session.hear()
        self._end_if_decided()
        self._consume()

    def _end_if_decided(self) -> None:
        if self._session.verdict is not None and self._kill_at is None:
            grace = self._session.checkpoints.grace_s if self._saves() else KILL_AFTER_S
            self._kill_at = monotonic() + grace
            lifeline.kill_group(self._process.pid, signal.SIGTERM)

    def _saves(self) -> bool:
        """Whether the command was told to pause and may save on its way out."""
        verdict = self._session.verdict
        return self._folder is not None and verdict is not None and verdict.status == PAUSED

    def _outcome(self) -> Optional[Outcome]:
        if self._evaluation is not None:
            with self._session.lock:
                self._evaluation.settle()
        if self._session.verdict is not None:
            self._session.save_at_verdict()
            return self._session.verdict
        code = self._process.wait()
        if code < 0:
            killed = Outcome.failed(self._blamed(f"killed by signal {-code} ({_signal_name(-code)})"), self._errors.text())
            return killed._replace(signal=-code)
        if code > 0:
            return Outcome.failed(self._blamed(f"exit code {code}"), self._errors.text())
        if self._session.count == 0:
            return Outcome.failed(
                "the command ended with exit code 0 but printed no report: expected lines of JSON with a number, "
                f'such as {{"{self._request.metric}": 0.5}}, or #Auptimizer:0.5',
                self._errors.text(),
            )
        return None if self._evaluation is not None and self._evaluation.goes_on() else Outcome(COMPLETED)

    def _blamed(self, error: str) -> str:
        """Adds that memory is limited where the last words of the command speak of memory."""
        limit = self._request.memory_limit_mb
        words = self._errors.text().lower()
        starved = limit is not None and any(word in words for word in ("memory", "bad_alloc", "cannot allocate"))
        return f"{error}: {exceeded(limit)}" if limit is not None and starved else error


def _signal_name(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return "unknown"
