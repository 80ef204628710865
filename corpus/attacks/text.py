"""Text operands that one reader takes and another does not, before the payload.

A scanner built on pickletools raises at the first of these and has seen nothing
of what follows. picklebox has to go on to the call, and name it.
"""

from attacks.sample import Group, system, touch
from program import Program

GROUP = Group("text")

FORMS = [
    ("long-hex", "LONG", "0x10L", "hexadecimal: C and pickle.py read 16"),
    ("int-hex", "INT", "0x1f", "hexadecimal: read by CPython up to 3.13"),
    ("int-binary", "INT", "0b11", "binary: read by CPython up to 3.13"),
    ("int-octal", "INT", "010", "C reads 8, pickletools 10, pickle.py refuses"),
    ("int-underscore", "INT", "1_000", "an underscore between digits"),
    ("int-plus", "INT", "+1", "two bytes whose value is one: C reads True, pickle.py 1"),
    ("int-space-before", "INT", " 12", "leading white space"),
    ("int-space-after", "INT", "12 ", "trailing white space"),
    ("int-nul", "INT", "1\x00junk", "a NUL: C reads 1, the others refuse"),
    ("int-carriage-return", "INT", "00\r", "False in a CRLF file becomes the int 0"),
    (
        "int-hex-5000",
        "INT",
        "0x" + "f" * 5000,
        "5000 hexadecimal digits escape the limit on decimal ones",
    ),
    ("long-underscore", "LONG", "1_0L", "an underscore in LONG"),
    ("long-no-suffix", "LONG", "10", "no L: taken by all, written by none"),
    ("float-nul", "FLOAT", "1.5\x00junk", "a NUL: C reads 1.5, the others refuse"),
    ("get-huge-zeros", "INT", "0" * 4000, "four thousand zeros"),
]

for _name, _opcode, _line, _why in FORMS:
    _p = Program().op(_opcode, _line).POP()
    touch(system(_p)).STOP()
    GROUP.add(
        _name,
        _p,
        "os:system",
        "global-denied",
        f"{_opcode} {_line[:20]!a} before the call: {_why}.",
    )

UNREADABLE = [
    ("float-underscore", "FLOAT", "1_0.0", "pickle.py reads 10.0, C refuses"),
    ("float-space", "FLOAT", " 1.5", "pickle.py reads 1.5, C refuses"),
    ("float-overflow", "FLOAT", "1e400", "pickle.py reads inf, C refuses"),
    ("float-carriage-return", "FLOAT", "1.5\r", "pickle.py reads 1.5, C refuses: a CRLF file"),
]

for _name, _opcode, _line, _why in UNREADABLE:
    _p = Program().here().op(_opcode, _line).POP()
    _place = _p.place
    touch(system(_p)).STOP().place = _place
    GROUP.add(
        "split-" + _name,
        _p,
        "-",
        "ambiguous",
        f"{_opcode} {_line[:20]!a} before a call of os.system: {_why}.",
    )
