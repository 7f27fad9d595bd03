"""The worker as a process: warmth, death of the host, and what it must not do."""

from __future__ import annotations

import os
import platform
import time

from typing import List

from .support import HostSide, Json, TrialCase, WorkerClosed, alive


class WarmthTests(TrialCase):
    def test_ready_says_who_it_is(self) -> None:
        ready = self.host.ready
        self.assertEqual(("ready", 1, platform.python_version()), (ready["ev"], ready["protocol"], ready["python"]))
        self.assertEqual(self.host.process.pid, ready["pid"])
        self.assertEqual(ready["pid"], os.getpgid(ready["pid"]))

    def test_module_is_imported_once(self) -> None:
        text = (
            "import os\nfrom itertools import count\nprint('imported')\nC = count()\n"
            "def f(c):\n    return {'loss': next(C), 'pid': os.getpid()}"
        )
        ends = [self.run_script(text)] + [self.run_request(self.request()) for _ in range(4)]
        self.assertEqual([0, 1, 2, 3, 4], [self.losses(end)[0] for end in ends])
        self.assertEqual({self.host.process.pid}, {end["reports"][0]["metrics"]["pid"] for end in ends})
        self.assertEqual([1, 0, 0, 0, 0], [end["log"].count("imported") for end in ends])

    def test_changed_script_and_helper_are_imported_again(self) -> None:
        self.script("VALUE = 1", "helper.py")
        text = "import helper\ndef f(c):\n    return helper.VALUE"
        self.assertEqual([1], self.losses(self.run_script(text)))
        self.script("VALUE = 22", "helper.py")
        self.assertEqual([22], self.losses(self.run_request(self.request())))

    def test_projects_do_not_share_modules(self) -> None:
        for value in (1, 2, 1):
            self.scripts = os.path.join(self.folder, f"scripts{value}")
            self.script(f"VALUE = {value}", "helper.py")
            self.assertEqual([value], self.losses(self.run_script("import helper\ndef f(c):\n    return helper.VALUE")))

    def test_configurations_do_not_leak(self) -> None:
        text = "def f(config):\n    config['seen'] = config.get('seen', 0) + 1\n    return config['seen']"
        self.assertEqual([1], self.losses(self.run_script(text)))
        self.assertEqual([1], self.losses(self.run_request(self.request())))

    def test_no_files_are_left_in_the_scripts_folder(self) -> None:
        self.script("VALUE = 1", "helper.py")
        self.run_script("import helper\ndef f(c):\n    return 1")
        self.assertEqual(["helper.py", "objective.py"], sorted(os.listdir(self.scripts)))


class DeathTests(TrialCase):
    def start(self, text: str) -> HostSide:
        host = self.fresh_host()
        self.script(text)
        host.send(self.request(until=1))
        return host

    def test_exit_when_idle(self) -> None:
        host = self.fresh_host()
        host.send({"op": "exit"})
        self.assertEqual(0, host.wait())

    def test_end_of_file_when_idle(self) -> None:
        host = self.fresh_host()
        host.hang_up()
        self.assertEqual(0, host.wait())

    def test_end_of_file_kills_an_endless_loop_and_its_children(self) -> None:
        host = self.start(
            "import subprocess\ndef f(c, r):\n    r(loss=subprocess.Popen(['sleep', '600']).pid)\n"
            "    while True:\n        pass"
        )
        child = host.receive()["reports"][0]["metrics"]["loss"]
        host.directive("continue")
        self.assertTrue(alive(child))
        time.sleep(0.1)
        host.hang_up()
        self.assertEqual(-9, host.wait())
        self.assert_gone(child)

    def test_end_of_file_while_the_trial_waits_for_a_directive(self) -> None:
        host = self.start("def f(c, r):\n    r(loss=1)")
        host.receive()
        host.hang_up()
        self.assertEqual(-9, host.wait())

    def test_exit_while_a_trial_runs_kills(self) -> None:
        host = self.start("def f(c, r):\n    r(loss=1)")
        host.receive()
        host.send({"op": "exit"})
        self.assertEqual(-9, host.wait())

    def test_worker_that_exits_takes_leftover_children_along(self) -> None:
        host = self.start("import subprocess\ndef f(c, r):\n    r(loss=subprocess.Popen(['sleep', '600']).pid)")
        child = host.receive()["reports"][0]["metrics"]["loss"]
        host.directive("continue")
        host.until_end()
        host.send({"op": "exit"})
        self.assertEqual(0, host.wait())
        self.assert_gone(child)

    def test_host_that_stops_reading_ends_the_worker(self) -> None:
        host = self.fresh_host()
        assert host.process.stdout is not None
        host.process.stdout.close()
        self.script("def f(config):\n    return 1")
        host.send(self.request())
        self.assertEqual(-9, host.wait())

    def test_unknown_messages_end_the_worker_with_a_complaint(self) -> None:
        messages: List[Json] = [{"op": "dance"}, {"op": "run", "trial": 1}, {"no": "op"}]
        for message in messages:
            host = self.fresh_host()
            host.send(message)
            self.assertEqual(2, host.wait())
            assert host.process.stderr is not None
            self.assertIn(b"hpo_trial:", host.process.stderr.read())

    def test_rubbish_ends_the_worker_with_a_complaint(self) -> None:
        for line in (b"{oops\n", b"[]\n", b"\xff\n"):
            host = self.fresh_host()
            assert host.process.stdin is not None
            host.process.stdin.write(line)
            host.process.stdin.flush()
            self.assertEqual(2, host.wait())

    def test_second_run_during_a_trial_is_refused(self) -> None:
        host = self.start("def f(c, r):\n    r(loss=1)")
        host.receive()
        host.send(self.request())
        self.assertEqual(2, host.wait())
        with self.assertRaises(WorkerClosed):
            host.receive()

    def test_large_messages_in_both_directions(self) -> None:
        host = self.fresh_host()
        self.script("def f(c, r):\n    r({f'metric{i}': i for i in range(20000)}, loss=len(c['text']))")
        host.send(self.request(config={"text": "x" * 1_000_000}))
        end = host.until_end()
        self.assertEqual([1_000_000], self.losses(end))
        self.assertGreater(len(end["reports"][0]["metrics"]), 20000)
