"""Reads a command's output: bounded lines, and which of them are reports."""

from __future__ import annotations

import json
from collections import deque
from typing import Any, Deque, Dict, List, NamedTuple, Optional, Sequence

LINE_LIMIT = 1 << 20
AUPTIMIZER = b"#Auptimizer:"


class LineSplitter:
    """Cuts a stream into lines of at most ``LINE_LIMIT`` bytes; the rest of a longer line is dropped."""

    def __init__(self) -> None:
        self._parts: List[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> List["Line"]:
        """The lines that this chunk completes."""
        pieces = chunk.split(b"\n")
        lines: List[Line] = []
        for piece in pieces[:-1]:
            self._take(piece)
            lines.append(self._emit())
        self._take(pieces[-1])
        return lines

    def finish(self) -> List["Line"]:
        """The last line, when the stream ended without a newline."""
        return [self._emit()] if self._size else []

    def _take(self, piece: bytes) -> None:
        room = LINE_LIMIT - sum(map(len, self._parts)) if self._size <= LINE_LIMIT else 0
        self._size += len(piece)
        if piece and room > 0:
            self._parts.append(piece[:room])
            if len(self._parts) > 64:
                self._parts = [b"".join(self._parts)]

    def _emit(self) -> "Line":
        line = Line(b"".join(self._parts), max(0, self._size - LINE_LIMIT))
        self._parts, self._size = [], 0
        return line


class Line(NamedTuple):
    """``cut``: how many bytes of it are gone."""

    text: bytes
    cut: int


class LineReport(NamedTuple):
    """A report found in a line; ``step`` is the program's own count, None when it has none; ``budgeted``: Auptimizer's form."""

    step: Optional[int]
    metrics: Dict[str, Any]
    budgeted: bool = False


class Announcement(NamedTuple):
    """A checkpoint that a command finished writing; ``step`` is what the line says, None when it says nothing."""

    name: str
    step: Optional[int]


def parse_report(line: Line, metric: str, labels: Sequence[str] = ()) -> Optional[LineReport]:
    """A JSON object with at least one number, or an ``#Auptimizer:`` line; None for all else."""
    if line.cut:
        return None
    if line.text.startswith(AUPTIMIZER):
        return _parse_auptimizer(line.text[len(AUPTIMIZER) :], metric, labels)
    report = _parse_object(line)
    if report is None:
        return None
    if "checkpoint" in report:  # a step alone says which checkpoint it is
        report = {key: value for key, value in report.items() if key != "checkpoint"}
        if not report.keys() - {"training_iteration", "step"}:
            return None
    if not any(type(value) in (int, float) for value in report.values()):
        return None
    return LineReport(_step_of(report), report)


def parse_checkpoint(line: Line) -> Optional[Announcement]:
    """A JSON object with a text under ``checkpoint``; None for all else."""
    if line.cut or b'"checkpoint"' not in line.text:
        return None
    said = _parse_object(line)
    name = said.get("checkpoint") if said is not None else None
    return Announcement(name, _step_of(said)) if said is not None and type(name) is str and name else None


def _parse_object(line: Line) -> Optional[Dict[str, Any]]:
    text = line.text.strip()
    if text[:1] != b"{" or text[-1:] != b"}":
        return None
    try:
        said: Dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return said


def _step_of(said: Dict[str, Any]) -> Optional[int]:
    return next((value for value in map(said.get, ("training_iteration", "step")) if _is_step(value)), None)


def _parse_auptimizer(text: bytes, metric: str, labels: Sequence[str]) -> Optional[LineReport]:
    """The first number is the metric; further ones have the labels, and where those end, ``result_n``, counted from 2."""
    try:
        numbers = [float(part) for part in text.decode("ascii").strip().strip("[]()").split(",")]
    except ValueError:
        return None
    names = [*labels, *(f"result_{place}" for place in range(len(labels) + 2, len(numbers) + 1))]
    further = dict(zip(names, numbers[1:]))
    return LineReport(None, {metric: numbers[0], **further}, budgeted=True)


def _is_step(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 53


class Tail:
    """The newest lines within ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._lines: Deque[bytes] = deque()

    def add(self, line: bytes) -> None:
        """Adds a line, dropping the oldest that no longer fit."""
        line = line[-self._limit :]
        self._lines.append(line)
        self._size += len(line) + 1
        while self._size > self._limit and len(self._lines) > 1:
            self._size -= len(self._lines.popleft()) + 1

    def text(self) -> str:
        """All of it, undecodable bytes escaped."""
        return b"\n".join(self._lines).decode("utf-8", "backslashreplace")
