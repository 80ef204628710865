"""Loads the files of NumPy: .npy, .npz, arrays of objects.

>>> import io, numpy, picklebox.numpy
>>> file = io.BytesIO()
>>> numpy.save(file, numpy.arange(3))
>>> picklebox.numpy.load(file.getvalue())
array([0, 1, 2])
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from . import _errors
from ._policy import PolicyLike
from ._unpickler import Source

try:
    from ._arrays import ArrayLoading
except ImportError as error:
    raise ImportError(f"picklebox.numpy loads arrays of NumPy, which is not here: {error}") from error

__all__ = ["NpzFile", "load"]


class _Loading(ArrayLoading):
    loader = "numpy"

    def pickles(self, index: int) -> bool:
        """Whether the stream of that number is a pickle, and no plain array."""
        return len(self.input.scan.graph(index)) != 1 or self.streams[index].opcodes > 0


class NpzFile(Mapping[str, Any]):
    """The arrays of a .npz file, made when they are asked for.

    As `numpy.lib.npyio.NpzFile`: a mapping, a context manager, with `files` and `f`.
    The file stays open until `close`.

    Attributes
    ----------
    files : list of str
        The names of the arrays, without ``.npy``.
    """

    def __init__(self, loading: _Loading, allow_pickle: bool):
        self._loading = loading
        self._allow_pickle = allow_pickle
        paths = [m.path for m in loading.report.members]
        # Not what is in archives within.
        self._members = [p for p in paths if not any(p.startswith(f"{q}!") for q in paths)]
        self._streams = {s.member: i for i, s in reversed(list(enumerate(loading.streams)))}
        self.files = [p[:-4] if p.endswith(".npy") else p for p in self._members]
        self.f = _Attributes(self)

    def __getitem__(self, key: str) -> Any:
        path = next((p for p in (key, f"{key}.npy") if p in self._members), None)
        if path is None:
            raise KeyError(f"{key} is not a file in the archive")
        loading = self._loading
        index = self._streams.get(path)
        member = next(m for m in loading.report.members if m.path == path)
        if member.format != "npy array" or index is None:
            return loading.input.read_member(path)
        return _array(loading, index, self._allow_pickle)

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def __contains__(self, key: object) -> bool:
        return key in self.files or key in self._members

    def __repr__(self) -> str:
        name = self._loading.input.path or "object"
        return f"NpzFile {name!r} with keys: {', '.join(self.files)}"

    def close(self) -> None:
        """Close the file."""
        self._loading.input.close()

    def __enter__(self) -> NpzFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Attributes:
    """Arrays as attributes: ``archive.f.weights``."""

    def __init__(self, archive: NpzFile):
        self._archive = archive

    def __getattribute__(self, name: str) -> Any:
        archive = object.__getattribute__(self, "_archive")
        try:
            return archive[name]
        except KeyError:
            raise AttributeError(name) from None

    def __dir__(self) -> list[str]:
        return list(object.__getattribute__(self, "_archive").files)


def _array(loading: _Loading, index: int, allow_pickle: bool) -> Any:
    if not allow_pickle and loading.pickles(index):
        raise ValueError("Object arrays cannot be loaded when allow_pickle=False")
    made = loading.replay(index)
    loading.input.require_unchanged()
    return made


def load(
    file: Source,
    mmap_mode: str | None = None,
    allow_pickle: bool = True,
    fix_imports: bool = True,
    encoding: str = "ASCII",
    *,
    policy: PolicyLike = None,
    trusted: Iterable[Any] = (),
    strict: bool = True,
) -> Any:
    """Load arrays from a .npy or .npz file, or a pickle, as `numpy.load` does.

    Parameters
    ----------
    file : str, os.PathLike, bytes-like or file object
        A file object is left standing behind the array, if it can seek.
    mmap_mode : {None, "r", "r+", "w+", "c"}
        Map the array of a .npy file into memory instead of reading it. Somebody who
        changes the file changes such an array.
    allow_pickle : bool, default: True
        Whether arrays of objects, which are pickles, are loaded, as far as the policy
        allows what is in them.
    fix_imports, encoding
        As in `pickle.load`.
    policy, trusted, strict
        As in `picklebox.Unpickler`.

    Returns
    -------
    numpy.ndarray, NpzFile or object

    Raises
    ------
    PolicyError, MalformedError, IncompleteError
        As in `picklebox.load`. The whole file has to be in order.
    ValueError
        The file holds objects, and `allow_pickle` is false.

    Examples
    --------
    >>> import io, numpy, picklebox.numpy
    >>> file = io.BytesIO()
    >>> numpy.savez(file, a=numpy.zeros(2), b=numpy.array(["x", None], dtype=object))
    >>> with picklebox.numpy.load(file.getvalue()) as arrays:
    ...     arrays["b"]
    array(['x', None], dtype=object)
    """
    start = _position(file)
    loading = _Loading(
        file,
        mmap_mode=mmap_mode,
        policy=policy,
        trusted=trusted,
        strict=strict,
        fix_imports=fix_imports,
        encoding=encoding,
    )
    if loading.report.format == "zip archive":
        if _errors.loader_of(loading.report) != "numpy":
            raise _errors.other_loader(loading.report)
        return NpzFile(loading, allow_pickle)
    with loading.input:
        if loading.streams[0].member:
            raise _errors.other_loader(loading.report)
        made = _array(loading, 0, allow_pickle)
        if start is not None:
            file.seek(start + loading.streams[0].end)  # type: ignore[union-attr]
        return made


def _position(file: Any) -> int | None:
    with contextlib.suppress(AttributeError, OSError, ValueError):
        return file.tell() if file.seekable() else None
    return None
