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

import client
import discrepancies
import judgement

# Rows that do not do what their columns ask for, and why that is right. A row
# must then have the finding that is named; one that does without is reported.
#   (row, mode): (finding, reason)
EXCEPTIONS: dict[tuple[str, str], tuple[str, str]] = {}

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
    if (row.name, mode) not in EXCEPTIONS:
        return wrong
    finding, reason = EXCEPTIONS[row.name, mode]
    if wrong is None:
        return f"needs no exception any more ({reason})"
    if finding not in judgement.codes(entry):
        return f"has no {finding} ({reason}), and {wrong}"
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
