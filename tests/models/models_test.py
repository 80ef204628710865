"""The files that joblib, NumPy and PyTorch wrote show the arrays that these load.

expected.tsv has, for each array of a file of corpus/models, its dtype, shape and
order and the SHA-256 of its bytes; tensors.tsv, for each tensor of PyTorch, its
dtype, shape, stride, offset and the SHA-256 of its items: both as record_arrays.py
found them by loading the file with the library. Here they are looked up by the
extents of the graph.

Prints what differs, and a last line "N passed, N failed".
"""

from __future__ import annotations

import argparse
import pathlib
import sys

from extents import Array, Tensor, arrays_of, tensors_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / "corpus"
EXPECTED = pathlib.Path(__file__).with_name("expected.tsv")
TENSORS = pathlib.Path(__file__).with_name("tensors.tsv")


def read_expected(table: pathlib.Path, kind: type) -> dict[str, list]:
    """The rows of a table, by path."""
    files: dict[str, list] = {}
    for line in table.read_text(encoding="utf-8").splitlines()[1:]:
        path, *row = line.split("\t")
        files.setdefault(path, [])
        if row[0] != "-":
            files[path].append(kind(*row))
    return files


def main() -> int:
    """Compare; 0 if everything agrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picklebox", required=True)
    options = parser.parse_args()
    wrong, count = [], 0
    for table, kind, find in ((EXPECTED, Array, arrays_of), (TENSORS, Tensor, tensors_of)):
        files = read_expected(table, kind)
        count += len(files)
        for path, wanted in files.items():
            found = find(options.picklebox, CORPUS / path)
            if sorted(found) != sorted(wanted):
                wrong.append(f"{path}: {sorted(found)}, not {sorted(wanted)}")
    print(*wrong, sep="\n")
    print(f"{count - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main())
