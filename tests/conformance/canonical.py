"""Tells whether two loads gave the same value.

Two values are the same if their types and contents agree, bit for bit for
floats and in order for dictionaries; if what is one object here is one object
there; and if stand-ins were made in the same order, from the same parts, and
had the same done to them in the same order. Sets are compared without order.

Nothing here recurses, and a value that is shared is visited once.
"""

from __future__ import annotations

import hashlib
import struct

from standins import StandIn

# Objects of these types have an identity that a pickle can express. Empty
# tuples and frozensets, short strings and small integers are shared by CPython
# as it pleases.
_IDENTIFIED = (list, dict, set, bytearray, memoryview, StandIn)


def difference(left: object, right: object) -> str | None:
    """The first difference between two values as a path, or None.

    A path starts at ``$``. ``[2]`` is an item, ``{key 0}`` and ``{0}`` key and
    value of the first pair of a dictionary, ``.made[1]`` a part that a
    stand-in was made of, ``.journal[0][1]`` a part of what was done to it.
    """
    to_right: dict[int, int] = {}
    to_left: dict[int, int] = {}
    pairs = [(left, right, (None, "$"))]
    seen = set()
    digests = _Digests()
    while pairs:
        a, b, path = pairs.pop()
        if type(a) is not type(b):
            return f"{_text(path)}: {_brief(a)} against {_brief(b)}"
        if _identified(a):
            if to_right.setdefault(id(a), id(b)) != id(b):
                return f"{_text(path)}: one object on the left, two on the right: {_brief(a)}"
            if to_left.setdefault(id(b), id(a)) != id(a):
                return f"{_text(path)}: two objects on the left, one on the right: {_brief(a)}"
            if (id(a), id(b)) in seen:
                continue
            seen.add((id(a), id(b)))
        parts = _parts(a, b, digests)
        if parts is None:
            return f"{_text(path)}: {_brief(a)} against {_brief(b)}"
        pairs.extend((x, y, (path, label)) for label, x, y in reversed(parts))
    return None


def _identified(value):
    return isinstance(value, _IDENTIFIED) or (
        isinstance(value, (tuple, frozenset)) and len(value) > 0)


def _parts(a, b, digests):
    """What remains to be compared of two values of one type; None if they differ."""
    if isinstance(a, StandIn):
        return _standin_parts(a, b)
    if isinstance(a, (list, tuple)):
        return _sequence(a, b)
    if isinstance(a, dict):
        if len(a) != len(b):
            return None
        parts = []
        for n, ((key, value), (other_key, other_value)) in enumerate(
                zip(a.items(), b.items(), strict=True)):
            parts.append((f"{{key {n}}}", key, other_key))
            parts.append((f"{{{n}}}", value, other_value))
        return parts
    if isinstance(a, (set, frozenset)):
        if len(a) != len(b):
            return None
        return _sequence(sorted(a, key=digests.digest), sorted(b, key=digests.digest))
    if isinstance(a, memoryview):
        if a.readonly != b.readonly or bytes(a) != bytes(b):
            return None
        return [(".obj", a.obj, b.obj)]
    return [] if _plain(a) == _plain(b) else None


def _sequence(a, b):
    if len(a) != len(b):
        return None
    return [(f"[{n}]", x, y) for n, (x, y) in enumerate(zip(a, b, strict=True))]


def _standin_parts(a, b):
    if a.serial != b.serial or len(a.made) != len(b.made) or len(a.journal) != len(b.journal):
        return None
    parts = [(f".made[{n}]", x, y) for n, (x, y) in enumerate(zip(a.made, b.made, strict=True))]
    for n, (x, y) in enumerate(zip(a.journal, b.journal, strict=True)):
        if len(x) != len(y):
            return None
        parts += [(f".journal[{n}][{m}]", p, q) for m, (p, q) in enumerate(zip(x, y, strict=True))]
    return parts


def _plain(value):
    """Something that is equal for two plain values exactly when they are the same."""
    if isinstance(value, float):
        return struct.pack(">d", value)
    if isinstance(value, str):
        # JSON cannot tell a character above U+FFFF from its two surrogates.
        return value.encode("utf-16-le", "surrogatepass")
    return value


class _Digests:
    """Digests of hashable values, by which the members of two sets are paired."""

    def __init__(self):
        self._known: dict[int, bytes] = {}
        self._kept = []  # so that no id is used twice

    def digest(self, value) -> bytes:
        pending = [value]
        while pending:
            top = pending[-1]
            if id(top) in self._known:
                pending.pop()
                continue
            below = list(top) if isinstance(top, (tuple, frozenset)) else []
            missing = [item for item in below if id(item) not in self._known]
            if missing:
                pending.extend(missing)
                continue
            pending.pop()
            self._known[id(top)] = self._one(top, [self._known[id(item)] for item in below])
            self._kept.append(top)
        return self._known[id(value)]

    @staticmethod
    def _one(value, below) -> bytes:
        state = hashlib.sha256(type(value).__name__.encode())
        if isinstance(value, frozenset):
            below = sorted(below)
        if isinstance(value, (tuple, frozenset)):
            state.update(b"".join(below))
        elif isinstance(value, StandIn):
            state.update(str(value.serial).encode())
        else:
            plain = _plain(value)
            state.update(plain if isinstance(plain, bytes) else ascii(plain).encode())
        return state.digest()


def _text(path) -> str:
    labels = []
    while path is not None:
        path, label = path
        labels.append(label)
    labels.reverse()
    return "".join(labels if len(labels) < 30 else [*labels[:10], " ... ", *labels[-15:]])


def _brief(value) -> str:
    if isinstance(value, (list, tuple, dict, set, frozenset)):
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, int) and value.bit_length() > 200:
        return f"int of {value.bit_length()} bits"
    if isinstance(value, StandIn):
        names = ":".join(value.made[1:]) if value.made[0] == "global" else ""
        return f"{value!r} {ascii(names)} with {len(value.journal)} changes"
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."
