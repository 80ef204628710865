"""The oracle: what the unpickler of this Python makes of a pickle.

Loads with ``_pickle.Unpickler`` (or ``pickle._Unpickler``), but every name is
resolved to a stand-in, so nothing is imported and nothing is called.

Where CPython behaves differently on stand-ins:

* ``find_class`` is called with the names as the stream spells them. Mapping
  the names of Python 2 and walking dotted names is done by the real
  ``find_class``, so the oracle sees neither.
* A stand-in is never a tuple, a dict or a str. A stream that calls something
  to make its arguments, its keywords or a name for STACK_GLOBAL fails here
  although it may load for real.
* State is always given to ``__setstate__``, so no state is refused.
* Nothing that a stream calls can fail, and nothing can change how the rest of
  the stream is read, as ``copyreg.add_extension`` does.
"""

from __future__ import annotations

import _pickle
import copyreg
import dataclasses
import io
import pickle
import warnings

from reading import Reading
from standins import World

# Said of STRING operands; what they mean is what is tested.
warnings.filterwarnings("ignore", "invalid (octal )?escape sequence", DeprecationWarning)


@dataclasses.dataclass
class Outcome:
    """A value or an error, and the world in which it came about."""

    world: World
    value: object = None
    error: str | None = None


class _Names:
    world: World

    def find_class(self, module, qualname):
        return self.world.named(module, qualname)


class _PersistentIds:
    world: World

    def persistent_load(self, persistent_id):
        return self.world.make("persistent", persistent_id)


class _C(_Names, _pickle.Unpickler):
    pass


class _CPersistent(_PersistentIds, _C):
    pass


class _Py(_Names, pickle._Unpickler):
    pass


class _PyPersistent(_PersistentIds, _Py):
    pass


_LOADERS = {("c", False): _C, ("c", True): _CPersistent,
            ("py", False): _Py, ("py", True): _PyPersistent}


def load(data: bytes, reading: Reading, implementation: str = "c") -> Outcome:
    """Load the first pickle of ``data``.

    Parameters
    ----------
    data : bytes
    reading : Reading
    implementation : {"c", "py"}

    Returns
    -------
    Outcome
        Never raises for what the pickle holds.
    """
    world = World()
    # A reader that can peek, because the C unpickler then reads as it does
    # from memory, also where an operand crosses the end of a frame.
    file = io.BufferedReader(io.BytesIO(data), max(len(data), 1 << 13))
    loader = _LOADERS[implementation, reading.persistent_ids](
        file, fix_imports=reading.fix_imports, encoding=reading.encoding,
        errors=reading.errors, buffers=reading.buffers)
    loader.world = world
    before = dict(copyreg._inverted_registry)
    copyreg._inverted_registry.clear()
    copyreg._inverted_registry.update(
        (code, (module, qualname)) for code, module, qualname in reading.extensions)
    copyreg._extension_cache.clear()
    try:
        return Outcome(world, value=loader.load())
    except Exception as error:
        return Outcome(world, error=f"{type(error).__name__}: {error}"[:200])
    finally:
        copyreg._extension_cache.clear()
        copyreg._inverted_registry.clear()
        copyreg._inverted_registry.update(before)
