"""One visit of the host: brings lines for the worker, takes what it said and what its log got, and says how it is."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from contextlib import suppress
from typing import Any, Dict, Tuple

from .folder import FORGET, INBOX, KILL, OUTBOX, STDERR, TAKEN, Folder

MARK = b"\nHPO-VISIT "
"""Before the answer: start-up files of a shell may print something first."""

_OVERLAP = 1024
_WORDS = 1000


def main() -> int:
    """Request: a line of JSON, then as many bytes for the inbox as it says. Answer: a line of JSON, then outbox and log, as long as it says."""
    request = json.loads(sys.stdin.buffer.readline())
    lines = sys.stdin.buffer.read()
    if len(lines) != request.get("bytes", 0):
        print(f"hpo_trial: {len(lines)} bytes arrived instead of {request.get('bytes', 0)}", file=sys.stderr)
        return 1
    try:
        answer, outbox, log = visit(request, lines)
    except OSError as error:
        print(f"hpo_trial: {error}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(MARK + json.dumps(answer).encode() + b"\n" + outbox + log)
    sys.stdout.buffer.flush()
    return 0


def visit(request: Dict[str, Any], lines: bytes) -> Tuple[Dict[str, Any], bytes, bytes]:
    """Does what the request says.

    Args:
        request: ``folder``; ``inbox_at``, where ``lines`` go (-1: only say where that is); ``outbox_at`` and ``outbox_max`` (``outbox_at`` -1:
            where ``taken`` says); ``taken``, kept as it is; ``log`` with ``path``, ``at``, ``sha256`` of up to 1024 bytes before, and ``max``;
            ``kill``; ``remove``, paths; ``forget``, with what is left when the keeper is gone.
        lines: for the inbox; writing them twice at the same place is no harm.
    """
    folder = Folder(request["folder"])
    for path in request.get("remove", []):
        _remove(path)
    if not os.path.isdir(folder.path):
        return {"missing": True}, b"", b""
    if request.get("kill"):
        folder.touch(KILL)
    if request.get("forget"):
        folder.touch(FORGET)
        folder.remove_if_left()
        return {"missing": False}, b"", b""
    kept = folder.is_kept()  # before the rest is read, so that nothing is missed of a worker that is gone
    state = folder.read_state()
    answer: Dict[str, Any] = {"kept": kept, "state": None if kept else state, "inbox": _bring(folder, request["inbox_at"], lines)}
    if not kept:
        answer["words"] = _last_words(folder)
    if "taken" in request:
        _replace(folder.of(TAKEN), json.dumps(request["taken"]).encode())
    taken = _taken(folder)
    start = request["outbox_at"] if request["outbox_at"] >= 0 else taken.get("at", 0)
    with open(folder.of(OUTBOX), "rb") as file:
        file.seek(start)
        outbox = file.read(request["outbox_max"])
        more = os.fstat(file.fileno()).st_size > start + len(outbox)
    answer.update(taken=taken, outbox_at=start, outbox=len(outbox), more=more)
    log = b""
    if "log" in request:
        at, log, more_log = _tail(request["log"])
        answer.update(log_at=at, log=len(log), more_log=more_log)
    return answer, outbox, log


def _bring(folder: Folder, at: int, lines: bytes) -> int:
    """Writes lines; returns the length of the inbox."""
    descriptor = os.open(folder.of(INBOX), os.O_RDWR | os.O_CLOEXEC)
    try:
        if at < 0:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                size += os.pwrite(descriptor, b"\n", size)
            return size
        while lines:
            written = os.pwrite(descriptor, lines, at)
            at, lines = at + written, lines[written:]
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def _tail(request: Dict[str, Any]) -> Tuple[int, bytes, bool]:
    """What a log got, or all of it where it is not the one that the host knows: it was shortened."""
    try:
        with open(request["path"], "rb") as file:
            at = request["at"]
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, at - _OVERLAP))
            if at > size or hashlib.sha256(file.read(min(at, _OVERLAP))).hexdigest() != request["sha256"]:
                at = 0
            file.seek(at)
            text = file.read(request["max"])
            return at, text, size > at + len(text)
    except FileNotFoundError:
        return request["at"], b"", False


def _taken(folder: Folder) -> Dict[str, Any]:
    with suppress(OSError, ValueError):
        with open(folder.of(TAKEN), "rb") as file:
            return dict(json.loads(file.read()))
    return {}


def _replace(path: str, content: bytes) -> None:
    """A note; where it cannot be written, the host hears again what it has heard."""
    with suppress(OSError):
        with open(f"{path}.part", "wb") as file:
            file.write(content)
        os.replace(f"{path}.part", path)


def _remove(path: str) -> None:
    with suppress(OSError):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.remove(path)


def _last_words(folder: Folder) -> str:
    with suppress(OSError):
        with open(folder.of(STDERR), "rb") as file:
            file.seek(-min(8 << 10, os.fstat(file.fileno()).st_size), os.SEEK_END)
            words = [line.strip() for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
        return words[-1][:_WORDS] if words else ""
    return ""
