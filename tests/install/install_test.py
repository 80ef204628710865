"""What `cmake --install` lays down is complete, and can be moved.

The build is installed into a temporary prefix, the prefix is moved, and a
program outside this tree, in C++ and in C, is built against it twice, by
find_package and by pkg-config. It and the installed `picklebox` must vet a pickle that is harmless
and one that is not.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
OPTIONS = argparse.Namespace()

# A list of two numbers; a call of os.system.
CLEAN = b"\x80\x02]q\x00(K\x01K\x02e."
DENIED = b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."


def run(*command: str | os.PathLike, expect: int = 0, **kwargs) -> str:
    """Run a command, check its exit status and return its output."""
    done = subprocess.run(
        [os.fspath(word) for word in command],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=250,
        **kwargs,
    )
    if done.returncode != expect:
        raise AssertionError(f"exit status {done.returncode} of {command}:\n{done.stdout}")
    return done.stdout


class InstallTest(unittest.TestCase):
    """One installed tree, moved from where it was installed to."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="picklebox-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        first = cls.folder / "first"
        run(OPTIONS.cmake, "--install", OPTIONS.build, "--prefix", first)
        cls.prefix = cls.folder / "moved"
        first.rename(cls.prefix)
        (cls.folder / "clean.pkl").write_bytes(CLEAN)
        (cls.folder / "denied.pkl").write_bytes(DENIED)

    def vets(self, program: pathlib.Path):
        """Assert that a consumer program tells the two pickles apart."""
        for verdict in ("clean", "denied"):
            self.assertEqual(run(program, self.folder / f"{verdict}.pkl"), verdict + "\n")

    def test_program(self):
        program = self.prefix / "bin/picklebox"
        run(program, "scan", self.folder / "clean.pkl")
        said = run(program, "scan", self.folder / "denied.pkl", expect=1)
        self.assertIn("system", said)

    def test_manual_and_completions(self):
        for path, words in (
            ("share/man/man1/picklebox.1", ".TH PICKLEBOX 1"),
            ("share/bash-completion/completions/picklebox", "complete "),
            ("share/zsh/site-functions/_picklebox", "#compdef picklebox"),
            ("share/fish/vendor_completions.d/picklebox.fish", "complete -c picklebox"),
        ):
            self.assertIn(words, (self.prefix / path).read_text(encoding="ascii"))

    def test_no_path_of_the_build_in_what_is_installed(self):
        source = HERE.parents[1]
        for path in self.prefix.rglob("*"):
            if path.suffix in (".cmake", ".pc", ".h", ".def"):
                text = path.read_text(encoding="utf-8")
                self.assertNotIn(os.fspath(source), text, path)
                self.assertNotIn(OPTIONS.build, text, path)

    def test_find_package(self):
        build = self.folder / "consumer"
        run(
            OPTIONS.cmake,
            *("-S", HERE / "consumer", "-B", build, "-G", "Ninja"),
            f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DCMAKE_CXX_COMPILER={OPTIONS.compiler}",
        )
        run(OPTIONS.cmake, "--build", build)
        self.vets(build / "consumer")

    def test_find_package_for_c(self):
        build = self.folder / "c_consumer"
        run(
            OPTIONS.cmake,
            *("-S", HERE / "c_consumer", "-B", build, "-G", "Ninja"),
            f"-DCMAKE_PREFIX_PATH={self.prefix}",
        )
        run(OPTIONS.cmake, "--build", build)
        self.vets(build / "c_consumer")

    def test_pkg_config_for_c(self):
        folder = next(self.prefix.rglob("picklebox-c.pc")).parent
        env = {**os.environ, "PKG_CONFIG_PATH": os.fspath(folder)}
        flags = run("pkg-config", "--cflags", "--libs", "picklebox-c", env=env).split()
        worker = run("pkg-config", "--variable=worker", "picklebox-c", env=env).strip()
        libraries = run("pkg-config", "--variable=libdir", "picklebox-c", env=env).strip()
        program = self.folder / "c-by-pkg-config"
        run(
            *("cc", "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", f'-DWORKER="{worker}"'),
            *("-o", program, HERE / "c_consumer/main.c", *flags, f"-Wl,-rpath,{libraries}"),
        )
        self.vets(program)

    def test_pkg_config(self):
        folder = next(self.prefix.rglob("picklebox.pc")).parent
        env = {**os.environ, "PKG_CONFIG_PATH": os.fspath(folder)}
        flags = run("pkg-config", "--cflags", "--libs", "--static", "picklebox", env=env)
        worker = run("pkg-config", "--variable=worker", "picklebox", env=env).strip()
        program = self.folder / "by-pkg-config"
        run(
            *(OPTIONS.compiler, "-std=c++20", f'-DWORKER="{worker}"'),
            *("-o", program, HERE / "consumer/main.cc"),
            *shlex.split(flags),
        )
        self.vets(program)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--cmake", default="cmake")
    parser.add_argument("--compiler", default="c++")
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
