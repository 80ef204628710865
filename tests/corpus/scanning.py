"""Runs `picklebox scan` on many files at once and reads its report."""

from __future__ import annotations

import json
import pathlib
import subprocess
import tempfile


def scan(picklebox: str, paths: list[pathlib.Path], *flags: str) -> tuple[int, list[dict]]:
    """Scan files in one run.

    Returns
    -------
    int
        The exit status: 0, 1, 2 or 3.
    list of dict
        For each path, in order, its entry of the JSON report.

    Raises
    ------
    AssertionError
        The program failed, wrote something to stderr, or left files out.
    """
    with tempfile.NamedTemporaryFile("w", prefix="picklebox-list-") as listing:
        listing.write("".join(f"{path}\n" for path in paths))
        listing.flush()
        done = subprocess.run(
            [picklebox, "scan", "--format", "json", "--files-from", listing.name, *flags],
            check=False,
            capture_output=True,
            timeout=280,
        )
    if done.returncode not in (0, 1, 2, 3) or done.stderr:
        raise AssertionError(f"exit status {done.returncode}: {done.stderr!r}")
    files = json.loads(done.stdout)["files"]
    if [file["path"] for file in files] != [str(path) for path in paths]:
        raise AssertionError("the report has other files than were asked for")
    return done.returncode, files


def denied_globals(file: dict) -> dict[str, int]:
    """Return the denied globals of a file as module:qualname, with their offsets."""
    return {
        f"{item['module']}:{item['qualname']}": item["offset"]
        for item in file["globals"]
        if item["decision"] == "denied"
    }
