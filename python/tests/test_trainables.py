"""Trainable classes in every spelling, without Ray installed."""

from __future__ import annotations

from .support import TrialCase

TANH = "config['alpha'] * math.tanh(1 / config['beta'])"
CONFIG = {"alpha": 10, "beta": -1}
OPTIMUM = -7.6159415595576485


class TrainableTests(TrialCase):
    def check(self, text: str) -> None:
        end = self.run_script("import math\n" + text, config=CONFIG, stop={"training_iteration": 3})
        self.assertEqual("completed", end["status"], end)
        self.assertEqual([OPTIMUM] * 3, self.losses(end))
        self.assertEqual([1, 2, 3], [report["metrics"]["training_iteration"] for report in end["reports"]])
        self.assertIn("cleaned", end["log"])

    def test_underscored_names_on_ray_tune(self) -> None:
        self.check(
            f"""
from ray.tune import Trainable
class f(Trainable):
    def _setup(self, config):
        self.c = config
    def _train(self):
        config = self.c
        return {{'loss': {TANH}}}
    def _save(self, checkpoint_dir):
        raise RuntimeError('not asked for')
    def _restore(self, path):
        raise RuntimeError('not asked for')
    def _stop(self):
        print('cleaned')
"""
        )

    def test_plain_names_on_ray(self) -> None:
        self.check(
            f"""
import ray
from ray import tune
class f(tune.Trainable):
    def setup(self, config):
        self.c = config
    def step(self):
        config = self.c
        assert self.config is not None and self.iteration < 3
        return {{'loss': {TANH}}}
    def save_checkpoint(self, d):
        raise RuntimeError('not asked for')
    def load_checkpoint(self, d):
        raise RuntimeError('not asked for')
    def cleanup(self):
        print('cleaned')
"""
        )

    def test_constructor_that_calls_super(self) -> None:
        self.check(
            f"""
from ray.tune.trainable import Trainable
class f(Trainable):
    def __init__(self, config=None, *args, **kwargs):
        super().__init__(config, *args, **kwargs)
        self.again = self.c
    def setup(self, config):
        self.c = config
        print('set up')
    def step(self):
        config = self.again
        return {{'loss': {TANH}}}
    def cleanup(self):
        print('cleaned')
"""
        )

    def test_initialize_with_keywords_on_hpogrid(self) -> None:
        self.check(
            f"""
from hpogrid.components import CustomModel
class f(CustomModel):
    def initialize(self, **config):
        self.c = config
    def step(self):
        config = self.c
        return {{'loss': {TANH}}}
    def cleanup(self):
        print('cleaned')
"""
        )

    def test_initialize_with_the_whole_configuration(self) -> None:
        self.check(
            f"""
class f:
    def initialize(self, config):
        self.c = config
    def step(self):
        config = self.c
        return {{'loss': {TANH}}}
    def stop(self):
        print('cleaned')
"""
        )

    def test_initialize_with_named_hyperparameters(self) -> None:
        self.check(
            f"""
class f:
    def initialize(self, alpha, beta=3):
        self.c = {{'alpha': alpha, 'beta': beta}}
    def step(self):
        config = self.c
        return {{'loss': {TANH}}}
    def cleanup(self):
        print('cleaned')
"""
        )

    def test_constructor_that_takes_the_configuration(self) -> None:
        self.check(
            f"""
class f:
    def __init__(self, config):
        self.c = config
    def train(self):
        config = self.c
        return {{'loss': {TANH}}}
    def cleanup(self):
        print('cleaned')
"""
        )

    def test_done_ends_the_trial(self) -> None:
        end = self.run_script(
            """
            class f:
                def setup(self, config):
                    self.i = 0
                def step(self):
                    self.i += 1
                    return {"loss": self.i, "done": self.i == 4}
            """
        )
        self.assertEqual(("completed", [1, 2, 3, 4]), (end["status"], self.losses(end)))
        self.assertNotIn("done", end["reports"][-1]["metrics"])

    def test_setup_runs_once_for_each_trial(self) -> None:
        text = """
            from ray.tune import Trainable
            class f(Trainable):
                def setup(self, config):
                    print("set up")
                def step(self):
                    return {"loss": 1}
            """
        for _ in range(2):
            self.assertEqual(1, self.run_script(text, stop={"training_iteration": 2})["log"].count("set up"))

    def test_failing_clean_up_leaves_the_result(self) -> None:
        text = "class f:\n    def step(self):\n        return {'loss': 1}\n    def cleanup(self):\n        1 / 0"
        end = self.run_script(text, stop={"training_iteration": 1})
        self.assertEqual("completed", end["status"])
        self.assertIn("ZeroDivisionError", end["log"])

    def test_step_that_returns_no_metrics_fails(self) -> None:
        end = self.run_script("class f:\n    def step(self):\n        return 'fine'")
        self.assertEqual("failed", end["status"])
        self.assertIn("TypeError", end["error"])

    def test_class_without_a_step_fails(self) -> None:
        end = self.run_script("from ray.tune import Trainable\nclass f(Trainable):\n    pass")
        self.assertEqual("failed", end["status"])
        self.assertIn("step()", end["error"])

    def test_tune_report_in_a_function(self) -> None:
        end = self.run_script(
            "from ray import tune\ndef f(config):\n    tune.report(loss=1)\n    tune.report({'loss': 2})\n"
            "    assert tune.get_checkpoint() is None"
        )
        self.assertEqual(("completed", [1, 2]), (end["status"], self.losses(end)))

    def test_what_the_stand_in_lacks_fails_with_a_name(self) -> None:
        end = self.run_script("from ray import tune\nspace = tune.uniform(0, 1)\ndef f(config):\n    return 1")
        self.assertEqual("failed", end["status"])
        self.assertIn("ray.tune.uniform", end["error"])

    def test_installed_ray_is_used_but_its_constructor_and_reports_are_not(self) -> None:
        self.script("from . import tune", "ray/__init__.py")
        self.script("from .trainable import Trainable\ndef report(*a, **k):\n    raise SystemError('no session')", "ray/tune/__init__.py")
        self.script(
            """
            class Trainable:
                def __init__(self, config=None, logger_creator=None, storage=None):
                    raise SystemError("wants a cluster")
                def setup(self, config):
                    pass
                def step(self):
                    raise NotImplementedError
                def train(self):
                    raise SystemError("driver's method")
                def stop(self):
                    raise SystemError("driver's method")
                @property
                def iteration(self):
                    return self._iteration
            """,
            "ray/tune/trainable.py",
        )
        end = self.run_script(
            """
            from ray import tune
            from ray.tune import report
            class f(tune.Trainable):
                def setup(self, config):
                    self.x = config["x"]
                def step(self):
                    return {"loss": self.x + self.iteration}
            """,
            config={"x": 5},
            stop={"training_iteration": 2},
        )
        self.assertEqual(("completed", [5, 6]), (end["status"], self.losses(end)))
        end = self.run_script("from ray.tune import report\ndef f(config):\n    report({'loss': 3})")
        self.assertEqual([3], self.losses(end))
