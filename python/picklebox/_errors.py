"""What picklebox raises.

All are `pickle.UnpicklingError`, so that code which handles that handles these.
Where CPython's unpickler would raise something else, such as `EOFError` for an
empty file, what is raised is that as well.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

from ._text import printable

if TYPE_CHECKING:
    from ._report import Finding, Global, Report

__all__ = ["IncompleteError", "MalformedError", "PolicyError", "SandboxError"]


class SandboxError(RuntimeError):
    """This host cannot confine a worker, so nothing is read."""


class PolicyError(pickle.UnpicklingError):
    """The policy does not allow something in the file.

    The message names all that is denied, and ends with the rules that would allow
    it, to be pasted into a policy after looking at what they open.

    Attributes
    ----------
    report : Report or None
        What was found in the file. None if a global was denied while the file was
        loaded, by the rules for `find_class`.
    denied : list of Global
        The globals that were denied, each with how the file uses it.
    fragment : str
        The rules that would allow them, as TOML.
    """

    def __init__(self, message: str, report: Report | None = None):
        super().__init__(message)
        self.report = report

    @property
    def denied(self) -> list[Global]:
        return [] if self.report is None else [g for g in self.report.globals if g.denied]

    @property
    def fragment(self) -> str:
        return "" if self.report is None else self.report.policy_fragment()


class IncompleteError(pickle.UnpicklingError):
    """The file was not read to its end: it is cut off, or a limit was reached.

    Attributes
    ----------
    report : Report
        What was found in the part that was read.
    code : str
        The code of the finding that says why, such as ``"truncated"``.
    """

    def __init__(self, message: str, report: Report | None = None, code: str = ""):
        super().__init__(message)
        self.report = report
        self.code = code


class MalformedError(IncompleteError):
    """The file is no pickle, or a broken one."""


class _EndOfFile(IncompleteError, EOFError):
    """The file ends where a pickle should go on."""


class _BadValue(MalformedError, ValueError):
    """A number, text or protocol that is none."""


class _TooLarge(MalformedError, OverflowError):
    """A number that no machine holds."""


class _BadKey(MalformedError, TypeError):
    """A key that cannot be hashed, or another value of a wrong type."""


class _BadText(MalformedError, UnicodeDecodeError):
    """A text that is no UTF-8, or is not ASCII where it has to be."""

    def __init__(self, message: str, report: Report | None = None, code: str = ""):
        UnicodeDecodeError.__init__(self, "utf-8", b"", 0, 0, message)
        self.report = report
        self.code = code

    def __str__(self) -> str:
        return self.reason


class _UnknownCode(PolicyError, ValueError):
    """An extension code that is not registered."""


for _class in (_EndOfFile, _BadValue, _TooLarge, _BadKey, _BadText, _UnknownCode):
    # They are shown as what they are documented as.
    _class.__name__ = _class.__qualname__ = _class.__bases__[0].__name__
    _class.__module__ = "picklebox"
for _public in (IncompleteError, MalformedError, PolicyError, SandboxError):
    _public.__module__ = "picklebox"

# By the code of a finding. A limit, or what the sandbox did, is an IncompleteError.
_CLASSES: dict[str, type[IncompleteError]] = {
    "truncated": _EndOfFile,
    "empty": _EndOfFile,
    "frame-short": _EndOfFile,
    "bad-number": _BadValue,
    "bad-text": _BadValue,
    "bad-escape": _BadValue,
    "bad-utf8": _BadText,
    "protocol-unsupported": _BadValue,
    "memo-negative": _BadValue,
    "wrong-type": _BadKey,
    "unhashable-key": _BadKey,
}
# What code may look for in a message of CPython's.
_WORDS = {
    "protocol-unsupported": "unsupported pickle protocol: ",
    "truncated": "pickle data was truncated: ",
}
_MALFORMED = (
    "bad-",
    "stack-",
    "mark-",
    "odd-",
    "memo-",
    "frame-",
    "not-",
    "trailing-",
    "buffer-",
    "array-",
    "archive-",
)


def incomplete(report: Report, finding: Finding | None) -> IncompleteError:
    """Return the exception for a file that could not be read to its end.

    Parameters
    ----------
    report : Report
        The file's report.
    finding : Finding or None
        What stopped the reading; None if the file holds no pickle at all.
    """
    name = printable(report.path)
    if finding is None:
        return MalformedError(f"{name} holds no pickle ({report.format or 'unknown format'})", report)
    cls = _CLASSES.get(finding.code)
    if cls is None:
        cls = MalformedError if finding.code.startswith(_MALFORMED) else IncompleteError
    said = _WORDS.get(finding.code, "")
    where = name + (f"!{printable(finding.member)}" if finding.member else "")
    text = printable(finding.message or finding.explanation)
    return cls(f"{where}@{finding.offset:#x}: {finding.code}: {said}{text}", report, finding.code)


def loader_of(report: Report) -> str:
    """Return which of picklebox's loaders a clean file is for: "joblib", "numpy", "torch" or ""."""
    named = {"joblib model": "joblib", "npy array": "numpy", "legacy PyTorch model": "torch"}
    if report.format in named:
        return named[report.format]
    packed = [m for m in report.members if "!" not in m.path]
    if len(packed) == 1 and packed[0].offset is None and report.streams and report.streams[0].member:
        if report.format != "zip archive":
            return "joblib"  # which reads compressed pickles of any kind
    if any(m.path == "data.pkl" or m.path.endswith("/data.pkl") for m in packed):
        return "torch"
    if any(m.format == "npy array" for m in packed):
        return "numpy"
    return ""


def other_loader(report: Report) -> IncompleteError:
    """Return the exception for a clean file that holds no pickle as such, or arrays within it."""
    loader = loader_of(report)
    if not loader:
        return incomplete(report, None)
    return MalformedError(
        f"{printable(report.path)} is no plain pickle ({report.format}): load it by "
        f"picklebox.{loader}.load()",
        report,
        "other-loader",
    )


def _torch_line(denied: list[Global]) -> str:
    names = [g for g in denied if g.module.partition(".")[0] == "torch"]
    if not names:
        return ""
    listed = ", ".join(printable(f"{g.module}.{g.qualname}") for g in names if g.is_plain)
    return (
        "\n\nWith torch.load(weights_only=True) the same would be\n"
        f"  torch.serialization.add_safe_globals([{listed}])"
    )


def denied(report: Report) -> PolicyError:
    """Return the exception for a file that the policy denies."""
    lines = [f"{printable(report.path)} is denied by the policy:"]
    named = [g for g in report.globals if g.denied]
    for g in named:
        danger = f" (dangerous, {g.danger}: {g.danger_text})" if g.danger else ""
        lines.append(f"  {g.safe_name} to {' and '.join(g.denied)}{danger}")
    if len(lines) == 1:
        lines += [
            f"  {f.code} at {f.offset:#x}: {printable(f.message or f.explanation)}"
            for f in report.findings
            if f.effect == "denies"
        ][:10]
    fragment = report.policy_fragment()
    if fragment:
        lines.append("Only if you trust what these do, add to your policy:\n")
        lines.append(fragment.rstrip("\n"))
        trusted = [g.trusted_name for g in named if g.is_plain]
        lines.append(f"\nor load it with trusted={trusted!a}")
    reasons = {f.code for f in report.findings if f.effect == "denies"}
    cls = _UnknownCode if reasons == {"extension-denied"} else PolicyError
    return cls("\n".join(lines) + _torch_line(named), report)
