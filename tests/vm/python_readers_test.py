"""Numbers and texts of protocol 0 are read as CPython reads them.

Each line is put into a pickle and given to the C unpickler, to the Python one
and to pickletools, and what vm_tables says of it is compared: the value is that
of the C unpickler, and "agreed" says whether the others do the same.

Usage: python_readers_test.py VM_TABLES
"""

from __future__ import annotations

import codecs
import io
import itertools
import pickle
import pickletools
import random
import struct
import subprocess
import sys
import warnings

SKIP = 77
SEED = 20240
NOTHING = object()

INTEGER_ALPHABET = b"0123789abxXoLl_+- \t\r\x0b\x0c\x00."
FLOAT_ALPHABET = b"0159.eE+-_ \tinfaINFty\x00\r"
TEXT_ALPHABET = b"\\\\\\\\xuUN0147afnr\"'q{}\n\xe9\xed\xa0\x80\xf0\x9f"
ENCODINGS = ["ascii", "latin1", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]
HANDLERS = ["strict", "ignore", "replace", "surrogateescape", "surrogatepass", "backslashreplace"]
# With UTF-16 no handler but strict is promised.
STRICT_ONLY = {"utf-16", "utf-16-le", "utf-16-be"}


def ask(program: str, question: list[str], texts: list[bytes]) -> list[str]:
    """Have vm_tables read `texts`."""
    lines = "".join(text.hex() + "\n" for text in texts)
    done = subprocess.run(
        [program, *question], check=True, input=lines, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.splitlines()


def outcome(read) -> object:
    """Call `read`; NOTHING if it raises."""
    try:
        return read()
    except Exception:
        return NOTHING


def tools(pickle_bytes: bytes) -> object:
    """Tell what pickletools shows as the operand of the first opcode."""
    return outcome(lambda: next(iter(pickletools.genops(pickle_bytes)))[1])


def same(a: object, b: object) -> bool:
    """Compare values with their types; NaN is like itself."""
    if a is NOTHING or b is NOTHING:
        return a is b
    if isinstance(a, float) and isinstance(b, float):
        return struct.pack("<d", a) == struct.pack("<d", b)
    return type(a) is type(b) and a == b


def loads_memo(loads, line: bytes) -> object:
    """Read the index of a PUT: the key that the memo then has."""
    stream = b"Np" + line + b"\n."
    unpickler = (pickle.Unpickler if loads is pickle.loads else pickle._Unpickler)(
        io.BytesIO(stream)
    )
    unpickler.load()
    memo = unpickler.memo
    return next(iter(memo.copy() if hasattr(memo, "copy") else memo))


def read_number(kind: str, line: bytes) -> tuple[object, bool]:
    """Read `line` with all three readers: the value of C, and whether they agree."""
    if kind == "memo":
        c = outcome(lambda: loads_memo(pickle.loads, line))
        python = outcome(lambda: loads_memo(pickle._loads, line))
        return c, same(c, python)
    stream = {"int": b"I", "long": b"L", "float": b"F"}[kind] + line + b"\n."
    c = outcome(lambda: pickle.loads(stream))
    python = outcome(lambda: pickle._loads(stream))
    shown = tools(stream)
    return c, same(c, python) and (same(c, shown) or c is NOTHING)


def parse_answer(kind: str, answer: str) -> tuple[object, bool]:
    """Undo what vm_tables wrote."""
    agreed, value = answer.split(" ")
    if value in ("none", "too-long"):
        return NOTHING, agreed == "agreed"
    if value in ("True", "False"):
        return value == "True", agreed == "agreed"
    if kind == "float":
        return float(value), agreed == "agreed"
    number = int.from_bytes(bytes.fromhex(value), "little", signed=True)
    return number, agreed == "agreed"


def numbers(kind: str, rng: random.Random) -> list[bytes]:
    """Make lines: all short ones, and long ones by chance."""
    alphabet = FLOAT_ALPHABET if kind == "float" else INTEGER_ALPHABET
    letters = [bytes([c]) for c in alphabet]
    lines = [b"".join(t) for n in (1, 2, 3) for t in itertools.product(letters, repeat=n)]
    for _ in range(4000):
        lines.append(bytes(rng.choice(alphabet) for _ in range(rng.randrange(4, 24))))
    lines += [b"%d" % rng.randrange(-(2**70), 2**70) for _ in range(300)]
    lines += [b"%r" % rng.uniform(-1e9, 1e9) for _ in range(300)]
    lines += [b"%x" % rng.getrandbits(90) for _ in range(100)]
    lines += [b"1" * 4300, b"1" * 4301, b"0x" + b"f" * 5000, b"9" * 400, b"1e400", b"1e-400"]
    # Negative and huge indices are refused later, by the machine.
    if kind == "memo":
        lines = [line for line in lines if b"-" not in line and len(line) < 15]
    return lines


def check_numbers(program: str, rng: random.Random) -> tuple[int, list[str]]:
    """Compare numbers of all kinds."""
    wrong = []
    count = 0
    for kind in ("int", "long", "memo", "float"):
        lines = numbers(kind, rng)
        for line, answer in zip(lines, ask(program, [kind], lines)):
            ours = parse_answer(kind, answer)
            theirs = read_number(kind, line)
            if not same(ours[0], theirs[0]):
                wrong.append(f"{kind} {line!r}: {answer}, but {theirs}")
            # Too much caution where pickletools alone fails is no fault.
            elif kind != "memo" and ours[1] != theirs[1]:
                wrong.append(f"{kind} {line!r}: {answer}, but agreed is {theirs[1]}")
            count += 1
    return count, wrong


def texts(rng: random.Random) -> list[bytes]:
    """Make texts full of escapes and broken characters."""
    made = [b"", b"plain", bytes(range(256)).replace(b"\\", b"")]
    for _ in range(3000):
        made.append(bytes(rng.choice(TEXT_ALPHABET) for _ in range(rng.randrange(1, 14))))
    return made


def as_utf8(value: object) -> str:
    """Spell what Python read as vm_tables does."""
    if value is NOTHING:
        return "none"
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    return "=" + value.hex()


def check_texts(program: str, rng: random.Random) -> tuple[int, list[str]]:
    """Compare escapes and encodings."""
    wrong = []
    count = 0
    made = texts(rng)

    def compare(question: list[str], some: list[bytes], read) -> None:
        nonlocal count
        for text, answer in zip(some, ask(program, question, some)):
            expected = as_utf8(outcome(lambda text=text: read(text)))
            if answer != expected:
                wrong.append(f"{question} {text!r}: {answer}, not {expected}")
            count += 1

    compare(["string"], made, lambda text: codecs.escape_decode(text)[0])
    compare(["unicode"], made, lambda text: text.decode("raw-unicode-escape"))
    named = [text for text in made if b"\\N" not in text]
    compare(["text", "unicode_escape", "strict"], named, lambda t: t.decode("unicode-escape"))
    for encoding in ENCODINGS:
        for handler in ["strict"] if encoding in STRICT_ONLY else HANDLERS:
            compare(
                ["text", encoding, handler], made, lambda t: t.decode(encoding, handler)  # noqa: B023
            )
    return count, wrong


def main() -> int:
    """Compare all."""
    if sys.version_info >= (3, 14):
        print("this CPython reads integers in base 10 only")
        return SKIP
    warnings.simplefilter("ignore")  # of unknown escapes
    rng = random.Random(SEED)
    count, wrong = check_numbers(sys.argv[1], rng)
    more, wrong_texts = check_texts(sys.argv[1], rng)
    wrong += wrong_texts
    for line in wrong[:40]:
        print(line)
    print(f"{count + more - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
