"""Entry point: ``python3 -m hpo_trial worker``."""

from __future__ import annotations

import sys
from typing import List

USAGE = "usage: python3 -m hpo_trial worker"


def main(arguments: List[str]) -> int:
    """Dispatches on the mode; returns the exit code for wrong usage (a worker leaves by itself)."""
    if arguments == ["worker"]:
        from .worker import serve_pipes

        serve_pipes()
    print(f"{USAGE} (was: {' '.join(arguments) or 'nothing'})", file=sys.stderr)
    return 2


# Guarded because children that multiprocessing spawns import this module again.
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
