"""The world around the program is not as it should be: files that are none, that
change while they are read, disks that are full, hosts that lack something.

The program ends in time, says of each file what is true of it, and leaves nothing.
"""

from __future__ import annotations

import ctypes
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import threading
import time

import common

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_SYS_SECCOMP, _SYS_PRCTL = 317, 157
_ENOSYS, _EPERM = 38, 1


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8),
                ("k", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Instruction))]


def forbid(*calls: int, error: int = _ENOSYS):
    """Return what, run in a child before exec, makes these calls fail there."""
    rows = [(0x20, 0, 0, 0)]
    for number in calls:
        rows += [(0x15, 0, 1, number), (0x06, 0, 0, 0x00050000 | error)]
    rows.append((0x06, 0, 0, 0x7FFF0000))
    array = (_Instruction * len(rows))(*[_Instruction(*row) for row in rows])
    program = _Program(len(rows), array)

    def apply() -> None:
        if common.libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            os._exit(125)
        if common.libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
            os._exit(125)

    return apply


def works(*command: str) -> bool:
    """Whether a command of the system can be run here."""
    if shutil.which(command[0]) is None:
        return False
    done = subprocess.run([*command, "true"], check=False, capture_output=True, timeout=20)
    return done.returncode == 0


class Inputs(common.FaultTest):
    """Files that are none, or do not stay as they are."""

    def test_what_is_no_file_is_said_and_not_waited_for(self):
        os.mkfifo(self.folder / "pipe")
        (self.folder / "link").symlink_to("nowhere")
        (self.folder / "loop").symlink_to("loop")
        names = ["pipe", "link", "loop", "/dev/zero", "/dev/full", "/proc/self/mem", "/proc/kmsg",
                 "denied.pkl", "clean.pkl"]
        status, verdicts = self.scan(*names)
        self.assertEqual(status, 1)
        self.assertEqual(set(verdicts), set(names))
        self.assertEqual(verdicts.pop("denied.pkl"), "denied")
        self.assertEqual(verdicts.pop("clean.pkl"), "clean")
        for name, verdict in verdicts.items():
            self.assertIn(verdict, ("incomplete", "unsupported"), name)

    def test_files_of_proc_have_no_size_and_are_not_clean(self):
        # They say that they are empty, and are not.
        status, verdicts = self.scan("/proc/self/status", "/proc/version", "denied.pkl")
        self.assertEqual(status, 1)
        self.assertNotIn("clean", verdicts.values())

    def test_a_folder_that_may_not_be_read(self):
        closed = self.folder / "closed"
        closed.mkdir()
        (closed / "hidden.pkl").write_bytes(common.CALL)
        closed.chmod(0)
        self.folder.chmod(0o755)
        options = {}
        if os.geteuid() == 0:
            if not os.access(common.OPTIONS.picklebox, os.X_OK) or self.out_of_reach():
                self.skipTest("nobody else may run this build")
            options = {"user": common.NOBODY, "group": common.NOBODY, "extra_groups": []}
        done = self.run_it("scan", "--no-config", "--format", "json", ".", **options)
        self.assertEqual(done.returncode, 1, done.stderr)
        verdicts = {f["path"]: f["verdict"] for f in json.loads(done.stdout)["files"]}
        self.assertEqual(verdicts.get("./clean.pkl", verdicts.get("clean.pkl")), "clean")
        self.assertIn(b"closed", done.stdout + done.stderr)

    def out_of_reach(self) -> bool:
        """Whether another user cannot get to the program."""
        for folder in pathlib.Path(common.OPTIONS.picklebox).resolve().parents:
            if not folder.stat().st_mode & 0o001:
                return True
        return False

    def test_files_that_grow_shrink_and_change_while_they_are_read(self):
        names = []
        for number in range(12):
            name = f"moving-{number}.pkl"
            (self.folder / name).write_bytes(b"]" + b"N0" * 200_000 + common.CALL)
            names.append(name)
        stop = threading.Event()

        def move() -> None:
            turn = 0
            while not stop.is_set():
                path = self.folder / names[turn % len(names)]
                size = (0, 10, 399_990, 400_030, 1_000_000)[turn % 5]
                os.truncate(path, size)
                with path.open("r+b") as file:
                    file.seek(turn % 1000)
                    file.write(b"\x80\x04N.")
                turn += 1

        mover = threading.Thread(target=move)
        mover.start()
        try:
            for _ in range(3):
                status, verdicts = self.scan(*names, "denied.pkl", "clean.pkl")
                self.assertEqual(status, 1)
                self.assertEqual(verdicts["denied.pkl"], "denied")
                self.assertEqual(verdicts["clean.pkl"], "clean")
                self.assertEqual(len(verdicts), len(names) + 2)
        finally:
            stop.set()
            mover.join()
        self.assert_nobody_left()

    def test_two_thousand_files_with_few_descriptors(self):
        many = self.folder / "many"
        many.mkdir()
        for number in range(2000):
            (many / f"{number}.pkl").write_bytes(common.CALL if number % 2 else common.PLAIN)

        def few() -> None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

        # Eight workers side by side want more than there are: then a file may be
        # incomplete, for a reason that is said, and is nothing worse.
        for jobs, also in ((2, set()), (8, {"incomplete"})):
            status, verdicts = self.scan("-j", jobs, "many", preexec_fn=few, seconds=300)
            self.assertEqual(status, 1)
            self.assertEqual(len(verdicts), 2000)
            for path, verdict in verdicts.items():
                is_denied = int(pathlib.Path(path).stem) % 2
                self.assertIn(verdict, also | {"denied" if is_denied else "clean"}, path)


class Outputs(common.FaultTest):
    """Disks that are full."""

    def test_a_full_standard_output(self):
        with pathlib.Path("/dev/full").open("wb") as full:
            done = subprocess.run([common.OPTIONS.picklebox, "scan", "--no-config", "clean.pkl"],
                                  cwd=self.folder, stdout=full, stderr=subprocess.PIPE, check=False,
                                  timeout=60)
        self.assertEqual(done.returncode, 4)
        self.assertIn(b"cannot write", done.stderr)

    def test_a_disk_that_fills_up(self):
        if os.geteuid() != 0 or not works("unshare", "-m"):
            self.skipTest("no disk of our own can be made here")
        many = self.folder / "many"
        many.mkdir()
        for number in range(400):
            (many / f"{number}.pkl").write_bytes(common.CALL)
        script = ("mkdir small && mount -t tmpfs -o size=16k none small && echo before > small/report && "
                  '"$0" scan --no-config -q -o json:small/report many; '
                  "status=$?; ls small; cat small/report; exit $status")
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", script, common.OPTIONS.picklebox],
            cwd=self.folder, capture_output=True, check=False, timeout=120)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(b"No space left on device", done.stderr)
        self.assertTrue(done.stdout.endswith(b"report\nbefore\n"), done.stdout[-200:])


class Hosts(common.FaultTest):
    """Hosts that lack something."""

    def test_without_seccomp_nothing_is_opened(self):
        for calls in ((_SYS_SECCOMP,), (_SYS_SECCOMP, _SYS_PRCTL)):
            done = self.run_it("scan", "--no-config", "clean.pkl", "denied.pkl",
                               preexec_fn=forbid(*calls))
            self.assertNotIn(done.returncode, (0, 1, 125))
            self.assertNotIn(b"clean.pkl: clean", done.stdout)
            self.assertIn(b"seccomp", done.stderr)
            doctor = self.run_it("doctor", preexec_fn=forbid(*calls))
            self.assertNotEqual(doctor.returncode, 0)

    def test_without_namespaces(self):
        # What Docker's filter forbids, as ENOSYS or EPERM: clone3, unshare,
        # setns, and for a user namespace its number is set to none.
        for error in (_ENOSYS, _EPERM):
            status, verdicts = self.scan(
                "clean.pkl", "denied.pkl", preexec_fn=forbid(435, 272, 308, 161, error=error))
            self.assertEqual(status, 1)
            self.assertEqual(verdicts, {"clean.pkl": "clean", "denied.pkl": "denied"})

    def test_within_namespaces(self):
        tried = 0
        for ways in (("unshare", "-Ur"), ("unshare", "-U"), ("unshare", "-Urpf", "--mount-proc"),
                     ("unshare", "-Urn")):
            if not works(*ways):
                continue
            tried += 1
            status, verdicts = self.scan("clean.pkl", "denied.pkl", before=ways)
            self.assertEqual(status, 1, ways)
            self.assertEqual(verdicts, {"clean.pkl": "clean", "denied.pkl": "denied"}, ways)
        if not tried:
            self.skipTest("no namespaces here")

    def test_where_no_user_namespace_can_be_made(self):
        if not works("unshare", "-Ur"):
            self.skipTest("no namespaces here")
        status, verdicts = self.scan(
            "clean.pkl", "denied.pkl",
            before=("unshare", "-Ur", "sh", "-c",
                    'echo 0 > /proc/sys/user/max_user_namespaces; exec "$0" "$@"'))
        self.assertEqual(status, 1)
        self.assertEqual(verdicts, {"clean.pkl": "clean", "denied.pkl": "denied"})

    def test_little_memory(self):
        # Too little for the arena of a worker: no verdict, and no crash.
        def little() -> None:
            resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))

        status, verdicts = self.scan("clean.pkl", "denied.pkl", preexec_fn=little)
        self.assertNotEqual(status, 0)
        self.assertNotEqual(verdicts.get("denied.pkl"), "clean")


class Killed(common.FaultTest):
    """Zygotes and workers are killed while files are scanned."""

    def test_the_report_is_whole(self):
        for number in range(300):
            (self.folder / f"{number}.pkl").write_bytes(b"]" + b"N0" * 20_000 + common.CALL)
        names = [f"{number}.pkl" for number in range(300)]
        for delay in (0.05, 0.2, 0.8, 3.2):
            status, out, said = self.scan_and_kill(names, delay)
            if out:
                break
            # Nothing stood yet: then nothing is scanned, and that is said.
            self.assertNotEqual(status, 0)
            self.assertIn(b"worker", said)
        verdicts = {f["path"]: f["verdict"] for f in json.loads(out)["files"]}
        self.assertEqual(sorted(verdicts), sorted(names), said)
        self.assertLessEqual(set(verdicts.values()), {"denied", "incomplete"})
        self.assertIn(status, (1, 2))
        self.assert_nobody_left()

    def scan_and_kill(self, names: list[str], delay: float) -> tuple[int, bytes, bytes]:
        """Scan, and kill whatever is started by it from some seconds after its start on."""
        started = subprocess.Popen(
            [common.OPTIONS.picklebox, "scan", "--no-config", "--format", "json", "-j", "2", *names],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        killed = 0
        stop = threading.Event()

        def kill_some() -> None:
            nonlocal killed
            time.sleep(delay)
            while not stop.is_set():
                for pid in below(started.pid):
                    try:
                        os.kill(pid, signal.SIGKILL)
                        killed += 1
                    except ProcessLookupError:
                        pass
                time.sleep(0.02)

        killer = threading.Thread(target=kill_some)
        killer.start()
        try:
            out, said = started.communicate(timeout=200)
        finally:
            stop.set()
            killer.join()
        self.assertGreater(killed, 0)
        return started.returncode, out, said


def below(pid: int) -> list[int]:
    """Return the processes that a process started, and those that these did."""
    found = []
    try:
        tasks = [*pathlib.Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # it is gone
        return found
    for task in tasks:
        try:
            pids = [int(text) for text in task.read_text().split()]
        except OSError:
            continue
        for child in pids:
            found += [*below(child), child]
    return found


if __name__ == "__main__":
    common.main()
