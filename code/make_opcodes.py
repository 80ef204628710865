#!/usr/bin/env python3
"""Writes opcodes.def: the instructions of each CPython, as the interpreters have them.

    code/make_opcodes.py PYTHON...          write the table, one interpreter a version
    code/make_opcodes.py --check PYTHON...  say which of them disagrees with the table

A row is a run of versions in which a number has the same name, inline caches and kind of
argument.
"""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys

TABLE = pathlib.Path(__file__).resolve().parent / "opcodes.def"
ROW = re.compile(r'^PICKLEBOX_PYTHON_OP\((\d+), (\d+), (\d+), "([^"]+)", (\d+), k(\w+)\)', re.MULTILINE)
HEAD = """\
// The instructions of CPython, made by make_opcodes.py from the interpreters.
//
//   PICKLEBOX_PYTHON_OP(first, last, number, "NAME", caches, kind)
//
// From Python 3.`first` to 3.`last`. `caches`: two-byte units behind it that are no
// instructions. `kind`: what its argument means, see opcode.h.

"""

ASK = """
import dis, json, opcode, sys
caches = getattr(opcode, "_inline_cache_entries", None)
rows = []
has_arg = getattr(dis, "hasarg", None)
for name, number in dis.opmap.items():
    if number > 255:
        continue
    if hasattr(caches, "get"):
        units = caches.get(name, 0)
    else:
        units = caches[number] if caches else 0
    if not (number in has_arg if has_arg is not None else number >= dis.HAVE_ARGUMENT):
        kind = "Plain"
    elif number in dis.hasconst and name != "LOAD_SMALL_INT":
        kind = "Const"
    elif number in dis.hasname:
        kind = "Name"
    elif number in dis.hasjabs:
        kind = "Absolute"
    elif number in dis.hasjrel:
        kind = "Backward" if "JUMP_BACKWARD" in name or name == "END_ASYNC_FOR" else "Forward"
    elif number in dis.haslocal:
        kind = "Local"
    elif number in dis.hasfree:
        kind = "Free"
    elif number in dis.hascompare:
        kind = "Compare"
    else:
        kind = "Number"
    rows.append((number, name, units, kind))
json.dump([sys.version_info[1], sorted(rows)], sys.stdout)
"""


def ask(python: str) -> tuple[int, dict[int, tuple]]:
    """Return the minor version of an interpreter, and its instructions by number."""
    done = subprocess.run([python, "-c", ASK], check=True, capture_output=True, text=True, timeout=60)
    minor, rows = json.loads(done.stdout)
    return minor, {row[0]: tuple(row[1:]) for row in rows}


def check(pythons: list[str]) -> int:
    """Compare the table with interpreters; 0 if they agree."""
    known: dict[int, dict[int, tuple]] = {}
    for first, last, number, name, units, kind in ROW.findall(TABLE.read_text(encoding="ascii")):
        for minor in range(int(first), int(last) + 1):
            known.setdefault(minor, {})[int(number)] = (name, int(units), kind)
    wrong = 0
    for python in pythons:
        minor, rows = ask(python)
        if minor not in known:
            print(f"3.{minor}: not in the table")
            wrong += 1
            continue
        for number in sorted({*rows, *known[minor]}):
            if rows.get(number) != known[minor].get(number):
                print(f"3.{minor} {number}: {rows.get(number)}, not {known[minor].get(number)}")
                wrong += 1
        print(f"3.{minor}: {len(rows)} instructions")
    return 1 if wrong else 0


def main() -> int:
    """Write or check the table."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--check"] and len(arguments) > 1:
        return check(arguments[1:])
    if not arguments or arguments[0].startswith("-"):
        print(__doc__)
        return 2
    versions = dict(sorted(map(ask, arguments)))
    rows: list[list] = []
    for minor, table in versions.items():
        for number, what in table.items():
            for row in rows:
                if row[2] == number and row[3] == what and row[1] == minor - 1:
                    row[1] = minor
                    break
            else:
                rows.append([minor, minor, number, what])
    lines = [
        f'PICKLEBOX_PYTHON_OP({first}, {last}, {number}, "{name}", {units}, k{kind})\n'
        for first, last, number, (name, units, kind) in sorted(rows, key=lambda r: (r[2], r[0]))
    ]
    TABLE.write_text(HEAD + "".join(lines), encoding="ascii")
    print(f"{len(lines)} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
