"""The parent's program holds no parser of pickles or archives.

Usage: no_parser_test.py PARENT WORKER

What reads hostile bytes lives in the namespaces picklebox::vm,
picklebox::container and picklebox::code, and is linked by the worker only. The worker is looked at
first: if its parser were not seen, the answer for the parent would mean nothing.
Both programs must have their symbols (not stripped).
"""

from __future__ import annotations

import re
import subprocess
import sys

PARSER = re.compile(r"\bpicklebox::(vm|container|code)::")
# In both programs: shows that the symbols of the parent can be read at all.
COMMON = re.compile(r"\bpicklebox::")


def symbols(program: str) -> list[str]:
    """Return the demangled names of a program's symbols."""
    listing = subprocess.run(
        ["nm", "-C", program], check=True, capture_output=True, text=True, errors="replace"
    )
    return listing.stdout.splitlines()


def main() -> int:
    """Compare the two programs; 0 if only the worker has parsers."""
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    parent, worker = (symbols(program) for program in sys.argv[1:])
    in_worker = {match[1] for match in map(PARSER.search, worker) if match}
    in_parent = [line for line in parent if PARSER.search(line)]
    common = sum(bool(COMMON.search(line)) for line in parent)
    print(f"parent: {common} symbols of picklebox, {len(in_parent)} of a parser")
    print(f"worker: parsers {sorted(in_worker)}")
    for line in in_parent[:20]:
        print("  in the parent:", line)
    return 0 if common and in_worker == {"vm", "container", "code"} and not in_parent else 1


if __name__ == "__main__":
    sys.exit(main())
