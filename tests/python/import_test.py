"""The Python package: which globals find_class may give, and where modules come from."""

from __future__ import annotations

import collections
import copyreg
import io
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
import textwrap
import unittest

import picklebox
from sample_classes import Other, Point


class FindClassTest(unittest.TestCase):
    """`find_class` may be overridden, and is held to the policy."""

    def load(self, find_class, value=None, **options):
        class Own(picklebox.Unpickler):
            pass

        Own.find_class = find_class
        data = pickle.dumps(Point(1) if value is None else value)
        return Own(io.BytesIO(data), **{"trusted": [Point], **options}).load()

    def test_it_is_asked_and_may_pass_on(self):
        asked = []

        def find_class(self, module, name):
            asked.append((module, name))
            return picklebox.Unpickler.find_class(self, module, name)

        self.assertEqual(self.load(find_class), Point(1))
        self.assertEqual(asked, [(Point.__module__, "Point")])

    def test_another_way_to_the_same_object(self):
        self.assertEqual(self.load(lambda self, module, name: getattr(sys.modules[module], name)), Point(1))

    def test_a_new_name_that_the_policy_allows(self):
        def renamed(self, module, name):
            return picklebox.Unpickler.find_class(self, module, "Other")

        self.assertIsInstance(self.load(renamed, trusted=[Point, Other]), Other)
        with self.assertRaises(picklebox.PolicyError):
            self.load(renamed)

    def test_a_new_name_with_narrower_rules(self):
        policy = picklebox.Policy.from_toml(
            f'extends = ["core"]\n[[allow]]\nglobal = "{Point.__module__}:Other"\nuses = ["reference"]\n'
        )

        def renamed(self, module, name):
            return picklebox.Unpickler.find_class(self, module, "Other")

        with self.assertRaises(picklebox.PolicyError):
            self.load(renamed, policy=policy)

    def test_what_nobody_allowed(self):
        for intruder in (os.system, exec, Other, lambda *a: None):
            with self.assertRaises(picklebox.PolicyError):
                self.load(lambda self, module, name, it=intruder: it)

    def test_what_is_given_as_trusted(self):
        self.assertIsInstance(self.load(lambda *_: Other, trusted=[Point, Other]), Other)

    def test_by_itself(self):
        unpickler = picklebox.Unpickler(io.BytesIO())
        self.assertIs(unpickler.find_class("builtins", "complex"), complex)
        self.assertIs(unpickler.find_class("__builtin__", "xrange"), range)
        with self.assertRaises(picklebox.PolicyError):
            unpickler.find_class("os", "system")

    def test_extension_codes(self):
        copyreg.add_extension(Point.__module__, "Point", 0xF0)
        copyreg._extension_cache.pop(0xF0, None)
        try:
            data = pickle.dumps(Point(1), 2)
            self.assertIn(b"\x82\xf0", data)
            self.assertEqual(picklebox.loads(data, trusted=[Point]), Point(1))
            with self.assertRaises(picklebox.PolicyError):
                picklebox.loads(data)
            # What somebody planted in the cache is not what the code stands for.
            copyreg._extension_cache[0xF0] = os.system
            self.assertEqual(picklebox.loads(data, trusted=[Point]), Point(1))
        finally:
            copyreg._extension_cache.pop(0xF0, None)
            copyreg.remove_extension(Point.__module__, "Point", 0xF0)


class ImportTest(unittest.TestCase):
    """Nothing is imported that may have come with the file."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()

    def python(self, code: str, cwd: pathlib.Path, *paths: pathlib.Path) -> str:
        """Run a program, in `cwd` with `paths` in PYTHONPATH, and return what it prints."""
        home = os.path.dirname(os.path.dirname(os.path.abspath(picklebox.__file__)))
        path = os.pathsep.join([home, *map(str, paths)])
        done = subprocess.run(
            [sys.executable, "-B", "-c", textwrap.dedent(code)],
            check=False,
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    LOAD = """
        import sys, picklebox
        try:
            print(picklebox.load({path!r}, trusted=["plantedmod.Thing"]))
        except picklebox.PolicyError as error:
            print("PolicyError", error)
        """

    def plant(self, folder: pathlib.Path, name: str = "plantedmod.py", text: str = "class Thing: pass\n"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"open({str(self.folder / 'ran')!r}, 'w')\n{text}")

    def model(self, folder: pathlib.Path, data: bytes = b"\x80\x02cplantedmod\nThing\n.") -> str:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "m.pkl").write_bytes(data)
        return str(folder / "m.pkl")

    def ran(self) -> bool:
        return (self.folder / "ran").exists()

    def test_from_the_current_directory(self):
        self.plant(self.folder / "here")
        path = self.model(self.folder / "models")
        out = self.python(self.LOAD.format(path=path), self.folder / "here")
        self.assertIn("PolicyError plantedmod would be imported", out)
        self.assertFalse(self.ran())

    def test_from_beside_the_model(self):
        self.plant(self.folder / "models")
        path = self.model(self.folder / "models")
        (self.folder / "elsewhere").mkdir()
        link = self.folder / "elsewhere/link.pkl"
        link.symlink_to(path)
        for way in (path, str(link)):
            out = self.python(self.LOAD.format(path=way), self.folder / "elsewhere", self.folder / "models")
            self.assertIn("PolicyError plantedmod would be imported", out)
        self.assertFalse(self.ran())

    def test_a_package_that_shadows_what_an_allowed_module_imports(self):
        # json is allowed by name here; it imports json.decoder, which imports _json.
        self.plant(self.folder, "plantedinner.py", "")
        (self.folder / "site").mkdir()
        (self.folder / "site/plantedmod.py").write_text("import plantedinner\nclass Thing: pass\n")
        path = self.model(self.folder / "models")
        out = self.python(self.LOAD.format(path=path), self.folder, self.folder / "site")
        self.assertIn("PolicyError plantedinner would be imported", out)
        self.assertFalse(self.ran())

    def test_what_was_imported_before_is_meant(self):
        self.plant(self.folder)
        path = self.model(self.folder)
        code = "import plantedmod\n" + textwrap.dedent(self.LOAD.format(path=path))
        self.assertIn("<class 'plantedmod.Thing'>", self.python(code, self.folder))

    def test_from_a_path_that_was_set(self):
        self.plant(self.folder / "lib")
        path = self.model(self.folder / "models")
        (self.folder / "elsewhere").mkdir()
        for cwd in (self.folder / "elsewhere", self.folder):
            out = self.python(self.LOAD.format(path=path), cwd, self.folder / "lib")
            self.assertIn("<class 'plantedmod.Thing'>", out)

    def test_nothing_is_imported_for_what_is_denied(self):
        self.plant(self.folder)
        path = self.model(self.folder, b"\x80\x02cplantedmod\nOther\n.")
        self.assertIn("PolicyError", self.python(self.LOAD.format(path=path), self.folder))
        self.assertFalse(self.ran())

    def test_the_finders_are_as_they_were(self):
        before = list(sys.meta_path)
        picklebox.loads(pickle.dumps(collections.Counter("aab")), trusted=["collections.Counter"])
        self.assertEqual(sys.meta_path, before)


if __name__ == "__main__":
    unittest.main()
