"""Function objectives: how they are called and how they report."""

from __future__ import annotations

import os

from .support import TrialCase


class FunctionTests(TrialCase):
    def test_reporter_with_keywords(self) -> None:
        end = self.run_script(
            "def f(config, reporter):\n    reporter(loss=(config['height'] - 14) ** 2 - abs(config['width'] - 3))",
            config={"height": 14, "width": 20},
            stop={"training_iteration": 1},
        )
        self.assertEqual("completed", end["status"])
        self.assertEqual([-17], self.losses(end))
        self.assertEqual("stop key training_iteration reached 1 (1 >= 1)", end["reason"])
        self.assertIsNone(end["error"])
        self.assertTrue(end["reusable"])

    def test_every_report_is_one_iteration(self) -> None:
        end = self.run_script("def f(c, r):\n    for i in range(3):\n        r.report({'acc': i}, loss=i / 2)")
        self.assertEqual([1, 2, 3], [report["step"] for report in end["reports"]])
        self.assertEqual([1, 2, 3], [report["metrics"]["training_iteration"] for report in end["reports"]])
        self.assertEqual([0, 0.5, 1], self.losses(end))
        self.assertEqual([0, 1, 2], [report["metrics"]["acc"] for report in end["reports"]])
        self.assertGreaterEqual(end["reports"][0]["metrics"]["time_total_s"], 0)
        self.assertIsNone(end["reason"])

    def test_returned_number_is_the_metric(self) -> None:
        self.assertEqual([9], self.losses(self.run_script("def f(config):\n    return config['x'] ** 2", config={"x": 3})))

    def test_returned_dict_is_a_report(self) -> None:
        end = self.run_script("def f(config):\n    return {'loss': 1, 'info': {'a': 1}}")
        self.assertEqual([1], self.losses(end))
        self.assertNotIn("info", end["reports"][0]["metrics"])
        self.assertEqual(1, end["log"].count("'info'"))

    def test_returned_value_after_reports_is_no_report(self) -> None:
        self.assertEqual([1], self.losses(self.run_script("def f(c, r):\n    r(loss=1)\n    return 2")))

    def test_generator_yields_reports(self) -> None:
        end = self.run_script("def f(config):\n    for i in range(9):\n        yield {'loss': i}", stop={"training_iteration": 3})
        self.assertEqual([0, 1, 2], self.losses(end))

    def test_budget_argument(self) -> None:
        text = "def f(config, budget=1.0):\n    return {'loss': budget}"
        self.assertEqual([27], self.losses(self.run_script(text, budget=27)))
        self.assertEqual([1], self.losses(self.run_script(text)))

    def test_checkpoint_dir_and_other_defaults_stay(self) -> None:
        text = "def f(config, checkpoint_dir=None, verbose=7, reporter=None):\n    reporter(loss=verbose, none=checkpoint_dir is None)"
        end = self.run_script(text)
        self.assertEqual((7, 1), (end["reports"][0]["metrics"]["loss"], end["reports"][0]["metrics"]["none"]))

    def test_undecorated_wrapper_gets_both_arguments(self) -> None:
        end = self.run_script(
            """
            def noisy(g):
                def wrapper(*args, **kwargs):
                    return g(*args, **kwargs)
                return wrapper
            @noisy
            def f(config, reporter):
                reporter(loss=5)
            """
        )
        self.assertEqual([5], self.losses(end))

    def test_compute_class(self) -> None:
        text = "class f:\n    def compute(self, config, budget, **kwargs):\n        return {'loss': config['x'] * budget, 'info': None}"
        self.assertEqual([6], self.losses(self.run_script(text, config={"x": 2}, budget=3)))

    def test_param_wins_over_config(self) -> None:
        end = self.run_script(
            "def f(config):\n    assert type(config) is dict\n    return config['a'] * 10 + config['b']",
            config={"a": 1, "b": 2},
            param={"b": 5},
        )
        self.assertEqual([15], self.losses(end))

    def test_non_finite_values_travel_as_text(self) -> None:
        end = self.run_script("def f(c, r):\n    r(loss=float('nan'), a=float('inf'), b=-float('inf'), c=10**400, d=2**70)")
        metrics = end["reports"][0]["metrics"]
        self.assertEqual(["nan", "inf", "-inf", "inf"], [metrics[key] for key in ("loss", "a", "b", "c")])
        self.assertEqual(float(2**70), metrics["d"])

    def test_scalars_of_libraries_and_bools_are_numbers(self) -> None:
        end = self.run_script(
            """
            from decimal import Decimal
            class Scalar:
                def item(self):
                    return 2.5
            class Array:
                def item(self):
                    raise ValueError("more than one")
            def f(c, r):
                r(loss=Scalar(), right=True, exact=Decimal("0.5"), array=Array(), text="1.5", none=None)
                r(loss=1, text="again")
            """
        )
        metrics = end["reports"][0]["metrics"]
        self.assertEqual((2.5, 1, 0.5), (metrics["loss"], metrics["right"], metrics["exact"]))
        self.assertTrue({"array", "text", "none"}.isdisjoint(metrics))
        self.assertEqual(1, end["log"].count("'text'"))

    def test_report_without_the_metric_passes(self) -> None:
        end = self.run_script("def f(c, r):\n    r(accuracy=0.5)")
        self.assertEqual("completed", end["status"])
        self.assertEqual([None], self.losses(end))

    def test_script_without_suffix_and_in_a_subfolder(self) -> None:
        self.script("VALUE = 4", "sub/helper.py")
        self.script("import helper\ndef g(config):\n    return helper.VALUE", "sub/train-it.py")
        for name in ("sub/train-it", "sub/train-it.py"):
            program = {"kind": "python", "scripts": self.scripts, "script": name, "model": "g"}
            self.assertEqual([4], self.losses(self.run_request(self.request(program=program))))

    def test_relative_import_in_a_package(self) -> None:
        self.script("", "pack/__init__.py")
        self.script("VALUE = 8", "pack/helper.py")
        self.script("from . import helper\ndef g(config):\n    return helper.VALUE", "pack/train.py")
        program = {"kind": "python", "scripts": self.scripts, "script": "pack/train.py", "model": "g"}
        self.assertEqual([8], self.losses(self.run_request(self.request(program=program))))

    def test_script_named_like_a_library_module(self) -> None:
        self.script("def g(config):\n    return 3", "json.py")
        program = {"kind": "python", "scripts": self.scripts, "script": "json.py", "model": "g"}
        self.assertEqual([3], self.losses(self.run_request(self.request(program=program))))

    def test_runs_in_the_trial_folder_with_its_variables(self) -> None:
        request = self.request(env={"HPO_TEST": "here"})
        self.script("import os\ndef f(c, r):\n    print(os.getcwd(), os.environ['HPO_TEST'])\n    r(loss=0)")
        end = self.run_request(request)
        self.assertIn(f"{os.path.realpath(request['workdir'])} here", end["log"])

    def test_many_reports_are_split_into_messages(self) -> None:
        self.script("def f(c, r):\n    for i in range(2500):\n        r(loss=i)")
        host = self.host
        host.send(self.request())
        sizes = []
        while True:
            event = host.receive()
            sizes.append(len(event["reports"]))
            if event["ev"] == "end":
                break
        self.assertEqual(2500, sum(sizes))
        self.assertLessEqual(max(sizes), 1000)

    def test_metric_with_the_name_of_a_parameter(self) -> None:
        end = self.run_script("def f(c, r):\n    r(metrics=1, self=2, loss=3)")
        metrics = end["reports"][0]["metrics"]
        self.assertEqual((1, 2, 3), (metrics["metrics"], metrics["self"], metrics["loss"]))

    def test_path_and_arguments_belong_to_the_script(self) -> None:
        self.script("VALUE = 6", "lib/late.py")
        self.script("import sys\ndef g(config):\n    assert sys.argv[0].endswith('other.py')\n    return len(sys.path)", "other.py")
        text = (
            "import os, sys\nsys.path.append(os.path.join(os.path.dirname(__file__), 'lib'))\n"
            "def f(config):\n    import late\n    assert sys.argv[0].endswith('objective.py')\n    return late.VALUE"
        )
        other = {"kind": "python", "scripts": self.scripts, "script": "other.py", "model": "g"}
        self.assertEqual([6], self.losses(self.run_script(text)))
        self.assertEqual("completed", self.run_request(self.request(program=other))["status"])
        self.assertEqual([6], self.losses(self.run_request(self.request())))
