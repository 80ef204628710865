"""The examples in the docstrings of the package and in docs/python.md say what happens."""

from __future__ import annotations

import doctest
import importlib
import pathlib
import pkgutil
import sys

import picklebox


def main() -> int:
    """Run all examples; 0 if there are some and all are right."""
    failed = attempted = 0
    for module in pkgutil.iter_modules(picklebox.__path__, "picklebox."):
        if module.name.endswith(("._core", ".__main__")):
            continue
        try:
            loaded = importlib.import_module(module.name)
        except ImportError as error:  # a loader, whose library is not there
            print(f"LEFT OUT: {module.name}: {error}")
            continue
        results = doctest.testmod(loaded)
        failed += results.failed
        attempted += results.attempted
    page = pathlib.Path(__file__).resolve().parents[2] / "docs" / "python.md"
    results = doctest.testfile(str(page), module_relative=False)
    failed += results.failed
    attempted += results.attempted
    print(f"{attempted} examples, {failed} failed")
    return 1 if failed or attempted < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
