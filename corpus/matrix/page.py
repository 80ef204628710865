#!/usr/bin/env python3
"""Writes docs/profiles.md from the results of run.py and compare.py.

corpus/matrix/page.py            write it
corpus/matrix/page.py --check    say what is not clean and unexplained, and fail if anything is
"""

from __future__ import annotations

import argparse
import collections
import json
import re
import sys

import tomllib

import run

PAGE = run.ROOT / "docs" / "profiles.md"
COMPARISON = run.RESULTS.parent / "comparison.json"

HEAD = """\
# The profiles

A profile is a list of what a library's own files name and do, with a reason for each rule
why that is safe; it is data, in [policy/profiles](../policy/profiles). This page has what
they were checked against: files that the libraries wrote, in releases from then to now. It is
made by `corpus/matrix/page.py` from what `./dev matrix` found; what files there are is
said by `corpus/matrix/write_NAME.py`.

The default policy is made of: {default}. To be asked for by name, as in
`extends = ["default", "ultralytics"]`: {asked}.

statsmodels has no profile, and that is no gap to be filled: every model of it holds a `ModelData`,
which, if its state says so, evaluates the text of a formula in that state as code. A file of it is
denied. Whoever trusts one loads it without picklebox, or saves what was learned (parameters,
a table of results) in a form that carries no code.

## What a rule has to hold

A class or function gets into a profile if what loading runs of it is known, and was read: its
`__new__`, `__setstate__`, `__setattr__`, how it takes items, and what its `__del__` does. It
may import nothing but parts of its own library, run no text or bytes of the file, open or send
nothing, and call nothing but what is listed itself. Four things follow that are easily overlooked:

- What is listed for reference only must be harmless when it is called, too: methods of what is
  loaded (an optimiser that asks its state for a default) may call what they find in an
  attribute.
- `setstate` is given only to classes that had a `__setstate__` in every release, or with a shape for
  the state that is harmless without one. A state set by the unpickler itself, as a pair, could
  change the class of the object.
- A name is no promise about memory. Indices of a sparse matrix, nodes of a tree, placements
  of a block, buffers that lie: they crash native code when the object is used, unless a value check says
  otherwise. [policy-language.md](policy-language.md) lists the checks that there are.
- Models of XGBoost, LightGBM and CatBoost are bytes or text that the library's own parser
  reads when the state is set, as it would read a model file. They carry no code; picklebox does not
  look into them.

`policy/profiles/hooks.py` shows the hooks of any global in an environment that has it.
"""


def exceptions() -> list[dict]:
    path = run.HERE / "exceptions.toml"
    return tomllib.loads(path.read_text())["exception"]


def explain(result: dict, file: dict, known: list[dict]) -> str | None:
    """The reason that a file is not clean, if it is a known one."""
    said = file["denied"] + file["findings"]
    for exception in known:
        if exception["library"] != result["library"]:
            continue
        if any(re.search(pattern, what) for pattern in exception["match"] for what in said):
            return exception["reason"]
    return None


def sort_key(result: dict) -> tuple:
    return (
        result["title"].lower(),
        [int(part) for part in re.findall(r"\d+", result["version"].split("+")[0])],
    )


def table(results: list[dict], held_back: set[str], known: list[dict]) -> list[str]:
    """A row a library and release."""
    lines = [
        "| library | release | NumPy | Python | files | clean | known exceptions | unexplained |",
        "| --- | --- | --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for result in sorted(results, key=sort_key):
        if (result["environment"] in held_back) != bool(held_back):
            continue
        explained = sum(explain(result, file, known) is not None for file in result["not_clean"])
        unexplained = len(result["not_clean"]) - explained
        version = result["version"].split("+")[0]
        lines.append(
            f"| {result['title']} | {version} | {result['numpy']} | {result['python']} | {result['files']} "
            f"| {result['clean']} | {explained or ''} | {unexplained or ''} |"
        )
    return lines


def reasons(results: list[dict], known: list[dict]) -> list[str]:
    """The exceptions that occurred, with an example each."""
    counts: collections.Counter = collections.Counter()
    examples: dict[tuple, str] = {}
    for result in results:
        for file in result["not_clean"]:
            reason = explain(result, file, known)
            if reason:
                key = (result["title"], reason)
                counts[key] += 1
                examples.setdefault(key, file["file"].split(".")[0])
    lines = ["| library | files | for example | why |", "| --- | ---: | --- | --- |"]
    for (title, reason), count in sorted(counts.items(), key=lambda item: (item[0][0].lower(), -item[1])):
        lines.append(f"| {title} | {count} | {examples[title, reason]} | {reason} |")
    return lines


def unexplained(results: list[dict], known: list[dict]) -> list[str]:
    return [
        f"{result['environment']}/{result['library']}/{file['file']}: "
        f"{(file['denied'] + file['findings'])[:2]}"
        for result in results
        for file in result["not_clean"]
        if explain(result, file, known) is None
    ]


def comparison() -> list[str]:
    """The precision of several tools, if compare.py has been run."""
    if not COMPARISON.exists():
        return []
    found = json.loads(COMPARISON.read_text())
    lines = [
        "",
        "## Side by side",
        "",
        f"The same files, given to others: {found['stock']} stock files of the matrix, and "
        f"the {found['malicious']} malicious ones of corpus/malicious. "
        "`corpus/matrix/compare.py` makes this table; each is the newest, without options.",
        "",
        "| | stock files called clean | malicious files caught | seconds for all |",
        "| --- | ---: | ---: | ---: |",
    ]
    for row in found["tools"]:
        lines.append(
            f"| {row['tool']} {row['version']} "
            f"| {row['stock_clean']} ({row['stock_clean'] / found['stock']:.1%}) "
            f"| {row['caught']} ({row['caught'] / found['malicious']:.1%}) | {row['seconds']:.0f} |"
        )
    return lines + ["", *found["notes"]]


def page() -> str:
    results, known = run.read_results(), exceptions()
    back = {name for name, environment in run.environments().items() if environment.get("held_back")}
    profiles = run.ROOT / "policy" / "profiles"
    default = tomllib.loads((profiles / "default.toml").read_text())["extends"]
    asked = sorted({path.stem for path in profiles.glob("*.toml")} - set(default) - {"default"})
    files, clean = sum(r["files"] for r in results), sum(r["clean"] for r in results)
    skipped = sum(r["skipped"] for r in results)
    seen = [r for r in results if r["environment"] not in back]
    unseen = [r for r in results if r["environment"] in back]
    lines = [
        HEAD.format(default=", ".join(default), asked=", ".join(asked)),
        "## The matrix",
        "",
        f"{files} files, {clean} clean ({clean / files:.2%}); every other one is one of the exceptions "
        f"below, unless the table says otherwise. {skipped} objects could not be made or "
        "pickled by the library itself.",
        "",
        *table(seen, set(), known),
        "",
        "### Releases that were held back",
        "",
        "The profiles were made without looking at these, but for one name (scipy.stats' TtestResult), "
        "which was added after a look at SciPy 1.13.",
        "",
        *table(unseen, back, known),
        "",
        "### Exceptions",
        "",
        "A stated exception is better than an unsafe rule.",
        "",
        *reasons(results, known),
        *comparison(),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the page, or check the results."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    lines = unexplained(run.read_results(), exceptions())
    print("\n".join(lines[:100]))
    print(f"{len(lines)} file(s) not clean and unexplained")
    if options.check:
        return 1 if lines else 0
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
