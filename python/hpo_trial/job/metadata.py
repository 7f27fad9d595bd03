"""The file that grids keep of a job, as small as they want it."""

from __future__ import annotations

import base64
import gzip
import json
import os
from contextlib import suppress
from typing import Any, Dict, List

FILE = "userJobMetadata.json"
FORMAT = 1

_TAIL = 64 << 10
_FEWEST_REPORTS = 100


def write(head: Dict[str, Any], body: Dict[str, Any], reports: List[Dict[str, Any]], checkpoints: List[Dict[str, Any]], log: str, limit: int) -> None:
    """Writes all that there is room for: the outcome and the reports first, then the newest checkpoints, then the end of the log.

    Args:
        head: what anybody may read.
        body: the outcome.
        reports: as the worker told them; thinned out only where they alone are too many.
        checkpoints: as the worker told them, oldest first.
        log: path of the trial's log.
        limit: bytes that the file may have.
    """
    plain = [[report["step"], report["metrics"], report["t"]] for report in reports]
    content = _pack({**body, "reports": plain})
    while len(content) > limit // 2 and len(plain) > _FEWEST_REPORTS:
        plain = [*plain[:-1:2], plain[-1]]
        content = _pack({**body, "reports": plain, "thinned": len(reports) - len(plain)})
    room = limit - len(content) - len(json.dumps(head)) - 1024
    kept: List[Dict[str, Any]] = []
    for checkpoint in reversed(checkpoints):
        with suppress(OSError), open(checkpoint["path"], "rb") as file:
            state = _base64(gzip.compress(file.read(), mtime=0))
            if len(state) + 200 > room:
                break
            room -= len(state) + 200
            kept.append({"step": checkpoint["step"], "bytes": checkpoint["bytes"], "sha256": checkpoint["sha256"], "content": state})
    text = _pack({"log": _tail(log)})
    value = {**head, "format": FORMAT, "content": content, "checkpoints": kept[::-1], "log": text if len(text) < room else None}
    replace({"hpo": value})


def replace(value: Dict[str, Any]) -> None:
    """Writes the file, whole or not at all."""
    part = f"{FILE}.part"
    with open(part, "w", encoding="utf-8") as file:
        json.dump(value, file, allow_nan=False)
    os.replace(part, FILE)


def _pack(value: Dict[str, Any]) -> str:
    return _base64(gzip.compress(json.dumps(value, allow_nan=False).encode(), mtime=0))


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _tail(path: str) -> str:
    try:
        with open(path, "rb") as file:
            file.seek(-min(_TAIL, os.fstat(file.fileno()).st_size), os.SEEK_END)
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
