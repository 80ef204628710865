"""Policies, and what users give in place of one."""

from __future__ import annotations

import functools
import json
import os
import tempfile
from collections.abc import Iterable
from typing import Any, Union

from . import _core

# What may be done with what is trusted: everything, by a class's own methods too.
_TRUSTED = 'uses = ["reference", "call", "new", "build", "extend"]\nsetstate = true\nhash = true\n'
_MOST = 32  # ways to extend a policy that are remembered


class Policy:
    """Which globals a pickle may name, and what for.

    Parameters
    ----------
    what : str or os.PathLike, default: "default"
        The name of a shipped profile, or the path of a TOML file.

    Raises
    ------
    ValueError
        The policy has a mistake; the message says where.
    FileNotFoundError
        There is no such file or profile.

    Examples
    --------
    >>> import picklebox
    >>> policy = picklebox.Policy.from_toml('''
    ... extends = ["core"]
    ...
    ... [[allow]]
    ... global = "acme.ranking:Ranker"
    ... uses   = ["new", "build"]
    ... ''')
    >>> policy.uses("acme.ranking", "Ranker")
    ('new', 'build')
    >>> policy.uses("os", "system")
    ()
    """

    def __init__(self, what: str | os.PathLike[str] = "default"):
        text = os.fspath(what)
        if isinstance(what, os.PathLike) and "/" not in text and not text.endswith(".toml"):
            text = os.path.join(os.curdir, text)
        self._policy = _core.Policy(text)
        self._source = os.path.abspath(text) if "/" in text or text.endswith(".toml") else text
        self._text: str | None = None
        self._trusting: dict[tuple[str, ...], Policy] = {}

    @classmethod
    def from_toml(cls, text: str, name: str = "policy", directory: str | None = None) -> Policy:
        """Return the policy that `text` is.

        Parameters
        ----------
        text : str
            As a file of a policy would hold it.
        name : str
            What errors and reports call it.
        directory : str, optional
            Where paths that it extends are; without it they are an error.
        """
        self = cls.__new__(cls)
        self._policy = _core.Policy.from_toml(text, name, directory)
        self._source = name
        self._text = text
        self._trusting = {}
        return self

    @property
    def name(self) -> str:
        return self._policy.name

    def uses(self, module: str, qualname: str) -> tuple[str, ...]:
        """Return the uses that are allowed of a global, by any of its names."""
        from ._report import use_names

        return use_names(self._policy.uses(module, qualname)[0])

    def trusting(self, names: Iterable[Any]) -> Policy:
        """Return this policy with more that is allowed.

        Parameters
        ----------
        names : iterable of str, class or function
            As `Report.untrusted` lists them: ``"module.qualname"``, or
            ``"module:Outer.Inner"`` where the name itself has a dot.
        """
        listed = tuple(sorted(set(map(global_name, names))))
        if not listed:
            return self
        made = self._trusting.get(listed)
        if made is None:
            made = self._extended(
                "".join(f"[[allow]]\nglobal = {json.dumps(n)}\n{_TRUSTED}\n" for n in listed)
            )
            if len(self._trusting) >= _MOST:
                self._trusting.clear()
            self._trusting[listed] = made
        return made

    def _extended(self, rules: str) -> Policy:
        if self._text is None:
            return Policy.from_toml(f"extends = [{json.dumps(self._source)}]\n{rules}", "trusted", os.sep)
        # What is extended is a file.
        with tempfile.TemporaryDirectory(prefix="picklebox-") as folder:
            path = os.path.join(folder, "base.toml")
            with open(path, "w", encoding="utf-8") as out:
                out.write(self._text)
            made = Policy.from_toml(f"extends = [{json.dumps(path)}]\n{rules}", "trusted", os.sep)
        # To be extended again, it would need that file: both texts do as one, since
        # no rule stands in both.
        made._text = f"{self._text}\n{rules}"
        return made

    def __repr__(self) -> str:
        return f"<picklebox.Policy {self.name!a}>"


def global_name(trusted: Any) -> str:
    """Return ``module:qualname`` for what stands in a list of trusted things.

    Raises
    ------
    TypeError
        It is no name, class or function.
    ValueError
        It is a name without a module.
    """
    if isinstance(trusted, str):
        if ":" in trusted:
            return trusted
        module, _, qualname = trusted.rpartition(".")
        if not module:
            raise ValueError(f"{trusted!a} has no module: write 'module.name'")
        return f"{module}:{qualname}"
    names = getattr(trusted, "__module__", None), getattr(trusted, "__qualname__", None)
    if all(isinstance(name, str) for name in names):
        return f"{names[0]}:{names[1]}"
    raise TypeError(f"trusted holds names, classes and functions, not {type(trusted).__name__}")


PolicyLike = Union[None, str, "os.PathLike[str]", Policy]


@functools.cache
def _default() -> Policy:
    return Policy()


def as_policy(policy: PolicyLike, trusted: Iterable[Any] = ()) -> Policy:
    """Return the policy that a user means."""
    if policy is None:
        policy = _default()
    elif not isinstance(policy, Policy):
        policy = Policy(policy)
    return policy.trusting(trusted)


def as_trusted(trusted: Iterable[Any]) -> list[Any]:
    """Return the list of what is trusted, which is often mistaken for a name."""
    if isinstance(trusted, str):
        raise TypeError(f"trusted is a list of names: [{trusted!a}]")
    return list(trusted)
