#!/usr/bin/env python3
"""Holds policy/aliases.def against installed libraries.

Usage: check_aliases.py PYTHON...

Each PYTHON is an interpreter with some release of NumPy, SciPy, scikit-learn or
pandas. Of every row whose old module can be imported there, what shipped profiles
list under the new name is looked up:

same      both names are there and are one object
defined   only the old name is there, and the object says that it is its own:
          a release from before the move
OTHER     two objects, or the old name is borrowed from elsewhere: no alias

Prints the counts of each row and release, and exits with 1 if there is an OTHER.
"""

from __future__ import annotations

import collections
import json
import pathlib
import re
import subprocess
import sys

POLICY = pathlib.Path(__file__).resolve().parent
ROW = re.compile(r"^PICKLEBOX_ALIAS_(TREE|MODULE|NAME)\((.*)\)$", re.MULTILINE)
GLOBAL = re.compile(r'"([\w.]+):([\w.]+)"')

# Runs in the other interpreter, whatever its release.
PROBE = r"""
import importlib, json, sys, warnings
warnings.simplefilter("ignore")
def find(module, name):
    try:
        found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
        return found
    except Exception:
        return None
answers = []
for module, name, new_module, new_name, homes in json.load(sys.stdin):
    old, new = find(module, name), find(new_module, new_name)
    if old is None:
        answers.append("")
    elif new is not None:
        answers.append("same" if old is new else "OTHER")
    else:
        own = getattr(old, "__module__", None) in [None] + homes
        answers.append("defined" if own else "OTHER")
json.dump(answers, sys.stdout)
"""


def listed() -> dict[str, set[str]]:
    """Return the names that shipped profiles list, by module."""
    names: dict[str, set[str]] = collections.defaultdict(set)
    for path in (POLICY / "profiles").glob("*.toml"):
        for module, name in GLOBAL.findall(path.read_text(encoding="utf-8")):
            names[module].add(name)
    return names


def questions(names: dict[str, set[str]]) -> list[tuple[str, str, str, str, list[str]]]:
    """Return what can be asked: old module and name, new ones, and all old modules."""
    asked = []
    for kind, arguments in ROW.findall((POLICY / "aliases.def").read_text(encoding="utf-8")):
        words = re.findall(r'"([^"]*)"', arguments)
        if kind == "NAME":
            asked.append((words[0], words[1], words[2], words[3]))
            continue
        old, new = words
        for module in sorted(names):
            below = kind == "TREE" and module.startswith(new + ".")
            if module == new or below:
                moved = old + module[len(new) :]
                asked += [(moved, name, module, name) for name in sorted(names[module])]
    homes = collections.defaultdict(set)
    for old, _, new, _ in asked:
        homes[new] |= {old, new}
    return [(*row, sorted(homes[row[2]])) for row in asked]


def main() -> int:
    """Ask each interpreter; 1 if something is no alias."""
    if len(sys.argv) < 2:
        print(__doc__)
        return 4
    asked = questions(listed())
    wrong = 0
    for python in sys.argv[1:]:
        run = subprocess.run(
            [python, "-c", PROBE], input=json.dumps(asked), stdout=subprocess.PIPE, text=True, check=True
        )
        counts: dict[tuple[str, str], collections.Counter] = collections.defaultdict(collections.Counter)
        answers = json.loads(run.stdout)
        for (module, name, new_module, new_name, _), answer in zip(asked, answers, strict=True):
            if answer:
                counts[module, new_module][answer] += 1
            if answer == "OTHER":
                wrong += 1
                print(f"{python}: {module}:{name} is not {new_module}:{new_name}")
        for (old, new), count in sorted(counts.items()):
            print(f"{python}: {old} -> {new}: {dict(count)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
