"""What is told of the code in files that dill and cloudpickle wrote.

    code_test.py --picklebox build/release/picklebox

Reads corpus/code/, whose files hold the objects of corpus/code_samples.py, of CPython 3.6
to 3.15, each written by dill and by cloudpickle.
"""

from __future__ import annotations

import argparse
import collections
import json
import pathlib
import pickle
import subprocess
import sys
import unittest

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "corpus" / "code"
OPTIONS = argparse.Namespace()

# What the functions of each sample do, by name.
DOES = {
    "pipeline": {"scale": {"reads the environment"}},
    "runner": {"runner": {"opens files", "uses the network", "runs processes", "reaches code by name"}},
    "recursive": {"factorial": set()},
    "lambda": {"<lambda>": set()},
}
IMPORTS = {"pipeline": {"scale": ["os"]}, "runner": {"runner": ["subprocess", "urllib.request"]}}


def run(*arguments: object) -> subprocess.CompletedProcess:
    """Run the program; what it prints must be ASCII."""
    done = subprocess.run(
        [OPTIONS.picklebox, *map(str, arguments)], capture_output=True, check=False, timeout=120
    )
    done.stdout.decode("ascii")
    return done


class CodeTest(unittest.TestCase):
    """All files at once, since a run costs more than a file."""

    @classmethod
    def setUpClass(cls):
        done = run("code", "--format", "json", CORPUS)
        assert done.returncode == 1, done.stderr
        cls.files = {}
        for file in json.loads(done.stdout)["files"]:
            path = pathlib.Path(file["path"])
            sample, _, writer = path.stem.rpartition("-")
            cls.files[(path.parent.name, sample, writer)] = file["code"]

    def each(self):
        for (version, sample, writer), code in self.files.items():
            if writer != "pickle":
                with self.subTest(version=version, sample=sample, writer=writer):
                    yield version, sample, writer, code

    def test_there_are_files_of_all_versions(self):
        versions = {version for version, _, _ in self.files}
        self.assertEqual(versions, {f"py3{minor}" for minor in range(6, 16)})

    def test_every_function_is_found_and_is_of_its_python(self):
        for version, _, _, code in self.each():
            self.assertGreater(len(code), 0)
            for entry in code:
                self.assertIn(f"3.{version[3:]}", entry["versions"])
                self.assertEqual(len(entry["digest"]), 64)
                # Newer cloudpickles do not keep the name of the file.
                self.assertIn(entry["file"], ("train.py", "<dynamic-code>"))
                self.assertGreater(entry["line"], 0)

    def test_plain_pickle_has_none(self):
        for (_, _, writer), code in self.files.items():
            if writer == "pickle":
                self.assertEqual(code, [])

    def test_digests_are_those_of_the_function_and_not_of_the_pickler(self):
        by_name = collections.defaultdict(dict)
        for version, sample, writer, code in self.each():
            for entry in code:
                key = (version, sample, entry["name"], entry["signature"])
                by_name[key].setdefault(writer, set()).add(entry["digest"])
        both = 0
        for key, writers in by_name.items():
            if len(writers) == 2:
                both += 1
                self.assertEqual(writers["dill"], writers["cloudpickle"], key)
        self.assertGreater(both, 60)

    def test_different_functions_have_different_digests(self):
        for version in {version for version, _, _ in self.files}:
            names = collections.defaultdict(set)
            for (of, _, _), code in self.files.items():
                if of == version:
                    for entry in code:
                        names[entry["digest"]].add((entry["name"], entry["signature"]))
            for digest, functions in names.items():
                self.assertEqual(len(functions), 1, digest)

    def test_what_functions_do(self):
        for _, sample, _, code in self.each():
            entries = {entry["name"]: entry for entry in code}
            for name, does in DOES.get(sample, {}).items():
                self.assertEqual(set(entries[name]["does"]), does)
            for name, imports in IMPORTS.get(sample, {}).items():
                self.assertEqual(entries[name]["imports"], imports)

    def test_calls_are_named(self):
        for _, sample, _, code in self.each():
            calls = {call for entry in code for call in entry["calls"]}
            if sample == "pipeline":
                self.assertLessEqual({"os.environ.get", "float"}, calls)
            if sample == "runner":
                self.assertLessEqual({"subprocess.run", "eval", "open"}, calls)
            if sample == "recursive":
                self.assertIn("factorial", calls)

    def test_forms_and_signatures(self):
        for version, sample, _, code in self.each():
            entries = {entry["name"]: entry for entry in code}
            if sample == "lambda":
                self.assertEqual(entries["<lambda>"]["form"], "lambda")
                self.assertEqual(entries["<lambda>"]["signature"], "(x, y)")
            if sample == "closure":
                self.assertEqual(entries["shifted"]["form"], "function")
                self.assertEqual(entries["shifted"]["signature"], "(x, *more, key, **rest)")
            if sample == "class":
                self.assertLessEqual({"__init__", "predict"}, set(entries))
            if sample == "decorated" and version in ("py36", "py37", "py38", "py39", "py310", "py311"):
                # From 3.12 on it is a part of the function.
                inner = entries["<listcomp>"]
                self.assertEqual(inner["form"], "nested")
                self.assertEqual(code[inner["parent"]]["name"], "decorated")

    def test_scan_says_what_the_function_does(self):
        path = CORPUS / "py38" / "pipeline-dill.pkl"
        done = run("scan", "--format", "json", path)
        self.assertEqual(done.returncode, 1)
        (file,) = json.loads(done.stdout)["files"]
        messages = [f["message"] for f in file["findings"] if f["code"] == "embedded-code"]
        self.assertEqual(len(messages), 1)
        for words in (
            "function scale(x), train.py:",
            "imports os",
            "os.environ.get",
            "reads the environment",
        ):
            self.assertIn(words, messages[0])

    def test_the_listing_has_the_instructions(self):
        done = run("dis", "--code", CORPUS / "py313" / "runner-dill.pkl")
        self.assertEqual(done.returncode, 0, done.stderr)
        text = done.stdout.decode()
        self.assertIn("function runner(command), train.py:", text)
        self.assertRegex(text, r"IMPORT_NAME +\d+ \(subprocess\)")
        self.assertIn("ExceptionTable:", text)

    def test_marshal_data_are_read(self):
        import marshal
        import tempfile

        code = compile("import socket\nsocket.create_connection(('x', 1))", "net.py", "exec")

        class Loads:
            def __reduce__(self):
                return (marshal.loads, (marshal.dumps(code),))

        class Nonsense:
            def __reduce__(self):
                return (marshal.loads, (b"[nothing",))

        with tempfile.NamedTemporaryFile(suffix=".pkl") as file:
            file.write(pickle.dumps([Loads(), Nonsense()]))
            file.flush()
            done = run("code", "--format", "json", file.name)
            scanned = run("scan", "--format", "json", file.name)
        (entry,) = json.loads(done.stdout)["files"][0]["code"]
        self.assertEqual((entry["imports"], entry["form"]), (["socket"], "class-body"))
        self.assertEqual(entry["does"], ["uses the network"])
        self.assertIn(f"3.{sys.version_info[1]}", entry["versions"])
        details = [
            f["detail"]
            for f in json.loads(scanned.stdout)["files"][0]["findings"]
            if f["code"] == "embedded-code"
        ]
        self.assertEqual(sorted(details), ["", "unread"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--picklebox", required=True)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
