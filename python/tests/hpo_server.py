"""A strict host on the loopback address: it keeps what a segment sends, and has the troubles that it is told to have."""

from __future__ import annotations

import hashlib
import io
import json
import socket
import struct
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, List, Optional, Tuple
from urllib.parse import parse_qs, urlsplit

Json = Dict[str, Any]
TOKEN = "secret-token-7f3a"
ROOT = "/api/experiments/e/trials/7/"


class Trouble:
    """What happens to the next requests of one kind, before or after they are carried out.

    ``status`` None: the connection is dropped. ``late``: the request is carried out, and its answer is lost.
    """

    def __init__(self, status: Optional[int], times: int = 1, late: bool = False, headers: Optional[Dict[str, str]] = None) -> None:
        self.status = status
        self.times = times
        self.late = late
        self.headers = headers or {}


class HpoServer:
    """Knows one segment, and checks all that is said to it."""

    def __init__(self, work: Json, files: Dict[str, str]) -> None:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            for name, text in files.items():
                packed.writestr(name, text)
        self.scripts = archive.getvalue()
        self.scripts_name = f"scripts/{hashlib.sha256(self.scripts).hexdigest()}.zip"
        work["program"].setdefault("scripts", self.scripts_name)
        self.work = work
        self.gone = False
        self.reports: Dict[int, Json] = {}
        self.checkpoints: Dict[int, bytes] = {}
        self.restored: List[Json] = []
        self.outcomes: List[Json] = []
        self.log = b""
        self.requests: List[Tuple[str, str]] = []
        self.faults: List[str] = []
        self.troubles: Dict[Tuple[str, str], Trouble] = {}
        self.directive: Json = {"action": "continue"}
        self.decide: Callable[[int], Json] = lambda step: {"action": "continue"}
        self.changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def count(self, method: str, path: str) -> int:
        """How often a request came."""
        return self.requests.count((method, path))

    def until(self, holds: Callable[[], bool]) -> None:
        """Waits until something holds."""
        with self.changed:
            if not self.changed.wait_for(holds, 30):
                raise TimeoutError(f"it never came to that; requests: {self.requests[-20:]}")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, query: Dict[str, List[str]], body: bytes, headers: Any) -> Tuple[int, bytes]:
        """Carries out one request."""
        if headers.get("x-hpo-token") != TOKEN:
            return self._problem(401, "wrong token")
        if path in ("segments/2/work", "segments/2/directive") and self.gone:
            return self._problem(410, "nobody waits")
        if (method, path) == ("GET", "segments/2/work"):
            return 200, json.dumps(self.work).encode()
        if (method, path) == ("GET", "segments/2/directive"):
            return 200, json.dumps(self.directive).encode()
        if (method, path) == ("GET", "scripts"):
            return 200, self.scripts
        if (method, path) == ("GET", "segments/2/log"):
            return (200, self.log) if self.log else self._problem(404, "no log yet")
        if (method, path) == ("PUT", "segments/2/log"):
            self.log = body
            return 204, b""
        if method == "GET" and path.startswith("checkpoints/"):
            content = self.checkpoints.get(int(path.split("/")[1]))
            return (200, content) if content is not None else self._problem(404, "no such checkpoint")
        if method == "PUT" and path.startswith("segments/2/checkpoints/"):
            if hashlib.sha256(body).hexdigest() != headers.get("x-hpo-sha256"):
                return self._problem(400, "not what its checksum says")
            self.checkpoints[int(path.rpartition("/")[2])] = body
            return 204, b""
        message = self._strict(body)
        if (method, path) == ("POST", "segments/2/restored"):
            self._demand(set(message) == {"attempt", "step", "text"}, f"restored: {message}")
            self.restored.append(message)
            return 204, b""
        if (method, path) == ("POST", "reports"):
            return self._take(message)
        if (method, path) == ("PUT", "outcome"):
            self._demand(set(message) <= {"segment", "status", "error", "reason", "attempt", "duration_s"} and message["segment"] == 2, f"outcome: {message}")
            self.outcomes.append(message)
            return 204, b""
        self.faults.append(f"unknown: {method} {path}")
        return self._problem(404, "no such thing")

    def _take(self, message: Json) -> Tuple[int, bytes]:
        steps = [report["step"] for report in message["reports"]]
        self._demand(set(message) == {"segment", "reports", "wait"} and message["segment"] == 2 and bool(steps), f"reports: {message}")
        self._demand(steps == sorted(set(steps)) and len(steps) <= 1000, f"steps: {steps}")
        for report in message["reports"]:
            self._demand(set(report) == {"step", "metrics"}, f"report: {report}")
            self.reports.setdefault(report["step"], report["metrics"])
        if self.gone:
            return 200, b'{"action": "stop"}'
        return 200, json.dumps(self.decide(steps[-1]) if message["wait"] else self.directive).encode()

    def _strict(self, body: bytes) -> Json:
        def refuse(constant: str) -> None:
            self.faults.append(f"{constant} is not JSON")

        message = json.loads(body, parse_constant=refuse)
        assert isinstance(message, dict)
        return message

    def _demand(self, holds: bool, text: str) -> None:
        if not holds:
            self.faults.append(text)

    @staticmethod
    def _problem(status: int, detail: str) -> Tuple[int, bytes]:
        return status, json.dumps({"status": status, "detail": detail}).encode()

    def _handler(self) -> Any:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                path = parts.path[len(ROOT) :]
                if not parts.path.startswith(ROOT):
                    server.faults.append(f"unknown: {self.path}")
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with server.changed:
                    server.requests.append((self.command, path))
                    trouble = server.troubles.get((self.command, path))
                    if trouble is not None:
                        trouble.times -= 1
                        if trouble.times <= 0:
                            del server.troubles[self.command, path]
                    if trouble is None or trouble.late:
                        status, content = server.answer(self.command, path, parse_qs(parts.query), body, self.headers)
                    server.changed.notify_all()
                if trouble is None:
                    self._send(status, content, {})
                elif trouble.status is None:
                    self._drop()
                else:
                    self._send(trouble.status, b"", trouble.headers)

            do_POST = do_PUT = do_GET

            def _send(self, status: int, content: bytes, headers: Dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def _drop(self) -> None:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
