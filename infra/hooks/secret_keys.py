#!/usr/bin/env python3
"""Creates the keys of the installation in its vault: the trial key, and the keys of users that HPO_USER_KEYS names (NAME:ROLE,...).

A key that is there stays: trials that run hold tokens made from it, and users hold theirs. The resource manager writes them, with the rights of
the deployment: nobody needs a role for secrets, and the vault may be private. The key of a user is left in .azure/ENVIRONMENT/keys/NAME, for you.

usage: secret_keys.py [--rotate-trial-key | --rotate NAME]
"""
import base64
import json
import os
import re
import secrets
import sys
import tempfile

from common import Failure, az, main, value

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MANAGEMENT = "https://management.azure.com"
VAULT_VERSION = "2024-11-01"
SITE_VERSION = "2022-03-01"
ROLES = ("reader", "submitter", "operator", "worker")


def known(vault):
    """Names of the secrets of the vault. Their values are not asked for."""
    names, address = set(), f"{MANAGEMENT}{vault}/secrets?api-version={VAULT_VERSION}"
    while address:
        page = az("rest", "--method", "get", "--url", address)
        names.update(secret["name"].split("/")[-1] for secret in page.get("value", []))
        address = page.get("nextLink")
    return names


def put(vault, name, text):
    handle, path = tempfile.mkstemp(suffix=".json")  # readable by its owner alone; a command line would be seen by all
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"properties": {"value": text}}, file)
        address = f"{MANAGEMENT}{vault}/secrets/{name}?api-version={VAULT_VERSION}"
        az("rest", "--method", "put", "--url", address, "--body", f"@{path}", "--query", "name")
    finally:
        os.remove(path)


def users():
    """Names and roles of the users that have a key."""
    pairs = [pair.strip() for pair in os.environ.get("HPO_USER_KEYS", "").split(",") if pair.strip()]
    for pair in pairs:
        name, _, role = pair.partition(":")
        if not re.fullmatch("[A-Za-z][A-Za-z0-9]{0,39}", name) or role not in ROLES:
            raise Failure(f"HPO_USER_KEYS has {pair!r}: it must be NAME:ROLE, a name of letters and digits and one of {', '.join(ROLES)}")
    return dict(pair.split(":") for pair in pairs)


def put_user_key(vault, name, role):
    """Makes a key; the one before, where it is known here, opens beside it until the next change."""
    folder = os.path.join(os.environ.get("HPO_KEY_FOLDER") or os.path.join(ROOT, ".azure", value("AZURE_ENV_NAME"), "keys"))
    path = os.path.join(folder, name)
    key, before = secrets.token_urlsafe(48), ""
    if os.path.exists(path):
        with open(path, encoding="ascii") as file:
            before = "," + file.read().strip()
    os.makedirs(folder, mode=0o700, exist_ok=True)
    handle, new = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key + "\n")
    try:
        put(vault, f"hpo-key-{name}", f"{role}:{key}{before}")
    except Failure:
        os.remove(new)
        raise
    os.replace(new, path)
    print(f"A key of {name} ({role}) was created: {path}")


def refresh(app):
    """Has the app look up its references now, and not at some time in the next day."""
    try:
        az("rest", "--method", "post", "--url", f"{MANAGEMENT}{app}/config/configreferences/appsettings/refresh?api-version={SITE_VERSION}")
    except Failure as failure:
        print(f"secret_keys.py: the app did not take the keys yet; restart it ({failure})", file=sys.stderr)


def run():
    vault, trial_key, app = value("HPO_VAULT_ID"), value("HPO_TRIAL_KEY_NAME"), value("HPO_APP_ID")
    roles = users()
    rotated = {"--rotate-trial-key": trial_key}.get(sys.argv[1]) if len(sys.argv) == 2 else None
    if len(sys.argv) == 3 and sys.argv[1] == "--rotate" and sys.argv[2] in roles:
        rotated = f"hpo-key-{sys.argv[2]}"
    if len(sys.argv) > 1 and rotated is None:
        raise Failure(f"usage: secret_keys.py [--rotate-trial-key | --rotate NAME]; users with keys: {', '.join(sorted(roles))}")
    there = known(vault) - {rotated}
    made = False
    if trial_key not in there:
        put(vault, trial_key, base64.b64encode(secrets.token_bytes(48)).decode("ascii"))
        print("A trial key was created.")
        made = True
    for name, role in sorted(roles.items()):
        if f"hpo-key-{name}" not in there:
            put_user_key(vault, name, role)
            made = True
    if made:
        refresh(app)
    else:
        print("All keys are there.")


main(run)
