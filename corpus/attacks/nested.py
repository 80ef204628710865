"""Loaders within loaders: the payload is data until an allowed-looking name opens it."""

import base64

from attacks.sample import TOUCH, Group, named, system, touch
from program import Name, Program

GROUP = Group("nested")
INNER = bytes(touch(system(Program().PROTO(2))).STOP())
_BYTES = "Its argument is a pickle in bytes, which holds the call of os.system."

GROUP.calls(
    [
        ("pickle-loads", "pickle", "loads", (INNER,), "pickle.loads. " + _BYTES),
        (
            "pickle-underscore",
            "pickle",
            "_loads",
            (INNER,),
            "pickle._loads, which few lists have. " + _BYTES,
        ),
        ("c-pickle-loads", "_pickle", "loads", (INNER,), "_pickle.loads. " + _BYTES),
        ("dill-loads", "dill", "loads", (INNER,), "dill.loads. " + _BYTES),
        ("cloudpickle-loads", "cloudpickle", "loads", (INNER,), "cloudpickle.loads. " + _BYTES),
        (
            "torch-storage",
            "torch.storage",
            "_load_from_bytes",
            (INNER,),
            "torch.storage._load_from_bytes, which old tensors are pickled with. " + _BYTES,
        ),
        (
            "joblib-load",
            "joblib",
            "load",
            ("picklebox-absent.joblib",),
            "joblib.load of another file.",
        ),
        (
            "joblib-numpy-pickle",
            "joblib.numpy_pickle",
            "load",
            ("picklebox-absent.joblib",),
            "joblib.numpy_pickle.load: the module of an allowed class, another name.",
        ),
        (
            "numpy-load",
            "numpy",
            "load",
            ("picklebox-absent.npy", None, True),
            "numpy.load with allow_pickle.",
        ),
        (
            "pandas-read-pickle",
            "pandas",
            "read_pickle",
            ("picklebox-absent.pkl",),
            "pandas.read_pickle.",
        ),
        ("torch-load", "torch", "load", ("picklebox-absent.pt",), "torch.load."),
        (
            "shelve-open",
            "shelve",
            "open",
            ("picklebox-absent",),
            "shelve.open: values are unpickled when read.",
        ),
        (
            "yaml-unsafe-load",
            "yaml",
            "unsafe_load",
            ("!!python/none",),
            "yaml.unsafe_load: tags name callables.",
        ),
        (
            "jsonpickle-decode",
            "jsonpickle",
            "decode",
            ("{}",),
            "jsonpickle.decode: JSON that names classes.",
        ),
        (
            "lib2to3-grammar",
            "lib2to3.pgen2.grammar",
            "Grammar.loads",
            (INNER,),
            "A grammar table is a pickle. " + _BYTES,
        ),
        (
            "tracemalloc-snapshot",
            "tracemalloc",
            "Snapshot.load",
            ("picklebox-absent",),
            "A snapshot is a pickle.",
        ),
        (
            "srsly-cloudpickle",
            "srsly.cloudpickle",
            "loads",
            (INNER,),
            "cloudpickle under a vendored name. " + _BYTES,
        ),
        (
            "marshal-loads",
            "marshal",
            "loads",
            (b"N",),
            "marshal.loads: code objects without a constructor.",
        ),
    ]
)


@GROUP.attack("pickle:loads")
def base64_then_loads(p):
    """base64.b64decode of a str, its result given to pickle.loads: no pickle bytes in sight."""
    named(p.PROTO(4), "pickle", "loads")
    place = p.place
    p.push(Name("base64", "b64decode")).push((base64.b64encode(INNER).decode(),)).REDUCE()
    p.TUPLE1().REDUCE().STOP().place = place


@GROUP.attack("_pickle:Unpickler.find_class")
def find_class_itself(p):
    """find_class as a dotted name: the resolver, called by the stream."""
    named(p.PROTO(4), "_pickle", "Unpickler.find_class").push((None, "os", "system")).REDUCE()
    p.push((TOUCH,)).REDUCE().STOP()


@GROUP.attack("zlib:decompress")
def compressed(p):
    """zlib.decompress before the loader: a bomb or a disguise."""
    p.PROTO(4).push(Name("pickle", "loads"))
    named(p, "zlib", "decompress").push(
        (b"x\x9c\x03\x00\x00\x00\x00\x01",)
    ).REDUCE().TUPLE1().REDUCE().STOP()


@GROUP.attack("pickle:loads")
def deep(p):
    """Eight pickles, each in the bytes of the next: one budget has to hold for all."""
    inner = INNER
    for _ in range(7):
        inner = bytes(named(Program().PROTO(4), "pickle", "loads").push((inner,)).REDUCE().STOP())
    named(p.PROTO(4), "pickle", "loads").push((inner,)).REDUCE().STOP()
