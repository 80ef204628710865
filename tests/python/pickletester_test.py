"""CPython's own tests of unpickling, with picklebox in the place of pickle.

Usage: pickletester_test.py [TEST...]

What is pickled is pickled by pickle. The policy trusts what a test names (after it
was denied once), and streams are read as CPython reads them (strict=False).
left_out.py has what is not tested, and why.
"""

from __future__ import annotations

import io
import pickle
import sys
import unittest

import picklebox
from left_out import CLASSES_LEFT_OUT, LEFT_OUT

try:
    from test import pickletester, test_pickle
except ImportError:
    sys.exit("CPython's tests are not installed (Debian: libpython3.X-testsuite)")

# Methods, and nested classes below protocol 4, are reached by getattr. A test has a
# number of a million bits, which is above the limit.
POLICY = picklebox.Policy.from_toml(
    """
extends = ["core"]
persistent_ids = true

[[allow]]
global    = "builtins:getattr"
uses      = ["reference", "call"]
attribute = true

[limits]
integer = "1MiB"
"""
)
# What an object that cannot seek asks for, which can be read once only.
trusted = {"builtins.len"}


def names_denied(error: picklebox.PolicyError) -> set[str]:
    """Return the names to trust next time."""
    return {g.trusted_name for g in error.denied if g.is_plain and g.qualname != "getattr"}


class Unpickler(picklebox.Unpickler):
    """Trusts what it is asked for, after it was denied once."""

    def __init__(self, file, **options):
        options = {"policy": POLICY, "trusted": sorted(trusted), "strict": False, **options}
        super().__init__(file, **options)

    def load(self):
        position = self._position()
        while True:
            try:
                return super().load()
            except picklebox.PolicyError as error:
                new = names_denied(error) - trusted
                if not new or position is None:
                    raise
                trusted.update(new)
                super().__init__(
                    self._file,
                    policy=POLICY,
                    trusted=sorted(trusted),
                    strict=False,
                    **self._as_given,
                )
                self._file.seek(position)


class Remembering(Unpickler):
    """Has the options at hand for the next try."""

    def __init__(self, file, *args, **options):
        if args:
            raise TypeError("Unpickler takes options by name")
        if options.get("buffers") is not None:
            options["buffers"] = list(options["buffers"])
        self._as_given = options
        super().__init__(file, **options)


def load(file, **options):
    return Remembering(file, **options).load()


def loads(data, /, **options):
    return load(io.BytesIO(data), **options)


class Errors:
    """As CPython's C unpickler."""

    bad_stack_errors = (pickle.UnpicklingError,)
    truncated_errors = (pickle.UnpicklingError, EOFError)


class UnpicklerTests(Errors, pickletester.AbstractUnpickleTests, unittest.TestCase):
    """Streams that are written out in the tests."""

    unpickler = Remembering

    def loads(self, buf, **kwds):
        return loads(buf, **kwds)


class RoundTripTests(Errors, pickletester.AbstractPickleTests, unittest.TestCase):
    """Whatever pickle writes."""

    pickler = pickle.Pickler
    unpickler = Remembering

    def dumps(self, arg, protocol=None, **kwargs):
        return pickle.dumps(arg, protocol, **kwargs)

    def loads(self, buf, **kwds):
        return loads(buf, **kwds)


class ModuleTests(pickletester.AbstractPickleModuleTests, unittest.TestCase):
    """The functions."""

    dump = staticmethod(pickle.dump)
    dumps = staticmethod(pickle.dumps)
    load = staticmethod(load)
    loads = staticmethod(loads)
    Pickler = pickle.Pickler
    Unpickler = Remembering


class PersistentTests(test_pickle.PyPersPicklerTests):
    """Persistent ids."""

    pickler = pickle.Pickler
    unpickler = Remembering


class IdentityPersistentTests(test_pickle.PyIdPersPicklerTests):
    """Persistent ids that are the object."""

    persistent_load_error = pickle.UnpicklingError

    pickler = pickle.Pickler
    unpickler = Remembering


class ObjectTests(pickletester.AbstractPicklerUnpicklerObjectTests, unittest.TestCase):
    """Several pickles a file, and several files an unpickler."""

    pickler_class = pickle.Pickler
    unpickler_class = Remembering


class CompletenessTest(unittest.TestCase):
    """What is neither run nor left out would go unnoticed."""

    def test_every_class_of_tests_is_run_or_left_out(self):
        ours = {
            base.__name__ for name in list(globals()) for base in getattr(globals()[name], "__mro__", ())
        }
        theirs = {name for name in dir(pickletester) if name.startswith("Abstract")}
        self.assertEqual(theirs - ours - set(CLASSES_LEFT_OUT), set())


def leave_out() -> None:
    """Mark the tests that are left out as skipped."""
    for name, reason in LEFT_OUT.items():
        cls, _, test = name.partition(".")
        base = getattr(pickletester, cls)
        if hasattr(base, test):
            setattr(base, test, unittest.skip(reason)(getattr(base, test)))


if __name__ == "__main__":
    leave_out()
    unittest.main()
