"""Say how much of each room the tests reach.

    report.py BUILD [--missed FILE] [--at-least LINES BRANCHES]

BUILD is a build for coverage in which tests have run: its programs have left their
counters in BUILD/profiles. Prints a table of the rooms that hostile input meets, and
writes the lines that nothing reached to FILE, each with its text. With --at-least,
the exit status is 1 if a room has less of its lines or branches, in percent.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ROOMS = ("base", "vm", "graph", "policy", "sandbox", "container", "code", "box")


def programs(build: pathlib.Path) -> list[str]:
    """Return the programs that can have left counters, as options of llvm-cov."""
    found = []
    for path in sorted(build.rglob("*")):
        if "CMakeFiles" in path.parts or not path.is_file() or not path.stat().st_mode & 0o100:
            continue
        with path.open("rb") as file:
            if file.read(4) == b"\x7fELF":
                found += ["-object", str(path)]
    return found[1:]  # the first goes without the option


def export(build: pathlib.Path, *options: str) -> str:
    """Return what llvm-cov says of all programs."""
    profile = build / "coverage.profdata"
    profiles = [str(path) for path in (build / "profiles").glob("*.profraw")]
    subprocess.run(["llvm-profdata", "merge", "-sparse", "-o", profile, *profiles], check=True)
    done = subprocess.run(
        ["llvm-cov", "export", *programs(build), f"-instr-profile={profile}",
         "-ignore-filename-regex=^/usr/|/(tests|fuzz|bench)/", *options],
        check=True, capture_output=True, text=True)
    return done.stdout


def source_of(file: str) -> pathlib.Path:
    """Return the path of a file, which may be told from the folder of the build."""
    return pathlib.Path(os.path.normpath(file))


def room_of(file: str) -> str:
    """Return the room of a source file; what is made in the build, or makes it, is of none."""
    path = source_of(file)
    if not path.is_relative_to(ROOT) or path.stem.endswith("_gen"):
        return ""
    return path.relative_to(ROOT).parts[0]


def missed_lines(lcov: str) -> dict[str, list[int]]:
    """Return the numbers of the lines that nothing reached, by file."""
    counts: dict[str, dict[int, int]] = collections.defaultdict(dict)
    file = ""
    for line in lcov.splitlines():
        if line.startswith("SF:"):
            file = line[3:]
        elif line.startswith("DA:"):
            number, count = map(int, line[3:].split(","))
            counts[file][number] = counts[file].get(number, 0) + count
    return {file: [n for n, count in sorted(lines.items()) if count == 0] for file, lines in counts.items()}


def write_missed(missed: dict[str, list[int]], out: pathlib.Path) -> None:
    """Write the lines that nothing reached, with their text."""
    with out.open("w") as to:
        for file, numbers in sorted(missed.items()):
            if not numbers or room_of(file) not in ROOMS:
                continue
            text = source_of(file).read_text().splitlines()
            to.write(f"{source_of(file).relative_to(ROOT)}\n")
            for number in numbers:
                to.write(f"{number:6} {text[number - 1]}\n")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--missed", type=pathlib.Path)
    parser.add_argument("--at-least", type=float, nargs=2, default=(0, 0))
    options = parser.parse_args()
    build = options.build.resolve()
    sums = {room: collections.Counter() for room in ROOMS}
    for file in json.loads(export(build, "-summary-only"))["data"][0]["files"]:
        room = room_of(file["filename"])
        if room not in sums:
            continue
        for kind in ("lines", "branches"):
            sums[room][kind] += file["summary"][kind]["count"]
            sums[room][f"{kind} reached"] += file["summary"][kind]["covered"]
    low = 0
    print(f"{'room':10} {'lines':>7} {'reached':>8} {'branches':>9} {'reached':>8}")
    for room, counts in sums.items():
        shares = [100 * counts[f"{kind} reached"] / max(counts[kind], 1) for kind in ("lines", "branches")]
        low += any(share < least for share, least in zip(shares, options.at_least))
        print(f"{room:10} {counts['lines']:7} {shares[0]:7.1f}% {counts['branches']:9} {shares[1]:7.1f}%")
    if options.missed:
        write_missed(missed_lines(export(build, "-format=lcov")), options.missed)
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
