"""BUILD: state on what is no instance, state that is code, state twice."""

from attacks.sample import OS_SYSTEM, PYTHON_TOUCH, TOUCH, Group, named
from program import Name, Program

GROUP = Group("state")
attack = GROUP.attack


def _planted(module, qualname):
    """An object with a __setstate__ of the stream's choice in its dictionary."""
    p = Program().PROTO(4)
    p.push(Name(module, qualname)).EMPTY_TUPLE().NEWOBJ()
    named(p.EMPTY_DICT().BINUNICODE("__setstate__"), "os", "system").SETITEM().BUILD()
    return p.BINUNICODE(TOUCH).BUILD().STOP()


GROUP.add(
    "planted-setstate",
    _planted("types", "SimpleNamespace"),
    "os:system",
    "global-denied",
    """A first BUILD plants __setstate__, the second one calls it: a call without REDUCE.

    __setstate__ is looked up on the instance, so an entry of its dictionary will do.""",
)


@attack("builtins:exec")
def planted_on_an_exception(p):
    """The same on an exception, an object that every profile has, through its keys."""
    p.PROTO(4).push(Name("builtins", "ValueError")).EMPTY_TUPLE().REDUCE().EMPTY_DICT()
    named(p.BINUNICODE("__setstate__"), "builtins", "exec").SETITEM().BUILD()
    p.BINUNICODE(PYTHON_TOUCH).BUILD().STOP()


@attack("collections:OrderedDict", "state-on-global")
def on_an_allowed_class(p):
    """BUILD on a class itself: slot state becomes attributes that all its instances share."""
    p.PROTO(4).push(Name("collections", "OrderedDict")).push(
        (None, {"note": 1})
    ).here().BUILD().STOP()


@attack("_codecs:encode", "state-on-global")
def on_an_allowed_function(p):
    """BUILD on a function that policies list: its dictionary is everyone's."""
    p.PROTO(4).push(Name("_codecs", "encode")).push({"note": 1}).here().BUILD().STOP()


@attack("numpy:ndarray", "state-on-global")
def on_numpy_class(p):
    """Slot state on numpy.ndarray, from a file that otherwise only names it."""
    p.PROTO(4).push(Name("numpy", "ndarray")).push((None, {"note": 1})).here().BUILD().STOP()


@attack("numpy:size")
def setattr_by_slots(p):
    """Slot state sets any attribute of anything: numpy.size gets a `shape` it then reads."""
    named(p.PROTO(4), "numpy", "size")
    place = p.place
    p.push((None, {"shape": OS_SYSTEM})).BUILD().push((TOUCH,)).REDUCE().STOP()
    p.place = place


@attack("os:environ")
def on_environ(p):
    """BUILD on os.environ: its dictionary holds the mapping that every process inherits."""
    named(p.PROTO(4), "os", "environ").push({"_data": {b"LD_PRELOAD": b"picklebox"}}).BUILD().STOP()


@attack("sklearn:datasets")
def on_a_module(p):
    """BUILD on a module: its globals are rewired for the rest of the process."""
    named(p.PROTO(4), "sklearn", "datasets")
    place = p.place
    p.push({"load_iris": OS_SYSTEM}).BUILD().STOP()
    p.place = place


@attack("functools:partial", "arguments-denied")
def partial_state(p):
    """BUILD on a partial replaces the function that REDUCE gave it."""
    named(p.PROTO(4), "functools", "partial").push((Name("builtins", "complex"),)).here().REDUCE()
    place = p.place
    p.push((OS_SYSTEM, (TOUCH,), {}, None)).BUILD().EMPTY_TUPLE().REDUCE().STOP()
    p.place = place


@attack("sys:modules")
def live_registry(p):
    """SETITEM on sys.modules: the next import of json gets what the stream made."""
    named(p.PROTO(4), "sys", "modules").BINUNICODE("json").NONE().SETITEM().STOP()


def _dunder(key):
    p = Program().PROTO(4).push(Name("builtins", "ValueError")).EMPTY_TUPLE().REDUCE()
    p.push({key: 1}).here().BUILD().STOP()
    essay = f"State with the key {key} for an allowed object: the name has a meaning to Python."
    GROUP.add(f"key-{key.strip('_')}", p, "builtins:ValueError", "state-key", essay)


for _key in ("__class__", "__dict__", "__reduce__", "__setstate__", "__traceback__"):
    _dunder(_key)


@attack("builtins:ValueError", "state-key")
def slots_class(p):
    """Slot state that sets __class__ of an allowed object."""
    p.PROTO(4).push(Name("builtins", "ValueError")).EMPTY_TUPLE().REDUCE()
    p.push((None, {"__class__": Name("builtins", "KeyError")})).here().BUILD().STOP()


@attack("builtins:ValueError", "state-twice")
def twice(p):
    """Two states for one object: no writer does it, and planted methods need it."""
    p.PROTO(4).push(Name("builtins", "ValueError")).EMPTY_TUPLE().REDUCE()
    p.push({"a": 1}).BUILD().push({"b": 2}).here().BUILD().STOP()


@attack("builtins:ValueError", "state-twice")
def twice_through_memo(p):
    """The second state arrives through the memo, after the object was stored elsewhere."""
    p.PROTO(4).EMPTY_LIST().push(Name("builtins", "ValueError")).EMPTY_TUPLE().REDUCE().MEMOIZE()
    p.push({"a": 1}).BUILD().APPEND().BINGET(0).push({"b": 2}).here().BUILD().POP().STOP()


@attack("builtins:ValueError", "state-twice")
def chain(p):
    """A thousand states for one object: a view that nests them recurses."""
    p.PROTO(4).push(Name("builtins", "ValueError")).EMPTY_TUPLE().REDUCE()
    p.EMPTY_DICT().BUILD().EMPTY_DICT().here().BUILD()
    place = p.place
    for _ in range(998):
        p.EMPTY_DICT().BUILD()
    p.STOP().place = place
