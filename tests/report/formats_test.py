"""Every format, read back by a reader of that format: it says the same as the JSON,
and nothing that a name in a file holds gets through as a command or as markup.

formats_test.py REPORT_SAMPLE SCHEMA; needs jsonschema, as json_report_test.py does.
"""

import json
import re
import subprocess
import sys
import unittest
import urllib.parse
import xml.etree.ElementTree

import jsonschema

SAMPLE = ""
SCHEMA_PATH = ""
NAMES = ("none", "some", "all-codes", "answered", "hostile")
FORMATS = ("text", "concise", "json", "jsonl", "sarif", "markdown", "junit")
SEVERITIES = {"error", "warning", "note"}


def sample(name: str, style: str) -> str:
    """Return a report, which is ASCII whatever it is about."""
    done = subprocess.run([SAMPLE, name, style], check=True, capture_output=True)
    return done.stdout.decode("ascii")


def report(name: str) -> dict:
    """Return what the others are compared with."""
    return json.loads(sample(name, "json"))


class FormatsTest(unittest.TestCase):
    """Each test takes all samples."""

    def test_printable_ascii_and_no_command_to_a_terminal_or_a_log(self):
        for name in NAMES:
            for style in FORMATS:
                text = sample(name, style)
                with self.subTest(f"{name} {style}"):
                    self.assertRegex(text, r"\A[\n -~]*\n\Z")
                    self.assertNotRegex(text, r"(?m)^\s*::")
                    self.assertNotRegex(text, r"##[a-zA-Z]*\[")

    def test_an_unknown_format_is_none(self):
        self.assertNotEqual(subprocess.run([SAMPLE, "some", "yaml"], check=False).returncode, 0)

    def test_json_needs_no_surrogates(self):
        for name in NAMES:
            for text in (sample(name, "json"), *sample(name, "jsonl").splitlines()):
                json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8")

    def test_jsonl_has_the_rows_of_the_json(self):
        with open(SCHEMA_PATH, encoding="utf-8") as file:
            schema = json.load(file)
        line = {**schema, **schema["$defs"]["line"], "required": ["schema_version"]}
        validator = jsonschema.Draft202012Validator(line)
        for name in NAMES:
            rows = [json.loads(row) for row in sample(name, "jsonl").splitlines()]
            for row in rows:
                validator.validate(row)
            whole = report(name)
            self.assertEqual([row["file"] for row in rows[:-1]], whole["files"])
            self.assertEqual(rows[-1]["summary"], whole["summary"])

    def test_concise_has_a_line_a_finding(self):
        for name in NAMES:
            rows = sample(name, "concise").splitlines()
            findings = [f for file in report(name)["files"] for f in file["findings"]]
            self.assertEqual(len(rows) - 1, len(findings))
            for row, finding in zip(rows, findings):
                self.assertIn(f": {finding['severity']}: {finding['code']}", row)

    def test_text_has_a_line_for_each_verdict(self):
        for name in NAMES:
            rows = sample(name, "text").splitlines()
            heads = [row for row in rows if re.match(r"\S.*: (clean|denied|incomplete)( |$)", row)]
            self.assertEqual(len(heads), len(report(name)["files"]))

    def test_junit_has_a_case_a_file(self):
        for name in NAMES:
            root = xml.etree.ElementTree.fromstring(sample(name, "junit"))
            whole = report(name)
            summary = whole["summary"]
            for element in (root, root.find("testsuite")):
                self.assertEqual(int(element.get("tests")), summary["files"])
                self.assertEqual(int(element.get("failures")), summary["denied"])
                self.assertEqual(
                    int(element.get("errors")), summary["incomplete"] - summary["excused"]
                )
            cases = root.findall("./testsuite/testcase")
            self.assertEqual(len(cases), summary["files"])
            for case, file in zip(cases, whole["files"]):
                children = [child.tag for child in case]
                wanted = {"clean": [], "denied": ["failure"], "incomplete": ["error"]}
                excused = file["verdict"] == "incomplete" and not any(
                    f["severity"] == "warning" and f["standing"] == "open"
                    for f in file["findings"]
                )
                self.assertEqual(children, ["skipped"] if excused else wanted[file["verdict"]])
                if children and not excused:
                    self.assertEqual(len(case[0].text.splitlines()), len(file["findings"]))

    def test_markdown_has_no_markup_but_its_own(self):
        for name in NAMES:
            text = sample(name, "markdown")
            for inner in re.findall(r"<code>(.*?)</code>", text):
                self.assertRegex(inner, r"\A([A-Za-z0-9 ,/;]|&#[0-9]+;)*\Z")
            rest = re.sub(r"<code>[^<]*</code>", "", text)
            self.assertRegex(rest, r"\A[A-Za-z0-9 \n|:#,.()-]*\Z")
            rows = [row for row in rest.splitlines() if row.split(" | ")[0][2:] in SEVERITIES]
            shown = [file for file in report(name)["files"] if file["findings"]]
            left_out = re.search(r"(\d+) more files? with findings", text)
            if left_out is None:
                self.assertEqual(len(rows), sum(len(file["findings"]) for file in shown))
            self.assertLess(len(text), 65_536)

    def test_markdown_says_what_it_has_no_room_for(self):
        text = sample("many", "markdown")
        self.assertRegex(text, r"\n\d+ more files with findings: ")
        self.assertLess(len(text), 65_536)

    def test_sarif_has_a_result_a_finding(self):
        for name in NAMES:
            whole = report(name)
            (run,) = json.loads(sample(name, "sarif"))["runs"]
            rules = run["tool"]["driver"]["rules"]
            results = iter(run["results"])
            for file in whole["files"]:
                for finding in file["findings"]:
                    result = next(results)
                    self.assertEqual(result["ruleId"], finding["code"])
                    self.assertEqual(rules[result["ruleIndex"]]["id"], finding["code"])
                    self.assertEqual(result["level"], finding["severity"])
                    self.assertEqual(
                        bool(result["suppressions"]), finding["standing"] == "accepted"
                    )
                    self.check_location(result, file, finding)
            self.assertEqual(list(results), [])
            self.assertEqual(
                run["invocations"][0]["exitCode"], whole["summary"]["exit_status"]
            )

    def check_location(self, result: dict, file: dict, finding: dict):
        """Hold a place against what code scanning wants, and against the JSON."""
        (location,) = result["locations"]
        place = location["physicalLocation"]
        self.assertEqual(place["region"]["startLine"], 1)
        if not finding["member"]:
            self.assertEqual(place["region"]["byteOffset"], finding["offset"])
        uri = place["artifactLocation"]["uri"]
        self.assertRegex(uri, r"\A(file:///)?([A-Za-z0-9._~/-]|%[0-9A-F]{2})+\Z")
        path = file["path"]
        if path.startswith("/"):
            self.assertEqual(urllib.parse.urlsplit(uri).netloc, "")
        else:
            self.assertEqual(place["artifactLocation"]["uriBaseId"], "%SRCROOT%")
        # A report shows what is no Unicode, and the address has the bytes of it.
        shown = "\ufffd" in path or "\\ud" in path
        if not shown and not path.startswith(("/", "./")):
            self.assertEqual(urllib.parse.unquote(uri), path)
        text = result["message"]["text"]
        self.assertNotRegex(text, r"(?<!\\)\]\(")
        print_ = result["partialFingerprints"]["primaryLocationLineHash"]
        self.assertRegex(print_, r"\A[0-9a-f]{16}:1\Z")

    def test_sarif_is_of_the_form_that_code_scanning_takes(self):
        log = json.loads(sample("all-codes", "sarif"))
        self.assertEqual(log["version"], "2.1.0")
        (run,) = log["runs"]
        self.assertTrue(run["automationDetails"]["id"].endswith("/"))
        rules = run["tool"]["driver"]["rules"]
        self.assertEqual(len({rule["id"] for rule in rules}), len(rules))
        self.assertEqual(len(rules), len(run["results"]))
        for rule in rules:
            for key in ("shortDescription", "fullDescription", "help"):
                self.assertTrue(rule[key]["text"], rule["id"])
            self.assertLess(len(rule["fullDescription"]["text"]), 1024)
            level = rule["defaultConfiguration"]["level"]
            self.assertIn(level, SEVERITIES)
            if level != "note":
                self.assertGreater(float(rule["properties"]["security-severity"]), 0)
                self.assertIn("security", rule["properties"]["tags"])
            if "name" in rule:
                self.assertNotEqual(rule["name"].lower(), rule["id"].lower())

    def test_results_of_one_file_have_fingerprints_of_their_own(self):
        for name in ("some", "all-codes"):
            (run,) = json.loads(sample(name, "sarif"))["runs"]
            seen = set()
            for result in run["results"]:
                uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                key = (uri, result["partialFingerprints"]["primaryLocationLineHash"])
                self.assertNotIn(key, seen)
                seen.add(key)


if __name__ == "__main__":
    SCHEMA_PATH = sys.argv.pop(2)
    SAMPLE = sys.argv.pop(1)
    unittest.main()
