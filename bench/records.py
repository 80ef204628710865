"""The class that the stream `objects` is made of."""

from __future__ import annotations


class Node:
    """A plain object: pickled as NEWOBJ, with its attributes set by BUILD."""

    def __init__(self, name: str, weight: float, children: list[Node]):
        self.name = name
        self.weight = weight
        self.children = children
