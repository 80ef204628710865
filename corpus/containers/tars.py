"""Samples of tar archives."""

from __future__ import annotations

import gzip
import lzma
import tarfile

from building import EVIL, GOOD, MISTAKE, padded, sample, tar_block, tarred
from zips import MODEL

for form, name in {
    tarfile.USTAR_FORMAT: "ustar",
    tarfile.GNU_FORMAT: "gnu",
    tarfile.PAX_FORMAT: "pax",
}.items():
    sample(f"tar/{name}.tar", "clean", member="archive/data.pkl")(
        lambda form=form: tarred(MODEL, form)
    )
    if form != tarfile.USTAR_FORMAT:
        sample(f"tar/{name}-long-name.tar", "clean", member="a/" * 80 + "data.pkl")(
            lambda form=form: tarred({"a/" * 80 + "data.pkl": GOOD}, form)
        )
sample("tar/payload.tar", "denied", "global-denied", "archive/data.pkl", MISTAKE)(
    lambda: tarred({**MODEL, "archive/data.pkl": EVIL})
)
sample("tar/payload.tar.gz", "denied", "global-denied", "gzip!archive/data.pkl", MISTAKE)(
    lambda: gzip.compress(tarred({**MODEL, "archive/data.pkl": EVIL}), mtime=0)
)
sample("tar/good.tar.xz", "clean", member="xz!archive/data.pkl")(
    lambda: lzma.compress(tarred(MODEL))
)
sample("tar/duplicate.tar", "denied", "archive-ambiguous/duplicate")(
    lambda: tarred({"a": GOOD})[:1024] + tarred({"a": EVIL})
)
sample("tar/behind-end.tar", "denied", "global-denied", "b.pkl", MISTAKE)(
    lambda: tarred({"a.pkl": GOOD}) + tarred({"b.pkl": EVIL})
)
sample("tar/cut-off.tar", "incomplete", "archive-broken/cut-off")(
    lambda: tarred({"a.pkl": GOOD, "b": bytes(5000)})[:4000]
)
sample("tar/no-end.tar", "clean", member="a.pkl")(lambda: tarred({"a.pkl": GOOD})[:1024])
sample("tar/size-negative.tar", "denied", "archive-ambiguous/header")(
    lambda: tar_block(b"a.pkl", b"\xff" * 12) + padded(EVIL) + bytes(1024)
)
sample("tar/size-spaces.tar", "denied", "archive-ambiguous/header")(
    lambda: tar_block(b"a.pkl", b"0000 0000102") + padded(EVIL) + bytes(1024)
)
sample("tar/size-base256.tar", "clean", member="a.pkl")(
    lambda: tar_block(b"a.pkl", b"\x80" + len(GOOD).to_bytes(11, "big"))
    + padded(GOOD)
    + bytes(1024)
)
sample("tar/link.tar", "denied", "member-name/absolute")(
    lambda: tar_block(b"a.pkl", b"00000000000\0", b"2", b"/etc/passwd") + bytes(1024)
)
sample("tar/name-parent.tar", "denied", "member-name/parent")(
    lambda: tarred({"../a.pkl": GOOD})
)


@sample("tar/pax-size.tar", "denied", "archive-ambiguous/pax")
def pax_size() -> bytes:
    """A reader of pax sees one member, one that ignores it sees another."""
    record = b"12 size=512\n"
    return (
        tar_block(b"pax", b"%011o\0" % len(record), b"x")
        + padded(record)
        + tar_block(b"a", b"%011o\0" % 1024)
        + bytes(512)
        + tar_block(b"b.pkl", b"%011o\0" % len(EVIL))
        + padded(EVIL)
        + bytes(1024)
    )
