"""Says whether two objects, loaded from one file in two ways, are the same.

Not only equal: the same types, bits, orders, and the same things shared within. Objects
are taken apart as pickle takes them apart, without recursion.
"""

from __future__ import annotations

import ctypes
import types
import weakref
from typing import Any

_ATOMS = (int, str, bytes, bool, type(None), type, types.FunctionType, types.BuiltinFunctionType, range)
_SHARED = (list, dict, set, bytearray)


class Difference(Exception):
    """Two objects differ; the message says where."""


class _Walk:
    def __init__(self) -> None:
        self.stack: list[tuple[Any, Any, str]] = []
        self.left: dict[int, Any] = {}
        self.right: dict[int, Any] = {}
        self.keep: list[Any] = []  # so that no id is used again

    def push(self, a: Any, b: Any, path: str) -> None:
        self.stack.append((a, b, path))

    def items(self, a: Any, b: Any, path: str) -> None:
        if len(a) != len(b):
            raise Difference(f"{path}: {len(a)} and {len(b)} items")
        for i, (x, y) in enumerate(zip(a, b)):
            self.push(x, y, f"{path}[{i}]")

    def visited(self, a: Any, b: Any, path: str) -> bool:
        """Whether this pair was met; what is shared on one side has to be on the other."""
        if id(a) not in self.left and id(b) not in self.right:
            self.left[id(a)], self.right[id(b)] = b, a
            self.keep.append((a, b))
            return False
        if self.left.get(id(a)) is not b or self.right.get(id(b)) is not a:
            raise Difference(f"{path}: shared in one, and not in the other")
        return True


def require_same(a: Any, b: Any) -> None:
    """Raise `Difference` unless `a` and `b` are the same."""
    walk = _Walk()
    walk.push(a, b, "$")
    while walk.stack:
        _compare(walk, *walk.stack.pop())


def _require(same: Any, path: str, a: Any, b: Any) -> None:
    if not same:
        raise Difference(f"{path}: {a!r:.80} and {b!r:.80}")


def _compare(walk: _Walk, a: Any, b: Any, path: str) -> None:
    _require(type(a) is type(b), path, type(a), type(b))
    if a is b or (isinstance(a, _ATOMS) and type(a) in _ATOMS):
        _require(a is b or a == b, path, a, b)
        return
    if type(a) in (float, complex):
        _require(repr(a) == repr(b), path, a, b)
        return
    if isinstance(a, _SHARED) or hasattr(a, "__dict__") or type(a).__name__ == "ndarray":
        if walk.visited(a, b, path):
            return
    if type(a) is weakref.ref:
        walk.push(a(), b(), f"{path}()")
    elif type(a) in (list, tuple):
        walk.items(a, b, path)
    elif type(a) is dict:
        walk.items(list(a), list(b), f"{path}.keys")
        walk.items(list(a.values()), list(b.values()), path)
    elif type(a) in (set, frozenset):
        _require(a == b or sorted(map(repr, a)) == sorted(map(repr, b)), path, a, b)
    elif type(a).__module__ == "numpy" and type(a).__name__ == "ndarray":
        _compare_arrays(walk, a, b, path)
    elif type(a).__module__.partition(".")[0] == "torch" and _compare_torch(walk, a, b, path):
        pass
    else:
        _compare_reduced(walk, a, b, path)


def _compare_arrays(walk: _Walk, a: Any, b: Any, path: str) -> None:
    _require(a.dtype == b.dtype and a.dtype.isnative == b.dtype.isnative, f"{path}.dtype", a.dtype, b.dtype)
    _require(a.shape == b.shape, f"{path}.shape", a.shape, b.shape)
    _require(a.flags.f_contiguous == b.flags.f_contiguous, f"{path}.order", a.flags, b.flags)
    _require(a.flags.writeable == b.flags.writeable, f"{path}.writeable", a.flags, b.flags)
    if a.dtype.hasobject:
        walk.items(a.ravel().tolist(), b.ravel().tolist(), path)
    elif a.dtype.names:  # padding between fields is anything
        for name in a.dtype.names:
            _compare_arrays(walk, a[name], b[name], f"{path}.{name}")
    else:
        _require(a.tobytes() == b.tobytes(), path, a, b)


def _storage_bytes(storage: Any) -> bytes:
    return ctypes.string_at(storage.data_ptr(), storage.nbytes()) if storage.nbytes() else b""


def _compare_torch(walk: _Walk, a: Any, b: Any, path: str) -> bool:
    import torch

    if isinstance(a, torch.nn.Module):
        walk.push(a.__dict__, b.__dict__, path)
        return True
    if type(a).__name__.endswith("Storage"):
        _require(getattr(a, "dtype", None) == getattr(b, "dtype", None), f"{path}.dtype", a, b)
        _require(_storage_bytes(a) == _storage_bytes(b), path, a, b)
        return True
    if not isinstance(a, torch.Tensor):
        return False
    for name in ("dtype", "shape", "device", "layout", "requires_grad", "is_quantized"):
        _require(getattr(a, name) == getattr(b, name), f"{path}.{name}", getattr(a, name), getattr(b, name))
    if a.layout == torch.strided and a.device.type != "meta" and not a.is_nested:
        _require(a.stride() == b.stride(), f"{path}.stride", a.stride(), b.stride())
        _require(a.storage_offset() == b.storage_offset(), f"{path}.offset", a, b)
        first, second = (
            t.untyped_storage() if hasattr(t, "untyped_storage") else t.storage() for t in (a, b)
        )
        if first.nbytes():
            known = walk.left.setdefault(("storage", first.data_ptr()), second.data_ptr())  # type: ignore[call-overload]
            _require(known == second.data_ptr(), f"{path}.storage", "shared", "not shared")
        _require(_storage_bytes(first) == _storage_bytes(second), path, a, b)
        if a.is_quantized:
            _require(repr(a) == repr(b), path, a, b)
    else:
        _require(repr(a) == repr(b), path, a, b)
    walk.push(a.__dict__, b.__dict__, f"{path}.__dict__")
    return True


def _compare_reduced(walk: _Walk, a: Any, b: Any, path: str) -> None:
    if type(a).__name__ == "SeedSequence":
        return  # where a file has none, NumPy draws one from the system at each load
    try:
        first, second = a.__reduce_ex__(4), b.__reduce_ex__(4)
    except Exception:
        # What cannot be pickled, but was loaded.
        if hasattr(a, "__dict__"):
            walk.push(a.__dict__, b.__dict__, path)
        else:
            _require(repr(a) == repr(b), path, a, b)
        return
    walk.keep.append((first, second))
    if isinstance(first, str):
        _require(first == second, path, a, b)
        return
    first = [list(part) if i in (3, 4) and part is not None else part for i, part in enumerate(first)]
    second = [list(part) if i in (3, 4) and part is not None else part for i, part in enumerate(second)]
    walk.items(first, second, f"{path}<{type(a).__name__}>")
