"""Stop keys, and the conversation about how far a trial runs."""

from __future__ import annotations

from .support import Json, TrialCase

ENDLESS = """
class f:
    def setup(self, config):
        self.i = 0
    def step(self):
        self.i += 1
        return {"loss": 10 - self.i, "acc": self.i / 10}
"""
STUBBORN = """
def f(config, reporter):
    for i in range(1000):
        try:
            reporter(loss=i)
        except Exception:
            print("swallowed an Exception")
        except BaseException:
            print("swallowed")
            if i > 20:
                return
"""


class DirectiveTests(TrialCase):
    def test_own_metric_with_mode_min_stops_at_or_below(self) -> None:
        end = self.run_script(ENDLESS, stop={"loss": 7})
        self.assertEqual(([9, 8, 7], "stop key loss reached 7 (7 <= 7)"), (self.losses(end), end["reason"]))

    def test_own_metric_with_mode_max_stops_at_or_above(self) -> None:
        end = self.run_script(ENDLESS, stop={"acc": 0.3}, metric="acc", mode="max")
        self.assertEqual((3, "stop key acc reached 0.3 (0.3 >= 0.3)"), (len(end["reports"]), end["reason"]))

    def test_other_keys_stop_at_or_above_in_mode_min(self) -> None:
        self.assertEqual(2, len(self.run_script(ENDLESS, stop={"acc": 0.2})["reports"]))

    def test_first_key_reached_ends(self) -> None:
        self.assertEqual(4, len(self.run_script(ENDLESS, stop={"loss": 0, "training_iteration": 4})["reports"]))

    def test_nan_reaches_nothing(self) -> None:
        text = "def f(c, r):\n    r(loss=float('nan'))\n    r(loss=-float('inf'))\n    r(loss=0)"
        self.assertEqual(["nan", "-inf"], self.losses(self.run_script(text, stop={"loss": 1})))

    def test_wrong_threshold_fails_the_trial(self) -> None:
        end = self.run_script(ENDLESS, stop={"loss": "low"})
        self.assertEqual("failed", end["status"])
        self.assertIn("'low'", end["error"])

    def start(self, text: str, **changes: object) -> Json:
        self.script(text)
        self.host.send(self.request(**changes))
        return self.host.receive()

    def test_trial_waits_at_until_and_goes_on(self) -> None:
        event = self.start(ENDLESS, until=4, stop={"training_iteration": 20})
        self.assertEqual(("report", True, [1, 2, 3, 4]), (event["ev"], event["wait"], [r["step"] for r in event["reports"]]))
        self.host.directive("continue", 6)
        event = self.host.receive()
        self.assertEqual((True, [5, 6]), (event["wait"], [r["step"] for r in event["reports"]]))
        self.host.directive("continue")
        end = self.host.until_end()
        self.assertEqual(("completed", list(range(7, 21))), (end["status"], [r["step"] for r in end["reports"]]))

    def test_until_that_is_reached_asks_at_the_next_report(self) -> None:
        self.start(ENDLESS, until=4)
        self.host.directive("continue", 4)
        event = self.host.receive()
        self.assertEqual((True, [5]), (event["wait"], [r["step"] for r in event["reports"]]))
        self.host.directive("stop")
        self.host.until_end()

    def test_stop_and_pause_end_a_trainable(self) -> None:
        for action, status in (("stop", "stopped"), ("pause", "paused")):
            self.start(ENDLESS, until=2)
            self.host.directive(action)
            end = self.host.until_end()
            self.assertEqual((status, [], True), (end["status"], end["reports"], end["reusable"]))

    def test_stop_unwinds_a_function(self) -> None:
        text = "def f(c, r):\n    try:\n        while True:\n            r(loss=1)\n    finally:\n        print('unwound')"
        request = self.request(until=1)
        self.script(text)
        self.host.send(request)
        self.host.receive()
        self.host.directive("stop")
        self.assertEqual("stopped", self.host.until_end()["status"])
        with open(request["log"], encoding="utf-8") as log:
            self.assertIn("unwound", log.read())

    def test_function_that_swallows_everything_is_unwound_again(self) -> None:
        self.start(STUBBORN, until=3)
        self.host.directive("stop")
        self.assertEqual("stopped", self.host.until_end()["status"])
        end = self.run_script(STUBBORN, stop={"training_iteration": 3})
        self.assertEqual(("completed", [0, 1, 2]), (end["status"], self.losses(end)))
        self.assertNotIn("an Exception", end["log"])

    def test_error_while_unwinding_keeps_the_verdict(self) -> None:
        text = "def f(c, r):\n    try:\n        r(loss=1)\n    finally:\n        1 / 0"
        self.assertEqual("completed", self.run_script(text, stop={"training_iteration": 1})["status"])

    def test_stop_without_being_asked_takes_effect_at_the_next_report(self) -> None:
        self.script("import time\nclass f:\n    def step(self):\n        time.sleep(0.01)\n        return {'loss': 1}")
        self.host.send(self.request())
        self.host.directive("stop")
        self.assertEqual("stopped", self.host.until_end()["status"])

    def test_directive_for_an_ended_trial_is_ignored(self) -> None:
        self.run_script("def f(config):\n    return 1")
        self.host.directive("stop")
        self.assertEqual("completed", self.run_script("def f(config):\n    return 1")["status"])

    def test_long_silence_sends_what_there_is(self) -> None:
        self.script("import time\ndef f(c, r):\n    r(loss=1)\n    time.sleep(1.2)\n    r(loss=2)")
        self.host.send(self.request())
        event = self.host.receive()
        self.assertEqual(("report", False, 1), (event["ev"], event["wait"], len(event["reports"])))
        self.assertEqual([2], self.losses(self.host.until_end()))

    def test_stop_key_at_until_needs_no_answer(self) -> None:
        self.assertEqual(3, len(self.run_script(ENDLESS, until=3, stop={"training_iteration": 3})["reports"]))

    def test_reports_from_user_threads(self) -> None:
        end = self.run_script(
            """
            import threading
            def f(config, reporter):
                threads = [threading.Thread(target=lambda: [reporter(loss=1) for _ in range(50)]) for _ in range(4)]
                [t.start() for t in threads]
                [t.join() for t in threads]
            """
        )
        self.assertEqual(list(range(1, 201)), [report["step"] for report in end["reports"]])
