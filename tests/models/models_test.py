"""The files that joblib, NumPy and PyTorch wrote show the arrays that these load.

expected.tsv has, for each array of a file of corpus/benign, its dtype, shape and
order and the SHA-256 of its bytes, as record_arrays.py found them by loading the
file with the library. Here they are looked up by the extents of the graph.

Prints what differs, and a last line "N passed, N failed".
"""

from __future__ import annotations

import argparse
import pathlib
import sys

from extents import Array, arrays_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / "corpus"
EXPECTED = pathlib.Path(__file__).with_name("expected.tsv")


def read_expected() -> dict[str, list[Array]]:
    """The rows of expected.tsv, by path."""
    files: dict[str, list[Array]] = {}
    for line in EXPECTED.read_text(encoding="utf-8").splitlines()[1:]:
        path, dtype, shape, order, digest = line.split("\t")
        files.setdefault(path, [])
        if dtype != "-":
            files[path].append(Array(dtype, shape, order, digest))
    return files


def main() -> int:
    """Compare; 0 if everything agrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picklebox", required=True)
    options = parser.parse_args()
    wrong = []
    files = read_expected()
    for path, wanted in files.items():
        found = arrays_of(options.picklebox, CORPUS / path)
        if sorted(found) != sorted(wanted):
            wrong.append(f"{path}: {sorted(found)}, not {sorted(wanted)}")
    print(*wrong, sep="\n")
    print(f"{len(files) - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong or not files else 0


if __name__ == "__main__":
    sys.exit(main())
