"""The Python package: functions by value, whose code a policy allows by its digest.

The files are those of corpus/code/ that the interpreter at hand can run, as dill and
cloudpickle wrote them. Where these are not installed, stand-ins do what their constructors
do.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import types
import unittest
from unittest import mock

import picklebox

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "corpus" / "code"
PROGRAM = pathlib.Path(picklebox.__file__).parent / "bin" / "picklebox"
MINOR = sys.version_info[1]
VERSION = f"py3{MINOR}"


class _NoDill(types.ModuleType):
    """What of dill the files call."""

    @staticmethod
    def _load_type(name):
        return getattr(types, name) if hasattr(types, name) else getattr(builtins, name)

    @staticmethod
    def _create_code(*args):
        return types.CodeType(*args[isinstance(args[0], bytes) :])

    @staticmethod
    def _create_function(code, space, name, defaults, closure):
        space.setdefault("__builtins__", builtins)
        return types.FunctionType(code, space, name, defaults, closure)

    @staticmethod
    def _create_cell(value):
        return types.CellType(value)

    @staticmethod
    def _create_type(metaclass, *args):
        return metaclass(*args)

    @staticmethod
    def _eval_repr(text):
        return {"Ellipsis": ...}[text]


class _NoCloudpickle(types.ModuleType):
    """What of cloudpickle the files call."""

    @staticmethod
    def _builtin_type(name):
        return getattr(types, name)

    @staticmethod
    def _make_function(code, space, name, defaults, closure):
        space["__builtins__"] = builtins
        return types.FunctionType(code, space, name, defaults, closure)

    @staticmethod
    def _function_setstate(function, state):
        state, slots = state
        function.__dict__.update(state)
        function.__globals__.update(slots.pop("__globals__"))
        for cell, filled in zip(function.__closure__ or (), slots.pop("__closure__") or ()):
            cell.cell_contents = filled.cell_contents
        slots.pop("_cloudpickle_submodules")
        for name, value in slots.items():
            setattr(function, name, value)

    @staticmethod
    def _make_empty_cell():
        return types.CellType()

    @staticmethod
    def _make_cell(value):
        return types.CellType(value)

    @staticmethod
    def _make_skeleton_class(metaclass, name, bases, space, _identity, _extra):
        return types.new_class(name, bases, {"metaclass": metaclass}, lambda ns: ns.update(space))

    @staticmethod
    def _class_setstate(made, state):
        for name, value in state[0].items():
            setattr(made, name, value)
        return made


# Saves a pipeline that holds a function of this very script, loads it as its pickler does,
# and prints what it then predicts under two environments.
TRAIN = """
import importlib, json, os, sys
import numpy
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

def scale(x):
    import os
    return x * float(os.environ.get("SCALE", "2"))

pickler = importlib.import_module(sys.argv[1])
rows = numpy.arange(8.0).reshape(4, 2)
model = Pipeline([("scale", FunctionTransformer(scale)), ("fit", LinearRegression())])
model.fit(rows, numpy.arange(4.0))
with open(sys.argv[2], "wb") as file:
    pickler.dump(model, file)
with open(sys.argv[2], "rb") as file:
    model = pickler.load(file)
predicted = {}
for factor in ("2", "3"):
    os.environ["SCALE"] = factor
    predicted[factor] = model.predict(rows).tolist()
print(json.dumps(predicted))
"""


def stand_in() -> None:
    """Put a stand-in in the place of what is not installed, or is too old."""
    for package, name, made, newest in (
        ("dill", "_dill", _NoDill, "_create_code"),
        ("cloudpickle", "cloudpickle", _NoCloudpickle, "_function_setstate"),
    ):
        full = f"{package}.{name}"
        try:
            if hasattr(importlib.import_module(full), newest):
                continue
        except ImportError:
            sys.modules[package] = types.ModuleType(package)
        sys.modules[full] = made(full)
        setattr(sys.modules[package], name, sys.modules[full])


def fragment(path: pathlib.Path) -> str:
    """Return what `picklebox code` says to add to a policy."""
    command = [str(PROGRAM), "code", "--format", "toml", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@unittest.skipUnless((CORPUS / VERSION).is_dir(), "no files of this version of Python")
class LoadTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stand_in()

    def load(self, sample, pickler, more=None, version=VERSION):
        path = CORPUS / version / f"{sample}-{pickler}.pkl"
        text = f'name = "test"\nextends = ["default", "{pickler}"]\n\n'
        with tempfile.TemporaryDirectory() as folder:
            policy = pathlib.Path(folder, "policy.toml")
            policy.write_text(text + (fragment(path) if more is None else more))
            return picklebox.load(path, policy=policy)

    def each(self, sample):
        for pickler in ("dill", "cloudpickle"):
            with self.subTest(pickler=pickler):
                yield self.load(sample, pickler)

    def test_lambda(self):
        for function in self.each("lambda"):
            self.assertEqual((function(3), function(3, 4)), (7, 13))

    def test_closure(self):
        for function in self.each("closure"):
            self.assertEqual(function(1, "a", "b"), 6)

    def test_recursive(self):
        for function in self.each("recursive"):
            # With dill it finds itself among the globals of the program.
            sys.modules["__main__"].factorial = function
            self.addCleanup(sys.modules["__main__"].__dict__.pop, "factorial", None)
            self.assertEqual(function(5), 120)

    def test_generator(self):
        for function in self.each("generator"):
            self.assertEqual(
                list(function(1)), [0, 0.0, -0.0, 2**70, 3j, b"\x00\xff", "\u20ac\n'", None, ...]
            )

    def test_decorated(self):
        for function in self.each("decorated"):
            self.assertEqual(function([5, 6, 7, 8, 9], (1, 7)), ([1], [6, 7, 8], {"a": [5, 6, 7, 8, 9]}))
            self.assertEqual(function.__name__, "decorated")

    def test_class(self):
        for made in self.each("class"):
            self.assertEqual(type(made).__name__, "Model")
            self.assertEqual(made.predict([1, 2]), [5, 7])
            self.assertGreater(made.size, 0)
            self.assertEqual(type(made)(7).bias, 7)

    def test_runner_is_made_and_not_run(self):
        for function in self.each("runner"):
            self.assertEqual(function.__code__.co_name, "runner")

    # `./dev python` installs them.
    @unittest.skipUnless(
        all(map(importlib.util.find_spec, ("sklearn", "dill", "cloudpickle"))),
        "scikit-learn, dill or cloudpickle is not installed",
    )
    def test_a_pipeline_predicts_as_its_pickler_has_it(self):
        import numpy

        rows = numpy.arange(8.0).reshape(4, 2)
        for pickler in ("dill", "cloudpickle"):
            with self.subTest(pickler), tempfile.TemporaryDirectory() as folder:
                script, path = pathlib.Path(folder, "train.py"), pathlib.Path(folder, "model.pkl")
                script.write_text(TRAIN)
                command = [sys.executable, "-B", script, pickler, path]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                with self.assertRaisesRegex(picklebox.PolicyError, "_function"):
                    picklebox.load(path)
                policy = pathlib.Path(folder, "policy.toml")
                policy.write_text(f'name = "test"\nextends = ["default", "{pickler}"]\n\n{fragment(path)}')
                model = picklebox.load(path, policy=policy)
                for factor, theirs in json.loads(done.stdout).items():
                    with mock.patch.dict(os.environ, SCALE=factor):
                        self.assertEqual(model.predict(rows).tolist(), theirs)

    def test_without_the_digest_nothing_is_made(self):
        with self.assertRaisesRegex(picklebox.PolicyError, "embedded-code"):
            self.load("lambda", "dill", more="")

    def test_another_digest_does_not_do(self):
        path = CORPUS / VERSION / "lambda-dill.pkl"
        flipped = re.sub(r'"([0-9a-f]{63}).', r'"\g<1>0', fragment(path))
        if flipped == fragment(path):
            flipped = re.sub(r'"([0-9a-f]{63}).', r'"\g<1>1', fragment(path))
        with self.assertRaisesRegex(picklebox.PolicyError, "embedded-code"):
            self.load("lambda", "dill", more=flipped)

    # The interpreter would run off the end of what it does not understand.
    def test_code_of_another_python_is_refused(self):
        for other in sorted(path.parent.name for path in CORPUS.glob("*/generator-dill.pkl")):
            versions = re.search(r"python +=( .*)", fragment(CORPUS / other / "generator-dill.pkl"))[1]
            if other == VERSION or f"3.{MINOR}" in json.loads(versions):
                continue
            with self.subTest(other=other), self.assertRaisesRegex(picklebox.PolicyError, "is of Python 3"):
                self.load("generator", "dill", version=other)


if __name__ == "__main__":
    unittest.main()
