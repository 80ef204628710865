"""Pickle programs, written opcode by opcode.

This is the lower half of the corpus tools: the instruction set and a buffer to
write it into. It knows how an operand is laid out and nothing else; it never
runs a pickle, and it is happy to write streams that no unpickler accepts.

Example
-------
>>> p = Program()
>>> p.PROTO(4).here().GLOBAL("os", "system").BINUNICODE("true").TUPLE1()
>>> p.REDUCE().STOP()
>>> bytes(p), p.place
"""

import struct

# name, opcode byte, kind of operand. One row an opcode, in the order of the
# protocols that brought them.
_TABLE = """
MARK 28 none | STOP 2e none | POP 30 none | POP_MARK 31 none | DUP 32 none
FLOAT 46 line | INT 49 line | BININT 4a i4 | BININT1 4b u1 | LONG 4c line
BININT2 4d u2 | NONE 4e none | PERSID 50 line | BINPERSID 51 none
REDUCE 52 none | STRING 53 line | BINSTRING 54 bytes4 | SHORT_BINSTRING 55 bytes1
UNICODE 56 line | BINUNICODE 58 bytes4 | APPEND 61 none | BUILD 62 none
GLOBAL 63 lines | DICT 64 none | EMPTY_DICT 7d none | APPENDS 65 none
GET 67 line | BINGET 68 u1 | INST 69 lines | LONG_BINGET 6a u4
LIST 6c none | EMPTY_LIST 5d none | OBJ 6f none | PUT 70 line
BINPUT 71 u1 | LONG_BINPUT 72 u4 | SETITEM 73 none | TUPLE 74 none
EMPTY_TUPLE 29 none | SETITEMS 75 none | BINFLOAT 47 f8
PROTO 80 u1 | NEWOBJ 81 none | EXT1 82 u1 | EXT2 83 u2 | EXT4 84 i4
TUPLE1 85 none | TUPLE2 86 none | TUPLE3 87 none | NEWTRUE 88 none
NEWFALSE 89 none | LONG1 8a long1 | LONG4 8b long4
BINBYTES 42 bytes4 | SHORT_BINBYTES 43 bytes1
SHORT_BINUNICODE 8c bytes1 | BINUNICODE8 8d bytes8 | BINBYTES8 8e bytes8
EMPTY_SET 8f none | ADDITEMS 90 none | FROZENSET 91 none | NEWOBJ_EX 92 none
STACK_GLOBAL 93 none | MEMOIZE 94 none | FRAME 95 u8
BYTEARRAY8 96 bytes8 | NEXT_BUFFER 97 none | READONLY_BUFFER 98 none
"""

_FIXED = {"u1": "<B", "u2": "<H", "u4": "<I", "i4": "<i", "u8": "<Q", "f8": ">d"}
_COUNTED = {"bytes1": "<B", "bytes4": "<I", "bytes8": "<Q"}


def _rows():
    for cell in _TABLE.replace("\n", "|").split("|"):
        if cell.strip():
            name, byte, kind = cell.split()
            yield name, (int(byte, 16), kind)


#: Name of an opcode -> (its byte, the kind of its operand).
OPCODES = dict(_rows())


def to_bytes(text):
    """UTF-8 as pickle writes it: lone surrogates are let through."""
    if isinstance(text, bytes):
        return text
    return text.encode("utf-8", "surrogatepass")


def _two_complement(value):
    if value == 0:
        return b""
    size = value.bit_length() // 8 + 1
    return value.to_bytes(size, "little", signed=True)


def encode_operand(kind, operands):
    """The bytes of the operand of an opcode of this `kind`.

    Raises
    ------
    ValueError
        If the number of operands is not what the opcode takes.
    """
    wanted = {"none": 0, "lines": 2}.get(kind, 1)
    if len(operands) != wanted:
        raise ValueError(f"takes {wanted} operand(s), has {len(operands)}")
    if kind == "none":
        return b""
    if kind in ("line", "lines"):
        return b"".join(to_bytes(line) + b"\n" for line in operands)
    value = operands[0]
    if kind in _FIXED:
        return struct.pack(_FIXED[kind], value)
    if kind in _COUNTED:
        data = to_bytes(value)
        return struct.pack(_COUNTED[kind], len(data)) + data
    data = value if isinstance(value, bytes) else _two_complement(value)
    return struct.pack("<B" if kind == "long1" else "<i", len(data)) + data


class Program:
    """A buffer that opcodes are appended to by name.

    Every opcode is a method (`p.MARK()`, `p.GLOBAL("os", "system")`) and returns
    the program, so that a stream reads as a chain.

    Attributes
    ----------
    code : bytearray
        What has been written so far.
    place : int or None
        Offset remembered by `here`: the opcode that a report has to point at.
    """

    def __init__(self):
        self.code = bytearray()
        self.place = None

    def __bytes__(self):
        return bytes(self.code)

    def __len__(self):
        return len(self.code)

    def __getattr__(self, name):
        if name not in OPCODES:
            raise AttributeError(name)
        return lambda *operands: self.op(name, *operands)

    def op(self, name, *operands):
        """Append one opcode with its operand."""
        byte, kind = OPCODES[name]
        try:
            operand = encode_operand(kind, operands)
        except (ValueError, struct.error, OverflowError) as error:
            raise ValueError(f"{name}: {error}") from error
        self.code.append(byte)
        self.code += operand
        return self

    def raw(self, data):
        """Append bytes as they are."""
        self.code += data
        return self

    def here(self):
        """Remember the offset of the opcode that follows."""
        self.place = len(self.code)
        return self

    def framed(self, body):
        """Append a FRAME that is exactly as long as `body`, a Program."""
        self.FRAME(len(body))
        if body.place is not None:
            self.place = len(self.code) + body.place
        return self.raw(bytes(body))

    def push(self, value):
        """Push a plain Python value the way a protocol 4 writer would."""
        if value is None:
            return self.NONE()
        if isinstance(value, bool):
            return self.NEWTRUE() if value else self.NEWFALSE()
        if isinstance(value, int):
            return self._push_int(value)
        if isinstance(value, float):
            return self.BINFLOAT(value)
        if isinstance(value, str):
            return self.BINUNICODE(value)
        if isinstance(value, bytes):
            return self.BINBYTES(value)
        return self._push_container(value)

    def _push_int(self, value):
        if 0 <= value < 256:
            return self.BININT1(value)
        if -(2**31) <= value < 2**31:
            return self.BININT(value)
        return self.LONG1(value)

    def _push_container(self, value):
        if isinstance(value, tuple):
            self.MARK()
            for item in value:
                self.push(item)
            return self.TUPLE()
        if isinstance(value, list):
            self.EMPTY_LIST().MARK()
            for item in value:
                self.push(item)
            return self.APPENDS()
        if isinstance(value, dict):
            self.EMPTY_DICT().MARK()
            for key, item in value.items():
                self.push(key).push(item)
            return self.SETITEMS()
        if isinstance(value, Name):
            return self.BINUNICODE(value.module).BINUNICODE(value.qualname).STACK_GLOBAL()
        raise TypeError(f"no opcode for a {type(value).__name__}")


class Name:
    """A global among the values of `Program.push`."""

    def __init__(self, module, qualname):
        self.module = module
        self.qualname = qualname
