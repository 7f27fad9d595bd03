"""The files of a segment: scripts, cached by their content, and checkpoints, checked by theirs."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import tempfile
import zipfile
from contextlib import suppress
from typing import Any, BinaryIO, Dict, List, NamedTuple, Optional, Tuple

from .client import Body, Client, Gone

_NAME = re.compile(r"^scripts/([0-9a-f]{64})\.zip$")
_PART = 1 << 20
_MAX_FILES = 10_000
_MAX_BYTES = 1 << 30


class BadScripts(Exception):
    """The scripts are missing, or are not what their name says."""


class Beginning(NamedTuple):
    """Where a segment begins: a file and its step, or neither. ``text``: what a person should know; None for nothing."""

    path: Optional[str]
    step: int
    text: Optional[str]


def fetch_scripts(client: Client, name: str, cache: str) -> str:
    """The folder with the scripts; fetched once, whoever asks at the same time.

    Raises:
        BadScripts: they cannot be had, and never will.
    """
    match = _NAME.match(name)
    key = match[1] if match else hashlib.sha256(name.encode()).hexdigest()
    root = os.path.join(cache, "scripts")
    folder = os.path.join(root, key)
    if os.path.isdir(folder):
        return folder
    os.makedirs(root, exist_ok=True)
    part = tempfile.mkdtemp(prefix="part-", dir=root)
    try:
        with tempfile.TemporaryFile(dir=root) as archive:
            try:
                client.fetch("scripts", archive)
            except Gone as error:
                raise BadScripts(str(error)) from None
            if match and _sha256(archive)[1] != key:
                raise BadScripts(f"the archive is damaged: its SHA-256 is not that of its name, {name}")
            unpack_scripts(archive, part)
        try:
            os.rename(part, folder)
        except OSError:
            if not os.path.isdir(folder):
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def begin(client: Client, work: Dict[str, Any], attempt: int, folder: str) -> Beginning:
    """Fetches the newest checkpoint that is whole."""
    beginning = _fetch_newest(client, work, attempt, folder)
    if beginning.text is None or attempt == 0:
        return beginning
    return beginning._replace(text=f"{beginning.text}, after its worker or host was lost")


def _fetch_newest(client: Client, work: Dict[str, Any], attempt: int, folder: str) -> Beginning:
    shutil.rmtree(folder, ignore_errors=True)
    candidates = work.get("candidates") or []
    if not candidates:
        again = attempt > 0 or work["segment"] > 0
        return Beginning(None, 0, "it has no checkpoint, so it starts from the beginning" if again else None)
    os.makedirs(folder)
    path = os.path.join(folder, "restore.tar")
    refused: List[str] = []
    for candidate in candidates:
        step = candidate["step"]
        fault = _fetch(client, candidate, path)
        if fault is None:
            where = f"the checkpoint at step {step} ({_size(candidate['bytes'])})"
            text = f"{', '.join(refused)}, so it resumes from {where}" if refused else f"from {where}"
            return Beginning(path, step, text)
        refused.append(f"the checkpoint at step {step} {fault}")
    os.remove(path)
    return Beginning(None, 0, f"{', '.join(refused)}, so it starts from the beginning")


def file_body(path: str, length: int, kind: str = "application/octet-stream") -> Body:
    """A file as the body of a request."""
    return Body(lambda: open(path, "rb"), length, kind)


def _fetch(client: Client, candidate: Dict[str, Any], path: str) -> Optional[str]:
    """What is wrong with a checkpoint, or None."""
    with open(path, "w+b") as file:
        try:
            client.fetch(f"checkpoints/{candidate['step']}?sha256={candidate['sha256']}", file)
        except Gone:
            return "is missing"
        length, sha256 = _sha256(file)
    if length != candidate["bytes"]:
        return f"is damaged (has {length} bytes instead of {candidate['bytes']})"
    return None if sha256 == candidate["sha256"] else "is damaged (its SHA-256 differs)"


def _sha256(file: BinaryIO) -> Tuple[int, str]:
    file.seek(0)
    sha256, length = hashlib.sha256(), 0
    while True:
        part = file.read(_PART)
        if not part:
            return length, sha256.hexdigest()
        sha256.update(part)
        length += len(part)


def unpack_scripts(archive: BinaryIO, folder: str) -> None:
    """Unpacks plain files and folders, and trusts no path and no size.

    Raises:
        BadScripts: it is no archive of scripts.
    """
    archive.seek(0)
    try:
        with zipfile.ZipFile(archive) as packed:
            entries = packed.infolist()
            if len(entries) > _MAX_FILES or sum(entry.file_size for entry in entries) > _MAX_BYTES:
                raise BadScripts("the archive has too many files, or too large ones")
            for entry in entries:
                _unpack_entry(packed, entry, folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise BadScripts(f"the archive cannot be unpacked: {error}") from None


def _unpack_entry(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: str) -> None:
    parts = entry.filename.rstrip("/").split("/")
    mode = entry.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if any(part in ("", ".", "..") or "\\" in part or ":" in part for part in parts) or kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BadScripts(f"the archive's entry {entry.filename!r} is no plain file inside it")
    path = os.path.join(folder, *parts)
    if entry.is_dir():
        os.makedirs(path, exist_ok=True)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with packed.open(entry) as source, open(path, "xb") as target:
        shutil.copyfileobj(source, target, _PART)
    with suppress(OSError):
        os.chmod(path, 0o755 if mode & 0o111 else 0o644)


def _size(count: int) -> str:
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= unit:
            return f"{count / unit:.1f}".rstrip("0").rstrip(".") + f" {name}"
    return f"{count} bytes"
