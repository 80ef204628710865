#!/usr/bin/env python3
"""Shows what NumPy does with values that the checks numpy.* deny.

    break_numpy.py PYTHON...

Each PYTHON is an interpreter that has NumPy. Every recipe is loaded and used in
a child process of its own, with 4 GiB of memory; the table says how each ended.
BROKEN.md keeps what came out. Run by hand: nothing here is part of the everyday
tests, and nothing but a crash of the child can come of it.
"""

from __future__ import annotations

import signal
import subprocess
import sys

# What a child runs before each recipe. `made` pickles a call and a state, and
# loads them.
PRELUDE = """
import gc, pickle, resource
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
import numpy as np
try:
    from numpy._core.multiarray import _reconstruct, scalar
except ImportError:
    from numpy.core.multiarray import _reconstruct, scalar

class Call:
    def __init__(self, function, *args, state=None):
        self.reduced = (function, args) if state is None else (function, args, state)
    def __reduce__(self):
        return self.reduced

def made(function, *args, state=None):
    return pickle.loads(pickle.dumps(Call(function, *args, state=state)))

def dtype(text, *state):
    return Call(np.dtype, text, False, True, state=(3, *state) if state else None)

def array(shape, of, data):
    return Call(_reconstruct, np.ndarray, (0,), b"b", state=(1, shape, of, False, data))

def load(call):
    return pickle.loads(pickle.dumps(call))
"""

# name, check, program
RECIPES = (
    ("an object field, flags 0", "numpy.dtype", """
of = dtype("V8", "|", None, ("a",), {"a": (np.dtype("O"), 0)}, 8, 1, 0)
a = load(array((64,), of, b"A" * 512)); str(a["a"][0])
"""),
    ("a float with the flags of objects", "numpy.dtype", """
of = dtype("f8", "<", None, None, None, -1, -1, 63)
a = load(array((64,), of, [1.0] * 64)); a[:] = 7.5; b = a.copy(); del a, b; gc.collect()
"""),
    ("a field beyond the item", "numpy.dtype", """
of = dtype("V8", "|", None, ("a",), {"a": (np.dtype("f8"), 1 << 40)}, 8, 1, 16)
a = load(array((4,), of, b"A" * 32)); str(a["a"])
"""),
    ("an object over a number", "numpy.dtype", """
fields = {"a": (np.dtype("O"), 0), "b": (np.dtype("i8"), 0)}
of = dtype("V8", "|", None, ("a", "b"), fields, 8, 1, 27)
a = load(array((1,), of, [(None, 1)])); a["b"] = 0x4141414141; str(a["a"])
"""),
    ("a size that is not that of the fields", "numpy.dtype", """
of = dtype("V1", "|", None, ("a",), {"a": (np.dtype("f8"), 0)}, 1, 1, 16)
a = load(array((1 << 20,), of, b"A" * (1 << 20))); a["a"][-1]; a["a"].sum()
for i in range(64): np.zeros(3, a.dtype)["a"][:] = 1e300
gc.collect()
"""),
    ("a type that is changed after its use", "numpy.dtype", """
of = np.dtype("V8"); a = np.zeros(1 << 16, of)
of.__setstate__((3, "|", None, ("a",), {"a": (np.dtype("O"), 0)}, 1 << 20, 1, 27)); str(a["a"][-1])
"""),
    ("objects, and a list that is too short", "numpy.array", """
a = load(array((1 << 20,), np.dtype("O"), [1])); str(a[-1])
"""),
    ("an array of 80 GB in 100 bytes", "shape tuple[0]", """
load(Call(_reconstruct, np.ndarray, (10 ** 10,), b"b"))
"""),
    ("an object made of bytes", "numpy.scalar", """
str(made(scalar, np.dtype("O"), b"A" * 8))
"""),
    ("a twister far beyond its table", "numpy.random", """
r = np.random.RandomState(1); s = r.get_state()
if hasattr(np.random, "MT19937"):
    d = r.get_state(legacy=False); d["state"]["pos"] = 10 ** 7; r.__setstate__(d)
else:
    r.__setstate__((s[0], s[1], 10 ** 7, 0, 0.0))
r.random_sample(10)
"""),
    ("a buffer position far beyond its buffer", "numpy.random", """
b = np.random.Philox(1); d = b.state; d["buffer_pos"] = -10 ** 9; b.state = d
np.random.Generator(b).random(3)
"""),
)


def outcome(python: str, program: str) -> str:
    """Say how the program ends: a signal, the last line of an error, or fine."""
    done = subprocess.run(
        [python, "-c", PRELUDE + program], check=False, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, timeout=120,
    )
    if done.returncode < 0:
        return signal.Signals(-done.returncode).name
    error = done.stderr.strip().splitlines()
    return "loads" if done.returncode == 0 else error[-1][:60] if error else "fails"


def main(pythons: list[str]) -> int:
    """Write the table as Markdown."""
    if not pythons:
        print(__doc__, file=sys.stderr)
        return 2
    ask = "import numpy; print(numpy.__version__)"
    versions = [subprocess.check_output([python, "-c", ask], text=True).strip() for python in pythons]
    print("| recipe | denied by |", " | ".join(f"NumPy {version}" for version in versions), "|")
    print("| --- | --- |", " | ".join("---" for _ in versions), "|")
    for name, check, program in RECIPES:
        ends = [outcome(python, program) for python in pythons]
        print(f"| {name} | {check} |", " | ".join(ends), "|", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
