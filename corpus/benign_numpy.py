"""NumPy values. Runs under NumPy 1.21 and later, whose pickles name other modules."""

import pickle
import warnings

import numpy as np


def dtypes_of_arrays():
    """an array of every plain dtype, both byte orders"""
    kinds = "? i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16 >i4 >f8".split()
    return {kind: np.arange(6).astype(kind) for kind in kinds}


def layouts():
    """shapes and orders: 0-d, empty, 3-d, Fortran, a strided view, long double"""
    cube = np.arange(24.0).reshape(2, 3, 4)
    wide = np.zeros(1, dtype=np.longdouble)  # the padding of a long double is in the file
    wide.view("u1")[7:10] = 0xC0, 0xFF, 0x3F
    return [
        np.array(7.5),
        np.zeros((0, 3)),
        cube,
        np.asfortranarray(cube[0]),
        cube[:, ::2, ::-1],
        wide,
    ]


def text_arrays():
    """str, bytes and void elements"""
    return [
        np.array(["a", "caf\u00e9"]),
        np.array([b"raw", b"x"]),
        np.array([b"\x01\x02"], dtype="V2"),
    ]


def objects():
    """arrays of objects: str with None, nested arrays, shared elements"""
    shared = [1, 2]
    table = np.empty((2, 2), dtype=object)
    table[0, 0], table[0, 1], table[1, 0] = shared, shared, {"k": np.arange(3)}
    return [np.array(["x", None, 3], dtype=object), table]


def structured():
    """record dtypes: nested, subarrays, titles, aligned; recarray"""
    point = np.dtype([("x", "<f8"), ("y", "<f8")])
    nested = np.dtype([("id", "<i4"), ("at", point), ("tag", "S4"), ("m", "<f4", (2, 2))])
    aligned = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    return [
        np.zeros(3, dtype=nested),
        np.zeros(2, dtype="u1").repeat(16).view(aligned),
        np.zeros(2, dtype=[(("a title", "name"), "i4")]),
        np.rec.array([(1, 2.0), (3, 4.0)], dtype=[("i", "i4"), ("f", "f8")]),
    ]


def scalars():
    """scalars of every kind"""
    names = (
        "bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64"
    )
    values = [getattr(np, name)(1) for name in names.split()]
    return values + [np.float64("nan"), np.str_("text"), np.bytes_(b"raw")]


def dates():
    """datetime64 and timedelta64, arrays and scalars, NaT"""
    return [
        np.array(["2024-02-29", "NaT"], dtype="datetime64[D]"),
        np.array([1, 2], dtype="timedelta64[ms]"),
        np.datetime64("2024-02-29T12:00:00", "ns"),
        np.timedelta64(5, "h"),
    ]


def dtype_objects():
    """dtypes and scalar types as values"""
    kinds = ["f8", ">i2", "S5", "U3", "O", "M8[us]", "V8", "?"]
    return [np.dtype(kind) for kind in kinds] + [np.dtype([("a", "i4")]), np.float64, np.int32]


def masked():
    """masked arrays, with a fill value and of a record dtype"""
    return [
        np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0], fill_value=-1.0),
        np.ma.array([[1, 2], [3, 4]], mask=False),
        np.ma.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")], mask=[(True, False)]),
    ]


def random_state():
    """RandomState in the middle of its sequence"""
    state = np.random.RandomState(7)
    state.normal(size=3)
    return state


def generators():
    """Generator over each bit generator"""
    kinds = (np.random.PCG64, np.random.Philox, np.random.SFC64, np.random.PCG64DXSM)
    return [np.random.Generator(kind(11)) for kind in kinds]


def mersenne():
    """Generator over MT19937"""
    return np.random.Generator(np.random.MT19937(3))


def matrix():
    """numpy.matrix"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.matrix([[1.0, 2.0], [3.0, 4.0]])


def shared():
    """one array in several places, and a view that becomes a copy"""
    base = np.arange(4)
    return {"a": base, "b": base, "view": base[1:], "list": [base, base]}


def weights():
    """a dictionary of layers, as hand-written models are kept"""
    draw = np.random.RandomState(0)
    sizes = [(8, 16), (16, 4)]
    return {
        f"layer{n}": {"w": draw.normal(size=size), "b": np.zeros(size[1], dtype="f4")}
        for n, size in enumerate(sizes)
    }


GROUPS = (
    dtypes_of_arrays,
    layouts,
    text_arrays,
    objects,
    structured,
    scalars,
    dates,
    dtype_objects,
    masked,
    random_state,
    generators,
    mersenne,
    matrix,
    shared,
    weights,
)


def files():
    """Yield (name, data, comment) for each file to write."""
    for make in GROUPS:
        name = make.__name__.replace("_", "-")
        for protocol in (0, 2, 4, 5):
            yield f"{name}-p{protocol}", pickle.dumps(make(), protocol), make.__doc__
