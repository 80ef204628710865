"""What the tests of faults share: running the program and seeing what it left."""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

CALL = b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R."
PLAIN = b"\x80\x02]q\x00(K\x01K\x02e."
OPTIONS = argparse.Namespace(picklebox="picklebox", injector="fault_injector", all=False)
NOBODY = 65534
_PR_SET_CHILD_SUBREAPER = 36

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Read the options of a test and run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--picklebox", required=True)
    parser.add_argument("--injector", default="fault_injector")
    parser.add_argument("--all", action="store_true", help="every call, every error: many minutes")
    _, rest = parser.parse_known_args(namespace=OPTIONS)
    # Whom the program leaves behind becomes a child of this process.
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    unittest.main(argv=[sys.argv[0], *rest])


def children() -> list[int]:
    """Return the living children of this process, after reaping the dead."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    mine = pathlib.Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return [int(pid) for pid in mine.read_text().split()]


class FaultTest(unittest.TestCase):
    """Each test has a folder of its own with a plain file and one that is denied."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="picklebox-faults-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "clean.pkl").write_bytes(PLAIN)
        (self.folder / "denied.pkl").write_bytes(CALL)

    def run_it(self, *arguments, before=(), seconds=60, **options) -> subprocess.CompletedProcess:
        """Run the program to its end, which must come in time."""
        return subprocess.run(
            [*map(str, before), OPTIONS.picklebox, *map(str, arguments)], cwd=self.folder,
            capture_output=True, check=False, timeout=seconds, stdin=subprocess.DEVNULL, **options)

    def scan(self, *arguments, **options) -> tuple[int, dict[str, str]]:
        """Scan, and return the exit status and the verdict of each file."""
        done = self.run_it("scan", "--no-config", "--format", "json", *arguments, **options)
        try:
            report = json.loads(done.stdout)
        except ValueError:
            self.fail(f"exit status {done.returncode}, no report: {done.stdout[-300:]!r} "
                      f"{done.stderr[-300:]!r}")
        return done.returncode, {entry["path"]: entry["verdict"] for entry in report["files"]}

    def assert_nobody_left(self, seconds: float = 3.0) -> None:
        """Assert that within some time no process is left of what was run."""
        end = time.monotonic() + seconds
        while children():
            if time.monotonic() > end:
                left = children()
                for pid in left:
                    os.kill(pid, signal.SIGKILL)
                self.fail(f"processes are left: {left}")
            time.sleep(0.005)
