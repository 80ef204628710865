"""Write docs/findings.md from include/picklebox/finding_codes.def and finding_help.def.

Usage: make_findings.py [--check]

With --check nothing is written; the status is 1 if the page is out of date.
"""

from __future__ import annotations

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "include/picklebox/finding_codes.def"
HELP_TABLE = ROOT / "include/picklebox/finding_help.def"
PAGE = ROOT / "docs/findings.md"
ROW = re.compile(r'^PICKLEBOX_FINDING\((\w+), "([^"]+)", (\w+),\s*"((?:[^"\\]|\\.)*)"\)', re.MULTILINE)
STRING = r'"((?:[^"\\]|\\.)*)"'
HELP_ROW = re.compile(rf"^PICKLEBOX_HELP\({STRING},\s*{STRING},\s*{STRING}\)", re.MULTILINE)
EFFECTS = {"Denies": "denied", "Incomplete": "incomplete", "None": "-"}

HEAD = """\
# Findings

What a report can say, by code. Written by docs/make_findings.py from
include/picklebox/finding_codes.def and finding_help.def; `picklebox explain CODE` prints
the same.

A finding with the effect *denied* makes its file `denied`; one with the effect
*incomplete* makes it `incomplete` unless something is denied. In reports the
severity is `error`, `warning` or `note` for *denied*, *incomplete* and neither.
`ambiguous` comes with a detail that says why unpicklers disagree; see
[opcodes.md](opcodes.md).

| code | verdict | what it means |
| --- | --- | --- |
"""


def unquoted(text: str) -> str:
    """Return what a string literal of C++ holds."""
    return text.replace('\\"', '"').replace("\\\\", "\\")


def page() -> str:
    """Return the text of the page."""
    rows = ROW.findall(TABLE.read_text())
    table = "".join(f"| `{code}` | {EFFECTS[effect]} | {text} |\n" for _, code, effect, text in rows)
    helps = {row[0]: row[1:] for row in HELP_ROW.findall(HELP_TABLE.read_text())}
    sections = "".join(
        f"\n### {code}\n\nFor example: {escaped(helps[code][0])}\n\n"
        f"What to do: {escaped(helps[code][1])}\n"
        for _, code, _, _ in rows
        if code in helps
    )
    return f"{HEAD}{table}\n## Examples, and what to do\n{sections}"


def escaped(text: str) -> str:
    """Return a text as Markdown that says nothing but it."""
    return re.sub(r"([\\`*_\[\]<>])", r"\\\1", unquoted(text))


def main() -> int:
    """Write the page, or check it."""
    if sys.argv[1:] == ["--check"]:
        fresh = PAGE.exists() and PAGE.read_text() == page()
        print("docs/findings.md is", "up to date" if fresh else "out of date: run the script")
        return 0 if fresh else 1
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
