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
import typing
import unittest

import picklebox
from picklebox import _scanners
from sample_classes import Point


class Held(typing.NamedTuple):
    """What this process holds: descriptors, children, memory in KiB, blocks, references."""

    files: int
    children: int
    resident: int
    of_children: int
    blocks: int
    references: dict[str, int]

    @classmethod
    def now(cls) -> Held:
        """Look."""
        children = set()
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children") as file:
                children.update(file.read().split())
        return cls(
            len(os.listdir("/proc/self/fd")),
            len(children),
            _resident("self"),
            sum(map(_resident, children)),
            sys.getallocatedblocks(),
            {thing.__name__: sys.getrefcount(thing) for thing in (Point, dict, picklebox.PolicyError)},
        )


def _resident(process: str) -> int:
    with open(f"/proc/{process}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


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

    @unittest.skipUnless("PICKLEBOX_LEAK_LOADS" in os.environ, "PICKLEBOX_LEAK_LOADS says how many loads")
    def test_nothing_is_leaked_by_many_loads(self):
        good = [pickle.dumps([Point([1, "two"]), {"k": (i, 2)}, {1}, b"x" * 999], i) for i in range(2, 6)]
        bad = [
            pickle.dumps([Point(1), {"a": [1, 2, 3]}, Failing(), 1]),  # fails in the making
            b"cos\nsystem\n(S'true'\ntR.",  # is denied
            good[0][:-3],  # is cut off
            b"no pickle",
        ]
        loads = int(os.environ["PICKLEBOX_LEAK_LOADS"])
        refused = 0

        def run(times):
            nonlocal refused
            for i in range(times // 2):
                picklebox.loads(good[i % 4], trusted=[Point])
                try:
                    picklebox.loads(bad[i % 4], trusted=[Point, _fail])
                except (ZeroDivisionError, pickle.UnpicklingError, EOFError):
                    refused += 1
            gc.collect()

        warm = max(2000, loads // 10)  # free lists and interned texts fill up first
        run(warm)
        before = Held.now()
        run(loads)
        after = Held.now()
        print(f"{loads} loads, {refused} refused with those before; before {before}, after {after}")
        self.assertEqual(refused, warm // 2 + loads // 2)
        self.assertEqual((after.files, after.children), (before.files, before.children))
        self.assertLess(after.resident - before.resident, 2048, "KiB more, of this process")
        self.assertLess(after.of_children - before.of_children, 2048, "KiB more, of its children")
        self.assertLess(after.blocks - before.blocks, 200, "more blocks of Python's memory")
        for name, count in after.references.items():
            self.assertLess(abs(count - before.references[name]), 50, name)

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
