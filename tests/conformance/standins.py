"""Stand-ins: what a pickle names or makes, without importing or calling it.

A pickle may call whatever it names, so everything that comes from outside of
the stream is a `StandIn` here: a global, the result of a call, a new object, a
persistent object. A stand-in is itself a class, because CPython wants a real
class for NEWOBJ and a pickle may use the result of a call (``getattr(Outer,
"Inner")``) where a class is needed. It can be called, instantiated, given
state and filled; it does nothing but write that into its journal. It hashes by
identity.

Stand-ins belong to a `World`, which numbers them in the order in which they
are made. Two readers agree about a pickle if their worlds do.
"""

from __future__ import annotations


class StandIn(type):
    """An inert object that can be used as anything that a pickle can name.

    Attributes
    ----------
    world : World
    serial : int
        The how manieth of its world.
    made : tuple
        How it came about: ``("global", module, qualname)``, ``("call",
        callable, args)``, ``("new", class, args, kwargs)``, ``("persistent",
        id)`` or ``("readonly", buffer)``.
    journal : list of tuple
        What was done to it since: ``("state", state)``, ``("append", item)``,
        ``("set", key, value)``, ``("add", item)``.
    """

    def __call__(cls, *args):
        return cls.world.make("call", cls, args)

    def __setstate__(cls, state):
        cls.journal.append(("state", state))

    def append(cls, item):
        cls.journal.append(("append", item))

    def extend(cls, items):
        # CPython's C unpickler extends where its Python one appends. The
        # difference shows only in classes that treat the two differently.
        for item in items:
            cls.append(item)

    def __setitem__(cls, key, value):
        cls.journal.append(("set", key, value))

    def add(cls, item):
        cls.journal.append(("add", item))

    def __repr__(cls):
        return f"<{cls.made[0]} #{cls.serial}>"


def _new(cls, *args, **kwargs):
    return cls.world.make("new", cls, args, kwargs)


class World:
    """The stand-ins of one load."""

    def __init__(self):
        self.count = 0
        self._globals = {}

    def make(self, how: str, *parts) -> StandIn:
        """Make a stand-in; ``how`` and ``parts`` are its `made`."""
        standin = type.__new__(StandIn, "StandIn", (), {
            "__new__": _new, "world": self, "serial": self.count,
            "made": (how, *parts), "journal": []})
        self.count += 1
        return standin

    def named(self, module: str, qualname: str) -> StandIn:
        """The stand-in for a global; the same one for the same two names."""
        key = (module, qualname)
        if key not in self._globals:
            self._globals[key] = self.make("global", module, qualname)
        return self._globals[key]
