"""Calls that are put together from parts, each harmless by its name."""

from attacks.sample import OS_SYSTEM, PYTHON_TOUCH, TOUCH, Group, named
from program import Name

GROUP = Group("compose")
attack = GROUP.attack
MAP = Name("builtins", "map")


def _name(p, module, qualname):
    return p.push(Name(module, qualname))


GROUP.calls(
    [
        (
            "methodcaller",
            "operator",
            "methodcaller",
            ("__call__", TOUCH),
            "operator.methodcaller('__call__', ...): a call with the callable left out.",
        ),
        ("itemgetter", "operator", "itemgetter", ("os",), "operator.itemgetter: for sys.modules."),
        (
            "iter-sentinel",
            "builtins",
            "iter",
            (OS_SYSTEM, 0),
            "iter(callable, sentinel) calls when it is consumed.",
        ),
        (
            "filter",
            "builtins",
            "filter",
            (OS_SYSTEM, [TOUCH]),
            "filter calls lazily, for each item.",
        ),
        (
            "starmap",
            "itertools",
            "starmap",
            (OS_SYSTEM, [(TOUCH,)]),
            "itertools.starmap, for whoever iterates.",
        ),
        (
            "accumulate",
            "itertools",
            "accumulate",
            ([TOUCH, TOUCH], OS_SYSTEM),
            "itertools.accumulate with a function.",
        ),
        (
            "groupby",
            "itertools",
            "groupby",
            ([TOUCH], OS_SYSTEM),
            "itertools.groupby with a key function.",
        ),
        (
            "reduce",
            "functools",
            "reduce",
            (OS_SYSTEM, [TOUCH, TOUCH]),
            "functools.reduce calls at once.",
        ),
        ("re-sub", "re", "sub", ("x", OS_SYSTEM, "x"), "re.sub with a function for a replacement."),
        (
            "method-type",
            "types",
            "MethodType",
            (OS_SYSTEM, TOUCH),
            "types.MethodType binds the argument.",
        ),
        (
            "str-format",
            "builtins",
            "str.format",
            ("{0.__class__}", 1),
            "str.format walks attributes.",
        ),
        (
            "formatter",
            "string",
            "Formatter.get_field",
            (None, "0.a", (1,), {}),
            "string.Formatter walks attributes.",
        ),
        (
            "copy-reconstruct",
            "copy",
            "_reconstruct",
            (1, None, OS_SYSTEM, (TOUCH,)),
            "copy._reconstruct calls its third argument.",
        ),
        (
            "work-item",
            "concurrent.futures.thread",
            "_WorkItem",
            (None, OS_SYSTEM, (TOUCH,), {}),
            "A work item holds a call until someone runs it.",
        ),
        (
            "call-with-frames",
            "_frozen_importlib",
            "_call_with_frames_removed",
            (OS_SYSTEM, TOUCH),
            "A helper of the importer that calls its argument.",
        ),
        (
            "pool-mapstar",
            "multiprocessing.pool",
            "mapstar",
            (((OS_SYSTEM, [TOUCH]),),),
            "A helper of the pools: map, then list.",
        ),
        (
            "torch-rebuild",
            "torch._tensor",
            "_rebuild_from_type_v2",
            (OS_SYSTEM, 1, (TOUCH,), None),
            "torch's rebuilder of subclasses calls its first argument: a name that policies list.",
        ),
        (
            "dill-create-type",
            "dill._dill",
            "_create_type",
            (OS_SYSTEM, TOUCH),
            "dill's _create_type calls its first argument.",
        ),
        (
            "cloudpickle-instance",
            "cloudpickle.cloudpickle",
            "instance",
            (OS_SYSTEM,),
            "cloudpickle's instance calls its argument.",
        ),
        (
            "numpy-vectorize",
            "numpy",
            "vectorize",
            (OS_SYSTEM,),
            "numpy.vectorize holds a function.",
        ),
        (
            "numpy-frompyfunc",
            "numpy",
            "frompyfunc",
            (OS_SYSTEM, 1, 1),
            "numpy.frompyfunc makes a ufunc of it.",
        ),
        (
            "apply-along-axis",
            "numpy",
            "apply_along_axis",
            (OS_SYSTEM, 0, [TOUCH]),
            "numpy.apply_along_axis calls at once.",
        ),
        (
            "mock-patch",
            "unittest.mock",
            "_importer",
            ("os",),
            "unittest.mock imports by a dotted string.",
        ),
        (
            "weakref-finalize",
            "weakref",
            "finalize",
            (OS_SYSTEM, OS_SYSTEM, TOUCH),
            "Runs when the object dies.",
        ),
        (
            "exit-stack",
            "contextlib",
            "ExitStack.callback",
            (None, OS_SYSTEM, TOUCH),
            "A callback for later.",
        ),
    ]
)


@attack("builtins:map")
def map_consumed_by_list(p):
    """list(map(os.system, [...])): the callable is only an argument, list does the calling."""
    _name(p.PROTO(4), "builtins", "list")
    named(p, "builtins", "map").push((OS_SYSTEM, [TOUCH])).REDUCE().TUPLE1().REDUCE().STOP()


@attack()
def map_consumed_by_set(p):
    """The same, consumed by an allowed class: builtins.set iterates its argument."""
    _name(p.PROTO(4), "builtins", "set").push(MAP)
    named(p, "os", "system").push([TOUCH]).TUPLE2().REDUCE().TUPLE1().REDUCE().STOP()


@attack()
def map_consumed_by_append(p):
    """The same, consumed by a deque: collections.deque(map(...))."""
    _name(p.PROTO(4), "collections", "deque").push(MAP)
    named(p, "os", "system").push([TOUCH]).TUPLE2().REDUCE().TUPLE1().REDUCE().STOP()


@attack()
def partial_called(p):
    """functools.partial(os.system, ...)(): the REDUCE that calls has no arguments."""
    _name(p.PROTO(4), "functools", "partial")
    named(p, "os", "system").BINUNICODE(TOUCH).TUPLE2().REDUCE().EMPTY_TUPLE().REDUCE().STOP()


@attack()
def partial_of_partials(p):
    """A partial of a partial of a partial: who looks at the callable sees partial."""
    for _ in range(3):
        _name(p.PROTO(4) if not p.code else p, "functools", "partial")
    named(p, "os", "system").TUPLE1().REDUCE().TUPLE1().REDUCE().BINUNICODE(TOUCH).TUPLE2().REDUCE()
    p.EMPTY_TUPLE().REDUCE().STOP()


@attack()
def sorted_with_a_key(p):
    """sorted with its key given through a partial."""
    _name(p.PROTO(4), "functools", "partial").push(Name("builtins", "sorted")).TUPLE1()
    p.EMPTY_DICT().BINUNICODE("key")
    named(p, "os", "system").SETITEM().NEWOBJ_EX().push(([TOUCH],)).REDUCE().STOP()


@attack("operator:attrgetter")
def attrgetter_on_a_module(p):
    """attrgetter("system") applied to a module that the importer gives."""
    named(p.PROTO(4), "operator", "attrgetter")
    place = p.place
    p.push(("system",)).REDUCE()
    _name(p, "importlib", "import_module").push(("os",)).REDUCE().TUPLE1().REDUCE()
    p.push((TOUCH,)).REDUCE().STOP().place = place


@attack("builtins:__import__")
def getattr_chain(p):
    """getattr(__import__("os"), "system"): two calls that are in many allowlists."""
    _name(p.PROTO(4), "builtins", "getattr")
    named(p, "builtins", "__import__").push(("os",)).REDUCE().BINUNICODE("system").TUPLE2()
    p.REDUCE().push((TOUCH,)).REDUCE().STOP()


@attack("builtins:globals")
def getattr_from_builtins(p):
    """getattr over a dictionary's get: globals() by its bound method."""
    _name(p.PROTO(4), "builtins", "getattr").push(Name("builtins", "dict")).BINUNICODE(
        "get"
    ).TUPLE2()
    p.REDUCE()
    named(p, "builtins", "globals").EMPTY_TUPLE().REDUCE().BINUNICODE("__builtins__").TUPLE2()
    p.REDUCE().STOP()


@attack("operator:getitem")
def factory_by_getitem(p):
    """operator.getitem on a defaultdict with a missing key: the factory runs."""
    named(p.PROTO(4), "operator", "getitem")
    place = p.place
    _name(p, "collections", "defaultdict").push((Name("os", "getcwd"),)).REDUCE()
    p.BINUNICODE("missing").TUPLE2().REDUCE().STOP().place = place


@attack()
def random_state_constructor(p):
    """numpy's __randomstate_ctor calls its second argument: a name that every profile has."""
    _name(p.PROTO(4), "numpy.random._pickle", "__randomstate_ctor").BINUNICODE(TOUCH)
    named(p, "os", "system").TUPLE2().REDUCE().STOP()


@attack()
def generator_constructor(p):
    """numpy's __generator_ctor does the same."""
    _name(p.PROTO(4), "numpy.random._pickle", "__generator_ctor").BINUNICODE(TOUCH)
    named(p, "os", "system").TUPLE2().REDUCE().STOP()


@attack("builtins:eval")
def object_array_element(p):
    """The call is an element in the state of an array of objects."""
    _name(p.PROTO(4), "numpy.core.multiarray", "_reconstruct")
    p.push((Name("numpy", "ndarray"), (0,), b"b")).REDUCE()
    p.MARK().push(1).push((1,)).push(Name("numpy", "dtype")).push(("O8", False, True)).REDUCE()
    p.NEWFALSE().EMPTY_LIST()
    named(p, "builtins", "eval").push((PYTHON_TOUCH,)).REDUCE().APPEND().TUPLE().BUILD().STOP()


@attack()
def estimator_with_a_scorer(p):
    """An estimator whose `scoring` is os.system: nothing is called until it is used."""
    _name(p.PROTO(4), "sklearn.linear_model._logistic", "LogisticRegression").EMPTY_TUPLE().NEWOBJ()
    p.EMPTY_DICT().MARK().BINUNICODE("_sklearn_version").BINUNICODE("1.2.2").BINUNICODE("scoring")
    named(p, "os", "system").SETITEMS().BUILD().STOP()


@attack()
def function_transformer(p):
    """An allowed transformer whose `func` is os.system: it is called at transform time."""
    _name(p.PROTO(4), "sklearn.preprocessing._function_transformer", "FunctionTransformer")
    p.EMPTY_TUPLE().NEWOBJ().EMPTY_DICT().MARK()
    p.BINUNICODE("_sklearn_version").BINUNICODE("1.2.2").BINUNICODE("func")
    named(p, "os", "system").SETITEMS().BUILD().STOP()
