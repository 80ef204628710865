"""action.yml and .pre-commit-hooks.yaml: they are what the services take, and the
script of the action does what it says.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import fixtures
import yaml

OPTIONS = argparse.Namespace(picklebox="picklebox")
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Action(unittest.TestCase):
    """The one step of the action, run as a runner would."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="picklebox-action-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        fixtures.make(self.folder)
        self.action = yaml.safe_load((ROOT / "action.yml").read_text())
        (self.step,) = self.action["runs"]["steps"]

    def run_step(self, **inputs: str) -> tuple[int, dict[str, str]]:
        """Return the exit status and the outputs of the step."""
        defaults = {key: value["default"] for key, value in self.action["inputs"].items()}
        given = {**defaults, "program": OPTIONS.picklebox, **inputs}
        self.assertEqual(set(given), set(defaults))
        variables = {"action_path": os.fspath(ROOT)}

        def value(expression: re.Match) -> str:
            context, name = expression[1].split(".")
            return given[name] if context == "inputs" else variables[name]

        env = {
            key: re.sub(r"\$\{\{ (\S+) \}\}", value, text)
            for key, text in self.step["env"].items()
        }
        output, summary = self.folder / "output", self.folder / "summary"
        output.touch()
        summary.touch()
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", self.step["run"]],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "CI": "true",
                "GITHUB_OUTPUT": os.fspath(output),
                "GITHUB_STEP_SUMMARY": os.fspath(summary),
                **env,
            },
            capture_output=True,
            check=False,
            timeout=60,
        )
        self.assertNotIn(b"bash:", done.stderr)
        rows = output.read_text().splitlines()
        return done.returncode, dict(row.split("=", 1) for row in rows)

    def test_is_composite_and_names_what_it_has(self):
        self.assertEqual(self.action["runs"]["using"], "composite")
        self.assertEqual(self.step["shell"], "bash")
        self.assertNotIn("${{", self.step["run"], "an input would be code there")
        used = set(re.findall(r"inputs\.(\w+)", json.dumps(self.step["env"])))
        self.assertEqual(used, set(self.action["inputs"]))
        for text in (*self.action["inputs"].values(), *self.action["outputs"].values()):
            self.assertTrue(text["description"])

    def test_scans_and_says_what_it_found(self):
        status, outputs = self.run_step(paths="denied.pkl\nclean.pkl", json="report.json")
        self.assertEqual(status, 1)
        self.assertEqual(outputs, {"exit-status": "1", "sarif": "picklebox.sarif"})
        sarif = json.loads((self.folder / "picklebox.sarif").read_text())
        self.assertEqual(len(sarif["runs"][0]["results"]), 1)
        self.assertEqual(json.loads((self.folder / "report.json").read_text())["summary"]["files"], 2)
        self.assertIn("| 2 | 1 | 0 | 0 | 1 |", (self.folder / "summary").read_text())
        status, outputs = self.run_step(paths="clean.pkl", sarif="")
        self.assertEqual((status, outputs["exit-status"]), (0, "0"))

    def test_takes_its_inputs_as_words_and_not_as_code(self):
        evil = "$(touch gone)`touch gone`; touch gone; '\"\n--policy\n-q"
        status, outputs = self.run_step(paths=evil)
        self.assertEqual((status, outputs["exit-status"]), (2, "2"))
        self.assertFalse((self.folder / "gone").exists())
        status, _ = self.run_step(
            paths="denied.pkl", policy="policy.toml", arguments="--exclude\nx y\n-v"
        )
        self.assertEqual(status, 0)


class Hooks(unittest.TestCase):
    """The hooks of pre-commit."""

    def test_have_what_pre_commit_wants(self):
        hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
        self.assertEqual(len({hook["id"] for hook in hooks}), len(hooks))
        for hook in hooks:
            for key in ("id", "name", "entry", "language"):
                self.assertTrue(hook[key])
            pattern = re.compile(hook["files"])
            for name in ("a/model.pkl", "x.pt", "y.joblib", "z.npz"):
                self.assertTrue(pattern.search(name), name)
            self.assertFalse(pattern.search("README.md"))
            program, *_ = hook["entry"].split()
            if hook["language"] == "script":
                self.assertTrue(os.access(ROOT / program, os.X_OK))

    def test_the_command_runs(self):
        (hook, *_) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
        _, *words = [*hook["entry"].split(), *hook["args"]]
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            fixtures.make(folder)
            (folder / "--policy=x.pkl").write_bytes(fixtures.CALL)
            for path, status in (
                ("clean.pkl", 0),
                ("denied.pkl", 1),
                ("README", 0),
                ("--policy=x.pkl", 1),
            ):
                done = subprocess.run(
                    [OPTIONS.picklebox, *words, path], cwd=folder, capture_output=True, check=False
                )
                self.assertEqual(done.returncode, status, path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--picklebox", required=True)
    OPTIONS, rest = parser.parse_known_args()
    OPTIONS.picklebox = os.path.abspath(OPTIONS.picklebox)
    unittest.main(argv=[sys.argv[0], *rest])
