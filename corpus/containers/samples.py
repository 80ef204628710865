"""Archives and compressed files with a known answer.

Each sample is a function that returns bytes; its row says what picklebox has to
make of them. They are built with nothing but the standard library, so that what
is wrong with a hostile one can be read here. Payloads are harmless: they would
create an empty file called picklebox-marker in the current directory.

Usage: samples.py [--small] FOLDER writes them into FOLDER; --small leaves the
bombs out, which take a while to make.
"""

from __future__ import annotations

import pathlib
import sys

import packed  # noqa: F401
import places  # noqa: F401
import tars  # noqa: F401
import zips  # noqa: F401
from building import EVIL, GOOD, MISTAKE, NUMBERS, SAMPLES, Sample

import models  # noqa: F401  each of these adds its samples

__all__ = ["EVIL", "GOOD", "MISTAKE", "NUMBERS", "SAMPLES", "Sample"]


def main() -> int:
    """Write all samples."""
    small = "--small" in sys.argv
    folder = pathlib.Path(sys.argv[-1])
    for row in SAMPLES:
        if small and row.name.startswith("bomb/"):
            continue
        path = folder / row.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(row.make())
    print(len(SAMPLES), "samples")
    return 0


if __name__ == "__main__":
    sys.exit(main())
