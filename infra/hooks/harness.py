#!/usr/bin/env python3
"""Publishes the Python harness where the nodes of the pools fetch it.

A new role takes some minutes until it holds, so this tries for a while. In a private network it must run inside of it.
"""
import io
import os
import tempfile
import time
import zipfile

from common import Failure, az, main, value

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "python", "hpo_trial")
ATTEMPTS = 20
PAUSE = float(os.environ.get("HPO_RETRY_SECONDS", "15"))


def archive():
    """The folder hpo_trial as a zip: the same bytes for the same files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as pack:
        for folder, folders, files in os.walk(FOLDER):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for name in sorted(files):
                path = os.path.join(folder, name)
                entry = zipfile.ZipInfo(os.path.relpath(path, os.path.dirname(FOLDER)).replace(os.sep, "/"), (1980, 1, 1, 0, 0, 0))
                entry.external_attr = 0o644 << 16
                with open(path, "rb") as file:
                    pack.writestr(entry, file.read(), zipfile.ZIP_DEFLATED)
    return content.getvalue()


def run():
    container = os.environ.get("HPO_TOOLS_CONTAINER", "")
    if not container:
        print("No harness is wanted.")
        return
    account, name = value("HPO_DATA_ACCOUNT"), value("HPO_HARNESS_FILE")
    handle, path = tempfile.mkstemp(suffix=".zip")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(archive())
        for attempt in range(1, ATTEMPTS + 1):
            try:
                az("storage", "blob", "upload", "--auth-mode", "login", "--account-name", account, "--container-name", container,
                   "--name", name, "--file", path, "--overwrite", "true", "--no-progress")
                print(f"The harness was published: {container}/{name}")
                return
            except Failure as failure:
                if attempt == ATTEMPTS:
                    raise Failure(f"{failure}\nThe harness was not published. It needs the role Storage Blob Data Contributor on {container}, "
                                  "and in a private network a machine inside of it") from failure
                time.sleep(PAUSE)
    finally:
        os.remove(path)


main(run)
