"""Checkpoints of Trainables, functions and commands, and what comes back from them."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from typing import Any, List

from .support import Json, TrialCase, read

FILES = """
import os
class f:
    def setup(self, config):
        self.w = 0
    def step(self):
        self.w += 1
        return {"loss": 10 - self.w}
    def save_checkpoint(self, folder):
        with open(os.path.join(folder, "w.txt"), "w") as file:
            file.write(str(self.w))
    def load_checkpoint(self, folder):
        with open(os.path.join(folder, "w.txt")) as file:
            self.w = int(file.read())
"""
PATH = """
import os
from ray.tune import Trainable
class f(Trainable):
    def _setup(self, config):
        self.w = 0
    def _train(self):
        self.w += 1
        return {"loss": 10 - self.w, "seen": self.training_iteration}
    def _save(self, folder):
        path = os.path.join(folder, "model")
        with open(path, "w") as file:
            file.write(str(self.w))
        return path
    def _restore(self, path):
        assert path.endswith("/model"), path
        with open(path) as file:
            self.w = int(file.read())
"""
DICT = """
class f:
    def initialize(self, config):
        self.w = 0
    def step(self):
        self.w += 1
        return {"loss": 10 - self.w}
    def save(self):
        return {"w": self.w}
    def restore(self, state):
        self.w = state["w"]
"""
FUNCTION = """
def f(config, reporter):
    w = reporter.restored["w"] if reporter.restored else 0
    for _ in range(reporter.step, 6):
        w += 1
        reporter.checkpoint({"w": w})
        reporter(loss=10 - w)
"""


class CheckpointCase(TrialCase):
    def paused(self, text: str, until: int, **changes: Any) -> Json:
        """Runs to ``until``, pauses, and gives the end of the segment with the reports before it."""
        self.script(text)
        request = self.request(until=until, **{"checkpoint": self.rules(), **changes})
        self.host.send(request)
        reports: List[Json] = []
        checkpoints: List[Json] = []
        while True:
            event = self.host.receive()
            if event["ev"] == "checkpoint":
                checkpoints.append(event)
                continue
            reports += event["reports"]
            if event["wait"]:
                break
        self.host.directive("pause")
        end = self.host.until_end()
        self.assertEqual("paused", end["status"], end)
        return {
            **end,
            "reports": reports + end["reports"],
            "checkpoints": checkpoints + end["checkpoints"],
            "log": read(request["log"]),
        }

    def resumed(self, checkpoint: Json, **changes: Any) -> Json:
        restore = {"path": checkpoint["path"], "step": checkpoint["step"]}
        return self.run_request(self.request(segment=1, restore=restore, checkpoint=self.rules(), **changes))

    def check_file(self, checkpoint: Json) -> None:
        with open(checkpoint["path"], "rb") as file:
            data = file.read()
        self.assertEqual((len(data), hashlib.sha256(data).hexdigest()), (checkpoint["bytes"], checkpoint["sha256"]))


class TrainableCheckpointTests(CheckpointCase):
    def test_every_spelling_goes_on_where_it_paused(self) -> None:
        for text in (FILES, PATH, DICT):
            with self.subTest(text[:30]):
                end = self.paused(text, 3)
                self.assertEqual(([1, 2, 3], [3]), (self.steps(end), [c["step"] for c in end["checkpoints"]]))
                self.check_file(end["checkpoints"][0])
                again = self.resumed(end["checkpoints"][0], stop={"training_iteration": 6})
                self.assertEqual(([4, 5, 6], [6, 5, 4]), (self.steps(again), self.losses(again)), again)
                self.assertEqual(4, again["reports"][0]["metrics"]["training_iteration"])
                left = [name for name in os.listdir(self.rules()["folder"]) if not name.endswith(".tar")]
                self.assertEqual([], left, "only finished files stay")

    def test_iteration_of_a_ray_trainable_and_time_go_on(self) -> None:
        end = self.paused(PATH, 3)
        again = self.resumed(end["checkpoints"][0], stop={"training_iteration": 5})
        self.assertEqual([3, 4], [report["metrics"]["seen"] for report in again["reports"]])
        times = [report["metrics"]["time_total_s"] for report in end["reports"] + again["reports"]]
        self.assertEqual(sorted(times), times)

    def test_every_few_steps_and_at_the_end(self) -> None:
        end = self.run_script(FILES, checkpoint=self.rules(every=2), stop={"training_iteration": 5})
        self.assertEqual([2, 4, 5], [checkpoint["step"] for checkpoint in end["checkpoints"]])
        end = self.run_script(FILES, checkpoint=self.rules(), stop={"training_iteration": 5})
        self.assertEqual([], end["checkpoints"])
        end = self.run_script(FILES, checkpoint=self.rules(at_end=True), stop={"training_iteration": 5})
        self.assertEqual([5], [checkpoint["step"] for checkpoint in end["checkpoints"]])

    def test_time_that_passed_is_followed_by_a_checkpoint(self) -> None:
        slow = FILES.replace("self.w += 1", "self.w += 1; __import__('time').sleep(0.02)")
        end = self.run_script(slow, checkpoint=self.rules(every_s=0.001), stop={"training_iteration": 4})
        self.assertEqual([1, 2, 3], [checkpoint["step"] for checkpoint in end["checkpoints"]], "nothing goes on after the last step")
        end = self.run_script(slow, checkpoint=self.rules(every_s=3600), stop={"training_iteration": 4})
        self.assertEqual([], end["checkpoints"])

    def test_checkpoint_comes_before_the_question_and_after_the_reports_before(self) -> None:
        self.script(FILES)
        self.host.send(self.request(until=3, checkpoint=self.rules(at_until=True)))
        events = [self.host.receive() for _ in range(3)]
        self.assertEqual(["report", "checkpoint", "report"], [event["ev"] for event in events])
        self.assertEqual(([1, 2], 3, [3]), (self.steps(events[0]), events[1]["step"], self.steps(events[2])))
        self.assertEqual((False, True), (events[0]["wait"], events[2]["wait"]))
        self.host.directive("pause")
        end = self.host.until_end()
        self.assertEqual(("paused", []), (end["status"], end["checkpoints"]), "it is saved already")

    def test_pause_without_being_asked_saves_too(self) -> None:
        self.script(FILES.replace("self.w += 1", "self.w += 1; __import__('time').sleep(0.02)"))
        self.host.send(self.request(checkpoint=self.rules()))
        self.host.directive("pause")
        end = self.host.until_end()
        self.assertEqual("paused", end["status"])
        self.assertEqual(end["reports"][-1]["step"], end["checkpoints"][-1]["step"])

    def test_stop_saves_nothing(self) -> None:
        self.script(FILES)
        self.host.send(self.request(until=2, checkpoint=self.rules()))
        self.host.receive()
        self.host.directive("stop")
        self.assertEqual([], self.host.until_end()["checkpoints"])

    def test_without_methods_it_pauses_and_says_so(self) -> None:
        end = self.paused("class f:\n    def step(self):\n        return {'loss': 1}", 2)
        self.assertEqual([], end["checkpoints"])
        self.assertIn("starts from the beginning", end["log"])

    def test_methods_of_rays_own_base_are_not_meant(self) -> None:
        text = "from ray.tune import Trainable\nclass f(Trainable):\n    def step(self):\n        return {'loss': 1}"
        self.assertEqual([], self.paused(text, 1)["checkpoints"])

    def test_failing_save_does_not_fail_the_trial(self) -> None:
        text = FILES.replace("with open(os.path.join(folder, \"w.txt\"), \"w\") as file:", "if True:").replace(
            "file.write(str(self.w))", "raise ValueError('no room')"
        )
        end = self.run_script(text, checkpoint=self.rules(every=1), stop={"training_iteration": 3})
        self.assertEqual(("completed", [1, 2, 3], []), (end["status"], self.steps(end), end["checkpoints"]))
        self.assertIn("no room", end["log"])
        end = self.paused(text, 2)
        self.assertIn("no room", end["reason"])

    def test_what_save_must_not_give(self) -> None:
        for result in ("return 5", "return '/etc/passwd'", "return None", "return '../w'"):
            text = f"class f:\n    def step(self):\n        return {{'loss': 1}}\n    def save(self, folder):\n        {result}\n    def restore(self, p):\n        pass"
            end = self.run_script(text, checkpoint=self.rules(every=1), stop={"training_iteration": 1})
            self.assertEqual(("completed", []), (end["status"], end["checkpoints"]), result)
            self.assertIn("could not be saved", end["log"])

    def test_failing_restore_fails_the_trial(self) -> None:
        end = self.paused(FILES, 2)
        self.script(FILES.replace("self.w = int(", "raise KeyError('layer7') if True else int("))
        again = self.resumed(end["checkpoints"][0])
        self.assertEqual("failed", again["status"])
        self.assertIn("layer7", again["error"])

    def test_files_links_and_folders_survive(self) -> None:
        text = """
            import os
            class f:
                def step(self):
                    return {"loss": 1}
                def save(self, folder):
                    os.makedirs(folder + "/a/b")
                    os.mkdir(folder + "/empty")
                    with open(folder + "/a/b/big", "wb") as file:
                        file.write(b"x" * 3000000)
                    os.chmod(folder + "/a/b/big", 0o750)
                    os.symlink("a/b/big", folder + "/latest")
                    os.symlink("..", folder + "/a/up")
                    os.mkfifo(folder + "/pipe")
                def restore(self, folder):
                    names = sorted(os.path.relpath(os.path.join(d, n), folder) for d, _, ns in os.walk(folder) for n in ns)
                    assert names == ["a/b/big", "latest"], names
                    assert os.path.isdir(folder + "/empty")
                    assert os.path.getsize(folder + "/latest") == 3000000
                    assert os.stat(folder + "/a/b/big").st_mode & 0o777 == 0o750
            """
        end = self.paused(text, 1)
        self.assertIn("pipe", end["log"])
        self.assertEqual([2], self.steps(self.resumed(end["checkpoints"][0], stop={"training_iteration": 2})))

    def test_file_that_is_no_checkpoint_or_reaches_out_fails_the_trial(self) -> None:
        self.script(FILES)
        path = os.path.join(self.folder, "evil.tar")
        for name, kind in (("../evil", tarfile.REGTYPE), ("/evil", tarfile.REGTYPE), ("files/x", tarfile.SYMTYPE)):
            with tarfile.open(path, "w") as tar:
                info = tarfile.TarInfo(name)
                info.type, info.linkname = kind, "/etc"
                tar.addfile(info, io.BytesIO())
            self.assertEqual("failed", self.resumed({"path": path, "step": 1})["status"], name)
        self.assertEqual(["checkpoints", "evil.tar", "scripts"], sorted(n for n in os.listdir(self.folder) if not n.startswith("trial")))
        with open(path, "wb") as file:
            file.write(b"rubbish")
        self.assertIn("no checkpoint", self.resumed({"path": path, "step": 1})["error"])


class FunctionCheckpointTests(CheckpointCase):
    def test_object(self) -> None:
        end = self.paused(FUNCTION, 3)
        self.assertEqual([3], [checkpoint["step"] for checkpoint in end["checkpoints"]])
        again = self.resumed(end["checkpoints"][0])
        self.assertEqual(("completed", [4, 5, 6], [6, 5, 4]), (again["status"], self.steps(again), self.losses(again)))

    def test_every_few_steps_keeps_only_what_is_due(self) -> None:
        end = self.run_script(FUNCTION, checkpoint=self.rules(every=4))
        self.assertEqual([4, 6], [checkpoint["step"] for checkpoint in end["checkpoints"]])
        self.assertEqual(2, len(os.listdir(self.rules()["folder"])))

    def test_without_rules_a_checkpoint_is_free(self) -> None:
        end = self.run_script(FUNCTION)
        self.assertEqual(("completed", 6, []), (end["status"], len(end["reports"]), end["checkpoints"]))

    def test_object_of_a_class_of_the_script_changed_after_it_was_kept(self) -> None:
        text = """
            class State:
                def __init__(self):
                    self.w = 0
            def f(config, reporter):
                state = reporter.restored or State()
                while True:
                    state.w += 1
                    reporter.checkpoint(state)
                    w, state.w = state.w, state.w + 100
                    reporter(loss=w)
                    state.w = w
            """
        end = self.paused(text, 2)
        again = self.resumed(end["checkpoints"][0], stop={"training_iteration": 3})
        self.assertEqual([3], self.losses(again))

    def test_older_checkpoint_resumes_from_its_own_step(self) -> None:
        text = """
            def f(config, reporter):
                w = reporter.restored or 0
                assert w == reporter.step
                while True:
                    w += 1
                    if w % 2 == 0:
                        reporter.checkpoint(w)
                    reporter(loss=w)
            """
        end = self.paused(text, 3)
        self.assertEqual([2], [checkpoint["step"] for checkpoint in end["checkpoints"]])
        self.assertEqual([3], self.losses(self.resumed(end["checkpoints"][0], stop={"training_iteration": 3})))

    def test_step_that_is_said(self) -> None:
        text = """
            def f(config, reporter):
                w = reporter.restored or 0
                while True:
                    w += 1
                    reporter(loss=w)
                    reporter.checkpoint(w, step=reporter.step)
            """
        end = self.paused(text, 3)
        self.assertEqual([2], [checkpoint["step"] for checkpoint in end["checkpoints"]])
        self.assertEqual([3, 4], self.losses(self.resumed(end["checkpoints"][0], stop={"training_iteration": 4})))

    def test_files(self) -> None:
        for call in ("folder=folder", "path=folder + '/w'"):
            text = f"""
                import os
                def f(config, reporter):
                    w = 0
                    if reporter.restored_folder:
                        w = int(open(reporter.restored_folder + "/w").read())
                    assert reporter.restored is None
                    folder = os.path.abspath("mine")
                    os.makedirs(folder, exist_ok=True)
                    while True:
                        w += 1
                        with open(folder + "/w", "w") as file:
                            file.write(str(w))
                        reporter.checkpoint({call})
                        os.unlink(folder + "/w")
                        reporter(loss=w)
                """
            end = self.paused(text, 2)
            again = self.resumed(end["checkpoints"][0], stop={"training_iteration": 3})
            self.assertEqual([3], self.losses(again), again)

    def test_rays_function_interface(self) -> None:
        text = """
            import os
            from ray import tune
            def f(config, checkpoint_dir=None):
                w = int(open(os.path.join(checkpoint_dir, "w")).read()) if checkpoint_dir else 0
                while True:
                    w += 1
                    with tune.checkpoint_dir(step=w) as folder:
                        open(os.path.join(folder, "w"), "w").write(str(w))
                    tune.report(loss=w)
            """
        end = self.paused(text, 2)
        self.assertEqual([2], [checkpoint["step"] for checkpoint in end["checkpoints"]])
        self.assertEqual([3, 4], self.losses(self.resumed(end["checkpoints"][0], stop={"training_iteration": 4})))

    def test_rays_newer_function_interface(self) -> None:
        text = """
            import os, tempfile
            from ray import train
            from ray.train import Checkpoint
            def f(config):
                w = 0
                if train.get_checkpoint():
                    with train.get_checkpoint().as_directory() as folder:
                        w = int(open(os.path.join(folder, "w")).read())
                while True:
                    w += 1
                    with tempfile.TemporaryDirectory() as folder:
                        open(os.path.join(folder, "w"), "w").write(str(w))
                        train.report({"loss": w}, checkpoint=Checkpoint.from_directory(folder))
            """
        end = self.paused(text, 2)
        self.assertEqual([2], [checkpoint["step"] for checkpoint in end["checkpoints"]])
        self.assertEqual([3, 4], self.losses(self.resumed(end["checkpoints"][0], stop={"training_iteration": 4})))
        text = """
            from ray.air import session, Checkpoint
            def f(config):
                w = session.get_checkpoint().to_dict()["w"] if session.get_checkpoint() else 0
                while True:
                    w += 1
                    session.report({"loss": w}, checkpoint=Checkpoint.from_dict({"w": w}))
            """
        end = self.paused(text, 2)
        self.assertEqual([3, 4], self.losses(self.resumed(end["checkpoints"][0], stop={"training_iteration": 4})))

    def test_what_cannot_be_kept_fails_where_it_is_kept(self) -> None:
        end = self.run_script("def f(c, reporter):\n    reporter.checkpoint(lambda: 1)\n    reporter(loss=1)", checkpoint=self.rules())
        self.assertEqual("failed", end["status"])
        self.assertEqual([], os.listdir(self.rules()["folder"]))
        end = self.run_script("def f(c, reporter):\n    reporter.checkpoint(folder='nowhere')", checkpoint=self.rules())
        self.assertIn("nowhere", end["error"])
        end = self.run_script("def f(c, reporter):\n    reporter.checkpoint()", checkpoint=self.rules())
        self.assertIn("TypeError", end["error"])


class CommandCheckpointTests(CheckpointCase):
    TRAIN = """\
        #!/bin/sh
        w=0
        [ -n "$HPO_RESTORE_DIR" ] && w=$(cat "$HPO_RESTORE_DIR/w")
        while [ $w -lt 6 ]; do
          w=$((w + 1))
          echo "{\\"loss\\": $w, \\"step\\": $w}"
          mkdir -p "$HPO_CHECKPOINT_DIR/c$w"
          echo $w > "$HPO_CHECKPOINT_DIR/c$w/w"
          echo "{\\"checkpoint\\": \\"c$w\\"}"
        done
        """

    def command(self, **changes: Any) -> Json:
        program = {"kind": "command", "command": ["train.sh"], "scripts": self.scripts}
        return self.request(program=program, checkpoint=self.rules(), **changes)

    def test_announced_checkpoint_is_restored(self) -> None:
        self.executable(self.TRAIN)
        end = self.run_request(self.command())
        self.assertEqual(list(range(1, 7)), [checkpoint["step"] for checkpoint in end["checkpoints"]])
        self.assertEqual(list(range(1, 7)), self.steps(end))
        self.check_file(end["checkpoints"][3])
        again = self.run_request(self.command(segment=1, restore={"path": end["checkpoints"][3]["path"], "step": 4}))
        self.assertEqual(([5, 6], [5, 6]), (self.steps(again), self.losses(again)))

    def test_saves_on_its_way_out(self) -> None:
        self.executable(
            """\
            #!/bin/sh
            trap 'sleep 0.3; echo last > "$HPO_CHECKPOINT_DIR/state"; echo "{\\"checkpoint\\": \\"state\\"}"; exit 0' TERM
            echo '{"loss": 1}'
            while true; do sleep 0.05; done
            """
        )
        self.host.send(self.command(until=1))
        self.assertEqual("spawned", self.host.receive()["ev"])
        self.assertTrue(self.host.receive()["wait"])
        self.host.directive("pause")
        end = self.host.until_end()
        self.assertEqual(("paused", [1]), (end["status"], [checkpoint["step"] for checkpoint in end["checkpoints"]]))

    def test_names_that_are_not_taken(self) -> None:
        self.executable(
            "#!/bin/sh\necho '{\"loss\": 1}'\necho '{\"checkpoint\": \"missing\"}'\necho '{\"checkpoint\": \"../..\"}'\n"
            "echo '{\"checkpoint\": 5}'\n"
        )
        end = self.run_request(self.command())
        self.assertEqual(("completed", []), (end["status"], end["checkpoints"]))
        self.assertIn("missing does not exist", end["log"])
        self.assertIn("not in HPO_CHECKPOINT_DIR", end["log"])

    def test_without_rules_the_variables_are_not_set(self) -> None:
        self.executable('#!/bin/sh\necho "{\\"loss\\": 1, \\"checkpoint\\": \\"x\\", \\"set\\": ${HPO_CHECKPOINT_DIR:-0}}"\n')
        end = self.run_command("train.sh")
        self.assertEqual((0, []), (end["reports"][0]["metrics"]["set"], end["checkpoints"]))
