"""How a pickle is read: the options of ``pickle.load`` and their flags."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Reading:
    """The options that change what a stream of bytes means.

    Attributes
    ----------
    fix_imports, encoding, errors
        As for ``pickle.load``.
    buffers : tuple or None
        The out-of-band buffers, in order; None when the loader gives none.
    persistent_ids : bool
        The loader resolves persistent ids.
    extensions : tuple of (int, str, str)
        Registered ``copyreg`` codes: code, module, qualname.
    """

    fix_imports: bool = True
    encoding: str = "ASCII"
    errors: str = "strict"
    buffers: tuple | None = None
    persistent_ids: bool = False
    extensions: tuple[tuple[int, str, str], ...] = ()

    def flags(self) -> list[str]:
        """The same, for the command line of picklebox."""
        flags = []
        if not self.fix_imports:
            flags.append("--no-fix-imports")
        if self.encoding != "ASCII":
            flags += ["--encoding", self.encoding]
        if self.errors != "strict":
            flags += ["--errors", self.errors]
        if self.buffers:
            flags += ["--buffers", str(len(self.buffers))]
        if self.persistent_ids:
            flags.append("--persistent-ids")
        for code, module, qualname in self.extensions:
            flags += ["--extension", f"{code}={module}:{qualname}"]
        return flags
