"""Holds what picklebox loads from files against what their own library loads.

    compare_loads.py [--quiet] FILE_OR_FOLDER...

Runs in an environment with the libraries that wrote the files. Objects have to be the
same, estimators predict the same, bit for bit. What the policy denies is counted apart.
Where two loads by the library differ, as of memory that it does not initialize, nothing
can be said. Prints what differs, and one line of numbers.
"""

from __future__ import annotations

import argparse
import collections
import inspect
import pathlib
import pickle
import sys
import warnings
from typing import Any

import picklebox
from sameness import Difference, require_same

NOT_SAMPLES = {".tsv", ".list", ".yaml", ".json"}
#: Where the library does not give back what was saved.
LEFT_OUT = {"matrix.joblib": "joblib makes plain arrays of subclasses, with NumPy 2"}
METHODS = (
    "predict",
    "predict_proba",
    "decision_function",
    "transform",
    "score_samples",
    "inverse_transform",
)


def torch_load(file: Any, map_location: Any = None) -> Any:
    """Load all that is in a file by PyTorch, any release of it."""
    import torch

    news = {"weights_only": False} if "weights_only" in inspect.signature(torch.load).parameters else {}
    return torch.load(file, map_location, **news)


def loaders(path: pathlib.Path) -> tuple[Any, list[Any]]:
    """Return the library's own loader of a file, and ours."""
    name = path.name
    if name.endswith((".joblib", ".gz", ".bz2", ".xz", ".zlib", ".lzma")):
        import joblib
        from picklebox import joblib as of_picklebox

        return joblib.load, [of_picklebox.load]
    if name.endswith(".pt"):
        from picklebox import torch as of_picklebox

        return torch_load, [of_picklebox.load, lambda file: of_picklebox.load(file, mmap=True)]
    if name.endswith((".npy", ".npz")):
        import numpy
        from picklebox import numpy as of_picklebox

        def unpacked(loaded: Any) -> Any:
            return {name: loaded[name] for name in loaded.files} if hasattr(loaded, "files") else loaded

        return (
            lambda file: unpacked(numpy.load(file, allow_pickle=True)),
            [lambda file: unpacked(of_picklebox.load(file))],
        )
    return (lambda file: pickle.loads(pathlib.Path(file).read_bytes())), [picklebox.load]


def answer(model: Any, method: str) -> Any:
    """Return what a model makes of some numbers, or the type of what it raises."""
    import numpy as np

    count = getattr(model, "n_features_in_", None)
    if method == "inverse_transform":
        count = 2
    data = np.random.RandomState(0).normal(size=(7, count if isinstance(count, int) else 4))
    np.random.seed(0)  # of those that draw where they predict
    try:
        return getattr(model, method)(data)
    except Exception as error:
        return type(error)


def require_same_answers(a: Any, b: Any) -> None:
    """Raise `Difference` if two models do not answer alike."""
    for method in METHODS:
        if callable(getattr(type(a), method, None)):
            try:
                require_same(answer(a, method), answer(b, method))
            except Difference as error:
                raise Difference(f".{method}(): {error}") from None


def compare(path: pathlib.Path) -> tuple[str, str]:
    """Return what came of one file, and why."""
    if path.name in LEFT_OUT:
        return "left out", LEFT_OUT[path.name]
    stock, ours = loaders(path)
    try:
        want = stock(str(path))
    except Exception as error:
        return "not loaded by its library", f"{type(error).__name__}: {error!s:.100}"
    for load in ours:
        try:
            got = load(str(path))
        except picklebox.PolicyError as error:
            named = ", ".join(g.safe_name for g in error.denied)
            return "denied", named or str(error)[:200]
        except Exception as error:
            return "failed", f"{type(error).__name__}: {error!s:.300}"
        try:
            require_same(want, got)
            require_same_answers(want, got)
        except Difference as error:
            try:
                require_same(stock(str(path)), stock(str(path)))
            except Difference:
                return "never the same", str(error)
            return "different", str(error)
        want = stock(str(path))  # to predict may change it
    return "same", ""


def main() -> int:
    """Compare all; 1 if anything differs or fails."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quiet", action="store_true", help="only what differs, and the numbers")
    parser.add_argument("paths", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    files: list[pathlib.Path] = []
    for path in options.paths:
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        files += [p for p in inside if p.suffix not in NOT_SAMPLES and not p.name.startswith(".")]
    counts: collections.Counter[str] = collections.Counter()
    for path in files:
        what, why = compare(path)
        counts[what] += 1
        if what in ("failed", "different") or not (options.quiet or what == "same"):
            print(f"{path}: {what}: {why}")
    print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    return 1 if counts["failed"] or counts["different"] or not counts["same"] else 0


if __name__ == "__main__":
    sys.exit(main())
