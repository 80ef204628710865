"""Finds what a vetted pickle names, and imports from nowhere else than meant.

The policy allows *names*. What a name leads to is decided by Python's import
system, which looks into the current directory, or wherever a program was started,
before it looks into what is installed: a file ``sklearn.py`` that lies beside a model
would be run in the place of the allowed ``sklearn``. While picklebox imports
something, every module that is found, by whatever import it is asked for, is looked at
before it runs: it may not come from the directory of the file that is loaded, nor from
the current directory. What is installed further in, such as a virtual environment in
the current directory, or what an absolute path of ``sys.path`` leads to, is meant.
"""

from __future__ import annotations

import _compat_pickle
import contextlib
import importlib
import os
import site
import sys
import sysconfig
import threading
from collections.abc import Iterator
from typing import Any

from ._errors import PolicyError

_state = threading.local()


def _installed() -> tuple[str, ...]:
    paths = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    with contextlib.suppress(AttributeError):
        paths += site.getsitepackages()
    with contextlib.suppress(AttributeError):
        paths.append(site.getusersitepackages())
    paths += [path for path in sys.path if os.path.basename(path) in ("dist-packages", "site-packages")]
    return tuple({os.path.realpath(path) for path in paths if path and os.path.isabs(path)})


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _is_meant(place: str, folder: str) -> bool:
    """Whether what lies in a suspect folder is found by a path that leads further in."""
    roots = [os.path.realpath(path) for path in sys.path if path and os.path.isabs(path)]
    inner = (root for root in (*_installed(), *roots) if root != folder and _is_in(root, folder))
    return folder in _installed() or any(_is_in(place, root) for root in inner)


def _places(spec: Any) -> list[str]:
    """Return the files and folders that a module would be made of."""
    places = [place for place in (spec.origin,) if place and os.path.sep in place]
    places += list(spec.submodule_search_locations or ())
    return [os.path.realpath(place) for place in places]


class _Guard:
    """A finder that asks all others, and looks at what they found."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        suspect = getattr(_state, "suspect", None)
        if suspect is None:
            return None
        for finder in list(sys.meta_path):
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                self.check(spec, suspect)
                return spec
        return None

    def check(self, spec: Any, suspect: tuple[str, ...]) -> None:
        for place in _places(spec):
            if any(_is_in(place, folder) and not _is_meant(place, folder) for folder in suspect):
                raise PolicyError(
                    f"{spec.name} would be imported from {place!a}, which lies beside the file that is "
                    "loaded or in the current directory, and may have come with it. If it is the one "
                    f"that you mean, import {spec.name} before you load the file."
                )


class _Watch:
    """Has the guard among Python's finders while somebody imports by way of it."""

    def __init__(self) -> None:
        self._guard = _Guard()
        self._lock = threading.Lock()
        self._users = 0

    @contextlib.contextmanager
    def over(self, suspect: tuple[str, ...]) -> Iterator[None]:
        before = getattr(_state, "suspect", None)
        with self._lock:
            self._users += 1
            if self._users == 1:
                sys.meta_path.insert(0, self._guard)
        _state.suspect = suspect
        try:
            yield
        finally:
            _state.suspect = before
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    sys.meta_path.remove(self._guard)


_watch = _Watch()


def suspects(path: str | None) -> tuple[str, ...]:
    """Return the folders from which nothing is imported for a file.

    Parameters
    ----------
    path : str or None
        Of the file; None for bytes, which lie nowhere.
    """
    folders = set()
    with contextlib.suppress(OSError):
        folders.add(os.path.realpath(os.getcwd()))
    if path is not None:
        # Where it is named, and where it is in truth.
        folders.add(os.path.realpath(os.path.dirname(os.path.abspath(path))))
        folders.add(os.path.dirname(os.path.realpath(path)))
    return tuple(folders)


def load_module(name: str, path: str | None) -> Any:
    """Return the module `name`, imported if it is not yet, for the file at `path`."""
    module = sys.modules.get(name)
    # A module that another thread is importing is waited for by the import.
    spec = getattr(module, "__spec__", None)
    if module is not None and not getattr(spec, "_initializing", False):
        return module
    with _watch.over(suspects(path)):
        importlib.import_module(name)
    return sys.modules[name]


def python3_name(module: str, name: str) -> tuple[str, str]:
    """Return what Python 3 calls a global of Python 2, as pickle maps it."""
    pair = _compat_pickle.NAME_MAPPING.get((module, name))
    if pair is not None:
        return pair
    return _compat_pickle.IMPORT_MAPPING.get(module, module), name


def resolve(module: str, name: str, dotted: bool, path: str | None) -> Any:
    """Return a global by its Python 3 name, as CPython's unpickler finds it.

    Parameters
    ----------
    module, name : str
        The name.
    dotted : bool
        Whether dots in `name` lead through attributes, as from protocol 4 on.
    path : str or None
        Of the file that names it: nothing is imported from beside it.

    Notes
    -----
    ``__builtin__:__main__`` is what dill's unpickler makes of it: the globals of the
    program.
    """
    if name == "__main__" and module in ("__builtin__", "builtins"):
        # dill's name for the globals of the program, which no module has.
        return sys.modules["__main__"].__dict__
    found = load_module(module, path)
    if not dotted:
        return getattr(found, name)
    for part in name.split("."):
        if part == "<locals>":
            raise AttributeError(f"Can't get local attribute {name!r} on {found!r}")
        try:
            found = getattr(found, part)
        except AttributeError:
            raise AttributeError(f"Can't get attribute {name!r} on {sys.modules[module]!r}") from None
    return found
