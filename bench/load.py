"""picklebox.load beside pickle.load, on the files that run.py makes.

Usage: ./dev bench load [--quick] [--rounds N] [--json FILE]

Both take turns on the same file in one process; medians count. picklebox.load
pauses Python's cyclic collector while it makes the objects, so pickle.load is
measured with the collector on, which is what users have, and off; and
picklebox.load once more together with the collection of new objects that follows.
Peak memory is that of a process which loads the file once, less that of one which
loads a small one.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import pathlib
import pickle
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import picklebox

import run

HERE = pathlib.Path(__file__).resolve().parent
POLICY = picklebox.Policy(HERE / "policy.toml")


def theirs(path: str) -> object:
    """Load with pickle."""
    with open(path, "rb") as file:
        return pickle.load(file)


def ours(path: str) -> object:
    """Load with picklebox."""
    return picklebox.load(path, policy=POLICY)


def replayed(path: str) -> Callable[[str], object]:
    """Return what makes the objects only, of a file that was vetted before."""
    found = picklebox._unpickler.Input(path, POLICY, {})
    graph = found.scan.graph(0)
    resolver = picklebox._unpickler.Resolver(POLICY, [], path)

    def once(_: str) -> object:
        return picklebox._core.replay(
            graph,
            find_class=lambda module, name, _python2, dotted, _at: resolver.find(
                module, name, bool(dotted)
            ),
            read_extent=found.read,
        )

    return once


def took(load: Callable[[str], object], path: str, collector: bool, follow: bool = False) -> int:
    """Return the nanoseconds of one load; freeing what was loaded is no part of it."""
    gc.collect()
    (gc.enable if collector else gc.disable)()
    start = time.perf_counter_ns()
    value = load(path)
    if follow:
        gc.collect(0)
    end = time.perf_counter_ns()
    gc.enable()
    del value
    return end - start


def peak(loader: str, path: pathlib.Path) -> int:
    """Return the peak memory, in bytes, of a process that loads a file once."""
    code = (
        f"import sys; sys.path.insert(0, {os.fspath(HERE)!r}); import load\n"
        f"value = load.{loader}({os.fspath(path)!r})\n"
        "print(open('/proc/self/status').read())"
    )
    status = subprocess.check_output([sys.executable, "-c", code], text=True)
    return 1024 * int(re.search(r"VmHWM:\s*(\d+)", status)[1])


def measure(path: pathlib.Path, rounds: int) -> dict[str, list[int]]:
    """Return the times of all ways to load a file, in turns."""
    again = replayed(os.fspath(path))
    ways = {
        "pickle": lambda: took(theirs, os.fspath(path), True),
        "pickle, collector off": lambda: took(theirs, os.fspath(path), False),
        "picklebox": lambda: took(ours, os.fspath(path), True),
        "picklebox and collection": lambda: took(ours, os.fspath(path), True, True),
        "replay": lambda: took(again, os.fspath(path), True),
    }
    times: dict[str, list[int]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            spent = way()
            if turn > 0:
                times[name].append(spent)
    return times


def mean(values: list[float]) -> float:
    """Return the geometric mean."""
    return math.exp(statistics.fmean(map(math.log, values)))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./dev bench load", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, default=run.ROOT / "build/bench")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="no file of 20 MB, three rounds")
    parser.add_argument("--json", type=pathlib.Path, help="write all that was measured here")
    options = parser.parse_args()
    sizes = [run.SMALL, run.MEDIUM] + ([] if options.quick else [run.LARGE])
    files = run.write_streams(pathlib.Path(sys.executable), options.data, sizes)
    rounds = min(options.rounds, 3) if options.quick else options.rounds
    small = {loader: peak(loader, files["ints", run.SMALL]) for loader in ("theirs", "ours")}
    results = {}
    heads = ("pickle", "off", "picklebox", "+gc", "replay", "x", "x off", "MB", "MB box")
    print("Milliseconds, medians; x is picklebox.load over pickle.load: below 1 is faster.\n")
    print(f"{'stream':20}" + "".join(f"{head:>10}" for head in heads))
    for (shape, size), path in files.items():
        times = measure(path, rounds if size > run.SMALL else rounds * 20)
        median = {name: statistics.median(spent) / 1e6 for name, spent in times.items()}
        memory = [(peak(loader, path) - small[loader]) / 1e6 for loader in ("theirs", "ours")]
        ratios = [median["picklebox"] / median[name] for name in ("pickle", "pickle, collector off")]
        results[shape, size] = {"times": times, "ratios": ratios, "memory": memory}
        cells = [f"{value:10.2f}" for value in median.values()] + [f"{ratio:10.2f}" for ratio in ratios]
        print(f"{f'{shape} {size // 1000} kB':20}" + "".join(cells) + "".join(f"{m:10.0f}" for m in memory))
    print()
    for size in sizes:
        both = [[r["ratios"][i] for (_, s), r in results.items() if s == size] for i in (0, 1)]
        print(
            f"geometric mean, {size // 1000} kB: {mean(both[0]):.2f} of pickle.load, "
            f"{mean(both[1]):.2f} of it with the collector off"
        )
    if options.json:
        rows = [{"shape": shape, "size": size, **result} for (shape, size), result in results.items()]
        report = {"machine": run.machine(), "python": sys.version, "files": rows}
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
