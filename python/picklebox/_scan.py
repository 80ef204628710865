"""Looking at files without loading them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import _errors
from ._graph import Graph
from ._input import Input
from ._policy import PolicyLike, as_policy, as_trusted
from ._report import Report
from ._unpickler import Source, read_options, require_clean

__all__ = ["inspect", "scan", "untrusted"]


def scan(
    file: Source,
    *,
    policy: PolicyLike = None,
    trusted: Iterable[Any] = (),
    strict: bool = True,
    fix_imports: bool = True,
    encoding: str = "ASCII",
    errors: str = "strict",
    persistent_ids: bool = False,
) -> Report:
    """Vet a file: pickles, and archives and models that hold some.

    Nothing is imported, nothing is made.

    Parameters
    ----------
    file : str, os.PathLike, bytes-like or file object
        A path, the content itself, or a file object, which is read to its end.
    policy, trusted, strict, fix_imports, encoding, errors
        As in `Unpickler`.
    persistent_ids : bool, default: False
        Whether the loader resolves persistent ids.

    Returns
    -------
    Report
        True if the file is clean.

    Examples
    --------
    >>> import pickle, picklebox
    >>> report = picklebox.scan(b"cos\\nsystem\\n(S'true'\\ntR.")
    >>> report.verdict
    'denied'
    >>> [(g.module, g.qualname, g.danger) for g in report.globals]
    [('os', 'system', 'process')]
    """
    options = read_options(fix_imports, encoding, errors, None, strict)
    del options["python"]  # nothing is loaded
    if persistent_ids:
        options["persistent_ids"] = "true"
    with Input(file, as_policy(policy, as_trusted(trusted)), options) as found:
        return found.report


def inspect(file: Source, *, stream: int = 0, **options: Any) -> Graph:
    """Return the graph of a pickle, whatever the policy says of it.

    Parameters
    ----------
    file : str, os.PathLike, bytes-like or file object
        As in `scan`.
    stream : int, default: 0
        Which of the file's pickles.
    **options
        As in `scan`.

    Raises
    ------
    MalformedError
        There is no such pickle.

    Examples
    --------
    >>> import picklebox
    >>> print(picklebox.inspect(b"cos\\nsystem\\n(S'true'\\ntR."), end="")
    os:system('true')
    """
    report = scan(file, **options)
    streams = report.streams
    if not 0 <= stream < len(streams):
        require_clean(report)
        raise _errors.incomplete(report, None)
    return Graph(report._scan.graph(stream), streams[stream])


def untrusted(file: Source, *, policy: PolicyLike = None, **options: Any) -> list[str]:
    """Return the globals of a file that the policy does not allow.

    Look at what they are, then give those that you trust to `load` as `trusted`.

    Parameters
    ----------
    file : str, os.PathLike, bytes-like or file object
        As in `scan`.
    policy : str, os.PathLike or Policy, optional
        As in `Unpickler`.
    **options
        As in `scan`.

    Returns
    -------
    list of str
        ``"module.qualname"``; with a colon between them where that is ambiguous.

    Examples
    --------
    >>> import picklebox
    >>> picklebox.untrusted(b"cos\\nsystem\\n(S'true'\\ntR.")
    ['os.system']
    """
    return scan(file, policy=policy, **options).untrusted
