#!/usr/bin/env python3
"""Holds moved_names.def against releases: does each have what the table says?

    box/check_moved_names.py WHEEL...

A row is checked with every wheel of its distribution: the old name is there before `until`
and not from then on, the new one from `since` on and not before. Modules are looked for
among the files of the wheel, names as definitions in the text of their module or as words
in its extension. Nothing is imported. Rows that no wheel was there for are counted, and it
takes wheels of both sides of a move to confirm it.
"""

from __future__ import annotations

import pathlib
import re
import sys
import zipfile

TABLE = pathlib.Path(__file__).resolve().parent / "moved_names.def"
ROW = re.compile(r'^PICKLEBOX_MOVED\("([^"]+)", "([^"]+)", "([^"]+)", "([^"]*)", "([^"]*)"\)', re.MULTILINE)
MODULE = re.compile(r"(.+?)(/__init__)?(\.(cpython|cp|abi3)[^/]*)?\.(py|so|pyd)$")


def version(text: str) -> tuple[int, ...]:
    """Return "1.26.1" as numbers, without zeros at the end."""
    parts = [int(part) for part in text.split(".") if part.isdigit()]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


class Wheel:
    """One release: its modules, and the files that they are in."""

    def __init__(self, path: str) -> None:
        name, release = pathlib.Path(path).name.split("-")[:2]
        self.distribution = name.replace("_", "-").lower()
        self.release = release
        self.archive = zipfile.ZipFile(path)
        self.files: dict[str, str] = {}
        for file in self.archive.namelist():
            match = MODULE.fullmatch(file)
            if match:
                self.files[match[1].replace("/", ".")] = file

    def has(self, name: str) -> bool:
        """Say whether "module" or "module:name" is there."""
        module, _, qualname = name.partition(":")
        if not qualname:
            return module in self.files or any(m.startswith(module + ".") for m in self.files)
        if module not in self.files:
            return False
        text = self.archive.read(self.files[module])
        return re.search(rb"\b" + qualname.encode() + rb"\b", text) is not None


def main() -> int:
    """Check all rows; 0 if no wheel contradicts one."""
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    wheels = sorted((Wheel(path) for path in sys.argv[1:]), key=lambda wheel: version(wheel.release))
    wrong = unseen = 0
    rows = ROW.findall(TABLE.read_text(encoding="ascii"))
    ends = {row[0]: row[4] for row in rows}
    for old, new, distribution, since, until in rows:
        sides = set()
        seen = False  # the old name; it may be younger than the first wheels
        for wheel in wheels:
            if wheel.distribution != distribution:
                continue
            seen = seen or wheel.has(old)
            release = version(wheel.release)
            claims = []
            gone = bool(until) and release >= version(until)
            if seen:
                claims.append((old, not gone))
            moved_on = ends.get(new) and release >= version(ends[new])
            if since and new.partition(".")[0] == old.partition(".")[0] and not moved_on:
                claims.append((new, release >= version(since)))
            for name, there in claims:
                if wheel.has(name) != there:
                    wrong += 1
                    print(f"{distribution} {wheel.release}: {name} is {'not ' if there else ''}there")
            sides.add(release >= version(until or since))
        unseen += len(sides) < 2
    print(f"{wrong} contradictions, {unseen} rows not seen from both sides")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
