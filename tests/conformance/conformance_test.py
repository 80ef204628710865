"""Tests of the instruments: oracle, second machine, replay and comparison.

None of these needs picklebox. If they fail, what the other runners here say
about picklebox means nothing.
"""

from __future__ import annotations

import _pickle
import io
import pathlib
import pickle
import struct
import tempfile
import unittest
from unittest import mock

import discrepancies
import naive
import oracle
import record_suite
from canonical import difference
from judgement import accepted, rejected
from reading import Reading
from replay import replay
from standins import StandIn, World

# Rows that load for real and not with stand-ins, and why.
BEYOND_STANDINS = {
    "MUTATE-057": "a slice is used as an index",
    "REDUCE-009": "the arguments are a made tuple",
    "NEWOBJ-007": "the arguments are a made tuple",
    "NEWOBJ-034": "the keywords are a made dictionary",
    "EXT-011": "a call registers an extension code",
    "EXT-012": "a call registers an extension code",
}
# Rows at which a real unpickler crashes, or takes gigabytes.
UNSAFE = ("DEEP-003", "DEEP-004", "DEEP-006", "MEMO-025", "MEMO-026", "MEMO-029", "MEMO-030",
          "MEMO-031")


def _second(data: bytes, reading: Reading) -> oracle.Outcome:
    program = naive.read(data, reading)
    if program.refusal:
        return oracle.Outcome(World(), error=str(program.refusal))
    return replay(program.nodes, program.root, data, reading)


class Agreement(unittest.TestCase):
    """The second machine, replayed, is the oracle."""

    def test_on_every_row(self):
        for row in discrepancies.load():
            if row.name in UNSAFE or row.name in BEYOND_STANDINS or len(row.data) > 300_000:
                continue
            with self.subTest(row.name):
                want, got = oracle.load(row.data, row.reading), _second(row.data, row.reading)
                self.assertEqual(want.error is None, got.error is None, (want.error, got.error))
                if want.error is None:
                    self.assertIsNone(difference(want.value, got.value))

    def test_beyond_standins(self):
        for row in discrepancies.load():
            if row.name in BEYOND_STANDINS:
                with self.subTest(row.name):
                    self.assertTrue(row.c.startswith("ok"))
                    self.assertIsNotNone(oracle.load(row.data, row.reading).error)

    def test_both_unpicklers_on_rows_that_agree(self):
        for row in discrepancies.load():
            if (row.kind != "AGREE-OK" or row.name in UNSAFE or row.name in BEYOND_STANDINS
                    or row.name.startswith("SPLIT") or len(row.data) > 300_000):
                continue
            with self.subTest(row.name):
                c, py = (oracle.load(row.data, row.reading, which) for which in ("c", "py"))
                self.assertIsNone(c.error)
                self.assertIsNone(py.error)
                self.assertIsNone(difference(c.value, py.value))


class Oracle(unittest.TestCase):
    def test_calls_and_imports_nothing(self):
        data = b"cos\nsystem\n(S'exit 1'\ntR."
        with mock.patch("os.system") as system, mock.patch("builtins.__import__") as importer:
            outcome = oracle.load(data, Reading())
        system.assert_not_called()
        importer.assert_not_called()
        target = outcome.world.named("os", "system")
        self.assertEqual(outcome.value.made, ("call", target, ("exit 1",)))

    def test_sees_names_as_the_stream_spells_them(self):
        value = oracle.load(b"c__builtin__\nxrange\n.", Reading()).value
        self.assertEqual(value.made, ("global", "__builtin__", "xrange"))

    def test_keeps_a_journal(self):
        data = b"ca\nb\n)\x81}K\x01K\x02sbK\x03aK\x04K\x05s(K\x06\x90."
        value = oracle.load(data, Reading()).value
        self.assertEqual(value.made[0], "new")
        self.assertEqual(value.journal,
                         [("state", {1: 2}), ("append", 3), ("set", 4, 5), ("add", 6)])

    def test_the_result_of_a_call_can_be_a_class(self):
        value = oracle.load(b"\x80\x02ca\nb\n)R)\x81.", Reading()).value
        self.assertIsInstance(value, StandIn)
        self.assertEqual(value.made[1].made[0], "call")


class Comparison(unittest.TestCase):
    """difference() sees what it should."""

    def same(self, left, right):
        self.assertIsNone(difference(left, right))

    def differ(self, left, right, path):
        found = difference(left, right)
        self.assertIsNotNone(found)
        self.assertTrue(found.startswith(path + ":"), found)

    def test_plain_values(self):
        for left, right in ((1, True), (1, 1.0), ("a", b"a"), (b"a", bytearray(b"a")),
                            ((), frozenset()), (0.0, -0.0), ("\ud800", "?"), ([], ())):
            with self.subTest((left, right)):
                self.same(left, left)
                self.differ(left, right, "$")

    def test_bits_of_not_a_number(self):
        first, second = (struct.unpack(">d", bytes.fromhex(bits))[0]
                         for bits in ("7ff8000000000000", "7ff8000000000001"))
        self.same([first], [first])
        self.differ([first], [second], "$[0]")

    def test_aliasing(self):
        shared = []
        self.same([shared, shared], [shared, shared])
        self.differ([shared, shared], [[], []], "$[1]")
        self.differ([[], []], [shared, shared], "$[1]")
        pair = (1, [])
        self.differ([pair, pair], [(1, []), (1, [])], "$[1]")

    def test_order_of_a_dictionary(self):
        self.differ({1: 0, 2: 0}, {2: 0, 1: 0}, "${key 0}")
        self.differ({1: 0}, {1: 5}, "${0}")

    def test_sets(self):
        self.same({1, "a", (2, frozenset("xy"))}, {(2, frozenset("yx")), "a", 1})
        self.assertIsNotNone(difference({1, 2}, {1, 3}))
        self.assertIsNotNone(difference({1}, {True}))

    def test_cycles(self):
        def cycle(last):
            outer = [1, {}]
            outer[1]["up"] = (outer, last)
            return outer
        self.same(cycle(5), cycle(5))
        self.differ(cycle(5), cycle(6), "$[1]{0}[1]")

    def test_deep_values(self):
        def deep(inner):
            for _ in range(100_000):
                inner = [inner]
            return inner
        self.same(deep(0), deep(0))
        self.assertIn("...", difference(deep(0), deep(1)))

    def test_doubled_values(self):
        def doubled():
            value = (1,)
            for _ in range(60):
                value = (value, value)
            return value
        self.same(doubled(), doubled())

    def test_standins(self):
        def made(order, state):
            world = World()
            names = [world.named("m", name) for name in order]
            names[0].__setstate__(state)
            return world.named("m", "a")
        self.same(made("ab", 1), made("ab", 1))
        self.differ(made("ab", 1), made("ba", 1), "$")
        self.differ(made("ab", 1), made("ab", 2), "$.journal[0][1]")


class Judgement(unittest.TestCase):
    """accepted() and rejected() notice what is wrong with a report."""

    DATA = b"\x80\x04]\x94(K\x01\x8c\x01m\x94\x8c\x01f\x94\x93)R}be."

    def report(self, **changes):
        program = naive.read(self.DATA, Reading())
        stream = {"offset": 0, "end": program.end, "complete": True, "root": program.root,
                  "nodes": program.nodes}
        stream.update(changes)
        return {"path": "x", "verdict": "denied", "streams": [stream], "findings": [
            {"code": "global-denied", "severity": "error", "offset": 13, "message": ""}]}

    def check(self, entry):
        return accepted(entry, self.DATA, Reading())

    def test_a_right_report(self):
        self.assertIsNone(self.check(self.report()))
        self.assertIsNone(rejected(self.report(), len(self.DATA)))

    def test_another_value(self):
        entry = self.report()
        number = next(n for n in entry["streams"][0]["nodes"] if n["op"] == "int")
        number["value"] = 2
        self.assertIn("another value", self.check(entry))

    def test_another_offset(self):
        entry = self.report()
        call = next(n for n in entry["streams"][0]["nodes"] if n["op"] == "call")
        call["at"] += 1
        self.assertIn("effect", self.check(entry))

    def test_a_forgotten_change(self):
        entry = self.report()
        entry["streams"][0]["nodes"] = [
            n if n["op"] != "build" else {"op": "none"} for n in entry["streams"][0]["nodes"]]
        self.assertIn("another value", self.check(entry))

    def test_a_reference_forwards(self):
        entry = self.report()
        entry["streams"][0]["nodes"][-1]["items"] = [999]
        self.assertIn("does not replay", self.check(entry))

    def test_an_end_that_is_none(self):
        self.assertIn("ends at", self.check(self.report(end=len(self.DATA) - 1)))

    def test_a_finding_about_the_bytes(self):
        entry = self.report()
        entry["findings"].append(
            {"code": "ambiguous", "severity": "error", "offset": 0, "message": ""})
        self.assertIn("ambiguous", self.check(entry))

    def test_a_verdict_that_does_not_follow(self):
        entry = self.report()
        entry["verdict"] = "clean"
        self.assertIn("is clean", self.check(entry))
        self.assertEqual(rejected(entry, len(self.DATA)), "is clean")

    def test_a_finding_without_a_place(self):
        entry = self.report()
        entry["findings"][0]["offset"] = 1000
        self.assertIn("where", rejected(entry, len(self.DATA)))


class Recording(unittest.TestCase):
    """The recorder writes what is loaded, by whatever way, and once."""

    def test_every_way_of_loading(self):
        ways = ("pickle.loads(D)", "pickle._loads(D)", "_pickle.loads(D)", "pickle.load(F(D))",
                "pickle.Unpickler(F(D)).load()", "pickle._Unpickler(F(D)).load()",
                "type('U', (pickle.Unpickler,), {'persistent_load': print})(F(D)).load()")
        saved = {(module, name): getattr(module, name) for module in (pickle, _pickle)
                 for name in ("load", "loads", "_load", "_loads", "Unpickler", "_Unpickler")
                 if hasattr(module, name)}
        with tempfile.TemporaryDirectory() as folder:
            recorder = record_suite._Recorder(pathlib.Path(folder))
            try:
                record_suite._wrap(recorder)
                for n, way in enumerate(ways):
                    data = pickle.dumps(n)
                    for _ in range(2):
                        value = eval(way, {"pickle": pickle, "_pickle": _pickle,
                                           "D": data, "F": io.BytesIO})
                        self.assertEqual(value, n)
            finally:
                for (module, name), original in saved.items():
                    setattr(module, name, original)
            self.assertEqual([pickle.loads((recorder.folder / entry["file"]).read_bytes())
                              for entry in recorder.entries], list(range(len(ways))))
            self.assertEqual([entry["persistent_ids"] for entry in recorder.entries],
                             [False] * (len(ways) - 1) + [True])


if __name__ == "__main__":
    unittest.main(warnings="ignore")
