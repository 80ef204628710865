"""A payload in every place of a model file where one fits."""

from __future__ import annotations

import pathlib
import pickletools
import struct
import zipfile

from building import EVIL, GOOD, MISTAKE, sample, tarred, zipped
from packed import PACKERS

MODELS = pathlib.Path(__file__).resolve().parent.parent / "models"


def torch_members() -> dict[str, bytes]:
    """Return the members of an archive that PyTorch 2.15 wrote."""
    with zipfile.ZipFile(MODELS / "torch/2.15/state.pt") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def legacy_parts() -> list[bytes]:
    """Return the five pickles of a file in PyTorch's older format, and what follows."""
    data = (MODELS / "torch/2.15/state-legacy.pt").read_bytes()
    parts, at = [], 0
    for _ in range(5):
        stop = [at for _, _, at in pickletools.genops(data[at:])][-1]
        parts.append(data[at : at + stop + 1])
        at += stop + 1
    return [*parts, data[at:]]


for member in torch_members():
    sample(f"places/zip/{member}.pt", "denied", "global-denied", member, MISTAKE)(
        lambda member=member: zipped({**torch_members(), member: EVIL})
    )
    # Behind what is there, of a name that no list of pickles has.
    sample(f"places/beside/{member}.pt", "denied", "global-denied", f"{member}.txt", MISTAKE)(
        lambda member=member: zipped({**torch_members(), f"{member}.txt": EVIL})
    )
for number in range(5):
    sample(f"places/legacy/{number}.pt", "denied", "global-denied", "", MISTAKE)(
        lambda number=number: b"".join(
            EVIL if i == number else part for i, part in enumerate(legacy_parts())
        )
    )
    sample(f"places/legacy/before-{number}.pt", "denied", "global-denied", "", MISTAKE)(
        lambda number=number: b"".join(
            EVIL + part if i == number else part for i, part in enumerate(legacy_parts())
        )
    )
sample("places/legacy/behind.pt", "denied", "global-denied", "", MISTAKE)(
    lambda: b"".join(legacy_parts()) + EVIL
)
# The number that begins the file is the result of a call.
sample("places/legacy/magic.pt", "denied", "global-denied", "", MISTAKE)(
    lambda: EVIL[:-1] + b"0" + legacy_parts()[0][2:] + b"".join(legacy_parts()[1:])
)


def wrapper(dtype: bytes, flags: int) -> bytes:
    """Return joblib's stand-in of an array of two items, up to the BUILD that ends it."""
    letter = b"|" if dtype[:1] == b"O" else b"<"
    return (
        b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}("
        b"X\x08\x00\x00\x00subclasscnumpy\nndarray\nX\x05\x00\x00\x00shapeK\x02\x85"
        b"X\x05\x00\x00\x00orderX\x01\x00\x00\x00CX\x05\x00\x00\x00dtypecnumpy\ndtype\nX"
        + struct.pack("<I", len(dtype)) + dtype + b"\x89\x88\x87R(K\x03X\x01\x00\x00\x00" + letter
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK" + bytes([flags])
        + b"tbX\x0a\x00\x00\x00allow_mmap\x88ub"
    )


def npy(descr: str, body: bytes, shape: str = "(2,)") -> bytes:
    """Return an npy file of version 1."""
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    head = head.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode("ascii") + body


AFTER = EVIL[2:]  # as a part of a pickle that has begun
sample("places/joblib/good.joblib", "clean")(lambda: wrapper(b"f8", 0) + bytes(16) + b".")
sample("places/joblib/within.joblib", "denied", "global-denied", "", MISTAKE)(
    lambda: wrapper(b"O8", 63) + EVIL + b"."
)
sample("places/joblib/after-array.joblib", "denied", "global-denied", "", MISTAKE)(
    lambda: wrapper(b"f8", 0) + bytes(16) + b"0" + AFTER
)
sample("places/joblib/behind.joblib", "denied", "global-denied", "", MISTAKE)(
    lambda: wrapper(b"f8", 0) + bytes(16) + b"." + EVIL
)
# The items are a pickle to who does not know joblib.
sample("places/joblib/as-items.joblib", "denied", "global-denied", "", MISTAKE)(
    lambda: wrapper(b"V%d" % 40, 0) + (b"0" + AFTER).ljust(80, b".") + b"."
)
NPY = {
    "object": lambda: npy("|O", EVIL),
    "behind": lambda: npy("<f8", bytes(16)) + EVIL,
    "behind-object": lambda: npy("|O", GOOD) + EVIL,
    "lies": lambda: npy("<f8", EVIL, f"({len(EVIL) // 8},)"),
    "second": lambda: npy("<f8", bytes(16)) + npy("|O", EVIL),
}
for form, made in NPY.items():
    sample(f"places/npy/{form}.npy", "denied", "global-denied", "", MISTAKE)(made)
    sample(f"places/npz/{form}.npz", "denied", "global-denied", "arr_0.npy", MISTAKE)(
        lambda made=made: zipped({"good.npy": npy("<f8", bytes(16)), "arr_0.npy": made()})
    )
# With a broken pickle the header was searched too: "P" in it names something outside, and the
# call behind it made that count.
PYTHON2 = b"\x80\x02ccollections\nOrderedDict\n)RU\x02\xc3\xa9\x86."
sample("places/npy/cut-object.npy", "incomplete", "truncated")(lambda: npy("|O", PYTHON2[:-8]))
sample("places/npy/python2-object.npy", "incomplete", "bad-text")(lambda: npy("|O", PYTHON2))
sample("places/npy/behind-broken.npy", "denied", "global-denied", "", MISTAKE)(
    lambda: npy("|O", PYTHON2) + EVIL
)
for form, pack in {"zip": zipped, "tar": tarred}.items():
    for outer in ("gzip", "bzip2", "xz"):
        wrap = PACKERS[outer]
        path = f"{outer}!model.pt!state/data/0"
        sample(f"places/nested/{form}.{outer}", "denied", "global-denied", path, MISTAKE)(
            lambda pack=pack, wrap=wrap: wrap(
                pack({"model.pt": zipped({**torch_members(), "state/data/0": EVIL})})
            )
        )
sample("places/header-of-2-60.npy", "denied", "array-bad")(
    lambda: npy("<f8", bytes(16), f"({1 << 60},)")
)
sample("places/header-of-2-60.npz", "denied", "array-bad", "a.npy")(
    lambda: zipped({"a.npy": npy("|u1", bytes(16), f"({1 << 60},)")})
)
sample("places/header-of-2-60.joblib", "denied", "array-bad")(
    lambda: wrapper(b"f8", 0).replace(b"K\x02\x85", b"\x8a\x08" + struct.pack("<q", 1 << 60) + b"\x85")
    + bytes(16) + b"."
)
