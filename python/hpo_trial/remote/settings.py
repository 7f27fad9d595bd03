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
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SettingsError(Exception):
    """Something is missing or wrong; says all of it, and no secret."""


class Settings(NamedTuple):
    """One segment and how to reach its host.

    ``trial_url`` ends with a slash. ``folder``: where the trial runs; None for a folder that is removed afterwards.
    ``retry_s``: how long a request is tried; ``poll_s``: how often the host is asked whether the segment is to end;
    ``grace_s``: how long after SIGTERM the machine is still there. ``lease``: what a worker leased it by; None for none.
    ``fresh``: whether the trial was never begun before, as far as is known. ``longest_pause_s``: between two attempts of a request.
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
    lease: Optional[str] = None
    fresh: bool = False
    longest_pause_s: float = 30.0

    @property
    def headers(self) -> Dict[str, str]:
        """What requests about the segment show."""
        token = {"x-hpo-token": self.token}
        return token if self.lease is None else {**token, "x-hpo-lease": self.lease}

    @staticmethod
    def take(environment: MutableMapping[str, str]) -> "Settings":
        """Reads all variables that begin with HPO_ and removes them."""
        given = {name: environment.pop(name) for name in list(environment) if name.startswith(PREFIX)}
        faults: List[str] = []
        url = api_address(given.get("HPO_URL", ""), given.get("HPO_ALLOW_HTTP") == "1", faults)
        experiment = given.get("HPO_EXPERIMENT", "")
        if not experiment:
            faults.append("HPO_EXPERIMENT is missing")
        trial = number(given, "HPO_TRIAL", None, faults)
        segment = number(given, "HPO_SEGMENT", None, faults)
        token = take_secret(given, _TOKEN, faults)
        settings = Settings(
            f"segment {segment:.0f} of trial {trial:.0f} of experiment {experiment}",
            f"{url}/experiments/{quote(experiment, safe='')}/trials/{trial:.0f}/",
            token,
            int(segment),
            int(number(given, "HPO_ATTEMPT", 0, faults)),
            given.get("HPO_CACHE") or default_cache(),
            os.path.abspath(given["HPO_WORKDIR"]) if given.get("HPO_WORKDIR") else None,
            number(given, "HPO_RETRY_S", 1800, faults),
            max(0.1, number(given, "HPO_POLL_S", 30, faults)),
            number(given, "HPO_GRACE_S", 25, faults),
            given.get("HPO_LEASE") or None,
        )
        if faults:
            raise SettingsError("; ".join(faults))
        return settings


def hide_token(secret: str = _TOKEN, mode: str = "segment") -> None:
    """Starts this program anew without the token in its first environment, which the system shows to every process of the user."""
    token = os.environ.get(secret)
    if not token or not sys.executable:
        return
    incoming, outgoing = os.pipe()
    os.write(outgoing, token.encode())
    os.close(outgoing)
    os.set_inheritable(incoming, True)
    environment = {name: value for name, value in os.environ.items() if name != secret}
    environment[f"{secret}_FD"] = str(incoming)
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    os.execve(sys.executable, [sys.executable, *flags, "-m", "hpo_trial", mode], environment)


def take_secret(given: Dict[str, str], name: str, faults: List[str]) -> str:
    """A secret from a variable, from the pipe that hides it, or from a file."""
    token = given.get(name, "")
    try:
        if f"{name}_FD" in given:
            with open(int(given[f"{name}_FD"]), encoding="ascii") as pipe:
                token = pipe.read()
        elif given.get(f"{name}_FILE"):
            with open(given[f"{name}_FILE"], encoding="ascii") as file:
                token = file.read()
    except (OSError, ValueError) as error:
        faults.append(f"{name} cannot be read ({type(error).__name__})")
        return ""
    token = token.strip()
    if not token:
        faults.append(f"{name}, or {name}_FILE, is missing")
    elif not token.isascii() or not token.isprintable():
        faults.append(f"{name} has characters that no secret has")
    return token


def api_address(text: str, allow_http: bool, faults: List[str]) -> str:
    """The address of the HTTP API, without a slash at its end."""
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


def number(given: Dict[str, str], name: str, default: Optional[float], faults: List[str]) -> float:
    """A number of at least 0."""
    text = given.get(name, "")
    if not text and default is not None:
        return default
    try:
        value = float(text)
        if 0 <= value < 1e9 and (default not in (None, 0) or value == int(value)):
            return value
    except ValueError:
        pass
    faults.append(f"{name} must be a number of at least 0, was {text!r}" if text else f"{name} is missing")
    return 0


def default_cache() -> str:
    """Where scripts are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base if os.path.isabs(base) else tempfile.gettempdir(), "hpo")
