"""Where streams end, and what stands behind that."""

from attacks.sample import Group, named, ordinary, system, touch

GROUP = Group("streams")
attack = GROUP.attack


def _clean_stream(p):
    return ordinary(p.PROTO(4)).STOP()


def _bad_stream(p):
    return touch(named(p.PROTO(4), "os", "system")).STOP()


@attack()
def second(p):
    """The first stream is clean, the second is not: load() twice reads both."""
    _bad_stream(_clean_stream(p))


@attack()
def second_without_proto(p):
    """The second stream has no PROTO to recognise it by."""
    touch(system(_clean_stream(p))).STOP()


@attack()
def tenth(p):
    """Nine clean streams before the bad one."""
    for _ in range(9):
        _clean_stream(p)
    _bad_stream(p)


@attack()
def first_of_two(p):
    """The bad stream comes first, a clean one after it: the last verdict must not win."""
    _clean_stream(_bad_stream(p))


@attack()
def after_padding(p):
    """Sixty-four NUL bytes between the streams."""
    _bad_stream(_clean_stream(p).raw(bytes(64)))


@attack()
def after_newline(p):
    """A newline between the streams, as an editor leaves it."""
    _bad_stream(_clean_stream(p).raw(b"\n"))


@attack()
def after_junk(p):
    """Bytes that are no opcode between the streams: a reader that seeks finds the second."""
    _bad_stream(_clean_stream(p).raw(b"\xff\xfejunk\xff"))


@attack()
def after_decoy_header(p):
    """A stray PROTO between the streams misleads a search for the next header."""
    _bad_stream(_clean_stream(p).raw(b"\xff\x80\x04\xff"))


@attack()
def behind_a_broken_first(p):
    """The first stream ends in an unknown opcode: the second is still there to be loaded."""
    _bad_stream(ordinary(p.PROTO(4)).raw(b"\xff"))


@attack()
def broken_after_call(p):
    """The call, then a byte that is no opcode: the exception comes when all is done.

    Scanners that give up on a broken stream lose what they had found (nullifAI).
    """
    touch(named(p.PROTO(4), "os", "system")).raw(b"\xff\xff")


@attack()
def cut_after_call(p):
    """The call, and the file ends: no STOP."""
    touch(named(p.PROTO(4), "os", "system"))


@attack()
def cut_in_operand_after_call(p):
    """The call, then an opcode whose operand is cut."""
    touch(named(p.PROTO(4), "os", "system")).raw(b"J\x01")


@attack()
def underflow_after_call(p):
    """The call, then an opcode that finds too little on the stack."""
    touch(named(p.PROTO(4), "os", "system")).POP().POP().STOP()


@attack()
def missing_memo_after_call(p):
    """The call, then a GET of nothing."""
    touch(named(p.PROTO(4), "os", "system")).BINGET(99).STOP()


@attack()
def cut_before_call(p):
    """os.system is on the stack, its REDUCE is cut off: the name alone is refused."""
    named(p.PROTO(4), "os", "system").BINUNICODE("true")


@attack()
def huge_length_after_call(p):
    """The call, then a BINBYTES8 of 2**60 bytes: allocating readers die with their findings."""
    touch(named(p.PROTO(4), "os", "system")).raw(b"\x8e" + (1 << 60).to_bytes(8, "little"))


@attack()
def several_stops(p):
    """STOP, STOP, STOP, then the bad stream: the empty streams between are errors."""
    _bad_stream(_clean_stream(p).STOP().STOP())


@attack()
def bad_state_for_the_next(p):
    """The second stream begins with a GET, as if the first one's memo were there."""
    named(p.PROTO(4), "os", "system").MEMOIZE().POP().NONE().STOP()
    p.BINGET(0).push(("true",)).REDUCE().STOP()


@attack()
def text_first(p):
    """A clean stream of protocol 0, then a bad one of protocol 0: text all the way."""
    p.MARK().INT("1").UNICODE("text").LIST().STOP()
    p.here().GLOBAL("os", "system").MARK().UNICODE("true").TUPLE().REDUCE().STOP()
