"""APPEND, SETITEM and ADDITEMS on what is no list, dict or set."""

from attacks.sample import Group, named
from program import Name, Program

GROUP = Group("mutation")

_REGISTRIES = [
    ("sys-path", "sys", "path", "APPEND", "a folder to import from"),
    ("meta-path", "sys", "meta_path", "APPEND", "an importer"),
    ("environ", "os", "environ", "SETITEM", "an environment variable"),
    ("builtins-module", "sys", "modules", "SETITEM", "a module"),
    ("warning-filters", "warnings", "filters", "APPENDS", "a warning filter"),
    ("handled-signals", "signal", "Signals", "ADDITEMS", "a member for an enumeration"),
]

for _name, _module, _qualname, _opcode, _what in _REGISTRIES:
    _p = named(Program().PROTO(4), _module, _qualname)
    if _opcode in ("APPENDS", "ADDITEMS"):
        _p.MARK()
    if _opcode == "SETITEM":
        _p.BINUNICODE("PICKLEBOX_MARKER")
    _p.BINUNICODE("picklebox-marker").op(_opcode).STOP()
    GROUP.add(
        _name,
        _p,
        f"{_module}:{_qualname}",
        "global-denied",
        f"{_opcode} on {_module}.{_qualname}: {_what}, added to a live object without a call.",
    )


def _mutate(name, target, opcode, items, essay, expect="-", reason="items-denied"):
    p = Program().PROTO(4)
    target(p)
    if opcode in ("APPENDS", "ADDITEMS", "SETITEMS"):
        p.MARK()
    for item in items:
        p.push(item)
    p.here().op(opcode).STOP()
    GROUP.add(name, p, expect, reason, essay)


def _array(p):
    p.push(Name("numpy._core.multiarray", "_reconstruct"))
    p.push((Name("numpy", "ndarray"), (0,), b"b")).REDUCE()


_mutate(
    "setitem-on-list",
    lambda p: p.push([1, 2]),
    "SETITEM",
    [0, 9],
    "SETITEM on a list replaces an element: CPython does it, no writer asks for it.",
)
_mutate(
    "setitem-on-bytearray",
    lambda p: p.BYTEARRAY8(b"ab"),
    "SETITEM",
    [0, 9],
    "SETITEM on a bytearray replaces a byte.",
)
_mutate(
    "setitems-on-array",
    _array,
    "SETITEMS",
    [0, 9],
    "SETITEMS on an array is native code: it corrupted memory in a loader (CVE-2026-24747).",
    "numpy._core.multiarray:_reconstruct",
    "use-denied",
)
_mutate(
    "append-on-bytearray",
    lambda p: p.BYTEARRAY8(b"ab"),
    "APPEND",
    [9],
    "APPEND on a bytearray calls its extend or its append, depending on the reader.",
)
_mutate(
    "append-on-array",
    lambda p: p.push(Name("array", "array")).push(("d",)).REDUCE(),
    "APPEND",
    [0.5],
    "APPEND on an array.array, made by an allowed call: CPython calls its extend.",
    "array:array",
    "use-denied",
)
_mutate(
    "setitem-on-array",
    lambda p: p.push(Name("array", "array")).push(("d", [1.0])).REDUCE(),
    "SETITEM",
    [0, 0.5],
    "SETITEM on an array.array, made by an allowed call: CPython sets the element.",
    "array:array",
    "use-denied",
)
_mutate(
    "append-on-a-class",
    lambda p: p.push(Name("collections", "OrderedDict")),
    "APPEND",
    [1],
    "APPEND on a class itself.",
    "collections:OrderedDict",
)
_mutate(
    "setitem-on-a-class",
    lambda p: p.push(Name("collections", "Counter")),
    "SETITEM",
    ["k", 1],
    "SETITEM on a class itself.",
    "collections:Counter",
)
