"""Python 2.7 files: what is left of protocol 0 to 2 in the world.

Run by make_benign.py. Writes into the folder named by its argument and prints
a line a file: its name, a tab, what is in it. Only ASCII str: what a non-ASCII
one means is up to the reader's `encoding`.
"""

# ruff: noqa
# fmt: off

from __future__ import print_function

import collections
import cPickle
import decimal
import fractions
import os
import pickle
import sys
import UserDict
import uuid


def plain():
    """int, long, bool, None, float, complex, ASCII str, unicode, containers"""
    return {
        "ints": [0, 1, -1, 255, 65536, 2 ** 31, 2 ** 70, -(2 ** 70), long(7), True, False, None],
        "floats": [0.5, -0.0, 1e300, float("inf"), float("nan"), 1 + 2j],
        "text": ["ascii", "quote ' and \" and \\", "line\n", u"caf\u00e9", u"\u20ac\n\\", "", u""],
        "nested": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], {}, [{}, ({},)]],
        "sets": [set([1, 2]), frozenset(["a"])],
        "range": xrange(3, 9, 2),
    }


def shared():
    """shared and recursive list, dict and tuple"""
    ring = []
    ring.append(ring)
    inner = []
    knot = (inner, 1)
    inner.append(knot)
    return [ring, ring, knot, {"again": knot}]


def library():
    """OrderedDict, defaultdict, deque, Counter, Decimal, Fraction, UUID"""
    return [
        collections.OrderedDict([("b", 1), ("a", 2)]),
        collections.defaultdict(list, {"a": [1]}),
        collections.deque([1, 2], 4),
        collections.Counter("hello"),
        decimal.Decimal("1.50"),
        fractions.Fraction(1, 3),
        uuid.UUID(int=5),
    ]


def old_style():
    """instance of a class of the old kind: INST in protocol 0, OBJ in 1 and 2"""
    return UserDict.UserDict({"key": "value"})


def exceptions():
    """names of the exceptions module"""
    return [ValueError("bad"), KeyError("k"), IOError(2, "No such file")]


def main(folder):
    for make in (plain, shared, library, old_style, exceptions):
        for writer in (cPickle, pickle):
            for protocol in (0, 1, 2):
                name = "%s-%s-p%d.pkl" % (make.__name__.replace("_", "-"), writer.__name__, protocol)
                with open(os.path.join(folder, name), "wb") as out:
                    writer.dump(make(), out, protocol)
                print("%s\t%s" % (name, make.__doc__))


main(sys.argv[1])
