#!/usr/bin/env python3
"""Precision side by side: picklebox and other scanners on the same files.

    corpus/matrix/compare.py [--every N]

The stock files are those of run.py, every Nth of each library and environment; the
malicious ones are all of corpus/malicious. Each of the others is installed, in its newest
release, into an environment of its own under .venvs/matrix, and asked through its
own interface in one process, so that starting up costs nobody anything. What a tool
fails on is not clean. The result goes to build/matrix/comparison.json; page.py makes a
table of it.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import subprocess
import sys
import time

import run

# Programs for the tools' own interpreters. Each reads a list of paths and writes, as JSON,
# its version and for each path whether it calls it clean.
ASK = {
    "picklescan": '''
import importlib.metadata, json, logging, sys
from picklescan.scanner import scan_file_path
logging.disable(logging.CRITICAL)
def clean(path):
    result = scan_file_path(path)
    return not result.scan_err and result.issues_count == 0 and result.infected_files == 0
''',
    "modelscan": '''
import importlib.metadata, json, logging, sys
from modelscan.modelscan import ModelScan
logging.disable(logging.CRITICAL)
def clean(path):
    summary = ModelScan().scan(path)
    summary = summary["summary"]
    return summary["total_issues"] == 0 and summary["scanned"]["total_scanned"] > 0
''',
    "fickling": '''
import importlib.metadata, json, logging, sys, zipfile
from fickling.fickle import StackedPickle
from fickling.analysis import Severity, check_safety
logging.disable(logging.CRITICAL)
def clean(path):
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            datas = [archive.read(name) for name in archive.namelist() if name.endswith("data.pkl")]
    else:
        datas = [open(path, "rb").read()]
    pickles = [pickled for data in datas for pickled in StackedPickle.load(data)]
    return bool(pickles) and all(check_safety(p).severity == Severity.LIKELY_SAFE for p in pickles)
''',
}  # fmt: skip
TAIL = """
import signal
def late(*args):
    raise TimeoutError
signal.signal(signal.SIGALRM, late)
sys.setrecursionlimit(10000)
answers = []
for path in json.load(open(sys.argv[1])):
    signal.alarm(20)
    try:
        answers.append(bool(clean(path)))
    except BaseException:
        answers.append(False)
    signal.alarm(0)
json.dump({"version": importlib.metadata.version(TOOL), "clean": answers}, open(sys.argv[2], "w"))
"""


def stock(every: int) -> list[tuple[pathlib.Path, str]]:
    """Files of the matrix with their libraries."""
    found = []
    for folder in sorted(run.FILES.glob("*/*/")):
        if not (folder / "origin.tsv").exists():
            continue
        found += [(path, folder.name) for path in run.samples_of(folder)[::every]]
    return found


def ask(tool: str, paths: list[str], work: pathlib.Path) -> dict:
    """Let another tool judge the files."""
    folder = run.ROOT / ".venvs" / "matrix" / f"tool-{tool}"
    python = folder / "bin" / "python"
    if not (folder / "ok").exists():
        subprocess.run([run.interpreter("3.11"), "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", tool, "typing_extensions"], check=True)
        (folder / "ok").touch()
    questions, answers = work / "questions.json", work / f"answers-{tool}.json"
    questions.write_text(json.dumps(paths))
    program = ASK[tool] + f"TOOL = {tool!r}\n" + TAIL
    started = time.monotonic()
    subprocess.run(
        [str(python), "-c", program, str(questions), str(answers)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return {**json.loads(answers.read_text()), "seconds": time.monotonic() - started}


def ask_picklebox(picklebox: str, files: list[tuple[pathlib.Path, str]], work: pathlib.Path) -> dict:
    """The same question to picklebox: the default policy, and a library's own profile if that is apart."""
    verdicts: dict[str, bool] = {}
    started = time.monotonic()
    for library in sorted({library for _, library in files}):
        paths = [str(path) for path, of in files if of == library]
        listing = work / "files.list"
        listing.write_text("".join(f"{path}\n" for path in paths))
        flags = run.policy_for(library)
        done = subprocess.run(
            [picklebox, "scan", "--format", "json", "--files-from", str(listing), *flags],
            check=False,
            capture_output=True,
            text=True,
        )
        for file in json.loads(done.stdout)["files"]:
            verdicts[file["path"]] = file["verdict"] == "clean"
    version = subprocess.run(
        [picklebox, "--version"], check=True, capture_output=True, text=True
    ).stdout.split()[1]
    seconds = time.monotonic() - started
    return {"version": version, "clean": [verdicts[str(path)] for path, _ in files], "seconds": seconds}


def main() -> int:
    """Ask everybody; write the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--every", type=int, default=10, help="each Nth stock file; without it, 10")
    parser.add_argument("--picklebox", default=str(run.ROOT / "build" / "release" / "picklebox"))
    options = parser.parse_args()
    benign = stock(options.every)
    malicious = [
        (path, "malicious")
        for path in sorted((run.ROOT / "corpus" / "malicious").rglob("*"))
        if path.is_file()
    ]
    files = benign + malicious
    work = run.RESULTS.parent
    rows = []
    for tool in ("picklebox", *ASK):
        if tool == "picklebox":
            answer = ask_picklebox(options.picklebox, files, work)
        else:
            answer = ask(tool, [str(path) for path, _ in files], work)
        verdicts = answer["clean"]
        rows.append({
            "tool": tool, "version": answer["version"], "stock_clean": sum(verdicts[: len(benign)]),
            "caught": len(malicious) - sum(verdicts[len(benign) :]), "seconds": answer["seconds"],
        })  # fmt: skip
        print(rows[-1], flush=True)
    notes = [
        f"The stock files are each {options.every}th of the matrix, so that all libraries and releases are",
        "among them. Of an archive of torch.save, fickling is given the pickle within. A file that a tool",
        "fails on, or works on for more than 20 seconds, is not called clean; modelscan calls a file clean",
        "only if it says that it scanned it.",
    ]
    result = {"stock": len(benign), "malicious": len(malicious), "tools": rows, "notes": notes}
    (work / "comparison.json").write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
