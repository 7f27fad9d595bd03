"""What user code calls to report."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from typing import Any, Dict, Iterator, Mapping, Optional, Union

from .checkpoint_file import Content
from .ray_checkpoint import Checkpoint
from .session import TrialSession


_NOTHING = object()


class TrialUnwound(BaseException):
    """Ends the user's function from inside a report. A BaseException, so that ``except Exception`` lets it through."""


class Reporter:
    """``reporter(loss=0.1)``, ``reporter({"loss": 0.1})`` and ``reporter.report(...)``: each call is one training iteration.

    A call returns when the trial may go on. It raises ``TrialUnwound`` when the trial is over, again on every further call.
    """

    def __init__(self, session: TrialSession) -> None:
        self._session = session
        self._pid = os.getpid()

    def __call__(self, metrics: Optional[Mapping[str, Any]] = None, /, **named: Any) -> None:
        self.send(metrics, named)

    def report(self, metrics: Optional[Mapping[str, Any]] = None, /, **named: Any) -> None:
        """The same as calling the reporter."""
        self.send(metrics, named)

    def send(self, metrics: Optional[Mapping[str, Any]], named: Dict[str, Any], step: Optional[int] = None) -> None:
        """Reports ``metrics`` with ``named`` merged over them, as the next step or as the given one."""
        if metrics is not None:
            if not isinstance(metrics, Mapping):
                raise TypeError(f"a report needs named metrics or a dict of them, was {type(metrics).__name__}")
            named = {**metrics, **named}
        session = self._session
        self._check_process()
        with session.lock:
            if session.closed or session.verdict is not None:
                raise TrialUnwound
            session.add(named, step)
            if session.waiting:
                session.wait()
            if session.verdict is not None:
                session.save_at_verdict()
                raise TrialUnwound

    def checkpoint(
        self,
        value: Any = _NOTHING,
        *,
        folder: Optional[Union[str, "os.PathLike[str]"]] = None,
        path: Optional[Union[str, "os.PathLike[str]"]] = None,
        step: Optional[int] = None,
    ) -> None:
        """Keeps the state that a paused or lost trial goes on from: any object that pickles, the files of a folder, or one file.

        Call it before the report of the same step. Called afterwards, say which ``step`` it belongs to.
        It copies the state at once; the program may change it when this returns.
        """
        files = folder if folder is not None else path
        if value is _NOTHING and files is None:
            raise TypeError("checkpoint needs an object, folder=... or path=...")
        if files is not None and not os.path.exists(files):
            raise FileNotFoundError(f"no such file or folder: {os.fspath(files)}")
        self._check_process()
        kept = Content(files=None if files is None else os.fspath(files))
        if value is not _NOTHING:
            kept = kept._replace(value=value, has_value=True)
        with self._session.lock:
            if self._session.closed or self._session.verdict is not None:
                raise TrialUnwound
            self._session.checkpoints.offer(kept, step)

    @property
    def restored(self) -> Any:
        """The object of the checkpoint that this segment started from; None at a fresh start, or where only files were kept."""
        restored = self._session.checkpoints.restored
        return None if restored is None else restored.value

    @property
    def restored_folder(self) -> Optional[str]:
        """The folder with the files of that checkpoint; None where there are none."""
        restored = self._session.checkpoints.restored
        return None if restored is None else restored.folder

    @property
    def step(self) -> int:
        """The step of the last report, of segments before included: at the start of a segment, the step to go on from."""
        return self._session.step

    def _check_process(self) -> None:
        if os.getpid() != self._pid:
            raise RuntimeError("a forked process cannot report; report from the process that runs the trial")

    @property
    def reports(self) -> int:
        """Reports made so far in this segment."""
        return self._session.count


_current: Optional[Reporter] = None


def set_current(reporter: Optional[Reporter]) -> None:
    """Names the reporter that ``report_current`` means."""
    global _current
    _current = reporter


def report_current(metrics: Optional[Mapping[str, Any]] = None, /, *_: Any, **named: Any) -> None:
    """Reports to the running trial, with a ``checkpoint`` of Ray's or without; stands in for ``tune.report`` and its relatives."""
    checkpoint = named.pop("checkpoint", None)
    if _current is None:
        raise RuntimeError("no trial is running in this process")
    if checkpoint is not None:
        _keep(_current, checkpoint)
    _current.send(metrics, named)


def _keep(reporter: Reporter, checkpoint: Any) -> None:
    if getattr(checkpoint, "path", None) is None and hasattr(checkpoint, "to_dict"):
        reporter.checkpoint(checkpoint.to_dict())
    else:
        with checkpoint.as_directory() as folder:
            reporter.checkpoint(folder=folder)


def current_checkpoint() -> Any:
    """What the running segment started from, as a checkpoint of Ray's; None at a fresh start."""
    if _current is None:
        return None
    folder, value = _current.restored_folder, _current.restored
    if folder is None and value is None:
        return None
    real = getattr(sys.modules.get("ray.train"), "Checkpoint", Checkpoint)
    return Checkpoint.from_dict(value) if folder is None else real.from_directory(folder)


@contextmanager
def current_checkpoint_dir(*_: Any, **__: Any) -> Iterator[str]:
    """``with tune.checkpoint_dir(step) as folder``: what the block writes there is kept, and belongs to the next report."""
    if _current is None:
        raise RuntimeError("no trial is running in this process")
    with tempfile.TemporaryDirectory(prefix="checkpoint_", dir=os.getcwd()) as folder:
        yield folder
        _current.checkpoint(folder=folder)
