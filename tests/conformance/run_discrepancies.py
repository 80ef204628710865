"""Runs picklebox on every row of discrepancies.tsv.

    python3 run_discrepancies.py --picklebox PATH [NAME ...]

With names (``INT-003``), only those rows. README.md says what is checked.
"""

from __future__ import annotations

import argparse
import gc
import pathlib
import sys
import tempfile
from typing import NamedTuple

import client
import discrepancies
import judgement


class Exceptions(NamedTuple):
    """Rows that do not do what their columns ask for, and why that is right.

    `outcome` is a finding that such a row must have instead; or "read", if it
    must be read as CPython reads it; or "clean".
    """

    modes: str
    outcome: str
    reason: str
    rows: str


EXCEPTIONS = [
    Exceptions("strict", "ambiguous",
               "no pickler writes PROTO anywhere but first; it changes what names mean",
               "GLOBAL-005 PROTO-007 MISC-002 MISC-003 MISC-004 MISC-005 EXT-012"),
    Exceptions("strict", "ambiguous",
               "a frame ends within an instruction, as in SPLIT-014 and SPLIT-015", "FRAME-004"),
    Exceptions("strict", "ambiguous",
               "where the file stands after STOP depends on the kind of file", "FRAME-031"),
    Exceptions("compat", "ambiguous",
               "an operand crosses the end of a frame, as in SPLIT-001: C reads it in two ways",
               "FRAME-020 FRAME-026 FRAME-027"),
    Exceptions("strict", "read",
               "Python 2 wrote such strings, and both unpicklers read them alike; only "
               "pickletools, up to 3.12.7, cannot",
               "STRENC-005 STRENC-017 STRENC-021 STRENC-025 STRENC-049 STRENC-053"),
    Exceptions("strict", "read",
               "nothing is wrong with it: dis runs out of memory, for it shows the whole stack "
               "at each opcode", "DEEP-008"),
    Exceptions("strict", "global-denied",
               "whether C takes this state depends on whether the class has __setstate__, "
               "which only who allows the class can know",
               "BUILD-006 BUILD-007 BUILD-008 BUILD-009 BUILD-013 BUILD-018 BUILD-026 BUILD-029"),
    Exceptions("strict", "global-denied",
               "shows only in a class that overrides what one of the unpicklers uses",
               "MUTATE-019 MUTATE-069 BUILD-052"),
    Exceptions("strict", "global-denied",
               "a call of type, which makes a class in the module of the caller",
               "NEWOBJ-018 SEM-055"),
    Exceptions("strict", "limit-memo", "the limit stops it first",
               "MEMO-025 MEMO-026 MEMO-027 MEMO-030 MEMO-031"),
    Exceptions("strict", "extension-denied",
               "the code is registered by what the stream calls; nothing is called here",
               "EXT-011 EXT-015"),
    Exceptions("compat", "extension-denied",
               "the code is registered by what the stream calls; nothing is called here",
               "EXT-011 EXT-012"),
    Exceptions("strict", "global-denied",
               "the code is registered by what the stream calls; nothing is called here",
               "EXT-019"),
    Exceptions("strict compat", "items-denied",
               "items of a list are set, which no pickler writes; the index is made by a call",
               "MUTATE-057"),
    Exceptions("strict compat", "bad-codec", "UTF-7 is not among the encodings that are known",
               "SEM-073"),
    Exceptions("strict compat", "clean",
               "the loader gives a buffer that is none; picklebox knows only how many there are",
               "BUFFER-035"),
]
_EXCEPTIONS = {(row, mode): group for group in EXCEPTIONS
               for row in group.rows.split() for mode in group.modes.split()}

# Rows that the C unpickler cannot be given here: what is done instead.
_LOADED_BY_PYTHON = {"MEMO-029"}  # takes 1.6 GB

_REFUSED = ("AGREE-ERR", "ERRTYPE-DIFFERS", "TOOLS-ACCEPTS")


def _limited(entry):
    return any(code.startswith("limit-") for code in judgement.codes(entry))


def _strict(row, entry) -> str | None:
    if row.kind in _REFUSED:
        return judgement.rejected(entry, len(row.data))
    if row.strict == "accept":
        return _accepted(row, entry)
    if row.strict.startswith("reject:limit") and _limited(entry):
        return judgement.rejected(entry, len(row.data))
    if row.strict == "reject:limit":
        return f"has no limit-*, but {sorted(judgement.codes(entry))}"
    if "ambiguous" not in judgement.codes(entry):
        return f"is not ambiguous, but {entry['verdict']} with {sorted(judgement.codes(entry))}"
    return judgement.rejected(entry, len(row.data))


def _compat(row, entry) -> str | None:
    if "accept" not in row.compat:
        return judgement.rejected(entry, len(row.data))
    if row.strict.startswith("reject:limit") and _limited(entry):
        return None
    return _accepted(row, entry)


def _accepted(row, entry):
    implementation = "py" if row.name in _LOADED_BY_PYTHON else "c"
    return judgement.accepted(entry, row.data, row.reading, implementation)


def _judge(row, mode, entry) -> str | None:
    wrong = (_compat if mode == "compat" else _strict)(row, entry)
    exception = _EXCEPTIONS.get((row.name, mode))
    if exception is None:
        return wrong
    if wrong is None:
        return f"needs no exception any more ({exception.reason})"
    if exception.outcome == "read":
        return _accepted(row, entry)
    if exception.outcome == "clean":
        return None if entry["verdict"] == "clean" else f"is not clean ({exception.reason}): {wrong}"
    if exception.outcome not in judgement.codes(entry):
        return f"has no {exception.outcome} ({exception.reason}): {wrong}"
    return judgement.rejected(entry, len(row.data))


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs picklebox on every row of discrepancies.tsv.")
    parser.add_argument("--picklebox", required=True, metavar="PATH", help="the program")
    parser.add_argument("names", nargs="*", help="rows; all if none is given")
    options = parser.parse_args()
    rows = [row for row in discrepancies.load() if not options.names or row.name in options.names]
    rows.sort(key=lambda row: row.reading.flags())
    gc.disable()  # stand-ins are many and short-lived; collected between rows
    passed = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        files = []
        for row in rows:
            path = pathlib.Path(scratch, row.name + ".pkl")
            path.write_bytes(row.data)
            files.append((path, row.reading))
        for mode in ("strict", "compat"):
            reports = client.inspect(options.picklebox, files, compat=mode == "compat")
            for row, entry in zip(rows, reports, strict=True):
                wrong = _judge(row, mode, entry)
                if wrong:
                    failed += 1
                    print(f"{row.name} {row.kind} {mode} ({row.description}): {wrong}")
                else:
                    passed += 1
                gc.collect(1)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
