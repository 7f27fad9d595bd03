"""One segment by HTTP alone, with a host that is not always well, tells it to end, or is not heard of again."""

from __future__ import annotations

import hashlib
import os
import signal
import unittest
from time import sleep
from typing import Dict, List

from .hpo_server import Json, Trouble
from .remote_case import COUNTING, PATIENCE_S, RemoteCase
from .support import alive


class TroubleTests(RemoteCase):
    def test_everything_is_tried_again(self) -> None:
        server = self.serve(COUNTING, "Counting", stop={"training_iteration": 3})
        server.work["checkpoint"]["every"] = 1
        for number, place in enumerate(
            [("GET", "segments/2/work"), ("GET", "scripts"), ("GET", "segments/2/log"), ("POST", "reports"), ("PUT", "segments/2/checkpoints/2"),
             ("PUT", "segments/2/log"), ("PUT", "outcome")]
        ):  # fmt: skip
            server.troubles[place] = Trouble([503, None, 500, 502][number % 4], times=2)
        self.run_segment(server)
        self.assert_outcome(server, "completed")
        self.assertEqual([1, 2, 3], sorted(server.reports))
        self.assertEqual([1, 2, 3], sorted(server.checkpoints))
        self.assertEqual({}, server.troubles)

    def test_answers_that_are_lost_change_nothing(self) -> None:
        server = self.serve(COUNTING, "Counting", stop={"training_iteration": 2})
        server.work["checkpoint"]["every"] = 1
        for place in [("POST", "reports"), ("PUT", "segments/2/checkpoints/1"), ("POST", "segments/2/restored")]:
            server.troubles[place] = Trouble(None, late=True)
        self.run_segment(server)
        self.assert_outcome(server, "completed")
        self.assertEqual([1, 2], sorted(server.reports))

    def test_retry_after_is_honoured(self) -> None:
        server = self.serve("def f(config):\n    return 1.0")
        server.troubles["GET", "segments/2/work"] = Trouble(429, headers={"Retry-After": "3600"})
        said = self.run_segment(server, 4, HPO_RETRY_S="30")
        self.assertEqual(1, len(server.requests), "an hour is more than what is left")
        self.assertIn("HTTP 429", said)

    def test_host_that_stays_away_ends_it_without_outcome(self) -> None:
        server = self.serve("def f(config):\n    return 1.0")
        server.troubles["PUT", "outcome"] = Trouble(503, times=1000)
        self.run_segment(server, 4, HPO_RETRY_S="1")
        self.assertEqual([], server.outcomes)

    def test_redirects_do_not_take_the_token_elsewhere(self) -> None:
        server = self.serve("def f(config):\n    return 1.0")
        server.troubles["GET", "segments/2/work"] = Trouble(302, headers={"Location": f"{server.url}/elsewhere"})
        self.run_segment(server, 4)
        self.assertEqual([("GET", "segments/2/work")], server.requests)

    def test_nobody_waits(self) -> None:
        server = self.serve("def f(config):\n    return 1.0")
        server.gone = True
        self.run_segment(server, 3)
        self.assertEqual([("GET", "segments/2/work")], server.requests)

    def test_nobody_waits_any_more(self) -> None:
        server = self.serve(COUNTING, "Counting", config={"hangs_at": 2})
        process = self.start(server, HPO_POLL_S="0.2")
        pid = self.hanging(server)
        server.gone = True
        self.finish(process, server, 3)
        self.assertEqual([], server.outcomes)
        self.assertFalse(alive(pid))


class DirectiveTests(RemoteCase):
    def test_directive_at_until_is_obeyed(self) -> None:
        server = self.serve(COUNTING, "Counting", until=2)
        answers: Dict[int, Json] = {2: {"action": "continue", "until": 4}, 4: {"action": "pause"}}
        server.decide = answers.__getitem__
        self.run_segment(server)
        self.assertEqual("paused", self.assert_outcome(server, "paused")["reason"])
        self.assertEqual(([1, 2, 3, 4], [4]), (sorted(server.reports), sorted(server.checkpoints)))

    def test_stop_comes_without_a_report(self) -> None:
        server = self.serve(COUNTING, "Counting", config={"hangs_at": 2}, stop_grace_s=0.2)
        process = self.start(server, HPO_POLL_S="0.2")
        self.hanging(server)
        server.directive = {"action": "stop"}
        self.finish(process, server)
        self.assertIn("killed because it did not stop within 0.2 s", self.assert_outcome(server, "stopped")["reason"])

    def test_segment_that_is_to_end_already_does_not_run(self) -> None:
        for interrupt, status in (("pause", "paused"), ("stop", "stopped")):
            server = self.serve("def f(config):\n    return 1.0", interrupt=interrupt)
            self.run_segment(server)
            self.assert_outcome(server, status)
            self.assertEqual(0, server.count("GET", "scripts"))

    def test_machine_that_goes_away_costs_no_step(self) -> None:
        server = self.serve(COUNTING, "Counting", stop={"training_iteration": 1000}, config={"pause": 0.05})
        process = self.start(server)
        server.until(lambda: 3 in server.reports)
        process.send_signal(signal.SIGTERM)
        self.finish(process, server, 143)
        self.assertEqual([], server.outcomes)
        last = max(server.reports)
        self.assertEqual([last], sorted(server.checkpoints))

        content = server.checkpoints[last]
        server.work["candidates"] = [{"step": last, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}]
        server.work["stop"] = {"training_iteration": last + 2}
        self.run_segment(server, HPO_ATTEMPT="1")
        self.assertEqual(1, self.assert_outcome(server, "completed")["attempt"])
        self.assertEqual(list(range(1, last + 3)), sorted(server.reports))
        self.assertEqual([(0, 0), (1, last)], [(told["attempt"], told["step"]) for told in server.restored])
        self.assertEqual(last + 2, server.log.count(b"\nstep") + 1, server.log)

    def test_machine_that_goes_away_before_the_program_runs(self) -> None:
        server = self.serve("def f(config):\n    return 1.0")
        server.troubles["GET", "scripts"] = Trouble(503, times=1000)
        process = self.start(server)
        server.until(lambda: server.count("GET", "scripts") > 0)
        process.send_signal(signal.SIGTERM)
        self.finish(process, server, 143)
        self.assertEqual([], server.outcomes)

    def test_machine_that_goes_away_while_the_program_waits(self) -> None:
        server = self.serve(COUNTING, "Counting", until=2)
        asked: List[int] = []
        ended: List[bool] = []

        def decide(step: int) -> Json:
            asked.append(step)
            server.changed.notify_all()
            server.changed.wait_for(lambda: bool(ended), PATIENCE_S)
            return {"action": "continue", "until": step}

        server.decide = decide
        process = self.start(server)
        server.until(lambda: bool(asked))
        process.send_signal(signal.SIGTERM)
        self.finish(process, server, 143)
        with server.changed:
            ended.append(True)
            server.changed.notify_all()
        self.assertEqual(([1, 2], [2]), (sorted(server.reports), sorted(server.checkpoints)))

    def test_death_of_the_harness_kills_the_program(self) -> None:
        server = self.serve(COUNTING, "Counting", config={"hangs_at": 3})
        process = self.start(server)
        pid = self.hanging(server)
        process.kill()
        process.wait()
        for _ in range(600):
            if not alive(pid):
                return
            sleep(0.05)
        self.fail("the program outlives the harness")

    def test_worker_that_is_killed_from_outside_is_lost(self) -> None:
        server = self.serve(COUNTING, "Counting", config={"hangs_at": 3})
        process = self.start(server)
        worker = self.hanging(server)
        server.until(lambda: 2 in server.reports)
        os.kill(worker, signal.SIGKILL)
        self.finish(process, server, 137)
        self.assertEqual(([], [1, 2]), (server.outcomes, sorted(server.reports)))


if __name__ == "__main__":
    unittest.main()
