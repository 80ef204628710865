"""What the writers of the matrix share. Runs under Python 3.6 and later.

A writer is a script that a library's environment runs:

    PYTHON write_NAME.py FOLDER

It makes small objects of that library and saves them the library's way. What a
release lacks or cannot pickle is noted in FOLDER/skipped.tsv and is no error;
FOLDER/origin.tsv says which versions wrote the files.
"""

import importlib
import os
import pickle
import platform
import sys
import traceback
import warnings

PROTOCOLS = tuple(p for p in (0, 2, 4, 5) if p <= pickle.HIGHEST_PROTOCOL)


class Writer:
    """The folder that one writer fills.

    Parameters
    ----------
    module : str
        The library, as it is imported.
    title : str
        The library, as it is called in tables.
    """

    def __init__(self, module, title, folder=None):
        warnings.simplefilter("ignore")
        self.folder = folder or sys.argv[1]
        os.makedirs(self.folder, exist_ok=True)
        self.skipped = []
        self.written = 0
        self.title = title
        version = importlib.import_module(module).__version__
        try:
            numpy = importlib.import_module("numpy").__version__
        except ImportError:
            numpy = "-"
        with open(os.path.join(self.folder, "origin.tsv"), "w") as out:
            out.write("\t".join([title, str(version), numpy, platform.python_version()]) + "\n")

    def path(self, name):
        return os.path.join(self.folder, name)

    def put(self, name, thing, protocols=PROTOCOLS):
        """Pickle `thing`, or what it returns if it is a function, once a protocol."""
        try:
            value = thing() if type(thing).__name__ == "function" else thing
        except Exception as error:
            self.skip(name, error)
            return
        for protocol in protocols:
            try:
                data = pickle.dumps(value, protocol)
            except Exception as error:
                self.skip(f"{name}-p{protocol}", error)
                continue
            self.bytes(f"{name}-p{protocol}.pkl", data)

    def save(self, name, function):
        """Let `function(path)` write a file."""
        try:
            function(self.path(name))
            self.written += 1
        except Exception as error:
            self.skip(name, error)
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))

    def bytes(self, name, data):
        with open(self.path(name), "wb") as out:
            out.write(data)
        self.written += 1

    def skip(self, name, error):
        line = "{}: {}".format(type(error).__name__, str(error).split("\n")[0][:200])
        if os.environ.get("MATRIX_TRACEBACK"):
            traceback.print_exc()
        self.skipped.append(f"{name}\t{line}\n")

    def close(self):
        with open(self.path("skipped.tsv"), "w") as out:
            out.writelines(self.skipped)
        print(f"{self.title}: {self.written} files, {len(self.skipped)} skipped")
        sys.stdout.flush()
        # Some libraries have threads that would outlive us.
        os._exit(0 if self.written else 1)
