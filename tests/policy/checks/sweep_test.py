#!/usr/bin/env python3
"""Changes what libraries wrote in one place at a time, and scans it: which sentences do the checks say?

The files are the good twins of data/ and small files of the corpus. A value, whatever
it is, is taken off the stack again and another put in its place; ints become
neighbours and extremes; items of arrays and the letters of types are changed where
they lie; a state is not set. Of each such file

- the parent and the worker say the same (no `result-mismatch`, no `result-rejected`),
- what a check says of a false value is in sentences.tsv, and all that stands there is
  said of some file: a sentence that is lost, or new, is seen.

`--record` writes sentences.tsv again.
"""

from __future__ import annotations

import argparse
import collections
import io
import pathlib
import pickletools
import re
import shutil
import struct
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "tests" / "corpus"))

from scanning import scan  # noqa: E402

SENTENCES = HERE / "sentences.tsv"
# Of the corpus: what holds values that are checked, in a release or two of each library.
CORPUS = (
    "numpy/1.21/*-p4.pkl", "numpy/2.5/*-p2.pkl", "pandas/1.3.5/*.pkl", "pandas/3.1.1/*-p4.pkl",
    "scipy/1.7.3/*.pkl", "scipy/1.18.1/*.pkl", "sklearn/1.0.2/*.pkl", "sklearn/1.9.1/*.pkl",
    "torch/2.15.0/tensor-*.pt",
)
MOST_BYTES = 10_000
# Places that are changed in a file, and changes of each.
PLACES = 32
CHANGES = 4

# Values that take the place of another.
OTHERS = (
    b"N", b"K\x00", b"K\x01", b"J\xff\xff\xff\xff", b"J\xff\xff\xff\x7f",
    b"\x8a\x08" + struct.pack("<q", 1 << 62), b")", b"]", b"}", b"C\x00", b"C\x08" + b"\xff" * 8,
    b"\x8c\x01x", b"G?\xf8\x00\x00\x00\x00\x00\x00", b"\x88",
)
INTS = {"BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1", "LONG4"}
TEXTS = {"SHORT_BINUNICODE", "BINUNICODE", "SHORT_BINSTRING", "BINSTRING"}
BYTES = {"SHORT_BINBYTES", "BINBYTES", "SHORT_BINSTRING", "BINSTRING"}
# What leaves no value of its own on the stack.
PASSING = {"PROTO", "FRAME", "STOP", "MARK", "MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT", "POP", "POP_MARK"}
# Changes of a container: without them it stays as it was.
ENDINGS = {
    "BUILD": b"0", "APPEND": b"0", "SETITEM": b"00", "APPENDS": b"1", "SETITEMS": b"1", "ADDITEMS": b"1",
}
LETTERS = (("f8", "f4"), ("i8", "i4"), ("i4", "i8"), ("f8", "O8"), ("i8", "f8"), ("<", ">"), ("|", "<"))

Op = collections.namedtuple("Op", "name arg begin end")


def unframed(pickle: bytes) -> bytes:
    """Return a pickle without its frames, which a change would make too short."""
    parts, end = [], 0
    for opcode, _, begin in pickletools.genops(pickle):
        if opcode.name == "FRAME":
            parts.append(pickle[end:begin])
            end = begin + 9
    return b"".join([*parts, pickle[end:]])


def opcodes(pickle: bytes) -> list[Op]:
    """List the opcodes of a pickle, with where each begins and ends."""
    found = [(opcode.name, arg, begin) for opcode, arg, begin in pickletools.genops(pickle)]
    ends = [begin for _, _, begin in found[1:]] + [len(pickle)]
    return [Op(*op, end) for op, end in zip(found, ends)]


def other_texts(op: Op) -> list[bytes]:
    """List what a text is turned into: types of another width, kind or order, another name."""
    if not isinstance(op.arg, str) or len(op.arg) > 200:
        return []
    texts = [op.arg.replace(old, new) for old, new in LETTERS if old in op.arg]
    texts += ["_" + op.arg, op.arg[:-1]]
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    return [b"X" + struct.pack("<I", len(text)) + text for text in encoded]


def other_bytes(op: Op, pickle: bytes) -> list[bytes]:
    """List what bytes are turned into: items at either end and in the middle, one byte less."""
    size = len(op.arg)
    head, body = pickle[op.begin : op.end - size], pickle[op.end - size : op.end]
    changed = []
    for at in {0, size // 16 * 8, max(0, size - 8)}:
        for item in (b"\xff" * 8, b"\xff\xff\xff\x7f" + b"\x00" * 4, b"\x00" * 8):
            changed.append(head + (body[:at] + item + body[at + 8 :])[:size])
    return [*changed, b"B" + struct.pack("<I", max(0, size - 1)) + body[:-1], b"B\x00\x00\x00\x00"]


def changes(op: Op, pickle: bytes) -> list[bytes]:
    """List what may take the place of an opcode."""
    if op.name in PASSING:
        return []
    own = pickle[op.begin : op.end]
    found = [own + b"0" + value for value in OTHERS]
    if op.name in ENDINGS:
        found = [ENDINGS[op.name], *found]
    if op.name in INTS and -(1 << 31) < op.arg < (1 << 31) - 1:
        found = [b"J" + struct.pack("<i", op.arg + step) for step in (-1, 1)] + found
    if op.name in TEXTS:
        found = other_texts(op) + found
    if op.name in BYTES and isinstance(op.arg, bytes):
        found = other_bytes(op, pickle) + found
    return found


def chosen(items: list, count: int, turn: int) -> list:
    """Return `count` of the items, evenly, beginning at another one each turn."""
    if len(items) <= count:
        return items
    return [items[(turn + at * len(items) // count) % len(items)] for at in range(count)]


def mutants(pickle: bytes, places: int, count: int) -> list[bytes]:
    """List the pickle with one thing changed, the same list each time."""
    pickle = unframed(pickle)
    made, seen = [], collections.Counter()
    ops = [op for op in opcodes(pickle) if op.name not in PASSING]
    for op in chosen(ops, places, 0):
        # Other changes at places that look alike.
        seen[op.name] += 1
        own = changes(op, pickle)
        # Bytes are where most checks look: all is tried.
        tried = own if op.name in BYTES and len(op.arg) > 7 else chosen(own, count, seen[op.name])
        for change in tried:
            made.append(pickle[: op.begin] + change + pickle[op.end :])
    return made


def rewritten(archive: bytes, name: str, member: bytes) -> bytes:
    """Return a zip with another content of one member."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, member if info.filename == name else old.read(info))
    return out.getvalue()


def mutated(path: pathlib.Path, places: int, count: int) -> list[bytes]:
    """List what a file is turned into."""
    data = path.read_bytes()
    if not zipfile.is_zipfile(path):
        return mutants(data, places, count)
    with zipfile.ZipFile(path) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("data.pkl")]
        pickle = archive.read(name)
    return [rewritten(data, name, mutant) for mutant in mutants(pickle, places, count)]


def sources() -> list[pathlib.Path]:
    """List the files, each content once."""
    paths = sorted((HERE / "data").glob("*-good.*"))
    for pattern in CORPUS:
        found = sorted((ROOT / "corpus" / "benign").glob(pattern))
        if not found:
            raise AssertionError(f"the corpus has no {pattern}")
        paths += found
    distinct = {path.read_bytes(): path for path in reversed(paths) if path.stat().st_size <= MOST_BYTES}
    return sorted(distinct.values())


def sentence(finding: dict) -> tuple[str, str]:
    """Return the check and what it says, whatever the numbers and names."""
    said = finding["message"].partition(" is false: ")[2] or finding["message"]
    said = re.sub(r"'[^']*'", "'...'", said)
    return finding.get("detail", ""), re.sub(r"-?\d+", "#", said)


class Sweep:
    """What was said of changed files.

    Attributes
    ----------
    said : set of tuple
        Each check with a sentence of it.
    faults : list of str
    verdicts : collections.Counter
    """

    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.said: set[tuple[str, str]] = set()
        self.faults: list[str] = []
        self.verdicts: collections.Counter = collections.Counter()

    def run(self, source: pathlib.Path) -> None:
        """Scan a file and what it is turned into."""
        made = mutated(source, self.options.places, self.options.changes)
        with tempfile.TemporaryDirectory() as name:
            paths = [source]
            for number, data in enumerate(made):
                paths.append(pathlib.Path(name) / f"{number}{source.suffix}")
                paths[-1].write_bytes(data)
            reports = scan(self.options.picklebox, paths)[1]
            if reports[0]["verdict"] != "clean":
                self.faults.append(f"{source.name} is {reports[0]['verdict']}")
            for path, report in zip(paths[1:], reports[1:]):
                self.look(source, path, report)

    def look(self, source: pathlib.Path, path: pathlib.Path, report: dict) -> None:
        """Take down what was said of one changed file."""
        self.verdicts[report["verdict"]] += 1
        for finding in report["findings"]:
            if finding["code"] in ("result-mismatch", "result-rejected"):
                self.faults.append(f"{source.name}, change {path.stem}: {finding}")
            if finding["code"] == "value-denied":
                self.said.add(sentence(finding))
        if self.options.keep and report["verdict"] == "clean":
            kept = self.options.keep / source.stem
            kept.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, kept)

    def compare(self) -> None:
        """Hold what was said against what is recorded."""
        recorded = {tuple(line.split("\t")) for line in SENTENCES.read_text().splitlines()}
        for check, text in sorted(recorded - self.said):
            self.faults.append(f"no file makes {check} say any more: {text}")
        for check, text in sorted(self.said - recorded):
            self.faults.append(f"not in {SENTENCES.name}: {check}: {text}")


def main() -> int:
    """Scan all; 1 if something is not as expected."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--picklebox", required=True)
    parser.add_argument("--record", action="store_true", help="write sentences.tsv")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the changed files that stay clean")
    parser.add_argument("--places", type=int, default=PLACES)
    parser.add_argument("--changes", type=int, default=CHANGES)
    options = parser.parse_args()
    sweep = Sweep(options)
    for source in sources():
        sweep.run(source)
    if options.record:
        SENTENCES.write_text("".join(f"{check}\t{text}\n" for check, text in sorted(sweep.said)))
    sweep.compare()
    for fault in sweep.faults[:50]:
        print(fault)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(sweep.verdicts.items()))
    print(f"{counts}; {len(sweep.said)} sentences; {len(sweep.faults)} faults")
    return 1 if sweep.faults or not sweep.said else 0


if __name__ == "__main__":
    sys.exit(main())
