"""Runs picklebox on every stream that the pickle tests of CPython load.

    python3 run_suite.py --picklebox PATH [--recording FOLDER]

The streams are recorded (record_suite.py) into FOLDER, once. What loads here,
with stand-ins, must be read to the same value with ``--compat``; what does not
load must not be clean. Without ``--compat`` the same holds, but a stream may
also be ambiguous if nothing but the tests of CPython would write it.
"""

from __future__ import annotations

import argparse
import collections
import gc
import pathlib
import sys
import tempfile

import client
import judgement
import naive
import oracle
import record_suite

# How many streams may be ambiguous. The tests of CPython hold some that no
# pickler writes; more than this means that strict denies what picklers write.
_MOST_AMBIGUOUS = 40


def _loads(data, reading) -> bool:
    if oracle.load(data, reading).error is None:
        return True
    # Persistent ids that stand for arguments: stand-ins do not do for these.
    return reading.persistent_ids and naive.read(data, reading).refusal is None


def _judge(data, reading, mode, entry) -> str | None:
    if not _loads(data, reading):
        return judgement.rejected(entry, len(data))
    return judgement.accepted(entry, data, reading)


def _run(picklebox, recording) -> int:
    recording = sorted(recording, key=lambda pair: pair[1].flags())
    passed = failed = 0
    ambiguous = collections.Counter()
    gc.disable()  # stand-ins are many and short-lived; collected between files
    for mode in ("strict", "compat"):
        reports = client.inspect(picklebox, recording, compat=mode == "compat")
        for (path, reading), entry in zip(recording, reports, strict=True):
            data = path.read_bytes()
            wrong = _judge(data, reading, mode, entry)
            if wrong and mode == "strict" and "ambiguous" in judgement.codes(entry):
                details = {finding.get("detail", "") for finding in entry["findings"]
                           if finding["code"] == "ambiguous"}
                ambiguous.update(details)
                wrong = judgement.rejected(entry, len(data))
            if wrong:
                failed += 1
                print(f"{path.name} {mode} {' '.join(reading.flags())} "
                      f"({ascii(data[:60])}): {wrong}")
            else:
                passed += 1
        gc.collect()
    print("ambiguous when strict: " + ", ".join(f"{n} {what}" for what, n in ambiguous.items()))
    if ambiguous.total() > _MOST_AMBIGUOUS:
        failed += 1
        print(f"more than {_MOST_AMBIGUOUS} streams are ambiguous")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Runs picklebox on every stream that the pickle tests of CPython load.")
    parser.add_argument("--picklebox", required=True, metavar="PATH", help="the program")
    parser.add_argument("--recording", metavar="FOLDER", type=pathlib.Path,
                        help="where the streams are kept; made if it is not there")
    options = parser.parse_args()
    if options.recording:
        return _run(options.picklebox, record_suite.record(options.recording))
    with tempfile.TemporaryDirectory() as scratch:
        return _run(options.picklebox, record_suite.record(pathlib.Path(scratch, "recording")))


if __name__ == "__main__":
    sys.exit(main())
