"""Evaluates the trials of an experiment with nothing but HTTP: python3 client.py URL EXPERIMENT, with the key in HPO_KEY."""

import json
import os
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen


def call(method, path, body):
    """Sends JSON, and returns the answer's status and JSON (None where there is none)."""
    headers = {"x-functions-key": os.environ["HPO_KEY"], "Content-Type": "application/json"}
    request = Request(f"{url}/api/experiments/{experiment}/{path}", json.dumps(body).encode(), headers, method=method)
    try:
        with urlopen(request, timeout=60) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except HTTPError as error:
        return error.code, json.loads(error.read())


def objective(config):
    """What is to be minimised: the function of examples/simple_objective."""
    return (config["height"] - 14) ** 2 - abs(config["width"] - 3)


url, experiment = sys.argv[1].rstrip("/"), sys.argv[2]
good = bad = 0
while True:
    status, trial = call("POST", "ask", {"client": f"example-{os.getpid()}"})
    if status == 204:
        continue  # nothing to do now: the service waited a while, so ask again
    if status != 200:
        print(f"{trial['detail']}; {good} trials evaluated, {bad} failed")
        sys.exit(status != 409 or (bad > 0 and good == 0))  # 409: the experiment has ended
    answer = {"trial": trial["trial"], "lease": trial["lease"]}
    try:
        answer["metrics"] = {trial["metric"]: objective(trial["configuration"])}
    except Exception as error:
        answer["error"] = f"{type(error).__name__}: {error}"
    status, said = call("PUT", "tell", answer)
    good, bad = (good + 1, bad) if status == 200 and "metrics" in answer else (good, bad + 1)
    print(trial["trial"], answer.get("metrics") or answer["error"], "taken" if status == 200 else said["detail"])
