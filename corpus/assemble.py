#!/usr/bin/env python3
"""Builds pickles from `.pklasm`, the text form of the corpus' damaged streams.

    corpus/assemble.py corpus/malformed/truncated/i4.pklasm -o i4.pkl
    corpus/assemble.py --all build/corpus     # every source, below its own folder
    corpus/assemble.py --rows                 # the sources' rows of MANIFEST, anew

A source is an essay in comments, then one instruction a line:

    # What this stream shows, and who is fooled by it.
    .verdict incomplete          what picklebox has to answer
    .reason  truncated           the word for it
    .expect  os:system           the global to be named, where there is one

    PROTO 4                      an opcode by name; its operands are Python literals
    GLOBAL "os" "system"         text operands: the newlines are added
    BINUNICODE "touch marker"    counted operands: the length is added
    @                            the report has to point at what comes next
    BININT!                      the opcode byte alone: the operand is up to you
    hex 01 02                    raw bytes
    ascii "junk"                 raw text
    u8 255, u32 16, u64 99       one raw little-endian number (also i32)
    fill 100 61                  one byte, so many times
    repeat 1000 ... end          a block, so many times; blocks nest
    frame ... end                a FRAME as long as the block in it

The output is a function of the source alone. Only the standard library is used.
"""

import argparse
import ast
import pathlib
import re
import struct
import sys

import manifest
from program import OPCODES, Program, to_bytes

#: No source may grow beyond this; a typing error in a `repeat` should not fill a disk.
MAX_OUTPUT = 64 << 20

ROOT = pathlib.Path(__file__).resolve().parent
_RAW_NUMBERS = {"u8": "<B", "u32": "<I", "u64": "<Q", "i32": "<i"}
_TOKEN = re.compile(r"""\s*(b?"(?:[^"\\]|\\.)*"|[^\s"]+)""")


class AssemblyError(ValueError):
    """A source that cannot be assembled; the message has the line number."""


class Source:
    """An assembled `.pklasm`.

    Attributes
    ----------
    code : bytes
    place : int or None
        Offset of the instruction after `@`.
    notes : dict of str to str
        The dotted directives, without their dot.
    title : str
        The first comment line.
    """

    def __init__(self, code, place, notes, title):
        self.code = code
        self.place = place
        self.notes = notes
        self.title = title


def _split(line, number):
    words, position = [], 0
    while position < len(line):
        match = _TOKEN.match(line, position)
        if not match:
            raise AssemblyError(f"line {number}: cannot read {line[position:]!r}")
        if match[1].startswith("#"):
            break
        words.append(match[1])
        position = match.end()
    return words


def _literal(word, number):
    try:
        return ast.literal_eval(word)
    except (ValueError, SyntaxError) as error:
        raise AssemblyError(f"line {number}: {word} is not a literal") from error


class _Assembler:
    """Reads the lines; blocks are kept on a stack of half-written programs."""

    def __init__(self):
        self.notes = {}
        self.stack = [(None, 0, Program())]

    def line(self, number, words):
        head, rest = words[0], words[1:]
        program = self.stack[-1][2]
        if head.startswith("."):
            self.notes[head[1:]] = " ".join(rest)
        elif head == "@":
            program.here()
        elif head in ("repeat", "frame"):
            self.stack.append((head, int(rest[0]) if rest else 1, Program()))
        elif head == "end":
            self.close(number)
        else:
            self.emit(program, head, rest, number)

    def emit(self, program, head, rest, number):
        if head == "hex":
            program.raw(bytes.fromhex("".join(rest)))
        elif head == "fill":
            program.raw(bytes.fromhex(rest[1]) * int(rest[0]))
        elif head == "ascii":
            program.raw(to_bytes(_literal(rest[0], number)))
        elif head in _RAW_NUMBERS:
            program.raw(struct.pack(_RAW_NUMBERS[head], int(rest[0], 0)))
        elif head.endswith("!") and head[:-1] in OPCODES:
            program.raw(bytes([OPCODES[head[:-1]][0]]))
        elif head in OPCODES:
            program.op(head, *[_literal(word, number) for word in rest])
        else:
            raise AssemblyError(f"line {number}: no opcode {head}")

    def close(self, number):
        kind, count, block = self.stack.pop()
        if kind is None:
            raise AssemblyError(f"line {number}: end without a block")
        outer = self.stack[-1][2]
        if kind == "frame":
            outer.framed(block)
            return
        if len(outer) + count * len(block) > MAX_OUTPUT:
            raise AssemblyError(f"line {number}: more than {MAX_OUTPUT} bytes")
        if block.place is not None:
            outer.place = len(outer) + block.place
        outer.raw(bytes(block) * count)


def assemble(text):
    """Assemble a source.

    Parameters
    ----------
    text : str
        The whole `.pklasm`.

    Returns
    -------
    Source

    Raises
    ------
    AssemblyError
        With the number of the line at fault.
    """
    assembler, title = _Assembler(), ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            title = title or line.lstrip("# ").strip()
            continue
        words = _split(line, number)
        if not words:
            continue
        try:
            assembler.line(number, words)
        except (ValueError, struct.error, IndexError) as error:
            if isinstance(error, AssemblyError):
                raise
            raise AssemblyError(f"line {number}: {error}") from error
    if len(assembler.stack) != 1:
        raise AssemblyError("a block is not closed")
    program = assembler.stack[0][2]
    return Source(bytes(program), program.place, assembler.notes, title)


def assemble_file(path):
    """`assemble` for a file; errors are prefixed with its path."""
    try:
        return assemble(path.read_text(encoding="ascii"))
    except ValueError as error:
        raise AssemblyError(f"{path}: {error}") from error


def sources():
    """Every `.pklasm` of the corpus, sorted."""
    return sorted(ROOT.glob("**/*.pklasm"))


def row_of(path):
    """The MANIFEST row that a source asks for."""
    source = assemble_file(path)
    relative = path.relative_to(ROOT).as_posix()
    return manifest.Row(
        relative,
        relative.split("/")[0],
        "assemble.py",
        source.notes.get("verdict", ""),
        source.notes.get("expect", "-"),
        "-" if source.place is None else str(source.place),
        source.notes.get("reason", ""),
        source.title,
    )


def main(argv=None):
    parser = argparse.ArgumentParser(description="Build pickles from .pklasm sources.")
    parser.add_argument("source", nargs="?", type=pathlib.Path)
    parser.add_argument("-o", "--output", type=pathlib.Path, help="the pickle to write")
    parser.add_argument(
        "--all", type=pathlib.Path, metavar="DIR", help="build every source below DIR"
    )
    parser.add_argument("--rows", action="store_true", help="rewrite the sources' rows of MANIFEST")
    args = parser.parse_args(argv)
    wanted = [bool(args.source), bool(args.all), args.rows]
    if wanted.count(True) != 1 or bool(args.source) != bool(args.output):
        parser.error("either SOURCE -o OUT, or --all DIR, or --rows")
    if args.rows:
        manifest.replace(lambda name: name.endswith(".pklasm"), map(row_of, sources()))
        return 0
    if args.source:
        jobs = [(args.source, args.output)]
    else:
        jobs = [(s, args.all / s.relative_to(ROOT).with_suffix(".pkl")) for s in sources()]
    try:
        for source, output in jobs:
            code = assemble_file(source).code
            output.parent.mkdir(parents=True, exist_ok=True)
            output.write_bytes(code)
    except (OSError, AssemblyError) as error:
        print(f"assemble: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
