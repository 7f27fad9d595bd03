"""HTTP to the host: tries again what passes by itself, and says what never will."""

from __future__ import annotations

import io
import json
import random
import ssl
import sys
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http.client import HTTPException, HTTPMessage
from time import monotonic, sleep, time
from typing import Any, BinaryIO, Callable, Dict, NamedTuple, Optional, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from .settings import is_loopback

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
TIMEOUT_S = 100.0
"""Longer than a host takes to decide about a trial that waits."""

_NAP_S = 0.2
_PART = 1 << 20
_RETRIED = (408, 425, 429)
_MAX_ANSWER = 64 << 20

T = TypeVar("T")


class Gone(Exception):
    """There is no such thing, or nobody wants it any more (404, 410)."""


class Refused(Exception):
    """The host will never take this request."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Unreachable(Exception):
    """The host could not be reached for as long as it was tried."""


class Body(NamedTuple):
    """What a request carries; ``open`` is called once an attempt."""

    open: Callable[[], BinaryIO]
    length: int
    type: str


class _NoRedirects(HTTPRedirectHandler):
    """The token is for one address."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Client:
    """Requests below one address. For several threads.

    Args:
        base: address that paths are added to.
        secret: headers that go to this address alone.
        retry_s: how long a request is tried.
        longest_pause_s: longest pause between two attempts.
    """

    def __init__(self, base: str, secret: Dict[str, str], retry_s: float, longest_pause_s: float = LONGEST_PAUSE_S) -> None:
        self._base = base
        self._secret = secret
        self._retry_s = retry_s
        self._longest_pause_s = longest_pause_s
        self._latest = float("inf")
        self._opener = _opener(urlsplit(base).hostname)

    def give_up_at(self, latest: float) -> None:
        """No request is tried beyond this time of the monotonic clock."""
        self._latest = latest

    def json(self, method: str, path: str, value: Any = None, limit_s: Optional[float] = None) -> Any:
        """Sends a value as JSON, and returns the answer's.

        Raises:
            Gone, Refused, Unreachable: see there.
        """
        content = None if value is None else json.dumps(value, allow_nan=False).encode()
        body = None if content is None else Body(lambda: io.BytesIO(content or b""), len(content), "application/json")

        def read(answer: Any) -> Any:
            text = answer.read(_MAX_ANSWER)
            return json.loads(text) if text else None

        return self._insist(method, path, body, {}, read, limit_s)

    def put(self, path: str, body: Body, headers: Optional[Dict[str, str]] = None, limit_s: Optional[float] = None) -> None:
        """Stores a file."""
        self._insist("PUT", path, body, headers or {}, lambda answer: answer.read(_MAX_ANSWER), limit_s)

    def fetch(self, path: str, target: BinaryIO) -> None:
        """Writes a file, which may be of any size, to a file that is empty."""

        def read(answer: Any) -> None:
            target.seek(0)
            target.truncate()
            wanted = answer.headers.get("Content-Length")
            while True:
                part = answer.read(_PART)
                if not part:
                    break
                target.write(part)
            target.flush()
            if wanted is not None and target.tell() != int(wanted):
                raise HTTPException(f"{target.tell()} bytes came instead of {wanted}")

        self._insist("GET", path, None, {}, read, None)

    def _insist(
        self, method: str, path: str, body: Optional[Body], headers: Dict[str, str], read: Callable[[Any], T], limit_s: Optional[float]
    ) -> T:
        deadline = monotonic() + (self._retry_s if limit_s is None else limit_s)
        pause, told = FIRST_PAUSE_S, False
        while True:
            try:
                return self._once(method, path, body, headers, read)
            except HTTPError as error:
                with error:
                    problem, wait = _said(error), _retry_after(error.headers)
                    if error.code in (404, 410):
                        raise Gone(problem) from None
                    if error.code < 500 and error.code not in _RETRIED:
                        raise Refused(error.code, problem) from None
            except (URLError, OSError, HTTPException, json.JSONDecodeError) as error:
                reason = getattr(error, "reason", error)
                if isinstance(reason, ssl.SSLCertVerificationError):
                    raise Refused(0, f"the host's certificate is not trusted: {reason.verify_message}") from None
                problem, wait = f"{type(reason).__name__}: {reason}", 0.0
            delay = max(wait, random.uniform(pause / 2, pause))
            pause = min(pause * 2, self._longest_pause_s)
            if monotonic() + delay > min(deadline, self._latest):
                raise Unreachable(f"{method} {path}: {problem}")
            if not told:
                told = True
                say(f"{method} {path}: {problem}; trying again")
            self._pause(delay)

    def _pause(self, delay: float) -> None:
        until = monotonic() + delay
        while monotonic() < min(until, self._latest):
            sleep(min(_NAP_S, max(0.0, until - monotonic())))

    def _once(self, method: str, path: str, body: Optional[Body], headers: Dict[str, str], read: Callable[[Any], T]) -> T:
        request = Request(self._base + path, method=method, headers=headers)
        for name, value in self._secret.items():
            request.add_unredirected_header(name, value)
        if body is None:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return read(answer)
        with body.open() as content:
            request.data = content
            request.add_header("Content-Length", str(body.length))
            request.add_header("Content-Type", body.type)
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return read(answer)


def say(text: str) -> None:
    """One line in the log of the infrastructure."""
    with suppress(OSError, ValueError):
        print(f"hpo_trial: {text}", file=sys.stderr, flush=True)


@lru_cache(maxsize=16)
def _opener(host: Optional[str]) -> OpenerDirector:
    """Shared, because reading the certificates of the system takes longer than a request."""
    proxy = ProxyHandler({}) if is_loopback(host) else ProxyHandler()
    return build_opener(proxy, HTTPSHandler(context=ssl.create_default_context()), _NoRedirects())


def _said(error: HTTPError) -> str:
    """What the host says about it, as far as it can be read."""
    try:
        problem = json.loads(error.read(1 << 16))
        text = problem.get("detail") or problem.get("title")
        return f"HTTP {error.code}: {text}" if text else f"HTTP {error.code}"
    except Exception:
        return f"HTTP {error.code}"


def _retry_after(headers: HTTPMessage) -> float:
    text = headers.get("Retry-After", "")
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except (TypeError, ValueError, IndexError):
        return 0.0
