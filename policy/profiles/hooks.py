#!/usr/bin/env python3
"""Shows what an unpickler can run of the globals that a pickle names.

    PYTHON policy/profiles/hooks.py module:qualname...
    ... | PYTHON policy/profiles/hooks.py -

Run by an interpreter that has the library. For each global, one line: what it
is, and what of its own code making it, giving it state, adding items to it or
dropping it would run. `plain` means that none of these is the library's. A rule
for anything else has to say why the code named here is harmless, which takes
reading it. Runs under Python 3.6 and later.
"""

import importlib
import inspect
import sys

# By what runs them: NEWOBJ, BUILD, items, the end of the object.
HOOKS = {
    "new": ("__new__",),
    "call": ("__init__",),
    "build": ("__setstate__", "__setattr__", "__getattr__", "__getattribute__"),
    "extend": ("append", "extend", "__setitem__", "add", "update"),
    "end": ("__del__",),
    "hash": ("__hash__", "__eq__"),
}
#: Classes whose hooks are the interpreter's own.
OWN = ("builtins", "collections", "enum", "abc", "typing")


def resolve(name):
    module, qualname = name.split(":")
    value = importlib.import_module(module)
    for part in qualname.split("."):
        value = getattr(value, part)
    return value


def setters(cls):
    """Attributes that run code when they are set: slot states use setattr."""
    found = set()
    for base in cls.__mro__:
        if base.__module__ in OWN:
            continue
        for name, value in vars(base).items():
            if isinstance(value, property):
                if value.fset:
                    found.add(name)
            elif inspect.isdatadescriptor(value) and not name.startswith("__"):
                if not (inspect.ismemberdescriptor(value) or inspect.isgetsetdescriptor(value)):
                    found.add(name)
    return sorted(found)


def describe(value):
    if not inspect.isclass(value):
        return type(value).__name__
    words = []
    for use, names in HOOKS.items():
        for name in names:
            owner = next((base for base in value.__mro__ if name in vars(base)), None)
            if owner is None or owner.__module__ in OWN or vars(owner)[name] is None:
                continue
            if use in ("call", "extend", "hash"):
                continue
            words.append(f"{name}={owner.__module__}.{owner.__name__}")
    if type(value) is not type:
        words.append(f"metaclass={type(value).__name__}")
    found = setters(value)
    if found:
        words.append("setters=" + ",".join(found))
    return "class " + (" ".join(words) or "plain")


def main(arguments):
    names = [line.split()[0] for line in sys.stdin if line.strip()] if arguments == ["-"] else arguments
    if not names:
        print(__doc__, file=sys.stderr)
        return 2
    for name in names:
        try:
            print(f"{name}\t{describe(resolve(name))}")
        except Exception as error:
            print(f"{name}\t{type(error).__name__}: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
