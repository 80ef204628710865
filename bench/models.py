#!/usr/bin/env python3
"""Large models: what vetting them costs, beside loading them and other scanners.

    bench/models.py --picklebox build/release/picklebox --torch ENV --joblib ENV [--peers ENV]

By hand: each ENV is a virtual environment (with PyTorch; with joblib and NumPy; with picklescan
and modelscan); picklebox is the one of `cmake --preset release`. Writes a state of 400 MB with
torch.save and a dict of arrays of 400 MB with joblib.dump into a temporary folder, and prints a
table: the best wall and processor time of some runs, the latter as a multiple of picklebox's too,
and the largest resident memory, of whole processes and all that they start. The files are in the
page cache.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

WRITE_TORCH = """
import sys, torch
state = {f"layer{i}.weight": torch.randn(1024, 1024) for i in range(100)}
torch.save(state, sys.argv[1])
"""
WRITE_JOBLIB = """
import sys, joblib, numpy
arrays = {f"layer{i}": numpy.random.rand(512, 1024) for i in range(100)}
joblib.dump(arrays, sys.argv[1])
"""
LOAD_TORCH = "import sys, torch; torch.load(sys.argv[1])"
LOAD_JOBLIB = "import sys, joblib; joblib.load(sys.argv[1])"

def measure(command, runs):
    """The best wall and processor time in seconds, the largest memory in MB, the exit status."""
    wall = processor = float("inf")
    memory = 0
    for _ in range(runs):
        started = time.perf_counter()
        with open(os.devnull, "wb") as nowhere:
            child = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        wall = min(wall, time.perf_counter() - started)
        processor = min(processor, usage.ru_utime + usage.ru_stime)
        memory = max(memory, usage.ru_maxrss / 1024)
    return wall, processor, memory, child.returncode

def rows(options, path, python, load):
    """The contenders for one file: a name and a command."""
    yield "picklebox scan", [options.picklebox, "scan", path]
    yield "the interpreter and the library, no load", [python, "-c", load.split(";")[0]]
    yield "load", [python, "-c", load, path]
    for peer in ("picklescan", "modelscan"):
        program = options.peers / "bin" / peer if options.peers else None
        if program and program.exists():
            yield peer, [str(program), "-p", path]

def main():
    """Write the files, time the contenders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picklebox", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--torch", type=pathlib.Path)
    parser.add_argument("--joblib", type=pathlib.Path)
    parser.add_argument("--peers", type=pathlib.Path)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="picklebox-models-")
    try:
        for name, env, write, load in [
            ("model.pt", options.torch, WRITE_TORCH, LOAD_TORCH),
            ("model.joblib", options.joblib, WRITE_JOBLIB, LOAD_JOBLIB),
        ]:
            if env is None:
                continue
            path, python = os.path.join(folder, name), str(env / "bin" / "python")
            subprocess.run([python, "-c", write, path], check=True)
            print(f"\n{name}: {os.path.getsize(path) / 1e6:.0f} MB\n")
            print("| | wall | processor | times picklebox | memory | exit status |")
            print("| --- | --- | --- | --- | --- | --- |")
            first = None
            for contender, command in rows(options, path, python, load):
                wall, processor, memory, status = measure(command, options.runs)
                first = first or processor
                row = f"{wall * 1e3:.0f} ms | {processor * 1e3:.0f} ms | {processor / first:.0f}"
                print(f"| {contender} | {row} | {memory:.0f} MB | {status} |")
                sys.stdout.flush()
    finally:
        shutil.rmtree(folder)

if __name__ == "__main__":
    main()
