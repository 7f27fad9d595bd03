#!/usr/bin/env python3
"""Publishes the function app for the deployment. usage: package.py PROJECT NAME=VALUE...   (properties of the build)

The folder is artifacts-official/package, as azure.yaml says. HPO_DURABLE_BACKEND chooses the host.json.
"""
import os
import shutil
import subprocess
import sys

from common import Failure, main

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TARGET = os.path.join(ROOT, "artifacts-official", "package")


def run():
    if len(sys.argv) < 3 or "AzurePackages=official" not in sys.argv[2:]:
        raise Failure("usage: package.py PROJECT AzurePackages=official [NAME=VALUE...]")
    backend = os.environ.get("HPO_DURABLE_BACKEND") or "azureStorage"
    shutil.rmtree(TARGET, ignore_errors=True)
    properties = [f"-p:{setting}" for setting in [*sys.argv[2:], f"DurableBackend={backend}"]]
    built = subprocess.run(["dotnet", "publish", os.path.join(ROOT, sys.argv[1]), "-c", "Release", "-o", TARGET, *properties], cwd=ROOT)
    if built.returncode != 0:
        raise Failure("dotnet publish failed")
    if subprocess.run([sys.executable, os.path.join(ROOT, "infra", "check-publish"), TARGET, backend]).returncode != 0:
        raise Failure(f"{TARGET} must not be deployed")


main(run)
