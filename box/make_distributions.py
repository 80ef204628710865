#!/usr/bin/env python3
"""Writes distributions.def: which distribution a top-level module comes with.

    box/make_distributions.py PYTHON...

Each PYTHON is the interpreter of an environment, such as those of corpus/matrix, which is
asked what is installed in it and which modules that has; nothing of it is imported. Rows of
the table that no environment knows stay, so that it grows with every environment. Where two
distributions have the same module, the one that is in the table stays and the other is named
on the standard error.
"""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys

TABLE = pathlib.Path(__file__).resolve().parent / "distributions.def"
ROW = re.compile(r'PICKLEBOX_DISTRIBUTION\("([^"]+)", "([^"]+)"\)')
HEAD = """\
// Which distribution a top-level module comes with.
//
//   PICKLEBOX_DISTRIBUTION("module", "distribution")
//
// Sorted by bytes. Made by make_distributions.py from environments in which they are
// installed; rows for what no environment had are kept.

"""

# Runs in the environment: {module: [distribution, ...]}.
ASK = """
import json, sys
from importlib import metadata
found = {}
for dist in metadata.distributions():
    name = dist.metadata["Name"]
    if not name:
        continue
    tops = set()
    for file in dist.files or ():
        parts = file.parts
        if parts[0].endswith((".dist-info", ".egg-info", ".data", ".libs")) or parts[0] == "..":
            continue
        if len(parts) > 1 and parts[-1] == "__init__.py" and len(parts) == 2:
            tops.add(parts[0])
        elif len(parts) == 1 and parts[0].endswith((".py", ".so")):
            tops.add(parts[0].split(".")[0])
    for top in tops:
        found.setdefault(top, []).append(name)
json.dump(found, sys.stdout)
"""


def main() -> int:
    """Merge what the environments have into the table."""
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    rows = dict(ROW.findall(TABLE.read_text(encoding="ascii"))) if TABLE.exists() else {}
    for python in sys.argv[1:]:
        done = subprocess.run(
            [python, "-I", "-c", ASK], check=True, capture_output=True, text=True, timeout=300
        )
        for module, names in sorted(json.loads(done.stdout).items()):
            if not re.fullmatch(r"[A-Za-z_]\w*", module) or module in ("tests", "test", "docs"):
                continue
            known = rows.setdefault(module, names[0])
            for name in names:
                if name.lower().replace("_", "-") != known.lower().replace("_", "-"):
                    print(f"{module}: {known}, also in {name}", file=sys.stderr)
    lines = [f'PICKLEBOX_DISTRIBUTION("{module}", "{name}")\n' for module, name in sorted(rows.items())]
    TABLE.write_text(HEAD + "".join(lines), encoding="ascii")
    print(f"{len(rows)} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
