"""One system call after the other fails, with each error that it may fail with, or
moves one byte only.

Whatever fails, the program ends by itself and in time, calls no bad file clean,
and leaves no process behind. What is to be tried again (EINTR, and all that moved
less than it was asked to) changes nothing of the report.

No futex call fails: libc takes that for damage of its own.
"""

from __future__ import annotations

import errno
import json

import common

# By the number of the call (x86-64), the errors of the manual that the machine, the
# limits of a process, or a disk can be the reason for.
_MEMORY, _FILES = (errno.ENOMEM,), (errno.ENOMEM, errno.EMFILE, errno.ENFILE)
ERRORS = {
    0: (errno.EINTR, errno.EIO),  # read
    1: (errno.EINTR, errno.EIO, errno.ENOSPC, errno.EDQUOT),  # write
    3: (errno.EINTR, errno.EIO),  # close
    9: _MEMORY,  # mmap
    10: _MEMORY,  # mprotect
    16: (errno.ENOMEM,),  # ioctl
    17: (errno.EINTR, errno.EIO, errno.EAGAIN),  # pread64
    18: (errno.EINTR, errno.EIO, errno.ENOSPC),  # pwrite64
    21: (errno.ENOMEM, errno.EACCES),  # access
    28: (errno.ENOMEM, errno.EAGAIN),  # madvise
    45: (errno.EINTR, errno.EAGAIN, errno.ENOMEM, errno.ECONNRESET),  # recvfrom
    46: (errno.EINTR, errno.EAGAIN, errno.ENOMEM, errno.ETOOMANYREFS),  # sendmsg
    48: (errno.ENOTCONN,),  # shutdown
    53: _FILES,  # socketpair
    56: (errno.EAGAIN, errno.ENOMEM),  # clone
    72: (errno.ENOMEM, errno.EMFILE, errno.EBUSY),  # fcntl
    74: (errno.EINTR, errno.EIO, errno.ENOSPC),  # fsync
    77: (errno.EINTR, errno.ENOMEM, errno.ENOSPC),  # ftruncate
    79: _MEMORY,  # getcwd
    82: (errno.EIO, errno.ENOSPC, errno.EACCES),  # rename
    89: (errno.ENOMEM, errno.EIO, errno.ENOENT),  # readlink
    91: (errno.EIO, errno.EPERM),  # fchmod
    247: (errno.EINTR, errno.ECHILD),  # waitid
    257: (errno.EINTR, errno.EIO, errno.EACCES, *_FILES),  # openat
    262: (errno.EIO, errno.ENOMEM, errno.EACCES),  # newfstatat
    271: (errno.EINTR, errno.ENOMEM),  # ppoll
    319: _FILES,  # memfd_create
    435: (errno.EAGAIN, errno.ENOMEM),  # clone3
}
_MOVE = {0, 1, 17, 18}
# Calls that are made again after EINTR.
_AGAIN = {0, 1, 17, 18, 45, 46, 247, 271}


class ErrorsTest(common.FaultTest):
    """The program scans three files and writes a report to a fourth."""

    NAMES = ("clean.pkl", "denied.pkl", "large.pkl")

    def setUp(self):
        super().setUp()
        # Not copied to the worker; read by both.
        (self.folder / "large.pkl").write_bytes(b"]" + b"N0" * 50_000 + common.CALL)
        self.note = self.folder.parent / f"{self.folder.name}.note"
        self.addCleanup(self.note.unlink, missing_ok=True)

    def injected(self, *how):
        """Run it with a fault; the program's end, and its report if there is one."""
        report = self.folder / "report"
        report.unlink(missing_ok=True)
        done = self.run_it(
            *("scan", "--no-config", "--format", "json", "-o", "json:report", "-j", "1"), *self.NAMES,
            before=(common.OPTIONS.injector, "--note", self.note, *how), seconds=100)
        if done.returncode == 125:
            self.skipTest("processes cannot be traced here")
        try:
            verdicts = {f["path"]: f["verdict"] for f in json.loads(report.read_bytes())["files"]}
        except (OSError, ValueError):
            verdicts = None
        return done, verdicts

    def calls(self) -> list[tuple[int, int]]:
        """The calls that the program makes, with their places, from the first of its own."""
        done, verdicts = self.injected()
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(verdicts, self.whole())
        numbers = [int(word) for word in self.note.read_text().split()[1:]]
        first = numbers.index(262) + 1  # newfstatat
        return list(enumerate(numbers, 1))[first:]

    def whole(self) -> dict[str, str]:
        """The verdicts when nothing fails."""
        return {"clean.pkl": "clean", "denied.pkl": "denied", "large.pkl": "denied"}

    def assert_sound(self, done, verdicts, what: str) -> None:
        """Assert what holds whatever failed."""
        self.assertIn(done.returncode, (1, 2, 3, 4), f"{what}: {done.stderr[-500:]!r}")
        for path, verdict in (verdicts or {}).items():
            self.assertIn(verdict, (self.whole()[path], "incomplete"), what)
        if done.returncode != 1:
            self.assertTrue(done.stderr or verdicts, f"{what}: nothing is said")
        self.assert_nobody_left()

    def plan(self) -> list[tuple[int, int, str, int]]:
        """What is injected: place and number of a call, an option and its value."""
        rows = []
        for at, number in self.calls():
            rows += [(at, number, "--errno", error) for error in ERRORS.get(number, ())]
            if number in _MOVE:
                rows.append((at, number, "--size", 1))
        return rows if common.OPTIONS.all else rows[::3]

    def test_whatever_fails(self):
        for at, number, option, value in self.plan():
            done, verdicts = self.injected("--at", at, option, value)
            hit = int(self.note.read_text().split()[0])
            if hit not in ERRORS:
                continue  # the threads went another way this time
            if done.returncode == 127:
                continue  # the loader's, where the program is not static
            name = errno.errorcode[value] if option == "--errno" else "one byte"
            what = f"call {at}, number {hit}, {name}"
            with self.subTest(what):
                if hit == number:
                    self.assert_sound(done, verdicts, what)
                    if option == "--size" or (value == errno.EINTR and hit in _AGAIN):
                        self.assertEqual((done.returncode, verdicts), (1, self.whole()), what)


if __name__ == "__main__":
    common.main()
