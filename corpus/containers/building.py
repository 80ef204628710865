"""What a sample is, and how archives are put together for it."""

from __future__ import annotations

import dataclasses
import io
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable

GOOD = pickle.dumps({"weights": [1.0, 2.0, 3.0], "name": "good"}, protocol=2)
# builtins.open("picklebox-marker", "w"), as a call.
EVIL = b"\x80\x02c__builtin__\nopen\n(X\x10\x00\x00\x00picklebox-markerX\x01\x00\x00\x00wtR."
MISTAKE = "builtins:open"
NUMBERS = bytes(range(256)) * 16
EPOCH = (2020, 1, 1, 0, 0, 0)


@dataclasses.dataclass(frozen=True)
class Sample:
    """One file and the answer to it.

    Attributes
    ----------
    name : str
        Its path below the folder of the samples.
    verdict : str
        Of the whole file.
    code : str
        A finding that must be there, as code or code/detail; empty for none.
    member : str
        The member that the finding is about, or that must have been a pickle.
    name_denied : str
        The global that must be denied in `member`; empty for none.
    make : callable
        Returns the bytes.
    """

    name: str
    verdict: str
    code: str
    member: str
    name_denied: str
    make: Callable[[], bytes]


SAMPLES: list[Sample] = []


def sample(
    name: str, verdict: str, code: str = "", member: str = "", denied: str = ""
) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    """Add the function below to the samples."""

    def add(make: Callable[[], bytes]) -> Callable[[], bytes]:
        SAMPLES.append(Sample(name, verdict, code, member, denied, make))
        return make

    return add


def zipped(
    members: dict[str, bytes], method: int = zipfile.ZIP_STORED, comment: bytes = b""
) -> bytes:
    """Return a zip archive as Python's zipfile writes it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = method
            archive.writestr(info, data)
        archive.comment = comment
    return out.getvalue()


def tarred(members: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar archive as Python's tarfile writes it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


@dataclasses.dataclass
class Entry:
    """One member of a zip that is put together by hand; None: as it should be."""

    name: bytes
    data: bytes
    method: int = 0
    flags: int = 0
    crc: int | None = None
    size: int | None = None
    packed_size: int | None = None
    local_name: bytes | None = None
    local_method: int | None = None
    local_flags: int | None = None
    local_crc: int | None = None
    local_size: int | None = None
    at: int | None = None
    listed: bool = True
    descriptor: bytes = b""
    attributes: int = 0
    extra: bytes = b""


def pick(value, other):
    """Return `value` unless it is None, else `other`."""
    return other if value is None else value


def hand_zip(entries: list[Entry], count: int | None = None, prefix: bytes = b"") -> bytes:
    """Return a zip archive of the given entries, with all their lies."""
    out = bytearray(prefix)
    directory = bytearray()
    listed = 0
    for e in entries:
        packed = e.data
        if e.method == 8:
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = packer.compress(e.data) + packer.flush()
        crc = pick(e.crc, zlib.crc32(e.data))
        size = pick(e.size, len(e.data))
        packed_size = pick(e.packed_size, len(packed))
        at = pick(e.at, len(out))
        if e.at is None:
            name = pick(e.local_name, e.name)
            out += struct.pack(
                "<IHHHHHIIIHH",
                0x04034B50,
                20,
                pick(e.local_flags, e.flags),
                pick(e.local_method, e.method),
                0,
                0x5021,
                pick(e.local_crc, crc),
                packed_size,
                pick(e.local_size, size),
                len(name),
                0,
            )
            out += name + packed + e.descriptor
        if e.listed:
            listed += 1
            directory += struct.pack(
                "<IHHHHHHIIIHHHHHII",
                0x02014B50,
                20 | 3 << 8,
                20,
                e.flags,
                e.method,
                0,
                0x5021,
                crc,
                packed_size,
                size,
                len(e.name),
                len(e.extra),
                0,
                0,
                0,
                e.attributes,
                at,
            )
            directory += e.name + e.extra
    start = len(out)
    count = pick(count, listed)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), start, 0)
    return bytes(out + directory + end)


def tar_block(name: bytes, size: bytes, kind: bytes = b"0", link: bytes = b"") -> bytes:
    """Return a ustar header whose size field is `size`, with a right checksum."""
    block = bytearray(512)
    block[0 : len(name)] = name
    block[100:108] = b"0000644\0"
    block[124 : 124 + len(size)] = size
    block[136:148] = b"00000000000\0"
    block[156:157] = kind
    block[157 : 157 + len(link)] = link
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data: bytes) -> bytes:
    """Return `data` with zeros up to a whole block of tar."""
    return data + bytes(-len(data) % 512)
