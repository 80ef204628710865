"""Samples of zip archives, good ones and such as lie."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib

from building import EPOCH, EVIL, GOOD, MISTAKE, NUMBERS, Entry, hand_zip, sample, tarred, zipped

MODEL = {"archive/data.pkl": GOOD, "archive/data/0": NUMBERS, "archive/version": b"3\n"}

sample("zip/stored.zip", "clean", member="archive/data.pkl")(lambda: zipped(MODEL))
sample("zip/deflated.zip", "clean", member="archive/data.pkl")(
    lambda: zipped(MODEL, zipfile.ZIP_DEFLATED)
)
sample("zip/bzip2.zip", "clean", member="archive/data.pkl")(
    lambda: zipped(MODEL, zipfile.ZIP_BZIP2)
)
sample("zip/lzma.zip", "clean", member="archive/data.pkl")(
    lambda: zipped(MODEL, zipfile.ZIP_LZMA)
)
sample("zip/comment.zip", "clean", member="archive/data.pkl")(
    lambda: zipped(MODEL, comment=b"a comment of the archive")
)
sample("zip/no-pickle.zip", "unsupported", "not-pickle")(
    lambda: zipped({"README.txt": b"A readme.\n", "image.png": b"\x89PNG\r\n\x1a\n" + bytes(20)})
)
sample("zip/mojo.zip", "unsupported", "not-pickle")(
    lambda: zipped({"model.ini": b"[info]\nalgo = gbm\n", "trees/t00_000.bin": NUMBERS})
)
sample("zip/keras.zip", "incomplete", "container-unread", "model.weights.h5")(
    lambda: zipped({"config.json": b"{}", "model.weights.h5": b"\x89HDF\r\n\x1a\n" + bytes(90)})
)
sample("zip/empty.zip", "unsupported")(lambda: zipped({}))


@sample("zip/streamed.zip", "clean", member="data.pkl")
def streamed() -> bytes:
    """Written to a pipe: sizes and checksums stand behind the data."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data) -> int:
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("data.pkl", EPOCH), GOOD)
        archive.writestr(zipfile.ZipInfo("data/0", EPOCH), NUMBERS)
    return pipe.data


@sample("zip/zip64.zip", "clean", member="data.pkl")
def zip64() -> bytes:
    """With 64-bit sizes in the member's own header, as large files have it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        with archive.open(zipfile.ZipInfo("data.pkl", EPOCH), "w", force_zip64=True) as member:
            member.write(GOOD)
    return out.getvalue()


def end64(**wrong: int) -> bytes:
    """Return an archive whose end has a 64-bit record; the 32-bit one is `wrong` by so much."""
    whole = zipped(MODEL)
    body, end = whole[:-22], whole[-22:]
    _, _, entries, _, size, offset = struct.unpack("<HHHHLL", end[4:20])
    record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, entries, entries, size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(body), 1)
    entries += wrong.get("entries", 0)
    fields = (0, 0, entries, entries, size + wrong.get("size", 0), offset + wrong.get("offset", 0), 0)
    return body + record + locator + struct.pack("<4sHHHHLLH", b"PK\x05\x06", *fields)


sample("zip/end64.zip", "clean", member="archive/data.pkl")(end64)
for field in ("entries", "size", "offset"):
    sample(f"zip/end64-{field}.zip", "denied", "archive-ambiguous")(
        lambda field=field: end64(**{field: 1})
    )


sample("zip/zip-in-zip.zip", "clean", member="inner.zip!archive/data.pkl")(
    lambda: zipped({"inner.zip": zipped(MODEL)})
)


sample("zip/payload.zip", "denied", "global-denied", "archive/data.pkl", MISTAKE)(
    lambda: zipped({**MODEL, "archive/data.pkl": EVIL})
)
sample("zip/payload-deflated.zip", "denied", "global-denied", "archive/data.pkl", MISTAKE)(
    lambda: zipped({**MODEL, "archive/data.pkl": EVIL}, zipfile.ZIP_DEFLATED)
)
# CVE-2025-1889: the second pickle has a name that scanners pass over.
sample("zip/second-pickle.zip", "denied", "global-denied", "archive/config.p", MISTAKE)(
    lambda: zipped({**MODEL, "archive/config.p": EVIL})
)
sample("zip/pickle-as-storage.zip", "denied", "global-denied", "archive/data/1", MISTAKE)(
    lambda: zipped({**MODEL, "archive/data/1": EVIL + NUMBERS})
)
sample("zip/pickle-behind-none.zip", "denied", "global-denied", "archive/data/1", MISTAKE)(
    lambda: zipped({**MODEL, "archive/data/1": b"N.N." + EVIL + NUMBERS})
)
sample("zip/nested-payload.zip", "denied", "global-denied", "a.zip!b.tar!c.pkl", MISTAKE)(
    lambda: zipped({"a.zip": zipped({"b.tar": tarred({"c.pkl": EVIL})})})
)
sample("zip/gzip-within.zip", "denied", "global-denied", "m.bin!gzip", MISTAKE)(
    lambda: zipped({"m.bin": gzip.compress(EVIL, mtime=0)})
)


def data(name: bytes = b"archive/data.pkl", body: bytes = GOOD, **lies) -> Entry:
    """Return the entry of a harmless pickle, with lies."""
    return Entry(name, body, **lies)


sample("zip/by-hand.zip", "clean", member="archive/data.pkl")(lambda: hand_zip([data()]))
# CVE-2025-1944: zipfile refuses, torch reads.
sample("zip/local-name.zip", "denied", "archive-ambiguous/local-header")(
    lambda: hand_zip([data(local_name=b"archive/dat_.pkl")])
)
sample("zip/local-method.zip", "denied", "archive-ambiguous/local-header")(
    lambda: hand_zip([data(local_method=8)])
)
sample("zip/local-size.zip", "denied", "archive-ambiguous/local-header")(
    lambda: hand_zip([data(local_size=4)])
)
sample("zip/local-crc.zip", "denied", "archive-ambiguous/local-header")(
    lambda: hand_zip([data(local_crc=1)])
)
# CVE-2025-1945: flags that zipfile refuses and torch ignores.
for bit in (0x1, 0x20, 0x40):
    sample(f"zip/flag-{bit:x}.zip", "denied", "archive-ambiguous/flags")(
        lambda bit=bit: hand_zip([data(body=EVIL, flags=bit)])
    )
sample("zip/flag-payload.zip", "denied", "global-denied", "archive/data.pkl", MISTAKE)(
    lambda: hand_zip([data(body=EVIL, flags=1)])
)
# CVE-2025-10156: zipfile refuses, torch loads.
sample("zip/crc.zip", "denied", "archive-ambiguous/crc", "archive/data.pkl")(
    lambda: hand_zip([data(crc=1)])
)
sample("zip/crc-deflated.zip", "denied", "archive-ambiguous/crc", "archive/data.pkl")(
    lambda: hand_zip([data(method=8, crc=1)])
)
sample("zip/crc-payload.zip", "denied", "global-denied", "archive/data.pkl", MISTAKE)(
    lambda: hand_zip([data(body=EVIL, crc=1)])
)
sample("zip/size-short.zip", "denied", "archive-ambiguous/size", "archive/data.pkl")(
    lambda: hand_zip([data(body=GOOD + b"....", method=8, size=len(GOOD))])
)
sample("zip/size-long.zip", "denied", "archive-ambiguous/size", "archive/data.pkl")(
    lambda: hand_zip([data(method=8, size=len(GOOD) + 9)])
)
sample("zip/duplicate.zip", "denied", "archive-ambiguous/duplicate")(
    lambda: hand_zip([data(), data(body=EVIL)])
)
sample("zip/duplicate-payload.zip", "denied", "global-denied", "archive/data.pkl", MISTAKE)(
    lambda: hand_zip([data(), data(body=EVIL)])
)
sample("zip/duplicate-capitals.zip", "denied", "archive-ambiguous/duplicate")(
    lambda: hand_zip([data(), data(b"archive/DATA.pkl")])
)
sample("zip/overlap.zip", "denied", "archive-ambiguous/overlap")(
    lambda: hand_zip([data(), data(b"archive/data.pkl/", at=0)])
)
sample("zip/hidden-member.zip", "denied", "archive-ambiguous/gap")(
    lambda: hand_zip([data(), data(b"hidden.pkl", EVIL, listed=False), data(b"c.pkl")])
)
sample("zip/hidden-first.zip", "denied", "archive-ambiguous/prefix")(
    lambda: hand_zip([data(b"hidden.pkl", EVIL, listed=False), data()])
)
sample("zip/prefix.zip", "denied", "archive-ambiguous/prefix")(lambda: b"MZ-junk" + zipped(MODEL))
sample("zip/suffix.zip", "denied", "archive-ambiguous/suffix")(lambda: zipped(MODEL) + b"junk")
sample("zip/two-ends.zip", "denied", "archive-ambiguous/end-records")(
    lambda: zipped({"a.pkl": GOOD}) + zipped({"a.pkl": EVIL})
)
sample("zip/end-in-comment.zip", "denied", "archive-ambiguous/end-records")(
    lambda: zipped(MODEL, comment=zipped({"x": b""}) + b"...")
)
sample("zip/entry-count.zip", "denied", "archive-ambiguous/entry-count")(
    lambda: hand_zip([data(), data(b"b.pkl", EVIL)], count=1)
)
sample("zip/descriptor.zip", "denied", "archive-ambiguous/descriptor")(
    lambda: hand_zip([data(flags=8, descriptor=struct.pack("<IIII", 0x08074B50, 1, 2, 3))])
)
sample("zip/descriptor-good.zip", "clean", member="archive/data.pkl")(
    lambda: hand_zip(
        [data(flags=8, descriptor=struct.pack("<III", zlib.crc32(GOOD), len(GOOD), len(GOOD)))]
    )
)
for form, name in {
    "parent": b"../../x.pkl",
    "backslash": b"..\\x.pkl",
    "control": b"x.pkl\0.txt",
}.items():
    sample(f"zip/name-{form}.zip", "denied", f"member-name/{form}")(
        lambda name=name: hand_zip([data(name)])
    )
sample("zip/name-absolute.zip", "denied", "member-name/absolute")(
    lambda: hand_zip([data(b"/tmp/x.pkl"), data(b"y.pkl")])
)
# As older releases of pandas wrote it.
sample("zip/name-pandas.zip", "clean", member="/tmp/x.pkl")(
    lambda: hand_zip([data(b"/tmp/x.pkl")])
)
sample("zip/name-pandas-parent.zip", "denied", "member-name/parent")(
    lambda: hand_zip([data(b"/../x.pkl")])
)
sample("zip/name-utf8.zip", "denied", "member-name/utf8")(
    lambda: hand_zip([data(b"x\xff.pkl", flags=0x800)])
)
sample("zip/link.zip", "denied", "member-name/link")(
    lambda: hand_zip([data(b"link", b"/etc/passwd", attributes=0o120777 << 16)])
)
sample("zip/unicode-path.zip", "denied", "archive-ambiguous/local-header")(
    lambda: hand_zip(
        [data(extra=struct.pack("<HHBI", 0x7075, 10, 1, zlib.crc32(b"archive/data.pkl")) + b"x.pkl")]
    )
)
sample("zip/cut-off.zip", "incomplete", "archive-broken/no-directory")(
    lambda: zipped(MODEL, zipfile.ZIP_DEFLATED)[:-60]
)
sample("zip/cut-off-payload.zip", "denied", "global-denied", "a.pkl", MISTAKE)(
    lambda: zipped({"a.pkl": EVIL, "b.pkl": GOOD})[:-40]
)
# One broken member does not hide the next.
sample("zip/broken-member.zip", "denied", "global-denied", "b.pkl", MISTAKE)(
    lambda: hand_zip([Entry(b"a.pkl", b"\xff" * 40, method=0, local_method=8), data(b"b.pkl", EVIL)])
)
sample("zip/unknown-method.zip", "incomplete", "container-unread/zip-method", "archive/data.pkl")(
    lambda: hand_zip([data(method=97)])
)
sample("zip/foreign-code.zip", "incomplete", "container-unread", "lib.so")(
    lambda: zipped({**MODEL, "lib.so": b"\x7fELF\x02\x01\x01" + bytes(80)})
)
