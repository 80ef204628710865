"""``python -m picklebox`` is the command ``picklebox``.

``requirements --check`` alone is done here: what it looks at is this environment.
"""

from __future__ import annotations

import os
import sys

from ._scanners import PROGRAM


def main() -> None:
    """Become the program of that name, with the same arguments."""
    if sys.argv[1:2] == ["requirements"] and "--check" in sys.argv:
        if sys.path and sys.path[0] in ("", os.getcwd()):
            del sys.path[0]  # -m put it there: what lies beside a file is not to be imported
        from ._requirements_command import run

        sys.exit(run(sys.argv[2:]))
    os.execv(PROGRAM, ["picklebox", *sys.argv[1:]])


if __name__ == "__main__":
    main()
