"""The table of numbers: picklebox beside CPython's unpickler and other scanners.

Usage: ./dev bench [--quick] [--rounds N] [--json FILE] [--check] ...

Everything that is compared takes turns on the same bytes within one run, so
that a slow spell of the machine hits all; medians count. See README.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

import contest
import streams

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCANNERS = {
    "picklescan": ["picklescan"],
    "fickling": ["fickling", "typing_extensions"],
    "modelscan": ["modelscan"],
}
SMALL, MEDIUM, LARGE = 4096, 1_000_000, 20_000_000

# What is to hold: key, what it is, target, unit, whether more is better. The
# keys are those that `measure_targets` fills.
TARGETS = (
    ("loads", "opcode-dense, vetted: times faster than _pickle.loads", 5, "x", True),
    ("loads-nogc", "... with its collector off", 2.5, "x", True),
    ("picklescan", "... than picklescan", 50, "x", True),
    ("fickling", "... than fickling", 200, "x", True),
    ("latency", "4 KiB in a fresh worker, warm broker: median", 200, "us", False),
    ("throughput", "4 KiB files, two at a time", 8000, "/s", True),
    ("process", "`picklebox scan` of a small file, whole process", 5, "ms", False),
    ("memory", "peak memory, opcode-dense: times the stream", 2, "x", False),
)


def parse_arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "build/bench")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each (default 7)")
    parser.add_argument("--cap", type=float, default=60, help="seconds a scan may take (60)")
    parser.add_argument("--quick", action="store_true", help="no file of 20 MB, three rounds")
    parser.add_argument("--json", type=pathlib.Path, help="write all that was measured here")
    parser.add_argument("--check", action="store_true", help="fail if a number is not held")
    return parser.parse_args()


def write_streams(python: pathlib.Path, folder: pathlib.Path, sizes: list[int]) -> dict:
    """Write the files that are missing; return {(shape, size): path}."""
    command = [python, pathlib.Path(__file__).with_name("streams.py"), folder, *map(str, sizes)]
    paths = map(pathlib.Path, subprocess.check_output(command, text=True).splitlines())
    named = ((path.stem.rpartition("-"), path) for path in paths)
    return {(shape, int(size)): path for (shape, _, size), path in named}


def enter(venvs: pathlib.Path, python: pathlib.Path, cap: float) -> list[contest.Contender]:
    """Return the contenders that could be installed and started."""
    contenders = [contest.Contender(name, python, cap) for name in ("loads", "loads-nogc")]
    for name, packages in SCANNERS.items():
        try:
            own = contest.make_venv(venvs / name, packages)
            contenders.append(contest.Contender(name, own, cap))
        except contest.Unable as error:
            print(f"bench: without {name}: {error}", file=sys.stderr)
    return contenders


def measure_file(path, rounds, picklebox, contenders) -> dict:
    """Return what all measured on one file: picklebox's answers and times in ns.

    A contender that fails, or takes longer than its cap, is not asked again.
    """
    times: dict[str, list[int]] = {contender.name: [] for contender in contenders}
    failed: dict[str, str] = {}
    ours = []
    for turn in range(rounds + 1):
        mine = picklebox.measure(path)
        for contender in contenders:
            spent = sum(times[contender.name]) / 1e9
            if contender.name in failed or spent > contender.cap / 2:
                continue
            try:
                took = contender.measure(path)
            except contest.Unable as error:
                failed[contender.name] = str(error)
                continue
            # The first turn warms caches and imports; of a scanner that takes
            # seconds it may be the only one.
            if turn > 0 or (contender.name in SCANNERS and took > 2e9):
                times[contender.name].append(took)
        if turn > 0:
            ours.append(mine)
    joined = {
        key: [value for mine in ours for value in mine[key]]
        for key in ("vet_ns", "machine_ns", "verify_ns")
    }
    names = ("bytes", "verdict", "opcodes", "nodes", "graph_bytes")
    facts = {key: ours[0][key] for key in names}
    return {
        **facts,
        **joined,
        "peak_rss_kb": max(mine["peak_rss_kb"] for mine in ours),
        # Of small files only.
        "latency_4k_us": [m["latency_4k_us"]["median"] for m in ours if "latency_4k_us" in m],
        "throughput_4k_per_s": [
            m["throughput_4k_per_s"] for m in ours if "throughput_4k_per_s" in m
        ],
        "others_ns": times,
        "failed": failed,
    }


def process_times(program: pathlib.Path, path: pathlib.Path, runs: int) -> list[int]:
    """Return the nanoseconds of `picklebox scan -q PATH`, from spawn to exit."""
    times = []
    nowhere = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    command = [os.fspath(program), "scan", "-q", os.fspath(path)]
    for _ in range(runs):
        start = time.perf_counter_ns()
        child = os.posix_spawn(program, command, os.environ, file_actions=nowhere)
        _, status = os.waitpid(child, 0)
        times.append(time.perf_counter_ns() - start)
        if os.waitstatus_to_exitcode(status):
            raise SystemExit(f"bench: {' '.join(command)} failed")
    return times


def ratio(result: dict, name: str) -> float | None:
    """Return how many times faster than `name` a file was vetted."""
    others = result["others_ns"].get(name)
    return statistics.median(others) / statistics.median(result["vet_ns"]) if others else None


def mean(values: list[float]) -> float | None:
    """Return the geometric mean, None of nothing."""
    return math.exp(statistics.fmean(map(math.log, values))) if values else None


def measure_targets(results: dict, process_ns: list[int]) -> dict[str, float | None]:
    """Return what TARGETS asks for: means over the opcode-dense streams."""
    large = max(size for _, size in results)
    dense = {key: result for key, result in results.items() if key[0] in streams.DENSE}
    measured: dict[str, float | None] = {}
    for name, size in (("loads", large), ("loads-nogc", large)):
        measured[name] = mean([ratio(r, name) for key, r in dense.items() if key[1] == size])
    for name in SCANNERS:
        found = [ratio(r, name) for key, r in dense.items() if key[1] == MEDIUM]
        measured[name] = mean([value for value in found if value is not None])
    small = [result for key, result in dense.items() if key[1] == SMALL]
    measured["latency"] = statistics.median(v for r in small for v in r["latency_4k_us"])
    measured["throughput"] = statistics.median(v for r in small for v in r["throughput_4k_per_s"])
    measured["process"] = statistics.median(process_ns) / 1e6
    measured["memory"] = max(
        result["peak_rss_kb"] * 1024 / result["bytes"]
        for key, result in dense.items()
        if key[1] == large
    )
    return measured


def in_ms(times: list[int] | None) -> str:
    """Return a median as text, in milliseconds."""
    return f"{statistics.median(times) / 1e6:.2f}" if times else "-"


def print_files(results: dict) -> None:
    """Print a line for each file."""
    print("Milliseconds, medians; `x` is how many times as long the other takes.\n")
    heads = ["opcodes", "B/opcode", "vet", "machine", "verify"]
    heads += ["loads", "x", "gc off", "x", "rss/B"]
    print(f"{'stream':18}" + "".join(f"{head:>10}" for head in heads))
    for (shape, size), r in results.items():
        if r["verdict"] != "clean":
            print(f"bench: {shape} {size} is {r['verdict']}: not what is meant to be measured")
        cells = [str(r["opcodes"]), f"{r['graph_bytes'] / max(1, r['opcodes']):.2f}"]
        cells += [in_ms(r[key]) for key in ("vet_ns", "machine_ns", "verify_ns")]
        for name in ("loads", "loads-nogc"):
            cells += [in_ms(r["others_ns"][name]), f"{ratio(r, name):.2f}"]
        cells.append(f"{r['peak_rss_kb'] * 1024 / r['bytes']:.2f}")
        print(f"{f'{shape} {size // 1000} kB':18}" + "".join(f"{cell:>10}" for cell in cells))


def print_scanners(results: dict, names: list[str]) -> None:
    """Print how the other scanners did on the files that they were given."""
    print("\nOther scanners, milliseconds and how many times as long as picklebox:\n")
    print(f"{'stream':18}" + "".join(f"{name:>22}" for name in names))
    for (shape, size), r in results.items():
        if size != MEDIUM:
            continue
        cells = []
        for name in names:
            times = ratio(r, name)
            cell = f"{in_ms(r['others_ns'].get(name))} {times:7.0f} x" if times else ""
            cells.append(cell or r["failed"].get(name, "-")[:20])
        print(f"{f'{shape} {size // 1000} kB':18}" + "".join(f"{cell:>22}" for cell in cells))


def print_targets(measured: dict[str, float | None]) -> bool:
    """Print target and measurement; return whether all are held."""
    print(f"\n{'to hold':58}{'target':>10}{'measured':>12}")
    held = True
    for key, what, target, unit, more in TARGETS:
        value = measured[key]
        if value is None:
            print(f"{what:58}{target:>7} {unit:3}{'not measured':>12}")
            continue
        well = value >= target if more else value <= target
        held = held and well
        print(f"{what:58}{target:>7} {unit:3}{value:>9.1f} {unit:3} {'' if well else 'NOT HELD'}")
    return held


def machine() -> dict:
    """Return what the numbers were measured on."""
    model = ""
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "")
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release()}


def main() -> int:
    """Measure and print; 1 if --check and a number is not held."""
    options = parse_arguments()
    rounds = min(options.rounds, 3) if options.quick else options.rounds
    sizes = [SMALL, MEDIUM] if options.quick else [SMALL, MEDIUM, LARGE]
    picklebox = contest.Picklebox(options.build)
    venvs = ROOT / ".venvs/bench"
    python = pathlib.Path(sys.executable)
    try:
        python = contest.make_venv(venvs / "reference", ["numpy", "scikit-learn"])
    except contest.Unable as error:
        print(f"bench: without the forest: {error}", file=sys.stderr)
    files = write_streams(python, options.data, sizes)
    contenders = enter(venvs, python, options.cap)
    results = {}
    for (shape, size), path in files.items():
        print(f"bench: {path.name} ...", file=sys.stderr)
        who = [c for c in contenders if size == MEDIUM or c.name not in SCANNERS]
        results[shape, size] = measure_file(path, rounds, picklebox, who)
    process_ns = process_times(picklebox.scan_program, files["ints", SMALL], 50)
    for contender in contenders:
        contender.stop()

    versions = {c.name: c.version for c in contenders} | {"picklebox": picklebox.version()}
    where = machine()
    print(f"{where['cpu']}, {where['cores']} cores, Linux {where['kernel']}")
    print(", ".join(f"{name} {version}" for name, version in versions.items()) + "\n")
    print_files(results)
    print_scanners(results, [c.name for c in contenders if c.name in SCANNERS])
    measured = measure_targets(results, process_ns)
    held = print_targets(measured)
    if options.json:
        report = {
            "machine": where,
            "versions": versions,
            "files": [
                {"shape": shape, "size": size, **result}
                for (shape, size), result in results.items()
            ],
            "process_ns": process_ns,
            "measured": measured,
        }
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 1 if options.check and not held else 0


if __name__ == "__main__":
    sys.exit(main())
