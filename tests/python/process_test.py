"""The Python package within its process: memory, threads, forks, the end."""

from __future__ import annotations

import gc
import os
import pickle
import random
import subprocess
import sys
import textwrap
import threading
import unittest

import picklebox
from picklebox import _scanners
from sample_classes import Point


class ProcessTest(unittest.TestCase):
    """Memory, threads, forks, the end."""

    def test_the_collector_is_as_it_was(self):
        data = pickle.dumps([Nested(), 1])
        for enabled in (True, False):
            (gc.enable if enabled else gc.disable)()
            try:
                picklebox.loads(data, trusted=[Nested, _inner])
                self.assertEqual(gc.isenabled(), enabled)
                with self.assertRaises(ZeroDivisionError):
                    picklebox.loads(pickle.dumps(Failing()), trusted=[_fail])
                self.assertEqual(gc.isenabled(), enabled)
            finally:
                gc.enable()

    def test_nothing_is_leaked(self):
        import tracemalloc

        good = pickle.dumps([Point([1, "two", 3.0]), {"k": (1, 2)}, {1, 2}, frozenset([3]), b"x" * 999])
        # Fails in the middle of the making.
        bad = pickle.dumps([Point(1), {"a": [1, 2, 3]}, Failing(), 1])
        denied = b"cos\nsystem\n(S'true'\ntR."

        def run(times):
            for _ in range(times):
                picklebox.loads(good, trusted=[Point])
                for data in (bad, denied, good[:-3]):
                    try:
                        picklebox.loads(data, trusted=[Point, _fail])
                    except (ZeroDivisionError, pickle.UnpicklingError):
                        pass
            gc.collect()

        run(50)
        counts = [sys.getrefcount(thing) for thing in (Point, None, True, dict)]
        # Free lists fill up first. What is leaked is leaked in every round, of 160 loads.
        grown = []
        tracemalloc.start()
        try:
            while len(grown) < 12 and (not grown or grown[-1] > 1000):
                before = tracemalloc.get_traced_memory()[0]
                run(40)
                grown.append(tracemalloc.get_traced_memory()[0] - before)
        finally:
            tracemalloc.stop()
        self.assertLessEqual(grown[-1], 1000, grown)
        for thing, count in zip((Point, None, True, dict), counts):
            self.assertLess(abs(sys.getrefcount(thing) - count), 50, thing)

    def test_many_threads(self):
        values = [[random.random() for _ in range(500)] for _ in range(8)]
        wrong = []

        def work(value):
            data = pickle.dumps(value)
            for _ in range(20):
                if picklebox.loads(data) != value:
                    wrong.append(value)

        threads = [threading.Thread(target=work, args=[value]) for value in values]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertTrue(gc.isenabled())

    def test_fork(self):
        data = pickle.dumps([1, 2])
        self.assertEqual(picklebox.loads(data), [1, 2])
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if picklebox.loads(data) == [1, 2] else 2
            finally:
                os._exit(status)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        self.assertEqual(picklebox.loads(data), [1, 2])

    def test_the_interpreter_ends_while_a_worker_runs(self):
        code = """
            import pickle, threading, time, picklebox
            data = pickle.dumps(list(range(3_000_000)))
            picklebox.loads(pickle.dumps(1))
            threading.Thread(target=lambda: picklebox.loads(data), daemon=True).start()
            time.sleep(0.05)
            """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)], check=False, capture_output=True, timeout=60
        )
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_scanners_are_kept_and_not_without_end(self):
        for i in range(12):
            policy = picklebox.Policy.from_toml('extends = ["core"]\n', f"policy {i}")
            self.assertEqual(picklebox.loads(pickle.dumps(i), policy=policy), i)
        self.assertLessEqual(len(_scanners._kept.scanners), 8)

    def test_command(self):
        done = subprocess.run(
            [sys.executable, "-m", "picklebox", "scan", "-"],
            check=False,
            input=b"cos\nsystem\n(S'true'\ntR.",
            capture_output=True,
        )
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(b"os:system", done.stdout)


def _inner():
    return picklebox.loads(pickle.dumps([1]))


class Nested:
    def __reduce__(self):
        return _inner, ()


def _fail():
    return 1 // 0


class Failing:
    def __reduce__(self):
        return _fail, ()


if __name__ == "__main__":
    unittest.main()
