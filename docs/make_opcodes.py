"""Write docs/opcodes.md from vm/opcodes.def and the doubts of vm/machine.h.

Usage: make_opcodes.py [--check]

With --check nothing is written; the status is 1 if the page is out of date.
"""

from __future__ import annotations

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "vm/opcodes.def"
MACHINE = ROOT / "vm/machine.h"
PAGE = ROOT / "docs/opcodes.md"
TEXT = r'"((?:[^"\\]|\\.)*)"'
ROW = re.compile(
    rf"^PICKLEBOX_OPCODE\((\w+),\s*{TEXT},\s*(0x[0-9a-f]{{2}}),\s*(\d),\s*(\w+),"
    rf"\s*{TEXT},\s*{TEXT},\s*{TEXT}\)",
    re.MULTILINE,
)
DOUBTS = re.compile(r"enum class Doubt : uint8_t \{\n(.*?)\};", re.DOTALL)
DOUBT = re.compile(r"^\s+k\w+,\s*// ([a-z-]+): (.*(?:\n\s+// .*)*)$", re.MULTILINE)

# Every operand of vm/opcode.h, for readers.
OPERANDS = {
    "None": "-",
    "U8": "1 byte",
    "U16": "2 bytes",
    "I32": "4 bytes, signed",
    "U32": "4 bytes",
    "U64": "8 bytes",
    "Float64": "8 bytes, big-endian IEEE 754",
    "Decimal": "a line: a number",
    "DecimalLong": "a line: a number, `L` behind it",
    "FloatText": "a line: a number",
    "QuotedLine": "a line: text in quotes, with escapes",
    "EscapedLine": "a line: Latin-1 with `\\u` escapes",
    "Line": "a line",
    "TwoLines": "two lines",
    "Long1": "1 byte of length, two's complement",
    "Long4": "4 bytes of length (signed), two's complement",
    "String1": "1 byte of length, text of Python 2",
    "String4": "4 bytes of length, text of Python 2",
    "Bytes1": "1 byte of length, bytes",
    "Bytes4": "4 bytes of length, bytes",
    "Bytes8": "8 bytes of length, bytes",
    "Utf8x1": "1 byte of length, UTF-8",
    "Utf8x4": "4 bytes of length, UTF-8",
    "Utf8x8": "8 bytes of length, UTF-8",
}

HEAD = """\
# The opcodes

The instruction set of pickle, protocols 0 to 5, as picklebox executes it.
Written by docs/make_opcodes.py from vm/opcodes.def and vm/machine.h.

Integers are little-endian and unsigned, unless said otherwise. A line ends with
a newline, which is not a part of it. The stack is shown with its top on the
right: `mark` is the topmost mark and `slice` all that lies above it. No opcode
takes a value from below the topmost mark. The protocol is the one that brought
the opcode; readers take any opcode under any protocol.

| byte | | opcode | protocol | operand | before | after | what it does |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""

MIDDLE = """
## Doubts

CPython has two unpicklers, and most scanners read with `pickletools`. Where they
disagree, a file can show one thing to a scanner and do another when it is
loaded. picklebox goes on as the C unpickler does and reports `ambiguous`, which
denies the file, with one of these details and the offset of the opcode. Each is
reported once a pickle.

With `--compat` they are not reported, but for `frame-crossed`: there the C
unpickler itself reads two different things, depending on the kind of file object
that it was given.

| detail | what is read differently |
| --- | --- |
"""


def cell(text: str) -> str:
    """Spell a list of stack values for a table."""
    return " ".join(f"`{word}`" for word in text.split()) or "-"


def opcode(row: tuple[str, ...]) -> str:
    """Make the line of one opcode."""
    _, name, byte, protocol, operand, before, after, doc = row
    char = chr(int(byte, 16))
    shown = f"`{char}`" if char.isascii() and char.isprintable() else ""
    return (
        f"| {byte[2:]} | {shown} | {name} | {protocol} | {OPERANDS[operand]} "
        f"| {cell(before)} | {cell(after)} | {doc} |\n"
    )


def page() -> str:
    """Return the text of the page."""
    rows = ROW.findall(TABLE.read_text())
    if len(rows) != TABLE.read_text().count("\nPICKLEBOX_OPCODE("):
        raise SystemExit("a row of vm/opcodes.def is not in the form that is read here")
    doubts = [
        (name, re.sub(r"\s*//\s*", " ", text))
        for name, text in DOUBT.findall(DOUBTS.search(MACHINE.read_text())[1])
    ]
    return (
        HEAD
        + "".join(opcode(row) for row in rows)
        + MIDDLE
        + "".join(f"| `{name}` | {text} |\n" for name, text in doubts)
    )


def main() -> int:
    """Write the page, or check it."""
    if sys.argv[1:] == ["--check"]:
        fresh = PAGE.exists() and PAGE.read_text() == page()
        print("docs/opcodes.md is", "up to date" if fresh else "out of date: run the script")
        return 0 if fresh else 1
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
