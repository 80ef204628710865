"""Files that are cut off at every byte.

Whatever is left of a file is never clean unless it is whole, and a call that
stands before the cut is found. Cut at some places a file is another whole
pickle; which ones, the standard library's pickletools says.
"""

from __future__ import annotations

import argparse
import io
import itertools
import pathlib
import pickletools
import sys
import tempfile
import unittest

from scanning import denied_globals, scan

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "corpus"
OPTIONS = argparse.Namespace(picklebox="picklebox")

# Small files of every protocol and of every kind of text and frame.
BENIGN = [
    "benign/stdlib/py27/plain-*.pkl",
    "benign/stdlib/py311/recursive-*.pkl",
    "benign/stdlib/py313/dates-*.pkl",
    "benign/numpy/1.21/shared-p*.pkl",
]

# Models that keep numbers behind the pickle or in other members.
MODELS = sorted(path for kind in ("state", "views")
                for path in CORPUS.glob(f"models/torch/*/{kind}*.pt"))

BENIGN_FILES = sorted(path for pattern in BENIGN for path in CORPUS.glob(pattern))

# os.system("true"), in ways that differ in how much stands before the call.
CALLS = {
    "global": b"cos\nsystem\n(S'true'\ntR.",
    "inst": b"(S'true'\nios\nsystem\n.",
    "stack-global": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
    "after-data": b"\x80\x02]q\x00(K\x01K\x02e0cos\nsystem\nq\x01X\x04\x00\x00\x00true\x85R.",
    "framed": b"\x80\x04\x95\x16\x00\x00\x00\x00\x00\x00\x00"
    b"\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
}
CALLING = {"REDUCE", "INST"}


def whole(data: bytes) -> bool:
    """Say whether bytes are one whole pickle, or several."""
    stream = io.BytesIO(data)
    while stream.tell() < len(data):
        try:
            for _ in pickletools.genops(stream):
                pass
        except Exception:  # whatever it is, it is not whole
            return False
    return True


def called_before(data: bytes) -> int:
    """Return the offset behind the opcode that calls os.system."""
    opcodes = list(pickletools.genops(data))
    for (opcode, _, _), (_, _, behind) in itertools.pairwise(opcodes):
        if opcode.name in CALLING:
            return behind
    raise AssertionError("no such opcode")


class Truncation(unittest.TestCase):
    """One run of the program a file."""

    def cuts(self, name: str, data: bytes, step: int = 1) -> list[tuple[int, dict]]:
        """Scan all that can be left of a file; return its length and report each."""
        with tempfile.TemporaryDirectory(prefix="picklebox-cuts-") as folder:
            lengths = sorted({*range(0, len(data), step), len(data) - 1})
            paths = [pathlib.Path(folder) / f"{name}-{length}.pkl" for length in lengths]
            for path, length in zip(paths, lengths):
                path.write_bytes(data[:length])
            _, files = scan(OPTIONS.picklebox, paths)
        return list(zip(lengths, files))

    def test_there_are_files(self):
        self.assertGreater(len(BENIGN_FILES), len(BENIGN))
        self.assertGreater(len(MODELS), 5)

    def test_what_is_left_of_a_benign_file_is_not_clean(self):
        for path in BENIGN_FILES:
            data = path.read_bytes()
            with self.subTest(path.name):
                for length, file in self.cuts(path.stem, data, 1 + len(data) // 400):
                    if file["verdict"] == "clean":
                        self.assertTrue(whole(data[:length]), f"clean at {length}")
                    else:
                        self.assertTrue(file["findings"], f"no finding at {length}")

    def test_a_model_that_is_cut_off_is_incomplete(self):
        """What its persistent ids stand for was in the rest, and used to be denied."""
        for path in MODELS:
            data = path.read_bytes()
            with self.subTest(str(path.relative_to(CORPUS))):
                verdicts = {}
                for length, file in self.cuts(path.stem, data, 1 + len(data) // 40):
                    verdicts.setdefault(file["verdict"], []).append(length)
                self.assertLessEqual({*verdicts}, {"incomplete", "unsupported"}, verdicts)
                self.assertGreater(len(verdicts["incomplete"]), len(data) // 2 // (1 + len(data) // 40))

    def test_a_call_before_the_cut_is_found(self):
        for name, data in CALLS.items():
            self.assertTrue(whole(data))
            called = called_before(data)
            with self.subTest(name):
                for length, file in self.cuts(name, data):
                    self.assertNotEqual(file["verdict"], "clean", f"cut at {length}")
                    if length >= called:
                        self.assertEqual(file["verdict"], "denied", f"cut at {length}")
                        self.assertIn("os:system", denied_globals(file), f"cut at {length}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--picklebox", required=True)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
