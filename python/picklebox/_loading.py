"""What the loaders of the libraries' files share."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from . import _errors
from ._input import Input
from ._policy import PolicyLike
from ._report import Report
from ._unpickler import Resolver, Unpickler, require_clean


class Loading(Unpickler):
    """One file, vetted, whose pickles are made one by one.

    Parameters
    ----------
    file : str, os.PathLike, bytes-like or file object
        As in `picklebox.scan`.
    loader : str
        The name of the loader, which the file has to be for.
    policy, trusted, strict, fix_imports, encoding, errors
        As in `Unpickler`.
    """

    loader = ""

    def __init__(
        self,
        file: Any,
        *,
        policy: PolicyLike = None,
        trusted: Iterable[Any] = (),
        strict: bool = True,
        fix_imports: bool = True,
        encoding: str = "ASCII",
        errors: str = "strict",
    ):
        super().__init__(
            io.BytesIO(),
            fix_imports=fix_imports,
            encoding=encoding,
            errors=errors,
            policy=policy,
            trusted=trusted,
            strict=strict,
        )
        self.input = self._input = Input(file, self._policy, self._options)
        try:
            self.report: Report = self.input.report
            require_clean(self.report)
            self.streams = self.report.streams
            loader = _errors.loader_of(self.report)
            if not self.streams or loader not in ("", self.loader):
                raise _errors.other_loader(self.report)
        except BaseException:
            self.input.close()
            raise
        self._resolver = Resolver(self._policy, self._trusted, self.input.path)

    def replay(self, index: int) -> Any:
        """Return the object of the pickle of that number."""
        self._protocol = self.streams[index].protocol
        return self._replay(self.input.scan.graph(index), self.streams[index])
