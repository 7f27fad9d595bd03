"""Entry point: ``python3 -m hpo_trial worker [--cores 0,1]``, ``segment``, ``pull`` and ``job``; ``keep`` and ``visit`` are for hosts that come by SSH."""

from __future__ import annotations

import sys
from typing import List

USAGE = "usage: python3 -m hpo_trial worker [--cores N,...] | segment | pull | job FILE | keep | visit"


def main(arguments: List[str]) -> int:
    """Dispatches on the mode; returns the exit code (a worker leaves by itself)."""
    if arguments[:1] == ["worker"] and (len(arguments) == 1 or (len(arguments) == 3 and arguments[1] == "--cores")):
        if len(arguments) == 3:
            from .limits import keep_to_cores

            keep_to_cores(arguments[2])
        from .worker import serve_pipes

        serve_pipes()
    if arguments == ["segment"]:
        from .remote.run import main as run_segment

        return run_segment()
    if arguments[:1] == ["job"]:
        from .job.run import main as run_job

        return run_job(arguments[1:])
    if arguments in (["pull"], ["pull", "--stdin"]):
        from .remote.pull import main as run_pull

        return run_pull(len(arguments) > 1)
    if arguments == ["keep"]:
        from .detached.keeper import main as keep

        return keep()
    if arguments == ["visit"]:
        from .detached.visit import main as visit

        return visit()
    print(f"{USAGE} (was: {' '.join(arguments) or 'nothing'})", file=sys.stderr)
    return 2


# Guarded because children that multiprocessing spawns import this module again.
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
