"""What picklebox loads is what CPython's C unpickler loads.

Usage: same_as_pickle_test.py CORPUS CONFORMANCE [DIFFER [COUNT]]

Tried on the streams that unpicklers disagree about (CONFORMANCE/discrepancies.tsv), on
the harmless files of CORPUS, as far as what they name is installed, and on COUNT programs
of the generator, whose extension is in DIFFER. Where picklebox
gives an object, pickle must give the same, with the same sharing. Where it finds a
stream malformed, pickle must fail as well.
"""

from __future__ import annotations

import contextlib
import io
import pathlib
import pickle
import resource
import sys
import warnings
from collections.abc import Callable, Iterator

import picklebox

BASE = picklebox.Policy.from_toml(
    """
extends = ["default"]
persistent_ids = true
"""
)
# What a stream may do that has no effect outside of it. Rows that name anything else
# are not loaded at all.
HARMLESS = [
    "builtins." + name
    for name in "list dict set str int float tuple object bytes bytearray complex".split()
]
HARMLESS += ["collections.OrderedDict", "collections.deque", "collections.Counter", "decimal.Decimal"]
HARMLESS += ["fractions.Fraction", "datetime.date", "types.SimpleNamespace", "builtins.Exception"]


class Persistent(picklebox.Unpickler):
    def persistent_load(self, pid):
        return ("persistent", pid)


class TheirPersistent(pickle.Unpickler):
    def persistent_load(self, pid):
        return ("persistent", pid)


@contextlib.contextmanager
def little_memory() -> Iterator[None]:
    """CPython believes lengths, and asks for as much memory."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def spell(value: object) -> object:
    """Return something that is equal for values which are the same."""
    try:
        return pickle.dumps(value, 4)
    except RecursionError:
        return depth(value)
    except Exception:  # what cannot be pickled
        return repr(value).partition(" at 0x")[0]


def show(value: object) -> str:
    """Return a value as text for people."""
    try:
        return ascii(value)[:200]
    except Exception:  # too deep, too long
        return type(value).__name__


def depth(value: object) -> list[str]:
    """Return the types on the way down the first items of containers."""
    types = []
    while isinstance(value, (list, tuple, dict)) and value:
        types.append(type(value).__name__)
        value = next(iter(value.values())) if isinstance(value, dict) else value[0]
    return types


class Tally:
    """What came of all streams."""

    def __init__(self) -> None:
        self.same = self.refused = self.both_fail = self.skipped = 0
        self.wrong: list[str] = []

    def compare(self, name: str, ours: Callable[[], object], theirs: Callable[[], object]) -> None:
        """Load one stream in both ways."""
        failure: Exception | None = None
        mine = shown = None
        try:
            value = ours()
            # Gone before the other is made: what one makes unique, such as the parts of a
            # path, would be shared by both.
            mine, shown = (type(value), spell(value)), show(value)
            del value
        except picklebox.PolicyError:
            self.refused += 1
            return
        except ImportError:
            self.skipped += 1
            return
        except Exception as error:  # also of what the stream calls
            failure = error
        # What follows a pickle, pickle does not look at.
        if isinstance(failure, picklebox.IncompleteError) and failure.code.startswith(
            ("limit-", "bad-codec", "trailing-data")
        ):
            self.refused += 1
            return
        try:
            with little_memory():
                other = theirs()
        except Exception as error:
            self.both_fail += failure is not None
            if failure is None:
                self.wrong.append(f"{name}: {shown}, where pickle raises {error!a}"[:300])
            return
        if failure is not None:
            self.wrong.append(f"{name}: {show(failure)}, where pickle gives {show(other)}"[:300])
        elif mine == (type(other), spell(other)):
            self.same += 1
        else:
            self.wrong.append(f"{name}: {shown} and {show(other)}"[:300])


def rows(folder: pathlib.Path, tally: Tally) -> None:
    """Compare on the streams that are read differently."""
    sys.path.insert(0, str(folder))
    import discrepancies

    for row in discrepancies.load():
        reading = row.reading
        if row.kind in ("CRASH", "C-SELF-DIFFERS") or row.name == "MEMO-029":
            tally.skipped += 1
            continue
        options = {
            "encoding": reading.encoding,
            "errors": reading.errors,
            "fix_imports": reading.fix_imports,
        }
        buffers = reading.buffers

        def ours(row=row, options=options, buffers=buffers):
            cls = Persistent if row.reading.persistent_ids else picklebox.Unpickler
            return cls(
                io.BytesIO(row.data),
                buffers=buffers,
                policy=BASE,
                trusted=HARMLESS,
                strict=False,
                **options,
            ).load()

        def theirs(row=row, options=options, buffers=buffers):
            cls = TheirPersistent if row.reading.persistent_ids else pickle.Unpickler
            return cls(io.BytesIO(row.data), buffers=buffers, **options).load()

        tally.compare(row.name, ours, theirs)


def files(folder: pathlib.Path, tally: Tally) -> None:
    """Compare on the harmless files."""
    for path in sorted((folder / "benign").rglob("*.pkl")):

        def theirs(path=path):
            with open(path, "rb") as file:
                return pickle.load(file)

        def ours(path=path):
            with open(path, "rb") as file:
                return picklebox.load(file, policy=BASE)

        tally.compare(path.name, ours, theirs)


def generated(folder: pathlib.Path, tally: Tally) -> None:
    """Compare on programs that nobody wrote, strictly: the same ones each time."""
    sys.path.insert(0, str(folder / "{}.{}".format(*sys.version_info[:2])))
    import _differ

    _differ.prepare([])
    for number in range(int(sys.argv[4]) if len(sys.argv) > 4 else 3000):
        reading, data = _differ.make(1, number)
        if reading == "plain":
            tally.compare(
                f"program {number}",
                lambda data=data: picklebox.loads(data, policy=BASE, trusted=HARMLESS),
                lambda data=data: pickle.loads(data),
            )


def main() -> int:
    """Compare on everything; 0 if nothing differs."""
    folders = [pathlib.Path(argument) for argument in sys.argv[1:4]]
    few = False
    warnings.simplefilter("ignore")  # of escapes in strings
    tried = [("rows", rows, folders[1]), ("files", files, folders[0])]
    if len(folders) > 2:
        tried.append(("programs", generated, folders[2]))
    for what, compare, folder in tried:
        tally = Tally()
        compare(folder, tally)
        for line in tally.wrong:
            print("DIFFERS", line)
        print(
            f"{what}: {tally.same} the same, {tally.both_fail} fail in both, {tally.refused} refused, "
            f"{tally.skipped} left out, {len(tally.wrong)} differ"
        )
        few = few or tally.same < 100 or bool(tally.wrong)
    return 1 if few else 0


if __name__ == "__main__":
    sys.exit(main())
