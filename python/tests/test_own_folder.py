"""The folder that goes with its owner, or with the next one's start."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from hpo_trial.remote.own_folder import own_folder

PYTHON = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OWNER = """
import sys, time
from hpo_trial.remote.own_folder import own_folder
with own_folder(sys.argv[1]) as folder:
    print(folder, flush=True)
    time.sleep(600)
"""


class OwnFolderTests(unittest.TestCase):
    def setUp(self) -> None:
        self.parent = tempfile.mkdtemp(prefix="hpo-own-")
        self.addCleanup(shutil.rmtree, self.parent)

    def test_it_goes_with_its_owner(self) -> None:
        with own_folder(self.parent) as folder:
            self.assertEqual(0o700, os.stat(folder).st_mode & 0o777)
            os.mkdir(os.path.join(folder, "slot-0"))
        self.assertEqual([], os.listdir(self.parent))

    def test_what_a_killed_owner_left_goes_at_the_next_start_and_nothing_else(self) -> None:
        other = os.path.join(self.parent, "hpo-worker-of-somebody-else")
        os.mkdir(other)
        with subprocess.Popen([sys.executable, "-c", OWNER, self.parent], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": PYTHON}) as owner:
            assert owner.stdout is not None
            left = owner.stdout.readline().strip()
            with own_folder(self.parent) as folder:
                self.assertTrue(os.path.isdir(left))
                self.assertTrue(os.path.isdir(folder))
            owner.send_signal(signal.SIGKILL)
        self.assertTrue(os.path.isdir(left))
        with own_folder(self.parent) as folder:
            self.assertEqual({other, folder}, {os.path.join(self.parent, name) for name in os.listdir(self.parent)})


if __name__ == "__main__":
    unittest.main()
