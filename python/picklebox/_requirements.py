"""What a file needs where it is loaded, and whether that is here."""

from __future__ import annotations

import itertools
import json
import pickle
import re
import sys
import types
from collections.abc import Iterable
from typing import Any, NamedTuple

from ._environment import look_up
from ._input import Input
from ._policy import PolicyLike, as_policy, as_trusted
from ._report import Report
from ._text import printable
from ._unpickler import Source, read_options

__all__ = ["Check", "Requirements", "Resolution", "requirements"]


class Resolution(NamedTuple):
    """Whether one thing that a file needs is here.

    Attributes
    ----------
    kind : {"protocol", "global", "version", "state", "code"}
        What it is: a global, the version of a library against the one that the file
        records, the state of a class that a release has changed, code for one Python.
    name : str
        ``"__main__:scale"``, ``"scikit-learn"``. Text of the file: escape before printing.
    member : str
        The path within the file; empty for the file itself.
    offset : int
        Where it is named first, within the member.
    status : {"found", "fails", "differs", "not-checked"}
        ``differs``: it loads, with what may be another meaning.
    error : str
        The error, or for ``differs`` the warning, that loading would end in, in its words.
    reason : str
        Why, and what would help.
    """

    kind: str
    name: str
    member: str
    offset: int
    status: str
    error: str
    reason: str


class Check:
    """Whether what a file needs is in this environment. Made by `Requirements.check`.

    True if all of the file was read and nothing would fail. What was not looked at does not
    make it false: see `not_checked`.
    """

    def __init__(self, path: str, unread: str, resolutions: list[Resolution]):
        self.path = path
        #: Why not all of the file could be read; empty if it was.
        self.unread = unread
        #: All that was asked for, in the order of the file.
        self.resolutions = resolutions

    @property
    def complete(self) -> bool:
        """Whether all of the file could be read."""
        return not self.unread

    def _of(self, status: str) -> list[Resolution]:
        return [resolution for resolution in self.resolutions if resolution.status == status]

    @property
    def failures(self) -> list[Resolution]:
        """What loading would end in, the first first."""
        return self._of("fails")

    @property
    def warnings(self) -> list[Resolution]:
        """What loads, and may mean something else: another version, another loader."""
        return self._of("differs")

    @property
    def not_checked(self) -> list[Resolution]:
        """What cannot be known without importing what the policy does not allow."""
        return self._of("not-checked")

    def __bool__(self) -> bool:
        return self.complete and not self.failures

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, as ``--format json`` has it."""
        return {
            "path": self.path,
            "python": ".".join(map(str, sys.version_info[:3])),
            "complete": self.complete,
            "unread": self.unread,
            "loads": bool(self),
            "checks": [resolution._asdict() for resolution in self.resolutions],
        }

    def __str__(self) -> str:
        found = len(self._of("found"))
        total = len(self.resolutions)
        lines = [f"{printable(self.path)}: {found} of {total} found, {len(self.failures)} would fail"]
        if not self.complete:
            lines.append(f"  not all of it could be read, more may be needed: {printable(self.unread)}")
        # What is said of several names is said once.
        told = [r for r in self.resolutions if r.status != "found"]
        order = {"fails": 0, "differs": 1, "not-checked": 2}
        told.sort(key=lambda r: (order[r.status], r.error, r.reason))
        for key, group in itertools.groupby(told, key=lambda r: (r.status, r.error, r.reason)):
            names = [printable(r.name) + _place(r) for r in group]
            more = f" and {len(names) - 6} more" if len(names) > 6 else ""
            lines.append(f"  {key[0]:<11} {', '.join(names[:6])}{more}")
            lines += [f"    {line}" for text in key[1:] if text for line in _lines(text)]
        return "\n".join(lines) + "\n"

    def __repr__(self) -> str:
        return f"<picklebox.Check {ascii(self.path)}: {len(self.failures)} would fail>"


def _place(found: Resolution) -> str:
    if found.kind in ("protocol", "version"):
        return ""
    return f" {printable(found.member)}@{found.offset:#x}"


def _lines(text: str) -> list[str]:
    return [printable(line) for line in text.splitlines() if line.strip()]


class Requirements:
    """What a file needs where it is loaded. Made by `picklebox.requirements`; immutable.

    Attributes
    ----------
    path, format : str
        As in `Report`.
    protocol : int
        The highest of its pickles.
    python : str
        The oldest Python that reads it, ``"3.4"``.
    complete : bool
        Whether all of the file could be read.
    traces : list of str
        What else tells who wrote it, in words.
    modules, versions, functions, notes : list of dict
        As ``picklebox requirements --format json`` has them; docs/requirements.md.
    """

    def __init__(self, report: Report, path: str | None):
        needs = json.loads(report._scan.requirements("json"))
        self.path: str = report.path
        self.format: str = needs["format"]
        self.protocol: int = needs["protocol"]
        self.python: str = needs["python"]
        self.complete: bool = needs["complete"]
        self.traces: list[str] = needs["traces"]
        self.modules: list[dict[str, Any]] = needs["modules"]
        self.versions: list[dict[str, Any]] = needs["versions"]
        self.functions: list[dict[str, Any]] = needs["functions"]
        self.notes: list[dict[str, Any]] = needs["notes"]
        self._report = report
        self._place = path

    def as_pip(self) -> str:
        """Return lines for ``pip install -r``."""
        return self._report._scan.requirements("pip")

    def __str__(self) -> str:
        return self._report._scan.requirements("text")

    def __repr__(self) -> str:
        names = ", ".join(module["name"] for module in self.modules)
        return f"<picklebox.Requirements {ascii(self.path)}: {printable(names)}>"

    def check(self, *, imports: bool = True) -> Check:
        """Say what of it is in this environment, and in which error loading would end.

        Nothing of the file is loaded. Modules of globals that the policy allows are
        imported, as loading would; of others nothing is imported, and none of their
        code runs: their files are looked for, and their sources read.

        Parameters
        ----------
        imports : bool, default: True
            False: import nothing at all.

        Examples
        --------
        >>> import picklebox
        >>> found = picklebox.requirements(b"\\x80\\x03c__main__\\nscale\\n.").check()
        >>> bool(found)
        False
        >>> found.failures[0].name
        '__main__:scale'
        """
        resolutions = [*self._protocols()]
        resolutions += self._globals(imports)
        resolutions += self._libraries()
        resolutions += self._code()
        return Check(self.path, self._unread(), resolutions)

    def _unread(self) -> str:
        if self.complete:
            return ""
        reasons = (f"{f.code}: {f.message}" for f in self._report.findings if f.effect == "incomplete")
        return next(reasons, "it holds no pickle")

    def _protocols(self) -> Iterable[Resolution]:
        if self.protocol > pickle.HIGHEST_PROTOCOL:
            error = f"ValueError: unsupported pickle protocol: {self.protocol}"
            reason = f"Python {self.python} or newer reads it"
            yield Resolution("protocol", str(self.protocol), "", 0, "fails", error, reason)

    def _globals(self, imports: bool) -> Iterable[Resolution]:
        streams = self._report.streams
        known = {module["name"]: module for module in self.modules}
        for found in self._report.globals:
            name = f"{found.raw_module}:{found.raw_qualname}"
            if name == "__builtin__:__main__":  # what dill calls the namespace of the program
                error = "ModuleNotFoundError: No module named '__builtin__'"
                reason = "by pickle.load; dill.load takes the namespace of the program for it"
                yield Resolution("global", name, found.member, found.offset, "differs", error, reason)
                continue
            inside = (
                stream.protocol
                for stream in streams
                if stream.member == found.member and stream.begin <= found.offset <= stream.end
            )
            protocol = next(inside, self.protocol)
            allowed = imports and not found.denied
            looked = look_up(found.raw_module, found.raw_qualname, protocol, allowed, self._place)
            reason = looked.reason
            if looked.status == "fails":
                hints = [reason, *self._hints(name, known.get(found.raw_module.split(".")[0]))]
                reason = "; ".join(hint for hint in hints if hint)
            yield Resolution(
                "global", name, found.member, found.offset, looked.status, looked.error, reason
            )

    def _hints(self, name: str, module: dict[str, Any] | None) -> Iterable[str]:
        """Say why a global is not found."""
        if module is None:
            return
        if module["provider"] == "nowhere":
            yield f"it exists in the program that made the file: define {name.partition(':')[2]} there"
        elif module["provider"] == "unknown":
            yield f"no distribution is known that has {module['name']}: it may be the author's own"
        elif module["provider"] == "distribution":
            here, wanted = installed(module["distribution"]), specifier(module)
            if here is None:
                yield f"{module['distribution']} is not installed: pip install '{wanted}'"
            else:
                yield f"{module['distribution']} {here} is installed"
                if module["recorded"] and module["recorded"] != here:
                    yield f"the file was made with {module['recorded']}"
                yield from (
                    note["message"]
                    for note in self.notes
                    if note["global"] == name and note["kind"] in ("old-name", "new-name")
                )

    def _libraries(self) -> Iterable[Resolution]:
        """Compare the versions that the file records with those that are installed."""
        told = set()
        for record in self.versions:
            name = record["distribution"]
            here = installed(name) if name else None
            if here is None or (name, record["version"]) in told:
                continue
            told.add((name, record["version"]))
            same = here == record["version"]
            warning = ""
            if not same and name == "scikit-learn":
                warning = (
                    f"InconsistentVersionWarning: Trying to unpickle estimator from version "
                    f"{record['version']} when using version {here}."
                )
            reason = "" if same else f"the file was made with {record['version']}, {here} is installed"
            status = "found" if same else "differs"
            yield Resolution("version", name, record["member"], 0, status, warning, reason)
        for note in self.notes:
            if note["kind"] == "changed-state":
                yield self._state(note)

    def _state(self, note: dict[str, Any]) -> Resolution:
        """Say whether a class that a release has changed takes the file's state."""
        module = next(m for m in self.modules if m["name"] == re.split("[.:]", note["global"])[0])
        here = installed(module["distribution"])
        place = ("state", note["global"], note["member"], note["offset"])
        if here is None:
            return Resolution(*place, "not-checked", "", f"{module['distribution']} is not installed")
        if is_older(here, note["since"]) == note["is_old"]:
            return Resolution(*place, "found", "", "")
        return Resolution(*place, "fails", note["message"], f"{module['distribution']} {here} is installed")

    def _code(self) -> Iterable[Resolution]:
        """Say whether code that the file carries is of this Python."""
        minor = sys.version_info[1]
        for function in self.functions:
            if function["how"] != "by-value":
                continue
            place = ("code", function["name"], function["member"], function["offset"])
            if minor in function["versions"]:
                yield Resolution(*place, "found", "", "")
                continue
            this = f"it is code of {function['python']}, and this is Python 3.{minor}"
            error = "" if "dill" in function["maker"] else constructor_error(function["versions"])
            if not error:
                this += ": it may load, and what calls it gets another program or a crash"
            yield Resolution(*place, "fails", error, this)


def constructor_error(versions: list[int]) -> str:
    """Return what `types.CodeType` says to the arguments of other versions; empty if nothing."""
    names: tuple[()] = ()
    numbers = 6 if versions and versions[0] >= 8 else 5
    arguments = [*[0] * numbers, b"", names, names, names, "", ""]
    if versions and versions[0] >= 11:
        arguments += ["", 1, b"", b"", names, names]
    else:
        arguments += [1, b"", names, names]
    try:
        types.CodeType(*arguments)
    except (TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def installed(distribution: str) -> str | None:
    """Return the version of a distribution in this environment; None if it is not there."""
    import importlib.metadata  # which imports a lot

    try:
        return importlib.metadata.version(distribution)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None


def specifier(module: dict[str, Any]) -> str:
    """Return a module's distribution with its bounds, as pip reads it."""
    if module["recorded"]:
        return f"{module['distribution']}=={module['recorded']}"
    bounds = [f">={module['at_least']}"] if module["at_least"] else []
    bounds += [f"<{module['below']}"] if module["below"] else []
    return str(module["distribution"]) + ",".join(bounds)


def is_older(version: str, than: str) -> bool:
    """Compare versions by their numbers: ``"1.9"`` is older than ``"1.10"``."""

    def numbers(text: str) -> list[int]:
        return [int(part) for part in re.findall(r"\d+", text)[:4]]

    return numbers(version) < numbers(than)


def requirements(
    file: Source,
    *,
    policy: PolicyLike = None,
    trusted: Iterable[Any] = (),
) -> Requirements:
    """Say what a file needs where it is loaded: modules, versions, functions.

    Nothing is imported, nothing is made; `Requirements.check` compares it with this
    environment.

    Parameters
    ----------
    file : str, os.PathLike, bytes-like or file object
        As in `scan`.
    policy, trusted
        As in `Unpickler`: what `Requirements.check` may import.

    Returns
    -------
    Requirements

    Examples
    --------
    >>> import pickle, picklebox
    >>> needs = picklebox.requirements(b"\\x80\\x03c__main__\\nscale\\n.")
    >>> [(module["name"], module["provider"]) for module in needs.modules]
    [('__main__', 'nowhere')]
    """
    options = read_options(True, "ASCII", "strict", None, True)
    rules = as_policy(policy, as_trusted(trusted))
    with Input(file, rules, options) as found:
        return Requirements(found.report, found.path)
