"""Code that a policy allows by its digest, and what is done beside it.

Every stream makes one code object that is honest, `def f(): return 1` of Python 3.12, which
tests/code/allow_test.py allows under the profiles of dill and cloudpickle. The rest of the
stream is still denied.
"""

from attacks.sample import Group
from program import Name, Program

GROUP = Group("by-value")

_LINES = b"\x80\x00"


def _parts(constant=1, lines=_LINES):
    """The arguments of CodeType, from 3.11 on."""
    counts = (0, 0, 0, 0, 1, 3)
    names = ((constant,), (), (), "a.py", "f", "f")
    return (*counts, b"\x97\x00S\x00", *names, 1, lines, b"", (), ())


def _begin():
    """A list on the stack, the honest code in memo 0, a function of it in memo 1."""
    p = Program().PROTO(4).EMPTY_LIST().MARK()
    p.SHORT_BINUNICODE("dill._dill").SHORT_BINUNICODE("_create_code").here().STACK_GLOBAL()
    p.push(_parts()).REDUCE().BINPUT(0).POP()
    return _function(p, 0).BINPUT(1)


def _function(p, code):
    p.push(Name("dill._dill", "_create_function")).MARK().BINGET(code)
    return p.push(Name("__builtin__", "__main__")).push("f").NONE().NONE().TUPLE().REDUCE()


def _add(name, p, essay):
    GROUP.add(name, p.APPENDS().STOP(), "dill._dill:_create_code", "global-denied", essay)


_p = _begin().push(Name("dill._dill", "_create_code")).push(_parts(2)).REDUCE().BINPUT(2)
_add("changed-constant", _function(_p, 2), "Allowed code, but for one constant: its digest is another.")

_p = _begin().push(Name("dill._dill", "_create_code")).push(_parts(lines=b"\x00\x00")).REDUCE()
_add(
    "table-of-lines",
    _p,
    "Allowed code whose table of lines is none: no digest covers it, and native code reads on.",
)

_p = _begin().POP().BINGET(1).NONE().EMPTY_DICT().push("__code__").BINGET(0).SETITEM().TUPLE2().BUILD()
_add("swapped-by-state", _p, "State sets the code of a function of allowed code.")

_p = _begin().push(Name("dill._dill", "_load_type")).push(("CodeType",)).REDUCE().push(_parts(3)).REDUCE()
_add("another-constructor", _p, "Code that no digest allows, by types.CodeType.")

_p = _begin().push(Name("dill._dill", "_load_type")).push(("FunctionType",)).REDUCE()
_add("function-type-as-value", _p, "types.FunctionType is a value, for whoever calls it.")

_p = _begin().push(Name("dill._dill", "_create_function")).MARK().BINGET(0).EMPTY_DICT().BINPUT(3)
_p.push("f").NONE().NONE().TUPLE().REDUCE()
_p.push(Name("sklearn.pipeline", "Pipeline")).EMPTY_TUPLE().NEWOBJ().BINGET(3).BUILD()
_add("globals-as-state", _p, "The globals of a function, which code fills in, are the state of an object.")

_p = _begin().push(Name("dill._dill", "_create_type")).MARK()
_p.push(Name("dill._dill", "_load_type")).push(("type",)).REDUCE().push("C")
_p.push((Name("sklearn.tree._tree", "Tree"),)).EMPTY_DICT().TUPLE().REDUCE()
_add("class-over-native-state", _p, "A class over one with native state: it would get round the checks.")
