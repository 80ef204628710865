#!/usr/bin/env python3
"""Lists the globals that a pickle names and what is done with them, running nothing.

    corpus/list_globals.py FILE...   module, qualname, uses and number of files

It is the stack machine of the standard library's pickle.py, with every class,
function and result of a call replaced by a stand-in; dicts and sets stay empty.
Nothing is imported and nothing is called, so hostile files may be traced too. It
serves two ends: to write policy profiles from benign files, and to check the offsets
of MANIFEST with a reader that shares no code with picklebox.

It is no verdict: where readers disagree about a stream, this is the opinion of
pickle.py, apart from frames and numbers in text, which it reads as the C unpickler
does from a buffer.
"""

import _compat_pickle
import argparse
import collections
import io
import pathlib
import pickle
import re
import sys
import types


class Stand:
    """What stands in for a global, or for something that a call would make."""

    def __init__(self, trace, source):
        self.trace = trace
        self.source = source

    def use(self, verb):
        self.trace.use(self.source, verb)

    def extend(self, items):
        self.use("extend")

    append = extend


class Trace:
    """What one file does.

    Attributes
    ----------
    globals : list of (int, str, str)
        Offset of the opcode that names a global, module, qualname, in order.
    uses : dict
        (module, qualname) -> set of reference, call, new, build, extend, set_items.
    streams : int
        Streams that ran to their STOP.
    error : tuple of (int, str) or None
        Offset of the opcode that failed, and the exception.
    """

    def __init__(self):
        self.globals = []
        self.uses = collections.defaultdict(set)
        self.streams = 0
        self.error = None

    def use(self, source, verb):
        if source:
            self.uses[source].add(verb)


class _Machine(pickle._Unpickler):
    """pickle.py's unpickler without its effects."""

    dispatch = dict(pickle._Unpickler.dispatch)

    def __init__(self, file, trace):
        super().__init__(file)
        self.trace = trace
        self.file = file
        self.offset = 0
        self.extensions = {}

    def run(self):
        """One stream. Returns when STOP is reached, raises what pickle.py raises."""
        self.read, self.readline = self._exact, self._line
        self.readinto = self.file.readinto
        self.metastack, self.stack = [], []
        self.append = self.stack.append
        self.proto, self.memo = 0, {}
        try:
            while True:
                self.offset = self.file.tell()
                self.dispatch[self._exact(1)[0]](self)
        except pickle._Stop:
            return

    def _exact(self, size):
        data = self.file.read(size)
        if len(data) != size:
            raise EOFError("truncated")
        return data

    def _line(self):
        line = self.file.readline()
        if not line.endswith(b"\n"):
            raise EOFError("truncated")
        return line

    def find_class(self, module, name):
        if self.proto < 3:
            pair = _compat_pickle.NAME_MAPPING.get((module, name))
            module, name = pair or (_compat_pickle.IMPORT_MAPPING.get(module, module), name)
        self.trace.globals.append((self.offset, module, name))
        self.trace.use((module, name), "reference")
        return Stand(self.trace, (module, name))

    def get_extension(self, code):
        self.append(self.extensions.setdefault(code, Stand(self.trace, None)))

    def persistent_load(self, pid):
        return Stand(self.trace, None)

    def made(self, source, verb):
        """The result of calling or instantiating `source`."""
        if isinstance(source, Stand):
            source.use(verb)
            return Stand(self.trace, source.source)
        raise TypeError(f"{type(source).__name__} is not callable")


def _text(self):
    """A text operand as C reads it: up to a NUL."""
    return self._line()[:-1].split(b"\0")[0]


def _int(self):
    text = _text(self)
    try:
        self.append(int(text, 0))
    except ValueError:
        self.append(int(text, 8))  # C: a leading zero is octal


def _float(self):
    self.append(float(_text(self)))


def _put_text(self):
    self.memo[int(_text(self))] = self.stack[-1]


def _reduce(self):
    self.stack.pop()
    self.stack[-1] = self.made(self.stack[-1], "call")


def _newobj(self):
    self.stack.pop()
    self.append(self.made(self.stack.pop(), "new"))


def _newobj_ex(self):
    self.stack.pop()
    _newobj(self)


def _inst(self):
    module, name = (self._line()[:-1].decode("ascii") for _ in range(2))
    self.pop_mark()
    self.append(self.made(self.find_class(module, name), "new"))


def _obj(self):
    parts = self.pop_mark()
    self.append(self.made(parts[0], "new"))


def _build(self):
    state = self.stack.pop()
    target = self.stack[-1]
    if not isinstance(target, Stand):
        if state:
            raise TypeError(f"state for a {type(target).__name__}")
        return
    target.use("build")


def _hashable(keys):
    """Raise what hash() would raise, without its recursion: hostile tuples are deep."""
    pending, seen = list(keys), set()
    while pending:
        key = pending.pop()
        if not isinstance(key, tuple):
            hash(key)
        elif id(key) not in seen:
            seen.add(id(key))
            pending.extend(key)


def _put(target, pairs):
    if isinstance(target, Stand):
        target.use("set_items")
    elif not isinstance(target, (dict, list, bytearray)):
        raise TypeError(f"items for a {type(target).__name__}")
    if len(pairs) % 2:
        raise IndexError("a key without its value")
    if isinstance(target, dict):
        _hashable(pairs[::2])


def _setitem(self):
    value, key = self.stack.pop(), self.stack.pop()
    _put(self.stack[-1], [key, value])


def _setitems(self):
    pairs = self.pop_mark()
    _put(self.stack[-1], pairs)


def _dict(self):
    pairs = self.pop_mark()
    _put({}, pairs)
    self.append({})


def _additems(self):
    items = self.pop_mark()
    target = self.stack[-1]
    if isinstance(target, Stand):
        target.use("extend")
    elif not isinstance(target, set):
        raise TypeError(f"members for a {type(target).__name__}")
    _hashable(items)


def _frozenset(self):
    _hashable(self.pop_mark())
    self.append(frozenset())


def _frame(self):
    self._exact(8)


def _buffer(self):
    self.append(Stand(self.trace, None))


for _name, _method in {
    "INT": _int,
    "FLOAT": _float,
    "PUT": _put_text,
    "REDUCE": _reduce,
    "NEWOBJ": _newobj,
    "NEWOBJ_EX": _newobj_ex,
    "INST": _inst,
    "OBJ": _obj,
    "BUILD": _build,
    "SETITEM": _setitem,
    "SETITEMS": _setitems,
    "DICT": _dict,
    "ADDITEMS": _additems,
    "FROZENSET": _frozenset,
    "FRAME": _frame,
    "NEXT_BUFFER": _buffer,
    "READONLY_BUFFER": lambda self: self.stack[-1],
}.items():
    _Machine.dispatch[getattr(pickle, _name)[0]] = _method

_PROTO = re.compile(rb"\x80[\x02-\x05]")


def trace(data):
    """Trace every stream in `data`.

    After a STOP the next stream is tried right there, then at the next PROTO.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    Trace
    """
    result, position = Trace(), 0
    while position < len(data):
        file = io.BytesIO(data)
        file.seek(position)
        machine = _Machine(file, result)
        try:
            machine.run()
        except Exception as error:  # pickle.py fails with nearly every exception there is
            result.error = result.error or (machine.offset, f"{type(error).__name__}: {error}")
            match = _PROTO.search(data, machine.offset + 1)
            if not match:
                break
            position = match.start()
        else:
            result.streams += 1
            position = file.tell()
    return result


def main(argv=None):
    parser = argparse.ArgumentParser(description="List the globals in pickles.")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    args = parser.parse_args(argv)
    total = collections.defaultdict(lambda: types.SimpleNamespace(uses=set(), files=0))
    for path in args.files:
        traced = trace(path.read_bytes())
        if traced.error:
            print(f"{path}: {traced.error[1]} at {traced.error[0]}", file=sys.stderr)
        for pair, uses in traced.uses.items():
            total[pair].uses |= uses
            total[pair].files += 1
    print("module", "name", "uses", "files", sep="\t")
    for (module, name), row in sorted(total.items()):
        print(
            ascii(module)[1:-1], ascii(name)[1:-1], ",".join(sorted(row.uses)), row.files, sep="\t"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
