#!/usr/bin/env python3
"""Creates the trial key in the vault if it is not there. A key that is there stays: trials that run hold tokens made from it.

The resource manager writes it, with the rights of the deployment: nobody needs a role for secrets, and the vault may be private.
trial_key.py --rotate makes a new version.
"""
import base64
import json
import os
import secrets
import sys
import tempfile

from common import Failure, az, main, value

MANAGEMENT = "https://management.azure.com"
VAULT_VERSION = "2024-11-01"
SITE_VERSION = "2022-03-01"


def exists(vault, name):
    """Whether the vault has the secret. Its value is not asked for."""
    address = f"{MANAGEMENT}{vault}/secrets?api-version={VAULT_VERSION}"
    while address:
        page = az("rest", "--method", "get", "--url", address)
        if any(secret["name"].split("/")[-1] == name for secret in page.get("value", [])):
            return True
        address = page.get("nextLink")
    return False


def create(vault, name):
    key = base64.b64encode(secrets.token_bytes(48)).decode("ascii")
    handle, path = tempfile.mkstemp(suffix=".json")  # readable by its owner alone; a command line would be seen by all
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"properties": {"value": key, "contentType": "base64"}}, file)
        address = f"{MANAGEMENT}{vault}/secrets/{name}?api-version={VAULT_VERSION}"
        az("rest", "--method", "put", "--url", address, "--body", f"@{path}", "--query", "name")
    finally:
        os.remove(path)


def refresh(app):
    """Has the app look up its references now, and not at some time in the next day."""
    try:
        az("rest", "--method", "post", "--url", f"{MANAGEMENT}{app}/config/configreferences/appsettings/refresh?api-version={SITE_VERSION}")
    except Failure as failure:
        print(f"trial_key.py: the app did not take the key yet; restart it ({failure})", file=sys.stderr)


def run():
    vault, name, app = value("HPO_VAULT_ID"), value("HPO_TRIAL_KEY_NAME"), value("HPO_APP_ID")
    if sys.argv[1:] not in ([], ["--rotate"]):
        raise Failure("usage: trial_key.py [--rotate]")
    if exists(vault, name) and not sys.argv[1:]:
        print("The trial key is there.")
        return
    create(vault, name)
    refresh(app)
    print("A trial key was created.")


main(run)
