#!/usr/bin/env python3
"""Scans the twins that break_models.py recorded: what a library wrote, and the same with a false value.

data/expected.tsv names the check that has to deny each false one. Both are scanned as
they are and compressed, where only the worker can read the values.
"""

from __future__ import annotations

import argparse
import gzip
import pathlib
import re
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "tests" / "corpus"))

from scanning import scan  # noqa: E402

# A file with more than 100 bytes to check, which it does not hold in short strings.
LONG = "a-child-far-beyond-the-tree-good.pkl"


def read_expected() -> dict[str, str]:
    """Return the check that denies each file of data/, or "-"."""
    rows = (HERE / "data" / "expected.tsv").read_text().splitlines()[1:]
    return dict(row.split("\t") for row in rows)


def wrong(report: dict, check: str) -> str:
    """Say what a report should not have said, or nothing."""
    if check == "-":
        return "" if report["verdict"] == "clean" else f"{report['verdict']}: {report['findings'][:2]}"
    codes = {(finding["code"], finding.get("detail", "")) for finding in report["findings"]}
    if report["verdict"] == "denied" and codes == {("value-denied", check)}:
        return ""
    return f"{report['verdict']}: {report['findings'][:3]}, and not by {check}"


def pack(folder: pathlib.Path, how: str, source: pathlib.Path) -> pathlib.Path:
    """Write a file in a container; the path of that."""
    target = folder / f"{source.stem}.{how}"
    if how == "gz":
        target.write_bytes(gzip.compress(source.read_bytes()))
    else:
        method = zipfile.ZIP_STORED if how == "stored.zip" else zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(target, "w", method) as archive:
            archive.write(source, source.name)
    return target


def limited(picklebox: str, path: pathlib.Path, folder: pathlib.Path) -> list[str]:
    """List what is wrong with a file that has more to check than the limit."""
    faults = []
    for file in (path, pack(folder, "gz", path)):
        [report] = scan(picklebox, [file], "--limit", "check_bytes=100")[1]
        codes = [finding["code"] for finding in report["findings"]]
        if report["verdict"] != "incomplete" or set(codes) != {"limit-check-bytes"}:
            faults.append(f"{file.name} beyond the limit: {report['verdict']} {codes}")
    return faults


def undocumented(expected: dict[str, str]) -> list[str]:
    """List checks that have no recipe in BROKEN.md, or whose recipe has no twins here."""
    text = (HERE / "BROKEN.md").read_text()
    table = (ROOT / "policy" / "checks" / "checks.def").read_text()
    checks = re.findall(r'(?m)^PICKLEBOX_CHECK\(\w+, "([^"]+)"', table)
    lost = [f"BROKEN.md does not say what breaks without {check}" for check in checks if check not in text]
    recorded = set(expected.values())
    lost += [
        f"no file in data/ is denied by {check}"
        for check in checks
        # Those of NumPy have recipes in break_numpy.py, and dill's is one of these.
        if not check.startswith(("numpy.", "dill.")) and check not in recorded
    ]
    return lost


def main() -> int:
    """Scan all; 1 if something is not as expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picklebox", required=True)
    options = parser.parse_args()
    expected = read_expected()
    paths = sorted(path for path in (HERE / "data").iterdir() if path.suffix in (".pkl", ".pt"))
    faults = undocumented(expected)
    faults += [f"{path.name}: not in expected.tsv" for path in paths if path.name not in expected]
    faults += [f"{name}: missing" for name in set(expected) - {path.name for path in paths}]
    with tempfile.TemporaryDirectory() as name:
        for how in ("", "gz", "stored.zip", "deflate.zip"):
            # What is an archive already is scanned as it is.
            packed = [path for path in paths if not how or path.suffix == ".pkl"]
            files = [pack(pathlib.Path(name), how, path) if how else path for path in packed]
            for path, report in zip(packed, scan(options.picklebox, files)[1]):
                fault = wrong(report, expected.get(path.name, "-"))
                if fault:
                    faults.append(f"{path.name} {how}: {fault}")
        faults += limited(options.picklebox, HERE / "data" / LONG, pathlib.Path(name))
    for fault in faults:
        print(fault)
    print(f"{len(paths)} files, {len(faults)} faults")
    return 1 if faults or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
