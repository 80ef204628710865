"""Completions and the manual page: they name what there is, and shells and man(1)
take them. What zsh, fish or groff would say is left out where they are not installed.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

OPTIONS = argparse.Namespace(picklebox="picklebox")
HARNESS = r"""
source /dev/stdin <<<"$COMPLETIONS"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_picklebox
printf '%s\n' "${COMPREPLY[@]}"
"""


def picklebox(*arguments: str) -> str:
    """Return what it says."""
    done = subprocess.run(
        [OPTIONS.picklebox, *arguments], check=True, capture_output=True, timeout=60
    )
    return done.stdout.decode("ascii")


def commands() -> list[str]:
    """Return the commands that the help names."""
    text = picklebox("--help").split("Subcommands:")[1]
    return re.findall(r"^  (\w+) ", text, re.MULTILINE)


def flags(command: str) -> set[str]:
    """Return the long flags that the help of a command names."""
    return set(re.findall(r"^  (?:-\w,)?(--[\w-]+)", picklebox(command, "--help"), re.MULTILINE))


class Manual(unittest.TestCase):
    """The help is what the others are held against."""

    def complete(self, *words: str, folder: str | None = None) -> set[str]:
        """Return what bash offers for the last of some words."""
        done = subprocess.run(
            ["bash", "--norc", "-c", HARNESS, "bash", *words],
            env={"PATH": os.environ["PATH"], "COMPLETIONS": picklebox("completions", "bash")},
            cwd=folder,
            capture_output=True,
            check=True,
            timeout=60,
        )
        self.assertEqual(done.stderr, b"")
        return set(done.stdout.decode().split("\n")) - {""}

    def test_bash_offers_commands(self):
        self.assertEqual(self.complete("picklebox", ""), set(commands()))
        self.assertEqual(self.complete("picklebox", "sc"), {"scan"})
        self.assertLessEqual({"--help", "--version"}, self.complete("picklebox", "-"))

    def test_bash_offers_the_flags_of_each_command(self):
        self.assertIn("scan", commands())
        for command in commands():
            offered = self.complete("picklebox", command, "--")
            self.assertEqual(offered, flags(command) or offered, command)
            self.assertIn("--help", offered, command)
        self.assertEqual(self.complete("picklebox", "scan", "--exit"), {"--exit-zero"})
        self.assertEqual(self.complete("picklebox", "scan", "-q", "a.pkl", "--sha"), {"--shard"})

    def test_bash_offers_values(self):
        formats = {"text", "concise", "json", "jsonl", "sarif", "markdown", "junit"}
        self.assertEqual(self.complete("picklebox", "scan", "--format", ""), formats)
        self.assertEqual(self.complete("picklebox", "scan", "--format", "=", "js"), {"json", "jsonl"})
        self.assertEqual(self.complete("picklebox", "scan", "--format", "="), formats)
        self.assertEqual(self.complete("picklebox", "inspect", "--format", "d"), {"dot"})
        self.assertEqual(self.complete("picklebox", "completions", ""), {"bash", "zsh", "fish"})
        self.assertIn("global-denied", self.complete("picklebox", "explain", "glo"))

    def test_bash_offers_files(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("model.pkl", "acme.toml"):
                (pathlib.Path(folder) / name).touch()
            for words in (("scan", "mod"), ("scan", "--baseline", "mod"), ("report", "mod")):
                offered = self.complete("picklebox", *words, folder=folder)
                self.assertEqual(offered, {"model.pkl"}, words)
            self.assertEqual(
                self.complete("picklebox", "scan", "--policy", "a", folder=folder), {"acme.toml"}
            )

    def test_zsh_takes_them(self):
        text = picklebox("completions", "zsh")
        for command in commands():
            self.assertIn(f"'{command}:", text)
            for flag in flags(command):
                self.assertIn(flag, text)
        if shutil.which("zsh"):
            subprocess.run(["zsh", "-fn"], input=text.encode(), check=True, timeout=60)

    def test_fish_takes_them(self):
        text = picklebox("completions", "fish")
        for command in commands():
            self.assertIn(f" -a '{command}' ", text)
            for flag in flags(command):
                self.assertIn(f" -l {flag[2:]} ", text)
        if shutil.which("fish"):
            done = subprocess.run(
                ["fish", "--no-config", "-c", 'source; complete -C "picklebox scan --format j"'],
                input=text.encode(),
                capture_output=True,
                check=True,
                timeout=60,
            )
            self.assertEqual(set(done.stdout.split()) & {b"json", b"jsonl", b"junit"},
                             {b"json", b"jsonl", b"junit"})

    def test_the_manual_page_has_everything(self):
        page = picklebox("man")
        plain = page.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "")
        for command in commands():
            self.assertIn(f".SS picklebox {command}\n", plain)
            for flag in flags(command) - {"--help"}:
                self.assertRegex(plain, rf"(?m)^(-\w, )?{flag}\b")
        for section in ("NAME", "SYNOPSIS", "ENVIRONMENT", "FILES", "EXIT STATUS"):
            self.assertIn(f".SH {section}\n", page)
        if shutil.which("groff"):
            done = subprocess.run(
                ["groff", "-man", "-Tascii", "-ww", "-z"],
                input=page.encode(),
                capture_output=True,
                check=True,
                timeout=60,
            )
            self.assertEqual(done.stderr, b"")

    def test_an_unknown_shell_is_an_error(self):
        done = subprocess.run(
            [OPTIONS.picklebox, "completions", "tcsh"], capture_output=True, check=False
        )
        self.assertEqual(done.returncode, 4)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--picklebox", required=True)
    OPTIONS, rest = parser.parse_known_args()
    OPTIONS.picklebox = os.path.abspath(OPTIONS.picklebox)
    unittest.main(argv=[sys.argv[0], *rest])
