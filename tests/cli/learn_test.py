"""`picklebox policy learn`: what it learns is enough, and it is not more.

    learn_test.py --picklebox build/release/picklebox

A policy that was learned from files makes them clean; another call, another
argument, another use of the same names is denied.
"""

from __future__ import annotations

import argparse
import pathlib
import pickle
import subprocess
import tempfile
import unittest

import fixtures

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "corpus"
OPTIONS = argparse.Namespace()


class LearnTest(unittest.TestCase):
    """Each test in a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="picklebox-learn-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def picklebox(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run it in the folder."""
        return subprocess.run(
            [OPTIONS.picklebox, *arguments],
            cwd=self.folder,
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )

    def learn(self, *arguments: str) -> str:
        """Learn a policy, which has to make its files clean, and return it."""
        done = self.picklebox("policy", "learn", "-o", "learned.toml", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return (self.folder / "learned.toml").read_text()

    def verdict(self, stream: bytes) -> int:
        """Scan a stream under the learned policy."""
        (self.folder / "other.pkl").write_bytes(stream)
        return self.picklebox("scan", "-q", "--policy", "learned.toml", "other.pkl").returncode

    def test_what_was_learned_is_enough_and_not_more(self):
        trusted = fixtures.TRUSTED
        (self.folder / "trusted.pkl").write_bytes(trusted)
        text = self.learn("trusted.pkl")
        self.assertIn('global = "acme.models:score"', text)
        self.assertEqual(self.verdict(trusted), 0)
        changes = {
            "another name": (b"score", b"scorf"),
            "another module": (b"acme.models", b"acme.modelz"),
            "another class": (b"Ranker", b"Runner"),
            "another choice": (b"\x04fast\x94K\x02", b"\x04slow\x94K\x02"),
            "another kind of argument": (b"\x94K\x02\x86", b"\x94N\x86"),
            "an argument less": (b"\x94K\x02\x86", b"\x94\x85"),
            "called, not made": (b"Ranker\x93)\x81", b"Ranker\x93)R"),
            "an argument more": (b"Ranker\x93)\x81", b"Ranker\x93K\x01\x85\x81"),
            "a state that is no dict": (b"}(\x8c\x05depthK\x03\x8c\x04nameNub", b"K\x03b"),
            "another attribute": (b"\x05depth", b"\x05width"),
            "an attribute of another kind": (b"depthK\x03", b"depthN"),
        }
        for what, (old, new) in changes.items():
            self.assertIn(old, trusted, what)
            self.assertEqual(self.verdict(trusted.replace(old, new, 1)), 1, what)

    def test_what_containers_hold(self):
        call = b"\x80\x04](\x8c\x04acme\x8c\x04rank\x93\x94"
        cases = {
            "list[int|str]": b"](K\x01\x8c\x01ae",
            "list[]": b"]",
            "dict['a': int, 'b': none]": b"}(\x8c\x01aK\x01\x8c\x01bNu",
            "dict['a': int, int: none, str: list]": b"}(\x8c\x01aK\x01K\x01N\x8c\x03a b]u",
            "set[int]": b"\x8f(K\x01K\x02\x90",
            "tuple[int, list]": b"K\x01](K\x01Ne\x86",
            "list[tuple[int, none]]": b"](K\x01N\x86e",
        }
        for shape, value in cases.items():
            trusted = call + value + b"\x85Re."
            (self.folder / "trusted.pkl").write_bytes(trusted)
            text = self.learn("trusted.pkl")
            self.assertIn(f'call = ["{shape}"]', text)
            self.assertEqual(self.verdict(trusted), 0, shape)
            if shape.startswith(("list", "set")):
                wrong = call + value + {"l": b"G?\xf0\0\0\0\0\0\0a", "s": b"(N\x90"}[shape[0]] + b"\x85Re."
                self.assertEqual(self.verdict(wrong), 1, shape)
            if shape.startswith("dict"):
                self.assertEqual(self.verdict(call + value + b"\x8c\x01b\x88s\x85Re."), 1, shape)

    def test_containers_of_several_calls(self):
        call = b"h\x01"
        begin = b"\x80\x04](\x8c\x04acme\x8c\x04rank\x93q\x010"
        pair = begin + call + b"}\x8c\x01aK\x01s\x85R" + call + b"}\x8c\x01bNs\x85R" + call + b"]\x85Re."
        (self.folder / "trusted.pkl").write_bytes(pair)
        self.assertIn("call = [\"dict['a': int, 'b': none]|list[]\"]", self.learn("trusted.pkl"))
        keys = b"".join(b"\x8c\x02%c%cK\x01" % (97 + i, 97) for i in range(17))
        many = begin + call + b"}(" + keys + b"u\x85Re."
        (self.folder / "trusted.pkl").write_bytes(many)
        self.assertIn('call = ["dict[str: int]"]', self.learn("trusted.pkl"))
        # What is added behind the call counts as well.
        late = begin + call + b"]q\x02\x85Rh\x02K\x01a0e."
        (self.folder / "trusted.pkl").write_bytes(late)
        self.assertIn('call = ["list[int]"]', self.learn("trusted.pkl"))

    def test_files_of_libraries(self):
        files = [
            "benign/sklearn-pipeline.pkl",
            *sorted(str(f.relative_to(CORPUS)) for f in (CORPUS / "benign").glob("*/*random*.pkl"))[:8],
            *sorted(str(f.relative_to(CORPUS)) for f in (CORPUS / "benign").glob("*/*.pkl"))[::25],
        ]
        text = self.learn(*[str(CORPUS / file) for file in files])
        self.assertNotIn("Left out", text)
        done = self.picklebox("policy", "check", "learned.toml")
        self.assertEqual(done.returncode, 0, done.stdout)
        # It does not hold what the profiles have and the files do not need.
        self.assertLess(text.count("[[allow]]"), 300)
        self.assertEqual(self.verdict(pickle.dumps(OSError(2, "x"), 4)), 1)

    def test_dangerous_globals_are_left_out(self):
        (self.folder / "bad.pkl").write_bytes(fixtures.CALL)
        done = self.picklebox("policy", "learn", "-o", "learned.toml", "bad.pkl")
        self.assertEqual(done.returncode, 1)
        self.assertIn("os:system", done.stderr)
        self.assertEqual(self.verdict(fixtures.CALL), 1)
        done = self.picklebox("policy", "learn", "-o", "learned.toml", "--include-dangerous", "bad.pkl")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.verdict(fixtures.CALL), 0)
        self.assertEqual(self.verdict(fixtures.CALL.replace(b"system", b"remove")), 1)

    def test_extending_lists_only_what_is_new(self):
        (self.folder / "trusted.pkl").write_bytes(fixtures.TRUSTED)
        text = self.learn("--extend", "trusted.pkl")
        self.assertNotIn("OrderedDict", text)
        self.assertIn("extends = [", text)
        self.assertIn("acme.models:Ranker", text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--picklebox", required=True)
    OPTIONS, rest = parser.parse_known_args()
    OPTIONS.picklebox = str(pathlib.Path(OPTIONS.picklebox).resolve())
    unittest.main(argv=[__file__, *rest])
