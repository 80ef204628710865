"""Files of arrays: joblib, NumPy's own, PyTorch before 1.6."""

import struct

from attacks.sample import TOUCH, Group, named, ordinary, system, touch
from program import Program

GROUP = Group("arrays")
attack = GROUP.attack

TORCH_MAGIC = 0x1950A86A20F9469CFC6C


def wrapper(p, dtype="f8", shape=(3,), order="C", alignment=16, subclass="ndarray", more=()):
    """Push what joblib writes in place of an array, up to BUILD."""
    p.GLOBAL("joblib.numpy_pickle", "NumpyArrayWrapper").EMPTY_TUPLE().NEWOBJ()
    p.EMPTY_DICT().MARK()
    p.push("subclass").GLOBAL("numpy", subclass)
    p.push("shape").push(shape).push("order").push(order)
    p.push("dtype").GLOBAL("numpy", "dtype").push((dtype, False, True)).REDUCE()
    size = -1 if dtype[0] not in "V" else int(dtype[1:])
    flags = 63 if dtype[0] == "O" else 0
    p.push((3, "|" if dtype[0] == "O" else "<", None, None, None, size, size, flags)).BUILD()
    p.push("allow_mmap").push(True)
    if alignment is not None:
        p.push("numpy_array_alignment_bytes").push(alignment)
    for key, value in more:
        p.push(key).push(value)
    return p.SETITEMS().BUILD()


def padding(p):
    """The padding that joblib 1.2 and later writes in front of the items."""
    length = 16 - (len(p) + 1) % 16
    return p.raw(bytes([length]) + b"\xff" * length)


def items(p, count=3):
    return padding(p).raw(struct.pack(f"<{count}d", *range(count)))


def header(descr, shape, size=None):
    """The head of an .npy file of version 1."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    text = text.ljust(size or 117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def clean_array(p):
    """Items of an array of objects, as numpy.save pickles them."""
    return p.PROTO(3).push([1, 2]).STOP()


@attack()
def joblib_after_the_array(p):
    """The call stands behind the items of an array, which end the scan of other readers."""
    p.PROTO(4).EMPTY_LIST().MARK()
    items(wrapper(p))
    touch(named(p, "os", "system")).APPENDS().STOP()


@attack()
def joblib_in_an_array_of_objects(p):
    """An array of objects is a whole pickle among the opcodes."""
    p.PROTO(4)
    wrapper(p, dtype="O8")
    touch(named(p.PROTO(4), "os", "system")).STOP().STOP()


@attack()
def joblib_for_pickle_load(p):
    """Items that joblib skips and that pickle.load, which knows no wrappers, executes."""
    p.PROTO(4)
    inner = Program()
    touch(named(inner, "os", "system")).STOP()
    wrapper(p, dtype="u1", shape=(len(inner),), alignment=None)
    p.place = len(p) + inner.place
    p.raw(bytes(inner)).STOP()


@attack("acme.tools:run")
def joblib_for_pickle_load_of_others(p):
    """The same with a function that is not of the standard library, which counts no less."""
    p.PROTO(4)
    inner = Program()
    touch(named(inner, "acme.tools", "run")).STOP()
    wrapper(p, dtype="u1", shape=(len(inner),), alignment=None)
    p.place = len(p) + inner.place
    p.raw(bytes(inner)).STOP()


@attack()
def joblib_memo_of_another(p):
    """A pickle within has a memo of its own; pickle.load goes on with the one outside."""
    p.PROTO(4).SHORT_BINUNICODE("os").MEMOIZE().SHORT_BINUNICODE("system").MEMOIZE()
    p.POP().POP()
    wrapper(p, dtype="O8")
    p.PROTO(4).SHORT_BINUNICODE("numpy").BINPUT(9).SHORT_BINUNICODE("dtype").BINPUT(10)
    p.BINGET(0).BINGET(1).here().STACK_GLOBAL().BINUNICODE(TOUCH).TUPLE1().REDUCE().STOP().STOP()


@attack("-", "array-bad")
def joblib_longer_than_the_file(p):
    """The wrapper claims 2^60 items."""
    p.PROTO(4).MARK()
    wrapper(p, shape=(2**59,))
    p.place = len(p) - 1
    padding(p).raw(bytes(24)).POP_MARK().NONE().STOP()


@attack("-", "array-bad")
def joblib_shape_overflows(p):
    """The product of the shape is 2^64 and so, in 64 bits, nothing."""
    wrapper(p.PROTO(4), dtype="u1", shape=(2**32, 2**32))
    p.place = len(p) - 1
    padding(p).STOP()


@attack("-", "array-bad")
def joblib_negative_shape(p):
    """A negative length: numpy would raise, or go by the absolute value."""
    wrapper(p.PROTO(4), shape=(-3,))
    p.place = len(p) - 1
    items(p).STOP()


@attack("-", "array-bad")
def joblib_unknown_order(p):
    """An order that is neither C nor F."""
    wrapper(p.PROTO(4), order="A")
    p.place = len(p) - 1
    items(p).STOP()


@attack("-", "array-bad")
def joblib_unknown_key(p):
    """A key that no joblib writes: a later one might act on it."""
    wrapper(p.PROTO(4), more=[("filename", "/etc/passwd")])
    p.place = len(p) - 1
    items(p).STOP()


@attack("-", "array-bad")
def joblib_padding_with_content(p):
    """joblib passes over the padding without a look at it."""
    wrapper(p.PROTO(4))
    p.place = len(p) - 1
    p.raw(b"\x0ahides here").raw(bytes(24)).STOP()


@attack("-", "array-bad")
def joblib_in_a_frame(p):
    """A wrapper in the middle of a frame: joblib reads the items from behind the frame."""
    body = wrapper(Program())
    p.PROTO(4).framed(body.NONE().POP())
    p.place = 11 + len(body) - 3
    items(p).STOP()


@attack("numpy:f2py.crackfortran.myeval")
def joblib_subclass(p):
    """The class that the array is made an object of is any callable."""
    p.PROTO(4)
    wrapper(p, subclass="ndarray")
    items(p)
    p.POP().EMPTY_DICT().POP()
    named(p, "numpy", "f2py.crackfortran.myeval").push(("1",)).REDUCE().STOP()


@attack()
def npy_objects(p):
    """An array of objects: numpy.load(allow_pickle=True) loads a pickle."""
    p.raw(header("'|O'", "(2,)"))
    touch(named(p.PROTO(3), "os", "system")).STOP()


@attack()
def npy_says_floats(p):
    """The header says floats, and a pickle follows: for who goes by the content."""
    p.raw(header("'<f8'", "(4,)"))
    touch(named(p.PROTO(4), "os", "system")).STOP().raw(bytes(64))


@attack()
def npy_objects_in_a_record(p):
    """A field of objects within a record makes all of it a pickle."""
    p.raw(header("[('a', '<i4'), ('b', [('c', '|O')])]", "(1,)"))
    touch(named(p.PROTO(3), "os", "system")).STOP()


@attack()
def npy_odd_objects(p):
    """A spelling of the dtype of objects that numpy.save never writes."""
    p.raw(header("'object'", "(1,)"))
    touch(named(p.PROTO(3), "os", "system")).STOP()


@attack()
def npy_second_array(p):
    """The pickle is in the second array of the file."""
    p.raw(header("'<f8'", "(1,)") + bytes(8) + header("'|O'", "(1,)"))
    touch(named(p.PROTO(3), "os", "system")).STOP()


@attack()
def npy_behind_the_items(p):
    """A pickle behind the items, where the header says that nothing is."""
    p.raw(header("'<f8'", "(2,)") + bytes(16))
    touch(named(p.PROTO(4), "os", "system")).STOP()


@attack("-", "array-bad")
def npy_too_long(p):
    """A header that claims 2^60 items."""
    p.here().raw(header("'|u1'", f"({2**60},)") + bytes(8))


@attack("-", "array-bad")
def npy_header_is_code(p):
    """A header that is an expression, for readers that evaluate it."""
    p.here().raw(header(f"__import__('os').system('{TOUCH}')", "(1,)") + bytes(8))


def legacy(p, bad, keys=("0",), count=2, items=2, view=None):
    """A legacy PyTorch file, with `bad` as the pickle number `bad`; -1: none."""
    for number in range(5):
        if number == bad:
            touch(system(p.PROTO(2))).STOP()
            continue
        p.PROTO(2)
        if number == 0:
            p.push(TORCH_MAGIC)
        elif number == 1:
            p.push(1001)
        elif number == 2:
            p.push({"protocol_version": 1001, "little_endian": True, "type_sizes": {}})
        elif number == 3:
            p.GLOBAL("torch._utils", "_rebuild_tensor_v2").MARK()
            p.MARK().push("storage").GLOBAL("torch", "FloatStorage")
            p.push("0").push("cpu").push(items).push(view).TUPLE()
            if view is not None:
                p.here()
            p.BINPERSID()
            p.push(0).push((2,)).push((1,)).push(False)
            p.GLOBAL("collections", "OrderedDict").EMPTY_TUPLE().REDUCE().TUPLE().REDUCE()
        else:
            p.push(list(keys))
        p.STOP()
    return p.raw(struct.pack("<q", count) + struct.pack("<2f", 1, 2))


def _legacy_with(number):
    def write(p):
        legacy(p, number)

    return write


for _number, _name in enumerate(["magic", "version", "system", "object", "keys"]):
    _write = _legacy_with(_number)
    _write.__name__ = f"torch_legacy_{_name}"
    _write.__doc__ = f"The call is in pickle {_number + 1} of the five of a legacy PyTorch file."
    attack()(_write)


@attack()
def torch_legacy_behind(p):
    """A sixth pickle, behind the storages."""
    legacy(p, -1)
    touch(system(p.PROTO(2))).STOP()


@attack()
def torch_legacy_in_a_storage(p):
    """The storage has a pickle for its items: who reads on from the keys loads it."""
    body = Program()
    touch(named(body.PROTO(4), "os", "system")).STOP()
    legacy(p, -1, keys=())
    del p.code[-16:]
    p.place = len(p) + body.place
    p.raw(bytes(body))


@attack("-", "storage-bad")
def torch_legacy_count(p):
    """The storage has another number of items than the pickle says."""
    legacy(p, -1, count=3)
    p.place = len(p) - 16


@attack()
def torch_legacy_cut(p):
    """The file ends within its storage, and the object calls: no reason not to deny it."""
    legacy(p, 3)
    del p.code[-4:]


@attack("-", "persistent-denied")
def torch_legacy_view(p):
    """A view of a storage that reaches an item beyond it, and not beyond the file."""
    legacy(p, -1, view=("v", 1, 2))
    place = p.place
    p.raw(bytes(4))
    p.place = place


@attack("-", "persistent-denied")
def torch_legacy_cut_behind(p):
    """A storage that seems to be cut off; what follows is no part of the model, and refers to something."""
    legacy(p, -1, count=1000, items=1000)
    p.PROTO(2).push("x")
    p.here().BINPERSID().STOP()


@attack()
def torch_legacy_ordinary(p):
    """A legacy file whose first pickle is something else: a magic number that never is one."""
    ordinary(p.PROTO(2)).STOP()
    touch(system(p.PROTO(2))).STOP()
