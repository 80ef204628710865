"""Reports on the command line: files that they go to, what is accepted or known,
configurations, parts of a run, and names that want to do harm.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import pickle
import pty
import re
import resource
import stat
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import fixtures

OPTIONS = argparse.Namespace(picklebox="picklebox")
FORMATS = ("text", "concise", "json", "jsonl", "sarif", "markdown", "junit")
TOMORROW = "2999-12-31"
YESTERDAY = "2001-01-01"


class Reports(unittest.TestCase):
    """Each test has the fixtures in a folder of its own, two below another."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="picklebox-reports-")
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name).resolve()
        self.folder = self.top / "project" / "work"
        self.folder.mkdir(parents=True)
        fixtures.make(self.folder)

    def picklebox(self, *arguments, expect=None, env=None, cwd=None, **options):
        """Run it to its end; `expect` is its exit status."""
        environment = {"PATH": os.environ["PATH"], **(env or {})}
        done = subprocess.run(
            [OPTIONS.picklebox, *map(os.fspath, arguments)],
            cwd=cwd or self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=60,
            **options,
        )
        if expect is not None:
            self.assertEqual(done.returncode, expect, (arguments, done.stdout, done.stderr))
        return done

    def report(self, *arguments, **options) -> dict:
        """Return the JSON of a scan."""
        return json.loads(self.picklebox("scan", "--format", "json", *arguments, **options).stdout)

    def fingerprints(self, *paths) -> list[str]:
        """Return those of all findings of some files."""
        files = self.report(*paths)["files"]
        return [f["fingerprint"] for file in files for f in file["findings"]]

    def accept(self, *fingerprints, expires=TOMORROW, name="accept.toml") -> pathlib.Path:
        """Write a configuration that accepts some findings."""
        text = "".join(
            f'[[accept]]\nfingerprint = "{print_}"\nreason = "we know"\nexpires = {expires}\n'
            for print_ in fingerprints
        )
        path = self.folder / name
        path.write_text(text)
        return path

    # ------------------------------------------------------------ outputs

    def test_all_formats_at_once_say_the_same_as_alone(self):
        outputs = [word for f in FORMATS for word in ("-o", f"{f}:out.{f}")]
        self.picklebox("scan", *outputs, "folder", "README", "broken.pkl", "cut.pkl", expect=1)
        whole = json.loads((self.folder / "out.json").read_text())
        saved = {f: (self.folder / f"out.{f}").read_text() for f in FORMATS}
        for style, text in saved.items():
            again = self.picklebox("report", "out.json", "--format", style, expect=1)
            self.assertEqual(again.stdout.decode(), text, style)
        self.assertEqual(len(saved["jsonl"].splitlines()), whole["summary"]["files"] + 1)
        self.assertEqual(
            len(xml.etree.ElementTree.fromstring(saved["junit"]).findall(".//testcase")),
            whole["summary"]["files"],
        )
        (run,) = json.loads(saved["sarif"])["runs"]
        findings = [
            f
            for file in whole["files"]
            if file["verdict"] != "unsupported"
            for f in file["findings"]
        ]
        self.assertEqual(len(run["results"]), len(findings))
        self.assertGreater(len(findings), 2)

    def test_a_place_that_cannot_be_written_is_an_error_before_the_scan(self):
        for place in ("nowhere/out.json", "folder"):
            done = self.picklebox("scan", "-o", f"json:{place}", "clean.pkl", expect=4)
            self.assertIn(f"picklebox: cannot write {place}: ".encode(), done.stderr)
            self.assertEqual(done.stdout, b"")

    def test_outputs_that_make_no_sense_are_refused(self):
        for output in ("json", "json:", "yaml:out", ":out"):
            done = self.picklebox("scan", "-o", output, "clean.pkl", expect=4)
            self.assertIn(b"--output wants FORMAT:FILE", done.stderr)

    def test_a_full_disk_is_an_error_and_the_other_outputs_are_whole(self):
        done = self.picklebox(
            *("scan", "-o", "json:/dev/full", "-o", "jsonl:good.jsonl", "clean.pkl"), expect=4
        )
        self.assertIn(b"cannot write /dev/full: No space left on device", done.stderr)
        self.assertIn(b"clean.pkl: clean", done.stdout)
        rows = (self.folder / "good.jsonl").read_text().splitlines()
        self.assertIn("summary", json.loads(rows[-1]))
        done = self.picklebox("scan", "-o", "json:/dev/full", "denied.pkl")
        self.assertEqual(done.returncode, 1)

    def test_what_was_there_stays_until_all_is_written(self):
        old = self.folder / "old.json"
        old.write_text("precious")
        before = set(os.listdir(self.folder))

        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

        done = self.picklebox(
            "scan", "-o", "sarif:old.json", "clean.pkl", preexec_fn=small_files, expect=None
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(old.read_text(), "precious")
        leftovers = {n for n in set(os.listdir(self.folder)) - before if done.returncode > 0}
        self.assertEqual(leftovers, set())

    def test_an_output_takes_the_place_of_what_was_there(self):
        old = self.folder / "old.json"
        old.write_text("x" * 100_000)
        old.chmod(0o640)
        (self.folder / "link.json").symlink_to("old.json")
        self.picklebox("scan", "-o", "json:link.json", "clean.pkl", expect=0)
        self.assertTrue((self.folder / "link.json").is_symlink())
        self.assertEqual(json.loads(old.read_text())["summary"]["clean"], 1)
        self.assertEqual(stat.S_IMODE(old.stat().st_mode), 0o640)
        self.picklebox("scan", "-o", "json:new.json", "clean.pkl", expect=0, umask=0o027)
        self.assertEqual(stat.S_IMODE((self.folder / "new.json").stat().st_mode), 0o640)
        self.picklebox("scan", "-o", "json:/dev/null", "clean.pkl", expect=0)
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    # ------------------------------------------------------------ answers

    def test_an_accepted_file_is_clean_and_says_by_what(self):
        config = self.accept(*self.fingerprints("denied.pkl"))
        done = self.picklebox("scan", "--config", config, "denied.pkl", expect=0)
        self.assertIn(b"denied.pkl: clean (1 accepted)", done.stdout)
        self.assertIn(b"1 clean; 1 finding accepted\n", done.stdout)
        self.assertNotIn(b"global-denied", done.stdout)
        done = self.picklebox(
            "scan", "--config", config, "--show-accepted", "denied.pkl", expect=0
        )
        self.assertIn(b"global-denied", done.stdout)
        self.assertIn(b"accepted: we know", done.stdout)
        (file,) = self.report("--config", config, "denied.pkl")["files"]
        self.assertEqual(file["findings"][0]["standing"], "accepted")

    def test_an_acceptance_is_for_one_content_whatever_its_name(self):
        config = self.accept(*self.fingerprints("denied.pkl"))
        content = (self.folder / "denied.pkl").read_bytes()
        (self.folder / "moved.pkl").write_bytes(content)
        (self.folder / "other.pkl").write_bytes(content.replace(b"true", b"trUe"))
        self.picklebox("scan", "--config", config, "moved.pkl", expect=0)
        self.picklebox("scan", "--config", config, "other.pkl", expect=1)

    def test_standard_input_and_large_files_have_the_same_fingerprints(self):
        big = pickle.dumps("x" * 300_000)[:-1] + b"0" + fixtures.CALL[2:]
        (self.folder / "big.pkl").write_bytes(big)
        (print_,) = self.fingerprints("big.pkl")
        piped = subprocess.run(
            [OPTIONS.picklebox, "scan", "--format", "json", "-"],
            input=big,
            capture_output=True,
            check=False,
            timeout=60,
        )
        (file,) = json.loads(piped.stdout)["files"]
        self.assertEqual([f["fingerprint"] for f in file["findings"]], [print_])

    def test_an_acceptance_expires(self):
        config = self.accept(*self.fingerprints("denied.pkl"), expires=YESTERDAY)
        done = self.picklebox("scan", "--config", config, "denied.pkl", expect=1)
        self.assertIn(b"expired on 2001-01-01", done.stderr)

    def test_what_is_incomplete_stays_so_and_can_be_excused(self):
        config = self.accept(*self.fingerprints("broken.pkl"))
        done = self.picklebox("scan", "--config", config, "broken.pkl", expect=0)
        self.assertIn(b"broken.pkl: incomplete (1 accepted)", done.stdout)
        self.assertIn(b"1 incomplete (1 excused)", done.stdout)
        done = self.picklebox("scan", "--config", config, "broken.pkl", "cut.pkl", expect=2)
        self.assertIn(b"2 incomplete (1 excused)", done.stdout)

    def test_what_could_not_be_read_cannot_be_accepted(self):
        self.assertEqual(self.fingerprints("missing.pkl"), [""])

    def test_a_baseline_leaves_what_is_new(self):
        self.picklebox("scan", "-q", "-o", "json:base.json", "denied.pkl", "broken.pkl", expect=1)
        options = ("--baseline", "base.json")
        done = self.picklebox("scan", *options, "denied.pkl", "broken.pkl", expect=0)
        self.assertIn(b"denied.pkl: clean (1 known)", done.stdout)
        self.assertIn(b"2 findings known", done.stdout)
        done = self.picklebox("scan", *options, "denied.pkl", "python2.pkl", expect=1)
        self.assertIn(b"python2.pkl: denied", done.stdout)
        sarif = self.picklebox("scan", *options, "--format", "sarif", "denied.pkl", "python2.pkl")
        (run,) = json.loads(sarif.stdout)["runs"]
        states = [result["baselineState"] for result in run["results"]]
        self.assertEqual(states, ["unchanged", "new"])
        # What it wrote is a baseline again.
        report = self.picklebox("scan", *options, "--format", "json", "denied.pkl", expect=0)
        (self.folder / "again.json").write_bytes(report.stdout)
        self.picklebox("scan", "--baseline", "again.json", "denied.pkl", expect=0)

    def test_a_baseline_that_is_none_is_an_error(self):
        (self.folder / "bad.json").write_text('{"schema_version": 1,\n "files": 7}')
        done = self.picklebox("scan", "--baseline", "bad.json", "clean.pkl", expect=4)
        self.assertIn(b"bad.json: files: must be a list", done.stderr)
        self.picklebox("scan", "--baseline", "missing.json", "clean.pkl", expect=4)

    # ------------------------------------------------------------ configurations

    def test_the_nearest_configuration_counts_unless_another_is_named(self):
        near, far = self.folder / "picklebox.toml", self.top / "project" / "picklebox.toml"
        far.write_text('format = "jsonl"\n')
        scan = ("scan", "clean.pkl")
        self.assertTrue(self.picklebox(*scan).stdout.startswith(b'{"schema_version"'))
        near.write_text('format = "markdown"\n')
        self.assertTrue(self.picklebox(*scan).stdout.startswith(b"## picklebox"))
        named = self.folder / "named.toml"
        named.write_text('format = "junit"\n')
        env = {"PICKLEBOX_CONFIG": os.fspath(named)}
        self.assertTrue(self.picklebox(*scan, env=env).stdout.startswith(b"<?xml"))
        done = self.picklebox(*scan, "--config", far, env=env)
        self.assertTrue(done.stdout.startswith(b'{"schema_version"'))
        done = self.picklebox(*scan, "--config", far, "--format", "text", env=env)
        self.assertTrue(done.stdout.startswith(b"clean.pkl: clean"))
        done = self.picklebox(*scan, "--no-config")
        self.assertTrue(done.stdout.startswith(b"clean.pkl: clean"))

    def test_a_configuration_within_what_is_scanned_is_not_used(self):
        prints = self.fingerprints("denied.pkl")
        planted = self.accept(*prints, name="picklebox.toml")
        for target in (".", self.folder, "../work/", self.folder / "folder" / ".."):
            done = self.picklebox("scan", target)
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"lies in what is scanned and is not used", done.stderr)
            self.assertIn(b"denied.pkl: denied", done.stdout)
        link = self.top / "link"
        link.symlink_to(self.folder)
        self.assertIn(b"is not used", self.picklebox("scan", link).stderr)
        listing = self.top / "list"
        listing.write_text(".\n")
        done = self.picklebox("scan", "--files-from", listing)
        self.assertIn(b"is not used", done.stderr)
        # From below it, or of single files, it is nobody's but the user's.
        self.picklebox("scan", "denied.pkl", expect=0)
        self.picklebox("scan", "--config", planted, "folder", expect=0)

    def test_a_configuration_of_another_user_is_not_used(self):
        if os.getuid() != 0:
            self.skipTest("only root can give files away")
        planted = self.top / "project" / "picklebox.toml"
        planted.write_text('format = "jsonl"\n')
        os.chown(planted, 65534, 65534)
        done = self.picklebox("scan", "clean.pkl", expect=0)
        self.assertIn(b"belongs to another user and is not used", done.stderr)
        self.assertTrue(done.stdout.startswith(b"clean.pkl: clean"))

    def test_a_configuration_sets_policy_limits_outputs_and_what_is_left_out(self):
        config = self.folder / "all.toml"
        config.write_text(
            'policy = "policy.toml"\noutput = ["json:r.json"]\nexclude = ["b.pkl", "folder/inner"]\n'
            'jobs = 1\n[limits]\ninput = "60"\n'
        )
        done = self.picklebox("scan", "--config", config, "folder", "denied.pkl")
        self.assertIn(b"denied.pkl: clean", done.stdout)
        self.assertIn(b"limit-input", done.stdout)
        self.assertIn(b"2 files excluded", done.stdout)
        report = json.loads((self.folder / "r.json").read_text())
        self.assertEqual(report["summary"]["excluded"], 2)
        done = self.picklebox("scan", "--config", config, "--limit", "input=1MiB", "folder/a.pkl")
        self.assertEqual(done.returncode, 0)

    def test_mistakes_in_a_configuration_have_a_place(self):
        (self.folder / "bad.toml").write_text("jobs = 1\ncolour = 2\n")
        done = self.picklebox("scan", "--config", "bad.toml", "clean.pkl", expect=4)
        self.assertIn(b"bad.toml:2:1: unknown key 'colour'", done.stderr)
        self.picklebox("scan", "--config", "missing.toml", "clean.pkl", expect=4)
        self.picklebox("scan", "--config", "x", "--no-config", "clean.pkl", expect=4)

    # ------------------------------------------------------------ parts of a run

    def test_shards_are_all_of_it_and_stay_where_they_are(self):
        folder = self.folder / "lots"
        folder.mkdir()
        for i in range(60):
            (folder / f"{i}.pkl").write_bytes(pickle.dumps(i))

        def shards():
            return [
                {f["path"] for f in self.report("lots", "--shard", f"{i}/4")["files"]}
                for i in range(1, 5)
            ]

        parts = shards()
        self.assertEqual(sum(map(len, parts)), 60)
        self.assertEqual(set().union(*parts), {f"lots/{i}.pkl" for i in range(60)})
        self.assertTrue(all(5 <= len(part) <= 25 for part in parts), parts)
        (folder / "7.pkl").unlink()
        for before, after in zip(parts, shards()):
            self.assertEqual(before - {"lots/7.pkl"}, after)
        for bad in ("0/4", "5/4", "1/0", "1", "a/b", "1/4/2"):
            self.picklebox("scan", "--shard", bad, "lots", expect=4)

    def test_shards_merge_to_the_whole(self):
        whole = self.report("folder", "denied.pkl", "broken.pkl", "clean.pkl")
        for i in (1, 2, 3):
            self.picklebox(
                *("scan", "-q", "-o", f"json:{i}.json", "--shard", f"{i}/3"),
                *("folder", "denied.pkl", "broken.pkl", "clean.pkl"),
            )
        names = ["1.json", "2.json", "3.json"]
        done = self.picklebox("report", "--format", "json", *names, expect=1)
        merged = json.loads(done.stdout)
        for report in (whole, merged):
            report["files"].sort(key=lambda file: file["path"])
            report["summary"]["seconds"] = 0
        self.assertEqual(merged, whole)

    def test_exclude_takes_names_and_paths(self):
        def scanned(*patterns):
            words = [word for pattern in patterns for word in ("--exclude", pattern)]
            report = self.report("folder", *words)
            return {f["path"] for f in report["files"]}, report["summary"]["excluded"]

        a, b, inner = "folder/a.pkl", "folder/b.pkl", "folder/inner/denied.pkl"
        self.assertEqual(scanned(), ({a, b, inner}, 0))
        self.assertEqual(scanned("[ab].pkl"), ({inner}, 2))
        self.assertEqual(scanned("inner"), ({a, b}, 1))
        self.assertEqual(scanned("folder/*.pkl"), ({inner}, 2))
        self.assertEqual(scanned("folder/i*"), ({a, b}, 1))
        self.assertEqual(scanned("*/denied.pkl"), ({a, b, inner}, 0))
        self.assertEqual(scanned("*.onnx", "b.pkl"), ({a, inner}, 1))
        self.assertEqual(scanned("folder"), (set(), 3))

    def test_exit_status_on_request(self):
        for path, status in (("denied.pkl", 1), ("broken.pkl", 2), ("clean.pkl", 0)):
            self.picklebox("scan", path, expect=status)
            self.picklebox("scan", "--exit-zero", path, expect=0)
        self.picklebox("scan", "--exit-zero", "README", expect=3)
        self.picklebox("scan", "--allow-nothing", "README", expect=0)
        self.picklebox("scan", "--allow-nothing", "denied.pkl", expect=1)
        self.picklebox("scan", "--exit-zero", "--limit", "colour=1", "clean.pkl", expect=4)

    def test_report_says_what_is_wrong(self):
        for text, said in (
            (b'{\n  "files"\n}', b"bad.json:3:1: this is no JSON"),
            (b"[]", b"bad.json: must be an object"),
            (b"\xff\x00", b"bad.json:1:1: this is no JSON"),
        ):
            (self.folder / "bad.json").write_bytes(text)
            done = self.picklebox("report", "bad.json", expect=4)
            self.assertIn(said, done.stderr)
        self.assertIn(b"cannot open missing.json", self.picklebox("report", "missing.json").stderr)
        self.picklebox("report", expect=4)

    # ------------------------------------------------------------ terminals

    def on_terminal(self, *arguments, env=None, columns=100) -> bytes:
        """Return what it writes to a terminal."""
        controller, terminal = pty.openpty()
        environment = {"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": str(columns)}
        process = subprocess.Popen(
            [OPTIONS.picklebox, *arguments],
            cwd=self.folder,
            env={**environment, **(env or {})},
            stdout=terminal,
            stderr=terminal,
        )
        os.close(terminal)
        shown = b""
        while True:
            try:
                piece = os.read(controller, 4096)
            except OSError:  # the other end is closed
                break
            shown += piece
        process.wait(timeout=60)
        os.close(controller)
        return shown

    def test_colours_go_by_the_usual_variables(self):
        def coloured(**env):
            return b"\x1b[" in self.on_terminal("scan", "clean.pkl", env=env)

        self.assertTrue(coloured())
        self.assertFalse(coloured(NO_COLOR="1"))
        self.assertTrue(coloured(NO_COLOR=""))
        self.assertFalse(coloured(TERM="dumb"))
        self.assertFalse(coloured(CLICOLOR="0"))
        self.assertTrue(coloured(TERM="dumb", CLICOLOR_FORCE="1"))
        self.assertFalse(coloured(NO_COLOR="1", CLICOLOR_FORCE="1"))

        def piped(*flags, **env):
            return b"\x1b[" in self.picklebox("scan", *flags, "clean.pkl", env=env).stdout

        self.assertFalse(piped())
        self.assertTrue(piped(CLICOLOR_FORCE="1"))
        self.assertFalse(piped(CLICOLOR_FORCE="0"))
        self.assertTrue(piped("--color", "always", NO_COLOR="1"))
        self.assertFalse(piped("--color", "never", CLICOLOR_FORCE="1"))
        self.assertFalse(piped("--format", "json", CLICOLOR_FORCE="1"))

    def test_messages_wrap_at_the_width_of_the_terminal(self):
        def widest(columns):
            shown = self.on_terminal("scan", "names.pkl", columns=columns)
            rows = re.sub(rb"\x1b\[[0-9;]*m", b"", shown).replace(b"\r", b"").split(b"\n")
            return max(len(row) for row in rows if b"No rule is shown" not in row)

        self.assertLessEqual(widest(60), 60)
        self.assertGreater(widest(1000), 100)

    def test_progress_only_where_somebody_looks(self):
        (self.folder / "list").write_text("denied.pkl\n" * 8_000)
        scan = ("scan", "--format", "concise", "--files-from", "list")
        shown = self.on_terminal(*scan, "-o", "jsonl:/dev/null")
        self.assertRegex(
            shown, rb"of 8000 files, \d+ a second, \d+\.\d MB/s, \d+:\d\d left"
        )
        for flags, env in ((["-q"], {}), ([], {"CI": "true"}), ([], {"TERM": "dumb"})):
            self.assertNotIn(b"of 8000 files", self.on_terminal(*scan, *flags, env=env))

    # ------------------------------------------------------------ names

    HOSTILE = (
        b"::error file=x::pwned",
        b"a\n::stop-commands::x",
        b"##[group]x",
        b"##vso[task.x]y",
        b"%0A::error::",
        b"<img src=x onerror=alert(1)>",
        b"]]><x>&amp;",
        b"[a](javascript:alert(1))",
        b"|`*_@everyone",
        b"\x1b]0;title\x07\x9b31m",
        "\u202egnp.lkp".encode(),
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b'"quoted\\"',
        b"-o json:x",
    )

    def hostile_files(self):
        """Make files that are called so and hold globals that are called so."""
        folder = os.fsencode(self.folder) + b"/hostile"
        os.mkdir(folder)
        for name in self.HOSTILE:
            module = name.replace(b"\n", b" ")
            body = b"\x80\x04"
            for text in (module, name):
                body += b"X" + len(text).to_bytes(4, "little") + text
            with open(folder + b"/" + name.replace(b"/", b"_"), "wb") as file:
                file.write(body + b"\x93.")
        with open(folder + b"/nul", "wb") as file:
            file.write(b"\x80\x04X\x03\0\0\0a\0bX\x03\0\0\0c\0d\x93.")

    def test_hostile_names_do_no_harm_in_any_format(self):
        self.hostile_files()
        whole = self.report(".", cwd=self.folder / "hostile")
        names = len(self.HOSTILE) + 1
        self.assertEqual(len(whole["files"]), names)
        self.assertGreater(whole["summary"]["denied"], names // 2)
        for style in FORMATS:
            for flags in ((), ("-v", "--show-accepted")):
                done = self.picklebox(
                    "scan", "--format", style, *flags, ".", cwd=self.folder / "hostile", expect=1
                )
                text = done.stdout.decode("ascii")
                with self.subTest(style):
                    self.assertRegex(text, r"\A[\n -~]*\Z")
                    self.assertNotRegex(text, r"(?m)^\s*::")
                    self.assertNotRegex(text, r"##[a-zA-Z]*\[")
                    if style in ("markdown", "junit"):
                        self.assertNotIn("<img", text)
        text = self.picklebox("scan", "--format", "junit", "hostile").stdout
        cases = xml.etree.ElementTree.fromstring(text).findall(".//testcase")
        self.assertEqual(len(cases), names)

    def test_hostile_names_in_complaints_do_no_harm(self):
        for name in self.HOSTILE:
            for command in (
                ["scan", "--config", name, "x"],
                ["scan", "--baseline", name, "x"],
                ["scan", "--policy", name, "x"],
                ["scan", "-o", b"json:nowhere/" + name, "x"],
                ["report", name],
                ["dis", b"./" + name],
                ["explain", name],
            ):
                words = [w if isinstance(w, bytes) else w.encode() for w in command]
                done = subprocess.run(
                    [os.fsencode(OPTIONS.picklebox), *words],
                    cwd=self.folder,
                    capture_output=True,
                    check=False,
                    timeout=60,
                )
                self.assertNotEqual(done.returncode, 0)
                text = (done.stdout + done.stderr).decode("ascii")
                self.assertRegex(text, r"\A[\n -~]*\Z")
                self.assertNotRegex(text, r"(?m)^\s*::")
                self.assertNotRegex(text, r"##[a-zA-Z]*\[")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--picklebox", required=True)
    OPTIONS, rest = parser.parse_known_args()
    OPTIONS.picklebox = os.path.abspath(OPTIONS.picklebox)
    unittest.main(argv=[sys.argv[0], *rest])
