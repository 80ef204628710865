"""The table of what readers of pickles disagree about (discrepancies.tsv)."""

from __future__ import annotations

import ast
import dataclasses
import json
import pathlib
import re

from reading import Reading

TABLE = pathlib.Path(__file__).with_name("discrepancies.tsv")


@dataclasses.dataclass(frozen=True)
class Row:
    """One stream of bytes and what was made of it.

    Attributes
    ----------
    name, kind, description : str
        The kind is AGREE-OK, C-ONLY and so on; README.md has the list.
    data : bytes
    reading : Reading
    c, py : str
        What the two unpicklers of CPython 3.11 did: ``ok VALUE`` or ``ERR ...``.
    strict, compat : str
        What picklebox is to do.
    """

    name: str
    kind: str
    data: bytes
    reading: Reading
    description: str
    c: str
    py: str
    strict: str
    compat: str


def load() -> list[Row]:
    """All rows, in the order of the file."""
    lines = TABLE.read_text(encoding="ascii").split("\n")[1:-1]
    return [_row(*line.split("\t")) for line in lines]


def _row(name, kind, digits, options, description, c, py, strict, compat):
    return Row(name, kind, _bytes(digits), _reading(options), description, c, py, strict, compat)


def _bytes(digits: str) -> bytes:
    """Hexadecimal, where ``{xx*N}`` is a run of N."""
    runs = re.sub(r"\{([0-9a-f]+)\*(\d+)\}", lambda run: run[1] * int(run[2]), digits)
    return bytes.fromhex(runs)


def _reading(options: str) -> Reading:
    given = json.loads(options or "{}")
    given.pop("via", None)  # through which kind of file CPython read it
    if "buffers" in given:
        given["buffers"] = tuple(_buffer(text) for text in given["buffers"])
    if "persistent_load" in given:
        given["persistent_ids"] = given.pop("persistent_load")
    return Reading(**given)


def _buffer(text: str):
    """A literal, or ``bytearray(LITERAL)``."""
    inner = text.removeprefix("bytearray(").removesuffix(")")
    value = ast.literal_eval(inner)
    return value if inner == text else bytearray(value)
