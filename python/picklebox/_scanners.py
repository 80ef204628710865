"""The scanners of this process: each has its workers ready, so they are kept."""

from __future__ import annotations

import copyreg
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from . import _core
from ._errors import SandboxError
from ._policy import Policy

_MOST = 8  # of different policies and options
_here = os.path.dirname(os.path.abspath(__file__))
WORKER = os.path.join(_here, "bin", "picklebox-worker")
PROGRAM = os.path.join(_here, "bin", "picklebox")


class _Kept:
    """The scanners, the one used last at the end."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        # In a forked child the workers are the parent's; a scanner knows its process
        # and leaves them alone.
        self.lock = threading.Lock()
        self.scanners: OrderedDict[tuple[Any, ...], tuple[_core.Scanner, Policy]] = OrderedDict()


_kept = _Kept()
os.register_at_fork(after_in_child=_kept.forget)


def extensions() -> dict[int, str]:
    """Return the extension codes that are registered in this process."""
    return {
        code: f"{pair[0]}:{pair[1]}"
        for code, pair in list(copyreg._inverted_registry.items())  # type: ignore[attr-defined]
        if isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(name, str) for name in pair)
    }


def scanner(policy: Policy, options: Mapping[str, str]) -> _core.Scanner:
    """Return a scanner of that policy and those options, a used one if there is one.

    Raises
    ------
    SandboxError
        This host cannot confine a worker.
    """
    codes = extensions()
    key = (id(policy._policy), tuple(sorted(options.items())), tuple(sorted(codes.items())))
    with _kept.lock:
        known = _kept.scanners.get(key)
        if known is not None:
            _kept.scanners.move_to_end(key)
            return known[0]
    try:
        made = _core.Scanner(policy._policy, {"worker": WORKER, **options}, codes)
    except (RuntimeError, FileNotFoundError) as error:
        raise SandboxError(str(error)) from None
    dropped = []
    with _kept.lock:
        _kept.scanners[key] = (made, policy)  # the policy keeps its id
        while len(_kept.scanners) > _MOST:
            dropped.append(_kept.scanners.popitem(last=False))
    del dropped  # outside of the lock: its workers end
    return made
