"""Runs recipes, each step in a child process of its own.

Started by break_models.py, in any Python from 3.7 on:

    PYTHON driver.py PROTOCOL [FOLDER] < recipes.json > endings.json

What is imported is imported once; a child that crashes takes nothing along. With FOLDER,
what was pickled is left there as NAME-good.pkl and NAME-false.pkl (or .pt), and not used.
"""

import contextlib
import gc
import importlib
import json
import os
import pickle
import resource
import signal
import sys
import tempfile
import warnings

import numpy as np

LIBRARIES = (
    "scipy.sparse", "scipy.spatial", "scipy.interpolate", "sklearn.tree", "sklearn.neighbors",
    "sklearn.ensemble", "sklearn.svm", "pandas", "torch",
)
SECONDS = 5  # of a processor
SIZES = {"LARGE": 10**7}


class Call:
    """Pickled as a call of `function`, whose result has its state set."""

    def __init__(self, function, args, state=None):
        self.reduced = (function, args) if state is None else (function, args, state)

    def __reduce__(self):
        return self.reduced


def New(cls, **state):
    """Make an object that has these attributes, whatever its class would say. Named like a class."""
    made = cls.__new__(cls)
    made.__dict__.update(state)
    return made


def change(array, place, value):
    """Return a copy of an array with other values in some places."""
    array = np.array(array)
    array[place] = value
    return array


def in_child(work):
    """Run `work` in a child; say how it ended: `runs`, a signal, or the last line of an error."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        end = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 10))
            work()
            end = 0
        except BaseException as error:  # the child ends here, whatever it is
            text = f"{type(error).__name__}: {error}".splitlines()[0]
            os.write(write, text[:60].replace("|", "/").encode())
        finally:
            os._exit(end)
    os.close(write)
    with os.fdopen(read) as error:
        said = error.read()
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return "never ends" if number == signal.SIGXCPU else signal.Signals(number).name
    return "runs" if os.WEXITSTATUS(status) == 0 else said


def names():
    """Return what programs of recipes find."""
    return {"np": np, "pickle": pickle, "gc": gc, "Call": Call, "New": New, "change": change,
            **SIZES}


def make(recipe, protocol, paths):
    """Pickle the two objects of a recipe."""
    found = names()
    exec(recipe["make"], found)  # our own text
    for which, path in paths.items():
        if "torch" in recipe:
            sys.modules["torch"].save(found[which], path)
            continue
        with open(path, "wb") as file:
            pickle.dump(found[which], file, protocol)


def use(recipe, path):
    """Load one of them and use it."""
    found = names()
    exec(recipe["use"], found)
    if "torch" in recipe:
        value = sys.modules["torch"].load(path)
    else:
        with open(path, "rb") as file:
            value = pickle.load(file)
    found["use"](value)
    del value
    gc.collect()


def run(recipe, protocol, folder, keep):
    """Return how the false one of a recipe ended, or why that was not tried."""
    stem = os.path.join(folder, recipe["file"])
    suffix = "pt" if "torch" in recipe else "pkl"
    paths = {which: f"{stem}-{which}.{suffix}" for which in ("good", "false")}
    made = in_child(lambda: make(recipe, protocol, paths))
    if made.startswith(("ModuleNotFoundError", "KeyError: 'torch'")):
        return ""  # of a library that is not here
    if made != "runs":
        return f"(cannot be made: {made})"
    if keep:
        return "made"
    good = in_child(lambda: use(recipe, paths["good"]))
    return in_child(lambda: use(recipe, paths["false"])) if good == "runs" else f"(the good one: {good})"


def main(protocol, keep=None):
    """Run the recipes of the standard input."""
    if keep:
        SIZES["LARGE"] = 10**3
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(100000)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)  # a child has no others
        # torch.load looks at sparse tensors when all is done; who makes what is in a file by
        # its own means, as picklebox does, gets what the calls return.
        sys.modules["torch._utils"]._validate_loaded_sparse_tensors = lambda *_, **__: None
    with tempfile.TemporaryDirectory() as folder:
        endings = [run(recipe, int(protocol), keep or folder, keep) for recipe in json.load(sys.stdin)]
    json.dump(endings, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
