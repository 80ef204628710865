"""The two programs are built as programs that read hostile bytes should be.

Usage: hardening_test.py PARENT WORKER LIBRARY...

Reads what `readelf` says: position independent, no writable code, no executable
stack, relocations read-only and done at start, no search paths, stack protector,
checked libc calls; the worker static, so that nothing is loaded into it. Each of
our own objects is compiled for shadow stacks and branch tracking (the programs
as a whole are not marked so where the system's static libc is not).
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys


def readelf(option: str, path: str) -> str:
    """Return what readelf says about a file."""
    done = subprocess.run(["readelf", "-W", option, path], check=True, capture_output=True, text=True,
                          errors="replace")
    return done.stdout


def faults_of_segments(path: str) -> list[str]:
    """Return what is wrong with the header and the segments of a program."""
    faults = []
    if not re.search(r"^\s*Type:\s+DYN ", readelf("-h", path), re.MULTILINE):
        faults.append("it is not position independent")
    rows = re.findall(r"^\s+(LOAD|GNU_STACK|GNU_RELRO|INTERP)\s+((?:0x\w+ +){5})([RWE ]+?) +0x",
                      readelf("-l", path), re.MULTILINE)
    kinds = {kind for kind, _, _ in rows}
    for kind, _, flags in rows:
        if "W" in flags and "E" in flags:
            faults.append(f"a {kind} segment can be written and run")
        if kind == "GNU_STACK" and "E" in flags:
            faults.append("the stack can be run")
    for kind in ("LOAD", "GNU_STACK", "GNU_RELRO"):
        if kind not in kinds:
            faults.append(f"there is no {kind} segment")
    return faults


def faults_of_dynamic(path: str, static: bool) -> list[str]:
    """Return what is wrong with the dynamic section."""
    faults = []
    text = readelf("-d", path)
    for wanted in (r"\(FLAGS\).*BIND_NOW", r"\(FLAGS_1\).*\bNOW\b", r"\(FLAGS_1\).*\bPIE\b"):
        if not re.search(wanted, text):
            faults.append(f"the dynamic section has no {wanted}")
    for unwanted in ("TEXTREL", "RPATH", "RUNPATH"):
        if f"({unwanted})" in text:
            faults.append(f"the dynamic section has {unwanted}")
    if static and ("(NEEDED)" in text or re.search(r"^\s+INTERP\s", readelf("-l", path), re.MULTILINE)):
        faults.append("it is not static")
    return faults


def faults_of_symbols(path: str) -> list[str]:
    """Return what is missing among the symbols."""
    names = set(re.findall(r"\b(__\w+)", readelf("-s", path)))
    faults = []
    if not any(name.startswith("__stack_chk_fail") for name in names):
        faults.append("nothing is compiled with a stack protector")
    if not any(name.endswith("_chk") for name in names):
        faults.append("no call of libc is checked (_FORTIFY_SOURCE)")
    return faults


def faults_of_library(path: str) -> list[str]:
    """Return the objects of a library that are not compiled for CET."""
    objects = re.split(r"^File: ", readelf("-n", path), flags=re.MULTILINE)[1:]
    if not objects:
        return ["it has no objects"]
    return [f"{text.split(maxsplit=1)[0]} lacks IBT or SHSTK" for text in objects
            if not re.search(r"x86 feature: (?=.*\bIBT\b)(?=.*\bSHSTK\b)", text)]


def main() -> int:
    """Look at all of them; 0 if nothing is wrong."""
    if len(sys.argv) < 3:
        print(__doc__)
        return 2
    parent, worker, *libraries = sys.argv[1:]
    faults = []
    for path in (parent, worker):
        found = faults_of_segments(path) + faults_of_dynamic(path, path == worker)
        found += faults_of_symbols(path)
        faults += [f"{path}: {fault}" for fault in found]
    if platform.machine() == "x86_64":
        for path in libraries:
            faults += [f"{path}: {fault}" for fault in faults_of_library(path)]
    # The test sees what it looks for: this Python is no static program.
    if "it is not static" not in faults_of_dynamic(sys.executable, static=True):
        faults.append("the test does not see whether a program is static")
    print(f"2 programs, {len(libraries)} libraries: {len(faults)} faults")
    for fault in faults:
        print(" ", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
