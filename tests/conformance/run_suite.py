"""Runs picklebox on every stream that the pickle tests of CPython load.

    python3 run_suite.py --picklebox PATH [--recording FOLDER]

The streams are recorded (record_suite.py) into FOLDER, once. What loads here,
with stand-ins, must be read to the same value, strictly and with ``--compat``;
what does not load must not be clean.
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

# Findings for which a stream need not be read, why, and in how many streams.
REASONS = {
    "limit-integer": ("integers of 125 KB are beyond the limit of 64 KiB", 2),
}


def _loads(data, reading) -> bool:
    if oracle.load(data, reading).error is None:
        return True
    # Persistent ids that stand for arguments: stand-ins do not do for these.
    return reading.persistent_ids and naive.read(data, reading).refusal is None


def _judge(data, reading, entry) -> str | None:
    if not _loads(data, reading):
        return judgement.rejected(entry, len(data))
    return judgement.accepted(entry, data, reading)


def _excuse(entry, excused: collections.Counter) -> bool:
    """Whether a stream may be left unread for one of REASONS; counts it."""
    for code in REASONS.keys() & judgement.codes(entry):
        excused[code] += 1
        if excused[code] <= REASONS[code][1]:
            return True
    return False


def _run(picklebox, recording, mode) -> tuple[int, int]:
    passed = failed = 0
    excused = collections.Counter()
    reports = client.inspect(picklebox, recording, compat=mode == "compat")
    for number, ((path, reading), entry) in enumerate(zip(recording, reports, strict=True)):
        data = path.read_bytes()
        wrong = _judge(data, reading, entry)
        if wrong and _excuse(entry, excused):
            wrong = judgement.rejected(entry, len(data))
        if wrong:
            failed += 1
            print(f"{path.name} {mode} {' '.join(reading.flags())} ({ascii(data[:60])}): {wrong}")
        else:
            passed += 1
        if number % 100 == 0:
            gc.collect()
    for code, count in excused.items():
        print(f"{mode}: {count} with {code}: {REASONS[code][0]}")
    return passed, failed


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Runs picklebox on every stream that the pickle tests of CPython load.")
    parser.add_argument("--picklebox", required=True, metavar="PATH", help="the program")
    parser.add_argument("--recording", metavar="FOLDER", type=pathlib.Path,
                        help="where the streams are kept; made if it is not there")
    options = parser.parse_args()
    gc.disable()  # stand-ins are many and short-lived; collected between files
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.recording or pathlib.Path(scratch, "recording")
        recording = sorted(record_suite.record(folder), key=lambda pair: pair[1].flags())
        results = [_run(options.picklebox, recording, mode) for mode in ("strict", "compat")]
    passed, failed = (sum(counts) for counts in zip(*results, strict=True))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
