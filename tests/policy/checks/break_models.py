#!/usr/bin/env python3
"""Shows what libraries do with values that the checks beyond numpy.* deny.

    break_models.py PYTHON...                 a table in Markdown, for BROKEN.md
    break_models.py --record FOLDER PYTHON    writes the files that the everyday tests scan

Each PYTHON is an interpreter that has scikit-learn and pandas, with what these need, or
PyTorch; what needs a library that is not there is left out. A recipe
(recipes.py) makes two objects: one that the library wrote, and one of which a value is
false. Both are pickled, loaded and used, each time in a process of its own (driver.py);
the table says how the false one ended. Run by hand: nothing here is part of the everyday
tests, and nothing but a crash of a child can come of it.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import re
import subprocess
import sys

from recipes import RECIPES

DRIVER = pathlib.Path(__file__).with_name("driver.py")
PROTOCOL = 4


def file_name(recipe: dict) -> str:
    """Make the beginning of the name of a recipe's files."""
    return re.sub(r"\W+", "-", recipe["name"])


def run(python: str, recipes: list[dict], *arguments: str) -> list[str]:
    """Let an interpreter run recipes; how each ended."""
    question = json.dumps([{**recipe, "file": file_name(recipe)} for recipe in recipes])
    done = subprocess.run(
        [python, "-B", str(DRIVER), str(PROTOCOL), *arguments],
        input=question,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"{python}: {done.stderr}")
    return json.loads(done.stdout)


def title(python: str) -> str:
    """Say which libraries an interpreter has."""
    program = (
        "import importlib.metadata as m\n"
        "names = {'numpy': 'NumPy', 'scipy': 'SciPy', 'scikit-learn': 'scikit-learn', 'pandas': 'pandas', "
        "'pyarrow': 'Arrow', 'torch': 'PyTorch'}\n"
        "print(', '.join(f'{names[n]} {m.version(n)}' for n in names "
        "if n in {d.metadata['Name'] for d in m.distributions()}))"
    )
    return subprocess.check_output([python, "-c", program], text=True).strip()


def record(folder: pathlib.Path, python: str, recipes: list[dict]) -> None:
    """Write the twins of recipes, and which check denies them."""
    listing = folder / "expected.tsv"
    rows = dict(row.split("\t") for row in listing.read_text().splitlines()[1:]) if listing.exists() else {}
    for recipe, made in zip(recipes, run(python, recipes, str(folder))):
        if made != "made":
            raise SystemExit(f"{recipe['name']}: {made}")
        suffix = "pt" if "torch" in recipe else "pkl"
        rows[f"{file_name(recipe)}-good.{suffix}"] = "-"
        rows[f"{file_name(recipe)}-false.{suffix}"] = recipe["check"]
    listing.write_text("file\tcheck\n" + "".join(f"{name}\t{rows[name]}\n" for name in sorted(rows)))


def main() -> int:
    """Write the table, or the files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--record", type=pathlib.Path, metavar="FOLDER", help="write the tests' files here")
    parser.add_argument("--only", default="", help="only recipes whose check contains this")
    parser.add_argument("python", nargs="+")
    options = parser.parse_args()
    recipes = [recipe for recipe in RECIPES if options.only in recipe["check"]]
    if options.record:
        record(options.record, options.python[0], recipes)
        return 0
    endings = [run(python, recipes) for python in options.python]
    print("| recipe | denied by |", " | ".join(title(python) for python in options.python), "|")
    print("| --- | --- |", " | ".join("---" for _ in options.python), "|")
    for recipe, *ends in zip(recipes, *endings):
        print(f"| {recipe['name']} | {recipe['check']} |", " | ".join(ends), "|")
    return 0


if __name__ == "__main__":
    sys.exit(main())
