"""Looks a global up where this process would find it, without importing what is not allowed.

What the policy allows is imported, as loading would do, and an error is the one that
loading ends in. Of anything else nothing runs: a module that is loaded already is looked
into, one that is not is found by the files of `sys.path`, and its source is read.
"""

from __future__ import annotations

import ast
import functools
import importlib.machinery
import inspect
import io
import pickle
import sys
import types
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from ._errors import PolicyError
from ._globals import load_module, python3_name

Status = Literal["found", "fails", "not-checked"]
_MISSING = object()
_MOST_OF_SOURCE = 8 << 20
# Names that a module with one of these in its source may get in ways that are not seen.
_OPAQUE = ("global ", "globals()", "setattr(", "exec(", "vars()", "sys.modules", "__dict__", "__getattr__")


class Lookup(NamedTuple):
    """What became of a name: `error` is what loading would say, `reason` what else there is to say."""

    status: Status
    error: str = ""
    reason: str = ""


def attribute_error(module: str, shown: str, name: str, protocol: int) -> str:
    """Return the words in which this Python's unpickler says that a module lacks a name.

    `shown` is the module as its `repr` has it.
    """
    dotted = protocol >= 4 and "." in name
    if sys.version_info >= (3, 14):
        if dotted:
            return f"AttributeError: Can't resolve path {name!a} on module {module!a}"
        return f"AttributeError: module {module!a} has no attribute {name!a}"
    if dotted and "<locals>" in name.split("."):
        verb = "get" if sys.version_info >= (3, 13) else "pickle"
        return f"AttributeError: Can't {verb} local attribute {name!a} on {shown}"
    return f"AttributeError: Can't get attribute {name!a} on {shown}"


def look_up(module: str, name: str, protocol: int, allowed: bool, path: str | None) -> Lookup:
    """Return whether a global would be found here.

    Parameters
    ----------
    module, name : str
        As the file spells them.
    protocol : int
        Of the pickle, which decides how they are read.
    allowed : bool
        Whether the module may be imported.
    path : str or None
        Of the file: nothing is imported from beside it.
    """
    wanted, qualname = python3_name(module, name) if protocol < 3 else (module, name)
    if not wanted or "\0" in wanted or any(not part for part in wanted.split(".")):
        return Lookup("fails", f"ModuleNotFoundError: No module named {wanted!a}")
    if allowed:
        return _imported(module, name, wanted, protocol, path)
    parts = qualname.split(".") if protocol >= 4 else [qualname]
    loaded = sys.modules.get(wanted)
    if loaded is not None:
        return _in_loaded(loaded, wanted, qualname, parts, protocol)
    return _on_disk(wanted, qualname, parts, protocol)


# ------------------------------------------------------------------ by importing


def _imported(module: str, name: str, wanted: str, protocol: int, path: str | None) -> Lookup:
    """Import what loading would import, and find the name as the unpickler does."""
    try:
        load_module(wanted, path)
        head = b"" if protocol < 2 else bytes([0x80, min(protocol, pickle.HIGHEST_PROTOCOL)])
        unpickler = pickle.Unpickler(io.BytesIO(head + b"N."))
        unpickler.load()
        unpickler.find_class(module, name)
    except PolicyError as error:
        return Lookup("not-checked", "", str(error))
    except Exception as error:  # whatever the module does when it is imported
        return Lookup("fails", f"{type(error).__name__}: {error}")
    return Lookup("found")


# ------------------------------------------------- in what is in this process already


def _names_of(module: Any) -> dict[str, Any] | None:
    """Return the dictionary of a module, and run nothing; None if it is no plain module."""
    if not isinstance(module, types.ModuleType):
        return None
    return types.ModuleType.__dict__["__dict__"].__get__(module)


def _shown(module: Any, wanted: str, names: dict[str, Any]) -> str:
    """Return the `repr` of a module, without asking it for names that it would make."""
    if "__getattr__" not in names and type(module) is types.ModuleType:
        return repr(module)
    return f"<module {wanted!a} from {names.get('__file__')!a}>"


def _in_loaded(module: Any, wanted: str, name: str, parts: list[str], protocol: int) -> Lookup:
    names = _names_of(module)
    if names is None:
        return Lookup("not-checked", "", f"{wanted} is no plain module")
    shown = _shown(module, wanted, names)
    found = names.get(parts[0], _MISSING)
    if found is _MISSING:
        if "__getattr__" in names or type(module) is not types.ModuleType:
            return Lookup("not-checked", "", f"{wanted} makes names when they are asked for")
        return Lookup("fails", attribute_error(wanted, shown, name, protocol))
    for part in parts[1:]:
        found = inspect.getattr_static(found, part, _MISSING)
        if found is _MISSING:
            return Lookup("fails", attribute_error(wanted, shown, name, protocol))
    return Lookup("found")


# --------------------------------------------------------- in files, which do not run


def _finders() -> Iterator[Any]:
    """The finders that only look: Python's own, and those of editable installs."""
    standard = (importlib.machinery.BuiltinImporter, importlib.machinery.FrozenImporter)
    yield from (*standard, importlib.machinery.PathFinder)
    for finder in sys.meta_path:
        if str(getattr(finder, "__module__", "")).startswith("__editable__"):
            yield finder


def _find(name: str, path: Any) -> Any:
    for finder in _finders():
        spec = finder.find_spec(name, path)
        if spec is not None:
            return spec
    return None


def _search_path(spec: Any) -> list[str] | None:
    """Return where the modules of a package are; None if it is no package."""
    places = spec.submodule_search_locations
    try:
        return None if places is None else list(places)
    except KeyError:  # a namespace in a package that is not imported
        return list(places._path)


def find_spec(module: str) -> tuple[Any, str]:
    """Return the spec of a module without importing its packages, and what is missing.

    Returns
    -------
    spec : ModuleSpec or None
    error : str
        The message of the `ModuleNotFoundError` that importing it would raise.
    """
    spec, path, so_far = None, None, ""
    for part in module.split("."):
        parent, so_far = so_far, f"{so_far}.{part}" if so_far else part
        if parent and path is None:
            return None, f"No module named {so_far!a}; {parent!a} is not a package"
        names = _names_of(sys.modules.get(so_far))
        if names is not None and names.get("__spec__") is not None:
            spec, path = names["__spec__"], names.get("__path__")
            path = None if path is None else list(path)
            continue
        spec = _find(so_far, path)
        if spec is None:
            return None, f"No module named {so_far!a}"
        path = _search_path(spec)
    return spec, ""


def _bound(tree: ast.Module) -> tuple[set[str], bool]:
    """Return the names that a module binds at its top, and whether there may be more."""
    names: set[str] = set()
    opaque = False
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                opaque = opaque or alias.name == "*"
                names.add(alias.asname or alias.name.split(".")[0])
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        todo.extend(ast.iter_child_nodes(node))
    return names, opaque


@functools.lru_cache(maxsize=16)
def names_in_source(source: str) -> tuple[set[str], bool] | None:
    """Return the names that a module of that source has, and whether it may have others.

    Nothing is executed. None if it is no Python.
    """
    if len(source) > _MOST_OF_SOURCE:
        return None
    try:
        names, opaque = _bound(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return names, opaque or any(word in source for word in _OPAQUE)


def _source_of(spec: Any) -> str | None:
    try:
        source = spec.loader.get_source(spec.name)
    except Exception:  # it has none, or it cannot be read
        return None
    return source if isinstance(source, str) else None


def _on_disk(wanted: str, name: str, parts: list[str], protocol: int) -> Lookup:
    spec, missing = find_spec(wanted)
    if spec is None:
        return Lookup("fails", f"ModuleNotFoundError: {missing}")
    kept = f"{wanted} was not imported, since that is not allowed"
    source = _source_of(spec)
    known = None if source is None else names_in_source(source)
    if known is None:
        return Lookup("not-checked", "", f"{kept}: it is there, and has no source to look into")
    names, opaque = known
    if parts[0] in names:
        if len(parts) > 1:
            return Lookup("not-checked", "", f"{kept}: its source has {parts[0]}")
        return Lookup("found", "", f"{kept}: its source has the name")
    if opaque or find_spec(f"{wanted}.{parts[0]}")[0] is not None:
        return Lookup("not-checked", "", f"{kept}: its source does not show all of its names")
    shown = f"<module {wanted!a} from {spec.origin!a}>"
    return Lookup("fails", attribute_error(wanted, shown, name, protocol), f"{kept}: its source was read")
