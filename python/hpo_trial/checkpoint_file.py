"""A checkpoint as one file: an uncompressed tar with a manifest, the user's files and, maybe, a pickled object."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import shutil
import stat
import tarfile
from contextlib import suppress
from typing import Any, BinaryIO, Dict, Iterator, List, NamedTuple, Optional, Tuple

from . import logs

MANIFEST = "hpo_checkpoint.json"
FILES = "files"
OBJECT = "object.pickle"

_CHUNK = 1 << 20


class Content(NamedTuple):
    """What a program wants to keep.

    Attributes:
        files: a folder or one file; None for none.
        entry: the path inside ``files`` that the program is given back; None for the folder itself.
        value: an object to pickle, if ``has_value``.
    """

    files: Optional[str] = None
    entry: Optional[str] = None
    value: Any = None
    has_value: bool = False


class PackedFile(NamedTuple):
    """A finished file and what the host checks it by."""

    path: str
    size: int
    sha256: str


class Restored:
    """An unpacked checkpoint; the object in it is unpickled when it is first asked for."""

    def __init__(self, root: str, manifest: Dict[str, Any]) -> None:
        self._root = root
        self._entry: Optional[str] = manifest.get("entry")
        self._value: Any = None
        self._pickled = bool(manifest.get("object"))
        self._waiting = self._pickled
        files = os.path.join(root, FILES)
        self.folder: Optional[str] = files if os.path.isdir(files) else None
        self.time_total_s = float(manifest.get("time_total_s") or 0.0)

    @property
    def value(self) -> Any:
        """The object that was kept, or None."""
        if self._waiting:
            with open(os.path.join(self._root, OBJECT), "rb") as file:
                self._value = pickle.load(file)
            self._waiting = False
        return self._value

    @property
    def argument(self) -> Any:
        """What a Trainable restores from: its object, its path, or the folder of its files."""
        if self._pickled:
            return self.value
        return os.path.join(self.folder or self._root, self._entry) if self._entry else self.folder


def pack(path: str, content: Content, time_total_s: float) -> PackedFile:
    """Writes the file under this name, which is the caller's to rename once it is on the disk."""
    manifest = {
        "version": 1,
        "time_total_s": round(time_total_s, 6),
        "entry": content.entry,
        "object": content.has_value,
    }
    pickled = f"{path}.object"
    try:
        if content.has_value:
            with open(pickled, "wb") as file:
                pickle.dump(content.value, file, pickle.HIGHEST_PROTOCOL)
        with open(path, "wb") as file:
            out = _HashingWriter(file)
            with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:  # type: ignore[call-overload]
                _add_bytes(tar, MANIFEST, json.dumps(manifest).encode("utf-8"))
                if content.has_value:
                    _add_file(tar, pickled, OBJECT)
                if content.files is not None:
                    _add_files(tar, content.files)
        return PackedFile(path, out.size, out.digest.hexdigest())
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise
    finally:
        if content.has_value:
            with suppress(OSError):
                os.unlink(pickled)


def unpack(path: str, root: str) -> Restored:
    """Unpacks into a new folder; nothing of the file reaches any other place.

    Raises:
        ValueError: the file is no checkpoint.
    """
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root)
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                _extract(tar, member, root)
        with open(os.path.join(root, MANIFEST), encoding="utf-8") as file:
            return Restored(root, json.load(file))
    except (tarfile.TarError, FileNotFoundError, EOFError) as error:
        raise ValueError(f"{path} is no checkpoint: {type(error).__name__}: {error}") from error


def publish(packed: PackedFile, path: str) -> None:
    """Gives the file its name, after its content is on the disk."""
    fd = os.open(packed.path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    os.replace(packed.path, path)
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class _HashingWriter:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self.digest.update(data)
        self.size += len(data)
        return len(data)


def _add_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def _add_file(tar: tarfile.TarFile, path: str, name: str) -> None:
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = status.st_size, status.st_mode & 0o777, int(status.st_mtime)
        tar.addfile(info, file)


def _add_files(tar: tarfile.TarFile, files: str) -> None:
    if os.path.isfile(files):
        _add_file(tar, files, f"{FILES}/{os.path.basename(files)}")
        return
    for path, name in _walk(files, FILES, []):
        if os.path.isdir(path):
            info = tarfile.TarInfo(name)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(info)
        else:
            _add_file(tar, path, name)


def _walk(folder: str, name: str, above: List[str]) -> Iterator[Tuple[str, str]]:
    """Folders and plain files, links followed; what is neither, or leads back up, is left out with a line in the log."""
    real = os.path.realpath(folder)
    if real in above:
        logs.note(f"{folder} leads back to a folder above it and is not in the checkpoint")
        return
    yield folder, name
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        inside = f"{name}/{entry.name}"
        if entry.is_dir():
            yield from _walk(entry.path, inside, [*above, real])
        elif entry.is_file():
            yield entry.path, inside
        else:
            logs.note(f"{entry.path} is no plain file and is not in the checkpoint")


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, root: str) -> None:
    parts = member.name.split("/")
    if member.name.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"a checkpoint must not hold {member.name!r}")
    path = os.path.join(root, *parts)
    if member.isdir():
        os.makedirs(path, exist_ok=True)
        return
    source = tar.extractfile(member) if member.isreg() else None
    if source is None:
        raise ValueError(f"a checkpoint must hold plain files and folders only, {member.name!r} is neither")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with source, open(path, "wb") as file:
        shutil.copyfileobj(source, file, _CHUNK)
    os.chmod(path, stat.S_IMODE(member.mode) & 0o777 | 0o600)
