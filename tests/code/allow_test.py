"""Code by digest, in files that dill and cloudpickle wrote under CPython 3.6 to 3.15.

    allow_test.py --picklebox build/release/picklebox [--record]

Each file of corpus/code/ is clean under its pickler's profile and what `picklebox code
--format toml` says to add, and denied without; digests.tsv has the digests as they were
when the files were written, so that a change of the canonical form does not go unseen.
`--record` writes that table.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE.parents[1] / "corpus" / "code"
TABLE = HERE / "digests.tsv"
OPTIONS = argparse.Namespace()

# An instance of a class that dill wrote by name; pickles that name a function.
BY_NAME = {("py36", "class-dill")}


def run(*arguments: object) -> subprocess.CompletedProcess:
    """Run the program."""
    return subprocess.run(
        [OPTIONS.picklebox, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
    )


def files(pickler: str) -> list[pathlib.Path]:
    """Return the files with code by that pickler."""
    found = sorted(CORPUS.glob(f"*/*-{pickler}.pkl"))
    return [path for path in found if (path.parent.name, path.stem) not in BY_NAME]


def digests() -> list[str]:
    """Return the lines of the table, as they are now."""
    lines = []
    for pickler in ("dill", "cloudpickle"):
        done = run("code", "--format", "json", *files(pickler))
        for file in json.loads(done.stdout)["files"]:
            path = pathlib.Path(file["path"])
            for code in file["code"]:
                versions = " ".join(code["versions"])
                row = (f"{path.parent.name}/{path.stem}", code["name"], versions, code["digest"])
                lines.append("\t".join(row) + "\n")
    return lines


class AllowTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.policy = pathlib.Path(folder.name) / "allow.toml"

    def write(self, pickler: str, more: str) -> None:
        self.policy.write_text(f'name = "test"\nextends = ["default", "{pickler}"]\n\n{more}')

    def scan(self, *paths: pathlib.Path) -> dict[str, tuple[str, list[str]]]:
        """Return verdict and findings by path."""
        done = run("scan", "--policy", self.policy, "--format", "json", *paths)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return {
            file["path"]: (
                file["verdict"],
                [f"{f['code']}/{f['detail']}: {f['message']}" for f in file["findings"]],
            )
            for file in json.loads(done.stdout)["files"]
        }

    def test_what_code_prints_makes_every_file_clean(self):
        for pickler in ("dill", "cloudpickle"):
            paths = files(pickler)
            self.assertGreater(len(paths), 60)
            self.write(pickler, run("code", "--format", "toml", *paths).stdout)
            for path, (verdict, findings) in self.scan(*paths).items():
                with self.subTest(path=path):
                    self.assertEqual((verdict, findings), ("clean", []))

    def test_without_digests_every_file_is_denied_for_its_code_alone(self):
        for pickler in ("dill", "cloudpickle"):
            self.write(pickler, "")
            for path, (verdict, findings) in self.scan(*files(pickler)).items():
                with self.subTest(path=path):
                    self.assertEqual(verdict, "denied")
                    self.assertEqual({finding.split(":")[0] for finding in findings}, {"embedded-code/"})

    def test_a_function_of_the_same_name_is_said_to_be_changed(self):
        old, new = CORPUS / "py311/pipeline-dill.pkl", CORPUS / "py312/pipeline-dill.pkl"
        self.write("dill", run("code", "--format", "toml", old).stdout)
        verdict, findings = self.scan(new)[str(new)]
        self.assertEqual(verdict, "denied")
        self.assertEqual(len(findings), 2)
        self.assertRegex(findings[0], r"^embedded-code/changed: .*allow\.toml:\d+ allows code of that name")
        self.assertRegex(
            findings[1],
            r"^embedded-code/: function scale\(x\), train.py:5, for Python 3.12: imports os; .*ment$",
        )

    def test_a_name_without_a_digest_is_for_reports(self):
        path = CORPUS / "py312/pipeline-dill.pkl"
        self.write("dill", '[[allow_code]]\nname = "scale"\nfile = "tr*.py"\nreason = "ask Ada"\n')
        verdict, findings = self.scan(path)[str(path)]
        self.assertEqual(verdict, "denied")
        self.assertRegex(findings[0], r"^embedded-code/known: .* knows code of that name .*: ask Ada$")

    def test_a_nested_function_needs_its_digest_too(self):
        path = CORPUS / "py311/decorated-dill.pkl"  # a comprehension is a function in 3.11
        fragment = run("code", "--format", "toml", path).stdout
        lines = [line for line in fragment.splitlines() if line.startswith('  "')]
        self.assertGreater(len(lines), 1)
        self.write("dill", fragment.replace(lines[-1] + "\n", ""))
        verdict, findings = self.scan(path)[str(path)]
        self.assertEqual(verdict, "denied")
        self.assertTrue(all(finding.startswith("embedded-code/") for finding in findings), findings)

    def test_what_is_done_beside_allowed_code_is_denied(self):
        paths = sorted(CORPUS.parent.glob("malicious/by-value/*.pkl"))
        self.assertGreater(len(paths), 6)
        fragment = run("code", "--format", "toml", paths[0].with_name("swapped-by-state.pkl")).stdout
        self.assertEqual(fragment.count("digest"), 1)
        self.write("dill", fragment)
        for path, (verdict, findings) in self.scan(*paths).items():
            with self.subTest(path=path):
                self.assertEqual(verdict, "denied")
                self.assertFalse([f for f in findings if f.startswith("global-denied")], findings)

    def test_digests_are_those_of_old(self):
        self.assertEqual(digests(), TABLE.read_text().splitlines(keepends=True))

    def test_both_picklers_give_one_digest(self):
        by_name = {}
        for line in TABLE.read_text().splitlines():
            file, name, _, digest = line.split("\t")
            version, sample = file.split("/")
            by_name.setdefault((version, sample.rpartition("-")[0], name), set()).add(digest)
        self.assertEqual({key for key, found in by_name.items() if len(found) != 1}, set())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--picklebox", required=True)
    parser.add_argument("--record", action="store_true")
    OPTIONS, rest = parser.parse_known_args()
    if OPTIONS.record:
        TABLE.write_text("".join(digests()))
    else:
        unittest.main(argv=[sys.argv[0], *rest])
