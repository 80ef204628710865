"""Decoded code objects against the interpreter that made them.

    dis_test.py --tool build/release/tests/list_code                    # this interpreter
    dis_test.py --tool ... --python python3.8 --python python3.13       # these
    dis_test.py --tool ... --every 1                                    # all modules

Code objects of the standard library, marshalled by an interpreter, are read by
picklebox. What has to agree: every instruction's offset, name, argument, text, line and
whether it is a target, as `dis.get_instructions` has them; the exception tables;
signatures; digests, which are made here by the page of docs/embedded-code.md. The version
must be among those that the code is said to be of.
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys

# Runs in the interpreter, from 3.6 on. Writes records for list_code, and what is expected.
ASK = r"""
import dis, hashlib, io, marshal, os, re, struct, sys, sysconfig, types

every, data_path, expected_path = int(sys.argv[1]), sys.argv[2], sys.argv[3]
minor = sys.version_info[1]

def plain(text):
    return re.sub(r"(<code object .*?) at 0x[0-9a-fA-F]+(, file )", r"\1\2", text)

def escaped(text):
    return ascii(text)[1:-1].replace('"', '"').replace("\\'", "'")

def digest(value):
    sha = lambda form: hashlib.sha256(form).digest()
    number = lambda n: struct.pack("<Q", n & (2**64 - 1))
    blob = lambda tag, data: sha(tag + number(len(data)) + data)
    if value is None: return sha(b"N")
    if value is False: return sha(b"F")
    if value is True: return sha(b"T")
    if value is Ellipsis: return sha(b".")
    if isinstance(value, int):
        size = 0
        while not -(1 << (8 * size)) // 2 <= value < (1 << (8 * size)) / 2 if size else value:
            size += 1
        return blob(b"i", value.to_bytes(size, "little", signed=True))
    if isinstance(value, float): return sha(b"f" + struct.pack("<d", value))
    if isinstance(value, complex): return sha(b"c" + struct.pack("<dd", value.real, value.imag))
    if isinstance(value, str): return blob(b"s", value.encode("utf-8", "surrogatepass"))
    if isinstance(value, bytes): return blob(b"b", value)
    if isinstance(value, slice):
        return sha(b"l" + number(3) + b"".join(map(digest, (value.start, value.stop, value.step))))
    if isinstance(value, (tuple, frozenset)):
        items = [digest(item) for item in value]
        if isinstance(value, frozenset): items.sort()
        return sha((b"t" if isinstance(value, tuple) else b"z") + number(len(items)) + b"".join(items))
    code = value
    layout = 2 if minor >= 11 else 1 if minor >= 8 else 0
    numbers = (layout, code.co_argcount, getattr(code, "co_posonlyargcount", 0),
               code.co_kwonlyargcount, code.co_nlocals, code.co_stacksize, code.co_flags)
    exceptions = code.co_exceptiontable if minor >= 11 else None
    parts = (code.co_name, code.co_code, exceptions, code.co_consts, code.co_names,
             code.co_varnames, code.co_freevars, code.co_cellvars)
    return sha(b"C" + b"".join(map(number, numbers)) + b"".join(map(digest, parts)))

def signature(code):
    names = list(code.co_varnames)
    out = []
    for i in range(code.co_argcount):
        out.append(names[i])
        if i + 1 == getattr(code, "co_posonlyargcount", 0): out.append("/")
    last = code.co_argcount + code.co_kwonlyargcount
    if code.co_flags & 4: out.append("*" + names[last])
    elif code.co_kwonlyargcount: out.append("*")
    out += names[code.co_argcount:last]
    if code.co_flags & 8: out.append("**" + names[last + bool(code.co_flags & 4)])
    return "(" + ", ".join(out) + ")"

def write(code, out):
    out.write("code\t%s\t%s\t%d\t%s\n" % (
        escaped(code.co_name), digest(code).hex(), 1 << minor, escaped(signature(code))))
    entries = dis._parse_exception_table(code) if minor >= 11 else ()
    # dis.dis marks where exceptions go, too.
    handled = {entry.target for entry in entries if minor >= 13 or entry.end > entry.start}
    for i in dis.get_instructions(code):
        text = i.argrepr
        if i.opcode in dis.hasconst and (minor != 11 or i.opname == "LOAD_CONST"):
            text = plain(ascii(i.argval))
        elif i.opname == "COMPARE_OP" or not re.match(r"(to|from) L\d+$", text):
            text = escaped(text)
        else:
            text = "%s %d" % (text.split()[0], i.argval)
        if minor >= 13:
            start = "-" if not i.starts_line else "none" if i.line_number is None else str(i.line_number)
        else:
            start = "-" if i.starts_line is None else str(i.starts_line)
        out.write("%d\t%s\t%s\t%s\t%s\t%d\n" % (
            i.offset, i.opname, "-" if i.arg is None else i.arg, text, start,
            i.is_jump_target or i.offset in handled))
    for entry in entries:
        out.write("handler\t%d\t%d\t%d\t%d\t%d\n" % (
            entry.start, entry.end, entry.target, entry.depth, entry.lasti))

def nested(code):
    # What is nested before what it is nested in, without recursion in the depth of modules.
    order, todo = [], [code]
    seen = set()
    def visit(value):
        if isinstance(value, types.CodeType):
            if id(value) in seen: return
            seen.add(id(value))
            for item in value.co_consts: visit(item)
            order.append(value)
        elif isinstance(value, tuple):
            for item in value: visit(item)
    visit(code)
    return order

root = sysconfig.get_paths()["stdlib"]
paths = []
for folder, folders, files in os.walk(root):
    left_out = ("site-packages", "dist-packages", "__pycache__", "lib2to3")
    folders[:] = sorted(f for f in folders if f not in left_out)
    paths += [os.path.join(folder, f) for f in sorted(files) if f.endswith(".py")]
count = 0
with open(data_path, "wb") as data, open(expected_path, "w") as out:
    for path in paths[::every]:
        try:
            with open(path, "rb") as stream:
                code = compile(stream.read(), os.path.relpath(path, root), "exec", dont_inherit=True)
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        record = marshal.dumps(code)
        data.write(struct.pack("<I", len(record)) + record)
        # As marshal makes it: what is equal there is one object, with its order.
        for part in nested(marshal.loads(record)):
            write(part, out)
            count += 1
print(minor, count)
"""


def normalised(line: str) -> str:
    """Sets have no order."""
    return "".join(sorted(line)) if "frozenset({" in line else line


def agrees(expected: str, line: str) -> bool:
    """Compare one line; the version must be among those that are said."""
    if expected == line:
        return True
    if expected.startswith("code\t"):
        ours, theirs = line.split("\t"), expected.split("\t")
        return (
            len(ours) == len(theirs)
            and ours[:3] + ours[4:] == theirs[:3] + theirs[4:]
            and (int(ours[3]) & int(theirs[3])) != 0
        )
    return normalised(expected) == normalised(line)


def check(tool: str, python: str, every: int, folder: pathlib.Path) -> int:
    """Compare one interpreter; return how many lines differ."""
    data, expected = folder / "data", folder / "expected"
    done = subprocess.run(
        [python, "-X", "utf8", "-c", ASK, str(every), str(data), str(expected)],
        check=True,
        capture_output=True,
        text=True,
    )
    minor, codes = done.stdout.split()
    with data.open("rb") as stream:
        ours = subprocess.run([tool, minor], stdin=stream, check=True, capture_output=True, text=True)
    wrong = count = 0
    name = ""
    theirs = expected.read_text().splitlines()
    lines = ours.stdout.splitlines()
    only = versions = 0
    for want, line in zip(theirs, lines):
        count += 1
        if line.startswith("code\t"):
            name = line.split("\t")[1]
            versions += 1
            only += int(line.split("\t")[3]) == 1 << int(minor)
        if not agrees(want, line):
            wrong += 1
            if wrong <= 10:
                print(f"3.{minor} {name}:\n  dis       {want[:300]}\n  picklebox {line[:300]}")
    wrong += abs(len(theirs) - len(lines))
    print(
        f"3.{minor}: {codes} code objects, {count} lines, {wrong} differ; "
        f"{100 * only // max(versions, 1)} % are of that version alone"
    )
    return wrong or int(count == 0)


def main() -> int:
    """Compare all interpreters; 0 if they agree."""
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--python", action="append")
    parser.add_argument("--every", type=int, default=20, help="of the modules, take every Nth")
    options = parser.parse_args()
    wrong = 0
    for python in options.python or [sys.executable]:
        with tempfile.TemporaryDirectory() as folder:
            wrong += check(options.tool, python, options.every, pathlib.Path(folder))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
