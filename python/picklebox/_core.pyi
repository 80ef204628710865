"""The extension: what the package needs of picklebox.h, and the replay.

For use within the package. Nothing in here parses a pickle: a worker of the sandbox did.
"""

from collections.abc import Callable, Iterable
from typing import Any, Literal, final

version: str

def canonical_global(module: str, qualname: str, python2_names: bool, /) -> str:
    """Return the name that policies are asked about, ``"module:qualname"``."""

def danger(module: str, qualname: str, /) -> str:
    """Return the class of danger that is known of a global, such as ``"process"``, or ``""``."""

@final
class Policy:
    """A compiled policy: immutable, any thread.

    Raises ValueError (with file, line and column) for a policy with mistakes, and
    FileNotFoundError or PermissionError for a file that cannot be read.
    """

    def __new__(cls, what: str) -> Policy: ...
    @staticmethod
    def from_toml(text: str, name: str, directory: str | None = None) -> Policy: ...
    @property
    def name(self) -> str: ...
    @property
    def persistent_ids(self) -> bool: ...
    def uses(self, module: str, qualname: str, /) -> tuple[int, str]:
        """Return the uses that are allowed, a sum (reference 1, call 2, new 4, build 8, extend 16),
        and what else the rule says, as lines of TOML. ``(0, "")`` without a rule."""

@final
class Scanner:
    """Workers that are ready. Any thread; without the GIL while it scans.

    `options` are those of picklebox_options_set() in picklebox.h, all as text; `extensions`
    are the copyreg codes of this process, ``{code: "module:qualname"}``. Raises
    RuntimeError where the host cannot confine a worker, FileNotFoundError without a worker.
    """

    def __new__(cls, policy: Policy, options: dict[str, str], extensions: dict[int, str]) -> Scanner: ...
    def scan_file(self, path: Any, /) -> Scan: ...
    def scan_descriptor(self, fd: int, name: str, /) -> Scan:
        """Scan an open file, from its beginning; it is not closed."""
    def read_member(self, source: Any, member: str, offset: int, length: int, /) -> Content:
        """Return bytes of a member, unpacked by a worker.

        `source` is a descriptor or bytes-like, `member` a path as in `Scan.members`, or "" for
        the file itself. Raises FileNotFoundError if there are no such bytes, RuntimeError where a
        limit was reached.
        """
    def scan_bytes(self, data: Any, name: str, /) -> Scan: ...

@final
class Content:
    """Bytes with the buffer protocol, read-only, on a boundary of 64 bytes: ``memoryview(content)``."""

    def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class Scan:
    """What was found in a file: immutable, any thread. Rows are tuples in the order of picklebox.h."""

    @property
    def verdict(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def format(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def findings(self) -> list[tuple[str, str, str, str, str, int, int]]:
        """code, detail, member, message, explanation, offset, effect (0 none, 1 incomplete, 2 denies)"""
    @property
    def globals(self) -> list[tuple[str, str, str, str, str, str, str, str, str, int, int, int, int]]:
        """module, qualname, raw_module, raw_qualname, member, reason, origin, danger, danger_text,
        offset, count, uses, denied"""
    @property
    def streams(self) -> list[tuple[str, int, int, int, int, bool, int, str]]:
        """member, begin, end, opcodes, nodes, complete, protocol, verdict"""
    @property
    def members(self) -> list[tuple[str, str, str, int, int | None, str]]:
        """path, packing, format, size, offset (None: not as it is in the file), verdict"""
    def report(self, format: str, /) -> str: ...
    def requirements(self, format: str, /) -> str:
        """Return what the file needs: "text", "json" (one object) or "pip"."""
    def fragment(self) -> str: ...
    def graph(self, index: int, /) -> Graph:
        """Return the graph of the stream of that number. IndexError if there is none."""

@final
class Graph:
    """A verified graph: immutable, any thread, independent of its scan."""

    def __len__(self) -> int: ...
    @property
    def root(self) -> int | None: ...
    def view(self, form: str, max_nodes: int = 0, /) -> str: ...
    def find(self, path: str, /) -> int: ...

def replay(
    graph: Graph,
    *,
    find_class: Callable[[str, str, int, int, int], Any] | None = None,
    extension: Callable[[int, int], Any] | None = None,
    persistent_load: Callable[[Any], Any] | None = None,
    buffers: Iterable[Any] | None = None,
    read_extent: Callable[[int, int, int], bytes] | None = None,
    array_hook: Callable[[str, tuple[int, ...], Literal["C", "F"], int, int, int, Any], Any] | None = None,
    data: Any = None,
) -> Any:
    """Make the objects that a graph stands for, node by node, as CPython's unpickler would have.

    This is no check of the graph: it calls what the graph calls. Vet it first.

    Parameters
    ----------
    graph : Graph
        One that reached its end.
    find_class : callable
        ``find_class(module, qualname, python2_names, dotted, at)`` returns a global:
        its names as the file spells them, whether Python 2 names are to be mapped,
        whether dots lead through attributes, and the offset of its opcode.
    extension : callable
        ``extension(code, at)`` returns the global behind a copyreg extension code.
    persistent_load : callable
        ``persistent_load(id)``
    buffers : iterable
        Out-of-band buffers, taken in order.
    read_extent : callable
        ``read_extent(stream, offset, length)`` returns exactly that many bytes, as `bytes`,
        of the stream that the pickle was read from (0), or of member ``stream - 1``.
        Long texts and bytes lie there; called for stream 0 only if `data` is None.
    array_hook : callable
        ``array_hook(dtype, shape, order, stream, offset, length, before)`` returns an array
        whose items lie there. `dtype` is text as in docs/graph-format.md ("<f8",
        "[('a', '<i4')]"), `order` is "C" or "F". `before` is the value of the node before: of
        a storage of PyTorch, its persistent id; it is for the hook to check that it is one.
    data : bytes-like
        The content of stream 0.

    Notes
    -----
    Exceptions of hooks, and of what the graph calls, pass through. The cyclic garbage
    collector is paused meanwhile, and on again afterwards if it was on; loads may nest.
    """
