"""How a name gets onto the stack, and what it then means."""

from attacks.sample import PYTHON_TOUCH, TOUCH, Group, named, system, touch
from program import Program

GROUP = Group("names")
attack = GROUP.attack


@attack()
def global_(p):
    """os.system by GLOBAL and REDUCE.

    The plainest attack there is; every tool finds it. It is the measure for the others.
    """
    touch(system(p)).STOP()


@attack()
def global_proto2(p):
    """os.system by GLOBAL under protocol 2, where names are mapped from Python 2."""
    touch(system(p.PROTO(2))).STOP()


@attack()
def inst(p):
    """os.system by INST: the mark, the arguments, then the name and the call in one opcode.

    Readers that wait for REDUCE, or for a GLOBAL, see a class being instantiated at most.
    """
    p.MARK().BINUNICODE(TOUCH).here().INST("os", "system").STOP()


@attack()
def obj(p):
    """os.system by OBJ: the callable lies under its arguments, above a mark.

    A tracker that looks at the item below an argument tuple has no tuple to start from.
    """
    system(p.MARK()).BINUNICODE(TOUCH).OBJ().STOP()


@attack()
def stack_global(p):
    """os.system by STACK_GLOBAL, as protocol 4 writes it."""
    touch(named(p.PROTO(4), "os", "system")).STOP()


@attack()
def stack_global_from_memo(p):
    """Both parts of the name come from the memo, with decoys pushed in between.

    A look-back over the last two string opcodes finds collections.OrderedDict.
    """
    p.PROTO(4).BINUNICODE("os").MEMOIZE().POP().BINUNICODE("system").MEMOIZE().POP()
    p.BINUNICODE("collections").BINUNICODE("OrderedDict").POP().POP()
    touch(p.BINGET(0).BINGET(1).here().STACK_GLOBAL()).STOP()


@attack()
def stack_global_parts_swapped(p):
    """The name is pushed before its module; the memo puts them in order."""
    p.PROTO(4).BINUNICODE("system").MEMOIZE().POP().BINUNICODE("os")
    touch(p.BINGET(0).here().STACK_GLOBAL()).STOP()


@attack("timeit:timeit")
def stack_global_dup(p):
    """One string is both parts: timeit.timeit by DUP.

    A look-back that wants two string opcodes finds one.
    """
    p.PROTO(4).BINUNICODE("timeit").DUP().here().STACK_GLOBAL()
    p.BINUNICODE(PYTHON_TOUCH).TUPLE1().REDUCE().STOP()


def _by_string_opcode(name, essay):
    quote = (lambda text: f"'{text}'") if name == "STRING" else (lambda text: text)
    p = Program().PROTO(4).op(name, quote("os")).op(name, quote("system"))
    touch(p.here().STACK_GLOBAL()).STOP()
    GROUP.add(
        "stack-global-" + name.lower().replace("_", "-"), p, "os:system", "global-denied", essay
    )


for _name, _essay in {
    "STRING": "The parts are pushed by STRING, an opcode of protocol 0.",
    "BINSTRING": "The parts are pushed by BINSTRING, which is text when `encoding` is ASCII.",
    "SHORT_BINSTRING": "The parts are pushed by SHORT_BINSTRING.",
    "UNICODE": "The parts are pushed by UNICODE, a text line.",
    "BINUNICODE": "The parts are pushed by BINUNICODE, with lengths of four bytes.",
    "BINUNICODE8": "The parts are pushed by BINUNICODE8, with lengths of eight bytes.",
}.items():
    _by_string_opcode(_name, _essay)


@attack()
def string_escapes(p):
    """STRING with hex and octal escapes: the letters `os` are nowhere in the file."""
    p.PROTO(4).STRING("'\\x6f\\163'").STRING("'\\x73\\171\\x73\\164\\x65\\155'")
    touch(p.here().STACK_GLOBAL()).STOP()


@attack()
def unicode_escapes(p):
    """UNICODE with \\u escapes: the letters `os` are nowhere in the file."""
    p.PROTO(4).UNICODE("\\u006f\\u0073").UNICODE("\\u0073\\u0079\\u0073\\u0074\\u0065\\u006d")
    touch(p.here().STACK_GLOBAL()).STOP()


@attack()
def string_continued(p):
    """STRING whose escapes spell the module in a mixture of forms."""
    p.PROTO(4).STRING('"\\157\\x73"').STRING("'s\\x79stem'")
    touch(p.here().STACK_GLOBAL()).STOP()


@attack()
def unicode_padding(p):
    """Strings that are pushed and popped stand between the parts and STACK_GLOBAL."""
    p.PROTO(4).BINUNICODE("os").BINUNICODE("system")
    for decoy in ("numpy", "ndarray"):
        p.BINUNICODE(decoy).POP()
    touch(p.here().STACK_GLOBAL()).STOP()


@attack("_codecs:decode")
def name_made_by_call(p):
    """The module's name is the result of a call, so it is in no string of the file.

    _codecs.decode("bf", "rot13") is "os". What the STACK_GLOBAL names cannot be known
    without running the call; the call itself has to be refused, and is what is reported.
    """
    named(p.PROTO(4), "_codecs", "decode").push(("bf", "rot13")).REDUCE()
    place = p.place
    touch(p.BINUNICODE("system").STACK_GLOBAL()).STOP()
    p.place = place


DOTTED = [
    (
        "torch",
        "torch",
        "serialization.os.system",
        "joined by a dot it reads as torch.serialization + os.system",
    ),
    (
        "pathlib",
        "pathlib",
        "os.system",
        "pathlib imports os, and the attribute walk goes through it",
    ),
    ("logging", "logging", "os.system", "logging imports os"),
    ("random", "random", "_os.system", "the import has a private name"),
    ("sklearn", "sklearn", "os.system", "a rule of the form `sklearn.*` is code execution"),
    (
        "numpy",
        "numpy._core.multiarray",
        "overrides.os.system",
        "two steps from a module that every model names",
    ),
    (
        "partial",
        "numpy._core.multiarray",
        "functools.partial",
        "composition out of an allowed module",
    ),
    ("sys-modules", "collections", "_sys.modules", "a live registry out of an allowed module"),
    ("extension", "re", "copyreg.add_extension", "the extension registry out of an allowed module"),
    (
        "method",
        "collections",
        "OrderedDict.__init__.__globals__",
        "an allowed class, then its dunders",
    ),
    ("subclasses", "builtins", "object.__subclasses__", "every class of the process"),
    ("setattr", "builtins", "object.__setattr__", "attribute writes without setattr"),
    (
        "ndarray-tofile",
        "numpy",
        "ndarray.tofile",
        "an allowed class, then a method that writes files",
    ),
    ("empty-part", "os", "path..system", "empty parts of a dotted name do not vanish"),
    ("locals", "os", "<locals>.system", "a part that CPython refuses by its spelling"),
]

for _name, _module, _qualname, _why in DOTTED:
    _p = Program().PROTO(4)
    touch(named(_p, _module, _qualname)).STOP()
    GROUP.add(
        "dotted-" + _name, _p, f"{_module}:{_qualname}", "global-denied", f"A dotted name: {_why}."
    )


@attack("pathlib:os.system")
def dotted_by_global(p):
    """GLOBAL walks a dotted name too, once PROTO 4 has been seen: the register decides."""
    touch(p.PROTO(4).here().GLOBAL("pathlib", "os.system")).STOP()


@attack("pathlib:os.system")
def dotted_under_proto_2(p):
    """STACK_GLOBAL under PROTO 2 looks for one attribute with a dot in it.

    A stray opcode for its protocol, and a name to refuse whichever way it is read.
    """
    touch(named(p.PROTO(2), "pathlib", "os.system")).STOP()


@attack("pathlib:os.system")
def dotted_by_inst(p):
    """INST walks a dotted name under PROTO 4."""
    p.PROTO(4).MARK().BINUNICODE(TOUCH).here().INST("pathlib", "os.system").STOP()


PYTHON2 = [
    ("commands", "commands", "getoutput", "subprocess:getoutput", TOUCH),
    ("builtin-eval", "__builtin__", "eval", "builtins:eval", "1"),
    ("execfile", "__builtin__", "execfile", "builtins:execfile", "picklebox-absent.py"),
    ("apply", "__builtin__", "apply", "builtins:apply", "1"),
    ("reduce", "__builtin__", "reduce", "functools:reduce", "1"),
    ("imap", "itertools", "imap", "builtins:map", "1"),
    ("cpickle", "cPickle", "loads", "pickle:loads", "1"),
    ("urlopen", "urllib", "urlopen", "urllib.request:urlopen", "file:///dev/null"),
    ("copy-reg", "copy_reg", "add_extension", "copyreg:add_extension", "1"),
    ("popen2", "popen2", "popen3", "popen2:popen3", TOUCH),
    ("os-getcwdu", "os", "getcwdu", "os:getcwdu", "1"),
]

for _name, _module, _qualname, _canonical, _argument in PYTHON2:
    _p = (
        Program()
        .PROTO(2)
        .here()
        .GLOBAL(_module, _qualname)
        .BINUNICODE(_argument)
        .TUPLE1()
        .REDUCE()
        .STOP()
    )
    GROUP.add(
        "python2-" + _name,
        _p,
        _canonical,
        "global-denied",
        f"{_module}.{_qualname} of Python 2: which protocols 0 to 2 map to {_canonical}.",
    )


@attack("__builtin__:eval")
def python2_name_in_proto_4(p):
    """A Python 2 name under PROTO 4 is not mapped, and is still nothing to let through."""
    p.PROTO(4).here().GLOBAL("__builtin__", "eval").BINUNICODE("1").TUPLE1().REDUCE().STOP()


GROUP.calls(
    [
        (
            "alias-posix",
            "posix",
            "system",
            (TOUCH,),
            "os.system under the name of the module it is made in.",
        ),
        ("alias-nt", "nt", "system", (TOUCH,), "os.system under its name on Windows."),
        ("alias-pyio-open", "_pyio", "open", ("picklebox-marker", "w"), "open, written in Python."),
        (
            "alias-importlib",
            "_frozen_importlib",
            "__import__",
            ("os",),
            "importlib under its frozen name.",
        ),
        ("alias-functools", "_functools", "partial", (1,), "functools.partial under its C name."),
        (
            "alias-subprocess",
            "_posixsubprocess",
            "fork_exec",
            (),
            "what subprocess calls in the end.",
        ),
    ]
)

# The public names of what these modules hold: the policy is asked about those.
for _name, _module, _public, _qualname, _args in [
    ("alias-io-open", "_io", "io", "open", ("picklebox-marker", "w")),
    ("alias-operator", "_operator", "operator", "attrgetter", ("system",)),
]:
    _p = named(Program().PROTO(4), _module, _qualname).push(_args).REDUCE().STOP()
    _essay = f"{_public}.{_qualname} under the name of the module in C."
    GROUP.add(_name, _p, f"{_public}:{_qualname}", "global-denied", _essay)

ODD = [
    ("fullwidth", "\uff4f\uff53", "system", "fullwidth letters: no normalisation makes them `os`"),
    ("cyrillic", "\u043es", "system", "a Cyrillic o"),
    (
        "carriage-return",
        "os\r",
        "system\r",
        "a file that went through CRLF: the CR is part of the name",
    ),
    ("nul", "os\x00", "system\x00", "names that end for C and not for Python"),
    ("leading-space", " os", "system", "no name is trimmed"),
    (
        "space-inside",
        "numpy dtype",
        "x",
        "module and name joined by a space, as pickletools joins them, split elsewhere",
    ),
    (
        "escaped",
        "builtin\\x73",
        "eval",
        "no escapes in GLOBAL, though pickletools shows them decoded",
    ),
    ("case", "OS", "system", "names differ by case"),
    ("trailing-dot", "os.", "system", "a trailing dot in the module"),
    ("leading-dot", ".os", "system", "a relative module"),
]

for _name, _module, _qualname, _why in ODD:
    _p = Program()
    touch(_p.PROTO(3).here().GLOBAL(_module, _qualname)).STOP()
    GROUP.add(
        "odd-" + _name,
        _p,
        f"{_module}:{_qualname}",
        "global-denied",
        f"An odd name by GLOBAL: {_why}.",
    )


@attack(":")
def odd_empty(p):
    """STACK_GLOBAL of two empty strings."""
    touch(named(p.PROTO(4), "", "")).STOP()


@attack("os\udc80:system")
def odd_lone_surrogate(p):
    """A lone surrogate in a module's name: reports that encode UTF-8 strictly die of it."""
    touch(named(p.PROTO(4), "os\udc80", "system")).STOP()


@attack("os\n:system")
def odd_newline(p):
    """A newline inside a name, which only STACK_GLOBAL can carry."""
    touch(named(p.PROTO(4), "os\n", "system")).STOP()
