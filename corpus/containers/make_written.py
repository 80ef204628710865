#!/usr/bin/env python3
"""Makes corpus/containers/written/: archives as the tools of the trade write them.

    corpus/containers/make_written.py [PYTHON...]

Needs zip, 7z, tar, gzip, bzip2, xz, lzma, zstd and lz4; each PYTHON is an
interpreter whose zipfile and tarfile write archives as well. Run by hand: the
results are small and committed, so that the tests need none of the tools.

Every tool writes two files, NAME.good and NAME.payload. In both are two
harmless members; the second has one more that would create an empty file called
picklebox-marker. MANIFEST says what made each, and where its pickles are.
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import tempfile

from samples import EVIL, GOOD, NUMBERS

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE / "written"

# name: (command that packs "$@" into $out, a command that tells its version,
# what stands before a member's name in its path)
ARCHIVERS = {
    "infozip.zip": ("zip -q -X $out.zip $@ && mv $out.zip $out", "zip -v | sed -n 2p", ""),
    "infozip-stored.zip": ("zip -q -0 $out.zip $@ && mv $out.zip $out", "zip -v | sed -n 2p", ""),
    "infozip-piped.zip": ("zip -q - $@ | cat > $out", "zip -v | sed -n 2p", ""),
    "7z-deflate64.zip": ("7z a -tzip -mm=Deflate64 $out $@", "7z | sed -n 2p", ""),
    "7z.zip": ("7z a -tzip $out $@", "7z | sed -n 2p", ""),
    "7z-lzma.zip": ("7z a -tzip -mm=LZMA $out $@", "7z | sed -n 2p", ""),
    **{
        f"7z-{method}.7z": (f"7z a -t7z -m0={method} $out $@", "7z | sed -n 2p", "")
        for method in ("lzma", "lzma2", "ppmd", "bzip2", "deflate", "copy")
    },
    **{
        f"gnutar-{form}.tar": (f"tar --format={form} -cf $out $@", "tar --version | head -1", "")
        for form in ("v7", "oldgnu", "gnu", "ustar", "posix")
    },
    "gnutar.tar.gz": ("tar -czf $out $@", "gzip --version | head -1", "gzip!"),
    "gnutar.tar.bz2": ("tar -cjf $out $@", "bzip2 --version 2>&1 | head -1", "bzip2!"),
    "gnutar.tar.xz": ("tar -cJf $out $@", "xz --version | head -1", "xz!"),
    "gnutar.tar.lzma": ("tar -c $@ | xz --format=lzma > $out", "xz --version | head -1", "lzma!"),
    "gnutar.tar.zst": ("tar --zstd -cf $out $@", "zstd --version", "zstd!"),
    "gnutar.tar.lz4": ("tar -I lz4 -cf $out $@", "lz4 --version", "lz4!"),
    "xz-blocks.tar.xz": ("tar -c $@ | xz -T2 --block-size=4096 > $out", "xz --version | head -1", "xz!"),
    "zstd-long.tar.zst": ("tar -c $@ | zstd -q --ultra -20 --long=27 > $out", "zstd --version", "zstd!"),
    "lz4-linked.tar.lz4": ("tar -c $@ | lz4 -q -9 -BD > $out", "lz4 --version", "lz4!"),
}
# What these write is not read: the member is reported as such. The payload is
# too small for them, and is stored as it is.
UNREAD = {"7z-deflate64.zip"}

PYTHON = """
import sys, tarfile, zipfile
out, names = sys.argv[1], sys.argv[2:]
if out.endswith(".zip"):
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.write(name)
else:
    archive = tarfile.open(out, "w")
    for name in names:
        archive.add(name)
    archive.close()
"""


def main() -> int:
    """Write all files and MANIFEST."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    jobs = dict(ARCHIVERS)
    for python in sys.argv[1:]:
        version = subprocess.run(
            [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for kind in ("zip", "tar"):
            name = f"python{version.replace('.', '')}.{kind}"
            jobs[name] = (f"{python} -c '{PYTHON}' $out $@", f"echo CPython {version}", "")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        inputs = {"data.pkl": GOOD, "numbers": NUMBERS, "weights.bin": EVIL}
        for name, data in inputs.items():
            (pathlib.Path(folder) / name).write_bytes(data)
        for name, (command, version, prefix) in sorted(jobs.items()):
            told = subprocess.run(version, shell=True, check=True, capture_output=True, text=True)
            for which, members in {"good": 2, "payload": 3}.items():
                # The name keeps its ending while the tool may go by it.
                made = pathlib.Path(folder) / name
                made.unlink(missing_ok=True)
                line = command.replace("$out", f"./{name}").replace("$@", " ".join(list(inputs)[:members]))
                subprocess.run(line, shell=True, check=True, cwd=folder, stdout=subprocess.DEVNULL)
                stem, _, ending = name.partition(".")
                file = f"{stem}.{which}.{ending}"
                shutil.copyfile(made, OUT / file)
                verdict = {"good": "clean", "payload": "denied"}[which]
                if name in UNREAD and which == "good":
                    verdict = "incomplete"
                member = prefix + {"good": "data.pkl", "payload": "weights.bin"}[which]
                rows.append("\t".join((file, verdict, member, told.stdout.strip())))
    (OUT / "MANIFEST").write_text("\n".join(["file\tverdict\tmember\tmade by", *sorted(rows), ""]), "ascii")
    print(len(rows), "files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
