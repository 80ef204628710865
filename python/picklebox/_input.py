"""A file that is being loaded: opened once, scanned, and read where its graphs say.

What is read for an extent of a graph is read from the descriptor that was scanned. A
file that was changed meanwhile is an error: of what is big, nothing but its place was
judged, so that this is no hole, but what would be loaded is not what anybody wrote.
"""

from __future__ import annotations

import contextlib
import io
import mmap
import os
from typing import Any, Literal, NamedTuple

from . import _errors, _scanners
from ._policy import Policy
from ._report import Member, Report, Stream

# Of what is compressed so much is unpacked at once: the next extents lie behind.
WINDOW = 256 << 20
_PIECE = 1 << 30

# Of the items of an array: rows or columns first.
Order = Literal["C", "F"]


class Place(NamedTuple):
    """Where an extent of a graph lies.

    Parameters
    ----------
    stream : Stream
        The pickle whose graph it is.
    number : int
        In what: 0 for what that pickle was read from, or of a member, from 1 on.
    offset, length : int
        Bytes.
    """

    stream: Stream
    number: int
    offset: int
    length: int


class Input:
    """The bytes of a file, and the scan of them.

    Parameters
    ----------
    source : str, os.PathLike, bytes-like or file object
        A path, the bytes themselves, or an object with a ``read`` method, which is
        read from where it stands to its end. A file that was opened with `open` and
        stands at its beginning is not read: its descriptor is used.
    policy : Policy
        What is allowed.
    options : dict of str to str
        How it is read, as picklebox.h names it.
    """

    def __init__(self, source: Any, policy: Policy, options: dict[str, str]):
        self._fd: int | None = None
        self.data: Any = None  # bytes-like, or the file is read
        self.path: str | None = None
        self._state: tuple[int, ...] | None = None
        self._window: tuple[str, int, memoryview] | None = None
        self._scanner = scanner = _scanners.scanner(policy, options)
        if isinstance(source, (str, os.PathLike)):
            self.path = os.fsdecode(source)
            with contextlib.suppress(OSError):
                self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        elif hasattr(source, "read"):
            name = getattr(source, "name", None)
            self.path = name if isinstance(name, str) and os.path.exists(name) else None
            self._fd = _descriptor(source)
            if self._fd is None:
                self.data = source.read()
        else:
            self.data = source
        try:
            if self._fd is not None:
                self._state = _state(self._fd)
                scanned = scanner.scan_descriptor(self._fd, self.path or "<file>")
            elif self.data is None:
                scanned = scanner.scan_file(self.path)  # says why it cannot be opened
            else:
                name = self.path or ("<file>" if hasattr(source, "read") else "<bytes>")
                scanned = scanner.scan_bytes(self.data, name)
        except BaseException:
            self.close()
            raise
        self.report = Report(scanned)
        self.scan = scanned
        self._members = self.report.members
        self._by_path = {member.path: member for member in self._members}

    # ------------------------------------------------------------ where bytes are

    def offset_of(self, place: Place) -> int | None:
        """Return its offset in the file; None if its bytes do not lie there as they are."""
        member = self._member(place)
        if member is None:
            return place.offset
        return None if member.offset is None else member.offset + place.offset

    def _member(self, place: Place) -> Member | None:
        """Return the member that it is in; None for the file itself."""
        if place.number > 0:
            return self._members[place.number - 1]
        return self._by_path[place.stream.member] if place.stream.member else None

    # ------------------------------------------------------------------- reading

    def read(self, place: Place) -> bytes:
        """Return the bytes of an extent; fewer if the file was cut off since."""
        member, begin = self._member(place), self.offset_of(place)
        if begin is None:
            assert member is not None
            return bytes(self._unpacked(member, place.offset, place.length))
        if self._fd is None:
            return bytes(self._view(begin, place.length))
        data = bytearray(place.length)
        count = self._read_at(begin, memoryview(data))
        return bytes(memoryview(data)[:count])

    def read_into(self, place: Place, to: memoryview) -> None:
        """Fill `to`, which is of bytes, from an extent of that length."""
        begin = self.offset_of(place)
        if begin is not None:
            self._fill(begin, to)
        else:
            member = self._member(place)
            assert member is not None
            to[:] = self._unpacked(member, place.offset, place.length)

    def read_member(self, path: str) -> bytes:
        """Return all of a member."""
        member = self._by_path[path]
        if member.offset is None:
            return bytes(self._unpacked(member, 0, member.size))
        data = bytearray(member.size)
        self._fill(member.offset, memoryview(data))
        return bytes(data)

    def _fill(self, begin: int, to: memoryview) -> None:
        if self._fd is None:
            to[:] = self._view(begin, len(to))
        elif self._read_at(begin, to) != len(to):
            raise self._changed()

    def map(self, writable: bool) -> mmap.mmap:
        """Map the open file into memory. Pages that are written to become the process's own."""
        assert self._fd is not None
        access = mmap.ACCESS_COPY if writable else mmap.ACCESS_READ
        return mmap.mmap(self._fd, self.report.size, access=access)

    def _view(self, offset: int, length: int) -> memoryview:
        return memoryview(self.data).cast("B")[offset : offset + length]

    def _read_at(self, offset: int, to: memoryview) -> int:
        assert self._fd is not None
        done = 0
        while done < len(to):
            count = os.preadv(self._fd, [to[done : done + _PIECE]], offset + done)
            if count == 0:
                break
            done += count
        return done

    def _unpacked(self, member: Member, offset: int, length: int) -> memoryview:
        if self._window is not None:
            known, begin, view = self._window
            if known == member.path and begin <= offset and offset + length <= begin + len(view):
                return view[offset - begin : offset - begin + length]
        ahead = max(length, min(WINDOW, member.size - offset))
        source = self.data if self._fd is None else self._fd
        try:
            content = self._scanner.read_member(source, member.path, offset, ahead)
        except (OSError, RuntimeError) as error:
            raise _errors.IncompleteError(
                f"{ascii(member.path)} cannot be unpacked: {error}", self.report
            ) from None
        view = memoryview(content)
        self._window = (member.path, offset, view)
        return view[:length]

    # ------------------------------------------------------------------- changes

    def require_unchanged(self) -> None:
        """Raise `MalformedError` if somebody changed the file since it was opened."""
        if self._fd is not None and _state(self._fd) != self._state:
            raise self._changed()

    def _changed(self) -> _errors.MalformedError:
        return _errors.MalformedError(
            f"{ascii(self.path or '<file>')} was changed while it was loaded: load it again",
            self.report,
            "input-changed",
        )

    def descriptor(self, writable: bool) -> int:
        """Return a new descriptor of the file that was scanned, for the caller to close."""
        assert self._fd is not None
        if not writable:
            return os.dup(self._fd)
        return os.open(f"/proc/self/fd/{self._fd}", os.O_RDWR | os.O_CLOEXEC)

    @property
    def is_open(self) -> bool:
        """Whether it is a file of the file system, and open."""
        return self._fd is not None

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __del__(self) -> None:
        self.close()

    def __enter__(self) -> Input:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _descriptor(source: Any) -> int | None:
    """Return a descriptor of a file object that Python opened, if it stands at its beginning."""
    raw = source.raw if type(source) in (io.BufferedReader, io.BufferedRandom) else source
    if type(raw) is not io.FileIO:
        return None
    with contextlib.suppress(OSError, ValueError):
        if source.seekable() and source.tell() == 0:
            if hasattr(source, "flush"):
                source.flush()  # what was written is in the file
            return os.dup(raw.fileno())
    return None


def _state(fd: int) -> tuple[int, ...]:
    found = os.fstat(fd)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
