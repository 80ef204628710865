"""Loads the files of joblib: models with their arrays between the opcodes, also compressed."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from . import _errors
from ._policy import PolicyLike
from ._unpickler import Source

try:
    from ._arrays import ArrayLoading
except ImportError as error:
    raise ImportError(f"picklebox.joblib makes arrays of NumPy, which is not here: {error}") from error

__all__ = ["load"]


class _Loading(ArrayLoading):
    loader = "joblib"


def load(
    filename: Source,
    mmap_mode: str | None = None,
    *,
    policy: PolicyLike = None,
    trusted: Iterable[Any] = (),
    strict: bool = True,
) -> Any:
    """Load what `joblib.dump` wrote, if the policy allows all that is in it.

    Arrays are read from where they lie in the file, or mapped; what is compressed is
    unpacked in a worker of the sandbox.

    Parameters
    ----------
    filename : str, os.PathLike, bytes-like or file object
        The file. A file object is read from where it stands to its end.
    mmap_mode : {None, "r", "r+", "w+", "c"}
        Map arrays into memory instead of reading them, where they are not compressed.
        Somebody who changes the file changes such arrays.
    policy, trusted, strict
        As in `picklebox.Unpickler`.

    Returns
    -------
    object
        What `joblib.load` would return. Without `mmap_mode`, arrays have the byte
        order of this machine.

    Raises
    ------
    PolicyError, MalformedError, IncompleteError
        As in `picklebox.load`.
    """
    loading = _Loading(
        filename,
        mmap_mode=mmap_mode,
        native=mmap_mode is None,
        policy=policy,
        trusted=trusted,
        strict=strict,
    )
    with loading.input as found:
        if loading.streams[0].member and _errors.loader_of(loading.report) != "joblib":
            raise _errors.other_loader(loading.report)
        if mmap_mode is not None and not (found.is_open and not loading.streams[0].member):
            warnings.warn(
                f"mmap_mode {mmap_mode!r} is for files that are not compressed: arrays are read",
                stacklevel=2,
            )
        loaded = loading.replay(0)
        found.require_unchanged()
        return loaded
