"""Loading for real: what was vetted is made, and nothing else is read."""

from __future__ import annotations

import contextlib
import copyreg
import errno
import io
import os
import pickle
import stat
import sys
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Union

from . import _core, _errors, _globals
from ._errors import PolicyError
from ._input import Input, Order, Place
from ._policy import Policy, PolicyLike, as_policy, as_trusted
from ._report import Report, Stream
from ._text import printable

Source = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, BinaryIO]


def say_why_unreadable(path: str) -> None:
    """Raise the `OSError` of a file that cannot be read, in the system's words."""
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if stat.S_ISREG(mode):
        with open(path, "rb"):
            pass


def require_clean(report: Report) -> None:
    """Raise what is wrong with a file unless its verdict is clean."""
    if report.verdict == "clean":
        return
    if report.verdict == "denied":
        raise _errors.denied(report)
    stopping = [f for f in report.findings if f.effect == "incomplete"]
    if any(f.code == "input-unreadable" for f in stopping):
        say_why_unreadable(report.path)
    raise _errors.incomplete(report, stopping[0] if stopping else None)


class Resolver:
    """Finds the globals of one load, and holds what is found to the policy.

    What a name leads to is noted. Where `find_class` was overridden, what it returns
    must be one of these objects: the very object that the vetted name leads to, or one
    that ``super().find_class`` returned, for which the policy must allow all that the
    file does with the global, under the same conditions.
    """

    def __init__(self, policy: Policy, trusted: Iterable[Any], path: str | None):
        self.policy = policy
        self.path = None if path is None else os.path.abspath(path)
        self._allowed: dict[int, tuple[Any, str, str]] = {}  # id: the object and its name
        self._given = {id(t): t for t in trusted if not isinstance(t, str)}

    def find(self, module: str, name: str, dotted: bool) -> Any:
        """Return the global of that Python 3 name and note it."""
        found = _globals.resolve(module, name, dotted, self.path)
        self._allowed[id(found)] = (found, module, name)
        return found

    def check(self, returned: Any, module: str, name: str, uses: int) -> Any:
        """Return `returned` if it may stand for the vetted global `module`, `name`.

        Parameters
        ----------
        returned : object
            What an overridden `find_class` returned.
        module, name : str
            The global that the file names, in Python 3's spelling.
        uses : int
            What the file does with it.
        """
        if id(returned) in self._given:
            return returned
        noted = self._allowed.get(id(returned))
        if noted is not None:
            _, other, other_name = noted
            if (other, other_name) == (module, name):
                return returned
            allowed, conditions = self.policy._policy.uses(other, other_name)
            _, meant = self.policy._policy.uses(module, name)
            if not uses & ~allowed and conditions in ("", meant):
                return returned
            raise PolicyError(
                f"find_class returned {other}:{other_name} for {module}:{name}, and the policy does not "
                "allow there what the file does with it"
            )
        with contextlib.suppress(ImportError, AttributeError):
            if returned is self.find(module, name, "." in name):
                return returned
        raise PolicyError(
            f"find_class returned {returned!r} for {module}:{name}: neither the global of that name, nor "
            "what super().find_class() returned; if it is meant, list it in trusted"
        )


class Unpickler:
    """Loads pickles from a file, as `pickle.Unpickler` does, if the policy allows all that is in them.

    The file is read to its end and vetted in a sandbox; `load` makes the objects of the
    next pickle from what was vetted. A file object that can seek is left standing behind
    that pickle.

    Parameters
    ----------
    file : file object
        With the methods ``read``, which returns bytes, and ``readline``.
    fix_imports, encoding, errors, buffers
        As in `pickle.Unpickler`.
    policy : str, os.PathLike or Policy, optional
        A shipped profile, a TOML file, or a policy. By default what comes with
        picklebox: the types of Python, NumPy, scikit-learn, PyTorch and others.
    trusted : list of str, class or function
        What is allowed beyond that, as `Report.untrusted` lists it.
    strict : bool, default: True
        Whether a stream is denied that unpicklers read differently.

    Notes
    -----
    `persistent_load` may be overridden or assigned, as in pickle; without it the policy
    decides whether a pickle with persistent ids is clean, and none can be loaded.

    `find_class` may be overridden. What it returns is held to the policy: it must be the
    object of the name that was vetted, or one that ``super().find_class`` returned (which
    takes no name that the policy does not list, and whose rule must allow what the file
    does), or an object in `trusted`.

    Unlike CPython's, each pickle is read by itself: one that refers to the memo of the
    pickle before it is malformed.

    Examples
    --------
    >>> import io, pickle, picklebox
    >>> file = io.BytesIO(pickle.dumps("one") + pickle.dumps("two"))
    >>> unpickler = picklebox.Unpickler(file)
    >>> unpickler.load(), unpickler.load()
    ('one', 'two')
    """

    _file: Any = None

    def __init__(
        self,
        file: Any,
        *,
        fix_imports: bool = True,
        encoding: str = "ASCII",
        errors: str = "strict",
        buffers: Iterable[Any] | None = None,
        policy: PolicyLike = None,
        trusted: Iterable[Any] = (),
        strict: bool = True,
    ):
        # What goes wrong in looking goes wrong now, as in pickle.
        methods = [getattr(file, name, None) for name in ("peek", "readinto", "readline", "read")]
        if methods[2] is None or methods[3] is None:
            raise TypeError("file must have 'read' and 'readline' attributes")
        trusted = as_trusted(trusted)
        self._file = file
        self._trusted = trusted
        self._policy = as_policy(policy, trusted)
        self._buffers = None if buffers is None else iter(buffers)
        self._fix_imports = bool(fix_imports)
        self._options = read_options(fix_imports, encoding, errors, buffers, strict)
        self._protocol = 0
        self._resolver: Resolver | None = None
        self._pending: Iterator[tuple[int, int]] | None = None
        self._input: Input | None = None
        self._start: int | None = None
        self._expected: int | None = None

    def load(self) -> Any:
        """Return the object of the next pickle.

        Raises
        ------
        PolicyError
            The policy denies something in it, or in another pickle of the file.
        MalformedError
            It is no pickle, or a broken one.
        IncompleteError
            It is cut off, or a limit was reached. At the end of the file this is an
            `EOFError` as well.
        """
        if self._file is None:
            raise pickle.UnpicklingError(
                f"Unpickler.__init__() was not called by {type(self).__name__}.__init__()"
            )
        index, end = self._next()
        assert self._input is not None
        scan = self._input.scan
        self._protocol = self._input.report.streams[index].protocol
        self._resolver = Resolver(self._policy, self._trusted, self._input.path)
        try:
            loaded = self._replay(scan.graph(index), self._input.report.streams[index])
            self._input.require_unchanged()
            return loaded
        finally:
            if self._start is not None:
                self._expected = self._start + end
                self._file.seek(self._expected)

    def _replay(self, graph: _core.Graph, stream: Stream) -> Any:
        assert self._input is not None
        source = self._input
        return _core.replay(
            graph,
            find_class=self._global,
            extension=self._extension,
            persistent_load=self.persistent_load if self._has_persistent_load() else None,
            buffers=self._buffers,
            read_extent=lambda *extent: source.read(Place(stream, *extent)),
            array_hook=lambda dtype, shape, order, number, offset, length, before: self._array(
                Place(stream, number, offset, length), dtype, shape, order, before
            ),
            data=None if stream.member else source.data,
        )

    def _array(
        self, place: Place, dtype: str, shape: tuple[int, ...], order: Order, before: Any
    ) -> Any:
        """Return the array that lies there.

        Parameters
        ----------
        place : Place
        dtype : str
            As graphs spell it, see docs/graph-format.md.
        shape : tuple of int
        order : {"C", "F"}
        before : object
            What was made before it: of a storage of PyTorch, its persistent id.
        """
        assert self._input is not None
        raise _errors.other_loader(self._input.report)

    def _position(self) -> int | None:
        try:
            return self._file.tell() if self._file.seekable() else None
        except (AttributeError, OSError):
            return None

    def _next(self) -> tuple[int, int]:
        """Return the number of the next pickle and where it ends; reads the file if need be."""
        position = self._position()
        if self._pending is not None and position == self._expected:
            for found in self._pending:
                return found
        options = dict(self._options)
        if self._has_persistent_load():
            options["persistent_ids"] = "true"
        self._start = position
        self._input = Input(self._file, self._policy, options)
        report = self._input.report
        self._pending = self._streams(report)
        return next(self._pending)

    def _streams(self, report: Report) -> Iterator[tuple[int, int]]:
        expected = 0
        for index, stream in enumerate(report.streams):
            if stream.member or stream.begin != expected:
                break
            if report.verdict == "denied":
                raise _errors.denied(report)
            if stream.verdict != "clean":
                break
            expected = stream.end
            yield index, stream.end
        if expected == report.size and expected > 0:
            return
        if report.verdict == "denied":
            raise _errors.denied(report)
        stopping = [f for f in report.findings if f.effect == "incomplete" and f.offset >= expected]
        raise _errors.incomplete(report, stopping[0] if stopping else None)

    def persistent_load(self, pid: Any, /) -> Any:
        """Return the object that a persistent id stands for: to be overridden or assigned."""
        raise pickle.UnpicklingError("unsupported persistent id encountered")

    def _has_persistent_load(self) -> bool:
        return "persistent_load" in self.__dict__ or (
            type(self).persistent_load is not Unpickler.persistent_load
        )

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        """Return the global of a name, which the policy has to list.

        Below protocol 3 names of Python 2 are mapped to those of Python 3, if
        `fix_imports` says so.
        """
        module, name = module_name, global_name
        if not isinstance(module, str) or not isinstance(name, str):
            raise TypeError("module and name are strings")
        if self._protocol < 3 and self._fix_imports:
            module, name = _globals.python3_name(module, name)
        uses, _ = self._policy._policy.uses(module, name)
        if not uses:
            raise PolicyError(
                f"the policy {self._policy.name} does not list {printable(module + ':' + name)}"
            )
        if self._resolver is None:
            self._resolver = Resolver(self._policy, self._trusted, None)
        return self._resolver.find(module, name, self._protocol >= 4)

    def _global(self, module: str, name: str, python2: int, dotted: int, at: int) -> Any:
        assert self._resolver is not None
        if python2:
            module3, name3 = _globals.python3_name(module, name)
        else:
            module3, name3 = module, name
        if type(self).find_class is Unpickler.find_class and "find_class" not in self.__dict__:
            return self._resolver.find(module3, name3, bool(dotted))
        # The protocol may change within a stream.
        self._protocol = 4 if dotted else 3 if not python2 else min(self._protocol, 2)
        returned = self.find_class(module, name)
        return self._resolver.check(returned, module3, name3, self._uses_of(module3, name3))

    def _uses_of(self, module: str, name: str) -> int:
        assert self._input is not None
        uses = 0
        canonical = _core.canonical_global(module, name, False)
        for row in self._input.scan.globals:
            if f"{row[0]}:{row[1]}" == canonical:
                uses |= row[11]
        return uses

    def _extension(self, code: int, at: int) -> Any:
        cache = copyreg._extension_cache  # type: ignore[attr-defined]
        pair = copyreg._inverted_registry.get(code)  # type: ignore[attr-defined]
        if pair is None:
            raise ValueError(f"unregistered extension code {code}")
        module, name = pair
        # The cache holds whatever somebody put there: what counts is the name.
        found = self._global(
            module, name, int(self._protocol < 3 and self._fix_imports), int(self._protocol >= 4), at
        )
        cache.setdefault(code, found)
        return found


def read_options(
    fix_imports: bool, encoding: str, errors: str, buffers: Any, strict: bool
) -> dict[str, str]:
    """Return the options of a scanner that reads as an unpickler would."""
    # What code the policy allows would run here: it must be of this version.
    options = {"encoding": encoding, "errors": errors, "python": str(sys.version_info[1])}
    if not fix_imports:
        options["fix_imports"] = "false"
    if not strict:
        options["compat"] = "true"
    if buffers is not None:
        options["buffers"] = str(2**64 - 1)  # an iterator does not say how many it has
    return options


def load(
    file: Source,
    *,
    fix_imports: bool = True,
    encoding: str = "ASCII",
    errors: str = "strict",
    buffers: Iterable[Any] | None = None,
    policy: PolicyLike = None,
    trusted: Iterable[Any] = (),
    strict: bool = True,
) -> Any:
    """Load a pickle from a file, if the policy allows all that is in it.

    Parameters
    ----------
    file : str, os.PathLike or file object
        A path, or what `pickle.load` takes.
    fix_imports, encoding, errors, buffers
        As in `pickle.load`.
    policy, trusted, strict
        As in `Unpickler`.

    Returns
    -------
    object
        What `pickle.load` would return.

    Raises
    ------
    PolicyError
        The policy denies something in the file. All denied globals are listed, with
        the rules that would allow them.
    MalformedError, IncompleteError
        As in `Unpickler.load`. Given a path, the whole file has to be in order; a file
        object is left standing behind its first pickle, whatever but pickles follows.
    SandboxError
        This host cannot confine a worker.

    Examples
    --------
    >>> import os, pickle, picklebox, tempfile
    >>> with tempfile.NamedTemporaryFile(suffix=".pkl") as file:
    ...     _ = file.write(pickle.dumps({"weights": [0.5, 1.5]}))
    ...     file.flush()
    ...     picklebox.load(file.name)
    {'weights': [0.5, 1.5]}
    """
    if isinstance(file, (str, os.PathLike)):
        return _load(file, fix_imports, encoding, errors, buffers, policy, trusted, strict)
    return Unpickler(
        file,
        fix_imports=fix_imports,
        encoding=encoding,
        errors=errors,
        buffers=buffers,
        policy=policy,
        trusted=trusted,
        strict=strict,
    ).load()


def loads(
    data: Any,
    /,
    *,
    fix_imports: bool = True,
    encoding: str = "ASCII",
    errors: str = "strict",
    buffers: Iterable[Any] | None = None,
    policy: PolicyLike = None,
    trusted: Iterable[Any] = (),
    strict: bool = True,
) -> Any:
    """Load a pickle from bytes, if the policy allows all that is in it.

    Parameters and exceptions are those of `load`.

    Examples
    --------
    >>> import pickle, picklebox
    >>> picklebox.loads(pickle.dumps((1, 2.5, "three")))
    (1, 2.5, 'three')
    >>> class Evil:
    ...     def __reduce__(self):
    ...         return print, ("you are owned",)
    >>> picklebox.loads(pickle.dumps(Evil()))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    picklebox.PolicyError: <bytes> is denied by the policy:
      builtins:print to reference and call ...
    """
    if isinstance(data, str):
        raise TypeError("a bytes-like object is required, not 'str'")
    return _load(memoryview(data), fix_imports, encoding, errors, buffers, policy, trusted, strict)


def _load(
    source: Any,
    fix_imports: bool,
    encoding: str,
    errors: str,
    buffers: Iterable[Any] | None,
    policy: PolicyLike,
    trusted: Iterable[Any],
    strict: bool,
) -> Any:
    unpickler = Unpickler(
        io.BytesIO(),
        fix_imports=fix_imports,
        encoding=encoding,
        errors=errors,
        buffers=buffers,
        policy=policy,
        trusted=trusted,
        strict=strict,
    )
    with Input(source, unpickler._policy, unpickler._options) as found:
        require_clean(found.report)
        streams = found.report.streams
        first = next((i for i, s in enumerate(streams) if not s.member), None)
        if first is None or _errors.loader_of(found.report) not in ("", "joblib"):
            raise _errors.other_loader(found.report)
        unpickler._input = found
        unpickler._protocol = streams[first].protocol
        unpickler._resolver = Resolver(unpickler._policy, unpickler._trusted, found.path)
        loaded = unpickler._replay(found.scan.graph(first), streams[first])
        found.require_unchanged()
        return loaded


__all__ = ["Unpickler", "load", "loads"]
