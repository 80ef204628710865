"""``python -m picklebox`` is the command ``picklebox``."""

from __future__ import annotations

import os
import sys

from ._scanners import PROGRAM


def main() -> None:
    """Become the program of that name, with the same arguments."""
    os.execv(PROGRAM, ["picklebox", *sys.argv[1:]])


if __name__ == "__main__":
    main()
