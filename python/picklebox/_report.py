"""What a scan says about a file."""

from __future__ import annotations

import html
import json
import re
from typing import Any, NamedTuple

from . import _core
from ._graph import Graph
from ._text import printable

_USES = ((1, "reference"), (2, "call"), (4, "new"), (8, "build"), (16, "extend"))
_EFFECTS = ("none", "incomplete", "denies")


def _escape(match: re.Match[str]) -> str:
    number = ord(match[0])
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def use_names(uses: int) -> tuple[str, ...]:
    """Return the names of a set of uses, ``("reference", "call")``."""
    return tuple(name for bit, name in _USES if uses & bit)


class Finding(NamedTuple):
    """Something that was noticed in a file.

    Attributes
    ----------
    code : str
        What it is, ``"global-denied"``; ``picklebox explain CODE`` has more.
    detail : str
        A word below the code; may be empty.
    member : str
        The path within the file; empty for the file itself.
    message : str
        One sentence. May hold text of the file: escape it before printing it.
    explanation : str
        What the code means.
    offset : int
        Where, in bytes within the member.
    effect : {"none", "incomplete", "denies"}
        What it does to the verdict.
    """

    code: str
    detail: str
    member: str
    message: str
    explanation: str
    offset: int
    effect: str


class Global(NamedTuple):
    """A global that a file names, and what it does with it.

    Attributes
    ----------
    module, qualname : str
        The name that the policy is asked about.
    raw_module, raw_qualname : str
        The name as the file spells it.
    member : str
        The path within the file; empty for the file itself.
    reason : str
        Why it is allowed, or not.
    origin : str
        Where its rule stands, ``"core.toml:12"``; empty if there is none.
    danger, danger_text : str
        What it does to you, ``"process"``, if it is denied and known.
    offset : int
        Where it is named first.
    times : int
        How often it is used.
    uses, denied : tuple of str
        How it is used, and which of these uses are denied: ``reference``,
        ``call``, ``new``, ``build``, ``extend``.
    """

    module: str
    qualname: str
    raw_module: str
    raw_qualname: str
    member: str
    reason: str
    origin: str
    danger: str
    danger_text: str
    offset: int
    times: int
    uses: tuple[str, ...]
    denied: tuple[str, ...]

    @property
    def is_plain(self) -> bool:
        """Whether the name is made of identifiers."""
        return all(part.isidentifier() for part in f"{self.module}.{self.qualname}".split("."))

    @property
    def safe_name(self) -> str:
        """The name ``module:qualname`` as printable ASCII."""
        return printable(f"{self.module}:{self.qualname}")

    @property
    def trusted_name(self) -> str:
        """The name as `trusted` takes it: ``module.qualname``, with a colon where that is ambiguous."""
        dot = self.is_plain and "." not in self.qualname
        return f"{self.module}{'.' if dot else ':'}{self.qualname}"


class Stream(NamedTuple):
    """One pickle of a file.

    Attributes
    ----------
    member : str
        The path of what it is in; empty for the file itself.
    begin, end : int
        Where it begins, and where STOP is, or reading ended; within the member.
    opcodes, nodes : int
        Their numbers.
    complete : bool
        Whether its end was reached.
    protocol : int
        The highest that it names.
    verdict : str
        Of this pickle alone.
    """

    member: str
    begin: int
    end: int
    opcodes: int
    nodes: int
    complete: bool
    protocol: int
    verdict: str


class Member(NamedTuple):
    """Something within a file: a member of an archive, the content of compressed data.

    Attributes
    ----------
    path : str
        Within the file, ``"archive/data.pkl"``.
    packing : str
        ``"stored"``, ``"deflate"`` ...
    format : str
        What was recognised; empty if it was not looked into.
    size : int
        In bytes, when it is unpacked.
    offset : int or None
        Where in the file its bytes lie, if they lie there as they are.
    verdict : str
        Of the member and of what is in it.
    """

    path: str
    packing: str
    format: str
    size: int
    offset: int | None
    verdict: str


class Report:
    """What was found in a file. Made by `picklebox.scan`; immutable.

    Examples
    --------
    >>> import pickle, picklebox
    >>> report = picklebox.scan(pickle.dumps([1, 2]))
    >>> report.verdict
    'clean'
    >>> bool(report)
    True
    >>> report.streams[0].protocol == pickle.DEFAULT_PROTOCOL
    True
    """

    def __init__(self, scan: _core.Scan):
        self._scan = scan
        self._findings: list[Finding] | None = None
        self._globals: list[Global] | None = None
        self._members: list[Member] | None = None

    @property
    def verdict(self) -> str:
        """``"clean"``, ``"denied"``, ``"incomplete"`` or ``"unsupported"``."""
        return self._scan.verdict

    def __bool__(self) -> bool:
        return self.verdict == "clean"

    @property
    def path(self) -> str:
        """The file's path, or the name that was given to the bytes."""
        return self._scan.path

    @property
    def format(self) -> str:
        """``"pickle"``, or the name of what was recognised."""
        return self._scan.format

    @property
    def size(self) -> int:
        """Of the file, in bytes."""
        return self._scan.size

    @property
    def findings(self) -> list[Finding]:
        """All that was noticed, in order."""
        if self._findings is None:
            self._findings = [Finding(*f[:6], _EFFECTS[f[6]]) for f in self._scan.findings]
        return self._findings

    @property
    def globals(self) -> list[Global]:
        """All globals that are named, in order of first appearance."""
        if self._globals is None:
            self._globals = [
                Global(*g[:11], use_names(g[11]), use_names(g[12])) for g in self._scan.globals
            ]
        return self._globals

    @property
    def streams(self) -> list[Stream]:
        """The pickles, in order."""
        return [Stream(*s) for s in self._scan.streams]

    @property
    def members(self) -> list[Member]:
        """What is in the file, if it is an archive or compressed."""
        if self._members is None:
            self._members = [Member(*m) for m in self._scan.members]
        return self._members

    @property
    def graphs(self) -> list[Graph]:
        """The graph of each pickle, in the order of `streams`."""
        return [Graph(self._scan.graph(i), s) for i, s in enumerate(self.streams)]

    @property
    def untrusted(self) -> list[str]:
        """The denied globals as `trusted` of `picklebox.load` takes them."""
        return list(dict.fromkeys(g.trusted_name for g in self.globals if g.denied))

    def policy_fragment(self) -> str:
        """Return the rules that would allow what is denied, as TOML; empty if nothing is."""
        # Text of the file, which may look like something else in a terminal.
        return re.sub(r"[^\x00-\x7f]", _escape, self._scan.fragment())

    def as_dict(self) -> dict[str, Any]:
        """Return the report of the file as ``picklebox scan --format json`` has it."""
        (file,) = json.loads(self._scan.report("json"))["files"]
        return dict(file)

    def as_text(self, format: str = "text") -> str:
        """Return the report in a format of ``picklebox scan``: text, json, sarif, markdown ..."""
        return self._scan.report(format)

    def __str__(self) -> str:
        return self._scan.report("text")

    def __repr__(self) -> str:
        return f"<picklebox.Report {ascii(self.path)}: {self.verdict}>"

    def _repr_html_(self) -> str:
        rows = ""
        for f in self.findings[:100]:
            message = html.escape(printable(f.message or f.explanation))
            rows += f"<tr><td>{html.escape(f.code)}</td><td>{f.offset:#x}</td><td>{message}</td></tr>"
        if rows:
            rows = f"<table><tr><th>finding</th><th>at</th><th></th></tr>{rows}</table>"
        return f"<p><b>{html.escape(printable(self.path))}</b>: {self.verdict}</p>{rows}"
