"""The JSON report, read back and held against its schema.

json_report_test.py REPORT_SAMPLE SCHEMA; needs jsonschema (the Debian package
python3-jsonschema).
"""

import copy
import json
import subprocess
import sys
import unittest

import jsonschema

SAMPLE = ""
SCHEMA_PATH = ""

# What HostileText() of sample_files.h is in JSON: a lone surrogate is spelled, and
# a byte that is no UTF-8 comes out as U+FFFD.
HOSTILE = "\x1b[31m\n\"\\'\0\u202e\\ud800\ufffd"


def sample(name):
    return subprocess.run([SAMPLE, name], check=True, capture_output=True).stdout


class JsonReportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(SCHEMA_PATH, encoding="utf-8") as file:
            cls.schema = json.load(file)
        jsonschema.Draft202012Validator.check_schema(cls.schema)
        cls.validator = jsonschema.Draft202012Validator(cls.schema)

    def test_reports_are_valid(self):
        for name in ("none", "some", "all-codes"):
            with self.subTest(name):
                self.validator.validate(json.loads(sample(name)))

    def test_is_printable_ascii(self):
        for name in ("none", "some", "all-codes"):
            raw = sample(name)
            self.assertTrue(all(b == 0x0A or 0x20 <= b < 0x7F for b in raw))
            self.assertTrue(raw.endswith(b"}\n"))

    def test_no_files(self):
        report = json.loads(sample("none"))
        self.assertEqual(report["files"], [])
        self.assertEqual(report["summary"]["exit_status"], 3)

    def test_fields(self):
        report = json.loads(sample("some"))
        clean, denied, hostile = report["files"]
        self.assertEqual(clean["path"], "models/good.pkl")
        self.assertEqual(clean["verdict"], "clean")
        self.assertEqual(clean["streams"][0]["end"], 1500)
        self.assertIs(clean["streams"][0]["complete"], True)
        self.assertEqual(
            denied["globals"][1],
            {
                "module": "posix",
                "qualname": "system",
                "raw_module": "posix",
                "raw_qualname": "system",
                "uses": ["reference", "call"],
                "decision": "denied",
                "denied_uses": ["call"],
                "granted_uses": [],
                "rule_lines": [],
                "reason": "runs a command in a shell",
                "policy_origin": "",
                "grade": "dangerous",
                "danger": "process",
                "danger_text": "It starts, replaces or ends programs: "
                "a command of the file's choice runs as you.",
                "member": "data.pkl",
                "offset": 28,
                "count": 1,
            },
        )
        self.assertEqual(
            denied["findings"][0],
            {
                "code": "global-denied",
                "severity": "error",
                "detail": "",
                "member": "data.pkl",
                "offset": 28,
                "message": "posix:system is called",
                "fingerprint": "",
                "standing": "open",
                "answer": "",
            },
        )
        self.assertEqual(denied["findings"][1]["severity"], "warning")
        self.assertEqual(clean["findings"][0]["severity"], "note")
        self.assertEqual(
            report["summary"],
            {
                "files": 3,
                "clean": 1,
                "denied": 2,
                "incomplete": 0,
                "unsupported": 0,
                "accepted": 0,
                "known": 0,
                "excused": 0,
                "excluded": 0,
                "bytes": 1500 + 2 * 2345678,
                "seconds": 0.25,
                "exit_status": 1,
            },
        )
        for text in (
            hostile["path"],
            hostile["format"],
            hostile["streams"][0]["member"],
            hostile["globals"][0]["module"],
            hostile["globals"][0]["raw_qualname"],
            hostile["globals"][0]["reason"],
            hostile["findings"][0]["message"],
        ):
            self.assertEqual(text, HOSTILE)
        self.assertEqual(hostile["globals"][0]["qualname"], HOSTILE + "q")

    def test_large_sizes_are_exact(self):
        report = json.loads(sample("all-codes"))
        self.assertEqual(report["files"][0]["size"], 2**64 - 1)

    def test_schema_is_strict(self):
        """Whatever is added or left out, anywhere, is refused."""
        good = json.loads(sample("some"))

        def objects(value, path=()):
            if isinstance(value, dict):
                yield path
            items = (
                value.items()
                if isinstance(value, dict)
                else enumerate(value)
                if isinstance(value, list)
                else ()
            )
            for key, item in items:
                yield from objects(item, path + (key,))

        def at(report, path):
            for key in path:
                report = report[key]
            return report

        paths = list(objects(good))
        self.assertGreater(len(paths), 10)
        for path in paths:
            bad = copy.deepcopy(good)
            at(bad, path)["surprise"] = 1
            self.assertFalse(self.validator.is_valid(bad), path)
            for key in at(good, path):
                bad = copy.deepcopy(good)
                del at(bad, path)[key]
                self.assertFalse(self.validator.is_valid(bad), path + (key,))


if __name__ == "__main__":
    SCHEMA_PATH = sys.argv.pop(2)
    SAMPLE = sys.argv.pop(1)
    unittest.main()
