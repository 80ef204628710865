"""One of those that picklebox is measured against, in a process of its own.

Usage: contender.py NAME

Reads one path a line from standard input and answers each with a line of JSON,
{"ns": wall-clock time of one load or scan}, or {"error": text}. The first line
that it writes is {"version": text}, once everything is imported. Reading the
file into memory is not part of the time where the interface takes bytes.
"""

from __future__ import annotations

import _pickle
import contextlib
import gc
import importlib.metadata
import io
import json
import os
import platform
import sys
import time
from collections.abc import Callable

# Takes a path and returns nanoseconds.
Contender = Callable[[str], int]


def read(path: str) -> bytes:
    """Return the bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def cpython(collector: bool) -> Contender:
    """Return a measurement of `_pickle.loads`.

    Parameters
    ----------
    collector : bool
        Leave the cyclic garbage collector on while loading, as it is by default.

    Freeing what was loaded is not part of the time.
    """

    def once(path: str) -> int:
        data = read(path)
        gc.collect()
        if collector:
            gc.enable()
        else:
            gc.disable()
        start = time.perf_counter_ns()
        value = _pickle.loads(data)
        end = time.perf_counter_ns()
        gc.enable()
        del value
        return end - start

    return once


def picklescan() -> Contender:
    """Return a measurement of picklescan on bytes."""
    from picklescan.scanner import scan_pickle_bytes

    def once(path: str) -> int:
        data = io.BytesIO(read(path))
        start = time.perf_counter_ns()
        result = scan_pickle_bytes(data, path)
        end = time.perf_counter_ns()
        if result.scan_err:
            raise RuntimeError("picklescan could not scan the file")
        return end - start

    return once


def fickling() -> Contender:
    """Return a measurement of fickling: parsing and its safety check."""
    from fickling.analysis import check_safety
    from fickling.fickle import StackedPickle

    def once(path: str) -> int:
        data = io.BytesIO(read(path))
        start = time.perf_counter_ns()
        for pickled in StackedPickle.load(data):
            check_safety(pickled)
        return time.perf_counter_ns() - start

    return once


def modelscan() -> Contender:
    """Return a measurement of modelscan, which wants a path."""
    from modelscan.modelscan import ModelScan

    scanner = ModelScan()

    def once(path: str) -> int:
        start = time.perf_counter_ns()
        result = scanner.scan(path)
        end = time.perf_counter_ns()
        if result["errors"] or not result["summary"]["scanned"]["total_scanned"]:
            raise RuntimeError(f"modelscan did not scan the file: {result['errors']}")
        return end - start

    return once


CONTENDERS: dict[str, Callable[[], Contender]] = {
    "loads": lambda: cpython(collector=True),
    "loads-nogc": lambda: cpython(collector=False),
    "picklescan": picklescan,
    "fickling": fickling,
    "modelscan": modelscan,
}


def main() -> None:
    """Answer until standard input ends."""
    name = sys.argv[1]
    # The tools may print: standard output is for answers only.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    once = CONTENDERS[name]()
    version = platform.python_version()
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        version = importlib.metadata.version(name)
    print(json.dumps({"version": version}), file=answers, flush=True)
    for line in sys.stdin:
        try:
            answer: dict[str, object] = {"ns": once(line.rstrip("\n"))}
        except Exception as error:  # what a tool throws is its answer
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
