"""What a worker that fetches segments is told: by environment, or by one line of JSON on its standard input."""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any, Dict, List, MutableMapping, NamedTuple, Optional

from .settings import PREFIX, SettingsError, api_address, default_cache, number, take_secret

KEY = "HPO_KEY"

_TEXTS = {
    "url": "HPO_URL",
    "key": KEY,
    "site": "HPO_SITE",
    "experiment": "HPO_EXPERIMENT",
    "name": "HPO_NAME",
    "labels": "HPO_LABELS",
    "n": "HPO_N",
    "idle_s": "HPO_IDLE_S",
    "retry_s": "HPO_RETRY_S",
    "cache": "HPO_CACHE",
    "folder": "HPO_WORKDIR",
    "allow_http": "HPO_ALLOW_HTTP",
    "json": "HPO_JSON",
}


class PullSettings(NamedTuple):
    """A worker and how to reach its host.

    ``idle_s``: it ends when it had nothing to do for so long; None for never. ``retry_s``: how long the host may be away.
    ``folder``: where the folder is made that trials run in, and that goes with the worker; None for the system's folder of temporary files.
    """

    api: str
    key: str
    site: Optional[str]
    experiment: Optional[str]
    name: str
    labels: List[str]
    slots: int
    idle_s: Optional[float]
    retry_s: float
    cache: str
    folder: Optional[str]
    json: bool

    @staticmethod
    def take(environment: MutableMapping[str, str]) -> "PullSettings":
        """Reads all variables that begin with HPO_ and removes them."""
        return PullSettings._of({name: environment.pop(name) for name in list(environment) if name.startswith(PREFIX)})

    @staticmethod
    def read(environment: MutableMapping[str, str]) -> "PullSettings":
        """Reads them from the first line of the standard input instead."""
        for name in list(environment):
            if name.startswith(PREFIX):
                del environment[name]
        try:
            given = json.loads(sys.stdin.readline())
        except ValueError as error:
            raise SettingsError("the first line of the standard input must be JSON") from error
        return PullSettings._of({_TEXTS[name]: _text(value) for name, value in given.items() if name in _TEXTS and value is not None})

    @staticmethod
    def _of(given: Dict[str, str]) -> "PullSettings":
        faults: List[str] = []
        api = api_address(given.get("HPO_URL", ""), given.get("HPO_ALLOW_HTTP") == "1", faults)
        key = take_secret(given, KEY, faults)
        slots = int(number(given, "HPO_N", 1.0, faults))
        if not 1 <= slots <= 1024:
            faults.append(f"HPO_N must be 1 to 1024, was {slots}")
        host = socket.gethostname()
        settings = PullSettings(
            api,
            key,
            given.get("HPO_SITE") or None,
            given.get("HPO_EXPERIMENT") or None,
            given.get("HPO_NAME") or f"{host}-{os.getpid()}",
            [label for label in given.get("HPO_LABELS", "").split(",") if label],
            slots,
            number(given, "HPO_IDLE_S", 1.0, faults) if given.get("HPO_IDLE_S") else None,
            number(given, "HPO_RETRY_S", 600.0, faults),
            given.get("HPO_CACHE") or default_cache(),
            os.path.abspath(given["HPO_WORKDIR"]) if given.get("HPO_WORKDIR") else None,
            given.get("HPO_JSON") == "1",
        )
        if faults:
            raise SettingsError("; ".join(faults))
        return settings


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return ",".join(value) if isinstance(value, list) else str(value)
