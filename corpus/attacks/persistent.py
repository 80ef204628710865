"""Persistent ids: names that the loader resolves, as it pleases."""

from attacks.sample import TOUCH, Group, system, touch

GROUP = Group("persistent")
attack = GROUP.attack


@attack("-", "persistent-denied")
def text(p):
    """PERSID: a name for the loader to resolve, as it pleases."""
    p.here().PERSID("storage-0").STOP()


@attack("-", "persistent-denied")
def binary(p):
    """BINPERSID with a tuple as torch writes it, in a file that is no torch file."""
    p.PROTO(2).push(("storage", "FloatStorage", "0", "cpu", 4)).here().BINPERSID().STOP()


@attack()
def carries_a_call(p):
    """The id is the result of a call: it has happened when the id is looked at."""
    touch(system(p.PROTO(2))).BINPERSID().STOP()


@attack()
def carries_a_callable(p):
    """A torch.package id: ("reduce_package", function, arguments), for the loader to call."""
    p.PROTO(2).MARK().BINUNICODE("reduce_package")
    system(p).push((TOUCH,)).TUPLE().BINPERSID().STOP()


@attack("-", "persistent-denied")
def is_a_number(p):
    """The id is an int: loaders that expect a str or a tuple die in their own code."""
    p.PROTO(2).BININT1(7).here().BINPERSID().STOP()


@attack()
def is_a_list_with_a_class(p):
    """A ZODB-like id: a list with a class in it."""
    p.PROTO(2).EMPTY_LIST().MARK().BINUNICODE("w")
    system(p).APPENDS().BINPERSID().STOP()
