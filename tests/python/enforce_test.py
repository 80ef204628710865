"""`picklebox.enforce` and PICKLEBOX_ENFORCE, against every stock entry point that is there.

Each case is a process of its own, for what is enforced stays so. The payload makes a
file; without enforcement it does, or the case would show nothing.
"""

from __future__ import annotations

import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

import picklebox

PACKAGE = pathlib.Path(picklebox.__file__).resolve().parents[1]
HERE = pathlib.Path(sys.modules["picklebox"].__path__[0]).parent
SETUP = """
import collections, copyreg, io, os, pickle, sys, tempfile, warnings
warnings.simplefilter("ignore")
class Evil:
    def __reduce__(self):
        return os.mkdir, ("marker",)
good = collections.OrderedDict(a=1)
"""
# Each has load(thing): saves it as its library does and loads it by that entry point.
ENTRIES = {
    "pickle.loads": "def load(thing): return pickle.loads(pickle.dumps(thing))",
    "pickle.loads of protocol 0": "def load(thing): return pickle.loads(pickle.dumps(thing, 0))",
    "pickle.loads of protocol 2": "def load(thing): return pickle.loads(pickle.dumps(thing, 2))",
    "pickle.load": "def load(thing): return pickle.load(io.BytesIO(pickle.dumps(thing)))",
    "pickle.Unpickler": "def load(thing): return pickle.Unpickler(io.BytesIO(pickle.dumps(thing))).load()",
    "a subclass": """
        class Mine(pickle.Unpickler):
            def find_class(self, module, name):
                return super().find_class(module, name)
        def load(thing): return Mine(io.BytesIO(pickle.dumps(thing))).load()
        """,
    "_pickle.loads": "import _pickle\ndef load(thing): return _pickle.loads(pickle.dumps(thing))",
    "pickle._loads": "def load(thing): return pickle._loads(pickle.dumps(thing))",
    "pickle._Unpickler": """
        def load(thing): return pickle._Unpickler(io.BytesIO(pickle.dumps(thing))).load()
        """,
    "an extension code": """
        copyreg.add_extension(os.mkdir.__module__, "mkdir", 77)
        def load(thing): return pickle.loads(pickle.dumps(thing, 2))
        """,
    "shelve": """
        import shelve
        def load(thing):
            with shelve.open("shelf") as shelf: shelf["a"] = thing
            with shelve.open("shelf") as shelf: return shelf["a"]
        """,
    "multiprocessing": """
        import multiprocessing
        def load(thing):
            one, other = multiprocessing.Pipe()
            one.send(thing)
            return other.recv()
        """,
    "numpy.load": """
        import numpy
        def load(thing):
            numpy.save("a.npy", numpy.array([thing, None], dtype=object), allow_pickle=True)
            return numpy.load("a.npy", allow_pickle=True)[0]
        """,
    "joblib.load": "import joblib\ndef load(thing): joblib.dump(thing, 'a'); return joblib.load('a')",
    "dill.loads": "import dill\ndef load(thing): return dill.loads(dill.dumps(thing))",
    "cloudpickle.loads": """
        import cloudpickle
        def load(thing): return cloudpickle.loads(pickle.dumps(thing))
        """,
    "pandas.read_pickle": """
        import pandas
        def load(thing):
            with open("a.pkl", "wb") as out: pickle.dump(thing, out)
            return pandas.read_pickle("a.pkl")
        """,
    "torch.load": """
        import torch
        def load(thing): torch.save(thing, "a.pt"); return torch.load("a.pt", weights_only=False)
        """,
    "torch.load of a legacy file": """
        import torch
        def load(thing):
            torch.save(thing, "a.pt", _use_new_zipfile_serialization=False)
            return torch.load("a.pt", weights_only=False)
        """,
}
TRY = """
print("good", load(good) == good)
try:
    load(Evil())
    print("evil loaded")
except pickle.UnpicklingError as error:
    print("evil", type(error).__name__)
print("marker", os.path.exists("marker"))
"""


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in an empty directory."""
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [sys.executable, "-B", "-c", code],
            check=False,
            capture_output=True,
            text=True,
            cwd=folder,
            timeout=120,
            env={**os.environ, "PYTHONPATH": str(HERE), **environment},
        )


def library_of(entry: str) -> str:
    return entry.partition(".")[0].partition(" ")[0]


class EntryPoints(unittest.TestCase):
    """Every stock entry point, without enforcement, in block mode, and in audit mode."""

    def entries(self):
        for name, code in ENTRIES.items():
            library = library_of(name)
            if library in ("numpy", "joblib", "dill", "cloudpickle", "pandas", "torch"):
                if importlib.util.find_spec(library) is None:
                    print(f"LEFT OUT: {name}: there is no {library}")
                    continue
            yield name, SETUP + textwrap.dedent(code) + "\n"

    def said(self, code: str) -> list[str]:
        done = run(code)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def test_without(self):
        for name, code in self.entries():
            with self.subTest(name):
                self.assertEqual(self.said(code + TRY), ["good True", "evil loaded", "marker True"])

    def test_block(self):
        for name, code in self.entries():
            with self.subTest(name):
                said = self.said(code + "import picklebox\npicklebox.enforce()\n" + TRY)
                self.assertEqual(said, ["good True", "evil PolicyError", "marker False"])

    def test_audit(self):
        for name, code in self.entries():
            with self.subTest(name):
                said = self.said(
                    code
                    + "import picklebox\ne = picklebox.enforce(mode='audit')\n"
                    + TRY
                    + "print(e.refused)"
                )
                self.assertEqual(said[:3], ["good True", "evil loaded", "marker True"])
                self.assertIn("posix:mkdir", said[3])


class Names(unittest.TestCase):
    """What is held to the policy."""

    def judge(self, *names: str, policy: str = "None") -> list[bool]:
        streams = [f"b'c{module}\\n{name}\\n.'" for module, name in (n.split(":") for n in names)]
        done = run(
            "import pickle, picklebox\n"
            f"picklebox.enforce({policy})\n"
            f"for data in [{', '.join(streams)}]:\n"
            "    try: pickle.loads(data); print(True)\n"
            "    except picklebox.PolicyError: print(False)\n"
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line == "True" for line in done.stdout.splitlines()]

    def test_python2_names(self):
        self.assertEqual(
            self.judge(
                "__builtin__:set", "__builtin__:eval", "copy_reg:_reconstructor", "commands:getoutput"
            ),
            [True, False, True, False],
        )

    def test_what_is_allowed_under_conditions(self):
        # typing:NamedTuple may be referred to, builtins:getattr only names attributes.
        self.assertEqual(
            self.judge("typing:NamedTuple", "builtins:getattr", "collections:deque"), [False, False, True]
        )

    def test_policies_add_up(self):
        done = run(
            "import pickle, picklebox\n"
            "picklebox.enforce('core')\n"
            'rule = \'[[allow]]\\nglobal = "os:mkdir"\\nuses = ["call"]\\n\'\n'
            "picklebox.enforce(picklebox.Policy.from_toml(rule))\n"
            "for data in (b'ccollections\\ndeque\\n.', b'cos\\nmkdir\\n.'):\n"
            "    try: pickle.loads(data)\n"
            "    except picklebox.PolicyError: print('refused')\n"
        )
        self.assertEqual(done.stdout.split(), ["refused", "refused"], done.stderr)

    def test_threads(self):
        done = run(
            "import pickle, picklebox, threading\n"
            "e = picklebox.enforce()\n"
            "def work():\n"
            "    for _ in range(200):\n"
            "        pickle.loads(b'ccollections\\ndeque\\n.')\n"
            "threads = [threading.Thread(target=work) for _ in range(8)]\n"
            "[t.start() for t in threads]; [t.join() for t in threads]\n"
            "print(e.seen)\n"
        )
        self.assertEqual(done.stdout.strip(), "{'collections:deque': 1600}", done.stderr)

    def test_learned_is_a_policy(self):
        done = run(
            "import pickle, picklebox, fractions, argparse\n"
            "e = picklebox.enforce(mode='audit')\n"
            "pickle.loads(b'cargparse\\nNamespace\\n.'); pickle.loads(b'cos\\nsystem\\n.')\n"
            "p = picklebox.Policy.from_toml(e.learned())\n"
            "print(p.uses('argparse', 'Namespace') != (), p.uses('os', 'system'))\n"
        )
        self.assertEqual(done.stdout.strip(), "True ()", done.stderr)


class Startup(unittest.TestCase):
    """PICKLEBOX_ENFORCE, through the .pth file in a site directory."""

    def setUp(self):
        self.base = tempfile.TemporaryDirectory()
        self.addCleanup(self.base.cleanup)
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        site = pathlib.Path(self.base.name) / "lib" / version / "site-packages"
        site.mkdir(parents=True)
        for name in ("picklebox-enforce.pth", "picklebox_enforce.py"):
            (site / name).write_bytes((HERE / name).read_bytes())
        self.site = site

    def start(self, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return run(code, PYTHONUSERBASE=self.base.name, **environment)

    def test_unset(self):
        done = self.start("import sys; print([m for m in sys.modules if 'picklebox' in m])")
        self.assertEqual((done.returncode, done.stdout.strip(), done.stderr), (0, "[]", ""))

    def test_block(self):
        done = self.start("import pickle; pickle.loads(b'cos\\nsystem\\n.')", PICKLEBOX_ENFORCE="default")
        self.assertEqual(done.returncode, 1)
        self.assertIn("picklebox.PolicyError: os:system is refused", done.stderr)

    def test_policy_file(self):
        policy = self.site / "policy.toml"
        policy.write_text('extends = ["core"]\n[[allow]]\nglobal = "os:getcwd"\nuses = ["call"]\n')
        done = self.start(
            "import pickle; print(pickle.loads(b'cos\\ngetcwd\\n.').__name__)",
            PICKLEBOX_ENFORCE=str(policy),
        )
        self.assertEqual(done.stdout.strip(), "getcwd", done.stderr)

    def test_audit_writes_what_it_learned(self):
        learned = self.site / "learned.toml"
        for module, name in (("argparse", "Namespace"), ("fractions", "gcd"), ("os", "system")):
            done = self.start(
                f"import pickle\ntry: pickle.loads(b'c{module}\\n{name}\\n.')\nexcept AttributeError: pass",
                PICKLEBOX_ENFORCE="default",
                PICKLEBOX_ENFORCE_MODE="audit",
                PICKLEBOX_ENFORCE_LEARN=str(learned),
            )
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        policy = picklebox.Policy(str(learned))
        self.assertTrue(policy.uses("argparse", "Namespace"))
        self.assertTrue(policy.uses("fractions", "gcd"))
        self.assertFalse(policy.uses("os", "system"))
        self.assertIn('# global = "os:system"', learned.read_text())

    def test_mistakes_end_the_process_in_block_mode(self):
        for value in ("", "/nowhere/policy.toml", "policy.toml", "no-such-profile"):
            with self.subTest(value):
                done = self.start("print('ran')", PICKLEBOX_ENFORCE=value)
                self.assertEqual((done.returncode, done.stdout), (78, ""))
                self.assertIn("Python does not start", done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)

    def test_mistakes_are_said_in_audit_mode(self):
        done = self.start("print('ran')", PICKLEBOX_ENFORCE="/nowhere", PICKLEBOX_ENFORCE_MODE="audit")
        self.assertEqual((done.returncode, done.stdout.strip()), (0, "ran"))
        self.assertIn("nothing is noted", done.stderr)

    def test_a_broken_package_ends_the_process(self):
        (self.site / "picklebox").mkdir()
        (self.site / "picklebox" / "__init__.py").write_text("raise ImportError('broken')\n")
        # In front of one that is installed, too.
        done = self.start("print('ran')", PICKLEBOX_ENFORCE="default", PYTHONPATH=str(self.site))
        self.assertEqual((done.returncode, done.stdout), (78, ""))
        self.assertIn("broken", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
