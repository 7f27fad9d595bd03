"""What the hooks of the deployment share: the values of the environment, and the az command."""
import json
import os
import shutil
import subprocess
import sys


class Failure(Exception):
    """Ends a hook; its text says what to do."""


def value(name):
    """A value that the deployment put into the environment."""
    found = os.environ.get(name, "")
    if not found:
        raise Failure(f"{name} is not set: run this by azd, after azd provision")
    return found


def az(*arguments):
    """Runs az and gives what it printed, read as JSON; Failure where it fails."""
    program = shutil.which("az")
    if program is None:
        raise Failure("az was not found: install the Azure CLI, and sign in with az login")
    done = subprocess.run([program, *arguments, "--output", "json"], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"az {' '.join(arguments[:3])} failed: {done.stderr.strip()}")
    return json.loads(done.stdout) if done.stdout.strip() else None


def main(run):
    """Runs a hook: 0, or 1 with one line that says why."""
    try:
        run()
    except Failure as failure:
        print(f"{os.path.basename(sys.argv[0])}: {failure}", file=sys.stderr)
        sys.exit(1)
