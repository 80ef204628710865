"""The object graph of a pickle, seen without making objects."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from . import _core

if TYPE_CHECKING:
    from ._report import Stream


class Graph:
    """What a pickle would make and do, as data: nothing is imported, nothing is called.

    Made by `picklebox.inspect`. Printing it shows a tree.

    Examples
    --------
    >>> import pickle, picklebox
    >>> graph = picklebox.inspect(pickle.dumps({"a": [1, 2]}))
    >>> print(graph)
    dict of 1
      'a': list of 2
        [0] 1
        [1] 2
    <BLANKLINE>
    >>> len(graph)
    7
    """

    def __init__(self, graph: _core.Graph, stream: Stream):
        self._graph = graph
        self.stream = stream

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self._graph)

    @property
    def root(self) -> int | None:
        """The number of the node that the pickle stands for; None if its end was not reached."""
        return self._graph.root

    def tree(self, max_lines: int = 1000) -> str:
        """Return an indented tree of printable ASCII, of up to `max_lines` lines."""
        return self._graph.view("tree", max_lines) if self.root is not None else ""

    def json(self) -> str:
        """Return the nodes as a JSON array, as docs/graph-format.md has it."""
        return self._graph.view("json")

    def dot(self, max_nodes: int = 1000) -> str:
        """Return a drawing for Graphviz."""
        return self._graph.view("dot", max_nodes)

    def find(self, path: str) -> int:
        """Return the number of the node that `path` leads to, such as ``"$.steps[1][1]"``.

        Raises
        ------
        ValueError
            The path is malformed.
        LookupError
            It leads nowhere.
        """
        return self._graph.find(path)

    def __str__(self) -> str:
        return self.tree()

    def __repr__(self) -> str:
        return f"<picklebox.Graph of {len(self)} nodes>"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.tree(200))}</pre>"
