"""The Python package: what it loads, what it refuses and how it says so."""

from __future__ import annotations

import collections
import copyreg
import datetime
import io
import json
import os
import pathlib
import pickle
import sys
import tempfile
import unittest

import picklebox
from sample_classes import Bag, Other, Picky, Point, Slotted, Stateful


def stream(*lines: bytes) -> bytes:
    return b"".join(lines)


def trusting(*classes):
    return {"trusted": [*classes]}


class RoundTripTest(unittest.TestCase):
    """What pickle writes comes back as pickle would load it."""

    def check(self, value, **options):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with self.subTest(protocol=protocol):
                data = pickle.dumps(value, protocol)
                mine, theirs = picklebox.loads(data, **options), pickle.loads(data)
                self.assertEqual(type(mine), type(theirs))
                # Order, sharing and types, in the words of pickle itself.
                self.assertEqual(pickle.dumps(mine, protocol), pickle.dumps(theirs, protocol))
        return mine

    def test_plain_values(self):
        numbers = [0, 255, 256, 65535, 65536, -1, 2**31, -(2**31), 2**63, -(2**63), 2**200, -(2**200)]
        floats = [0.0, -0.0, 1.5, float("inf"), float("-inf"), 5e-324]
        texts = ["", "a", "\xe9", "\u20ac" * 400, "\U0001f600", "x" * 10_000, "\ud800"]
        blobs = [b"", b"a", bytes(range(256)) * 300, bytearray(b"xyz"), bytearray(1000)]
        self.check([numbers, floats, texts, blobs, None, True, False])

    def test_containers(self):
        self.check({"a": [1, (2, [3]), {4: {5}}], "b": frozenset([1, "x"]), (1, 2): ()})
        self.check([[i] for i in range(3000)])
        self.check({i: str(i) for i in range(3000)})
        self.check(set(range(1500)))
        self.check(tuple(range(5000)))

    def test_shared_and_recursive(self):
        shared = ["s"]
        loaded = self.check([shared, shared, {"k": shared}])
        self.assertIs(loaded[0], loaded[1])
        self.assertIs(loaded[0], loaded[2]["k"])
        recursive: list = []
        recursive.append(recursive)
        loaded = picklebox.loads(pickle.dumps(recursive))
        self.assertIs(loaded[0], loaded)
        table: dict = {}
        table["t"] = (table,)
        loaded = picklebox.loads(pickle.dumps(table))
        self.assertIs(loaded["t"][0], loaded)

    def test_what_is_called_gets_the_tuple_itself(self):
        # It was given a copy of the arguments. An exception keeps them, so that what
        # else refers to the tuple referred to another one.
        data = stream(b"\x80\x04\x8c\x08builtins\x8c\x09Exception\x93K\x01\x85\x94R", b"h\0\x86.")
        for loaded in (pickle.loads(data), picklebox.loads(data, trusted=["builtins.Exception"])):
            self.assertIs(loaded[0].args, loaded[1])

    def test_deep(self):
        value: list = []
        for _ in range(200_000):
            value = [value]
        data = b"]" * 200_001 + b"a" * 200_000 + b"."
        loaded = picklebox.loads(data)
        depth = 0
        while loaded:
            loaded = loaded[0]
            depth += 1
        self.assertEqual(depth, 200_000)
        while value:
            value = value[0]

    def test_standard_library(self):
        self.check(collections.OrderedDict([("b", 1), ("a", 2)]))
        self.check(collections.deque([1, 2, 3], 5))
        self.check(datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc))
        self.check(complex(1, -2))

    def test_objects(self):
        point = Point([1])
        point.me = point
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            loaded = picklebox.loads(pickle.dumps(point, protocol), trusted=[Point])
            self.assertIs(loaded.me, loaded)
            self.assertEqual(loaded.x, [1])
        slotted = Slotted()
        slotted.a, slotted.b = 1, [2]
        loaded = picklebox.loads(pickle.dumps(slotted), trusted=[Slotted])
        self.assertEqual((loaded.a, loaded.b), (1, [2]))
        loaded = picklebox.loads(pickle.dumps(Stateful()), trusted=[Stateful])
        self.assertEqual(loaded.seen, ("state", 1))
        bag = Bag([1, 2, 3])
        bag.name = "n"
        loaded = picklebox.loads(pickle.dumps(bag), trusted=[Bag])
        self.assertEqual((loaded, loaded.name), (bag, "n"))
        picky = Picky()
        picky.items = list(range(2000))
        loaded = picklebox.loads(pickle.dumps(picky), trusted=[Picky])
        self.assertEqual(loaded.items, picky.items)

    def test_attribute_names_are_interned(self):
        data = pickle.dumps([Point(), Point()])
        one, two = picklebox.loads(data, trusted=[Point])
        (name,), (other,) = vars(one), vars(two)
        self.assertIs(name, other)
        self.assertIs(name, sys.intern("x"))

    def test_nested_qualname(self):
        for protocol in (4, 5):
            data = pickle.dumps(Holder.Inner(), protocol)
            self.assertEqual(picklebox.untrusted(data), [f"{__name__}:Holder.Inner"])
            self.assertIsInstance(picklebox.loads(data, trusted=[Holder.Inner]), Holder.Inner)

    def test_python2(self):
        data = b"\x80\x02c__builtin__\nxrange\n(K\x00K\x05K\x01tR."
        self.assertEqual(picklebox.loads(data), range(5))
        with self.assertRaises(picklebox.PolicyError):
            picklebox.loads(data, fix_imports=False)
        text = b"U\x03a\xe9b."
        self.assertEqual(picklebox.loads(text, encoding="latin1"), "a\xe9b")
        self.assertEqual(picklebox.loads(text, encoding="bytes"), b"a\xe9b")
        self.assertEqual(picklebox.loads(text, errors="replace"), "a\ufffdb")
        with self.assertRaises(picklebox.MalformedError):
            picklebox.loads(text)

    def test_out_of_band_buffers(self):
        buffers = []
        value = [pickle.PickleBuffer(b"abc"), pickle.PickleBuffer(bytearray(b"def"))]
        data = pickle.dumps(value, 5, buffer_callback=buffers.append)
        loaded = picklebox.loads(data, buffers=buffers)
        self.assertEqual([bytes(part) for part in loaded], [b"abc", b"def"])
        self.assertEqual([memoryview(part).readonly for part in loaded], [True, False])
        with self.assertRaises(pickle.UnpicklingError):
            picklebox.loads(data, buffers=buffers[:1])
        with self.assertRaises(pickle.UnpicklingError):
            picklebox.loads(data)


class Holder:
    class Inner:
        pass


class RefusalTest(unittest.TestCase):
    """What is not loaded, and how that is said."""

    def test_all_denied_globals_at_once(self):
        data = stream(
            b"(cos\nsystem\n(S'true'\ntR", b"csubprocess\nPopen\n(S'true'\ntR", b"ctorch.nn\nFoo\n)\x81t."
        )
        with self.assertRaises(picklebox.PolicyError) as caught:
            picklebox.loads(data)
        error = caught.exception
        self.assertIsInstance(error, pickle.UnpicklingError)
        self.assertEqual(
            [(g.module, g.qualname) for g in error.denied],
            [("os", "system"), ("subprocess", "Popen"), ("torch.nn", "Foo")],
        )
        for words in ("os:system", "subprocess:Popen", "process", "trusted=['os.system'"):
            self.assertIn(words, str(error))
        self.assertIn("add_safe_globals([torch.nn.Foo])", str(error))
        self.assertTrue(str(error).isascii())
        policy = picklebox.Policy.from_toml(error.fragment)
        self.assertTrue(policy.uses("os", "system"))

    def test_nothing_runs_when_anything_is_denied(self):
        ran = []
        copyreg.constructor(ran.append)
        Other.__reduce__ = lambda self: (ran.append, (1,))
        try:
            data = pickle.dumps([Point(), 1]) + b"cos\nsystem\n(S'true'\ntR."
            with self.assertRaises(picklebox.PolicyError):
                picklebox.loads(data, trusted=[Point])
        finally:
            del Other.__reduce__
        self.assertEqual(ran, [])

    def test_broken_and_cut_off(self):
        good = pickle.dumps([1, 2, "three"])
        for size in range(len(good)):
            with self.assertRaises(picklebox.IncompleteError):
                picklebox.loads(good[:size])
        with self.assertRaises(EOFError):
            picklebox.loads(b"")
        with self.assertRaises(EOFError):
            picklebox.loads(good[:-1])
        for data in (b"\xff", b"no pickle at all", b"Ix\n.", b"0.", b"\x80\x04K\x01a.", b"\x80\x63N."):
            with self.subTest(data=data), self.assertRaises(picklebox.MalformedError) as caught:
                picklebox.loads(data)
            self.assertIsInstance(caught.exception, pickle.UnpicklingError)
        with self.assertRaises(picklebox.IncompleteError):
            picklebox.loads(good + b"something else")

    def test_strict_and_not(self):
        data = b"I010\n."  # 8 in C, an error in Python, 10 in pickletools
        with self.assertRaises(picklebox.PolicyError):
            picklebox.loads(data)
        self.assertEqual(picklebox.loads(data, strict=False), 8)

    def test_persistent_ids(self):
        data = b"Pabc\n."
        with self.assertRaises(pickle.UnpicklingError):
            picklebox.loads(data)
        policy = picklebox.Policy.from_toml('extends = ["core"]\npersistent_ids = true\n')

        class Persistent(picklebox.Unpickler):
            def persistent_load(self, pid):
                return ("loaded", pid)

        self.assertEqual(Persistent(io.BytesIO(data), policy=policy).load(), ("loaded", "abc"))
        with self.assertRaises(picklebox.PolicyError):
            picklebox.loads(data, policy="core")
        assigned = picklebox.Unpickler(io.BytesIO(data), policy=policy)
        assigned.persistent_load = str.upper
        self.assertEqual(assigned.load(), "ABC")

    def test_policies(self):
        data = pickle.dumps(Point(3))
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "p.toml")
            path.write_text(
                f'[[allow]]\nglobal = "{Point.__module__}:Point"\nuses = ["reference", "new", "build"]\n'
            )
            for policy in (path, str(path), picklebox.Policy(path)):
                self.assertEqual(picklebox.loads(data, policy=policy), Point(3))
            path.write_text("nonsense = 1\n")
            with self.assertRaises(ValueError) as caught:
                picklebox.loads(data, policy=path)
            self.assertIn("p.toml:1", str(caught.exception))
        with self.assertRaises(FileNotFoundError):
            picklebox.loads(data, policy="no-such-profile")
        with self.assertRaises(FileNotFoundError):
            picklebox.loads(data, policy="/no/such.toml")
        with self.assertRaises(TypeError):
            picklebox.loads(data, trusted="just.one")
        with self.assertRaises(ValueError):
            picklebox.loads(data, trusted=["nodots"])
        with self.assertRaises(TypeError):
            picklebox.loads(data, trusted=[3])

    def test_trusted_on_top_of_a_text(self):
        base = picklebox.Policy.from_toml('extends = ["core"]\n')
        twice = base.trusting([Point]).trusting([Other])
        self.assertTrue(twice.uses(Point.__module__, "Point"))
        self.assertTrue(twice.uses(Point.__module__, "Other"))
        self.assertFalse(base.uses(Point.__module__, "Point"))

    def test_usage(self):
        with self.assertRaises(TypeError):
            picklebox.loads("text")
        with self.assertRaises(TypeError):
            picklebox.Unpickler(object())
        with self.assertRaises(FileNotFoundError):
            picklebox.load("/no/such/file.pkl")
        with self.assertRaises(IsADirectoryError), tempfile.TemporaryDirectory() as folder:
            picklebox.load(folder)


class FileTest(unittest.TestCase):
    """Paths, file objects, several pickles a file."""

    def test_every_kind_of_input(self):
        value = {"a": [1.5] * 1000, "b": "x" * 5000, "c": b"y" * 100_000}
        data = pickle.dumps(value)
        self.assertEqual(picklebox.loads(bytearray(data)), value)
        self.assertEqual(picklebox.loads(memoryview(data)), value)
        self.assertEqual(picklebox.load(io.BytesIO(data)), value)
        with tempfile.NamedTemporaryFile(suffix=".pkl") as file:
            file.write(data)
            file.flush()
            self.assertEqual(picklebox.load(file.name), value)
            self.assertEqual(picklebox.load(pathlib.Path(file.name)), value)
            with open(file.name, "rb") as opened:
                self.assertEqual(picklebox.load(opened), value)
            self.assertEqual(picklebox.scan(file.name).verdict, "clean")

    def test_a_file_object_is_left_behind_the_pickle(self):
        file = io.BytesIO(b"head" + pickle.dumps([1]) + pickle.dumps([2]) + b"tail that is no pickle")
        file.seek(4)
        self.assertEqual(picklebox.load(file), [1])
        self.assertEqual(picklebox.load(file), [2])
        self.assertEqual(file.read(4), b"tail")

    def test_a_denied_pickle_further_on(self):
        file = io.BytesIO(pickle.dumps([1]) + b"cos\nsystem\n(S'true'\ntR.")
        with self.assertRaises(picklebox.PolicyError):
            picklebox.load(file)

    def test_a_file_that_changes_meanwhile(self):
        class Meddler:
            def __reduce__(self):
                return meddle, ()

        with tempfile.NamedTemporaryFile(suffix=".pkl") as file:
            file.write(pickle.dumps([Meddler(), b"z" * 100_000]))
            file.flush()
            with self.assertRaises(pickle.UnpicklingError):
                os.environ["PICKLEBOX_MEDDLE"] = file.name
                picklebox.load(file.name, trusted=[meddle])


def meddle():
    os.truncate(os.environ["PICKLEBOX_MEDDLE"], 10)


class ReportTest(unittest.TestCase):
    """Reports and graphs."""

    EVIL = b"cos\nsystem\n(S'<b>&\"'\ntR."

    def test_report(self):
        report = picklebox.scan(self.EVIL)
        self.assertEqual((report.verdict, bool(report)), ("denied", False))
        self.assertEqual(report.as_dict()["verdict"], "denied")
        self.assertEqual(json.loads(report.as_text("json"))["files"][0], report.as_dict())
        self.assertEqual(report.globals[0].uses, ("reference", "call"))
        self.assertEqual(report.untrusted, ["os.system"])
        self.assertIn("os:system", str(report))
        self.assertIn("denied", repr(report))
        self.assertEqual([s.complete for s in report.streams], [True])

    def test_html_is_escaped(self):
        graph = picklebox.inspect(self.EVIL)
        self.assertNotIn("<b>", graph._repr_html_().removeprefix("<pre>"))
        self.assertIn("&lt;b&gt;", graph._repr_html_())
        report = picklebox.scan(b"c<script>\n<img>\n.")
        html = report._repr_html_()
        self.assertNotIn("<script>", html)
        self.assertNotIn("<img>", html)

    def test_graph(self):
        graph = picklebox.inspect(pickle.dumps({"steps": [1, {"x": 2}]}))
        self.assertEqual(json.loads(graph.json())[graph.find("$['steps'][1]['x']")]["value"], 2)
        with self.assertRaises(LookupError):
            graph.find("$['nothing']")
        with self.assertRaises(ValueError):
            graph.find("steps")
        self.assertTrue(graph.dot().startswith("digraph"))
        with self.assertRaises(picklebox.MalformedError):
            picklebox.inspect(pickle.dumps(1), stream=5)

    def test_archives(self):
        import zipfile

        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a.pkl", self.EVIL)
        report = picklebox.scan(file.getvalue())
        self.assertEqual(report.verdict, "denied")
        self.assertEqual([m.path for m in report.members], ["a.pkl"])
        with self.assertRaises(picklebox.PolicyError):
            picklebox.loads(file.getvalue())


if __name__ == "__main__":
    unittest.main()
