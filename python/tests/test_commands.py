"""Any executable as a trial."""

from __future__ import annotations

import json
import os
import time

from .support import Json, TrialCase, alive, read


class CommandTests(TrialCase):
    def test_shell_script_reports_json_lines(self) -> None:
        self.executable(
            """\
            #!/bin/sh
            echo "starting with $1 in $(pwd)"
            for i in 1 2 3; do echo "{\\"loss\\": 0.$i}"; done
            echo oops >&2
            """
        )
        request = self.request(
            program={"kind": "command", "command": ["train.sh"], "scripts": self.scripts},
            config={"a": 1, "b": 2},
            param={"b": 3},
        )
        end = self.run_request(request)
        self.assertEqual(("completed", [0.1, 0.2, 0.3]), (end["status"], self.losses(end)), end)
        self.assertEqual([1, 2, 3], [report["metrics"]["training_iteration"] for report in end["reports"]])
        config = os.path.join(request["workdir"], "config.json")
        self.assertEqual({"a": 1, "b": 3}, json.loads(read(config)))
        self.assertIn(f"starting with {config} in {request['workdir']}\n", end["log"])
        self.assertIn("oops\n", end["log"])
        self.assertNotIn('"loss"', end["log"])
        self.assertTrue(end["reusable"])

    def test_python_file_of_the_scripts_folder(self) -> None:
        self.script("import json, sys\nprint(json.dumps({'loss': json.load(open(sys.argv[1]))['x'] * 2}))", "train.py")
        for command in (["python3", "train.py"], ["train.py"]):
            self.assertEqual([6], self.losses(self.run_command(*command, config={"x": 3})))

    def test_script_without_the_executable_bit(self) -> None:
        self.script("#!/bin/sh\necho '{\"loss\": 1}'\n", "train.sh")
        self.assertEqual([1], self.losses(self.run_command("train.sh")))

    def test_steps_of_the_program_and_counted_ones(self) -> None:
        self.executable(
            "#!/bin/sh\n"
            'echo \'{"loss": 1, "step": 5}\'\necho \'{"loss": 2}\'\necho \'{"loss": 3, "training_iteration": 9}\'\n'
            'echo \'{"loss": 4, "step": 2}\'\n'
        )
        self.assertEqual([5, 6, 9, 10], [report["step"] for report in self.run_command("train.sh")["reports"]])

    def test_steps_that_count_from_zero(self) -> None:
        self.executable("#!/bin/sh\nfor i in 0 1 2; do echo \"{\\\"loss\\\": 1, \\\"step\\\": $i}\"; done\n")
        self.assertEqual([1, 2, 3], [report["step"] for report in self.run_command("train.sh")["reports"]])

    def test_auptimizer_lines_on_both_streams(self) -> None:
        self.executable(
            "#!/bin/sh\necho\necho '#Auptimizer:0.5'\necho '#Auptimizer:0.1, 2,3'\necho ' #Auptimizer:7'\necho '#Auptimizer:oops'\n"
            "sleep 0.2\necho '#Auptimizer:-1e-3' >&2\n"
        )
        end = self.run_command("train.sh")
        self.assertEqual([0.5, 0.1, -0.001], self.losses(end))
        self.assertEqual((2, 3), (end["reports"][1]["metrics"]["result_2"], end["reports"][1]["metrics"]["result_3"]))
        self.assertIn(" #Auptimizer:7\n#Auptimizer:oops\n", end["log"])

    def test_labels_name_the_further_numbers_of_auptimizer_lines(self) -> None:
        self.executable("#!/bin/sh\necho '#Auptimizer:0.1,2,3,4'\necho '#Auptimizer:0.1,2'\n")
        program = {"kind": "command", "command": ["train.sh"], "scripts": self.scripts, "labels": ["size", "time"]}
        full, short = (report["metrics"] for report in self.run_request(self.request(program=program))["reports"])
        self.assertEqual((2, 3, 4), (full["size"], full["time"], full["result_4"]))
        self.assertEqual((2, False), (short["size"], "time" in short))

    def test_number_of_the_trial_is_in_the_configuration(self) -> None:
        self.script("import json, sys\nc = json.load(open(sys.argv[1]))\nprint(json.dumps({'loss': c['tid'], 'job': c['job']}))", "train.py")
        program = {"kind": "command", "command": ["train.py"], "scripts": self.scripts, "number_as": ["tid", "job"]}
        end = self.run_request(self.request(program=program, env={"HPO_TRIAL": "12"}))
        self.assertEqual((12, 12), (end["reports"][0]["metrics"]["loss"], end["reports"][0]["metrics"]["job"]))

    def test_non_finite_numbers(self) -> None:
        self.executable("#!/bin/sh\necho '{\"loss\": NaN, \"x\": 1}'\necho '#Auptimizer:inf'\n")
        self.assertEqual(["nan", "inf"], self.losses(self.run_command("train.sh")))

    def test_rubbish_goes_to_the_log(self) -> None:
        self.executable(
            "#!/bin/sh\necho '{oops'\necho '{\"text\": \"only\"}'\necho '[1]'\necho '{\"ok\": true}'\n"
            "head -c 3000 /dev/urandom\necho\necho '{\"loss\": 4}'\nprintf 'no newline'\n"
        )
        end = self.run_command("train.sh")
        self.assertEqual([4], self.losses(end))
        for text in ("{oops\n", '{"text": "only"}\n', "[1]\n", '{"ok": true}\n', "no newline\n"):
            self.assertIn(text, end["log"])

    def test_endless_line_is_cut(self) -> None:
        self.executable("#!/bin/sh\nhead -c 5000000 /dev/zero | tr '\\0' z\necho\necho '{\"loss\": 1}'\n")
        end = self.run_command("train.sh")
        self.assertEqual([1], self.losses(end))
        self.assertEqual(1 << 20, end["log"].count("z"))
        self.assertIn(f"{5_000_000 - (1 << 20)} bytes are gone", end["log"])

    def test_last_report_without_a_newline(self) -> None:
        self.executable("#!/bin/sh\nprintf '{\"loss\": 2}'\n")
        self.assertEqual([2], self.losses(self.run_command("train.sh")))

    def test_variables(self) -> None:
        self.executable('#!/bin/sh\necho "{\\"loss\\": $HPO_TEST}"\n')
        self.assertEqual([12], self.losses(self.run_command("train.sh", env={"HPO_TEST": "12"})))


class CommandFailureTests(TrialCase):
    def fails(self, end: Json, error: str) -> None:
        self.assertEqual("failed", end["status"])
        self.assertIn(error, end["error"])
        self.assertTrue(end["reusable"])

    def test_exit_codes(self) -> None:
        self.fails(self.run_command("/bin/false"), "exit code 1")
        self.fails(self.run_command("/bin/true"), "printed no report")

    def test_last_lines_of_stderr_are_the_traceback(self) -> None:
        self.executable("#!/bin/sh\necho '{\"loss\": 1}'\necho 'no GPU found' >&2\nexit 3\n")
        end = self.run_command("train.sh")
        self.fails(end, "exit code 3")
        self.assertEqual("no GPU found", end["traceback"])
        self.assertEqual([1], self.losses(end))

    def test_death_by_signal(self) -> None:
        self.executable("#!/bin/sh\nkill -9 $$\n")
        end = self.run_command("train.sh")
        self.fails(end, "killed by signal 9 (SIGKILL)")
        self.assertEqual(9, end["signal"])

    def test_what_cannot_start(self) -> None:
        self.fails(self.run_command("no-such-program"), "no-such-program")
        self.fails(self.run_command("/no/such/program"), "FileNotFoundError")
        self.fails(self.run_command(), "a command needs")
        self.script("not a program", "data.txt")
        self.fails(self.run_command("data.txt"), "not executable")

    def test_memory_limit(self) -> None:
        self.script("import time\ntime.sleep(0.3)\nb = bytearray(10**9)\nprint('{\"loss\": 1}')", "train.py")
        end = self.run_command("train.py", memory_limit_mb=300)
        self.fails(end, "exit code 1: it wanted more than its memory limit of 300 MiB")
        self.assertIn("MemoryError", end["traceback"])


class CommandDirectiveTests(TrialCase):
    def start(self, text: str, **changes: object) -> Json:
        """Starts the script; returns the first report event, with the process group of the command."""
        self.executable(text)
        program = {"kind": "command", "command": ["train.sh"], "scripts": self.scripts}
        self.host.send(self.request(program=program, **changes))
        spawned = self.host.receive()
        self.assertEqual("spawned", spawned["ev"])
        return {**self.host.receive(), "pgid": spawned["pgid"]}

    def test_waits_at_until_while_the_command_goes_on(self) -> None:
        text = "#!/bin/sh\nfor i in 1 2 3 4 5 6; do echo \"{\\\"loss\\\": $i}\"; done\n"
        event = self.start(text, until=2)
        self.assertEqual((True, [1, 2]), (event["wait"], self.losses(event)))
        self.host.directive("continue", 5)
        event = self.host.receive()
        self.assertEqual((True, [3, 4, 5]), (event["wait"], self.losses(event)))
        self.host.directive("continue")
        end = self.host.until_end()
        self.assertEqual(("completed", [6]), (end["status"], self.losses(end)))

    def test_stop_kills_the_command_and_its_children(self) -> None:
        for action, status in (("stop", "stopped"), ("pause", "paused")):
            event = self.start("#!/bin/sh\nsleep 600 &\necho \"{\\\"loss\\\": $!}\"\nwait\n", until=1)
            self.host.directive(action)
            end = self.host.until_end()
            self.assertEqual((status, True), (end["status"], end["reusable"]))
            self.assert_gone(event["pgid"])
            self.assert_gone(event["reports"][0]["metrics"]["loss"])

    def test_command_that_ignores_the_polite_signal_is_killed(self) -> None:
        self.start("#!/bin/sh\ntrap '' TERM\necho '{\"loss\": 1}'\nwhile true; do sleep 0.1; done\n", until=1)
        self.host.directive("stop")
        self.assertEqual("stopped", self.host.until_end()["status"])

    def test_stop_key_ends_the_command(self) -> None:
        self.executable("#!/bin/sh\necho '{\"loss\": 1}'\necho '{\"loss\": 2}'\nsleep 600\n")
        end = self.run_command("train.sh", stop={"training_iteration": 1})
        self.assertEqual(("completed", [1]), (end["status"], self.losses(end)))

    def test_silent_command_can_be_stopped(self) -> None:
        self.executable("#!/bin/sh\nsleep 600\n")
        program = {"kind": "command", "command": ["train.sh"], "scripts": self.scripts}
        self.host.send(self.request(program=program))
        self.host.receive()
        self.host.directive("stop")
        self.assertEqual("stopped", self.host.until_end()["status"])

    def test_grandchild_that_keeps_the_pipe_does_not_hold_the_trial(self) -> None:
        self.executable("#!/bin/sh\nsleep 600 &\necho '{\"loss\": 1}'\n")
        self.assertEqual("completed", self.run_command("train.sh")["status"])

    def test_flood_of_a_command_is_bounded(self) -> None:
        self.executable("#!/bin/sh\nyes abcdefghijklmnopqrstuvwxyz | head -c 9990000\necho '{\"loss\": 1}'\n")
        end = self.run_command("train.sh", log_limit_mb=1)
        self.assertEqual(("completed", [1]), (end["status"], self.losses(end)))
        self.assertLess(len(end["log"]), 1024 * 1024)
        self.assertIn("MB dropped", end["log"])

    def test_death_of_the_host_kills_the_command(self) -> None:
        host = self.fresh_host()
        self.executable("#!/bin/sh\nsleep 600\n")
        program = {"kind": "command", "command": ["train.sh"], "scripts": self.scripts}
        host.send(self.request(program=program))
        group = host.receive()["pgid"]
        time.sleep(0.05)
        self.assertTrue(alive(group))
        host.hang_up()
        host.wait()
        self.assert_gone(group)
