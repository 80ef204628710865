"""Loads the files of PyTorch, zip archives and those from before 1.6.

Tensors are made over the bytes that lie in the file. What shares a storage in the file
shares it here: tied weights stay tied, views stay views.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Callable, Iterable
from typing import Any, Union

from . import _errors
from ._input import Order, Place
from ._loading import Loading
from ._policy import PolicyLike
from ._unpickler import Source

try:
    import torch
except ImportError as error:
    raise ImportError(f"picklebox.torch makes tensors of PyTorch, which is not here: {error}") from error

__all__ = ["load"]

MapLocation = Union[None, str, "torch.device", dict[str, str], Callable[[Any, str], Any]]

# Classes of storages, which PyTorch itself has given up in the meantime.
_DTYPES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "BFloat16Storage": "bfloat16",
    "ComplexDoubleStorage": "complex128",
    "ComplexFloatStorage": "complex64",
    "QInt8Storage": "qint8",
    "QUInt8Storage": "quint8",
    "QInt32Storage": "qint32",
    "QUInt4x2Storage": "quint4x2",
    "QUInt2x4Storage": "quint2x4",
    "UntypedStorage": "uint8",
    "_UntypedStorage": "uint8",
}
_MOVED = {"torch.tensor": "torch._tensor"}  # modules that PyTorch renamed
# From 1.11 on a storage is bytes, and a typed one stands around it.
_Typed: Any = getattr(torch.storage, "TypedStorage", None) or getattr(torch.storage, "_TypedStorage", None)
_LEGACY_OBJECT = 3  # behind a magic number, a version and facts about the system


class _StorageType:
    """What a class of storages is good for in a file: its dtype."""

    def __init__(self, dtype: torch.dtype):
        self.dtype = dtype

    def __repr__(self) -> str:
        return f"<storage of {self.dtype}>"


class _Loading(Loading):
    loader = "torch"

    def __init__(self, f: Any, map_location: MapLocation, use_map: bool, **options: Any):
        self._map_location = map_location
        self._use_map = use_map
        self._mapping: Any = None
        self._storages: dict[Any, Any] = {}  # of bytes, by key
        super().__init__(f, **options)

    def index(self) -> int:
        """Return the number of the pickle with the object."""
        if self.report.format == "legacy PyTorch model":
            return _LEGACY_OBJECT
        found = [
            i
            for i, s in enumerate(self.streams)
            if "!" not in s.member and s.member.rpartition("/")[2] == "data.pkl"
        ]
        if len(found) != 1 or self.report.format != "zip archive":
            raise _errors.other_loader(self.report)
        return found[0]

    def _global(self, module: str, name: str, python2: int, dotted: int, at: int) -> Any:
        if name in _DTYPES and module in ("torch", "torch.storage", "torch.cuda"):
            return _StorageType(getattr(torch, _DTYPES[name]))
        return super()._global(_MOVED.get(module, module), name, python2, dotted, at)

    # ---------------------------------------------------------------- storages

    def _array(
        self, place: Place, dtype: str, shape: tuple[int, ...], order: Order, before: Any
    ) -> Any:
        if not isinstance(before, tuple) or len(before) not in (5, 6) or _text(before[0]) != "storage":
            raise _errors.MalformedError("a storage without its id", self.report)
        kind, key, location, count = before[1:5]
        view = before[5] if len(before) == 6 else None
        if not isinstance(kind, _StorageType):
            raise _errors.MalformedError("a storage of unknown type", self.report)
        width = _item_size(kind.dtype)
        swap = dtype[0] == (">" if sys.byteorder == "little" else "<")
        if view is None:
            return _typed(self._storage(key, place, kind.dtype, swap, _text(location)), kind.dtype)
        _, start, size = view
        start, size = start * width, size * width
        if size != place.length or start > place.offset:
            raise _errors.MalformedError("a view of a storage without its bytes", self.report)
        place = place._replace(offset=place.offset - start, length=count * width)
        whole = self._storage(key, place, kind.dtype, swap, _text(location))
        return _typed(whole[start : start + size], kind.dtype)

    def _storage(self, key: Any, place: Place, dtype: torch.dtype, swap: bool, location: str) -> Any:
        known = self._storages.get(key)
        if known is None:
            known = self._storages[key] = self._restored(place, dtype, swap, location)
        return known

    def _restored(self, place: Place, dtype: torch.dtype, swap: bool, location: str) -> Any:
        if str(self._map_location) == "meta" and hasattr(torch, "UntypedStorage"):
            return torch.UntypedStorage(place.length, device="meta")
        data = self._bytes(place, _item_size(dtype))
        if swap:
            data = _swapped(data, _item_size(dtype) // (2 if dtype.is_complex else 1))
        return self._moved(_untyped(data), location)

    def _bytes(self, place: Place, alignment: int) -> torch.Tensor:
        """Return a tensor of the bytes that lie there, mapped or read."""
        length = place.length
        if length == 0:
            return torch.empty(0, dtype=torch.uint8)
        begin = self.input.offset_of(place)
        if self._use_map and begin is not None and self.input.is_open and begin % alignment == 0:
            if self._mapping is None:
                self._mapping = self.input.map(writable=True)
            return torch.frombuffer(self._mapping, dtype=torch.uint8, count=length, offset=begin)
        made = torch.empty(length, dtype=torch.uint8)
        room = (ctypes.c_char * length).from_address(made.data_ptr())
        self.input.read_into(place, memoryview(room).cast("B"))
        return made

    def _moved(self, storage: Any, location: str) -> Any:
        place = self._map_location
        restore = torch.serialization.default_restore_location
        if place is None:
            return restore(storage, location)
        if isinstance(place, dict):
            return restore(storage, place.get(location, location))
        if isinstance(place, (str, bytes, torch.device)):
            return restore(storage, _text(place) if isinstance(place, bytes) else str(place))
        moved = place(storage, location)
        return restore(storage, location) if moved is None else moved

    # ------------------------------------------------------------------ replay

    def load(self) -> Any:
        """Return the object of the file."""
        local: Any = getattr(torch.serialization, "_serialization_tls", None)
        # For tensors whose device no storage says.
        if hasattr(local, "map_location"):
            local.map_location = self._map_location
        try:
            loaded = self.replay(self.index())
            _validate_sparse()
        finally:
            _unvalidated().clear()
            if hasattr(local, "map_location"):
                local.map_location = None
        self.input.require_unchanged()
        return loaded


def _unvalidated() -> Any:
    """Return the sparse tensors whose indices nobody has looked at yet."""
    utils: Any = torch._utils
    if hasattr(utils, "_get_sparse_tensors_to_validate"):
        return utils._get_sparse_tensors_to_validate()
    return getattr(utils, "_sparse_tensors_to_validate", [])


def _validate_sparse() -> None:
    """Raise if an index of a sparse tensor leads out of it, which `torch.load` may let pass."""
    if not _unvalidated():
        return
    always = getattr(torch.sparse, "check_sparse_tensor_invariants", None)
    with contextlib.nullcontext() if always is None else always():
        torch._utils._validate_loaded_sparse_tensors()


def _text(value: Any) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)


def _item_size(dtype: torch.dtype) -> int:
    size = getattr(dtype, "itemsize", None)  # from PyTorch 2.1 on
    return int(torch._utils._element_size(dtype) if size is None else size)


def _untyped(data: torch.Tensor) -> Any:
    if hasattr(data, "untyped_storage"):
        return data.untyped_storage()
    storage: Any = data.storage()
    return storage._storage if hasattr(storage, "_storage") else storage


def _typed(storage: Any, dtype: torch.dtype) -> Any:
    if hasattr(torch, "UntypedStorage"):
        return _Typed(wrap_storage=storage, dtype=dtype, _internal=True)
    return _Typed(wrap_storage=storage, dtype=dtype)


def _swapped(data: torch.Tensor, width: int) -> torch.Tensor:
    if width == 1:
        return data
    return data.view(-1, width).flip(1).contiguous().view(-1)


def load(
    f: Source,
    map_location: MapLocation = None,
    *,
    mmap: bool = False,
    policy: PolicyLike = None,
    trusted: Iterable[Any] = (),
    strict: bool = True,
    encoding: str = "utf-8",
) -> Any:
    """Load what `torch.save` wrote, if the policy allows all that is in it.

    Parameters
    ----------
    f : str, os.PathLike, bytes-like or file object
        The file. A file object is read from where it stands to its end.
    map_location : str, torch.device, dict or callable, optional
        As in `torch.load`.
    mmap : bool, default: False
        Map the file into memory instead of reading it. Tensors may be written to, which
        leaves the file alone; somebody who changes the file, or cuts it off, changes
        tensors, or ends this process.
    policy, trusted, strict
        As in `picklebox.Unpickler`.
    encoding : str
        Of strings of Python 2, as in `pickle.load`.

    Returns
    -------
    object
        What ``torch.load(weights_only=False)`` would return.

    Raises
    ------
    PolicyError
        The policy denies something in the file. The message ends with what to add to
        it; where names of PyTorch are denied also with the call of
        `torch.serialization.add_safe_globals` that does the same for
        ``weights_only=True``.
    MalformedError, IncompleteError
        As in `picklebox.load`. A TorchScript archive is incomplete: its code is no
        pickle, and is judged by nobody.
    """
    loading = _Loading(
        f, map_location, mmap, policy=policy, trusted=trusted, strict=strict, encoding=encoding
    )
    with loading.input:
        return loading.load()
