"""Every sample of corpus/containers gets the answer that stands beside it.

Archives and compressed files, as tools write them and as nobody should: the
verdict, the finding, and the member that it is about, as `picklebox scan` tells
them. What Python's own readers accept is also compared: of each archive that
zipfile or tarfile open, the report has every member. The samples, and many that
are damaged, run through the fuzz bodies as well.

Prints what differs, and a last line "N passed, N failed".
"""

from __future__ import annotations

import argparse
import os
import pathlib
import random
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "corpus/containers"), str(ROOT / "tests/corpus")]

from samples import MISTAKE, SAMPLES, Sample  # noqa: E402
from scanning import scan  # noqa: E402

# What says that the machine broke, whatever the file.
# What a bomb may cost: much less than what is in it.
MOST_SECONDS, MOST_MEGABYTES = 60, 1500
BROKEN = {"result-rejected", "result-mismatch", "worker-crashed", "worker-violation"}


def problem(sample: Sample, file: dict) -> str | None:
    """Say what differs from the answer, None if nothing."""
    found = [
        (f"{f['code']}/{f['detail']}" if f["detail"] else f["code"], f["member"])
        for f in file["findings"]
    ]
    codes = {code for code, _ in found} | {code.partition("/")[0] for code, _ in found}
    if codes & BROKEN:
        return f"{found[:5]}"
    if file["verdict"] != sample.verdict:
        return f"{file['verdict']}, not {sample.verdict}: {found[:5]}"
    if sample.code and sample.code not in codes:
        return f"no {sample.code}, but {found[:5]}"
    if sample.code and sample.member and not any(
        member == sample.member and code.startswith(sample.code) for code, member in found
    ):
        return f"{sample.code} not in {sample.member}, but {found[:5]}"
    if sample.member and not any(m["path"] == sample.member for m in file["members"]):
        return f"no member {sample.member}: {[m['path'] for m in file['members']][:5]}"
    if sample.verdict != "denied" and any(
        finding["severity"] == "error" for finding in file["findings"]
    ):
        return f"an error: {found[:5]}"
    if sample.verdict == "clean" and not any(
        s["member"] == sample.member and s["complete"] for s in file["streams"]
    ):
        return f"no pickle in {sample.member}: {file['streams']}"
    if sample.name_denied and not any(
        f"{g['module']}:{g['qualname']}" == sample.name_denied
        and g["member"] == sample.member
        and g["decision"] == "denied"
        for g in file["globals"]
    ):
        return f"{sample.name_denied} is not denied in {sample.member}"
    return None


def python_members(path: pathlib.Path) -> list[str]:
    """Return the members that Python's readers find in a file that is nothing else."""
    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                return archive.namelist()
        if path.suffix == ".tar":
            with tarfile.open(path) as archive:
                return archive.getnames()
    except (zipfile.BadZipFile, tarfile.TarError, NotImplementedError, UnicodeDecodeError):
        pass
    return []


def written() -> list[Sample]:
    """Return the committed archives as samples, out of their MANIFEST."""
    folder = ROOT / "corpus/containers/written"
    rows = (folder / "MANIFEST").read_text("ascii").splitlines()[1:]
    found = []
    for row in rows:
        name, verdict, member, _ = row.split("\t")
        denied = verdict == "denied"
        code = {"denied": "global-denied", "incomplete": "container-unread", "clean": ""}[verdict]
        make = (folder / name).read_bytes
        found.append(Sample(f"written/{name}", verdict, code, member, MISTAKE if denied else "", make))
    return found


def models() -> list[Sample]:
    """Return the committed files of models that have an answer of their own, out of MANIFEST."""
    folder = ROOT / "corpus/models"
    rows = (folder / "MANIFEST").read_text("ascii").splitlines()[1:]
    found = []
    for row in rows:
        name, verdict, code, member = row.split("\t")
        member, code = ("" if text == "-" else text for text in (member, code))
        found.append(Sample(f"models/{name}", verdict, code, member, "", (folder / name).read_bytes))
    return found


def mutants(sample: Sample, count: int) -> list[bytes]:
    """Return damaged forms of a sample: bytes changed, cut out and put in, cut off."""
    draw = random.Random(sample.name)
    raw = sample.make()
    found = []
    for _ in range(count):
        data = bytearray(raw)
        for _ in range(draw.choice((1, 1, 2, 8))):
            at = draw.randrange(len(data))
            if draw.random() < 0.7:
                data[at] = draw.choice((0, 1, 0x7F, 0x80, 0xFF, draw.randrange(256)))
            elif draw.random() < 0.5:
                del data[at : at + draw.choice((1, 4, 30))]
            else:
                data[at:at] = data[: draw.choice((1, 4, 30))]
            if not data:
                break
        found.append(bytes(data[: draw.choice((len(data), len(data), draw.randrange(len(data) + 1)))]))
    return found


def costs(picklebox: str, path: pathlib.Path) -> str | None:
    """Say what of the budget a bomb goes beyond, None if nothing."""
    started = time.monotonic()
    child = subprocess.Popen([picklebox, "scan", path], stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0
    seconds, megabytes = time.monotonic() - started, usage.ru_maxrss >> 10
    if seconds > MOST_SECONDS or megabytes > MOST_MEGABYTES:
        return f"{seconds:.0f} s, {megabytes} MB"
    return None


def replay(program: str, samples: list[Sample], folder: pathlib.Path) -> int:
    """Run samples and damaged ones through the fuzz bodies; the number that fail."""
    paths = []
    for sample in samples:
        if sample.name.startswith("bomb/") or sample.name.startswith("compressed/large"):
            continue
        for number, data in enumerate([sample.make(), *mutants(sample, 25)]):
            path = folder / f"{sample.name.replace('/', '-')}.{number}"
            path.write_bytes(data)
            paths.append(path)
    failed = 0
    for arguments in (["container"], ["--header", "vetting"]):
        done = subprocess.run([program, *arguments, *paths], check=False, capture_output=True)
        if done.returncode != 0:
            print(arguments[-1], done.stdout[-500:], done.stderr[-2000:].decode(errors="replace"))
            failed += 1
    return failed


def main() -> int:
    """Write the samples to a folder, scan it, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picklebox", required=True)
    parser.add_argument("--replay", help="the program fuzz_replay")
    options = parser.parse_args()
    failed = 0
    samples = [*SAMPLES, *written(), *models()]
    with tempfile.TemporaryDirectory(prefix="picklebox-containers-") as folder:
        paths = []
        for sample in samples:
            path = pathlib.Path(folder) / sample.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(sample.make())
            paths.append(path)
        _, files = scan(options.picklebox, paths)
        for sample, path, file in zip(samples, paths, files):
            wrong = problem(sample, file)
            # Python cuts a name at a NUL.
            told_all = sample.code not in ("limit-members", "member-name/control")
            if wrong is None and told_all:
                told = {m["path"].rstrip("/") for m in file["members"]}
                missing = [n for n in python_members(path) if n.rstrip("/") not in told]
                if missing:
                    wrong = f"Python sees {missing[:3]}, the report does not"
            if wrong is None and sample.name.startswith("bomb/"):
                wrong = costs(options.picklebox, path)
            if wrong is not None:
                print(f"{sample.name}: {wrong}")
                failed += 1
        if options.replay:
            damaged = pathlib.Path(folder) / "damaged"
            damaged.mkdir()
            failed += replay(options.replay, samples, damaged)
    print(f"{len(samples) - failed} passed, {failed} failed")
    return 1 if failed or not samples else 0


if __name__ == "__main__":
    sys.exit(main())
