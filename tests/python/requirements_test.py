"""`requirements`: what a file needs, and `--check`, whether that is here.

Environments are folders of small packages that write a file when they are imported, with the
metadata that pip would leave; the files are those of real libraries in corpus/.
"""

from __future__ import annotations

import io
import json
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
import types
import unittest

import picklebox

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / "corpus"
PIPELINE = CORPUS / "code/py311/pipeline-pickle.pkl"
OLD_BOOST = CORPUS / "benign/sklearn/1.0.2/variant-gb-init-p4.pkl"
# Says that it was imported.
MARK = "import os\nopen(os.path.join(os.environ['MARKS'], __name__), 'w').close()\n"


class Environment:
    """A folder of packages, and what of them was imported."""

    def __init__(self, modules: dict[str, str], versions: dict[str, str] | None = None):
        folder = tempfile.TemporaryDirectory(prefix="picklebox-env-")
        unittest.addModuleCleanup(folder.cleanup)
        root = pathlib.Path(folder.name)
        self.site, self.marks, self.empty = root / "site", root / "marks", root / "empty"
        for folder in (self.site, self.marks, self.empty):
            folder.mkdir()
        # By itself, without what else is installed where it is.
        (root / "package").mkdir()
        (root / "package" / "picklebox").symlink_to(pathlib.Path(picklebox.__file__).parent)
        self.package = root / "package"
        for path, source in modules.items():
            file = self.site / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(MARK + source)
        for name, version in (versions or {}).items():
            info = self.site / f"{name.replace('-', '_')}-{version}.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")

    def run(self, *arguments, where=None) -> subprocess.CompletedProcess:
        # -S: nothing of what is installed, such as numpy.
        path = os.pathsep.join((str(self.site), str(self.package)))
        return subprocess.run(
            [sys.executable, "-S", "-B", "-m", "picklebox", "requirements", *map(str, arguments)],
            cwd=where or self.empty,
            env={**os.environ, "PYTHONPATH": path, "MARKS": str(self.marks)},
            capture_output=True,
            text=True,
            check=False,
        )

    def check(self, file, *arguments) -> dict:
        """Return the checks of one file, by name."""
        done = self.run("--check", "--format", "json", file, *arguments)
        (found,) = json.loads(done.stdout)["files"] if done.stdout else ({},)
        assert done.returncode in (0, 1, 2), done.stderr
        return {row["name"]: row for row in found["checks"]}

    def imported(self) -> set[str]:
        return {path.name for path in self.marks.iterdir()}


def naming(*names: str, protocol: int = 4) -> bytes:
    """Return a pickle of a list of globals, given as "module:qualname"."""
    body = b""
    for name in names:
        module, _, qualname = name.partition(":")
        if protocol >= 4:
            for part in (module, qualname):
                body += b"\x8c" + bytes([len(part.encode())]) + part.encode()
            body += b"\x93"
        else:
            body += b"c" + module.encode() + b"\n" + qualname.encode() + b"\n"
    head = bytes([0x80, protocol]) if protocol >= 2 else b""
    return head + b"(" + body + b"l."


class FileTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="picklebox-files-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, data: bytes) -> pathlib.Path:
        path = self.folder / "x.pkl"
        path.write_bytes(data)
        return path


class NamesTest(unittest.TestCase):
    """What is said before anyone loads the file, without a look at the environment."""

    def test_a_function_of_the_program_that_a_pipeline_names(self):
        needs = picklebox.requirements(PIPELINE)
        modules = {module["name"]: module for module in needs.modules}
        self.assertEqual(modules["__main__"]["provider"], "nowhere")
        self.assertEqual(modules["sklearn"]["distribution"], "scikit-learn")
        self.assertIn("scikit-learn==", needs.as_pip())
        self.assertIn("__main__:scale", str(needs))
        (function,) = needs.functions
        self.assertEqual((function["how"], function["name"]), ("by-reference", "__main__:scale"))

    def test_functions_by_value_and_lambdas_are_told_apart_with_their_python(self):
        for name, form in (("lambda", "lambda"), ("runner", "function")):
            for maker in ("dill", "cloudpickle"):
                needs = picklebox.requirements(CORPUS / f"code/py38/{name}-{maker}.pkl")
                forms = [f["form"] for f in needs.functions if f["how"] == "by-value"]
                self.assertIn(form, forms, (name, maker))
                for function in needs.functions:
                    if function["how"] == "by-value":
                        self.assertIn(8, function["versions"])
                        self.assertNotIn(11, function["versions"])


class WordsTest(FileTest):
    """The error is the one that this Python's unpickler raises."""

    def error_of(self, data: bytes) -> str:
        try:
            pickle.loads(data)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return ""

    def test_of_names_that_are_not_there(self):
        names = ("__main__:gone", "__main__:Outer.Inner", "__main__:f.<locals>.g", "gone:x", "json.gone:x")
        for protocol in (0, 1, 2, 3, 4):
            for name in names:
                data = naming(name, protocol=protocol)
                (failure,) = picklebox.requirements(data).check().failures
                self.assertEqual(failure.error, self.error_of(data), (name, protocol))

    def test_of_names_that_are_there(self):
        for name in ("__main__:WordsTest", "__main__:naming", "json.decoder:JSONDecoder"):
            data = naming(name)
            self.assertEqual(self.error_of(data), "")
            check = picklebox.requirements(data).check()
            self.assertTrue(check, str(check))
            self.assertEqual([r.status for r in check.resolutions], ["found"])

    def test_python2_names_are_those_of_python3(self):
        check = picklebox.requirements(b"c__builtin__\nunicode\n.").check()
        self.assertEqual([r.status for r in check.resolutions], ["found"], str(check))
        # From protocol 3 on they are not.
        check = picklebox.requirements(b"\x80\x03c__builtin__\nunicode\n.").check()
        self.assertEqual(check.failures[0].error, "ModuleNotFoundError: No module named '__builtin__'")

    def test_of_code_for_another_python(self):
        folder, versions = ("py36", (6, 7)) if sys.version_info[1] >= 11 else ("py312", (11, 12, 13))
        self.assertNotIn(sys.version_info[1], versions)
        check = picklebox.requirements(CORPUS / f"code/{folder}/runner-cloudpickle.pkl").check()
        code = [r for r in check.failures if r.kind == "code"]
        self.assertEqual(len(code), 1)
        self.assertTrue(code[0].error.startswith("TypeError: code"), code[0].error)
        self.assertIn(f"this is Python 3.{sys.version_info[1]}", code[0].reason)

    def test_of_code_for_this_python(self):
        minor = sys.version_info[1]
        path = CORPUS / f"code/py3{minor}/runner-cloudpickle.pkl"
        if not path.exists():
            self.skipTest("no file of this Python")
        check = picklebox.requirements(path).check()
        self.assertEqual([r.status for r in check.resolutions if r.kind == "code"], ["found"])


class EnvironmentTest(FileTest):
    def test_a_library_that_is_not_installed(self):
        found = Environment({}).check(OLD_BOOST)
        row = found["sklearn.tree._classes:DecisionTreeRegressor"]
        self.assertEqual(row["error"], "ModuleNotFoundError: No module named 'sklearn'")
        self.assertIn("pip install 'scikit-learn==1.0.2'", row["reason"])

    def test_a_library_of_another_version(self):
        packages = {"sklearn/__init__.py": "", "sklearn/tree/__init__.py": ""}
        trees = {**packages, "sklearn/tree/_tree.py": "class Tree: pass"}
        newer = Environment(trees, {"scikit-learn": "1.5.2"}).check(OLD_BOOST)
        warning = newer["scikit-learn"]
        self.assertEqual(warning["status"], "differs")
        self.assertIn("from version 1.0.2 when using version 1.5.2", warning["error"])
        self.assertEqual(newer["sklearn.tree._tree:Tree"]["kind"], "state")
        self.assertIn("node array from the pickle", newer["sklearn.tree._tree:Tree"]["error"])
        older = Environment(trees, {"scikit-learn": "1.2.2"}).check(OLD_BOOST)
        self.assertEqual(older["sklearn.tree._tree:Tree"]["status"], "found")
        same = Environment(trees, {"scikit-learn": "1.0.2"}).check(OLD_BOOST)
        self.assertEqual(same["scikit-learn"]["status"], "found")

    def test_names_of_numpy_2_under_numpy_1(self):
        core = "def _reconstruct(*arguments): pass\n"
        modules = {"numpy/__init__.py": "", "numpy/core/__init__.py": "", "numpy/core/multiarray.py": core}
        there = Environment(modules, {"numpy": "1.24.4"})
        old, new = "numpy.core.multiarray:_reconstruct", "numpy._core.multiarray:_reconstruct"
        found = there.check(self.file(naming(new, old)))
        self.assertEqual(found[old]["status"], "found")
        gone = found[new]
        self.assertEqual(gone["error"], "ModuleNotFoundError: No module named 'numpy._core'")
        self.assertIn("numpy 1.24.4 is installed", gone["reason"])
        self.assertIn("before numpy 1.26.1", gone["reason"])

    def test_a_generator_of_numpy_2_under_numpy_1(self):
        modules = {"numpy/__init__.py": "", "numpy/random/__init__.py": ""}
        modules["numpy/random/_pcg64.py"] = "class PCG64: pass\n"
        file = self.file(naming("numpy.random._pcg64:PCG64"))
        found = Environment(modules, {"numpy": "1.26.4"}).check(file)["numpy.random._pcg64:PCG64"]
        self.assertEqual((found["kind"], found["status"]), ("state", "fails"))
        self.assertIn("is not a known BitGenerator module", found["error"])
        found = Environment(modules, {"numpy": "2.4.6"}).check(file)["numpy.random._pcg64:PCG64"]
        self.assertEqual((found["kind"], found["status"]), ("state", "found"))

    def test_a_missing_extension_module_is_told_as_it_would_be(self):
        there = Environment({"numpy/__init__.py": "raise ImportError('libblas.so.3: no such file')"})
        found = there.check(self.file(naming("numpy:ndarray")))
        self.assertEqual(found["numpy:ndarray"]["error"], "ImportError: libblas.so.3: no such file")


class NothingIsImportedTest(FileTest):
    """Of what the policy does not allow, no code runs."""

    MODULES = {
        "acme/__init__.py": "class Boss: pass\n",
        "acme/ranking/__init__.py": "if True:\n    from acme import Boss as Ranker\n",
        "acme/ranking/late.py": "def __getattr__(name): return name\n",
        "acme/plain.py": "",
    }

    def test_modules_are_found_by_their_files_and_names_by_their_source(self):
        there = Environment(self.MODULES)
        there_are = ("acme:Boss", "acme.ranking:Ranker")
        names = (*there_are, "acme.plain:Gone", "acme.ranking.late:Any", "acme.gone:X", "acme.plain.x:Y")
        found = there.check(self.file(naming(*names)))
        statuses = [found[name]["status"] for name in names]
        self.assertEqual(statuses, ["found", "found", "fails", "not-checked", "fails", "fails"])
        self.assertIn("acme.plain", found["acme.plain:Gone"]["error"])
        self.assertIn("Gone", found["acme.plain:Gone"]["error"])
        self.assertEqual(found["acme.gone:X"]["error"], "ModuleNotFoundError: No module named 'acme.gone'")
        self.assertEqual(
            found["acme.plain.x:Y"]["error"],
            "ModuleNotFoundError: No module named 'acme.plain.x'; 'acme.plain' is not a package",
        )
        self.assertEqual(there.imported(), set())

    def test_what_is_trusted_is_imported(self):
        there = Environment(self.MODULES)
        file = self.file(naming("acme.ranking:Ranker", "acme.plain:Gone"))
        found = there.check(file, "--trusted", "acme.ranking.Ranker")
        self.assertEqual(found["acme.ranking:Ranker"]["status"], "found")
        self.assertEqual(there.imported(), {"acme", "acme.ranking"})

    def test_nothing_at_all_is_imported_if_so_wished(self):
        there = Environment({"numpy/__init__.py": "class ndarray: pass"}, {"numpy": "1.24.4"})
        file = self.file(naming("numpy:ndarray"))
        self.assertEqual(there.check(file, "--no-imports")["numpy:ndarray"]["status"], "found")
        self.assertEqual(there.imported(), set())
        self.assertEqual(there.check(file)["numpy:ndarray"]["status"], "found")
        self.assertEqual(there.imported(), {"numpy"})

    def test_a_module_that_is_loaded_is_looked_into_and_nothing_of_it_runs(self):
        ran = []
        module = types.ModuleType("picklebox_lazy")
        module.__dict__["__getattr__"] = ran.append
        sys.modules["picklebox_lazy"] = module
        self.addCleanup(sys.modules.pop, "picklebox_lazy")
        (row,) = picklebox.requirements(naming("picklebox_lazy:x")).check().resolutions
        self.assertEqual((row.status, ran), ("not-checked", []))

        class Meta(type):
            def __getattr__(cls, name):
                ran.append(name)
                return name

        module.__dict__["Odd"] = Meta("Odd", (), {"x": property(ran.append)})
        check = picklebox.requirements(naming("picklebox_lazy:Odd.x", "picklebox_lazy:Odd.y")).check()
        self.assertEqual([row.status for row in check.resolutions], ["found", "fails"])
        self.assertEqual(ran, [])

    def test_what_lies_beside_the_file_is_not_imported(self):
        there = Environment({})
        for name in ("argparse.py", "email.py", "numpy.py"):
            (self.folder / name).write_text(MARK)
        done = there.run("--check", self.file(naming("numpy:ndarray")), where=self.folder)
        self.assertEqual(there.imported(), set(), done.stderr)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("No module named 'numpy'", done.stdout)


class CommandTest(FileTest):
    def test_exit_status(self):
        there = Environment({"acme.py": "def __getattr__(name): pass\n"})
        cases = (
            (naming("collections:OrderedDict"), 0),
            (naming("gone:x"), 1),
            (naming("acme:x"), 2),
            (b"\x80\x04\xff", 2),
        )
        for data, status in cases:
            done = there.run("--check", self.file(data))
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertEqual(there.run("--check").returncode, 4)
        self.assertEqual(there.run("--check", "--policy", "/none.toml", self.file(b"N.")).returncode, 4)

    def test_odd_names_are_not_found_and_do_no_harm(self):
        odd = ("", ".", "a..b", "../../etc:passwd", "/etc/passwd:x", "a/b:c", "x" * 250 + ":y", "os.:path")
        odd += ("os:", "os:.", "os:a..b", "builtins:", "__main__.x:y", "sys.modules:x", "\u202e:\u202e")
        for name in odd:
            data = naming(name)
            (row,) = picklebox.requirements(data).check().resolutions
            self.assertEqual(row.status, "fails", name)
        data = b"\x80\x04\x8c\x03\xed\xa0\x80\x8c\x03\xed\xa0\x80\x93."  # lone surrogates
        check = picklebox.requirements(data).check()
        self.assertFalse(check)
        str(check).encode("ascii")

    def test_without_check_it_is_the_program(self):
        done = Environment({}).run(self.file(naming("__main__:scale")))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("only-where-made", done.stdout)

    def test_names_of_the_file_cannot_reach_the_terminal(self):
        done = Environment({}).run("--check", self.file(naming("a\x1b[31m:b\nfails")))
        self.assertNotIn("\x1b", done.stdout)
        self.assertIn("\\x1b[31m:b\\nfails", done.stdout)

    def test_the_command_does_not_mistake_its_own_main_for_the_program(self):
        found = Environment({}).check(self.file(naming("__main__:main", "__main__:sys")))
        self.assertEqual({row["status"] for row in found.values()}, {"fails"})

    def test_a_file_object_and_bytes_are_files_too(self):
        data = naming("gone:x")
        for source in (data, io.BytesIO(data)):
            self.assertFalse(picklebox.requirements(source).check())


if __name__ == "__main__":
    unittest.main()
