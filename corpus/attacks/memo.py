"""The memo: where a reader's idea of it and the unpickler's part."""

from attacks.sample import TOUCH, Group, named, ordinary, system, touch

GROUP = Group("memo")
attack = GROUP.attack


@attack()
def overwritten(p):
    """A slot is filled with a harmless name and then with another.

    First-write-wins readers see collections.OrderedDict being called.
    """
    p.PROTO(4).BINUNICODE("collections").BINPUT(0).POP().BINUNICODE("os").BINPUT(0).POP()
    touch(p.BINGET(0).BINUNICODE("system").here().STACK_GLOBAL()).STOP()


@attack()
def overwritten_callable(p):
    """The slot holds a harmless class when it is first read, os.system afterwards."""
    p.PROTO(2).GLOBAL("collections", "OrderedDict").BINPUT(0).POP()
    system(p).BINPUT(0).POP().BINGET(0)
    touch(p).STOP()


@attack()
def top_after_pop(p):
    """The memo takes the top of the stack, not the argument of the last opcode.

    Push os, push collections, POP, MEMOIZE: slot 0 is os. A reader that stores the
    last string it decoded remembers collections.
    """
    p.PROTO(4).BINUNICODE("os").BINUNICODE("collections").POP().MEMOIZE().POP()
    touch(p.BINGET(0).BINUNICODE("system").here().STACK_GLOBAL()).STOP()


@attack()
def memoize_after_gap(p):
    """MEMOIZE after a sparse PUT: its index is the number of filled slots.

    PUT 1 fills slot 1; MEMOIZE then takes index 1 and overwrites it. A reader that
    counts PUTs, or takes the highest index plus one, keeps the harmless string.
    """
    p.PROTO(4).BINUNICODE("collections").BINPUT(1).POP().BINUNICODE("os").MEMOIZE().POP()
    touch(p.BINGET(1).BINUNICODE("system").here().STACK_GLOBAL()).STOP()


@attack()
def gaps(p):
    """Slots far apart and out of order."""
    p.PROTO(4).BINUNICODE("system").BINPUT(200).POP().BINUNICODE("os").LONG_BINPUT(70000).POP()
    touch(p.LONG_BINGET(70000).BINGET(200).here().STACK_GLOBAL()).STOP()


@attack()
def huge_index(p):
    """LONG_BINPUT 0x0fffffff: CPython allocates 2 GB for it, a scanner may give up first."""
    p.PROTO(4).BINUNICODE("os").LONG_BINPUT(0x0FFFFFFF).BINUNICODE("system").here().STACK_GLOBAL()
    touch(p).STOP()


@attack()
def text_index_forms(p):
    """PUT and GET name one slot in different spellings: 7, 007, +7, with a space.

    A memo that is keyed by text finds nothing.
    """
    p.BINUNICODE("system").PUT("007").POP().BINUNICODE("os").PUT(" 8").POP()
    touch(p.PROTO(4).GET("+8").GET("7").here().STACK_GLOBAL()).STOP()


@attack()
def text_index_bool(p):
    """PUT 01: a decoder that applies the bool rule of INT shows True."""
    p.PROTO(4).BINUNICODE("os").PUT("01").POP()
    touch(p.GET("1").BINUNICODE("system").here().STACK_GLOBAL()).STOP()


@attack()
def text_index_nul(p):
    """PUT `3<NUL>junk`: C reads 3, the others raise and stop before the call."""
    p.PROTO(4).BINUNICODE("os").PUT("3\x00junk").POP()
    touch(p.BINGET(3).BINUNICODE("system").here().STACK_GLOBAL()).STOP()


@attack()
def callable_kept(p):
    """os.system is memoised in one place and called a long way off."""
    system(p.PROTO(4)).MEMOIZE().POP()
    for _ in range(40):
        ordinary(p).POP()
    touch(p.BINGET(0)).STOP()


@attack()
def arguments_kept(p):
    """The argument tuple comes from the memo, pushed before the callable."""
    p.PROTO(4).BINUNICODE(TOUCH).TUPLE1().MEMOIZE().POP()
    system(p).BINGET(0).REDUCE().STOP()


@attack()
def mixed_widths(p):
    """One slot, written by BINPUT, read by GET, LONG_BINGET and BINGET."""
    p.PROTO(4).BINUNICODE("os").BINPUT(0).POP().BINUNICODE("system").LONG_BINPUT(1).POP()
    p.GET("0").POP().LONG_BINGET(0).BINGET(1).here().STACK_GLOBAL()
    touch(p).STOP()


@attack()
def call_result_kept(p):
    """What the call returns is memoised, dropped, and fetched as if it were data."""
    touch(system(p.PROTO(4))).MEMOIZE().POP()
    p.EMPTY_LIST().BINGET(0).APPEND().STOP()


@attack()
def stale_from_earlier_stream(p):
    """The second stream reads a slot that only the first has filled.

    An unpickler object that loads twice keeps its memo, one that is made anew does not.
    """
    named(p.PROTO(4), "os", "system").MEMOIZE().STOP()
    touch(p.PROTO(4).BINGET(0)).STOP()


@attack("-", "ambiguous")
def overwritten_harmless(p):
    """An overwritten slot and no bad name: no writer does this, and old tools refuse it."""
    p.PROTO(4).BININT1(1).BINPUT(0).POP().BININT1(2).here().BINPUT(0).POP().BINGET(0).STOP()
