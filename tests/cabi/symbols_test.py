"""The shared library exports what picklebox.h declares, and nothing else."""

from __future__ import annotations

import argparse
import pathlib
import re
import subprocess
import sys

DECLARED = re.compile(r"PICKLEBOX_API[^;]*?\b(picklebox_\w+)\s*\(")


def main() -> int:
    """Compare the two; 0 if they agree."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True)
    parser.add_argument("--header", required=True, type=pathlib.Path)
    options = parser.parse_args()
    declared = set(DECLARED.findall(options.header.read_text(encoding="ascii")))
    listing = subprocess.run(
        ["nm", "-D", "--defined-only", options.library], check=True, capture_output=True, text=True
    )
    exported = {line.split()[-1].partition("@")[0] for line in listing.stdout.splitlines()}
    exported = {name for name in exported if not name.startswith("PICKLEBOX_")}  # the version
    print(f"{len(declared)} functions declared, {len(exported)} symbols exported")
    for name in sorted(declared ^ exported):
        print("only", "declared:" if name in declared else "exported:", name)
    return 0 if declared == exported and len(declared) > 20 else 1


if __name__ == "__main__":
    sys.exit(main())
