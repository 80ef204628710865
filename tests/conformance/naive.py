"""A second machine: reads a pickle into the same node program, plainly.

It is written from the format and from what CPython's C unpickler accepts, one
small method an opcode, without a thought for speed or memory. Its programs are
replayed and compared with those of picklebox, also where the oracle cannot
follow because it has only stand-ins (see oracle.py).

It reads as ``--compat`` does. It has no limits, and knows nothing of policies.
What real code would refuse (a missing name, arguments that a function does not
take, state that a class does not want) it does not see.
"""

from __future__ import annotations

import codecs
import dataclasses
import re
import struct

from reading import Reading


class Refusal(Exception):
    """The C unpickler would fail here."""

    def __init__(self, offset: int, why: str):
        super().__init__(f"{why} at {offset}")
        self.offset = offset


@dataclasses.dataclass
class Program:
    """What was read: all of it, or up to the refusal."""

    nodes: list[dict]
    root: int | None = None
    end: int = 0
    refusal: Refusal | None = None


# Values that an opcode may find on the stack and whose type is not known.
_FOREIGN = ("global", "call", "new", "persistent", "extension", "buffer")
_UNHASHABLE = ("list", "dict", "set", "bytearray")
_FLOAT = re.compile(rb"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf(inity)?|nan)", re.IGNORECASE)
_STRTOL = re.compile(rb"[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_LARGEST_INDEX = 1 << 28  # beyond it the C unpickler asks for many gigabytes


class _Machine:
    def __init__(self, data: bytes, reading: Reading):
        self.data = data
        self.reading = reading
        self.position = 0
        self.at = 0
        self.protocol = 0
        self.buffers_taken = 0
        self.nodes: list[dict] = []
        self.unhashable: set[int] = set()
        self.stack: list[int] = []
        self.marks: list[int] = []
        self.memo: dict[int, int] = {}

    def run(self) -> int:
        while True:
            self.at = self.position
            opcode = self.take(1)[0]
            if opcode == 0x2e:
                return self.pop()
            step = _STEPS.get(opcode)
            if step is None:
                self.refuse(f"no opcode {opcode:#04x}")
            step(self)

    def refuse(self, why):
        raise Refusal(self.at, why)

    # Input.

    def take(self, count) -> bytes:
        if count > len(self.data) - self.position:
            self.refuse("truncated")
        self.position += count
        return self.data[self.position - count:self.position]

    def number(self, form) -> int:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def line(self) -> bytes:
        end = self.data.find(b"\n", self.position)
        if end < 0:
            self.refuse("a line without end")
        line = self.data[self.position:end]
        self.position = end + 1
        return line

    def full_line(self) -> bytes:
        line = self.line()
        if not line:
            self.refuse("an empty line")
        return line

    def whole(self, text: bytes, base: int) -> int:
        """As PyLong_FromString reads a C string."""
        try:
            return int(text.split(b"\0")[0], base)
        except ValueError:
            self.refuse("no number")

    # Stack.

    def fence(self):
        return self.marks[-1] if self.marks else 0

    def pop(self) -> int:
        if len(self.stack) <= self.fence():
            self.refuse("nothing to take")
        return self.stack.pop()

    def top(self) -> int:
        if len(self.stack) <= self.fence():
            self.refuse("nothing on top")
        return self.stack[-1]

    def pop_mark(self) -> list[int]:
        if not self.marks:
            self.refuse("no mark")
        mark = self.marks.pop()
        items = self.stack[mark:]
        del self.stack[mark:]
        return items

    # Nodes.

    def add(self, op, **fields) -> int:
        self.nodes.append({"op": op, **fields})
        return len(self.nodes) - 1

    def push(self, op, **fields) -> int:
        number = self.add(op, **fields)
        self.stack.append(number)
        return number

    def kind(self, number) -> str:
        return self.nodes[number]["op"]

    def text(self, text: str):
        self.push("str", value=text)

    def decode(self, payload: bytes, encoding, errors="strict") -> str:
        try:
            return payload.decode(encoding, errors)
        except (UnicodeError, LookupError, ValueError) as error:
            self.refuse(str(error))

    def python2_string(self, payload: bytes):
        if self.reading.encoding == "bytes":
            self.push("bytes", base64=_base64(payload))
        elif payload:
            self.text(self.decode(payload, self.reading.encoding, self.reading.errors))
        else:
            self.text("")  # no codec is looked up

    def sequence(self, op, items):
        number = self.push(op, items=items)
        if any(item in self.unhashable for item in items):
            self.unhashable.add(number)

    def container(self, op) -> int:
        number = self.push(op)
        self.unhashable.add(number)
        return number

    def need_hashable(self, numbers):
        for number in numbers:
            if number in self.unhashable:
                self.refuse("an unhashable key")

    def need(self, number, *kinds):
        if self.kind(number) not in kinds and self.kind(number) not in _FOREIGN:
            self.refuse(f"a {self.kind(number)} where {kinds} is wanted")

    def name(self, module: str, qualname: str) -> int:
        return self.add("global", module=module, qualname=qualname, at=self.at,
                        python2_names=self.protocol < 3 and self.reading.fix_imports,
                        dotted=self.protocol >= 4)

    # Opcodes: numbers and strings.

    def op_int(self):
        line = self.full_line()
        match = _STRTOL.match(line)
        end = match.end() if match else 0
        value = 0
        if match:
            digits = match[2]
            base = 16 if digits[:2] in (b"0x", b"0X") else 8 if digits[:1] == b"0" else 10
            value = int(match[1] + digits, base)
        if line[end:end + 1] not in (b"", b"\0") or not -1 << 63 <= value < 1 << 63:
            self.push("int", value=self.whole(line, 0))
        elif len(line) == 2 and value in (0, 1):
            self.push("bool", value=value == 1)
        else:
            self.push("int", value=value)

    def op_long(self):
        line = self.full_line()
        self.push("int", value=self.whole(line[:-1] if line.endswith(b"L") else line, 0))

    def op_long_bytes(self, form):
        count = self.number(form)
        if count < 0:
            self.refuse("a negative length")
        self.push("int", value=int.from_bytes(self.take(count), "little", signed=True))

    def op_float(self):
        text = self.full_line().split(b"\0")[0]
        match = _FLOAT.fullmatch(text)
        if not match:
            self.refuse("no number")
        value = float(text)
        if match[2] and value in (float("inf"), float("-inf")):
            self.refuse("too large")
        self.push("float", bits=struct.pack(">d", value).hex())

    def op_string(self):
        line = self.line()
        if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
            self.refuse("not quoted")
        try:
            self.python2_string(codecs.escape_decode(line[1:-1])[0])
        except ValueError as error:
            self.refuse(str(error))

    def op_utf8(self, form):
        self.text(self.decode(self.take(self.number(form)), "utf-8", "surrogatepass"))

    def op_payload(self, op, form):
        number = self.push(op, base64=_base64(self.take(self.number(form))))
        if op == "bytearray":
            self.unhashable.add(number)

    def op_next_buffer(self):
        if self.buffers_taken >= len(self.reading.buffers or ()):
            self.refuse("no buffer")
        self.push("buffer", index=self.buffers_taken, at=self.at)
        self.buffers_taken += 1

    def op_readonly_buffer(self):
        self.need(self.top(), "bytes", "bytearray", "readonly")
        self.push("readonly", buffer=self.stack.pop())

    # Opcodes: containers.

    def op_tuple(self, count):
        if len(self.stack) - count < self.fence():
            self.refuse("nothing to take")
        items = self.stack[len(self.stack) - count:]
        del self.stack[len(self.stack) - count:]
        self.sequence("tuple", items)

    def op_list(self):
        items = self.pop_mark()
        target = self.container("list")
        if items:
            self.add("append", target=target, items=items)

    def op_dict(self):
        items = self.pop_mark()
        if len(items) % 2:
            self.refuse("a key without a value")
        self.need_hashable(items[::2])
        target = self.container("dict")
        if items:
            self.add("set_items", target=target, items=items)

    def op_frozenset(self):
        items = self.pop_mark()
        self.need_hashable(items)
        self.push("frozenset", items=items)

    def op_append(self, items=None):
        if items is None:
            items = [self.pop()]
        target = self.top()
        if items:
            self.need(target, "list", "bytearray")
            self.add("append", target=target, items=items)

    def op_set_items(self, items=None):
        if items is None:
            items = [self.pop(), self.pop()][::-1]
        target = self.top()
        if items:
            self.need(target, "dict", "list", "bytearray")
            if len(items) % 2:
                self.refuse("a key without a value")
            if self.kind(target) == "dict":
                self.need_hashable(items[::2])
            self.add("set_items", target=target, items=items)

    def op_add_items(self):
        items = self.pop_mark()
        target = self.top()
        if items:
            self.need(target, "set")
            if self.kind(target) == "set":
                self.need_hashable(items)
            self.add("add_items", target=target, items=items)

    # Opcodes: stack and memo.

    def op_pop(self):
        if self.marks and self.marks[-1] == len(self.stack):
            self.marks.pop()
        else:
            self.pop()

    def get(self, index):
        if index not in self.memo:
            self.refuse("an empty memo slot")
        self.stack.append(self.memo[index])

    def put(self, index):
        if not 0 <= index <= _LARGEST_INDEX:
            self.refuse("an impossible memo slot")
        self.memo[index] = self.top()

    # Opcodes: objects.

    def op_global(self):
        module, qualname = self.full_line(), self.full_line()
        self.stack.append(self.name(self.decode(module, "utf-8"), self.decode(qualname, "utf-8")))

    def op_stack_global(self):
        qualname, module = self.pop(), self.pop()
        for number in (module, qualname):
            if self.kind(number) != "str":
                self.refuse("a name that is no str")
        self.stack.append(self.name(self.nodes[module]["value"], self.nodes[qualname]["value"]))

    def op_extension(self, form):
        code = self.number(form)
        if code not in [extension[0] for extension in self.reading.extensions]:
            self.refuse("an unregistered extension code")
        self.push("extension", code=code, at=self.at)

    def op_reduce(self):
        args, target = self.pop(), self.pop()
        self.need(args, "tuple")
        self.need(target)
        self.push("call", callable=target, args=args, at=self.at)

    def op_new(self, form):
        kwargs = {"kwargs": self.pop()} if form == "newobj_ex" else {}
        args, cls = self.pop(), self.pop()
        self.need(cls)
        self.need(args, "tuple")
        if kwargs:
            self.need(kwargs["kwargs"], "dict")
        self.push("new", form=form, at=self.at, **{"class": cls}, args=args, **kwargs)

    def op_inst(self):
        items = self.pop_mark()
        module, qualname = self.full_line(), self.full_line()
        cls = self.name(self.decode(module, "ascii"), self.decode(qualname, "ascii"))
        self.instance("inst", cls, items)

    def op_obj(self):
        items = self.pop_mark()
        if not items:
            self.refuse("no class")
        self.need(items[0])
        self.instance("obj", items[0], items[1:])

    def instance(self, form, cls, items):
        args = self.add("tuple", items=items)
        self.push("new", form=form, at=self.at, **{"class": cls}, args=args)

    def op_build(self):
        state = self.pop()
        target = self.top()
        if self.kind(target) not in _FOREIGN and self.kind(state) != "none":
            self.refuse(f"state on a {self.kind(target)}")
        self.add("build", target=target, state=state, at=self.at)

    def op_persistent(self, line):
        if not self.reading.persistent_ids:
            self.refuse("a persistent id")
        if line:
            self.text(self.decode(self.line(), "ascii"))
        self.push("persistent", persistent_id=self.pop(), at=self.at)

    def op_protocol(self):
        self.protocol = self.take(1)[0]
        if self.protocol > 5:
            self.refuse("an unknown protocol")

    def op_frame(self):
        self.take(self.number("<Q"))
        self.position = self.at + 9


def _base64(payload: bytes) -> str:
    return codecs.encode(payload, "base64").replace(b"\n", b"").decode()


_STEPS = {
    # Numbers.
    0x4e: lambda m: m.push("none"),
    0x88: lambda m: m.push("bool", value=True),
    0x89: lambda m: m.push("bool", value=False),
    0x49: _Machine.op_int,
    0x4c: _Machine.op_long,
    0x4a: lambda m: m.push("int", value=m.number("<i")),
    0x4b: lambda m: m.push("int", value=m.number("<B")),
    0x4d: lambda m: m.push("int", value=m.number("<H")),
    0x8a: lambda m: m.op_long_bytes("<B"),
    0x8b: lambda m: m.op_long_bytes("<i"),
    0x46: _Machine.op_float,
    0x47: lambda m: m.push("float", bits=m.take(8).hex()),
    # Strings and buffers.
    0x53: _Machine.op_string,
    0x54: lambda m: m.python2_string(m.take(m.number("<I"))),
    0x55: lambda m: m.python2_string(m.take(m.number("<B"))),
    0x56: lambda m: m.text(m.decode(m.line(), "raw_unicode_escape")),
    0x58: lambda m: m.op_utf8("<I"),
    0x8c: lambda m: m.op_utf8("<B"),
    0x8d: lambda m: m.op_utf8("<Q"),
    0x43: lambda m: m.op_payload("bytes", "<B"),
    0x42: lambda m: m.op_payload("bytes", "<I"),
    0x8e: lambda m: m.op_payload("bytes", "<Q"),
    0x96: lambda m: m.op_payload("bytearray", "<Q"),
    0x97: _Machine.op_next_buffer,
    0x98: _Machine.op_readonly_buffer,
    # Containers.
    0x29: lambda m: m.sequence("tuple", []),
    0x74: lambda m: m.sequence("tuple", m.pop_mark()),
    0x85: lambda m: m.op_tuple(1),
    0x86: lambda m: m.op_tuple(2),
    0x87: lambda m: m.op_tuple(3),
    0x5d: lambda m: m.container("list"),
    0x7d: lambda m: m.container("dict"),
    0x8f: lambda m: m.container("set"),
    0x6c: _Machine.op_list,
    0x64: _Machine.op_dict,
    0x91: _Machine.op_frozenset,
    0x61: _Machine.op_append,
    0x65: lambda m: m.op_append(m.pop_mark()),
    0x73: _Machine.op_set_items,
    0x75: lambda m: m.op_set_items(m.pop_mark()),
    0x90: _Machine.op_add_items,
    # Stack and memo.
    0x28: lambda m: m.marks.append(len(m.stack)),
    0x30: _Machine.op_pop,
    0x31: _Machine.pop_mark,
    0x32: lambda m: m.stack.append(m.top()),
    0x67: lambda m: m.get(m.whole(m.full_line(), 10)),
    0x68: lambda m: m.get(m.number("<B")),
    0x6a: lambda m: m.get(m.number("<I")),
    0x70: lambda m: m.put(m.whole(m.full_line(), 10)),
    0x71: lambda m: m.put(m.number("<B")),
    0x72: lambda m: m.put(m.number("<I")),
    0x94: lambda m: m.put(len(m.memo)),
    # Objects and control.
    0x63: _Machine.op_global,
    0x93: _Machine.op_stack_global,
    0x82: lambda m: m.op_extension("<B"),
    0x83: lambda m: m.op_extension("<H"),
    0x84: lambda m: m.op_extension("<i"),
    0x52: _Machine.op_reduce,
    0x81: lambda m: m.op_new("newobj"),
    0x92: lambda m: m.op_new("newobj_ex"),
    0x69: _Machine.op_inst,
    0x6f: _Machine.op_obj,
    0x62: _Machine.op_build,
    0x50: lambda m: m.op_persistent(line=True),
    0x51: lambda m: m.op_persistent(line=False),
    0x80: _Machine.op_protocol,
    0x95: _Machine.op_frame,
}


def read(data: bytes, reading: Reading) -> Program:
    """Read the first pickle of ``data`` into a node program.

    Never raises for what the pickle holds; a refusal stands in the result.
    """
    machine = _Machine(data, reading)
    program = Program(machine.nodes)
    try:
        program.root = machine.run()
    except Refusal as refusal:
        program.refusal = refusal
    program.end = machine.position
    return program
