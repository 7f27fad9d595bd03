"""Keeps one worker alive without any connection: carries lines between it and files, and ends it when it is time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from time import monotonic, sleep
from typing import Any, Dict, List, NoReturn, Optional

from ..lifeline import kill_group
from .folder import FORGET, INBOX, KILL, OUTBOX, STDERR, Folder

_TICK_S = 0.1
_HANG_UP_S = 1.0
_TERM_S = 5.0
_POSTSCRIPT_S = 600.0
_PIPE_S = 1.0


def start(settings: Dict[str, Any]) -> None:
    """Starts a keeper that belongs to nobody, and returns when it holds its folder.

    Args:
        settings: ``folder`` (made here), ``launcher`` (a script for the shell that runs a worker), ``patience_s`` (how long the first
            message may take); ``timeout_s`` for all and ``time_limit_s`` for the trial, null for none.
    """
    folder = Folder(settings["folder"])
    folder.create()
    incoming, outgoing = os.pipe()
    if os.fork() != 0:
        os.close(outgoing)
        os.wait()
        said = os.read(incoming, 4096)
        if said != b"!":
            raise OSError(said.decode("utf-8", "replace") or "the keeper ended at once")
        return
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    try:
        lock = folder.lock()
        keeper = Keeper(folder, settings)
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os.write(outgoing, b"!")
    except BaseException as error:
        os.write(outgoing, str(error).encode()[:4000])
        os._exit(1)
    os.close(outgoing)
    keeper.keep(lock)


class Keeper:
    """The worker and its files."""

    def __init__(self, folder: Folder, settings: Dict[str, Any]) -> None:
        self._folder = folder
        self._settings = settings
        self._began = monotonic()
        self._run_at: Optional[float] = None
        self._ended_at: Optional[float] = None
        self._killed_at: Optional[float] = None
        self._why: Optional[str] = None
        self._groups: List[int] = []
        self._inbox_at = 0
        self._outbox = os.open(folder.of(OUTBOX), os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        with open(folder.of(STDERR), "ab") as words:
            self._process = subprocess.Popen(
                ["/bin/sh", settings["launcher"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words, start_new_session=True
            )
        self._reader = threading.Thread(target=self._read, name="hpo-trial-outbox", daemon=True)
        self._reader.start()

    def keep(self, lock: int) -> NoReturn:
        """Stays until the worker is gone, and leaves its last word."""
        while self._process.poll() is None:
            with suppress(OSError):
                self._forward()
            self._watch()
            sleep(_TICK_S)
        if self._ended_at is None:
            self._kill_groups()
        self._reader.join(_PIPE_S)  # a process that the trial left behind may hold the pipe open
        code = self._process.returncode
        with suppress(OSError):
            self._folder.write_state({"code": code if code >= 0 else 128 - code, "why": self._why})
        os.close(lock)
        if os.path.exists(self._folder.of(FORGET)):
            self._folder.remove_if_left()
        os._exit(0)

    def _watch(self) -> None:
        """Ends what has had its time."""
        now = monotonic()
        timeout, limit = self._settings.get("timeout_s"), self._settings.get("time_limit_s")
        if self._killed_at is not None:
            self._insist(now - self._killed_at)
        elif os.path.exists(self._folder.of(KILL)):
            self._kill("killed")
        elif self._ended_at is not None:
            if now - self._ended_at > _POSTSCRIPT_S:
                self._kill(None)
        elif timeout is not None and now - self._began > timeout:
            self._kill("timeout")
        elif self._run_at is None:
            if now - self._began > self._settings["patience_s"]:
                self._kill("idle")
        elif limit is not None and now - self._run_at > limit:
            self._kill("time_limit")

    def _kill(self, why: Optional[str]) -> None:
        self._why = self._why or why
        self._killed_at = monotonic()
        self._close()  # the worker kills what it runs, and itself

    def _insist(self, since: float) -> None:
        """The shell goes last: it has something to do after the worker."""
        if since > _HANG_UP_S:
            self._kill_groups()
            if not self._groups or since > _TERM_S:
                kill_group(self._process.pid, signal.SIGTERM)
        if since > 2 * _TERM_S:
            kill_group(self._process.pid)

    def _kill_groups(self) -> None:
        for group in tuple(self._groups):
            kill_group(group)

    def _forward(self) -> None:
        """Carries whole lines from the inbox to the worker."""
        with open(self._folder.of(INBOX), "rb") as file:
            file.seek(self._inbox_at)
            text = file.read()
        whole = text.rfind(b"\n") + 1
        self._inbox_at += whole
        for line in text[:whole].splitlines():
            try:
                message = json.loads(line)
            except ValueError:
                continue  # torn when a disk was full
            if self._run_at is None and message.get("op") == "run":
                self._run_at = monotonic()
            if self._process.stdin is not None and self._ended_at is None:
                self._process.stdin.write(line + b"\n")
                self._process.stdin.flush()

    def _read(self) -> None:
        """Carries what the worker says to the outbox."""
        stream = self._process.stdout
        assert stream is not None
        rest = b""
        while True:
            part = os.read(stream.fileno(), 1 << 18)
            if not part:
                return
            try:
                while part:
                    written = os.write(self._outbox, part)
                    rest += part[:written]
                    part = part[written:]
            except OSError as error:
                self._kill(f"disk: {os.strerror(error.errno or 0)}")
                return
            lines = rest.split(b"\n")
            rest = lines.pop()
            for line in lines:
                self._notice(line)

    def _notice(self, line: bytes) -> None:
        if line.startswith(b'{"ev":"end"'):
            self._ended_at = monotonic()
            self._close()
            return
        name = b"pid" if line.startswith(b'{"ev":"ready"') else b"pgid" if line.startswith(b'{"ev":"spawned"') else None
        if name is not None:
            with suppress(ValueError, KeyError):
                self._groups.append(int(json.loads(line)[name.decode()]))

    def _close(self) -> None:
        with suppress(OSError, ValueError):
            assert self._process.stdin is not None
            self._process.stdin.close()


def main() -> int:
    """Reads the settings from standard input."""
    try:
        start(json.loads(sys.stdin.buffer.readline()))
        return 0
    except OSError as error:
        print(f"hpo_trial: {error}", file=sys.stderr)
        return 74  # the disk
