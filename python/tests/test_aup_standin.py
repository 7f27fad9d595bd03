"""Scripts written for Auptimizer, without it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unittest
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
STANDIN = os.path.join(os.path.dirname(HERE), "aup_standin")


class StandinTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name: str, text: str) -> str:
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run_script(self, text: str, fails: bool = False, path: str = STANDIN, **config: Any) -> str:
        """Runs a script with a configuration; returns what it writes to its standard error."""
        script = self.write("script.py", text)
        configuration = self.write("config.json", json.dumps(config))
        done = subprocess.run(
            [sys.executable, script, configuration],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore"},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(fails, done.returncode != 0, done.stderr)
        return done.stderr

    def test_config_and_result(self) -> None:
        errors = self.run_script(
            "import sys\nfrom aup import BasicConfig, print_result\n"
            "c = BasicConfig().load(sys.argv[1])\nc.z = 1\nprint_result(c.x + c['y'] + c.z)\nprint_result([1, 2.5])\n",
            x=1,
            y=2,
        )
        self.assertEqual("\n#Auptimizer:4\n\n#Auptimizer:1,2.5\n", errors)

    def test_config_files(self) -> None:
        self.run_script(
            "from aup import BasicConfig\nc = BasicConfig(a=1)\nc.save('c.pkl')\nc.save('c.json')\n"
            "assert BasicConfig().load('c.pkl') == BasicConfig().load('c.json') == {'a': 1}\n"
            "open('l.json', 'w').write('[1]')\n"
            "for call, error in ((lambda: c.load('l.json'), TypeError), (lambda: c.load('c.txt'), ValueError), (lambda: c.b, AttributeError)):\n"
            "    try:\n        call()\n    except error:\n        pass\n    else:\n        raise SystemExit(f'no {error}')\n"
        )

    def test_arguments(self) -> None:
        text = (
            "import sys\nfrom aup import aup_args\nseen = []\ndef init_all(config):\n    seen.append(config.x)\n"
            "@aup_args\ndef main(x, y=5):\n    assert seen == [x]\n    return x * y\nmain(sys.argv[1])\n"
        )
        self.assertEqual("\n#Auptimizer:15\n", self.run_script(text, x=3, job_id=7))
        self.assertIn("main needs x", self.run_script(text, fails=True, y=1) or "")

    def test_flags(self) -> None:
        text = (
            "import sys\nfrom types import SimpleNamespace\nfrom aup import aup_flags\nFLAGS = SimpleNamespace(x=0)\n"
            "@aup_flags(FLAGS)\ndef main(_):\n    return FLAGS.x\nmain(sys.argv)\n"
        )
        self.assertEqual("\n#Auptimizer:3\n", self.run_script(text, x=3))

    def test_model_is_saved_by_the_job_that_is_to(self) -> None:
        text = (
            "import sys\nfrom aup import aup_args, aup_save_model\ndef save(x):\n    open(f'model{x}', 'w').close()\n"
            "@aup_args\ndef main(x):\n    aup_save_model(save, x)\n    return x\nmain(sys.argv[1])\n"
        )
        self.run_script(text, x=3)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "aup_models")))
        self.run_script(text, x=3, save_model=True, folder_name="models_1")
        self.assertTrue(os.path.exists(os.path.join(self.folder, "aup_models", "models_1", "model3")))

    def test_it_makes_room_for_the_package(self) -> None:
        self.write("site/aup/__init__.py", "from .inner import name\n")
        self.write("site/aup/inner.py", "name = 'installed'\n")
        path = os.pathsep.join([STANDIN, os.path.join(self.folder, "site")])
        self.run_script("import aup\nassert aup.name == 'installed', aup\nfrom aup.inner import name\n", path=path)
