#!/usr/bin/env python3
"""Checks that MANIFEST and the files of the corpus agree. For CI; standard library only.

    corpus/check.py

What is checked: every file has one row and every row a file; fields hold words that
README.md defines; sources assemble, and malicious samples are what their scripts
write; offsets point at an opcode that can do what is claimed, and the globals stand
there in the eyes of list_globals.py, which shares no code with picklebox; benign
files are small and read to their end.
"""

import sys

import assemble
import list_globals
import make_malicious
import manifest
from program import OPCODES

KINDS = {
    "benign": {"clean"},
    "malicious": {"denied"},
    # Denied where a reader that does not stop at the fault would do something.
    "malformed": {"incomplete", "denied"},
    # Functions by value: allowed by digest only.
    "code": {"denied"},
    "stress": {"bounded"},
}

REASONS = {
    "benign": {"-"},
    "malicious": set(
        "global-denied use-denied call-of-value arguments-opaque arguments-denied ambiguous"
        " persistent-denied extension-denied state-denied state-on-global state-twice"
        " state-key items-denied array-bad storage-bad"
        " torch-bad".split()
    ),
    "malformed": set(
        "truncated bad-opcode protocol-unsupported stack-underflow mark-missing memo-missing"
        " memo-negative odd-items unhashable-key wrong-type buffer-missing bad-number bad-string"
        " bad-escape bad-utf8 bad-text frame-bad limit-integer limit-key limit-name"
        " trailing-data".split()
    ),
    "code": {"global-denied", "embedded-code"},
    "stress": {"-"},
}

PROFILES = {path.stem for path in (manifest.ROOT.parent / "policy" / "profiles").glob("*.toml")}

#: Modules whose names the policy is asked about by another one.
ALIASES = {"_io": "io", "_operator": "operator"}

#: Opcodes that put a global on the stack.
NAMING = {OPCODES[name][0] for name in "GLOBAL INST STACK_GLOBAL EXT1 EXT2 EXT4".split()}

LARGEST_FILE = 128 << 10
LARGEST_BENIGN = 15 << 20


def check_tree(rows):
    """Files against rows."""
    listed = [row.path for row in rows]
    if listed != sorted(set(listed)):
        yield "MANIFEST: rows are not sorted, or not unique"
    present = {
        path.relative_to(manifest.ROOT).as_posix()
        for kind in KINDS
        for path in manifest.ROOT.glob(f"{kind}/**/*")
        if path.is_file()
    }
    for path in sorted(present - set(listed)):
        yield f"{path}: no row in MANIFEST"
    for path in sorted(set(listed) - present):
        yield f"{path}: a row in MANIFEST and no file"
    for path in sorted(present & set(listed)):
        if (manifest.ROOT / path).stat().st_size > LARGEST_FILE:
            yield f"{path}: larger than {LARGEST_FILE} bytes"


def check_words(row):
    """The fields of a row, by themselves."""
    if not row.path.startswith(f"{row.kind}/") or row.kind not in KINDS:
        yield f"{row.path}: kind {row.kind}"
        return
    if row.verdict not in KINDS[row.kind]:
        yield f"{row.path}: verdict {row.verdict} for a {row.kind} file"
    if row.reason not in REASONS[row.kind]:
        yield f"{row.path}: reason {row.reason}"
    if row.kind == "benign" and row.expect not in PROFILES:
        yield f"{row.path}: profile {row.expect}"
    if row.reason == "global-denied" and (":" not in row.expect and row.expect != "..."):
        yield f"{row.path}: global {row.expect}"
    if row.offset != "-" and not row.offset.isdigit():
        yield f"{row.path}: offset {row.offset}"
    if not row.comment or not row.origin:
        yield f"{row.path}: a field is empty"


def check_benign(row, data):
    traced = list_globals.trace(data)
    if traced.error:
        yield f"{row.path}: {traced.error[1]} at {traced.error[0]}"


def named_at(data, offset):
    """The globals that the opcode at `offset` names."""
    return {
        manifest.escape(f"{ALIASES.get(module, module)}:{name}")
        for place, module, name in list_globals.trace(data).globals
        if place == offset
    }


def check_damaged(row, data):
    """Offsets and names of malicious and malformed samples."""
    if row.offset == "-":
        yield f"{row.path}: no offset"
        return
    offset = int(row.offset)
    if offset > len(data) or (offset == len(data) and row.reason != "truncated"):
        yield f"{row.path}: offset {offset} of {len(data)}"
        return
    if row.reason != "global-denied":
        return
    if data[offset] not in NAMING:
        yield f"{row.path}: no opcode at {offset} that names a global"
    named = named_at(data, offset)
    if row.path.startswith("malicious/arrays/") and not named:
        # Behind the items of an array, which end the trace: take it up between.
        starts = (start for start in range(offset - 1, max(offset - 200, 0), -1))
        named = next(filter(None, (named_at(data[s:], offset - s) for s in starts)), set())
    if row.expect not in named and not (row.expect == "..." and named):
        yield f"{row.path}: {row.expect} is not named at {offset}"


def check_row(row):
    """Everything about one sample."""
    yield from check_words(row)
    path = manifest.ROOT / row.path
    if not path.is_file():
        return
    if path.suffix == ".pklasm":
        try:
            if assemble.row_of(path) != row:
                yield f"{row.path}: its row is not what the source asks for"
            data = assemble.assemble_file(path).code
        except assemble.AssemblyError as error:
            yield str(error)
            return
    else:
        data = path.read_bytes()
    if row.kind == "benign":
        # Archives, and arrays between the opcodes, are not for list_globals.py.
        if path.suffix == ".pkl":
            yield from check_benign(row, data)
    elif row.kind != "stress":
        yield from check_damaged(row, data)


def problems():
    """A line for each thing that is wrong."""
    rows = manifest.read()
    yield from check_tree(rows)
    for row in rows:
        yield from check_row(row)
    yield from make_malicious.differences()
    benign = sum(
        (manifest.ROOT / row.path).stat().st_size
        for row in rows
        if row.kind == "benign" and (manifest.ROOT / row.path).is_file()
    )
    if benign > LARGEST_BENIGN:
        yield f"benign/: {benign} bytes, more than {LARGEST_BENIGN}"


def main():
    try:
        lines = list(problems())
        rows = manifest.read()
    except (OSError, ValueError) as error:
        lines, rows = [str(error)], []
    for line in lines:
        print(line, file=sys.stderr)
    counts = ", ".join(f"{sum(row.kind == kind for row in rows)} {kind}" for kind in KINDS)
    print(f"corpus: {counts}; {len(lines)} problem(s)")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
