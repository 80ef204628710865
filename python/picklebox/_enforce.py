"""Holds the stock unpicklers of this process to a policy, by the names they look up.

Before an unpickler of CPython looks up a global it raises the audit event
``pickle.find_class``. A hook that raises ends the load there, before anything was
imported.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import re
import sys
import threading
from typing import Any

from . import _core, _globals
from ._errors import PolicyError
from ._policy import Policy, PolicyLike, as_policy
from ._text import printable

# What is done with a name is not seen. Whoever can name one of these can use it up,
# unless the policy lets it be called with anything.
_HARMFUL = {"exec-code", "process", "native-code", "import", "unpickle", "network", "file"}
_CALLS = 2 | 4
_CONDITIONS = ("call", "new", "check")
_RULE = re.compile(r'^(?:# )?global = ("(?:[^"\\]|\\.)*")', re.MULTILINE)
_MODES = ("block", "audit")


def _verdict(policy: _core.Policy, module: str, name: str) -> str:
    """Return why a policy does not allow a name, whatever is done with it, or ``""``."""
    uses, conditions = policy.uses(module, name)
    if not uses:
        return "no rule allows it"
    danger = _core.danger(module, name)
    if danger not in _HARMFUL:
        return ""
    if not uses & _CALLS:
        return f"it may be named, but is dangerous to call ({danger}), and what is done with it is not seen"
    if any(line.startswith(_CONDITIONS) for line in conditions.splitlines()):
        return f"it is allowed with some arguments ({danger} with others), and these are not seen"
    return ""


def _exists(module: str) -> bool:
    if module in sys.modules:
        return True
    try:
        return importlib.util.find_spec(module.partition(".")[0]) is not None
    except (ImportError, ValueError, AttributeError):
        return False


class Enforcement:
    """What `enforce` set up, and what it has seen. Any thread.

    Attributes
    ----------
    policy : Policy
        What names are held to.
    mode : {"block", "audit"}
        Whether what is not allowed raises, or is only noted.
    """

    def __init__(self, policy: Policy, mode: str):
        self.policy = policy
        self.mode = mode
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], int] = {}
        self._why: dict[tuple[str, str], str] = {}

    def check(self, module: str, name: str) -> None:
        """Note a name, and raise `PolicyError` if it is not allowed and this blocks."""
        key = (module, name)
        with self._lock:
            self._seen[key] = self._seen.get(key, 0) + 1
            why = self._why.get(key)
        if why is None:
            why = self._judge(module, name)
            with self._lock:
                self._why[key] = why
        if why and self.mode == "block":
            shown = printable(f"{module}:{name}")
            raise PolicyError(
                f"{shown} is refused by the policy {self.policy.name}, which picklebox enforces in this "
                f"process: {why}. Add a rule for it to the policy only if you trust what it does"
            )

    def _judge(self, module: str, name: str) -> str:
        # Unpicklers tell names before they map those of Python 2, and only below
        # protocol 3 they do: both have to be allowed, if both can be found.
        mapped = _globals.python3_name(module, name)
        why = _verdict(self.policy._policy, *mapped)
        if not why and mapped != (module, name) and _exists(module):
            why = _verdict(self.policy._policy, module, name)
        return why

    @property
    def seen(self) -> dict[str, int]:
        """How often each name was looked up: ``{"module:qualname": times}``."""
        with self._lock:
            return {f"{module}:{name}": count for (module, name), count in self._seen.items()}

    @property
    def refused(self) -> list[str]:
        """The names that the policy does not allow, in order of first appearance."""
        with self._lock:
            return [f"{key[0]}:{key[1]}" for key in self._seen if self._why.get(key)]

    def learned(self) -> str:
        """Return a policy that allows what was seen as well, as TOML, to be read before it is used.

        What is known to be dangerous is left out, as a comment. How a name was used is not
        seen, so that its rule allows every use: ``picklebox policy learn`` says it of
        files exactly.
        """
        return self._text(self.refused)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write `learned` to a file; what other processes wrote there before stays in it."""
        with open(path, "a+", encoding="utf-8") as out:
            fcntl.flock(out, fcntl.LOCK_EX)
            out.seek(0)
            before = [json.loads(text) for text in _RULE.findall(out.read())]
            text = self._text(list(dict.fromkeys(before + self.refused)))
            out.seek(0)
            out.truncate()
            out.write(text)

    def _text(self, names: list[str]) -> str:
        base = self.policy._source if self.policy._text is None else "default"
        lines = [f"extends = [{json.dumps(base)}]"]
        for listed in names:
            module, _, name = listed.partition(":")
            module, name = _globals.python3_name(module, name)
            danger = _core.danger(module, name)
            rule = ["[[allow]]", f"global = {json.dumps(f'{module}:{name}')}"]
            rule.append('uses   = ["reference", "call", "new", "build", "extend"]')
            if danger in _HARMFUL:
                rule = [f"# Dangerous ({danger}): not allowed.", *(f"# {line}" for line in rule)]
            lines += ["", *rule]
        return "\n".join(lines) + "\n"

    def __repr__(self) -> str:
        return f"<picklebox.Enforcement of {self.policy.name!a}, {self.mode}>"


def enforce(policy: PolicyLike = None, mode: str = "block") -> Enforcement:
    """Hold every unpickler of CPython in this process to a policy, from now on.

    That is `pickle`, `_pickle`, and what stands on them: joblib, dill, cloudpickle,
    `numpy.load`, `torch.load`, `pandas.read_pickle`, multiprocessing. It cannot be
    undone; when it is called again, all policies hold.

    Parameters
    ----------
    policy : str, os.PathLike or Policy, optional
        As in `picklebox.load`.
    mode : {"block", "audit"}, default: "block"
        Whether what the policy does not allow raises `PolicyError`, or is only noted.

    Returns
    -------
    Enforcement
        What was seen; its `learned` is a policy for it.

    Notes
    -----
    This is no sandbox, and less than `picklebox.load`: what is seen are names, before
    they are looked up, and not what is done with them; the rest of a stream is run by
    the stock unpickler. So a name that the policy allows under conditions only is
    refused if it is dangerous otherwise. An unpickler that overrides `find_class` and
    never calls the original is not seen, nor is code that this process runs anyway.

    Examples
    --------
    >>> import pickle, picklebox
    >>> _ = picklebox.enforce()  # doctest: +SKIP
    >>> pickle.loads(b"cos\\nsystem\\n(S'true'\\ntR.")  # doctest: +SKIP
    Traceback (most recent call last):
        ...
    picklebox.PolicyError: os:system is refused by the policy default, ...
    """
    if mode not in _MODES:
        raise ValueError(f"mode is 'block' or 'audit', not {mode!r}")
    made = Enforcement(as_policy(policy), mode)
    check = made.check

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "pickle.find_class":
            check(str(args[0]), str(args[1]))

    sys.addaudithook(hook)
    return made


def from_environment() -> Enforcement:
    """Enforce what the variables of the environment say, see docs/python.md.

    Raises
    ------
    ValueError
        They do not make sense, or the policy has a mistake.
    """
    named = os.environ["PICKLEBOX_ENFORCE"]
    mode = os.environ.get("PICKLEBOX_ENFORCE_MODE", "block")
    learn = os.environ.get("PICKLEBOX_ENFORCE_LEARN")
    if not named:
        raise ValueError("it is empty: name a policy, or unset it")
    for what in filter(None, (named, learn)):
        if ("/" in what or what.endswith(".toml")) and not os.path.isabs(what):
            raise ValueError(f"{what!a} is relative, and means another file in each directory")
    made = enforce(named, mode)
    if learn:
        import atexit

        atexit.register(made.write, learn)
    return made


Enforcement.__module__ = enforce.__module__ = "picklebox"
__all__ = ["Enforcement", "enforce"]
