#!/usr/bin/env python3
"""Writes corpus/code/keras*/: models of Keras with Lambda layers, and their MANIFEST rows.

    corpus/make_keras.py PYTHON...

Each PYTHON is the interpreter of an environment that has Keras (with TensorFlow for Keras 2;
`KERAS_BACKEND` chooses for Keras 3). The layers have a lambda, a lambda that closes over a
number, and a function; what is pickled is the model's configuration, the same as JSON in a
text, and the model itself where Keras pickles it.
"""

import base64
import json
import pathlib
import pickle
import subprocess
import sys

if "--emit" not in sys.argv:
    import manifest

ROOT = pathlib.Path(__file__).resolve().parent
LAYERS = """
def closing(factor):
    return lambda x: x * factor

LAMBDAS = [lambda x: x * 2, closing(3.0), lambda x: __import__("os").getenv("SCALE", x)]
"""


def emit():
    """Print the files; runs as a child."""
    import keras

    space = {}
    exec(compile(LAYERS, "train.py", "exec"), space)
    plain, closing, _ = space["LAMBDAS"]
    layers = [keras.layers.Lambda(plain), keras.layers.Lambda(closing)]
    model = keras.Sequential([keras.layers.InputLayer((2,)), *layers])
    # It is not called, so that the model need not be built with it.
    reads = keras.layers.Lambda(space["LAMBDAS"][2]).get_config()
    samples = {
        "config": (model.get_config, "a model's configuration"),
        "json": (model.to_json, "a model's configuration as JSON in a text"),
        "layer": (lambda: json.dumps(reads), "a Lambda layer that reads the environment, as JSON"),
        "model": (lambda: model, "a model"),
    }
    files = {}
    for name, (make, comment) in samples.items():
        try:
            files[name] = (base64.b64encode(pickle.dumps(make(), 4)).decode(), comment)
        except Exception as error:  # not every Keras can do all
            print(name, type(error), error, file=sys.stderr)
    python = ".".join(map(str, sys.version_info[:3]))
    print("EMITTED " + json.dumps({"version": keras.__version__, "python": python, "files": files}))


def main():
    if sys.argv[1:2] == ["--emit"]:
        return emit()
    for python in sys.argv[1:]:
        done = subprocess.run([python, "-B", __file__, "--emit"], check=True, stdout=subprocess.PIPE)
        line = next(line for line in done.stdout.decode().splitlines() if line.startswith("EMITTED "))
        answer = json.loads(line.partition(" ")[2])
        folder = "code/keras" + answer["version"].split(".")[0]
        (ROOT / folder).mkdir(parents=True, exist_ok=True)
        rows = []
        for name, (text, comment) in answer["files"].items():
            path = f"{folder}/lambda-{name}.pkl"
            data = base64.b64decode(text)
            (ROOT / path).write_bytes(data)
            origin = f"Keras {answer['version']} on CPython {answer['python']}"
            # Where the first code begins, which is told of long texts only.
            at = 0 if name == "config" else data.index(b"4w")
            rows.append(manifest.Row(path, "code", origin, "denied", "-", at, "embedded-code", comment))
        manifest.replace(lambda path, folder=folder: path.startswith(folder + "/"), rows)
    return None


if __name__ == "__main__":
    sys.exit(main())
