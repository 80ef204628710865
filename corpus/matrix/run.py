#!/usr/bin/env python3
"""The full matrix: installs libraries, lets them write files, scans the files.

    corpus/matrix/run.py                          everything, and docs/profiles.md's table
    corpus/matrix/run.py -e 2026 -l pandas        one environment, one library
    corpus/matrix/run.py --stage scan             only scan what is there already
    corpus/matrix/run.py --denied                 list what was denied, by global
    corpus/matrix/run.py -e 2026 --stage load     load the files that are there, see below

environments.toml says which libraries, releases and interpreters. Interpreters are
looked for in PATH and in the versions of pyenv. Environments go to .venvs/matrix,
files and results to build/matrix; neither is kept in the repository. It takes an
hour and, unless environments are removed one by one (--remove), some 30 GB.

The stage `load`, which is run only where it is asked for, builds the Python package for
the interpreter of each environment, and holds what picklebox loads from each file against
what its library loads: tests/python/compare_loads.py.

Files are scanned under the default policy, or, for a library whose profile is not
part of it, under the default policy and that profile.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys

import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FILES = ROOT / "build" / "matrix" / "files"
RESULTS = ROOT / "build" / "matrix" / "results.json"
STAGES = ("install", "write", "scan")
LOAD = "load"
OLDEST_TO_LOAD = (3, 9)
NOT_SAMPLES = {".tsv", ".list", ".npy", ".yaml", ".json"}


def environments() -> dict[str, dict]:
    """Return environments.toml: name -> its table."""
    return tomllib.loads((HERE / "environments.toml").read_text())


def interpreter(version: str) -> str:
    """Find `pythonVERSION`.

    Raises
    ------
    FileNotFoundError
        It is neither in PATH nor among pyenv's.
    """
    root = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    for path in sorted(root.glob(f"versions/{version}.*/bin/python{version}")):
        return str(path)
    found = shutil.which(f"python{version}")
    if not found:
        raise FileNotFoundError(f"no python{version}: install it, or leave its environments out with -e")
    return found


def install(name: str, table: dict) -> pathlib.Path:
    """Make the environment, unless it is there. Returns its interpreter."""
    folder = ROOT / ".venvs" / "matrix" / name
    python = folder / "bin" / "python"
    if (folder / "ok").exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([interpreter(table["python"]), "-m", "venv", str(folder)], check=True)
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    # Newer ones refuse the metadata of old releases.
    subprocess.run([*pip, "-U", "pip<24.1"], check=True)
    pip += ["--no-compile", "--no-cache-dir", "--only-binary", ":all:"]
    pip += [f"--no-binary={package}" for package in table.get("source", [])]
    subprocess.run([*pip, *table["packages"]], check=True)
    if table.get("bare"):
        subprocess.run([*pip, "--no-deps", *table["bare"]], check=True)
    (folder / "ok").touch()
    return python


def write(name: str, library: str, python: pathlib.Path) -> bool:
    """Let the library write its files. Says whether it did."""
    folder = FILES / name / library
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "HOME": str(folder),
        "YOLO_CONFIG_DIR": str(folder),
        "HF_HUB_OFFLINE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    # Many files get caches or settings of a library into HOME: those are no samples.
    done = subprocess.run(
        [str(python), str(HERE / f"write_{library}.py"), str(folder)],
        env=environment,
        check=False,
        cwd=folder,
    )
    return done.returncode == 0


def policy_for(library: str) -> list[str]:
    """The flags that choose the policy for a library's files."""
    profiles = ROOT / "policy" / "profiles"
    default = tomllib.loads((profiles / "default.toml").read_text())["extends"]
    if library in default or not (profiles / f"{library}.toml").exists():
        return []
    path = RESULTS.parent / f"policy-{library}.toml"
    path.write_text(f'name = "default-and-{library}"\nextends = ["default", "{library}"]\n')
    return ["--policy", str(path)]


def samples_of(folder: pathlib.Path) -> list[pathlib.Path]:
    """Return the files that a library wrote, without those about them."""
    return [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and path.suffix not in NOT_SAMPLES and not path.name.startswith(".")
    ]


def scan(name: str, library: str, picklebox: str) -> dict:
    """Scan the files of one library in one environment."""
    folder = FILES / name / library
    samples = samples_of(folder)
    listing = folder.parent / f"{library}.list"
    listing.write_text("".join(f"{path}\n" for path in samples))
    flags = policy_for(library)
    done = subprocess.run(
        [picklebox, "scan", "--format", "json", "--files-from", str(listing), *flags],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode not in (0, 1, 2, 3):
        raise SystemExit(f"{name} {library}: exit status {done.returncode}\n{done.stderr}")
    files = json.loads(done.stdout)["files"]
    title, version, numpy, python = (folder / "origin.tsv").read_text().rstrip("\n").split("\t")
    skipped = (folder / "skipped.tsv").read_text().splitlines()
    return {
        "environment": name,
        "library": library,
        "title": title,
        "version": version,
        "numpy": numpy,
        "python": python,
        "files": len(files),
        "clean": sum(file["verdict"] == "clean" for file in files),
        "skipped": len(skipped),
        "not_clean": [summary(file, folder) for file in files if file["verdict"] != "clean"],
    }


def package(version: str) -> pathlib.Path:
    """Build the Python package for an interpreter, beside the release. Returns its folder."""
    build = ROOT / "build" / "loads" / version
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    subprocess.run(
        ["cmake", "-S", str(ROOT), "-B", str(build), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"]
        + ["-DPICKLEBOX_TESTS=OFF", "-DPICKLEBOX_PYTHON_PACKAGE=ON"]
        + [f"-DPython3_EXECUTABLE={interpreter(version)}", *launcher],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    subprocess.run(["ninja", "-C", str(build), "picklebox_core"], check=True, stdout=subprocess.DEVNULL)
    return build / "python"


def load(name: str, library: str, python: pathlib.Path, folder: pathlib.Path) -> bool:
    """Hold picklebox's loaders against the library's own. Says whether they agree."""
    compare = [str(python), "-B", str(ROOT / "tests" / "python" / "compare_loads.py"), "--quiet"]
    done = subprocess.run(
        [*compare, *map(str, samples_of(FILES / name / library))],
        env={**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"},
        check=False,
        capture_output=True,
        text=True,
    )
    *differ, numbers = (done.stdout or "nothing was loaded").splitlines()
    print(*differ, sep="\n", end="\n" if differ else "")
    print(f"{name:12} {library:12} {numbers}", done.stderr[-2000:] if done.returncode > 1 else "")
    return done.returncode == 0


def summary(file: dict, folder: pathlib.Path) -> dict:
    """What is kept of a file that is not clean."""
    return {
        "file": str(pathlib.Path(file["path"]).relative_to(folder)),
        "verdict": file["verdict"],
        "denied": sorted(
            f"{item['module']}:{item['qualname']} {','.join(item['denied_uses'])}"
            for item in file["globals"]
            if item["decision"] == "denied"
        ),
        "findings": sorted(
            {
                f"{finding['code']} {finding['message'][:160]}"
                for finding in file["findings"]
                if finding["code"] != "global-denied"
            }
        ),
    }


def show_denied(results: list[dict]) -> None:
    """List what stands between files and clean, with an example each."""
    found: dict[str, list[str]] = collections.defaultdict(list)
    for result in results:
        for file in result["not_clean"]:
            for what in file["denied"] + file["findings"]:
                found[what].append(f"{result['environment']}/{result['library']}/{file['file']}")
    for what, where in sorted(found.items()):
        print(f"{len(where):5d}  {what}   {where[0]}")


def read_results() -> list[dict]:
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else []


def keep(result: dict) -> None:
    """Put one result in place of an earlier one."""
    rest = [
        r
        for r in read_results()
        if (r["environment"], r["library"]) != (result["environment"], result["library"])
    ]
    rest.append(result)
    rest.sort(key=lambda r: (r["library"], r["environment"]))
    RESULTS.write_text(json.dumps(rest, indent=1) + "\n")


def main() -> int:
    """Run the stages that are asked for; 1 if a file is not clean that should be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-e", "--environment", action="append", help="only this one; may be repeated")
    parser.add_argument("-l", "--library", action="append", help="only this one; may be repeated")
    parser.add_argument(
        "--stage", choices=[*STAGES, LOAD], action="append", help="only this; without it, the first three"
    )
    parser.add_argument("--remove", action="store_true", help="remove each environment when it has written")
    parser.add_argument(
        "--denied", action="store_true", help="list what the last scans denied, and do nothing"
    )
    parser.add_argument("--picklebox", default=str(ROOT / "build" / "release" / "picklebox"))
    options = parser.parse_args()
    if options.denied:
        show_denied(
            [
                result
                for result in read_results()
                if not options.library or result["library"] in options.library
                if not options.environment or result["environment"] in options.environment
            ]
        )
        return 0
    stages = options.stage or STAGES
    FILES.mkdir(parents=True, exist_ok=True)
    failed = False
    for name, table in environments().items():
        if options.environment and name not in options.environment:
            continue
        libraries = [lib for lib in table["libraries"] if not options.library or lib in options.library]
        if not libraries:
            continue
        python = ROOT / ".venvs" / "matrix" / name / "bin" / "python"
        if "install" in stages:
            python = install(name, table)
        built = None
        if LOAD in stages and tuple(map(int, table["python"].split("."))) >= OLDEST_TO_LOAD:
            built = package(table["python"])
        for library in libraries:
            if "write" in stages and not write(name, library, python):
                print(f"{name} {library}: nothing was written", file=sys.stderr)
                failed = True
                continue
            if "scan" in stages and (FILES / name / library / "origin.tsv").exists():
                result = scan(name, library, options.picklebox)
                keep(result)
                counts = f"{result['clean']} of {result['files']} clean"
                print(f"{name:12} {library:12} {result['version']:12} {counts}")
            if built is not None and (FILES / name / library / "origin.tsv").exists():
                failed = not load(name, library, python, built) or failed
        if options.remove:
            shutil.rmtree(ROOT / ".venvs" / "matrix" / name, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
