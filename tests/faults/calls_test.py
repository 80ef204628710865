"""The program is killed at one system call after the other.

It leaves no process behind, and a report that is not there or whole.
"""

from __future__ import annotations

import json
import signal

import common

NEWFSTATAT = "262"


class CallsTest(common.FaultTest):
    """The program scans two files and writes a report to a third."""

    def setUp(self):
        super().setUp()
        self.note = self.folder.parent / f"{self.folder.name}.note"
        self.addCleanup(self.note.unlink, missing_ok=True)

    def injected(self, *how):
        """Run it with a fault; None if the run could not be traced."""
        done = self.run_it(
            *("scan", "--no-config", "--format", "json", "-o", "jsonl:report", "-j", "1"),
            *("clean.pkl", "denied.pkl"),
            before=(common.OPTIONS.injector, "--note", self.note, *how), seconds=100,
        )
        if done.returncode == 125:
            self.skipTest("processes cannot be traced here")
        return done

    def calls(self) -> range:
        """The calls that the program makes, from the first that is its own.

        Before that, libc gets itself ready, and gives up as it likes.
        """
        done = self.injected()
        self.assertEqual(done.returncode, 1, done.stderr)
        numbers = self.note.read_text().split()[1:]
        return range(numbers.index(NEWFSTATAT) + 1, len(numbers) + 1)

    def hit(self) -> str:
        """The number of the call that was hit."""
        return self.note.read_text().split()[0]

    def assert_honest(self, text: bytes, lines: bool, what: str) -> None:
        """Assert that a report, or what there is of it, calls no bad file clean."""
        for line in text.splitlines() if lines else [text]:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            for file in entry.get("files", [entry]):
                if file.get("path") == "denied.pkl":
                    self.assertNotEqual(file["verdict"], "clean", what)

    def test_the_caller_is_killed(self):
        calls = self.calls()
        for at in calls if common.OPTIONS.all else calls[::3]:
            done = self.injected("--at", at, "--signal", int(signal.SIGKILL))
            if self.hit() == "-1":
                continue  # it needed fewer this time
            self.assertEqual(done.returncode, 128 + signal.SIGKILL, at)
            self.assert_honest(done.stdout, False, f"killed at call {at}")
            self.assert_nobody_left()
            # A report is there whole, or not at all.
            report = self.folder / "report"
            if report.exists():
                self.assertEqual(report.read_bytes().count(b"denied.pkl\""), 1)
                report.unlink()
            # Nobody is left who could remove what was being written.
            for left in self.folder.iterdir():
                if left.name not in ("clean.pkl", "denied.pkl"):
                    self.assertTrue(left.name.startswith("report"), left)
                    left.unlink()


if __name__ == "__main__":
    common.main()
