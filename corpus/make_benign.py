#!/usr/bin/env python3
"""Writes corpus/benign/: small files, each by a real library, and their MANIFEST rows.

    corpus/make_benign.py stdlib                      by the interpreter that runs this
    corpus/make_benign.py numpy                       in an environment with NumPy
    corpus/make_benign.py sklearn                     in an environment with scikit-learn
    corpus/make_benign.py sklearn --readme            the README's sklearn-pipeline.pkl only
    corpus/make_benign.py python2 --python2 PYTHON    by a Python 2.7, run as a child

README.md lists the environments that the committed files come from. Output is
a function of the versions: seeds and the hash seed are fixed, timings are blanked.
"""

import argparse
import os
import pathlib
import platform
import subprocess
import sys

import manifest

ROOT = pathlib.Path(__file__).resolve().parent
BENIGN = ROOT / "benign"


class Shelf:
    """A folder of benign/ that one family fills, and the rows for it."""

    def __init__(self, folder, origin, profile):
        self.folder = folder
        self.origin = origin
        self.profile = profile
        self.rows = []

    def put(self, name, data, comment):
        """Write one file."""
        relative = f"benign/{self.folder}{name}.pkl"
        path = ROOT / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.note(relative, comment)

    def note(self, relative, comment):
        self.rows.append(
            manifest.Row(relative, "benign", self.origin, "clean", self.profile, "-", "-", comment)
        )

    def close(self):
        """Replace the rows of this folder's files in MANIFEST."""
        names = {row.path for row in self.rows}
        prefix = f"benign/{self.folder}"

        def owned(path):
            return path in names or (self.folder and path.startswith(prefix))

        manifest.replace(owned, self.rows)


def interpreter():
    return f"CPython {platform.python_version()}"


def make_stdlib(args):
    import benign_stdlib

    version = f"py{sys.version_info[0]}{sys.version_info[1]}"
    shelf = Shelf(f"stdlib/{version}/", interpreter(), "core")
    protocols = range(6) if args.every_protocol else (2, 4)
    for name, data, comment in benign_stdlib.files(protocols):
        shelf.put(name, data, comment)
    shelf.close()


def make_numpy(args):
    import numpy

    import benign_numpy

    version = ".".join(numpy.__version__.split(".")[:2])
    shelf = Shelf(f"numpy/{version}/", f"NumPy {numpy.__version__} on {interpreter()}", "numpy")
    for name, data, comment in benign_numpy.files():
        shelf.put(name, data, comment)
    shelf.close()


def make_sklearn(args):
    import numpy
    import sklearn

    import benign_sklearn

    origin = f"scikit-learn {sklearn.__version__} with NumPy {numpy.__version__} on {interpreter()}"
    if args.readme:
        shelf = Shelf("", origin, "sklearn")
        shelf.put("sklearn-pipeline", benign_sklearn.readme_pipeline(), "the README's example")
    else:
        version = ".".join(sklearn.__version__.split(".")[:2])
        shelf = Shelf(f"sklearn/{version}/", origin, "sklearn")
        for name, data, comment in benign_sklearn.files():
            shelf.put(name, data, comment)
    shelf.close()


def make_python2(args):
    folder = BENIGN / "stdlib" / "py27"
    folder.mkdir(parents=True, exist_ok=True)
    child = [args.python2, str(ROOT / "benign_python2.py"), str(folder)]
    listing = subprocess.run(child, check=True, stdout=subprocess.PIPE, text=True).stdout
    shelf = Shelf("stdlib/py27/", "CPython 2.7", "core")
    for line in listing.splitlines():
        name, comment = line.split("\t")
        shelf.note(f"benign/stdlib/py27/{name}", comment)
    shelf.close()


FAMILIES = {
    "stdlib": make_stdlib,
    "numpy": make_numpy,
    "sklearn": make_sklearn,
    "python2": make_python2,
}


def main(argv=None):
    parser = argparse.ArgumentParser(description="Write benign corpus files.")
    parser.add_argument("family", choices=sorted(FAMILIES))
    parser.add_argument("--every-protocol", action="store_true", help="stdlib: 0 to 5, not 2 and 4")
    parser.add_argument("--readme", action="store_true", help="sklearn: the README's example only")
    parser.add_argument("--python2", default="python2.7", help="a Python 2.7 interpreter")
    args = parser.parse_args(argv)
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets of strings is in the files.
        os.execve(sys.executable, [sys.executable, *sys.argv], dict(os.environ, PYTHONHASHSEED="0"))
    FAMILIES[args.family](args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
