"""Plant defects one by one, and see which test notices.

    run.py --check                 every defect of the list still fits the sources
    run.py [NAME...]               plant all of them, or those of that name or room

A defect is a row of defects/ROOM.toml: a file, a text that stands in it exactly
once, the text that takes its place, and the tests of ctest of which one has to
fail. Defects are planted in a copy of the sources, build/mutants/tree, that has a
build of its own; what is compiled again is one file and what depends on it.

Ends with a line that says how many were caught, survived, or do not build. The
exit status is 0 if all were caught.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TREE = ROOT / "build" / "mutants" / "tree"
BUILD = TREE / "build" / "mutants"

_PROGRAM = ("picklebox", "picklebox-worker")
# What a test needs that is not called like the test.
_TARGETS = {
    "code_allow": _PROGRAM,
    "containers": (*_PROGRAM, "fuzz_replay"),
    "corpus": _PROGRAM,
    "hidden_call": _PROGRAM,
    "models": _PROGRAM,
    "policy_values": _PROGRAM,
    "python_readers_test": ("vm_tables",),
    "sandbox_hostile": ("hostile_suite",),
    "truncation": _PROGRAM,
}
# Whoever does not come back by then has been noticed.
_SECONDS = 240


@dataclasses.dataclass(frozen=True)
class Defect:
    """A change of one file that some test has to notice."""

    room: str
    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def plant(self, text: str) -> str:
        """Return `text` with the defect; ValueError if it does not fit."""
        if text.count(self.old) != 1:
            raise ValueError(f"the old text stands {text.count(self.old)} times in {self.file}")
        if self.old == self.new:
            raise ValueError("the new text is the old one")
        return text.replace(self.old, self.new)

    def __str__(self) -> str:
        return f"{self.room}/{self.name}"


def read_defects() -> list[Defect]:
    """Return all defects, in the order of the files and of their rows."""
    defects = []
    for path in sorted((HERE / "defects").glob("*.toml")):
        for row in tomllib.loads(path.read_text())["defect"]:
            defects.append(Defect(room=path.stem, **{**row, "tests": tuple(row["tests"])}))
    return defects


def check(defects: list[Defect]) -> int:
    """Return how many defects do not fit the sources, after saying which."""
    faults = 0
    seen = set()
    for defect in defects:
        try:
            if str(defect) in seen or not defect.tests:
                raise ValueError("there is another one of that name, or no test")
            seen.add(str(defect))
            defect.plant((ROOT / defect.file).read_text())
        except (OSError, ValueError) as error:
            faults += 1
            print(f"{defect}: {error}")
    print(f"{len(defects)} defects, {faults} of them do not fit the sources")
    return faults


def copy_sources() -> None:
    """Make the tree what the sources are; what did not change keeps its time."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "-C", ROOT, "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"],
        check=True, capture_output=True, text=True).stdout.split("\0")
    wanted = {name for name in listed if name and (ROOT / name).is_file()}
    for name in wanted:
        source, copy = ROOT / name, TREE / name
        data = source.read_bytes()
        if copy.is_file() and copy.read_bytes() == data:
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(data)
        shutil.copymode(source, copy)
    for path in TREE.rglob("*"):
        if path.is_file() and BUILD not in path.parents and str(path.relative_to(TREE)) not in wanted:
            path.unlink()


def configure() -> None:
    """Configure the build: little optimization, no warning is an error."""
    arguments = ["cmake", "-S", TREE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                 "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -DNDEBUG", "-DPICKLEBOX_TESTS=ON",
                 "-DPICKLEBOX_PYTHON_PACKAGE=OFF"]
    if shutil.which("ccache"):
        arguments.append("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)


def targets_of(test: str) -> tuple[str, ...]:
    """Return what has to be built for a test."""
    return ("fuzz_replay",) if test.startswith("fuzz.") else _TARGETS.get(test, (test,))


def build(targets: list[str], jobs: int) -> str | None:
    """Build; what the tools said if they failed, else None."""
    done = subprocess.run(["ninja", "-C", BUILD, "-j", str(jobs), *targets], check=False,
                          capture_output=True, text=True)
    return done.stdout[-3000:] if done.returncode != 0 else None


def passes(test: str) -> bool:
    """Whether a test passes; one that is not there is an error."""
    exact = test.replace(".", "\\.")
    done = subprocess.run(
        ["ctest", "--test-dir", BUILD, "-R", f"^{exact}$", "--timeout", str(_SECONDS)],
        check=False, capture_output=True, text=True)
    if "No tests were found" in done.stdout + done.stderr:
        raise SystemExit(f"no test is called {test}")
    return done.returncode == 0


def try_one(defect: Defect, jobs: int) -> tuple[str, str]:
    """Plant a defect and take it away again: what came of it, and by which test."""
    path = TREE / defect.file
    sound = path.read_text()
    path.write_text(defect.plant(sound))
    try:
        for test in defect.tests:
            said = build(list(targets_of(test)), jobs)
            if said is not None:
                return "no build", said
            if not passes(test):
                return "caught", test
        return "SURVIVED", ", ".join(defect.tests)
    finally:
        path.write_text(sound)


def try_all(defects: list[Defect], jobs: int) -> int:
    """Plant the defects one after the other; 0 if all are caught."""
    copy_sources()
    configure()
    tests = sorted({test for defect in defects for test in defect.tests})
    said = build(sorted({target for test in tests for target in targets_of(test)}), jobs)
    if said is not None:
        print(f"the sources as they are do not build:\n{said}")
        return 1
    for test in tests:
        if not passes(test):
            print(f"{test} fails without any defect")
            return 1
    counts = {"caught": 0, "SURVIVED": 0, "no build": 0}
    for defect in defects:
        start = time.monotonic()
        outcome, by = try_one(defect, jobs)
        counts[outcome] += 1
        print(f"{outcome:8} {defect}: {by} ({time.monotonic() - start:.0f} s)", flush=True)
    print(f"{counts['caught']} caught, {counts['SURVIVED']} survived, {counts['no build']} do not build")
    return 0 if counts["caught"] == len(defects) else 1


def main() -> int:
    """Read the options and do what they say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    defects = read_defects()
    if options.check:
        return 1 if check(defects) else 0
    for name in options.names:
        if not any(name in (d.room, d.name, str(d)) for d in defects):
            raise SystemExit(f"no defect and no room is called {name}")
    if options.names:
        defects = [d for d in defects if {d.room, d.name, str(d)} & set(options.names)]
    if check(defects):
        return 1
    return try_all(defects, options.jobs)


if __name__ == "__main__":
    sys.exit(main())
