"""Holds picklebox against the unpicklers of this interpreter, case by case in one process.

    python3 run_differ.py --build FOLDER [--seed N] [--first N] [--count N] [--minutes M]
    python3 run_differ.py --build FOLDER --replay FILE...
    python3 run_differ.py --build FOLDER --kept

FOLDER is the build's, in which ``differ/3.11/_differ.so`` is of CPython 3.11. A case is
made of the seed and of its number, so that it can be made again whatever ran before.
README.md says what is compared, docs/fuzzing.md how much was.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import gc
import io
import json
import pathlib
import pickletools
import platform
import resource
import sys
import time

HERE = pathlib.Path(__file__).parent
_BATCH = 20_000
_MEMORY = 160 << 20  # for unpicklers that allocate what a stream says
_SHOWN = 20  # differences in a run
_LONG = 200  # bytes of a case that are shown


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Holds picklebox against the unpicklers of this interpreter.")
    parser.add_argument("--build", required=True, metavar="FOLDER", help="of picklebox")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="number of the first case")
    parser.add_argument("--count", type=int, metavar="N", help="cases (default: 100000)")
    parser.add_argument("--minutes", type=float, metavar="M", help="as many cases as that takes")
    parser.add_argument("--python-every", type=int, default=16, metavar="N",
                        help="each Nth case asks the Python unpickler, too; 0: none (default: 16)")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FOLDER", help="where cases that differ go")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="where the figures go")
    parser.add_argument("--kept", action="store_true", help="judge the cases of differ/kept.tsv")
    parser.add_argument("--replay", nargs="+", metavar="FILE",
                        help="judge files, a .hex as it says; each in all readings")
    return parser.parse_args()


def _seeds() -> list[bytes]:
    """Pickles worth damaging: the known discrepancies, and small ones of the corpus."""
    rows = HERE.joinpath("discrepancies.tsv").read_text(encoding="ascii").splitlines()[1:]
    seeds = [bytes.fromhex(digits) for _, kind, digits, *_ in (row.split("\t") for row in rows)
             if kind != "CRASH" and "{" not in digits and len(digits) < 400]
    for path in sorted(HERE.parents[1].joinpath("corpus").rglob("*.pkl")):
        if path.stat().st_size < 1500:
            seeds.append(path.read_bytes())
    return seeds


def _prepare(folder: str):
    sys.path.insert(0, str(pathlib.Path(folder, "differ", "{}.{}".format(*sys.version_info[:2]))))
    import _differ
    _differ.prepare(_seeds())
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, hard))
    gc.collect()
    gc.disable()  # the module collects once in a while
    gc.freeze()
    return _differ


def _quiet():
    """CPython complains of its own bytearrays where memory ends."""
    return contextlib.redirect_stderr(io.StringIO())


def _hex(text: str) -> bytes:
    return bytes.fromhex(" ".join(line.split("#")[0] for line in text.splitlines()))


def _replay(differ, names: list[str]) -> int:
    failed = 0
    for name in names:
        path = pathlib.Path(name)
        data = _hex(path.read_text(encoding="ascii")) if path.suffix == ".hex" else path.read_bytes()
        for reading in differ.readings():
            _, words = differ.judge(data, reading)
            if words:
                failed += 1
                print(f"{name} {reading}: {words}")
    print(f"{len(names)} files, {failed} differences")
    return 1 if failed or not names else 0


def _kept(differ) -> int:
    """Judge the kept cases: each has the outcome that is written beside it."""
    rows = HERE.joinpath("differ", "kept.tsv").read_text(encoding="ascii").splitlines()[1:]
    failed = 0
    for row in rows:
        name, reading, digits, wanted, _ = row.split("\t")
        with _quiet():
            outcome, words = differ.judge(bytes.fromhex(digits), reading)
        if outcome != wanted:
            failed += 1
            print(f"{name}: {outcome}, not {wanted}: {words}")
    print(f"{len(rows)} kept cases, {failed} failed")
    return 1 if failed or not rows else 0


def _batches(options: argparse.Namespace):
    """Yield (first, count) until there are enough."""
    end = time.monotonic() + options.minutes * 60 if options.minutes else None
    count = options.count or (None if end else 100_000)
    done = 0
    while (count is None or done < count) and (end is None or time.monotonic() < end):
        size = _BATCH if count is None else min(_BATCH, count - done)
        yield options.first + done, size
        done += size


def _report(differ, options, number, words):
    reading, data = differ.make(options.seed, number)
    shown = data.hex() if len(data) <= _LONG else f"{data[:_LONG].hex()}... ({len(data)} bytes)"
    print(f"{options.seed}:{number} {reading}: {words}\n    {shown}", flush=True)
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        options.keep.joinpath(f"{options.seed}-{number}.pkl").write_bytes(data)


def _figures(options, totals, seconds) -> dict:
    return {"python": platform.python_version(), "seed": options.seed, "first": options.first,
            "cases": sum(totals.values()), "seconds": round(seconds, 1), "outcomes": dict(totals)}


def _run(differ, options: argparse.Namespace) -> int:
    start = time.monotonic()
    totals: collections.Counter[str] = collections.Counter()
    opcodes: set[int] = set()
    for first, count in _batches(options):
        with _quiet():
            counts, found, seen = differ.run(options.seed, first, count, options.python_every)
        room = max(0, _SHOWN - totals["differs"])
        totals.update(counts)
        opcodes.update(seen)
        for number, words in found[:room]:
            _report(differ, options, number, words)
        if options.json:  # after each batch, so that a run can be cut off
            figures = _figures(options, totals, time.monotonic() - start)
            options.json.write_text(json.dumps(figures) + "\n", encoding="ascii")
    figures = _figures(options, totals, time.monotonic() - start)
    cases = figures["cases"]
    print(f"Python {figures['python']}: {cases:,} cases in {figures['seconds']:.0f} s, "
          f"{figures['seconds'] / max(cases, 1) * 1e6:.0f} us each")
    for name, count in totals.items():
        print(f"  {name:26} {count:12,}")
    print(f"  {len(opcodes)} of {len(pickletools.opcodes)} opcodes in what was read alike")
    # A generator of which little can be read would test little.
    few = totals["read alike"] < cases / 3 or (
        cases >= _BATCH and len(opcodes) < len(pickletools.opcodes))
    return 1 if totals["differs"] or few else 0


def main() -> int:
    options = _arguments()
    differ = _prepare(options.build)
    if options.kept:
        return _kept(differ)
    if options.replay:
        return _replay(differ, options.replay)
    return _run(differ, options)


if __name__ == "__main__":
    sys.exit(main())
