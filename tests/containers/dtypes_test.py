"""The dtype of an array of joblib, wrong in one thing at a time.

NumPy reads a dtype from a call and a state. Where the reader takes another one than
NumPy does, it looks for opcodes in the wrong place: so it has to tell each state that
NumPy does not write. Each file has an attack behind its array, which nobody may miss.
"""

from __future__ import annotations

import argparse
import io
import json
import pathlib
import pickle
import subprocess
import sys
import tempfile
import types
import unittest

OPTIONS = argparse.Namespace(picklebox="picklebox")
EVIL = b"0cos\nsystem\n(X\x04\x00\x00\x00truetR."
ITEMS = 48  # bytes of the array in each file


def stand_in(module: str, name: str) -> type:
    """Return a class that pickles as one of a library that need not be there."""
    for at in range(module.count(".") + 1):
        part = ".".join(module.split(".")[: at + 1])
        sys.modules.setdefault(part, types.ModuleType(part))
    cls = type(name, (), {"__module__": module})
    setattr(sys.modules[module], name, cls)
    return cls


class Dtype:
    """A dtype as it is pickled: what it is called with, and its state."""

    def __init__(self, args: tuple, state: object = None, cls: type | None = None):
        self.parts = (cls or DTYPE, args, state)

    def __reduce__(self):
        return self.parts[: 2 if self.parts[2] is None else 3]


sys.modules.pop("numpy", None)
DTYPE, NDARRAY = stand_in("numpy", "dtype"), stand_in("numpy", "ndarray")
OTHER = stand_in("numpy", "int64")
WRAPPER = stand_in("joblib.numpy_pickle", "NumpyArrayWrapper")
OLD = stand_in("joblib.numpy_pickle_compat", "NDArrayWrapper")


def scalar(code: str, order: str = "<", size: int = -1, flags: int = 0, *more: object) -> Dtype:
    """Return a dtype without fields."""
    version = 4 if more else 3
    return Dtype((code, False, True), (version, order, None, None, None, size, -1, flags, *more))


def changed(dtype: Dtype, at: int, value: object) -> Dtype:
    """Return a dtype with one part of its state another."""
    cls, args, state = dtype.parts
    return Dtype(args, (*state[:at], value, *state[at + 1:]), cls)


def record(names: object, fields: object, size: object = 12, flags: object = 16) -> Dtype:
    """Return a dtype with fields."""
    return Dtype((f"V{size}", False, True), (3, "|", None, names, fields, size, 1, flags))


def array_of(base: object, dims: object, size: int = 8) -> Dtype:
    """Return the type of a field that is an array."""
    return Dtype((f"V{size}", False, True), (3, "|", (base, dims), None, None, size, 1, 0))


def times(unit: object) -> Dtype:
    """Return the type of points in time."""
    return scalar("M8", "<", -1, 0, ({}, unit))


F4, F8, OBJECT = scalar("f4"), scalar("f8"), scalar("O8", "|", -1, 63)
PAIR = {"a": (F4, 0), "b": (F8, 4)}
PLAIN = record(("a", "b"), PAIR)
UNIT = (b"ns", 1, 1, 1)


def nested(depth: int) -> Dtype:
    """Return a record of a record of a record, of 12 bytes."""
    dtype = PLAIN
    for _ in range(depth):
        dtype = record(("a",), {"a": (dtype, 0)})
    return dtype


def wrapped(depth: int) -> Dtype:
    """Return an array of arrays of arrays."""
    dtype = F8
    for _ in range(depth):
        dtype = array_of(dtype, (1,))
    return record(("a",), {"a": (dtype, 0)}, 8)


# Each of these NumPy writes; the array has so many items.
GOOD = {
    "f8": (F8, 6), "f4 without a state": (Dtype(("f4", False, True)), 12),
    "big": (scalar("i4", ">"), 12), "bytes": (scalar("i1", "|"), 48),
    "text": (changed(scalar("S12", "|", 12), 6, 1), 4),
    "flag": (scalar("b1", "|"), 48), "fields": (PLAIN, 4), "a record in a record": (nested(2), 4),
    "titles": (record(("a", "b"), {"a": (F4, 0, "x"), "x": (F4, 0, "x"), "b": (F8, 4)}), 4),
    "room between": (record(("a", "b"), {"a": (F4, 0), "b": (F4, 8)}), 4),
    "room behind": (record(("a",), {"a": (F4, 0)}), 4),
    "arrays in fields": (record(("a", "b"), {"a": (F4, 0), "b": (array_of(F4, (2,)), 4)}), 4),
    "more dimensions": (record(("a", "b"), {"a": (F4, 0), "b": (array_of(F4, (1, 2)), 4)}), 4),
    "an array of records": (record(("a",), {"a": (array_of(PLAIN, (2,), 24), 0)}, 24), 2),
    "arrays of arrays": (wrapped(3), 6),
    "time": (times(UNIT), 6), "times of seven": (times((b"s", 7, 1, 1)), 6),
    "time without a unit": (times((b"generic", 1, 1, 1)), 6),
}  # fmt: skip

# And none of these.
BAD = {
    "no dtype": 7, "another class": Dtype(("f8",), None, OTHER), "no arguments": Dtype(()),
    "four arguments": Dtype(("f8", False, True, 1)), "a number for a name": Dtype((8, False, True)),
    "a letter alone": Dtype(("f", False, True)), "no such type": scalar("q9"),
    "another size": scalar("f8", "<", 4), "no tuple": Dtype(("f8", False, True), [3]),
    "a short state": Dtype(("f8", False, True), (3, "<", None, None, None)),
    "a long state": scalar("f8", "<", -1, 0, None, None),
    "an order of two": scalar("f8", "<<"), "an order of none": scalar("f8", ""),
    "a number for an order": scalar("f8", 1), "a text for a size": changed(F8, 5, "8"),
    "a size below all": changed(F8, 5, -2), "a size above all": changed(F8, 5, 1 << 31),
    "a text for flags": changed(F8, 7, "0"), "objects by the flags alone": changed(F8, 7, 1),
    "objects but for the flags": changed(OBJECT, 7, 0),
    "a base that is no pair": changed(F8, 2, (F4,)), "a base that is no tuple": changed(F8, 2, 4),
    "an array at the top": array_of(F4, (2,)),
    "an array of negative length": record(("a",), {"a": (array_of(F4, (-1,)), 0)}),
    "an array of a text": record(("a",), {"a": (array_of(F4, "2"), 0)}),
    "an array of nothing": record(("a",), {"a": (array_of(F4, (0,)), 0)}),
    "an array of no type": record(("a",), {"a": (array_of(4, (2,)), 0)}),
    "an array beyond 2^64": record(("a",), {"a": (array_of(F4, (1 << 33, 1 << 33)), 0)}),
    "an array beyond 2^31": record(("a",), {"a": (array_of(F4, (1 << 30,)), 0)}),
    "two fields beyond 2^31": record(
        ("a", "b"), {"a": (array_of(F4, (1 << 28,)), 0), "b": (array_of(F4, (1 << 28,)), 1 << 30)}),
    "arrays of arrays of arrays": wrapped(9), "a record too deep": nested(60),
    "names that are no tuple": record(["a", "b"], PAIR),
    "fields that are no dict": record(("a", "b"), (1,)),
    "a number for a key": record(("a",), {1: (F4, 0)}), "a number for a field": record((1,), PAIR),
    "a name without a field": record(("a", "c"), PAIR), "a field without a name": record(("a",), PAIR),
    "a name with a line": record(("a\n",), {"a\n": (F4, 0)}),
    "a field that is no tuple": record(("a",), {"a": 4}),
    "a field without a place": record(("a",), {"a": (F4,)}),
    "a field with more": record(("a",), {"a": (F4, 0, "x", 1), "x": (F4, 0)}),
    "a title that is no key": record(("a",), {"a": (F4, 0, "x")}),
    "a number for a title": record(("a",), {"a": (F4, 0, 1)}),
    "a text for a place": record(("a",), {"a": (F4, "0")}),
    "a place below all": record(("a",), {"a": (F4, -1)}),
    "a place above all": record(("a",), {"a": (F4, 1 << 31)}),
    "fields that overlap": record(("a", "b"), {"a": (F4, 0), "b": (F8, 2)}),
    "fields the other way round": record(("b", "a"), PAIR),
    "fields beyond the record": record(("a", "b"), PAIR, 11),
    "a record without a size": record(("a", "b"), PAIR, -1),
    "a field of no type": record(("a",), {"a": (4, 0)}),
    "a field of no such type": record(("a",), {"a": (scalar("q9"), 0)}),
    "a field of objects but for the flags": record(("a",), {"a": (OBJECT, 0)}),
    "a time of no tuple": scalar("M8", "<", -1, 0, 4), "a time of one": scalar("M8", "<", -1, 0, ({},)),
    "a unit of no tuple": times(4), "a unit of one": times((b"ns",)), "a unit of five": times((*UNIT, 1)),
    "a unit without a name": times((1, 1, 1, 1)), "a unit without a number": times((b"ns", b"1", 1, 1)),
    "no such unit": times((b"xx", 1, 1, 1)),
}  # fmt: skip

STATE = {"subclass": NDARRAY, "shape": (6,), "order": "C", "dtype": F8, "allow_mmap": True}
# What is said of a wrapper, and what it may say wrong for it.
WRAPPERS = {
    "the subclass of an array is no class": ({"subclass": 1},),
    "the shape of an array is no tuple of lengths": (
        {"shape": (-6,)}, {"shape": ("6",)}, {"shape": [6]}, {"shape": (1 << 80,)}, {"shape": (1,) * 65}),
    "the order of an array is neither C nor F": ({"order": "K"}, {"order": 1}),
    "allow_mmap is neither True nor False": ({"allow_mmap": 1},),
    "the alignment of an array is no small number": tuple(
        {"numpy_array_alignment_bytes": value} for value in (4097, 0, -1, "16")),
    "an unknown key in the state of a wrapper": ({"colour": 1},),
    "the state of a wrapper is no dictionary": (
        {f"key {number}": 1 for number in range(20)}, {"colour": [None] * 70_000}),
    "an array of more than 2^63 bytes": ({"shape": (1 << 40, 1 << 40)},),
    "an array of 8000 bytes": ({"shape": (1000,)},),
    "the padding of an array is longer than its alignment": ({"numpy_array_alignment_bytes": 16},),
}  # fmt: skip
PLAIN_CLASSES = (
    ("numpy", "memmap"), ("numpy.core.memmap", "memmap"), ("numpy.core.multiarray", "ndarray"))
# What the wrapper of an old joblib says of its file, and what is said of it.
FILES = {
    "the state of a wrapper names no file": (["x.npy"], {"colour": 1}, {"filename": 1}),
    "does not lie beside this one": (
        {"filename": "."}, {"filename": ".."}, {"filename": "a/b.npy"}, {"filename": "/b.npy"}),
}  # fmt: skip
PADDINGS = {
    "the file ends in the padding of an array": (b"", b"\x05\xff"),
    "something stands in the padding of an array": (b"\x02\xff\xfe" + bytes(48) + b".",),
}


def head(state: object, cls: type = WRAPPER) -> bytes:
    """Return a wrapper up to its BUILD."""
    wrapper = cls()
    out = io.BytesIO()
    if isinstance(state, dict):
        wrapper.__dict__.update(state)
        pickle.dump(wrapper, out, 3)
        return out.getvalue()[:-1]
    pickle.dump(wrapper, out, 3)
    return out.getvalue()[:-1] + pickle.dumps(state, 3)[2:-1] + b"b"


class DtypesTest(unittest.TestCase):
    """All files of a test are scanned at once."""

    maxDiff = None

    def scan(self, files: dict[str, bytes]) -> dict[str, tuple[str, list[tuple[str, str]]]]:
        """Return the verdict of each file, and code and text of its findings."""
        with tempfile.TemporaryDirectory(prefix="picklebox-dtypes-") as name:
            folder = pathlib.Path(name)
            names = [f"{number}.joblib" for number in range(len(files))]
            for path, data in zip(names, files.values()):
                (folder / path).write_bytes(data)
            done = subprocess.run(
                [OPTIONS.picklebox, "scan", "--no-config", "--format", "json", *names], cwd=folder,
                capture_output=True, check=False, timeout=100)
            found = {entry["path"]: entry for entry in json.loads(done.stdout)["files"]}
        return {
            what: (found[path]["verdict"], [(f["code"], json.dumps(f)) for f in found[path]["findings"]])
            for what, path in zip(files, names)}

    def test_what_numpy_writes_is_read(self):
        state = {
            what: head(dict(STATE, dtype=dtype, shape=(count,)))
            for what, (dtype, count) in GOOD.items()}
        clean = self.scan({what: data + b"." * ITEMS + b"." for what, data in state.items()})
        for what, (verdict, findings) in clean.items():
            self.assertEqual((verdict, findings), ("clean", []), what)
        evil = self.scan({what: data + b"." * ITEMS + EVIL for what, data in state.items()})
        for what, (verdict, findings) in evil.items():
            self.assertEqual(verdict, "denied", (what, findings))

    def test_what_it_does_not_write_is_told(self):
        files = {what: head(dict(STATE, dtype=dtype)) + b"." * ITEMS + EVIL for what, dtype in BAD.items()}
        for what, (verdict, findings) in self.scan(files).items():
            self.assertNotEqual(verdict, "clean", what)
            self.assertIn("array-unknown", [code for code, _ in findings], what)

    def test_a_wrapper_that_is_wrong(self):
        files = {
            f"{what} ({number})": head(dict(STATE, **change)) + b"." * ITEMS + EVIL
            for what, changes in WRAPPERS.items()
            for number, change in enumerate(changes)}
        for key in ("subclass", "shape", "order", "dtype"):
            state = {name: value for name, value in STATE.items() if name != key}
            files[f"a key is missing in the state of a wrapper ({key})"] = head(state) + b"." * ITEMS + EVIL
        # The wrapper has made way for its array; what is kept of it is its memo.
        files["the state of a wrapper is set again"] = head(dict(STATE, allow_mmap=False)).replace(
            b")\x81", b")\x812", 1) + b"." * ITEMS + b"0}b" + EVIL
        files["the state of a wrapper is no dictionary (none)"] = head((1,)) + b"." * ITEMS + EVIL
        aligned = head(dict(STATE, numpy_array_alignment_bytes=16))
        for fault, ends in PADDINGS.items():
            for number, end in enumerate(ends):
                files[f"{fault} ({number})"] = aligned + end
        for what, (verdict, findings) in self.scan(files).items():
            self.assertNotEqual(verdict, "clean", what)
            self.assertIn(what.partition(" (")[0], " ".join(text for _, text in findings), what)

    def test_classes_that_are_those_of_numpy(self):
        files = {
            names: head(dict(STATE, subclass=stand_in(*names))) + b"." * ITEMS + b"."
            for names in PLAIN_CLASSES}
        for what, (verdict, findings) in self.scan(files).items():
            self.assertNotIn("value-denied", [code for code, _ in findings], what)
            self.assertNotIn(verdict, ("malformed", "incomplete"), (what, findings))

    def test_a_file_that_is_not_beside(self):
        files = {
            f"{what} ({number})": head(state, OLD) + EVIL
            for what, states in FILES.items()
            for number, state in enumerate(states)}
        for what, (verdict, findings) in self.scan(files).items():
            self.assertEqual(verdict, "denied", what)
            self.assertIn(what.partition(" (")[0], " ".join(text for _, text in findings), what)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--picklebox", required=True)
    _, rest = parser.parse_known_args(namespace=OPTIONS)
    unittest.main(argv=[sys.argv[0], *rest])
