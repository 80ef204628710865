#!/usr/bin/env python3
"""Loading into Python: picklebox.load beside pickle, joblib, numpy.load and torch.load.

    bench/loads.py --package build/release/python [--torch] [--size MB] [--only WORD]

Run by an interpreter that has the libraries and for which the package in that folder
was built; what is missing is left out. Files are written to a temporary folder and are
in the page cache. Loaders take turns, each time in a process of its own, and each process
loads a file some times over. Prints a table: the best time of all, and the largest resident
memory that a first load adds.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import os
import pathlib
import pickle
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
TURNS = 3
SECONDS = 1.0  # of loads in a process, at least
MODULE = {"joblib": "joblib", "numpy": "numpy", "torch": "torch"}

#: file -> loaders, the library's own first. "gc off" is a variant of pickle.
CASES = {
    "records": ("pickle", "pickle, gc off", "picklebox"),
    "tuples": ("pickle", "pickle, gc off", "picklebox"),
    "ints": ("pickle", "pickle, gc off", "picklebox"),
    "objects": ("pickle", "pickle, gc off", "picklebox"),
    "strings": ("pickle", "pickle, gc off", "picklebox"),
    "small": ("pickle", "picklebox"),
    "forest.joblib": ("joblib", "picklebox.joblib"),
    "forest.joblib.gz": ("joblib", "picklebox.joblib"),
    "arrays.joblib": ("joblib", "picklebox.joblib", "joblib, mmap", "picklebox.joblib, mmap"),
    "array.npy": ("numpy", "picklebox.numpy", "numpy, mmap", "picklebox.numpy, mmap"),
    "state.pt": (
        "torch, weights_only",
        "torch",
        "picklebox.torch",
        "torch, mmap",
        "picklebox.torch, mmap",
    ),
    "many.pt": ("torch, weights_only", "torch", "picklebox.torch"),
}


def write(name: str, path: pathlib.Path, size: int) -> None:
    """Write one file of about `size` bytes."""
    if name == "small":
        path.write_bytes(pickle.dumps({"name": "ranking", "weights": [0.5] * 20, "classes": ["a", "b"]}))
    elif "." not in name:
        import streams

        path.write_bytes(streams.dense(streams.DENSE[name], min(size, 20 << 20)))
    elif name.startswith("forest"):
        import joblib
        import numpy as np
        from sklearn.ensemble import RandomForestClassifier

        draw = np.random.RandomState(0)
        x = draw.normal(size=(20_000, 10))
        model = RandomForestClassifier(100, random_state=0).fit(x, x[:, 0] + draw.normal(size=20_000) > 0)
        joblib.dump(model, path, compress=3 if name.endswith("gz") else 0)
    elif name == "arrays.joblib":
        import joblib
        import numpy as np

        joblib.dump({f"layer{i}": np.random.rand(size // 8 // 100) for i in range(100)}, path)
    elif name == "array.npy":
        import numpy as np

        np.save(path, np.random.rand(size // 8))
    else:
        import torch

        count = 100 if name == "state.pt" else 20_000
        items = size // 4 // count if name == "state.pt" else 64
        torch.save({f"layer{i}.weight": torch.randn(items) for i in range(count)}, path)


def loader(name: str) -> Callable[[str], Any]:
    """Return the function that a row is about."""
    library, _, variant = name.partition(", ")
    ours, _, library = library.rpartition(".") if "." in library else ("", "", library)
    if library == "pickle":
        return lambda path: pickle.loads(pathlib.Path(path).read_bytes())
    if library == "picklebox":
        import picklebox

        policy = picklebox.Policy(str(HERE / "policy.toml"))
        return lambda path: picklebox.load(path, policy=policy)
    module = importlib.import_module(f"picklebox.{library}" if ours else library)
    options: dict[str, Any] = {}
    if variant == "mmap":
        options = {"mmap": True} if library == "torch" else {"mmap_mode": "r"}
    if library == "torch" and not ours:
        options["weights_only"] = variant == "weights_only"
    return lambda path: module.load(path, **options)


def resident(field: str) -> int:
    """Return a number of /proc/self/status, in kB."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    return 0


def measure(name: str, path: str, first: str) -> None:
    """In a process of its own: load, and print what it cost."""
    sys.path.insert(0, str(HERE))
    load = loader(name)
    if name.endswith("gc off"):
        gc.disable()
    load(first)  # imports, and a worker that is ready
    gc.collect()
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    before = resident("VmRSS")
    loaded = load(path)
    memory = resident("VmHWM") - before
    del loaded
    best, spent = float("inf"), 0.0
    while spent < SECONDS:
        started = time.perf_counter()
        loaded = load(path)
        took = time.perf_counter() - started
        del loaded
        best, spent = min(best, took), spent + max(took, 1e-6)
    print(json.dumps([best, memory]))


def missing(loaders: tuple[str, ...], name: str) -> str:
    """Return the library without which a case cannot be measured."""
    wanted = {word for label in loaders for word in label.replace(",", "").split(".") if word in MODULE}
    wanted |= {label.partition(",")[0] for label in loaders} & set(MODULE)
    if name.startswith("forest"):
        wanted.add("sklearn")
    return next((library for library in sorted(wanted) if importlib.util.find_spec(library) is None), "")


def main() -> int:
    """Write the files, let the loaders take turns, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--package", type=pathlib.Path, help="the folder with picklebox in it")
    parser.add_argument("--size", type=int, default=400, metavar="MB", help="of the large files (400)")
    parser.add_argument("--only", default="", metavar="WORD", help="files whose names hold it")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        measure(*options.one)
        return 0
    sys.path.insert(0, str(HERE))
    random.seed(0)
    environment = dict(os.environ)
    if options.package:
        environment["PYTHONPATH"] = str(options.package.resolve())
    print(f"{'file':18}{'MB':>7}  {'loader':26}{'ms':>10}{'ratio':>8}{'memory MB':>11}")
    with tempfile.TemporaryDirectory() as folder:
        for name, loaders in CASES.items():
            if options.only not in name:
                continue
            if library := missing(loaders, name):
                print(f"{name:18} left out: there is no {library}")
                continue
            path, first = pathlib.Path(folder) / name, pathlib.Path(folder) / f"first-{name}"
            write(name, path, options.size << 20)
            write(name, first, 1 << 20)
            best: dict[str, list[float]] = {}
            for _ in range(TURNS):
                for label in loaders:
                    done = subprocess.run(
                        [sys.executable, __file__, "--one", label, str(path), str(first)],
                        check=True,
                        capture_output=True,
                        text=True,
                        env=environment,
                    )
                    seconds, memory = json.loads(done.stdout)
                    known = best.setdefault(label, [seconds, memory])
                    best[label] = [min(known[0], seconds), min(known[1], memory)]
            size = path.stat().st_size / 1e6
            base = best[loaders[0]][0]
            for label, (seconds, memory) in best.items():
                row = f"{seconds * 1e3:10.2f}{seconds / base:8.2f}{memory / 1024:11.1f}"
                print(f"{name:18}{size:7.1f}  {label:26}{row}", flush=True)
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
