"""Writes the pickles that are measured.

Usage: streams.py FOLDER SIZE...

For each shape and SIZE (bytes) one file FOLDER/SHAPE-SIZE.pkl of about that
many bytes, by CPython's pickler in its default protocol. The same bytes come out
each time. The forest needs scikit-learn and is left out without it. Prints the
paths.
"""

from __future__ import annotations

import pathlib
import pickle
import random
import string
import sys
from collections.abc import Callable

import records


def word(dice: random.Random) -> str:
    """Return a lower-case word of 3 to 12 letters."""
    return "".join(dice.choices(string.ascii_lowercase, k=dice.randint(3, 12)))


def a_record(dice: random.Random) -> dict:
    """Return a row of a table: its keys are shared with the other rows."""
    return {
        "id": dice.randrange(10**6),
        "name": word(dice),
        "score": dice.random(),
        "active": dice.random() < 0.5,
        "group": dice.randrange(200),
    }


def a_tuple(dice: random.Random) -> tuple:
    """Return a coordinate with a label."""
    return (dice.randrange(256), dice.random(), word(dice))


def a_node(dice: random.Random) -> records.Node:
    """Return an object that holds two others."""
    leaves = [records.Node(word(dice), dice.random(), []) for _ in range(2)]
    return records.Node(word(dice), dice.random(), leaves)


# Opcode-dense: next to nothing but opcodes, small arguments and the memo.
DENSE: dict[str, Callable[[random.Random], object]] = {
    "records": a_record,
    "tuples": a_tuple,
    "ints": lambda dice: dice.randrange(2 ** dice.choice((7, 15, 31))),
    "objects": a_node,
    "strings": word,
}


def dense(make: Callable[[random.Random], object], size: int) -> bytes:
    """Return the pickle of a list of `make`'s values, of about `size` bytes."""
    sample = 64 if size < 100_000 else 2000
    count = sample
    for _ in range(2):  # the second time, from a sample of the right size
        dice = random.Random(20)
        data = pickle.dumps([make(dice) for _ in range(count)])
        count = max(1, round(count * size / len(data)))
    dice = random.Random(20)
    return pickle.dumps([make(dice) for _ in range(count)])


def forest(size: int) -> bytes | None:
    """Return the pickle of a random forest of about `size` bytes, if there can be one."""
    try:
        import numpy as np
        from sklearn.ensemble import RandomForestClassifier
    except ImportError:
        return None
    dice = np.random.default_rng(20)
    features = dice.normal(size=(4000, 10))
    labels = dice.integers(0, 3, size=4000)
    data = b""
    trees = 2
    for _ in range(2):
        model = RandomForestClassifier(n_estimators=trees, random_state=20, n_jobs=1)
        data = pickle.dumps(model.fit(features, labels))
        trees = max(1, round(trees * size / len(data)))
    return data


def main() -> None:
    """Write what is not there yet."""
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for size in map(int, sys.argv[2:]):
        for shape in (*DENSE, "forest"):
            if shape == "forest" and size < 1_000_000:
                continue
            path = folder / f"{shape}-{size}.pkl"
            if not path.exists():
                data = forest(size) if shape == "forest" else dense(DENSE[shape], size)
                if data is None:
                    continue
                path.write_bytes(data)
            print(path)


if __name__ == "__main__":
    main()
