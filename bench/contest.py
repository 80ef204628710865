"""Those that take part in a benchmark: their processes and their installation."""

from __future__ import annotations

import json
import os
import pathlib
import select
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


class Unable(Exception):
    """Somebody cannot take part, or could not do one file."""


def make_venv(folder: pathlib.Path, packages: list[str]) -> pathlib.Path:
    """Return the Python of a virtual environment that has `packages`.

    It is made once; remove the folder to have newer versions. Raises Unable if
    it cannot be made, as without a network.
    """
    python = folder / "bin/python"
    mark = folder / "packages"
    wanted = " ".join(packages)
    if mark.exists() and mark.read_text() == wanted:
        return python
    print(f"bench: installing {wanted} ...", file=sys.stderr)
    for command in (
        [sys.executable, "-m", "venv", "--clear", folder],
        [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages],
    ):
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise Unable((done.stderr or done.stdout).strip().splitlines()[-1][:200])
    mark.write_text(wanted)
    return python


class Contender:
    """A process of contender.py, kept for the whole run and replaced if it hangs.

    Parameters
    ----------
    name : str
        As contender.py knows it.
    python : pathlib.Path
        The interpreter, of the environment that has the tool.
    cap : float
        Seconds that one measurement may take.
    """

    def __init__(self, name: str, python: pathlib.Path, cap: float):
        self.name = name
        self.cap = cap
        self.command = [os.fspath(python), os.fspath(HERE / "contender.py"), name]
        self.process: subprocess.Popen | None = None
        self.version = ""
        self.start()

    def start(self) -> None:
        """Start the process; raises Unable if the tool does not even import."""
        # Bytecode beside the sources would be the only thing that it writes.
        env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=env,
        )
        self.version = self.answer(60)["version"]

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def answer(self, seconds: float) -> dict:
        """Return the next line of the process; raises Unable after `seconds`."""
        pipe = self.process.stdout
        ready, _, _ = select.select([pipe], [], [], seconds)
        if not ready:
            self.stop()
            raise Unable(f"took more than {seconds:.0f} s")
        line = pipe.readline()
        if not line:
            self.stop()
            raise Unable("ended without an answer")
        return json.loads(line)

    def measure(self, path: pathlib.Path) -> int:
        """Return the nanoseconds of one load or scan of `path`."""
        if self.process is None:
            self.start()
        self.process.stdin.write(os.fsencode(path) + b"\n")
        self.process.stdin.flush()
        answer = self.answer(self.cap)
        if "error" in answer:
            raise Unable(answer["error"])
        return answer["ns"]


class Picklebox:
    """The programs under test, in a build folder."""

    def __init__(self, build: pathlib.Path):
        self.scan_program = build / "picklebox"
        self.bench_program = build / "picklebox-bench"
        for program in (self.scan_program, self.bench_program):
            if not program.exists():
                raise SystemExit(f"bench: there is no {program}")

    def measure(self, path: pathlib.Path) -> dict:
        """Return what picklebox-bench says of one file; see README.md."""
        command = [self.bench_program, "--policy", HERE / "policy.toml", path]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"bench: picklebox-bench {path}: {done.stderr.strip()}")
        result = json.loads(done.stdout)
        return {**result["files"][0], **{k: v for k, v in result.items() if k != "files"}}

    def version(self) -> str:
        """Return the line that `picklebox --version` prints."""
        return subprocess.check_output([self.scan_program, "--version"], text=True).strip()
