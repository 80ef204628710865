"""Which files of a folder of the matrix are samples."""

from __future__ import annotations

import pathlib
import pickletools
import zipfile

NOT_SAMPLES = {".tsv", ".list"}
LEGACY_MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."


def samples(folder: pathlib.Path) -> list[tuple[pathlib.Path, bool]]:
    """Return the files to scan, each with whether it has persistent ids."""
    found = []
    for path in sorted(folder.iterdir()):
        if not path.is_file() or path.suffix in NOT_SAMPLES or path.name.startswith("."):
            continue
        if path.suffix == ".pt":
            found.append((extracted(path), True))
        else:
            found.append((path, False))
    return found


def extracted(path: pathlib.Path) -> pathlib.Path:
    """The pickles of a file of torch.save, without the tensors' data."""
    target = path.parent / "pickles" / (path.name + ".pkl")
    target.parent.mkdir(exist_ok=True)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
            target.write_bytes(archive.read(name))
        return target
    data, end = path.read_bytes(), 0
    for _ in range(5):
        for _, _, position in pickletools.genops(data[end:]):
            length = position + 1
        end += length
    target.write_bytes(data[:end])
    return target
