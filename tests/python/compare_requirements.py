"""What `requirements --check` foretells of files, against loading them, in several environments.

    compare_requirements.py --package build/quick/python PYTHON... --files FILE...

In each environment, a fresh process checks a file, and another loads it with `pickle.load`.
The two have to agree on whether it loads, and the error on its first line has to be one that
was foretold. Files are loaded for real: give no others than your own. An interpreter for
which the package is not built is left out. This is no test of every day: it needs
environments.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys

# The same empty __main__ for both.
CHECK = """
import json, sys, picklebox
check = picklebox.requirements(sys.argv[1], policy=sys.argv[2]).check()
print(json.dumps([bool(check), [r.error for r in check.failures], len(check.not_checked)]))
"""
LOAD = """
import pickle, sys, warnings
warnings.simplefilter("ignore")
try:
    with open(sys.argv[1], "rb") as stream:
        pickle.load(stream)
except Exception as error:
    print(type(error).__name__ + ": " + str(error).splitlines()[0])
"""


def run(python: str, program: str, *arguments: str, package: str) -> str:
    environment = {**os.environ, "PYTHONPATH": package, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [python, "-W", "ignore", "-c", program, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return done.stdout.strip()


def agrees(loads: bool, errors: list[str], error: str) -> bool:
    """Whether what was foretold is what happened."""
    if not error:
        return loads
    first_lines = [text.splitlines()[0] for text in errors if text]
    # What is known of a class's state is told in the error's first words.
    return not loads and any(text == error or text.startswith(error.rstrip(":")) for text in first_lines)


def main() -> int:
    """Compare all files in all environments; 0 if all agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", required=True)
    parser.add_argument("--policy", default="default")
    parser.add_argument("pythons", nargs="+")
    parser.add_argument("--files", nargs="+", required=True)
    options = parser.parse_args()
    same = wrong = failed = 0
    for python in options.pythons:
        for path in options.files:
            told = run(python, CHECK, path, options.policy, package=options.package)
            loads, errors, unsure = json.loads(told)
            error = run(python, LOAD, path, package="")
            failed += bool(error)
            if agrees(loads, errors, error):
                same += 1
                continue
            wrong += 1
            print(f"{python} {path}: foretold {errors or 'that it loads'}, {unsure} not checked")
            print(f"  and got {error or 'it loaded'}")
    print(f"{same + wrong} loads, {failed} of them failed, {wrong} were not foretold")
    return 1 if wrong or not same else 0


if __name__ == "__main__":
    sys.exit(main())
