#!/usr/bin/env python3
"""Creates the keys of the installation in its vault: the trial key, and the keys of users that HPO_USER_KEYS names (NAME:ROLE,...).

A key that is there stays: trials that run hold tokens made from it, and users hold theirs. The resource manager writes them, with the rights of
the deployment: nobody needs a role for secrets, and the vault may be private. The key of a user is left in .azure/ENVIRONMENT/keys/NAME, for you.
Tags of a secret say which role its key has, and the beginning of the key's hash, so that a changed role is seen, and a file that is not the newest.

usage: secret_keys.py [--before | --rotate-trial-key | --rotate NAME]

--before is for before provisioning: it does nothing where there is no vault yet.
"""
import base64
import hashlib
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
    """Tags of the secrets of the vault, by names in lower case, as the vault compares them. Their values are not asked for."""
    found, address = {}, f"{MANAGEMENT}{vault}/secrets?api-version={VAULT_VERSION}"
    while address:
        page = az("rest", "--method", "get", "--url", address)
        found.update((secret["name"].split("/")[-1].lower(), secret.get("tags") or {}) for secret in page.get("value", []))
        address = page.get("nextLink")
    return found


def put(vault, name, text, tags=None):
    handle, path = tempfile.mkstemp(suffix=".json")  # readable by its owner alone; a command line would be seen by all
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"tags": tags or {}, "properties": {"value": text}}, file)
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
    names = [pair.split(":")[0].lower() for pair in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Failure(f"HPO_USER_KEYS has {', '.join(twice)} more than once: names of settings and secrets are the same in capitals")
    return dict(pair.split(":") for pair in pairs)


def key_file(name):
    return os.path.join(os.environ.get("HPO_KEY_FOLDER") or os.path.join(ROOT, ".azure", value("AZURE_ENV_NAME"), "keys"), name)


def kept_key(name):
    """The key of a user that is known here; empty where none is."""
    path = key_file(name)
    if not os.path.exists(path):
        return ""
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def tags_of(role, key):
    return {"hpo-role": role, "hpo-key": hashlib.sha256(key.encode("ascii")).hexdigest()[:16]}


def give_role(vault, name, role, tags):
    """Gives the key of a user another role. Its key stays, and so must be known here: it cannot be read from the vault."""
    key = kept_key(name)
    if not key or tags_of(role, key)["hpo-key"] != tags.get("hpo-key"):
        raise Failure(f"{name} is {tags['hpo-role']} in the vault and {role} in HPO_USER_KEYS, and {key_file(name)} does not have the newest key: "
                      f"'secret_keys.py --rotate {name}' makes a new one with the new role, and the old one stops")
    put(vault, f"hpo-key-{name}", f"{role}:{key}", tags_of(role, key))
    print(f"{name} was {tags['hpo-role']} and is {role}, with the same key. A key before it opens nothing any more.")


def put_user_key(vault, name, role, tags):
    """Makes a key; the one before, where it is known here and the newest of the vault, opens beside it until the next change."""
    path, key = key_file(name), secrets.token_urlsafe(48)
    before = kept_key(name) if tags is not None else ""
    if before and tags_of(role, before)["hpo-key"] != tags.get("hpo-key", tags_of(role, before)["hpo-key"]):
        before = ""
    folder = os.path.dirname(path)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    handle, new = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key + "\n")
    try:
        put(vault, f"hpo-key-{name}", f"{role}:{key}" + (f",{before}" if before else ""), tags_of(role, key))
    except Failure:
        os.remove(new)
        raise
    os.replace(new, path)
    print(f"A key of {name} ({role}) was created: {path}" + ("; the one before opens beside it until the next rotation" if before else ""))


def refresh(app):
    """Has the app look up its references now, and not at some time in the next day."""
    try:
        az("rest", "--method", "post", "--url", f"{MANAGEMENT}{app}/config/configreferences/appsettings/refresh?api-version={SITE_VERSION}")
    except Failure as failure:
        print(f"secret_keys.py: the app did not take the keys yet; restart it ({failure})", file=sys.stderr)


def run():
    before = sys.argv[1:] == ["--before"]
    roles = users()
    if before and not os.environ.get("HPO_VAULT_ID", ""):
        print("There is no vault yet: keys are made after provisioning.")
        return
    vault, trial_key, app = value("HPO_VAULT_ID"), value("HPO_TRIAL_KEY_NAME"), value("HPO_APP_ID")
    rotated = {"--rotate-trial-key": trial_key}.get(sys.argv[1]) if len(sys.argv) == 2 else None
    if len(sys.argv) == 3 and sys.argv[1] == "--rotate" and sys.argv[2] in roles:
        rotated = f"hpo-key-{sys.argv[2]}"
    if len(sys.argv) > 1 and rotated is None and not before:
        raise Failure(f"usage: secret_keys.py [--before | --rotate-trial-key | --rotate NAME]; users with keys: {', '.join(sorted(roles))}")
    try:
        there = known(vault)
    except Failure as failure:
        if before and "NotFound" in str(failure):
            print("The vault is not there any more: keys are made after provisioning.")
            return
        raise
    made, faults = make(vault, trial_key, roles, there, rotated)
    if made or not before:
        refresh(app)
    if faults:
        raise Failure("\n".join(faults))
    if not made:
        print("All keys are there.")


def make(vault, trial_key, roles, there, rotated):
    """Makes what the vault lacks and what is rotated, and gives keys the roles that they are to have. Says whether something changed, and what could not."""
    made, faults = False, []
    if trial_key.lower() not in there or rotated == trial_key:
        put(vault, trial_key, base64.b64encode(secrets.token_bytes(48)).decode("ascii"))
        print("A trial key was created.")
        made = True
    for name, role in sorted(roles.items()):
        tags = there.get(f"hpo-key-{name}".lower())
        if tags is None or rotated == f"hpo-key-{name}":
            put_user_key(vault, name, role, tags)
            made = True
        elif tags.get("hpo-role", role) != role:
            try:
                give_role(vault, name, role, tags)
                made = True
            except Failure as failure:
                faults.append(str(failure))
    return made, faults


main(run)
