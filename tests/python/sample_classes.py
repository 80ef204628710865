"""Classes of a program that loads, for the tests of the package."""

from __future__ import annotations


class Point:
    """A class of the program that loads."""

    def __init__(self, x=0):
        self.x = x

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None


class Slotted:
    __slots__ = ("a", "b")


class Stateful:
    def __setstate__(self, state):
        self.seen = state

    def __getstate__(self):
        return ("state", 1)


class Bag(list):
    """Has an attribute, and items that go through extend."""


class Picky:
    """Can append only, and says so by having no extend."""

    def __init__(self):
        self.items = []

    def append(self, item):
        self.items.append(item)

    def __reduce__(self):
        return Picky, (), None, iter(self.items)


class Other:
    pass
