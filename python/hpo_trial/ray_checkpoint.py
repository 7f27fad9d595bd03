"""Ray's ``Checkpoint``, as far as functions that report with one need it."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from typing import Any, Dict, Iterator, Mapping, Optional


class Checkpoint:
    """A folder, or a dict."""

    def __init__(self, path: Any = None, data: Optional[Mapping[str, Any]] = None) -> None:
        self.path: Optional[str] = None if path is None else os.path.abspath(os.fspath(path))
        self._data = data

    @classmethod
    def from_directory(cls, path: Any) -> "Checkpoint":
        """A folder that the caller keeps as it is until it has reported."""
        return cls(path)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Checkpoint":
        """Anything that pickles."""
        return cls(data=data)

    def to_dict(self) -> Dict[str, Any]:
        """What ``from_dict`` was given."""
        if self._data is None:
            raise TypeError("this checkpoint is a folder: use as_directory()")
        return dict(self._data)

    def to_directory(self, path: Any = None) -> str:
        """Copies the folder."""
        target = os.fspath(path) if path is not None else tempfile.mkdtemp(prefix="checkpoint_", dir=os.getcwd())
        shutil.copytree(self._folder(), target, dirs_exist_ok=True)
        return target

    @contextmanager
    def as_directory(self) -> Iterator[str]:
        """The folder itself, to read from."""
        yield self._folder()

    def _folder(self) -> str:
        if self.path is None:
            raise TypeError("this checkpoint is a dict: use to_dict()")
        return self.path


Checkpoint.__module__ = "ray.train"
