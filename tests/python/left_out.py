"""What CPython's tests ask for and picklebox does not do, with the reason.

A test is named ``Class.test`` as in test/pickletester.py. It is left out as a whole,
or for the protocols that are listed.
"""

from __future__ import annotations

_VALUE = "a value that no global is, here a functools.partial, is called: no policy can allow that"
_MEMO = "the memo is gone before objects are made, and each pickle is read by itself"
_PERSISTENT = "what a persistent id stands for is called: no policy can allow that"
_PICKLER = "tests the pickler only, which is CPython's"

LEFT_OUT: dict[str, str] = {
    "AbstractPickleTests.test_complex_newobj_ex": _VALUE,
    "AbstractIdentityPersistentPicklerTests.test_return_correct_type": _PERSISTENT,
    "AbstractPicklerUnpicklerObjectTests.test_priming_unpickler_memo": _MEMO,
    "AbstractPicklerUnpicklerObjectTests.test_clear_pickler_memo": _PICKLER,
    "AbstractPicklerUnpicklerObjectTests.test_priming_pickler_memo": _PICKLER,
}

# Classes of tests that are left out: they have no unpickler in them.
CLASSES_LEFT_OUT: dict[str, str] = {
    "AbstractPicklingErrorTests": _PICKLER,
    "AbstractCustomPicklerClass": _PICKLER,
    "AbstractHookTests": _PICKLER,
    "AbstractDispatchTableTests": _PICKLER,
}
