"""Calls that do not look like calls, or whose result nobody misses."""

from attacks.sample import OS_SYSTEM, TOUCH, Group, named, ordinary, system, touch

GROUP = Group("calls")
attack = GROUP.attack


@attack()
def dropped_by_pop(p):
    """The result is dropped by POP: in a decompiled view the call may vanish."""
    touch(system(p.PROTO(4))).POP()
    ordinary(p).STOP()


@attack()
def dropped_by_pop_mark(p):
    """The result is dropped by POP_MARK together with its mark."""
    p.PROTO(4).MARK()
    touch(system(p)).POP_MARK()
    ordinary(p).STOP()


@attack()
def left_below_stop(p):
    """The call's result is left on the stack under the value that STOP returns."""
    touch(system(p.PROTO(4)))
    ordinary(p).STOP()


@attack()
def left_below_a_mark(p):
    """The call's result lies below an open mark at STOP."""
    touch(system(p.PROTO(4))).MARK()
    ordinary(p).STOP()


@attack()
def inside_tuple(p):
    """The call is an element of a tuple of data."""
    p.PROTO(4).BININT1(1)
    touch(system(p)).BININT1(3).TUPLE3().STOP()


@attack()
def inside_list(p):
    """The call is an element of a list."""
    p.PROTO(4).EMPTY_LIST().MARK().BININT1(1)
    touch(system(p)).APPENDS().STOP()


@attack()
def as_dict_value(p):
    """The call is a value of a dict."""
    p.PROTO(4).EMPTY_DICT().BINUNICODE("weights")
    touch(system(p)).SETITEM().STOP()


@attack()
def as_dict_key(p):
    """The call is a key of a dict."""
    p.PROTO(4).EMPTY_DICT()
    touch(system(p)).BINUNICODE("value").SETITEM().STOP()


@attack()
def as_set_member(p):
    """The call is a member of a frozenset."""
    p.PROTO(4).MARK()
    touch(system(p)).FROZENSET().STOP()


@attack()
def as_state(p):
    """The call is the state of an allowed object."""
    p.PROTO(4).GLOBAL("collections", "OrderedDict").EMPTY_TUPLE().REDUCE().EMPTY_DICT()
    p.BINUNICODE("note")
    touch(system(p)).SETITEM().BUILD().STOP()


@attack()
def as_argument(p):
    """The call is an argument of an allowed call."""
    p.PROTO(4).GLOBAL("builtins", "complex")
    touch(system(p)).TUPLE1().REDUCE().STOP()


@attack()
def as_allowed_item(p):
    """The call is set as an item of an allowed object."""
    p.PROTO(4).GLOBAL("collections", "OrderedDict").EMPTY_TUPLE().REDUCE().BINUNICODE("k")
    touch(system(p)).SETITEM().STOP()


@attack()
def never_called(p):
    """os.system is only referred to: a value in a dict, to be called by whoever loads it."""
    p.PROTO(4).EMPTY_DICT().BINUNICODE("scorer")
    named(p, "os", "system").SETITEM().STOP()


@attack()
def as_default_factory(p):
    """os.system is the factory of a defaultdict: it runs when a key is missed."""
    p.PROTO(4).GLOBAL("collections", "defaultdict")
    named(p, "os", "system").TUPLE1().REDUCE().STOP()


@attack()
def build_after_call(p):
    """BUILD on the result of the call defeats heuristics for `result unused`."""
    touch(system(p.PROTO(4))).EMPTY_DICT().BUILD().STOP()


@attack()
def twice_by_dup(p):
    """The callable is duplicated and called twice."""
    system(p.PROTO(4)).DUP()
    touch(p).POP()
    touch(p).STOP()


@attack("builtins:eval")
def call_of_a_call(p):
    """eval gives a function, which the next REDUCE calls."""
    named(p.PROTO(4), "builtins", "eval").BINUNICODE("__import__('os').getcwd").TUPLE1()
    p.REDUCE().EMPTY_TUPLE().REDUCE().STOP()


@attack("subprocess:Popen")
def newobj_popen(p):
    """NEWOBJ on subprocess.Popen: no REDUCE in the file."""
    named(p.PROTO(4), "subprocess", "Popen").push((["touch", "picklebox-marker"],)).NEWOBJ().STOP()


@attack("subprocess:Popen")
def newobj_ex_popen(p):
    """NEWOBJ_EX on subprocess.Popen, with keywords."""
    named(p.PROTO(4), "subprocess", "Popen").push(()).push({"args": TOUCH, "shell": True})
    p.NEWOBJ_EX().STOP()


@attack("subprocess:Popen")
def obj_popen(p):
    """OBJ on subprocess.Popen: unlike NEWOBJ it runs __init__, the process starts."""
    p.PROTO(4).MARK()
    named(p, "subprocess", "Popen").push(["touch", "picklebox-marker"]).OBJ().STOP()


@attack("subprocess:Popen")
def inst_popen(p):
    """INST on subprocess.Popen in protocol 0."""
    p.MARK().MARK().UNICODE("touch").UNICODE("picklebox-marker").LIST()
    p.here().INST("subprocess", "Popen").STOP()


@attack("subprocess:Popen")
def inst_without_arguments(p):
    """INST of a class without arguments: made by __new__ alone, then given a state."""
    p.MARK().here().INST("subprocess", "Popen").MARK().DICT().BUILD().STOP()


@attack("subprocess:Popen")
def by_copyreg_newobj(p):
    """copyreg.__newobj__ as a callable: NEWOBJ spelt as REDUCE."""
    p.PROTO(2).GLOBAL("copy_reg", "__newobj__")
    p.here().GLOBAL("subprocess", "Popen").BINUNICODE("true").TUPLE2().REDUCE().STOP()


@attack("subprocess:Popen")
def by_reconstructor(p):
    """copyreg._reconstructor with a class that has no business in a model."""
    p.PROTO(2).GLOBAL("copy_reg", "_reconstructor").here().GLOBAL("subprocess", "Popen")
    p.GLOBAL("__builtin__", "object").NONE().TUPLE3().REDUCE().STOP()


@attack("builtins:type")
def new_class(p):
    """type(name, bases, dict): a class made by the stream, with os.system as its method."""
    named(p.PROTO(4), "builtins", "type")
    place = p.place
    p.push(("Model", (), {"__init__": OS_SYSTEM})).NEWOBJ().push((TOUCH,)).REDUCE().STOP()
    p.place = place


@attack()
def arguments_in_a_list(p):
    """REDUCE whose arguments are a list: the C unpickler refuses it, pickle.py calls."""
    system(p.PROTO(4)).push([TOUCH]).REDUCE().STOP()


@attack()
def through_everything(p):
    """A call as an argument of NEWOBJ as a state as an item, twenty containers deep."""
    for _ in range(20):
        p.EMPTY_LIST().MARK()
    touch(system(p))
    for _ in range(20):
        p.APPENDS()
    p.STOP()


@attack()
def beside_a_cycle(p):
    """A list that contains itself and the call: a checker that walks it must end."""
    p.PROTO(4).EMPTY_LIST().MEMOIZE().BINGET(0).APPEND()
    touch(system(p)).APPEND().STOP()


@attack()
def tuple_cycle(p):
    """A tuple that contains itself through a list; the call sits in the ring."""
    p.PROTO(4).EMPTY_LIST().MEMOIZE().BINGET(0)
    touch(system(p)).TUPLE2().MEMOIZE().POP().BINGET(1).APPEND().STOP()


@attack()
def argument_is_the_result(p):
    """The first call's result is the argument of the second: one flow, two calls."""
    system(p.PROTO(4)).DUP()
    touch(p).TUPLE1().REDUCE().STOP()


@attack()
def fan_out(p):
    """A tuple doubled forty times around the call: a viewer that expands it never ends."""
    touch(system(p.PROTO(4)))
    for _ in range(40):
        p.DUP().TUPLE2()
    p.STOP()


@attack("-", "call-of-value")
def result_is_called(p):
    """What an allowed call returns is called: no rule can name what that is."""
    p.PROTO(4).GLOBAL("collections", "OrderedDict").EMPTY_TUPLE().REDUCE()
    p.EMPTY_TUPLE().here().REDUCE().STOP()


@attack("-", "call-of-value")
def instance_of_a_result(p):
    """NEWOBJ of what an allowed call returns."""
    p.PROTO(4).GLOBAL("collections", "Counter").EMPTY_TUPLE().REDUCE()
    p.EMPTY_TUPLE().here().NEWOBJ().STOP()


@attack("-", "arguments-opaque")
def arguments_from_a_call(p):
    """The arguments are what an allowed call returns: they cannot be judged beforehand."""
    p.PROTO(4).GLOBAL("builtins", "complex").GLOBAL("collections", "OrderedDict").EMPTY_TUPLE()
    p.REDUCE().here().REDUCE().STOP()


@attack("numpy:ndarray", "use-denied")
def allowed_class_called(p):
    """numpy.ndarray stands in every array's pickle, as an argument; here it is called."""
    p.PROTO(4).GLOBAL("numpy", "ndarray").push((2**40,)).TUPLE1().here().REDUCE().STOP()


@attack("numpy:ndarray", "use-denied")
def allowed_class_by_newobj(p):
    """The same by NEWOBJ, with a shape of a terabyte."""
    p.PROTO(4).GLOBAL("numpy", "ndarray").push((2**40,)).TUPLE1().here().NEWOBJ().STOP()


@attack("builtins:object", "use-denied")
def base_class_called(p):
    """builtins.object is an argument of _reconstructor; here it is called."""
    p.PROTO(4).GLOBAL("builtins", "object").EMPTY_TUPLE().here().REDUCE().STOP()
