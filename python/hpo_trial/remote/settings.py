"""What the executor says by environment. All of it is taken out, so that user code sees none of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from typing import Dict, List, MutableMapping, NamedTuple, Optional
from urllib.parse import quote, urlsplit

PREFIX = "HPO_"
_TOKEN = "HPO_TOKEN"
_TOKEN_FD = "HPO_TOKEN_FD"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SettingsError(Exception):
    """Something is missing or wrong; says all of it, and no secret."""


class Settings(NamedTuple):
    """One segment and how to reach its host.

    ``trial_url`` ends with a slash. ``folder``: where the trial runs; None for a folder that is removed afterwards.
    ``retry_s``: how long a request is tried; ``poll_s``: how often the host is asked whether the segment is to end;
    ``grace_s``: how long after SIGTERM the machine is still there.
    """

    name: str
    trial_url: str
    token: str
    segment: int
    attempt: int
    cache: str
    folder: Optional[str]
    retry_s: float
    poll_s: float
    grace_s: float

    @staticmethod
    def take(environment: MutableMapping[str, str]) -> "Settings":
        """Reads all variables that begin with HPO_ and removes them."""
        given = {name: environment.pop(name) for name in list(environment) if name.startswith(PREFIX)}
        faults: List[str] = []
        url = _url(given.get("HPO_URL", ""), given.get("HPO_ALLOW_HTTP") == "1", faults)
        experiment = given.get("HPO_EXPERIMENT", "")
        if not experiment:
            faults.append("HPO_EXPERIMENT is missing")
        trial = _number(given, "HPO_TRIAL", None, faults)
        segment = _number(given, "HPO_SEGMENT", None, faults)
        token = _token(given, faults)
        settings = Settings(
            f"segment {segment:.0f} of trial {trial:.0f} of experiment {experiment}",
            f"{url}/experiments/{quote(experiment, safe='')}/trials/{trial:.0f}/",
            token,
            int(segment),
            int(_number(given, "HPO_ATTEMPT", 0, faults)),
            given.get("HPO_CACHE") or _default_cache(),
            os.path.abspath(given["HPO_WORKDIR"]) if given.get("HPO_WORKDIR") else None,
            _number(given, "HPO_RETRY_S", 1800, faults),
            max(0.1, _number(given, "HPO_POLL_S", 30, faults)),
            _number(given, "HPO_GRACE_S", 25, faults),
        )
        if faults:
            raise SettingsError("; ".join(faults))
        return settings


def hide_token() -> None:
    """Starts this program anew without the token in its first environment, which the system shows to every process of the user."""
    token = os.environ.get(_TOKEN)
    if not token or not sys.executable:
        return
    incoming, outgoing = os.pipe()
    os.write(outgoing, token.encode())
    os.close(outgoing)
    os.set_inheritable(incoming, True)
    environment = {name: value for name, value in os.environ.items() if name != _TOKEN}
    environment[_TOKEN_FD] = str(incoming)
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    os.execve(sys.executable, [sys.executable, *flags, "-m", "hpo_trial", "segment"], environment)


def _token(given: Dict[str, str], faults: List[str]) -> str:
    token = given.get(_TOKEN, "")
    try:
        if _TOKEN_FD in given:
            with open(int(given[_TOKEN_FD]), encoding="ascii") as pipe:
                token = pipe.read()
        elif given.get("HPO_TOKEN_FILE"):
            with open(given["HPO_TOKEN_FILE"], encoding="ascii") as file:
                token = file.read()
    except (OSError, ValueError) as error:
        faults.append(f"the token cannot be read ({type(error).__name__})")
        return ""
    token = token.strip()
    if not token:
        faults.append("HPO_TOKEN, or HPO_TOKEN_FILE, is missing")
    elif not token.isascii() or not token.isprintable():
        faults.append("HPO_TOKEN has characters that no token has")
    return token


def _url(text: str, allow_http: bool, faults: List[str]) -> str:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        faults.append(f"HPO_URL must be an address that begins with https://, was {text!r}")
    elif parts.scheme == "http" and not allow_http and not is_loopback(host):
        faults.append("HPO_URL must begin with https://, because the token would go over the net in clear; HPO_ALLOW_HTTP=1 allows that")
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path if path.endswith('/api') else path + '/api'}"


def is_loopback(host: Optional[str]) -> bool:
    """Whether a host is this machine."""
    return host in _LOOPBACK


def _number(given: Dict[str, str], name: str, default: Optional[float], faults: List[str]) -> float:
    text = given.get(name, "")
    if not text and default is not None:
        return default
    try:
        number = float(text)
        if 0 <= number < 1e9 and (default not in (None, 0) or number == int(number)):
            return number
    except ValueError:
        pass
    faults.append(f"{name} must be a number of at least 0, was {text!r}" if text else f"{name} is missing")
    return 0


def _default_cache() -> str:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base if os.path.isabs(base) else tempfile.gettempdir(), "hpo")
