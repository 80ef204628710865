"""Runs picklebox on streams that nobody wrote.

    python3 run_mutations.py --picklebox PATH [--seed N] [--count N] [--keep FOLDER]

With ``--compat``, what the C unpickler reads must be read to the same value,
and what it refuses must not be clean. Without, a stream of which picklebox says
nothing but what a policy says must be read to one and the same value by the C
unpickler, by the Python one, and to its end by pickletools.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import pathlib
import pickletools
import resource
import sys
import tempfile

import client
import judgement
import mutations
import naive
import oracle
from canonical import difference
from replay import replay

# What the C unpickler says of a stand-in where a tuple, a dict or a buffer is wanted.
_STANDIN_ERRORS = ("argument list must be a tuple", "must be a tuple, not StandIn",
                   "must be a dict, not StandIn", "object is required, not 'StandIn'")
_MEMORY = 3 << 30  # for unpicklers that allocate what a stream says


@contextlib.contextmanager
def _little_memory():
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _c_reads(data, reading) -> bool | None:
    """Whether the C unpickler reads it; None if that cannot be known."""
    error = oracle.load(data, reading).error
    if error is None:
        return True
    if error.startswith("MemoryError"):
        return None
    if any(text in error for text in _STANDIN_ERRORS):
        program = naive.read(data, reading)
        return program.refusal is None and not replay(program.nodes, program.root, data, reading).error
    return False


def _stopped_by_limit(entry) -> bool:
    found = judgement.codes(entry)
    crossed = any(f["code"] == "ambiguous" and f.get("detail") == "frame-crossed"
                  for f in entry["findings"])
    return crossed or any(code.startswith("limit-") for code in found)


def _compat(data, reading, entry) -> str | None:
    if judgement.codes(entry) & judgement.BROKEN:
        return judgement.rejected(entry, len(data))
    reads = _c_reads(data, reading)
    if reads is None or _stopped_by_limit(entry):
        return None
    if reads:
        return judgement.accepted(entry, data, reading)
    return judgement.rejected(entry, len(data))


def _strict(data, reading, entry) -> str | None:
    if judgement.codes(entry) & judgement.BROKEN or entry["verdict"] == "failed":
        return judgement.rejected(entry, len(data))
    for finding in entry["findings"]:
        if finding["severity"] != "note" and finding["code"] not in judgement.POLICY:
            return None
    if not _c_reads(data, reading):
        # A policy may have to stop it: a stand-in, or what a real call would do.
        return judgement.rejected(entry, len(data))
    c, py = oracle.load(data, reading), oracle.load(data, reading, "py")
    if c.error is None:
        if py.error is not None:
            return f"is read by C, but the Python unpickler says {py.error}"
        wrong = difference(c.value, py.value)
        if wrong:
            return f"is read differently by C and Python: {wrong}"
    try:
        pickletools.dis(io.BytesIO(data), io.StringIO())
    except UnicodeDecodeError:
        pass  # up to 3.12.7 it takes nothing but ASCII in lines; unpicklers agree on more
    except ValueError as error:
        return f"is read, but pickletools says {error}"
    return judgement.accepted(entry, data, reading)


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs picklebox on streams that nobody wrote.")
    parser.add_argument("--picklebox", required=True, metavar="PATH", help="the program")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--count", type=int, default=4000, metavar="N")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FOLDER",
                        help="where streams that fail are kept")
    options = parser.parse_args()
    streams = sorted(mutations.streams(options.seed, options.count),
                     key=lambda stream: stream[1].flags())
    passed = failed = read = 0
    with tempfile.TemporaryDirectory() as scratch:
        files = []
        for number, (data, reading) in enumerate(streams):
            path = pathlib.Path(scratch, f"{options.seed}-{number:06}.pkl")
            path.write_bytes(data)
            files.append((path, reading))
        for mode, judge in (("strict", _strict), ("compat", _compat)):
            reports = client.inspect(options.picklebox, files, compat=mode == "compat")
            for (path, reading), entry in zip(files, reports, strict=True):
                data = path.read_bytes()
                with _little_memory():
                    wrong = judge(data, reading, entry)
                read += bool(entry["streams"]) and entry["streams"][0]["complete"]
                if wrong is None:
                    passed += 1
                    continue
                failed += 1
                print(f"{mode} {' '.join(reading.flags())} {data.hex()}: {wrong}")
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / path.name).write_bytes(data)
    print(f"{passed} passed, {failed} failed; {read} were read to a STOP")
    return 1 if failed or not read else 0


if __name__ == "__main__":
    sys.exit(main())
