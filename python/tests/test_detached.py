"""A worker that is kept without a connection, and the visits to it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from typing import Any, Callable, Dict, Tuple

PYTHON = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MARK = b"\nHPO-VISIT "


class DetachedTests(unittest.TestCase):
    def setUp(self) -> None:
        self.root = tempfile.mkdtemp(prefix="hpo-detached-")
        self.folder = os.path.join(self.root, "kept")
        self.log = os.path.join(self.root, "log.txt")
        self.settings: Dict[str, Any] = {"folder": self.folder, "launcher": os.path.join(self.root, "launch.sh"), "patience_s": 60}

    def tearDown(self) -> None:
        self.visit(kill=True, forget=True)
        self.until(lambda: not os.path.exists(self.folder))
        shutil.rmtree(self.root)

    def keep(self, script: str) -> None:
        with open(self.settings["launcher"], "w", encoding="utf-8") as file:
            file.write(script)
        done = self.harness("keep", json.dumps(self.settings).encode() + b"\n")
        self.assertEqual((0, b""), (done.returncode, done.stderr))

    def visit(self, lines: bytes = b"", **request: Any) -> Tuple[Dict[str, Any], bytes, bytes]:
        asked = {"folder": self.folder, "inbox_at": -1, "outbox_at": 0, "outbox_max": 1 << 20, "bytes": len(lines), **request}
        done = self.harness("visit", json.dumps(asked).encode() + b"\n" + lines)
        self.assertEqual((0, b""), (done.returncode, done.stderr))
        header, _, rest = done.stdout[done.stdout.index(MARK) + len(MARK) :].partition(b"\n")
        answer = json.loads(header)
        outbox = answer.get("outbox", 0)
        self.assertEqual(outbox + answer.get("log", 0), len(rest))
        return answer, rest[:outbox], rest[outbox:]

    def tail(self, known: bytes) -> Dict[str, Any]:
        return {"path": self.log, "at": len(known), "sha256": hashlib.sha256(known[-1024:]).hexdigest(), "max": 1 << 20}

    def until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            time.sleep(0.02)

    @staticmethod
    def harness(mode: str, text: bytes) -> "subprocess.CompletedProcess[bytes]":
        environment = {**os.environ, "PYTHONPATH": PYTHON}
        return subprocess.run([sys.executable, "-m", "hpo_trial", mode], input=text, capture_output=True, env=environment, check=False)

    def test_lines_go_in_once_and_come_out_in_order(self) -> None:
        self.keep("exec cat")
        first, second = b'{"op":"run","n":1}\n', b'{"op":"x"}\n'
        for _ in range(2):  # the answer to the first visit was lost
            self.visit(first, inbox_at=0)
        self.visit(second, inbox_at=len(first))
        self.until(lambda: self.visit()[1] == first + second)
        self.assertEqual(second, self.visit(outbox_at=len(first))[1])
        self.assertEqual(len(first + second), self.visit()[0]["inbox"])

    def test_what_was_dealt_with_is_remembered(self) -> None:
        self.keep("echo one; echo two; exec cat")
        self.until(lambda: self.visit()[1] == b"one\ntwo\n")
        self.visit(taken={"at": 4, "step": 7})
        answer, said, _ = self.visit(outbox_at=-1)
        self.assertEqual(({"at": 4, "step": 7}, b"two\n"), (answer["taken"], said))

    def test_a_line_that_is_torn_in_the_inbox_is_passed_over(self) -> None:
        self.keep("exec cat")
        with open(os.path.join(self.folder, "inbox"), "ab") as file:
            file.write(b'{"op":"ru')
        at = self.visit()[0]["inbox"]
        self.visit(b'{"op":"y"}\n', inbox_at=at)
        self.until(lambda: self.visit()[1] == b'{"op":"y"}\n')

    def test_exit_code_and_last_words_stay(self) -> None:
        self.keep("echo out of luck >&2; exit 7")
        self.until(lambda: not self.visit()[0]["kept"])
        answer = self.visit()[0]
        self.assertEqual(({"code": 7, "why": None}, "out of luck"), (answer["state"], answer["words"]))

    def test_a_keeper_that_is_killed_takes_its_worker_along_and_leaves_no_word(self) -> None:
        self.keep(f"echo $$ > {self.root}/pid; exec cat")
        pid = os.path.join(self.root, "pid")
        self.until(lambda: os.path.exists(pid) and os.path.getsize(pid) > 0)
        with open(pid, encoding="utf-8") as file:
            worker = int(file.read())
        with open(f"/proc/{worker}/stat", encoding="utf-8") as file:
            os.kill(int(file.read().rsplit(")", 1)[1].split()[1]), signal.SIGKILL)
        self.until(lambda: not self.visit()[0]["kept"])
        self.assertIsNone(self.visit()[0]["state"])
        self.until(lambda: not os.path.exists(f"/proc/{worker}"))

    def test_limits_are_kept_without_a_host(self) -> None:
        self.settings.update(timeout_s=0.3)
        self.keep("exec sleep 600")
        self.until(lambda: not self.visit()[0]["kept"])
        self.assertEqual({"code": 143, "why": "timeout"}, self.visit()[0]["state"])

    def test_a_log_is_followed_and_fetched_anew_when_it_was_shortened(self) -> None:
        self.keep("exec cat")
        self.assertEqual(b"", self.visit(log=self.tail(b""))[2])
        text = bytes(range(33, 120)) * 40
        with open(self.log, "wb") as file:
            file.write(text)
        self.assertEqual(text, self.visit(log=self.tail(b""))[2])
        with open(self.log, "ab") as file:
            file.write(b"more")
        answer, _, part = self.visit(log=self.tail(text))
        self.assertEqual((len(text), b"more"), (answer["log_at"], part))
        with open(self.log, "wb") as file:
            file.write(b"another" * 1000)
        answer, _, part = self.visit(log=self.tail(text + b"more"))
        self.assertEqual((0, b"another" * 1000), (answer["log_at"], part))
