"""Arrays of NumPy from what lies in a file."""

from __future__ import annotations

import ast
import os
from typing import Any

import numpy as np

from . import _errors
from ._input import Order, Place
from ._loading import Loading

MODES = ("r", "r+", "w+", "c")


def dtype_of(text: str) -> np.dtype[Any]:
    """Return the dtype that a graph spells so."""
    if not text.startswith("["):
        return np.dtype(text)
    # Fields without a name are padding, which NumPy knows how to leave out.
    made: np.dtype[Any] = np.lib.format.descr_to_dtype(ast.literal_eval(text))
    return made


def bytes_of(array: np.ndarray[Any, Any]) -> memoryview:
    """Return the bytes of a new array, to be filled."""
    flat = array.reshape(-1, order="A")
    return memoryview(flat.view(np.uint8)).cast("B")


class ArrayLoading(Loading):
    """Loads what has arrays of NumPy in it.

    Parameters
    ----------
    mmap_mode : {None, "r", "r+", "w+", "c"}
        As in `numpy.load`.
    native : bool
        Whether arrays get the byte order of this machine.
    """

    def __init__(self, file: Any, *, mmap_mode: str | None = None, native: bool = False, **options: Any):
        if mmap_mode is not None and mmap_mode not in MODES:
            raise ValueError(f"mmap_mode is one of {', '.join(MODES)} or None, not {mmap_mode!r}")
        self._mode = "r+" if mmap_mode == "w+" else mmap_mode
        self._native = native
        super().__init__(file, **options)

    def _array(
        self, place: Place, dtype: str, shape: tuple[int, ...], order: Order, before: Any
    ) -> Any:
        kind = dtype_of(dtype)
        begin = self.input.offset_of(place)
        if self._mode is not None and begin is not None and self.input.is_open and place.length:
            return self._mapped(kind, shape, order, begin)
        made = np.empty(shape, kind, order)
        if made.nbytes != place.length:
            what = f"an array of {made.nbytes} bytes has {place.length}"
            raise _errors.MalformedError(what, self.report)
        if place.length:
            self.input.read_into(place, bytes_of(made))
        if self._native and not kind.isnative:
            made = made.byteswap().view(kind.newbyteorder("="))
        return made

    def _mapped(self, kind: Any, shape: tuple[int, ...], order: Order, offset: int) -> Any:
        assert self._mode is not None
        # From the descriptor that was scanned, whatever has the name by now.
        writes = self._mode == "r+"
        with os.fdopen(self.input.descriptor(writes), "r+b" if writes else "rb") as file:
            made = np.memmap(file, kind, self._mode, offset, shape, order)
        if self.input.path is not None:
            made.filename = os.path.abspath(self.input.path)  # joblib passes maps on by this name
        return made
