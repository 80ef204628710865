"""Streams that name nothing bad and do not mean one thing.

Either two readers load different values, or one of them refuses. No writer makes
such a stream (picklebox is strict by default because that costs nothing), so it is
denied, at the opcode where the readings part.
"""

from attacks.sample import Group
from program import Name, Program

GROUP = Group("ambiguous")


def attack(write):
    return GROUP.attack("-", "ambiguous")(write)


NUMBERS = [
    ("int-plus-one", "INT", "+1", "True in C, 1 in pickle.py"),
    ("int-minus-zero", "INT", "-0", "False in C, 0 in pickle.py"),
    ("int-space-one", "INT", " 1", "True in C, 1 in pickle.py"),
    ("int-octal", "INT", "010", "8 in C, 10 in pickletools, an error in pickle.py"),
    ("int-hex", "INT", "0x10", "16 up to 3.13, an error in pickletools and later"),
    ("int-nul", "INT", "7\x00x", "7 in C, an error elsewhere"),
    ("long-hex", "LONG", "0x10L", "16 in C, an error in pickletools"),
    ("float-nul", "FLOAT", "2.5\x00x", "2.5 in C, an error elsewhere"),
    ("float-space", "FLOAT", "2.5 ", "an error in C, 2.5 in pickle.py"),
    ("float-overflow", "FLOAT", "1e400", "an error in C, inf in pickle.py"),
]

for _name, _opcode, _line, _why in NUMBERS:
    _p = Program().here().op(_opcode, _line).STOP()
    GROUP.add(_name, _p, "-", "ambiguous", f"{_opcode} {_line!a}: {_why}.")


@attack
def proto_late(p):
    """PROTO 4 after the first opcode: from there on names are resolved by other rules."""
    p.EMPTY_LIST().here().PROTO(4).STOP()


@attack
def proto_twice(p):
    """PROTO 2, then PROTO 4: the second half of the stream has dotted names."""
    p.PROTO(2).here().PROTO(4).EMPTY_LIST().STOP()


@attack
def leftover_below_stop(p):
    """A value is left under the result: pickletools calls it an error, the unpicklers do not."""
    p.PROTO(4).BININT1(1).BININT1(2).here().STOP()


@attack
def mark_open_at_stop(p):
    """A mark is left open: accepted by unpicklers, an error in pickletools."""
    p.PROTO(4).MARK().BININT1(2).here().STOP()


@attack
def frame_nested(p):
    """A FRAME inside an unfinished one: C takes it, pickle.py does not."""
    inner = Program().BININT1(1).POP().BININT1(2).POP()
    p.PROTO(4).framed(Program().EMPTY_LIST().here().framed(inner)).STOP()


@attack
def frame_short(p):
    """A FRAME that claims more than the file has: C refuses, pickle.py loads the list."""
    p.PROTO(4).here().FRAME(1000).EMPTY_LIST().STOP()


@attack
def frame_crossed(p):
    """The operand of BININT crosses the end of its frame.

    C reads straight on from a buffer, and starts the operand again after the frame end
    from a file without peek: two values from one implementation.
    """
    p.PROTO(4).FRAME(3).here().BININT(0x01020304).STOP().raw(b"\x05\x06\x07.")


@attack
def frame_crossed_by_text(p):
    """The same with a text line, which pickle.py refuses to look for across a frame."""
    p.PROTO(4).FRAME(4).here().UNICODE("crossing").STOP()


@attack
def stop_inside_frame(p):
    """STOP before the end of its frame: where the next stream starts depends on the reader."""
    p.PROTO(4).FRAME(12).EMPTY_LIST().here().STOP().EMPTY_DICT().STOP().raw(b"NNNNNNNN")


@attack
def memoize_overwrites(p):
    """MEMOIZE after a sparse PUT overwrites a slot that is in use."""
    p.PROTO(4).BININT1(1).BINPUT(1).POP().BININT1(2).here().MEMOIZE().POP().BINGET(1).STOP()


@attack
def put_with_nul(p):
    """PUT `1<NUL>`: slot 1 in C, an error elsewhere."""
    p.BININT1(1).here().PUT("1\x00").STOP()


@GROUP.attack("-", "state-key")
def state_false(p):
    """BUILD with False: a class without __setstate__ ignores it in pickle.py, not in C."""
    p.PROTO(4).push(Name("collections", "OrderedDict")).EMPTY_TUPLE().REDUCE()
    p.NEWFALSE().here().BUILD().STOP()


@attack
def arguments_in_a_list(p):
    """REDUCE of complex with its arguments in a list: C refuses, pickle.py calls."""
    p.PROTO(4).push(Name("builtins", "complex")).push([1.0, 2.0]).here().REDUCE().STOP()


@attack
def no_items_for_an_int(p):
    """APPENDS of no items to an int: nothing happens in C, pickle.py raises."""
    p.PROTO(4).BININT1(1).MARK().here().APPENDS().STOP()
