"""Every malicious file of the corpus, through every way to load one: nothing runs.

Payloads make a file called picklebox-marker in the current directory. It may not appear,
and each way has to raise, but for those that are told to read more: ambiguous streams,
persistent ids. First a stock unpickler shows that there are payloads that work.

Prints what is wrong, which ways were left out, and "N loads, N wrong".
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import picklebox

MARKER = pathlib.Path("picklebox-marker")
# Ways that may load a file that calls nothing.
LENIENT = ("loads(strict=False)", "Unpickler with find_class")
WORKING = ("argument-is-the-result", "as-dict-value", "inside-list", "inst-popen")
CONTROL = "import pickle, sys; pickle.loads(open(sys.argv[1], 'rb').read())"


def unpickle_all(path: pathlib.Path) -> None:
    """Load one pickle after the other, as one does from a file with many."""
    with path.open("rb") as file:
        unpickler = picklebox.Unpickler(file)
        while True:
            unpickler.load()


class Overriding(picklebox.Unpickler):
    """One that looks up classes itself, as the documentation of pickle suggests."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        return getattr(importlib.import_module(module_name), global_name)

    def persistent_load(self, pid: Any) -> Any:
        return pid


def ways() -> dict[str, Callable[[pathlib.Path], Any]]:
    """Return every way to load a file, by name."""
    found: dict[str, Callable[[pathlib.Path], Any]] = {
        "load(path)": picklebox.load,
        "load(file)": lambda path: picklebox.load(io.BytesIO(path.read_bytes())),
        "loads": lambda path: picklebox.loads(path.read_bytes()),
        "loads(strict=False)": lambda path: picklebox.loads(path.read_bytes(), strict=False),
        "Unpickler": unpickle_all,
        "Unpickler with find_class": lambda path: Overriding(io.BytesIO(path.read_bytes())).load(),
    }
    for name in ("numpy", "joblib", "torch"):
        try:
            module = importlib.import_module(f"picklebox.{name}")
            importlib.import_module(name)
        except ImportError as error:
            print(f"LEFT OUT: picklebox.{name}: {error}")
            continue
        found[f"{name}.load(path)"] = module.load
        found[f"{name}.load(bytes)"] = lambda path, load=module.load: load(path.read_bytes())
    return found


def run_control(files: list[pathlib.Path]) -> int:
    """Return how many files make a marker when pickle loads them."""
    worked = 0
    for path in files:
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                [sys.executable, "-c", CONTROL, str(path)], check=False, capture_output=True, timeout=20
            )
        worked += MARKER.exists()
        MARKER.unlink(missing_ok=True)
    return worked


def main() -> int:
    """Load all; 0 if nothing ran and nothing was loaded."""
    corpus = pathlib.Path(__file__).resolve().parents[2] / "corpus"
    files = sorted(p for p in (corpus / "malicious").rglob("*") if p.is_file() and p.suffix != ".tsv")
    listed = ways()
    loads, wrong = 0, []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        worked = run_control([corpus / "malicious" / "calls" / f"{name}.pkl" for name in WORKING])
        for path in files:
            for name, load in listed.items():
                loads += 1
                try:
                    load(path)
                except (pickle.UnpicklingError, EOFError):
                    pass
                except BaseException as error:
                    wrong.append(f"{path.name} by {name}: {type(error).__name__}: {error}")
                else:
                    if name in LENIENT and not MARKER.exists():
                        continue
                    wrong.append(f"{path.name} by {name}: was loaded")
                if MARKER.exists():
                    wrong.append(f"{path.name} by {name}: RAN")
                    MARKER.unlink()
        os.chdir("/")
    if worked != len(WORKING):
        wrong.append(f"{worked} of {len(WORKING)} files make a marker when pickle loads them")
    print(*wrong, sep="\n")
    print(f"{len(files)} files, {loads} loads, {len(wrong)} wrong")
    return 1 if wrong or len(files) < 300 else 0


if __name__ == "__main__":
    sys.exit(main())
