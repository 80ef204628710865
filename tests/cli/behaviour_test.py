"""What the program does that no golden file can show: signals, pipes, terminals,
permissions, the host.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import pty
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import fixtures

OPTIONS = argparse.Namespace(picklebox="picklebox")
NOBODY = 65534


class Behaviour(unittest.TestCase):
    """Each test has the fixtures in a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="picklebox-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        fixtures.make(self.folder)

    def picklebox(self, *arguments, **options) -> subprocess.CompletedProcess:
        """Run it to its end."""
        return subprocess.run(
            [OPTIONS.picklebox, *arguments],
            cwd=self.folder,
            capture_output=True,
            check=False,
            timeout=60,
            **options,
        )

    def start(self, *arguments, **options) -> subprocess.Popen:
        """Start it on more files than it can scan in a moment."""
        listing = self.folder / "list"
        listing.write_text("denied.pkl\n" * 20_000)
        return subprocess.Popen(
            [OPTIONS.picklebox, "scan", "--files-from", str(listing), *arguments],
            cwd=self.folder,
            **options,
        )

    def test_doctor_names_what_is_required(self):
        done = self.picklebox("doctor")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, rb"on +seccomp .*\(required\)")
        self.assertNotRegex(done.stdout, rb"off .*\(required\)")

    def test_a_reader_that_goes_away_ends_it(self):
        process = self.start(stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertIn(b"denied.pkl: denied", process.stdout.readline())
        process.stdout.close()
        status = process.wait(timeout=20)
        self.assertIn(status, (-signal.SIGPIPE, 2))
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()

    def test_an_interrupt_ends_it_at_once(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start(stdout=subprocess.DEVNULL)
            time.sleep(0.3)
            started = time.monotonic()
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=20), -number)
            self.assertLess(time.monotonic() - started, 5)

    def test_workers_do_not_outlive_it(self):
        process = self.start(stdout=subprocess.DEVNULL)
        time.sleep(0.3)
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        workers = children.read_text().split()
        process.kill()
        process.wait()
        deadline = time.monotonic() + 10
        while any(self.runs(worker) for worker in workers):
            self.assertLess(time.monotonic(), deadline, f"{workers} are still there")
            time.sleep(0.02)

    @staticmethod
    def runs(pid: str) -> bool:
        """Say whether a process exists and is no zombie."""
        try:
            return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except OSError:
            return False

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "wb") as full:
            for command in (["scan"], ["inspect"], ["dis"]):
                done = subprocess.run(
                    [OPTIONS.picklebox, *command, "clean.pkl"],
                    cwd=self.folder,
                    stdout=full,
                    stderr=subprocess.PIPE,
                    check=False,
                    timeout=60,
                )
                self.assertNotEqual(done.returncode, 0, command)
                self.assertIn(b"picklebox: cannot write", done.stderr, command)

    def test_a_terminal_gets_colours_and_progress_and_a_file_gets_none(self):
        environment = {"PATH": os.environ["PATH"], "TERM": "xterm"}
        controller, terminal = pty.openpty()
        process = self.start(stdout=subprocess.DEVNULL, stderr=terminal, env=environment)
        os.close(terminal)
        shown = b""
        while b"of 20000 files" not in shown:
            shown += os.read(controller, 4096)
        process.kill()
        process.communicate()
        os.close(controller)
        process = self.start("-q", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(1)
        process.kill()
        self.assertEqual(process.communicate()[1], b"")
        controller, terminal = pty.openpty()
        subprocess.run(
            [OPTIONS.picklebox, "scan", "clean.pkl"],
            cwd=self.folder,
            stdout=terminal,
            env=environment,
            check=True,
            timeout=60,
        )
        self.assertIn(b"\x1b[32mclean\x1b[0m", os.read(controller, 4096))
        os.close(terminal)
        os.close(controller)

    def test_what_may_not_be_read_is_said_and_not_passed_over(self):
        self.folder.chmod(0o755)
        for name in ("folder/inner", "folder/a.pkl"):
            (self.folder / name).chmod(0)
        options = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
        try:
            done = self.picklebox("scan", "folder", **options)
        except PermissionError:
            self.skipTest("an unprivileged user cannot reach the program")
        finally:
            (self.folder / "folder/inner").chmod(0o755)
        if done.returncode == 4 and b"user namespace" in done.stderr:
            self.skipTest("this host lets only root confine a worker")
        self.assertEqual(done.returncode, 2, done.stderr)
        text = done.stdout.decode()
        self.assertIn("folder/a.pkl: incomplete", text)
        self.assertIn("folder/inner: incomplete", text)
        self.assertIn("input-unreadable  cannot open: Permission denied", text)
        self.assertIn("folder/b.pkl: clean", text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--picklebox", required=True)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
