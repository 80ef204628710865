"""What the program says, word for word: each case against its file in golden/.

    golden_test.py --picklebox build/release/picklebox            # compare
    golden_test.py --picklebox build/release/picklebox --update   # write anew

A golden file holds the command, the exit status, what went to the standard
output and, behind a line `--- stderr`, what went to the standard error. Times
and lines of shipped profiles are replaced by N. Reports in JSON are also held against the schema.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import fixtures
from cases import CASES

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE / "golden"
SCHEMA = HERE.parents[1] / "docs" / "report.schema.json"

NORMALISED = (
    (re.compile(r" in \d+\.\d+ s"), " in N s"),
    (re.compile(r"\b(core|numpy|sklearn)\.toml:\d+"), r"\1.toml:N"),
    (re.compile(r'"seconds": [0-9.e+-]+'), '"seconds": 0'),
    (re.compile(r' time="[0-9.]+"'), ' time="N"'),
)


def run(picklebox: pathlib.Path, command: str, folder: pathlib.Path) -> subprocess.CompletedProcess:
    """Run a command in the folder of the fixtures, with `picklebox` in PATH."""
    environment = {"PATH": f"{picklebox.parent}:{os.environ['PATH']}", "LC_ALL": "C"}
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )


def transcript(command: str, done: subprocess.CompletedProcess) -> str:
    """Return what a golden file holds."""
    text = f"$ {command}\n[exit {done.returncode}]\n{done.stdout.decode('ascii')}"
    if done.stderr:
        text += f"--- stderr\n{done.stderr.decode('ascii')}"
    for pattern, replacement in NORMALISED:
        text = pattern.sub(replacement, text)
    return text


def violations(command: str, done: subprocess.CompletedProcess) -> list[str]:
    """Hold a report in JSON against its schema."""
    if " scan --format json " not in command:
        return []
    from jsonschema import Draft202012Validator  # of the distribution's Python

    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    return [error.message for error in validator.iter_errors(json.loads(done.stdout))]


def main() -> int:
    """Run all cases; 0 if all are as they were written down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picklebox", required=True, type=pathlib.Path)
    parser.add_argument("--update", action="store_true", help="write the golden files anew")
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="picklebox-cli-") as name:
        folder = pathlib.Path(name)
        fixtures.make(folder)
        for case, command in CASES.items():
            done = run(options.picklebox.resolve(), command, folder)
            text = transcript(command, done)
            golden = GOLDEN / f"{case}.txt"
            wrong = violations(command, done)
            if options.update:
                golden.write_text(text, encoding="ascii")
            elif not golden.exists() or golden.read_text(encoding="ascii") != text:
                before = golden.read_text(encoding="ascii") if golden.exists() else ""
                wrong += difflib.unified_diff(
                    before.splitlines(), text.splitlines(), str(golden), "now", lineterm=""
                )
            if wrong:
                failed += 1
                print(f"{case}:", *wrong, sep="\n  ")
    stale = {path.stem for path in GOLDEN.glob("*.txt")} - set(CASES)
    if stale:
        failed += 1
        print(f"golden files without a case: {sorted(stale)}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
