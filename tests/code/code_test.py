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
            if path.parent.name.startswith("py"):
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


class EncodedTest(unittest.TestCase):
    """Code that texts hold as base64: Lambda layers of Keras."""

    def scan(self, *pickled):
        """Return the code and the findings of each pickle."""
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for number, value in enumerate(pickled):
                paths.append(pathlib.Path(folder, f"{number:03}.pkl"))
                paths[-1].write_bytes(value if isinstance(value, bytes) else pickle.dumps(value, 4))
            code = json.loads(run("code", "--format", "json", *paths).stdout)["files"]
            found = json.loads(run("scan", "--format", "json", *paths).stdout)["files"]
        names = [[finding["code"] for finding in file["findings"]] for file in found]
        return list(zip([file["code"] for file in code], names))

    def test_lambda_layers_of_keras(self):
        done = run("code", "--format", "json", CORPUS / "keras2", CORPUS / "keras3")
        found = {}
        for file in json.loads(done.stdout)["files"]:
            path = pathlib.Path(file["path"])
            found[path.parent.name, path.stem] = file["code"]
        self.assertEqual(len(found), 8)
        for (folder, name), code in found.items():
            with self.subTest(folder=folder, name=name):
                self.assertEqual(len(code), 1 if name == "lambda-layer" else 2)
                for entry in code:
                    self.assertEqual(entry["form"], "lambda")
                    self.assertEqual(entry["maker"], "Keras Lambda (base64)")
                    self.assertEqual((entry["file"], entry["signature"]), ("train.py", "(x)"))
                    self.assertIn("3.11", entry["versions"])
                if name == "lambda-layer":
                    self.assertEqual(code[0]["calls"], ["__import__", "getenv"])
        digests = {name: {entry["digest"] for entry in code} for name, code in found.items()}
        # The same layers, wherever the configuration stands; and by every Keras.
        self.assertEqual(digests["keras2", "lambda-config"], digests["keras3", "lambda-model"])

    def test_code_in_texts_of_all_sizes(self):
        import base64
        import codecs
        import marshal

        code = compile("lambda a, *, b: open(a)", "x.py", "eval").co_consts[0]
        one_line = base64.b64encode(marshal.dumps(code)).decode()
        many_lines = codecs.encode(marshal.dumps(code), "base64").decode()
        hidden = [
            one_line,
            many_lines,
            {"k": [one_line]},
            json.dumps({"code": many_lines}),
            json.dumps({"code": many_lines, "rest": "x" * 100_000}),
            "x" * 100_000 + " " + one_line,
        ]
        for value, (entries, findings) in zip(hidden, self.scan(*hidden)):
            with self.subTest(value=str(value)[:40]):
                (entry,) = entries
                self.assertEqual((entry["form"], entry["maker"]), ("lambda", "base64"))
                self.assertEqual(entry["signature"], "(a, *, b)")
                self.assertEqual(findings, ["embedded-code"])

    def test_what_only_looks_like_code_is_text(self):
        import base64
        import marshal

        code = marshal.dumps(compile("1", "x.py", "eval"))
        plain = [
            "4w" + "A" * 1000,
            "Yw" + "A" * 100_000,
            "4wA" * 100_000,
            base64.b64encode(code[:-1]).decode(),
            base64.b64encode(b"\x89PNG" + bytes(1000)).decode(),
            # Base64 that goes on before it is not this base64.
            "A" + base64.b64encode(code).decode(),
        ]
        for value, (entries, findings) in zip(plain, self.scan(*plain)):
            self.assertEqual((entries, findings), ([], []), value[:40])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--picklebox", required=True)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
