"""Makes pickles that nobody wrote: mutated rows and random programs.

The same seed gives the same streams. Most are short, and most are read to the
end by some unpickler; all of them end in STOP.
"""

from __future__ import annotations

import pickletools
import random
from collections.abc import Iterator

import discrepancies
import naive
from reading import Reading

_READINGS = (
    Reading(), Reading(), Reading(), Reading(encoding="bytes"), Reading(encoding="latin1"),
    Reading(encoding="utf-8", errors="replace"), Reading(fix_imports=False),
    Reading(persistent_ids=True), Reading(buffers=(b"first", bytearray(b"second"))),
    Reading(extensions=((1, "one", "One"), (300, "three", "Hundred.Inner"))),
)
_NUMBERS = (b"0", b"1", b"2", b"7", b"00", b"01", b"-1", b"+1", b" 1", b"1 ", b"010", b"08",
            b"0x1f", b"-0x1", b"0b11", b"0o17", b"1_000", b"0_1", b"1L", b"12L", b"-5L", b"LL", b"",
            b"00\r", b"01\r", b"1\0x", b"\0" b"1", b"9223372036854775807", b"9223372036854775808",
            b"-9223372036854775808", b"123456789012345678901234567890", b"1.5", b"-0.0", b"1e400",
            b".5", b"5.", b"inf", b"-Infinity", b"nan", b"1_0.5", b" 1.5", b"1e-5", b"0x1p3", b"e5")
_TEXTS = (b"a", b"ab", b"", b"builtins", b"__builtin__", b"list", b"xrange", b"os", b"path.join",
          b"a\\x41", b"a\\u0041b", b"\\\\u0041", b"\xc3\xa9", b"\xff", b"\xed\xa0\x80", b"<locals>",
          b"'a'", b'"a\'"', b"'\\x41\\n'", b"'\\", b"'\\x4'", b"'\\400'", b"'\xe9'", b"'", b"a b", b"a\r")
# What a program is likely to go on with, more often than by chance.
_LIKELY = ("MARK", "MARK", "BININT1", "NONE", "EMPTY_LIST", "EMPTY_DICT", "EMPTY_SET", "EMPTY_TUPLE",
           "GLOBAL", "GLOBAL", "REDUCE", "NEWOBJ", "BUILD", "APPENDS", "SETITEMS", "ADDITEMS", "TUPLE",
           "TUPLE1", "TUPLE2", "LIST", "DICT", "FROZENSET", "OBJ", "MEMOIZE", "BINGET", "DUP",
           "SHORT_BINUNICODE", "STACK_GLOBAL", "APPEND", "SETITEM")


def _operand(rng: random.Random, opcode) -> bytes:
    if opcode.arg is None:
        return b""
    size, name = opcode.arg.n, opcode.name
    if size == pickletools.UP_TO_NEWLINE:
        lines = 2 if name in ("GLOBAL", "INST") else 1
        texts = _NUMBERS if name in ("INT", "LONG", "FLOAT", "GET", "PUT") else _TEXTS
        return b"".join(rng.choice(texts) + b"\n" for _ in range(lines))
    if size >= 0:
        if name == "PROTO":
            return bytes([rng.choice((0, 1, 2, 3, 4, 4, 5, 5, 6))])
        if name == "FRAME":
            return rng.choice((0, 1, 2, 3, 5, 8, 13, 21)).to_bytes(8, "little")
        if rng.random() < 0.7:
            return rng.choice((0, 0, 1, 1, 2, 3)).to_bytes(size, "little")
        return rng.randbytes(size) if size < 4 or name in ("BININT", "BINFLOAT") else b"\xff" * size
    width = {pickletools.TAKEN_FROM_ARGUMENT1: 1, pickletools.TAKEN_FROM_ARGUMENT8U: 8}.get(size, 4)
    payload = rng.choice(_TEXTS)
    length = len(payload) if rng.random() < 0.95 else rng.choice((0, 1, len(payload) + 1, 200))
    return length.to_bytes(width, "little") + payload


def _instruction(rng: random.Random) -> bytes:
    opcode = rng.choice(pickletools.opcodes)
    if rng.random() < 0.6:
        wanted = rng.choice(_LIKELY)
        opcode = next(op for op in pickletools.opcodes if op.name == wanted)
    return opcode.code.encode("latin-1") + _operand(rng, opcode)


def _program(rng: random.Random, reading: Reading) -> bytes:
    """A random program of which nearly every instruction can be executed."""
    program = rng.choice((b"", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"))
    for _ in range(rng.randrange(2, 25)):
        longer = program + _instruction(rng)
        refusal = naive.read(longer, reading).refusal
        if (refusal and refusal.offset == len(longer)) or rng.random() < 0.02:
            program = longer
    return program.replace(b".", b"") + b"."


def _mutated(rng: random.Random, seeds: list[bytes]) -> bytes:
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(data) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            data[place:place] = _instruction(rng)
        elif kind == 1:
            del data[place:place + rng.randrange(1, 4)]
        elif kind == 2 and place < len(data):
            data[place] = rng.randrange(256)
        elif kind == 3 and place < len(data):
            data[place] ^= 1 << rng.randrange(8)
        elif kind == 4:
            other = rng.choice(seeds)
            start = rng.randrange(len(other))
            data[place:place] = other[start:start + rng.randrange(1, 12)]
        else:
            data[place:place] = data[place:place + rng.randrange(1, 8)]
    return bytes(data) + b"."


def streams(seed: int, count: int) -> Iterator[tuple[bytes, Reading]]:
    """`count` streams with the options to read them."""
    rng = random.Random(seed)
    seeds = [row.data for row in discrepancies.load() if len(row.data) < 200]
    for _ in range(count):
        reading = rng.choice(_READINGS)
        if rng.random() < 0.5:
            yield _program(rng, reading), reading
        else:
            yield _mutated(rng, seeds), reading
