"""``python3 -m hpo_trial job``: from a file, or a text, that says what to do, to a file that says what came of it."""

from __future__ import annotations

import base64
import binascii
import glob
import json
import os
import shutil
import signal
import sys
import tarfile
import zlib
from queue import SimpleQueue
from time import time
from types import FrameType
from typing import Any, Dict, List, Optional

from ..outcome import FAILED
from ..remote.client import say
from ..remote.conversation import TERMINATED, Conversation, Ending, one_line
from ..remote.files import BadScripts, unpack_scripts
from ..remote.trial_log import LogFile
from ..remote.worker_process import Event, WorkerProcess
from . import metadata
from .collector import Collector

USAGE = "usage: python3 -m hpo_trial job FILE | --text TEXT"
TOLD = 0
FAILED_HERE = 1
WRONG_WORK = 2

_BY_SIGNAL = 128
_GRACE_S = 25.0
_SANDBOXES = ("jobO.", "sources.")
_LOST = "lost"


def main(arguments: List[str]) -> int:
    """Runs a segment in the current folder; returns the exit code: 0 where the file says how it ended, however that was."""
    try:
        work = _read(arguments)
    except (OSError, ValueError, zlib.error) as error:
        say(f"the work cannot be read: {error}")
        return WRONG_WORK
    for name in [name for name in os.environ if name.startswith("HPO_")]:
        del os.environ[name]
    metadata.replace({})  # from here on a job that is looked at is seen to do something
    began = time()
    events: "SimpleQueue[Event]" = SimpleQueue()
    collector = Collector(events)
    log = LogFile(os.path.abspath("trial-log.txt"))

    def terminate(number: int, frame: Optional[FrameType]) -> None:
        events.put((TERMINATED, None))

    signal.signal(signal.SIGTERM, terminate)
    signal.signal(signal.SIGINT, terminate)
    try:
        ending = _run(work, events, collector, log)
    except BadScripts as error:
        ending = Ending(FAILED, one_line(f"cannot prepare the scripts: {error}"))
    except OSError as error:
        say(f"this machine failed: {error}")
        return FAILED_HERE
    if ending.status is None and ending.signal == signal.SIGTERM and ending.error == "the machine goes away":
        say("ends without an outcome: the machine goes away")
        return _BY_SIGNAL + signal.SIGTERM
    _tell(work, ending, collector, log, began)
    return TOLD


def _read(arguments: List[str]) -> Dict[str, Any]:
    """The work: a file with JSON, or JSON that is packed and written in letters."""
    if len(arguments) == 2 and arguments[0] == "--text":
        try:
            packed = base64.urlsafe_b64decode(arguments[1] + "=" * (-len(arguments[1]) % 4))
        except binascii.Error as error:
            raise ValueError(str(error)) from None
        work = json.loads(zlib.decompress(packed))
    elif len(arguments) == 1:
        with open(arguments[0], encoding="utf-8") as file:
            work = json.load(file)
    else:
        raise ValueError(USAGE)
    if not isinstance(work, dict) or "program" not in work or "job" not in work:
        raise ValueError("it says no program")
    return work


def _run(work: Dict[str, Any], events: "SimpleQueue[Event]", collector: Collector, log: LogFile) -> Ending:
    folder = os.getcwd()
    _unpack_inputs(folder)
    scripts = None
    if work["program"].get("scripts"):
        scripts = os.path.join(folder, "scripts")
        shutil.rmtree(scripts, ignore_errors=True)
        os.makedirs(scripts)
        try:
            with open("scripts.zip", "rb") as archive:
                unpack_scripts(archive, scripts)
        except FileNotFoundError:
            raise BadScripts(f"{work['program']['scripts']} did not come with the job") from None
    restore = work["job"].get("restore_step")
    worker = WorkerProcess(folder, events, collector.crowded)
    conversation = Conversation(work, worker, collector, log, events, _GRACE_S)
    return conversation.run(_message(work, scripts, folder, log.path, restore), None, restore or 0)


def _message(work: Dict[str, Any], scripts: Optional[str], folder: str, log: str, restore: Optional[int]) -> Dict[str, Any]:
    """The message for the worker, with the paths of this machine."""
    checkpoint = {**work["checkpoint"], "folder": os.path.join(folder, ".checkpoints")}
    message = {**work, "workdir": folder, "log": log, "checkpoint": checkpoint}
    program = {name: value for name, value in work["program"].items() if name != "scripts"}
    message["program"] = {**program, "scripts": scripts} if scripts is not None else program
    message["env"] = {**work.get("env", {}), "HPOGRID_DATA_DIR": folder, "HPOGRID_WORK_DIR": folder}
    if restore is not None:
        message["restore"] = {"path": os.path.join(folder, "restore.tar"), "step": restore}
    for name in ("candidates", "attempt", "time_limit_s", "stop_grace_s", "interrupt", "job"):
        message.pop(name, None)
    return message


def _unpack_inputs(folder: str) -> None:
    """Unpacks the archives that the grid brought as the input, and trusts no path in them."""
    for path in sorted(glob.glob(os.path.join(folder, "*.tar.gz"))):
        if os.path.basename(path).startswith(_SANDBOXES):
            continue
        try:
            with tarfile.open(path) as packed:
                for entry in packed.getmembers():
                    target = os.path.normpath(os.path.join(folder, entry.name))
                    if entry.isfile() and target.startswith(folder + os.sep) and not os.path.exists(target):
                        packed.extract(entry, folder, set_attrs=False)
        except tarfile.TarError as error:
            say(f"{os.path.basename(path)} is left as it is: {error}")


def _tell(work: Dict[str, Any], ending: Ending, collector: Collector, log: LogFile, began: float) -> None:
    status = ending.status if ending.status is not None else _LOST
    head = {"key": work["job"]["key"], "attempt": work.get("attempt", 0), "status": status, "asks": collector.asks}
    body = {**head, "error": ending.error, "reason": ending.reason, "began": began, "ended": time()}
    metadata.write(head, body, collector.reports, collector.checkpoints, log.path, int(work["job"]["max_bytes"]))
    say(f"{status}{f' ({ending.error or ending.reason})' if ending.error or ending.reason else ''}")
    sys.stderr.flush()
