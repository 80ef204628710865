"""vm/opcodes.def says what CPython's pickletools says, opcode by opcode.

Usage: opcode_table_test.py VM_TABLES
"""

from __future__ import annotations

import pickletools
import subprocess
import sys

# Our operands by their numbers (enum Operand), and what pickletools calls them.
OPERANDS = [
    (None,),
    ("uint1",),
    ("uint2",),
    ("int4",),
    ("uint4",),
    ("uint8",),
    ("float8",),
    ("decimalnl_short",),
    ("decimalnl_long",),
    ("floatnl",),
    ("stringnl",),
    ("unicodestringnl",),
    ("stringnl_noescape",),
    ("stringnl_noescape_pair",),
    ("long1",),
    ("long4",),
    ("string1",),
    ("string4",),
    ("bytes1",),
    ("bytes4",),
    ("bytes8", "bytearray8"),
    ("unicodestring1",),
    ("unicodestring4",),
    ("unicodestring8",),
]
# pickletools' names of the lengths that stand before counted operands.
LENGTHS = {"1": 1, "4": 4, "8": 8}
FIXED = {"uint1": 1, "uint2": 2, "int4": 4, "uint4": 4, "uint8": 8, "float8": 8}
# What is on the stack, in our words.
STACK = {"stackslice": "slice", "pytuple": "tuple"}


def fixed_size(operand: str | None) -> int:
    """Tell how many bytes of an operand are always there."""
    if operand is None or "nl" in operand:
        return 0
    return FIXED.get(operand) or LENGTHS[operand[-1]]


def stack(names: list[pickletools.StackObject]) -> str:
    """Spell a stack as opcodes.def does."""
    return " ".join(STACK.get(name.name, name.name) for name in names)


def expected(op: pickletools.OpcodeInfo) -> list[str]:
    """Make the columns that vm_tables should show for `op`."""
    operand = op.arg.name if op.arg else None
    number = next(i for i, names in enumerate(OPERANDS) if operand in names)
    return [
        op.name,
        str(ord(op.code)),
        str(op.proto),
        str(number),
        str(fixed_size(operand)),
        stack(op.stack_before),
        stack(op.stack_after),
    ]


def main() -> int:
    """Compare all rows."""
    shown = subprocess.run([sys.argv[1], "opcodes"], check=True, stdout=subprocess.PIPE, text=True)
    ours = [line.split("\t") for line in shown.stdout.splitlines()]
    theirs = [expected(op) for op in pickletools.opcodes]
    wrong = [pair for pair in zip(ours, theirs) if pair[0] != pair[1]]
    for our, their in wrong:
        print(f"picklebox   {our}\npickletools {their}")
    if len(ours) != len(theirs):
        print(f"{len(ours)} opcodes, pickletools has {len(theirs)}")
        return 1
    print(f"{len(ours) - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
