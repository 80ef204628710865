"""FRAME and PROTO around a payload."""

from attacks.sample import TOUCH, Group, named, ordinary, touch
from program import Program

GROUP = Group("frames")
attack = GROUP.attack


def _payload():
    return touch(named(Program(), "os", "system"))


@attack()
def framed(p):
    """The payload in one well-formed frame."""
    p.PROTO(4).framed(_payload().STOP())


@attack()
def after_the_frame(p):
    """A frame of harmless data, then the payload outside of any frame."""
    p.PROTO(4).framed(ordinary(Program()).POP())
    touch(named(p, "os", "system")).STOP()


@attack()
def empty_frames(p):
    """A hundred frames of length 0 before the payload."""
    p.PROTO(4)
    for _ in range(100):
        p.FRAME(0)
    touch(named(p, "os", "system")).STOP()


@attack()
def one_opcode_a_frame(p):
    """Every opcode in a frame of its own."""
    p.PROTO(4).framed(Program().SHORT_BINUNICODE("os")).framed(Program().SHORT_BINUNICODE("system"))
    p.framed(Program().here().STACK_GLOBAL())
    for name in ("TUPLE1", "REDUCE", "STOP"):
        if name == "TUPLE1":
            p.framed(Program().BINUNICODE(TOUCH))
        p.framed(Program().op(name))


@attack()
def nested(p):
    """The payload in a frame inside a frame."""
    p.PROTO(4).framed(Program().framed(_payload())).STOP()


@attack()
def under_proto_2(p):
    """A frame in a stream that says protocol 2, where there are none."""
    p.PROTO(2).framed(_payload().STOP())


@attack("-", "ambiguous")
def too_long(p):
    """The frame claims more than the file has: C refuses it, pickle.py runs the payload."""
    body = _payload().STOP()
    p.PROTO(4).here().FRAME(len(body) + 4096).raw(bytes(body))


@attack("-", "ambiguous")
def crossing_the_name(p):
    """The frame ends inside the string that names the module.

    To a reader of buffers the name is `os`; to C on a raw file it starts again behind
    the frame end.
    """
    p.PROTO(4).FRAME(3).here().SHORT_BINUNICODE("os").SHORT_BINUNICODE("system")
    place = p.place
    touch(p.STACK_GLOBAL()).STOP().place = place


@attack("-", "ambiguous")
def split_view(p):
    """One file, two programs: two harmless strings, or a call of os.system.

    The frame ends in the middle of the first string's length. pickletools, and loads()
    of bytes, go straight on: a text, a second string, STOP. The C unpickler on a file
    without peek forgets what it had of the length and takes four bytes behind the frame
    end instead: a length of 0, and then a program in what everyone else holds for text.
    """
    hidden = Program().POP().GLOBAL("os", "system").MARK().BINUNICODE(TOUCH).TUPLE().REDUCE().STOP()
    text = b"\x00\x00" + bytes(hidden)
    p.PROTO(4).FRAME(3).here().BINUNICODE(text).POP().BINUNICODE("harmless").STOP()


@attack("builtins:eval")
def late_proto_maps(p):
    """PROTO 2 in the middle switches the Python 2 names on, after PROTO 4 had them off."""
    p.PROTO(4).NONE().POP().PROTO(2).here().GLOBAL("__builtin__", "eval")
    p.BINUNICODE("1").TUPLE1().REDUCE().STOP()


@attack("pathlib:os.system")
def late_proto_dots(p):
    """PROTO 4 in the middle switches dotted names on, after PROTO 2 had them off."""
    p.PROTO(2).NONE().POP().PROTO(4).here().GLOBAL("pathlib", "os.system")
    touch(p).STOP()


@attack()
def many_protos(p):
    """PROTO before every opcode."""
    p.PROTO(4).PROTO(4).here().GLOBAL("os", "system").PROTO(4).BINUNICODE(TOUCH)
    p.PROTO(4).TUPLE1().PROTO(4).REDUCE().PROTO(4).STOP()


@attack()
def without_proto(p):
    """Opcodes of protocol 4 without any PROTO: no reader asks for one."""
    touch(named(p, "os", "system")).STOP()
