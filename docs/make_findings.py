"""Write docs/findings.md from include/picklebox/finding_codes.def.

Usage: make_findings.py [--check]

With --check nothing is written; the status is 1 if the page is out of date.
"""

from __future__ import annotations

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "include/picklebox/finding_codes.def"
PAGE = ROOT / "docs/findings.md"
ROW = re.compile(r'^PICKLEBOX_FINDING\((\w+), "([^"]+)", (\w+),\s*"((?:[^"\\]|\\.)*)"\)', re.MULTILINE)
EFFECTS = {"Denies": "denied", "Incomplete": "incomplete", "None": "-"}

HEAD = """\
# Findings

What a report can say, by code. Written by docs/make_findings.py from
include/picklebox/finding_codes.def; `picklebox explain CODE` prints the same.

A finding with the effect *denied* makes its file `denied`; one with the effect
*incomplete* makes it `incomplete` unless something is denied. In reports the
severity is `error`, `warning` or `note` for *denied*, *incomplete* and neither.
`ambiguous` comes with a detail that says why unpicklers disagree; see
[opcodes.md](opcodes.md).

| code | verdict | what it means |
| --- | --- | --- |
"""


def page() -> str:
    """Return the text of the page."""
    rows = ROW.findall(TABLE.read_text())
    return HEAD + "".join(
        f"| `{code}` | {EFFECTS[effect]} | {text} |\n" for _, code, effect, text in rows
    )


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
