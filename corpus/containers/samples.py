"""Archives and compressed files with a known answer.

Each sample is a function that returns bytes; its row says what picklebox has to
make of them. They are built with nothing but the standard library, so that what
is wrong with a hostile one can be read here. Payloads are harmless: they would
create an empty file called picklebox-marker in the current directory.

Usage: samples.py [--small] FOLDER writes them into FOLDER; --small leaves the
bombs out, which take a while to make.
"""

from __future__ import annotations

import bz2
import dataclasses
import gzip
import io
import lzma
import pathlib
import pickle
import pickletools
import struct
import sys
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


# ---------------------------------------------------------------- builders


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


# ---------------------------------------------------------------- benign: zip

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


sample("zip/zip-in-zip.zip", "clean", member="inner.zip!archive/data.pkl")(
    lambda: zipped({"inner.zip": zipped(MODEL)})
)

# ---------------------------------------------------------------- payloads

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

# ---------------------------------------------------------------- archives with code

SCRIPT = {
    "m/data.pkl": b"\x80\x02c__torch__\nNet\n)\x81}(X\x01\x00\x00\x000K\x01ub.",
    "m/constants.pkl": b"\x80\x02).",
    "m/code/__torch__.py": b"class Net(Module):\n  def forward(self):\n    return 1\n",
    "m/version": b"3\n",
}
PACKAGE = {
    "p/.data/extern_modules": b"os\n",
    "p/.data/version": b"6\n",
    "p/net.py": b"import os\n",
    "p/model/model.pkl": GOOD,
}


def script(code: bytes) -> dict[str, bytes]:
    """Return a TorchScript archive in which a method does `code`."""
    body = b"class Net(Module):\n  def forward(self):\n    %s\n" % code
    return {**SCRIPT, "m/code/__torch__.py": body}


sample("code/plain.pt", "incomplete", "torchscript-code")(lambda: zipped(SCRIPT))
for name, code in {
    "save": b'torch.save(1, "picklebox-marker")',
    "spaces": b'torch . \\\n save(1, "picklebox-marker")',
    "ops": b'ops.aten.save(1, "picklebox-marker")',
    "overload": b'x = ops.aten.from_file.out("picklebox-marker")',
    "alias": b't = torch; t.save(1, "picklebox-marker")',
    "alias-ops": b"t = ops.aten",
    "getattr": b'getattr(torch, "sa\\x76e")(1, "picklebox-marker")',
    "network": b"ops.c10d.barrier(g)",
    "memory": b"ops.inductor._reinterpret_tensor(x, [9], [1], 999)",
    "class": b"x : __torch__.torch.classes.c10d.ProcessGroup",
}.items():
    sample(f"code/{name}.pt", "denied", "torchscript-access", "m/code/__torch__.py")(
        lambda code=code: zipped(script(code))
    )
# What stands in a text, or is a name of the model's own, is no operator.
sample("code/own-names.pt", "incomplete", "torchscript-code")(
    lambda: zipped(script(b'self.save(torch_save, "if torch or ops is, say so")'))
)
sample("code/bytecode.pt", "denied", "torchscript-access", "m/bytecode.pkl")(
    lambda: zipped({**SCRIPT, "m/bytecode.pkl": pickle.dumps([("aten::save", "")], 2)})
)
sample("code/constants-payload.pt", "denied", "global-denied", "m/constants.pkl", MISTAKE)(
    lambda: zipped({**SCRIPT, "m/constants.pkl": EVIL})
)
sample("code/debug-payload.pt", "denied", "global-denied", "m/code/__torch__.py.debug_pkl", MISTAKE)(
    lambda: zipped({**SCRIPT, "m/code/__torch__.py.debug_pkl": EVIL})
)
# A file that hides where it comes from is not clean by it.
sample("code/types-alone.pt", "incomplete", "torchscript-code")(
    lambda: zipped({"m/data.pkl": SCRIPT["m/data.pkl"]})
)
sample("code/types-alone.pkl", "incomplete", "torchscript-code")(lambda: SCRIPT["m/data.pkl"])
sample("code/traced-inputs.pt", "incomplete", "torchscript-code")(
    lambda: zipped({"m/traced_inputs.pkl": GOOD})
)
sample("code/package.pt", "denied", "package-code", "p/.data/extern_modules")(
    lambda: zipped(PACKAGE)
)
sample("code/package-payload.pt", "denied", "global-denied", "p/model/model.pkl", MISTAKE)(
    lambda: zipped({**PACKAGE, "p/model/model.pkl": EVIL})
)

# ---------------------------------------------------------------- hostile: zip


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

# ---------------------------------------------------------------- tar

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


# ---------------------------------------------------------------- files beside joblib's


def beside(name: bytes) -> bytes:
    """Return what joblib 0.9 writes of an array that it puts into another file."""
    return (
        b"\x80\x02cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}(X\x08\x00\x00\x00filenameX"
        + struct.pack("<I", len(name)) + name
        + b"X\x08\x00\x00\x00subclasscnumpy\nndarray\nub."
    )


sample("joblib/beside.pkl", "incomplete", "side-file")(lambda: beside(b"m.pkl_01.npy"))
for form, name in {
    "parent": b"..",
    "folder": b"../../x.npy",
    "absolute": b"/etc/x.npy",
    "backslash": b"..\\x.npy",
    "drive": b"c:x.npy",
    "nul": b"x.npy\0.txt",
    "empty": b"",
    "itself": b".",
}.items():
    sample(f"joblib/beside-{form}.pkl", "denied", "array-bad")(lambda name=name: beside(name))
sample("joblib/beside-payload.pkl", "denied", "global-denied", "", MISTAKE)(
    lambda: beside(b"m.npy")[:-1] + b"0" + EVIL[2:]
)
# A wrapper that names no file is not clean by it.
sample("joblib/wrapper-alone.pkl", "incomplete", "side-file")(
    lambda: b"\x80\x03cjoblib.numpy_pickle\nZNDArrayWrapper\n."
)

# ---------------------------------------------------------------- PyTorch's tar form


def torch_tar(
    storages: bytes | None = None,
    tensors: bytes | None = None,
    views: object = (),
    key: str = "7",
    **members: bytes,
) -> bytes:
    """Return a tensor of four floats in the form of PyTorch before 0.1.10."""
    cls = b"ctorch\nFloatStorage\n"
    of_storage = b"\x80\x02(K\x05X\x03\x00\x00\x00cpu" + cls + b"t."
    of_tensor = b"\x80\x02(K\x07K\x05ctorch\nFloatTensor\nt."
    one = pickle.dumps(1, 2)
    body = one + of_storage + struct.pack("<q4f", 4, 1, 2, 3, 4) + pickle.dumps(list(views), 2)
    shape = one + of_tensor + struct.pack("<i4xqqq", 1, 4, 1, 0)
    parts = {
        "sys_info": pickle.dumps({"little_endian": True}, 2),
        "pickle": b"\x80\x02]U" + bytes([len(key)]) + key.encode() + b"Qa.",
        "tensors": pick(tensors, shape),
        "storages": pick(storages, body),
    }
    return tarred({**parts, **members})


sample("torch-tar/good.tar", "clean", member="pickle")(torch_tar)
sample("torch-tar/view.tar", "clean", member="pickle")(
    lambda: torch_tar(views=[(9, 5, 1, 2)], key="9")
)
for place in ("sys_info", "pickle", "tensors", "storages"):
    sample(f"torch-tar/payload-{place}.tar", "denied", "global-denied", place, MISTAKE)(
        lambda place=place: torch_tar(**{place: EVIL})
    )
STORAGES = b"\x80\x02K\x01."
sample("torch-tar/payload-storage.tar", "denied", "global-denied", "storages", MISTAKE)(
    lambda: torch_tar(storages=STORAGES + EVIL)
)
sample("torch-tar/payload-views.tar", "denied", "global-denied", "storages", MISTAKE)(
    lambda: torch_tar(storages=b"\x80\x02K\x00." + EVIL)
)
sample("torch-tar/payload-tensor.tar", "denied", "global-denied", "tensors", MISTAKE)(
    lambda: torch_tar(tensors=STORAGES + EVIL)
)
sample("torch-tar/payload-behind.tar", "denied", "global-denied", "tensors", MISTAKE)(
    lambda: torch_tar(tensors=b"\x80\x02K\x00." + EVIL)
)
sample("torch-tar/view-beyond.tar", "denied", "torch-bad", "storages")(
    lambda: torch_tar(views=[(9, 5, 1, 4)])
)
sample("torch-tar/view-of-none.tar", "denied", "torch-bad", "storages")(
    lambda: torch_tar(views=[(9, 6, 0, 1)])
)
sample("torch-tar/no-storages.tar", "denied", "torch-bad", "storages")(
    lambda: torch_tar(storages=STORAGES)
)
sample("torch-tar/storage-long.tar", "denied", "torch-bad", "storages")(
    lambda: torch_tar(
        storages=STORAGES + b"\x80\x02(K\x05X\x03\x00\x00\x00cpuctorch\nFloatStorage\nt."
        + struct.pack("<q", 1 << 61)
    )
)
sample("torch-tar/tensor-beyond.tar", "denied", "storage-bad", "pickle")(
    lambda: torch_tar(
        tensors=STORAGES + b"\x80\x02(K\x07K\x05ctorch\nFloatTensor\nt."
        + struct.pack("<i4xqqq", 1, 4, 1, 1)
    )
)
sample("torch-tar/rank.tar", "denied", "torch-bad", "tensors")(
    lambda: torch_tar(
        tensors=STORAGES + b"\x80\x02(K\x07K\x05ctorch\nFloatTensor\nt."
        + struct.pack("<i4xqqq", -1, 4, 1, 1)
    )
)
sample("torch-tar/no-key.tar", "denied", "storage-bad", "pickle")(lambda: torch_tar(key="8"))
sample("torch-tar/odd-key.tar", "denied", "persistent-denied", "pickle")(
    lambda: torch_tar(key="0x7")
)
sample("torch-tar/rest.tar", "incomplete", "trailing-data", "tensors")(
    lambda: torch_tar(tensors=b"\x80\x02K\x00.\xff\xff", key="5")
)

# ---------------------------------------------------------------- compressed

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

# ---------------------------------------------------------------- a payload in every place

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

# ---------------------------------------------------------------- several meanings

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


# ---------------------------------------------------------------- bombs

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


def main() -> int:
    """Write all samples."""
    small = "--small" in sys.argv
    folder = pathlib.Path(sys.argv[-1])
    for row in SAMPLES:
        if small and row.name.startswith("bomb/"):
            continue
        path = folder / row.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(row.make())
    print(len(SAMPLES), "samples")
    return 0


if __name__ == "__main__":
    sys.exit(main())
