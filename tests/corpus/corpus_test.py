"""Every file of corpus/ gets the verdict that MANIFEST has for it.

Benign files are clean; malicious ones are denied, and what is wrong is named,
with its offset; malformed ones are incomplete, with an offset. None of these is
ever clean. What wears a checker out comes to an end in time.
"""

from __future__ import annotations

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "corpus"
sys.path.insert(0, str(CORPUS))

import assemble  # noqa: E402
import manifest  # noqa: E402

OPTIONS = argparse.Namespace(picklebox="picklebox")

# Seconds for all files of stress/ one after the other, also on a slow machine
# and under a sanitizer.
STRESS_SECONDS = 60


def scan(*paths: pathlib.Path) -> tuple[int, dict[pathlib.Path, dict]]:
    """Return the exit status of `picklebox scan`, and the files of its report."""
    done = subprocess.run(
        [OPTIONS.picklebox, "scan", "--format", "json", *paths],
        check=False,
        capture_output=True,
        timeout=250,
    )
    if done.returncode not in (0, 1, 2):
        raise AssertionError(f"exit status {done.returncode}: {done.stderr!r}")
    report = json.loads(done.stdout)
    return done.returncode, {pathlib.Path(file["path"]).resolve(): file for file in report["files"]}


def missing(row: manifest.Row, file: dict) -> str | None:
    """Say what MANIFEST promises of a file that its report lacks, None if nothing."""
    if file["verdict"] != row.verdict:
        return f"{file['verdict']}, not {row.verdict}: {file['findings'][:3]}"
    if row.reason == "-":
        return None
    findings = [
        finding
        for finding in file["findings"]
        if finding["code"] == row.reason and row.offset in ("-", str(finding["offset"]))
    ]
    if not findings:
        found = [(finding["code"], finding["offset"]) for finding in file["findings"][:5]]
        return f"no {row.reason} at {row.offset}, but {found}"
    if row.expect in ("-", "..."):
        return None
    # The global is named: among the denied ones, or in the sentence about what
    # was done with it.
    name = manifest.unescape(row.expect)
    denied = [
        f"{item['module']}:{item['qualname']}"
        for item in file["globals"]
        if item["decision"] == "denied"
    ]
    if name in denied or any(name in finding["message"] for finding in findings):
        return None
    said = findings[0]["message"]
    return f"{row.expect} is neither among the denied globals {denied[:5]} nor in '{said}'"


class CorpusTest(unittest.TestCase):
    """One test a folder; all differences are shown, not only the first."""

    @classmethod
    def setUpClass(cls):
        cls.rows = collections.defaultdict(list)
        for row in manifest.read():
            cls.rows[row.kind].append(row)
        built = tempfile.TemporaryDirectory(prefix="picklebox-corpus-")
        cls.addClassCleanup(built.cleanup)
        # What is committed as text is assembled first.
        cls.built = pathlib.Path(built.name).resolve()
        if assemble.main(["--all", str(cls.built)]):
            raise AssertionError("the sources of the corpus do not assemble")

    def path_of(self, row: manifest.Row) -> pathlib.Path:
        """Return where the pickle of a row is."""
        path = pathlib.Path(row.path)
        if path.suffix == ".pklasm":
            return self.built / path.with_suffix(".pkl")
        return CORPUS / path

    def check(self, kind: str, status: int):
        """Scan all files of a kind in one run and hold them against their rows."""
        rows = self.rows[kind]
        self.assertTrue(rows, f"MANIFEST has no {kind} files")
        paths = [self.path_of(row) for row in rows]
        returned, files = scan(*paths)
        self.assertEqual(len(files), len(rows))
        wrong = []
        for row, path in zip(rows, paths):
            problem = missing(row, files[path.resolve()])
            if problem:
                wrong.append(f"{row.path}: {problem}")
        self.assertFalse(wrong, f"{len(wrong)} of {len(rows)}:\n" + "\n".join(wrong))
        self.assertEqual(returned, status)

    def test_benign_files_are_clean(self):
        self.check("benign", 0)

    def test_malicious_files_are_denied_by_name_and_offset(self):
        self.check("malicious", 1)

    def test_malformed_files_are_incomplete_at_an_offset(self):
        self.check("malformed", 2)

    def test_stress_files_come_to_an_end(self):
        start = time.monotonic()
        for row in self.rows["stress"]:
            with self.subTest(row.path):
                _, files = scan(self.path_of(row))
                (file,) = files.values()
                # Whatever the verdict: by the file, not by a worker that broke.
                codes = {finding["code"] for finding in file["findings"]}
                self.assertFalse(codes & {"result-rejected", "result-mismatch", "worker-crashed"})
        self.assertLess(time.monotonic() - start, STRESS_SECONDS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--picklebox", required=True)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
