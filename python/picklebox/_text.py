"""Text that came out of a file, for people."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return `text`, which may hold anything, as printable ASCII."""
    return ascii(text)[1:-1]
