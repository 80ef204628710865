"""MANIFEST: one row a sample, and how its fields are written.

Eight fields, separated by tabs; README.md in this folder says what each means.
Text that comes out of a sample (a global's name) is escaped to printable ASCII,
with `\\t`, `\\n`, `\\x1b`, `\\u202e` and `\\\\` as in a Python literal.
"""

import collections
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent
PATH = ROOT / "MANIFEST"

FIELDS = ("path", "kind", "origin", "verdict", "expect", "offset", "reason", "comment")

#: A name that is longer when escaped is written as `...`: no line of a table can hold it.
LONGEST_NAME = 1000

Row = collections.namedtuple("Row", FIELDS)


def escape(text):
    """Printable ASCII for a name out of a sample."""
    return text.encode("unicode_escape").decode("ascii")


def unescape(text):
    """The inverse of `escape`."""
    return text.encode("ascii").decode("unicode_escape")


def read(path=PATH):
    """All rows, in the order of the file.

    Raises
    ------
    ValueError
        If the header or the number of fields in a line is wrong.
    """
    lines = path.read_text(encoding="ascii").splitlines()
    if not lines or tuple(lines[0].split("\t")) != FIELDS:
        raise ValueError("MANIFEST: bad header")
    rows = []
    for number, line in enumerate(lines[1:], 2):
        fields = line.split("\t")
        if len(fields) != len(FIELDS):
            raise ValueError(f"MANIFEST:{number}: {len(fields)} fields")
        rows.append(Row(*fields))
    return rows


def replace(owned, rows, path=PATH):
    """Put `rows` in place of those whose path satisfies `owned`; keep it sorted."""
    kept = [row for row in read(path) if not owned(row.path)] if path.exists() else []
    table = sorted(kept + list(rows), key=lambda row: row.path)
    lines = ["\t".join(FIELDS)] + ["\t".join(map(str, row)) for row in table]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
