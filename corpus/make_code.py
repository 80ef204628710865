#!/usr/bin/env python3
"""Writes corpus/code/: functions and classes by value, and their MANIFEST rows.

    corpus/make_code.py PYTHON...

Each PYTHON is the interpreter of an environment that has dill and cloudpickle, and
scikit-learn if the pipelines are to be written. This itself runs under 3.8 and later.

The objects are those of code_samples.py, which runs as `__main__`, so that dill and
cloudpickle write them by value and pickle by reference. Files are called after the version
of Python, since the bytecode in them is that of one version.
"""

import argparse
import base64
import json
import pathlib
import pickle
import platform
import subprocess
import sys

if "--emit" not in sys.argv:  # the child may be of 3.6
    import list_globals
    import manifest

ROOT = pathlib.Path(__file__).resolve().parent
SOURCE = ROOT / "code_samples.py"

#: What is in a file that has a function by value, or names one.
MARKS = (
    ("dill._dill", "_create_code"),
    ("cloudpickle.cloudpickle", "_builtin_type"),
    ("types", "CodeType"),
    ("__main__", "scale"),
)


def row_of(path, data, origin, comment):
    """Return the row of one file: the first global of MARKS, and where it is named."""
    for module, name in MARKS:
        for offset, found_module, found_name in list_globals.trace(data).globals:
            if (found_module, found_name) == (module, name):
                return manifest.Row(
                    path, "code", origin, "denied", f"{module}:{name}", offset, "global-denied", comment
                )
    raise ValueError(f"{path}: no code in it")


def emit(pickler):
    """Print what the samples come to by one pickler; runs as a child, since these meddle."""
    space = sys.modules["__main__"].__dict__
    # cloudpickle writes it down.
    space["__file__"] = SOURCE.name
    exec(compile(SOURCE.read_text(), "train.py", "exec"), space)
    module = __import__(pickler)
    writer = pickler + " " + getattr(module, "__version__", "")
    samples = dict(space["SAMPLES"])
    try:
        import sklearn  # noqa: F401
    except ImportError:
        samples.pop("pipeline")
    if pickler == "pickle":
        samples = {name: samples[name] for name in samples if name == "pipeline"}
    files = []
    for name, (make, comment) in samples.items():
        try:
            files.append((name + "-" + pickler, module.dumps(make()), writer.strip(), comment))
        except (AttributeError, ValueError, TypeError, pickle.PicklingError) as error:
            print(platform.python_version(), name, writer, error, file=sys.stderr)
    json.dump(
        {
            "version": platform.python_version(),
            "files": [(n, base64.b64encode(d).decode(), w, c) for n, d, w, c in files],
        },
        sys.stdout,
    )


def main():
    if sys.argv[1:2] == ["--emit"]:
        return emit(sys.argv[2])
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pythons", nargs="+", metavar="PYTHON", help="interpreters of environments")
    for python in parser.parse_args().pythons:
        rows = []
        for pickler in ("dill", "cloudpickle", "pickle"):
            command = [python, "-B", __file__, "--emit", pickler]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            answer = json.loads(done.stdout)
            folder = "code/py" + "".join(answer["version"].split(".")[:2])
            for name, text, writer, comment in answer["files"]:
                path = f"{folder}/{name}.pkl"
                data = base64.b64decode(text)
                (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
                (ROOT / path).write_bytes(data)
                rows.append(row_of(path, data, f"{writer} on CPython {answer['version']}", comment))
        manifest.replace(lambda path, folder=folder: path.startswith(folder + "/"), rows)
    return None


if __name__ == "__main__":
    sys.exit(main())
