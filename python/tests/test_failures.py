"""Everything user code may do wrong."""

from __future__ import annotations

import os
import time

from .support import TrialCase, WorkerClosed, read

GOOD = "def f(config):\n    return 1"


class FailureTests(TrialCase):
    def fails(self, text: str, error: str, reusable: bool = True, **changes: object) -> str:
        """The trial fails with this error; the worker serves another one if it says so. Returns the traceback."""
        host = self.host
        end = self.run_script(text, **changes)
        self.assertEqual("failed", end["status"], end)
        self.assertIn(error, end["error"])
        self.assertEqual(reusable, end["reusable"])
        if reusable:
            self.assertEqual("completed", self.run_script(GOOD)["status"])
            self.assertIs(host, self.host)
        return str(end["traceback"])

    def test_exception(self) -> None:
        trace = self.fails("def f(c, r):\n    r(loss=1)\n    return 1 / 0", "ZeroDivisionError: division by zero")
        self.assertIn("objective.py", trace)
        self.assertNotIn("hpo_trial/", trace)

    def test_reports_before_the_exception_are_kept(self) -> None:
        self.assertEqual([1], self.losses(self.run_script("def f(c, r):\n    r(loss=1)\n    1 / 0")))

    def test_exception_whose_text_fails(self) -> None:
        text = "class E(Exception):\n    def __str__(self):\n        raise ValueError\ndef f(c):\n    raise E"
        self.fails(text, "E: ")

    def test_traceback_is_cut(self) -> None:
        trace = self.fails("def f(c):\n    raise ValueError('x' * 100000)", "ValueError")
        self.assertLessEqual(len(trace), 8192)

    def test_text_with_lone_surrogates(self) -> None:
        self.fails("def f(c):\n    print('\\udc80')\n    raise ValueError('\\udc80')", "\\udc80")

    def test_exit_codes(self) -> None:
        self.fails("import sys\ndef f(c, r):\n    r(loss=1)\n    sys.exit(3)", "SystemExit: 3")
        self.fails("import sys\ndef f(c):\n    sys.exit('gone')", "SystemExit: gone")
        self.fails("import sys\ndef f(c):\n    sys.exit(0)", "SystemExit")
        for code in ("0", "None", ""):
            end = self.run_script(f"import sys\ndef f(c, r):\n    r(loss=1)\n    sys.exit({code})")
            self.assertEqual(("completed", [1]), (end["status"], self.losses(end)))

    def test_keyboard_interrupt(self) -> None:
        self.fails("def f(c):\n    raise KeyboardInterrupt", "KeyboardInterrupt")

    def test_interrupt_of_the_group_is_ignored(self) -> None:
        end = self.run_script("import os, signal\ndef f(c):\n    os.killpg(0, signal.SIGINT)\n    return 1")
        self.assertEqual("completed", end["status"])

    def test_endless_recursion(self) -> None:
        self.fails("def f(c):\n    return f(c)", "RecursionError")

    def test_no_report(self) -> None:
        self.fails("def f(c, r):\n    pass", "NoReport")

    def test_returned_nonsense(self) -> None:
        self.fails("def f(c):\n    return 'good'", "TypeError")

    def test_memory(self) -> None:
        self.fails("def f(c):\n    return len(bytearray(10**9))", "MemoryError: it wanted more than its memory limit of 200 MiB", reusable=False, memory_limit_mb=200)

    def test_memory_within_the_limit(self) -> None:
        end = self.run_script("def f(c):\n    return len(bytearray(10**7))", memory_limit_mb=200)
        self.assertEqual("completed", end["status"])
        end = self.run_script("def f(c):\n    return len(bytearray(10**9))")
        self.assertEqual("completed", end["status"], "the limit must be lifted after the trial")

    def test_import_error_names_function_and_script(self) -> None:
        self.fails("import no_such_library\ndef f(c):\n    return 1", "'f' from script 'objective.py': ModuleNotFoundError")

    def test_syntax_error(self) -> None:
        self.fails("def f(c:", "SyntaxError")

    def test_exit_during_import(self) -> None:
        self.fails("raise SystemExit(0)", "ImportError")

    def test_missing_function_lists_what_there_is(self) -> None:
        self.fails("def g(c):\n    return 1", "but: g")

    def test_missing_script(self) -> None:
        end = self.run_request(self.request())
        self.assertEqual("failed", end["status"])
        self.assertIn("FileNotFoundError", end["error"])

    def test_not_callable(self) -> None:
        self.fails("f = 3", "TypeError")

    def test_log_that_cannot_be_opened(self) -> None:
        self.script(GOOD)
        end = self.run_request(self.request(log=self.scripts))
        self.assertEqual("failed", end["status"])
        self.assertIn("IsADirectoryError", end["error"])

    def test_leftover_thread_spends_the_worker(self) -> None:
        text = "import threading, time\ndef f(c):\n    threading.Thread(target=time.sleep, args=(60,)).start()\n    return 1"
        end = self.run_script(text)
        self.assertEqual(("completed", False), (end["status"], end["reusable"]))

    def test_leftover_daemon_thread_does_not(self) -> None:
        text = "import threading, time\ndef f(c):\n    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n    return 1"
        self.assertTrue(self.run_script(text)["reusable"])

    def test_isolated_trial_spends_the_worker(self) -> None:
        end = self.run_script(GOOD, isolate=True)
        self.assertEqual(("completed", False), (end["status"], end["reusable"]))

    def test_changes_of_the_process_are_undone(self) -> None:
        self.run_script(
            """
            import os, sys, signal
            def f(config, reporter):
                os.chdir("/")
                os.environ["HPO_LEFT"] = "1"
                del os.environ["PATH"]
                sys.path.insert(0, "/left")
                sys.setrecursionlimit(77)
                os.umask(0o077)
                signal.signal(signal.SIGALRM, lambda *_: print("alarm"))
                signal.setitimer(signal.ITIMER_REAL, 0.05)
                reporter(loss=1)
            """
        )
        end = self.run_script(
            """
            import os, sys, signal, time
            def f(config, reporter):
                assert os.path.basename(os.getcwd()).startswith("trial")
                assert "HPO_LEFT" not in os.environ and "PATH" in os.environ
                assert "/left" not in sys.path
                assert sys.getrecursionlimit() > 77
                assert os.umask(0) != 0o077
                assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
                time.sleep(0.1)
                reporter(loss=1)
            """
        )
        self.assertEqual("completed", end["status"], end["error"])

    def test_closed_streams_are_replaced(self) -> None:
        end = self.run_script("import sys\ndef f(c):\n    sys.stdout.close()\n    sys.stderr = None\n    return 1")
        self.assertEqual(("completed", True), (end["status"], end["reusable"]))
        end = self.run_script("import sys\ndef f(c):\n    print('out')\n    print('err', file=sys.stderr)\n    return 1")
        self.assertIn("out\nerr\n", end["log"])

    def test_closed_descriptors_spend_the_worker(self) -> None:
        end = self.run_script("import os\ndef f(c):\n    os.close(0)\n    os.close(1)\n    os.close(2)\n    return 1")
        self.assertEqual(("completed", False), (end["status"], end["reusable"]))

    def test_closing_every_descriptor_ends_the_worker(self) -> None:
        host = self.fresh_host()
        self.script("import os\ndef f(c):\n    os.closerange(3, 1000)\n    return 1")
        host.send(self.request())
        with self.assertRaises(WorkerClosed):
            host.until_end()
        self.assertNotEqual(0, host.wait())

    def test_hard_exit_ends_the_worker(self) -> None:
        host = self.fresh_host()
        self.script("import os\ndef f(c):\n    os._exit(7)")
        host.send(self.request())
        with self.assertRaises(WorkerClosed):
            host.receive()
        self.assertEqual(7, host.wait())

    def test_segfault_ends_the_worker_and_leaves_a_trace_in_the_log(self) -> None:
        host = self.fresh_host()
        self.script("import ctypes\ndef f(c):\n    print('before')\n    ctypes.string_at(0)")
        request = self.request()
        host.send(request)
        with self.assertRaises(WorkerClosed):
            host.receive()
        self.assertEqual(-11, host.wait())
        log = read(request["log"])
        self.assertIn("before", log)
        self.assertIn("Segmentation fault", log)

    def test_forked_child_that_returns_does_not_serve(self) -> None:
        end = self.run_script(
            """
            import os
            def f(config, reporter):
                if os.fork() == 0:
                    try:
                        reporter(loss=666)
                    except RuntimeError as error:
                        print("child:", error)
                    return
                os.wait()
                reporter(loss=1)
            """
        )
        self.assertEqual(("completed", [1]), (end["status"], self.losses(end)))
        self.assertIn("child:", end["log"])
        self.assertEqual("completed", self.run_script(GOOD)["status"])

    def test_multiprocessing_in_both_ways(self) -> None:
        end = self.run_script(
            """
            import multiprocessing
            def square(x):
                return x * x
            def f(config, reporter):
                for way in ("fork", "spawn"):
                    with multiprocessing.get_context(way).Pool(1) as pool:
                        reporter(loss=pool.map(square, [3])[0])
            """
        )
        self.assertEqual(("completed", [9, 9]), (end["status"], self.losses(end)), end["log"])


class OutputTests(TrialCase):
    def test_no_print_reaches_the_protocol(self) -> None:
        end = self.run_script(
            """
            import os, sys, subprocess, ctypes
            print('{"ev":"end"}')
            def f(config, reporter):
                sys.stdout.write("no newline")
                sys.__stdout__.write(" direct ")
                os.write(1, b'{"ev":"end"}\\n')
                os.write(2, b"\\xff\\xfe\\x00 rubbish\\n")
                subprocess.run(["echo", "from a child"])
                ctypes.CDLL(None).puts(b"from C")
                ctypes.CDLL(None).fflush(None)
                assert sys.stdin.read() == ""
                reporter(loss=1)
            """
        )
        self.assertEqual(("completed", [1]), (end["status"], self.losses(end)))
        for text in ("no newline", "direct", "from a child", "from C", "rubbish"):
            self.assertIn(text, end["log"])

    def test_traceback_is_in_the_log(self) -> None:
        self.assertIn("ZeroDivisionError", self.run_script("def f(c):\n    1 / 0")["log"])

    def test_flood_is_kept_whole_below_the_limit(self) -> None:
        end = self.run_script("def f(c):\n    for i in range(10000):\n        print(i, 'x' * 1000)\n    return 1")
        self.assertEqual(10000, end["log"].count("\n"))

    def test_flood_keeps_beginning_and_newest_above_the_limit(self) -> None:
        text = "import os\ndef f(c):\n    for i in range(10000):\n        os.write(1, b'%d %s\\n' % (i, b'x' * 1000))\n    return 1"
        end = self.run_script(text, log_limit_mb=2)
        self.assertEqual("completed", end["status"])
        self.assertLess(len(end["log"]), 2 * 1024 * 1024)
        self.assertTrue(end["log"].startswith("0 x"))
        self.assertIn("\n9999 x", end["log"])
        self.assertEqual(1, end["log"].count(" MB dropped ("))
        kept = sum(1 for line in end["log"].splitlines() if line.endswith("x"))
        dropped = int(end["log"].partition(" MB dropped (")[2].split()[0])
        self.assertGreaterEqual(kept * 1004 + dropped, 10_000_000)

    def test_flood_is_bounded_while_the_trial_runs(self) -> None:
        host = self.fresh_host()
        self.script("import os\ndef f(c, r):\n    while True:\n        os.write(1, b'y' * 999 + b'\\n')")
        request = self.request(log_limit_mb=1)
        host.send(request)
        deadline = time.monotonic() + 20
        while "MB dropped" not in read(request["log"]):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_segments_append_to_one_log(self) -> None:
        request = self.request()
        self.script("def f(c):\n    print('segment')\n    return 1")
        self.run_request(request)
        self.assertEqual(2, self.run_request({**request, "segment": 1})["log"].count("segment"))

    def test_no_log(self) -> None:
        self.script("def f(c):\n    print('lost')\n    return 1")
        self.host.send(self.request(log=None))
        self.assertEqual("completed", self.host.until_end()["status"])


class FolderTests(TrialCase):
    def test_missing_folders_are_made(self) -> None:
        self.script(GOOD)
        deep = os.path.join(self.folder, "a", "b")
        self.assertEqual("completed", self.run_request(self.request(workdir=deep, log=deep + "/c/log.txt"))["status"])
        self.assertTrue(os.path.isdir(deep))
