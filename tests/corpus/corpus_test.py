"""Every file of corpus/ gets the verdict that MANIFEST has for it.

Benign files are clean; malicious ones are denied, and what is wrong is named,
with its offset; malformed ones are incomplete, with an offset. None of these is
ever clean. What wears a checker out comes to an end in time.

Prints what differs, and a last line "N passed, N failed".
"""

from __future__ import annotations

import argparse
import pathlib
import re
import sys
import tempfile
import time
import tomllib

from scanning import denied_globals, scan

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "corpus"
sys.path.insert(0, str(CORPUS))

import assemble  # noqa: E402
import manifest  # noqa: E402

# The exit status of a run over all files of a kind.
STATUS = {"benign": 0, "malicious": 1, "malformed": 1, "code": 1}
# Seconds for all files of stress/ one after the other, also on a slow machine
# and under a sanitizer.
STRESS_SECONDS = 60
# What says that the machine broke, whatever the file.
BROKEN = {"result-rejected", "result-mismatch", "worker-crashed", "worker-violation"}


def problem(row: manifest.Row, file: dict) -> str | None:
    """Say what MANIFEST promises of a file that its report lacks, None if nothing."""
    broken = BROKEN.intersection(finding["code"] for finding in file["findings"])
    if broken:
        return f"{sorted(broken)}"
    if row.verdict == "bounded":
        return None
    if file["verdict"] != row.verdict:
        return f"{file['verdict']}, not {row.verdict}: {file['findings'][:3]}"
    if row.reason == "-":
        return None
    findings = [
        finding
        for finding in file["findings"]
        if finding["code"] == row.reason and row.offset in ("-", str(finding["offset"]))
    ]
    if not findings:
        found = [(finding["code"], finding["offset"]) for finding in file["findings"][:5]]
        return f"no {row.reason} at {row.offset}, but {found}"
    if row.expect in ("-", "..."):
        return None
    # The global is named: among the denied ones, or in the sentence about what
    # was done with it.
    # A report spells lone surrogates.
    name = re.sub("[\ud800-\udfff]", lambda c: f"\\u{ord(c[0]):04x}", manifest.unescape(row.expect))
    if name in denied_globals(file) or any(name in finding["message"] for finding in findings):
        return None
    return f"{row.expect} is not named, but {list(denied_globals(file))[:5]}: {findings[0]}"


def groups(rows: list[manifest.Row], folder: pathlib.Path) -> list[tuple[list[manifest.Row], list[str]]]:
    """Rows that are scanned together, with the flags for them.

    A benign file whose profile is not part of the default policy is scanned with
    that profile besides.
    """
    profiles = CORPUS.parent / "policy" / "profiles" / "default.toml"
    default = set(tomllib.loads(profiles.read_text())["extends"])
    apart: dict[str, list[manifest.Row]] = {"": []}
    for row in rows:
        extra = row.expect if row.kind == "benign" and row.expect not in default else ""
        apart.setdefault(extra, []).append(row)
    result = []
    for profile, of_profile in apart.items():
        flags = []
        if profile:
            policy = folder / f"with-{profile}.toml"
            policy.write_text(f'extends = ["default", "{profile}"]\n')
            flags = ["--policy", str(policy)]
        result.append((of_profile, flags))
    return result


def check(picklebox: str, built: pathlib.Path) -> list[tuple[str, str | None]]:
    """Scan the corpus, kind by kind; return what is wrong with each row, or None."""
    rows: dict[str, list[manifest.Row]] = {kind: [] for kind in (*STATUS, "stress")}
    for row in manifest.read():
        rows[row.kind].append(row)
    results: list[tuple[str, str | None]] = []
    for kind, of_kind in rows.items():
        started = time.monotonic()
        if not of_kind:
            results.append((kind, "MANIFEST has no such files"))
        for group, flags in groups(of_kind, built):
            paths = [
                built / pathlib.Path(row.path).with_suffix(".pkl")
                if row.path.endswith(".pklasm")
                else CORPUS / row.path
                for row in group
            ]
            status, files = scan(picklebox, paths, *flags)
            results += [(row.path, problem(row, file)) for row, file in zip(group, files)]
            if status != STATUS.get(kind, status):
                results.append((kind, f"exit status {status}, not {STATUS[kind]}"))
        if kind == "stress" and time.monotonic() - started > STRESS_SECONDS:
            results.append((kind, f"took more than {STRESS_SECONDS} seconds"))
    return results


def main() -> int:
    """Run the comparison; 0 if everything agrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picklebox", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="picklebox-corpus-") as folder:
        if assemble.main(["--all", folder]):
            return 1
        results = check(options.picklebox, pathlib.Path(folder))
    wrong = [(path, what) for path, what in results if what]
    for path, what in wrong:
        print(f"{path}: {what}")
    print(f"{len(results) - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong or not results else 0


if __name__ == "__main__":
    sys.exit(main())
