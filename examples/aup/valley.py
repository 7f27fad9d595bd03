#!/usr/bin/env python3
"""A curved valley, as a job of Auptimizer: reads a JSON file, prints result lines. Lowest, 0, at x = y = 1."""

import json
import os
import sys

with open(sys.argv[1]) as file:
    config = json.load(file)

x, y = config["x"], config["y"]
value = (1 - x) ** 2 + 10 * (y - x * x) ** 2

# A job that is told how far to go gets nearer to its value the further it goes.
steps = int(config.get("n_iterations", 1))
for step in range(1, steps + 1):
    print("\n#Auptimizer:{}".format(value + 1 / step - 1 / steps), file=sys.stderr, flush=True)

if config.get("save_model"):
    folder = os.path.join("aup_models", config["folder_name"])
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "model.json"), "w") as file:
        json.dump({"x": x, "y": y, "value": value}, file)
