"""When a segment's state is kept, and how it comes back."""

from __future__ import annotations

import os
import shutil
from time import monotonic
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional

from . import logs
from .checkpoint_file import Content, PackedFile, Restored, pack, publish, unpack
from .outcome import describe, format_traceback
from .protocol import Message

Source = Callable[[str], Content]
"""Asks the program for its state; it may use the empty folder that it is given."""


class _Offer(NamedTuple):
    """A checkpoint that a program made; without a step of its own it is of the report that follows. ``urgent``: sent with that."""

    packed: PackedFile
    step: Optional[int]
    urgent: bool


class Checkpoints:
    """The checkpoints of one segment: told to the host in time, each in a file of its own that the host takes away."""

    def __init__(
        self,
        rules: Optional[Message],
        restore: Optional[Message],
        segment: int,
        send: Callable[[Mapping[str, Any]], None],
        elapsed: Callable[[], float],
    ) -> None:
        rules = rules or {}
        self._folder: Optional[str] = rules.get("folder")
        self._every = int(rules.get("every") or 0)
        self._every_s = float(rules.get("every_s") or 0)
        self._saved_at = monotonic()
        self._at_until = bool(rules.get("at_until"))
        self._at_end = bool(rules.get("at_end")) or self._every > 0
        self.grace_s = float(rules.get("grace_s") or 30.0)
        self._restore = restore
        self._segment = segment
        self._send = send
        self._elapsed = elapsed
        self._offer: Optional[_Offer] = None
        self._made = 0
        self.saved_step: Optional[int] = None
        self.announced: Optional[str] = None
        self.source: Optional[Source] = None
        self.restored: Optional[Restored] = None
        self.start_step = int(restore["step"]) if restore else 0

    @property
    def enabled(self) -> bool:
        """Whether the host takes checkpoints."""
        return self._folder is not None

    def open(self) -> None:
        """Unpacks what the segment starts from, if anything.

        Raises:
            ValueError: it is no checkpoint.
        """
        if self._restore is not None:
            path = self._restore["path"]
            self.restored = unpack(path, os.path.join(self._folder or os.path.dirname(path), "restored"))
            logs.note(f"goes on from the checkpoint at step {self.start_step}")

    def close(self) -> None:
        """Removes what nobody needs after the segment; finished files stay for the host."""
        self._withdraw()
        self.source = None
        for folder in (self._folder, self._restore and os.path.dirname(self._restore["path"])):
            if folder and os.path.isdir(folder):  # most trials never make it
                for name in ("restored", "saving", "command"):
                    shutil.rmtree(os.path.join(folder, name), ignore_errors=True)

    def folder_for_command(self) -> Optional[str]:
        """Where a command writes what it announces."""
        return self._empty("command") if self._folder is not None else None

    def offer(self, content: Content, step: Optional[int], urgent: bool = False) -> None:
        """Takes the state of a program as it is now; it is sent when a checkpoint is due."""
        if self._folder is None:
            return
        os.makedirs(self._folder, exist_ok=True)
        self._made += 1
        packed = pack(self._part(), content, self._elapsed())
        self._withdraw()
        self._offer = _Offer(packed, step, urgent)

    def reported(self, step: int) -> None:
        """The offer that had no step belongs to this report."""
        if self._offer is not None and self._offer.step is None:
            self._offer = self._offer._replace(step=step)

    def due(self, step: int, asks: bool) -> bool:
        """Whether to save after this step; ``asks``: the trial is about to wait for the host."""
        if not self._has_news(step):
            return False
        if (asks and self._at_until) or (self._offer is not None and self._offer.urgent):
            return True
        if self._every_s > 0 and monotonic() - self._saved_at >= self._every_s:
            return True
        if self._every < 1:
            return False
        before = self.start_step if self.saved_step is None else self.saved_step
        return self._next_step(step) // self._every > before // self._every

    def save(self, step: int) -> Optional[str]:
        """Saves and tells the host.

        Returns:
            What went wrong, or None; the program goes on in any case.
        """
        if not self._has_news(step):
            return None
        try:
            if self.source is not None:
                self._publish(self._pack_source(self.source), step)
            elif self._offer is not None:
                offer, self._offer = self._offer, None
                self._publish(offer.packed, step if offer.step is None else min(step, offer.step))
            return None
        except Exception as error:
            logs.note(f"the checkpoint after step {step} could not be saved")
            logs.write(format_traceback(error).encode("utf-8", "backslashreplace"))
            return describe(error)

    def save_at_pause(self, step: int) -> Optional[str]:
        """Saves what a resume goes on from; says what went wrong, or None."""
        problem = self.save(step)
        if self.saved_step is None and problem is None:
            if self.start_step > 0:
                logs.note(f"no checkpoint was made since step {self.start_step}: when it is resumed, it goes on from there")
            else:
                logs.note("the program makes no checkpoint: when it is resumed, it starts from the beginning")
        return problem

    def save_at_end(self, step: int) -> None:
        """Keeps the final state, where that is wanted."""
        if self._at_end:
            self.save(step)

    def announce(self, path: str, step: Optional[int]) -> bool:
        """A command finished writing this file or folder: an urgent offer.

        Returns:
            Whether it was taken.
        """
        try:
            if not os.path.exists(path):
                raise FileNotFoundError(f"{path} does not exist")
            self.offer(Content(files=path), step, urgent=True)
            self.announced = path if os.path.isdir(path) else os.path.dirname(path)
            return True
        except Exception as error:
            logs.note(f"the announced checkpoint could not be taken: {describe(error)}")
            return False

    def _has_news(self, step: int) -> bool:
        if self._folder is None:
            return False
        if self.source is not None:
            return step != self.saved_step and step > self.start_step
        return self._offer is not None

    def _next_step(self, step: int) -> int:
        return self._offer.step if self._offer is not None and self._offer.step is not None else step

    def _pack_source(self, source: Source) -> PackedFile:
        self._made += 1
        folder = self._empty("saving")
        try:
            return pack(self._part(), source(folder), self._elapsed())
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _publish(self, packed: PackedFile, step: int) -> None:
        assert self._folder is not None
        path = os.path.join(self._folder, f"{self._segment}-{self._made}-{step}.tar")
        publish(packed, path)
        self.saved_step = step
        self._saved_at = monotonic()
        event: Dict[str, Any] = {"step": step, "path": path, "bytes": packed.size, "sha256": packed.sha256}
        self._send({"ev": "checkpoint", **event})

    def _part(self) -> str:
        assert self._folder is not None
        return os.path.join(self._folder, f"{self._segment}-{self._made}.part")

    def _empty(self, name: str) -> str:
        assert self._folder is not None
        folder = os.path.join(self._folder, name)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        return folder

    def _withdraw(self) -> None:
        if self._offer is not None:
            try:
                os.unlink(self._offer.packed.path)
            except OSError:
                pass
            self._offer = None
