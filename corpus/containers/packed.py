"""Samples of compressed data, of files that are two things at once, and bombs."""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable

from building import EVIL, GOOD, MISTAKE, hand_zip, padded, sample, tar_block, tarred, zipped
from zips import MODEL, data

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda raw: gzip.compress(raw, mtime=0),
    "zlib": zlib.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda raw: lzma.compress(raw, lzma.FORMAT_ALONE),
}
for codec, pack in PACKERS.items():
    sample(f"compressed/good.{codec}", "clean", member=codec)(lambda pack=pack: pack(GOOD))
    sample(f"compressed/large.{codec}", "clean", member=codec)(
        lambda pack=pack: pack(pickle.dumps(list(range(200_000)), 4))
    )
    sample(f"compressed/payload.{codec}", "denied", "global-denied", codec, MISTAKE)(
        lambda pack=pack: pack(EVIL)
    )
    sample(f"compressed/cut-off.{codec}", "incomplete", "archive-broken")(
        lambda pack=pack: pack(pickle.dumps([str(i) for i in range(9000)], 2))[:-40]
    )
    sample(f"compressed/trailing.{codec}", "incomplete", "trailing-data/behind-compressed")(
        lambda pack=pack: pack(GOOD) + b"\xffjunk"
    )
sample("compressed/members.gzip", "denied", "global-denied", "gzip", MISTAKE)(
    lambda: gzip.compress(GOOD, mtime=0) + gzip.compress(EVIL, mtime=0)
)
sample("compressed/padded.gzip", "clean", member="gzip")(
    lambda: gzip.compress(GOOD, mtime=0) + bytes(100)
)
sample("compressed/crc.gzip", "incomplete", "archive-broken/compressed-data")(
    lambda: gzip.compress(GOOD, mtime=0)[:-8] + bytes(4) + struct.pack("<I", len(GOOD))
)
sample("compressed/twice", "denied", "global-denied", "gzip!bzip2!xz", MISTAKE)(
    lambda: gzip.compress(bz2.compress(lzma.compress(EVIL)), mtime=0)
)
sample("compressed/zfile", "clean", member="zfile")(
    lambda: b"ZF" + hex(len(GOOD)).encode().ljust(19) + zlib.compress(GOOD)
)
sample("compressed/zfile-length", "denied", "archive-ambiguous/length")(
    lambda: b"ZF" + hex(len(GOOD) + 1).encode().ljust(19) + zlib.compress(GOOD)
)


sample("polyglot/pickle-zip", "denied", "polyglot")(lambda: GOOD + zipped(MODEL))
sample("polyglot/pickle-zip-payload", "denied", "global-denied", "archive/data.pkl", MISTAKE)(
    lambda: GOOD + zipped({**MODEL, "archive/data.pkl": EVIL})
)
sample("polyglot/payload-zip", "denied", "global-denied", "", MISTAKE)(
    lambda: EVIL + zipped(MODEL)
)
sample("polyglot/gzip-zip", "denied", "polyglot")(
    lambda: gzip.compress(GOOD, mtime=0) + zipped(MODEL)
)
sample("polyglot/tar-zip", "denied", "polyglot")(
    lambda: tarred({"a.pkl": GOOD}) + zipped(MODEL)
)


@sample("polyglot/tar-pickle", "denied", "polyglot")
def tar_pickle() -> bytes:
    """The name of the first member begins as a pickle that jumps over the rest."""
    body = b"c__builtin__\nopen\n(X\x10\x00\x00\x00picklebox-markertR."
    name = b"\x80\x02B" + struct.pack("<I", 512 - 7 - 0)
    return tar_block(name, b"%011o\0" % len(body)) + padded(body) + bytes(1024)


sample("bomb/gzip", "incomplete", "limit-ratio")(
    # Not a bomb yet by its ratio of 1,000; in itself once more it is.
    lambda: gzip.compress(gzip.compress(bytes(400_000_000), 9, mtime=0), 9, mtime=0)
)
sample("bomb/xz", "incomplete", "limit-ratio")(lambda: lzma.compress(bytes(200_000_000), preset=0))
sample("bomb/bzip2", "incomplete", "limit-ratio")(lambda: bz2.compress(bytes(200_000_000)))
sample("bomb/claims.zip", "denied", "archive-ambiguous/size", "archive/data.pkl")(
    lambda: hand_zip([data(method=8, size=0xFFFFFFFE)])
)


@sample("bomb/zstd", "incomplete", "limit-ratio")
def zstd_bomb() -> bytes:
    """A frame of 3,200 blocks, each one byte that stands for 128 KiB."""
    block = (1 << 1 | (128 << 10) << 3).to_bytes(3, "little") + b"\0"
    last = (1 | 1 << 1 | (128 << 10) << 3).to_bytes(3, "little") + b"\0"
    return b"\x28\xb5\x2f\xfd\x00\x38" + block * 3199 + last


sample("bomb/nested.zip", "incomplete", "limit-ratio")(
    lambda: zipped(
        {"a.zip": zipped({"b.pkl": bytes(400_000_000)}, zipfile.ZIP_DEFLATED)}, zipfile.ZIP_DEFLATED
    )
)


@sample("bomb/many-members.zip", "incomplete", "limit-members")
def many_members() -> bytes:
    """More members than the limit, all of them empty."""
    return zipped({f"{i}": b"" for i in range(100_001)})


@sample("bomb/deep", "incomplete", "limit-depth")
def deep() -> bytes:
    """Compressed ten times."""
    raw = GOOD
    for _ in range(10):
        raw = zlib.compress(raw)
    return raw
