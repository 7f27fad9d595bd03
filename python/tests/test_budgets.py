"""Programs that are told a budget, and told again."""

from __future__ import annotations

import json
import os
from typing import Any, List

from .support import Json, TrialCase, read

FUNCTION = "def f(config, budget):\n    config['used'] = config.get('used', 0) + 1\n    return {'loss': 100 - budget, 'used': config['used']}"


class BudgetCase(TrialCase):
    def question(self) -> Json:
        event = self.host.receive()
        while event["ev"] == "spawned":
            event = self.host.receive()
        self.assertEqual(("report", True), (event["ev"], event.get("wait")), event)
        return event

    def values(self, event: Json) -> List[Any]:
        return [(report["step"], report["metrics"]["loss"]) for report in event["reports"]]


class BudgetTests(BudgetCase):
    def start(self, text: str, **changes: Any) -> Json:
        self.script(text)
        self.host.send(self.request(**changes))
        return self.question()

    def test_function_is_called_for_each_budget(self) -> None:
        event = self.start(FUNCTION, until=3)
        self.assertEqual(([3], [97.0]), (self.steps(event), self.losses(event)))
        self.assertEqual(3, event["reports"][0]["metrics"]["training_iteration"])
        self.host.directive("continue", 9)
        event = self.question()
        self.assertEqual(([9], [91.0]), (self.steps(event), self.losses(event)))
        self.assertEqual(1, event["reports"][0]["metrics"]["used"], "each call has its own configuration")
        self.host.directive("continue", 12, budget=0.5)
        event = self.question()
        self.assertEqual(([12], [99.5]), (self.steps(event), self.losses(event)))
        self.host.directive("pause")
        self.assertEqual("paused", self.host.until_end()["status"])

    def test_budget_wins_over_until(self) -> None:
        self.assertEqual([99.75], self.losses(self.start(FUNCTION, until=1, budget=0.25)))
        self.host.directive("stop")
        self.assertEqual("stopped", self.host.until_end()["status"])

    def test_it_asks_again_where_nothing_is_decided(self) -> None:
        self.start(FUNCTION, until=4)
        self.host.directive("continue", 4)
        self.assertEqual([4], self.steps(self.question()))
        self.host.directive("continue", 6)
        event = self.question()
        self.assertEqual(([6], [94.0]), (self.steps(event), self.losses(event)))
        self.host.directive("stop")
        end = self.host.until_end()
        self.assertEqual(("stopped", []), (end["status"], end["reports"]))

    def test_continue_without_until_completes(self) -> None:
        self.start(FUNCTION, until=4)
        self.host.directive("continue")
        end = self.host.until_end()
        self.assertEqual(("completed", []), (end["status"], end["reports"]))
        self.start(FUNCTION, until=4)
        self.host.directive("continue", budget=8)
        end = self.host.until_end()
        self.assertEqual(("completed", [8], [92.0]), (end["status"], self.steps(end), self.losses(end)))

    def test_stop_key_completes(self) -> None:
        end = self.run_script(FUNCTION, until=4, stop={"training_iteration": 4})
        self.assertEqual(("completed", [4]), (end["status"], self.steps(end)))

    def test_without_until_there_is_one_call(self) -> None:
        end = self.run_script(FUNCTION, budget=7)
        self.assertEqual(("completed", [1], [93.0]), (end["status"], self.steps(end), self.losses(end)))

    def test_function_that_reports_itself_is_called_once(self) -> None:
        text = "def f(config, reporter, budget):\n    for i in range(int(budget)):\n        reporter(loss=i)\n"
        event = self.start(text, until=3)
        self.assertEqual([1, 2, 3], self.steps(event))
        self.host.directive("continue", 6)
        end = self.host.until_end()
        self.assertEqual(("completed", []), (end["status"], end["reports"]))

    def test_worker_class_is_made_once(self) -> None:
        text = """
            class f:
                def __init__(self):
                    self.calls = 0
                def compute(self, config, budget, **kwargs):
                    self.calls += 1
                    return {"loss": budget, "info": self.calls}
            """
        self.start(text, until=1)
        self.host.directive("continue", 3)
        event = self.question()
        self.assertEqual(([3], 3.0, 2), (self.steps(event), self.losses(event)[0], event["reports"][0]["metrics"]["info"]))
        self.host.directive("stop")
        self.host.until_end()


class CommandBudgetTests(BudgetCase):
    def command(self, **changes: Any) -> Json:
        program = {"kind": "command", "command": ["train.py"], "scripts": self.scripts}
        request = self.request(program=program, **changes)
        self.host.send(request)
        return request

    HEEDS = (
        "import json, sys\nn = json.load(open(sys.argv[1]))['n_iterations']\n"
        "for i in range(n): print('#Auptimizer:%s' % (100 - i - 1))"
    )
    ONE = "import json, sys\nprint('#Auptimizer:%s' % (100 - json.load(open(sys.argv[1]))['n_iterations']))"

    def test_last_result_counts_for_until(self) -> None:
        self.script(self.ONE, "train.py")
        self.command(until=4)
        self.assertEqual([(4, 96)], self.values(self.question()))
        self.host.directive("continue", 9)
        self.assertEqual([(9, 91)], self.values(self.question()))
        self.host.directive("pause")
        self.assertEqual("paused", self.host.until_end()["status"])

    def test_results_before_the_last_are_steps_before(self) -> None:
        self.script(self.HEEDS, "train.py")
        request = self.command(until=2)
        self.assertEqual([(1, 99), (2, 98)], self.values(self.question()))
        self.host.directive("continue", 5)
        self.assertEqual([(3, 97), (4, 96), (5, 95)], self.values(self.question()))
        self.assertEqual({"n_iterations": 5}, json.loads(read(os.path.join(request["workdir"], "config.json"))))
        self.host.directive("continue")
        self.assertEqual("completed", self.host.until_end()["status"])

    def test_budget_is_told_as_a_whole_number(self) -> None:
        self.script(self.ONE, "train.py")
        self.command(until=27, budget=2.7)
        self.assertEqual([(27, 98)], self.values(self.question()))
        self.host.directive("stop")
        self.assertEqual("stopped", self.host.until_end()["status"])

    def test_command_that_runs_on_is_not_run_again(self) -> None:
        self.script("for i in range(6): print('#Auptimizer:%s' % i)", "train.py")
        self.command(until=2)
        self.assertEqual([(1, 0), (2, 1)], self.values(self.question()))
        self.host.directive("continue", 4)
        self.assertEqual([(3, 2), (4, 3)], self.values(self.question()))
        self.host.directive("continue", 10)
        self.assertEqual([(5, 4), (10, 5)], self.values(self.question()))
        self.host.directive("continue", 20)
        self.assertEqual("completed", self.host.until_end()["status"])

    def test_it_asks_again_where_nothing_is_decided(self) -> None:
        self.script(self.ONE, "train.py")
        self.command(until=4)
        self.assertEqual([(4, 96)], self.values(self.question()))
        self.host.directive("continue", 4)
        self.assertEqual([(4, 96)], self.values(self.question()))
        self.host.directive("continue", 9)
        self.assertEqual([(9, 91)], self.values(self.question()))
        self.host.directive("stop")
        self.host.until_end()

    def test_result_that_does_not_change_ends_it(self) -> None:
        self.script("print('#Auptimizer:7')", "train.py")
        self.command(until=2)
        self.assertEqual([(2, 7)], self.values(self.question()))
        self.host.directive("continue", 4)
        self.assertEqual([(4, 7)], self.values(self.question()))
        self.host.directive("continue", 8)
        self.assertEqual("completed", self.host.until_end()["status"])

    def test_failure_keeps_the_results_before_it(self) -> None:
        self.script("print('#Auptimizer:7')\nprint('#Auptimizer:6')\nraise SystemExit(3)", "train.py")
        self.command(until=5)
        end = self.host.until_end()
        self.assertEqual(("failed", [(1, 7), (2, 6)]), (end["status"], self.values(end)))

    def test_own_n_iterations_stay(self) -> None:
        self.script(self.ONE, "train.py")
        self.command(until=4, config={"n_iterations": 10})
        end = self.host.until_end()
        self.assertEqual(("completed", [(1, 90)]), (end["status"], self.values(end)))

    def test_checkpoint_of_a_run_is_for_the_next(self) -> None:
        self.script(
            """
            import json, os, sys
            n = json.load(open(sys.argv[1]))["n_iterations"]
            restored = os.environ.get("HPO_RESTORE_DIR")
            first = int(open(os.path.join(restored, "i")).read()) if restored else 0
            for i in range(first, n):
                print("#Auptimizer:%s" % (100 + i), flush=True)
            open(os.path.join(os.environ["HPO_CHECKPOINT_DIR"], "i"), "w").write(str(n))
            print('{"checkpoint": "i"}')
            """,
            "train.py",
        )
        self.command(until=2, checkpoint=self.rules())
        event = self.host.receive()
        self.assertEqual("spawned", event["ev"])
        event = self.question()
        self.assertEqual([(1, 100), (2, 101)], self.values(event))
        self.host.directive("continue", 4)
        checkpoint = self.host.receive()
        self.assertEqual(("checkpoint", 2), (checkpoint["ev"], checkpoint["step"]))
        self.assertEqual([(3, 102), (4, 103)], self.values(self.question()))
        self.host.directive("stop")
        self.host.until_end()
