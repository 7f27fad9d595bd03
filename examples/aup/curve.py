#!/usr/bin/env python3
"""A learning curve that falls to a level, as a job of Auptimizer with many results: made for early stopping."""

import json
import sys

with open(sys.argv[1]) as file:
    config = json.load(file)

level = (config["x"] - 3) ** 2
for step in range(1, 21):
    print("#Auptimizer:{},{}".format(level + 10 / step, step), file=sys.stderr, flush=True)
