"""One sample and more for each family of dangerous names, out of families.tsv.

An exact allowlist makes them one class. They are here for the list of threats, which
grades and explains: each row should come back with a sentence for the reader. The
table has the family, the sample's name, `module:qualname`, the arguments of the call
as a Python literal, and the essay.
"""

import ast
import pathlib

from attacks.sample import Group

TABLE = pathlib.Path(__file__).with_name("families.tsv")


def _groups():
    tables = {}
    for line in TABLE.read_text(encoding="ascii").splitlines()[1:]:
        family, name, path, arguments, essay = line.split("\t")
        module, qualname = path.split(":")
        row = (name, module, qualname, ast.literal_eval(arguments), essay)
        tables.setdefault(family, []).append(row)
    for family, table in tables.items():
        group = Group(f"family-{family}")
        group.calls(table)
        yield group


GROUPS = list(_groups())
