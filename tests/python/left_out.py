"""What CPython's tests ask for and picklebox does not do, with the reason.

A test is named ``Class.test`` as in test/pickletester.py. It is left out as a whole,
or for the protocols that are listed.
"""

from __future__ import annotations

_VALUE = "a value that no global is, here a functools.partial, is called: no policy can allow that"
_MEMO = "the memo is gone before objects are made, and each pickle is read by itself"
_PERSISTENT = "what a persistent id stands for is called: no policy can allow that"
_INVENTED = "find_class returns what no global is: import_test.py has what it may return"
_UNLISTED = "names that no policy lists, such as an empty one, are denied before they are looked for"
_WORDS = "the message is another: it says where in the file"
_PICKLER = "tests the pickler only, which is CPython's"

LEFT_OUT: dict[str, str] = {
    "AbstractPickleTests.test_complex_newobj_ex": _VALUE,
    "AbstractIdentityPersistentPicklerTests.test_return_correct_type": _PERSISTENT,
    "AbstractIdentityPersistentPicklerTests.test_protocol0_is_ascii_only": _WORDS,
    "AbstractUnpickleTests.test_custom_find_class": _INVENTED,
    "AbstractUnpickleTests.test_find_class": _UNLISTED,
    "AbstractUnpickleTests.test_load_stack_global": _UNLISTED,
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
