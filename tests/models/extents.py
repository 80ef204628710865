"""Reads the arrays of a file by the places that `picklebox inspect` tells."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
import pathlib
import subprocess
import zipfile
import zlib
from typing import NamedTuple


class Array(NamedTuple):
    """One array: `dtype` as the graph spells it, `shape` as "3,2"."""

    dtype: str
    shape: str
    order: str
    digest: str


def unpacked(data: bytes) -> bytes:
    """What a compressed file holds; any other as it is."""
    for magic, unpack in [
        (b"\x1f\x8b", gzip.decompress),
        (b"BZh", bz2.decompress),
        (b"\xfd7zXZ", lzma.decompress),
        (b"\x5d\x00\x00", lzma.decompress),
        (b"x", zlib.decompress),
    ]:
        if data.startswith(magic):
            return unpack(data)
    return data


def nodes_of(picklebox: str, path: pathlib.Path) -> list[dict]:
    """The array nodes of a file, each with the path of the member it was named in."""
    done = subprocess.run(
        [picklebox, "inspect", "--format", "json", str(path)],
        check=True,
        capture_output=True,
    )
    (file,) = json.loads(done.stdout)["files"]
    if file["verdict"] != "clean":
        raise AssertionError(f"{path}: {file['verdict']}: {file['findings']}")
    return [
        {**node, "member": stream.get("member", "")}
        for stream in file["streams"]
        for node in stream["nodes"]
        if node["op"] == "array"
    ]


def members_of(picklebox: str, path: pathlib.Path) -> list[str]:
    """The paths of the members of a file, as reports number them."""
    done = subprocess.run(
        [picklebox, "scan", "--format", "json", str(path)],
        check=False,
        capture_output=True,
    )
    (file,) = json.loads(done.stdout)["files"]
    return [member["path"] for member in file.get("members", [])]


def array_bytes(picklebox: str, path: pathlib.Path) -> list[tuple[dict, bytes, Array]]:
    """Every array of a file once: its node, its bytes, and both in short."""
    nodes = nodes_of(picklebox, path)
    members = members_of(picklebox, path)
    archive = zipfile.ZipFile(path) if zipfile.is_zipfile(path) else None
    whole = unpacked(path.read_bytes())
    arrays = {}
    for node in nodes:
        name = members[node["stream"] - 1] if node["stream"] else node["member"]
        data = archive.read(name) if archive is not None and name else whole
        offset, length = node["extent"]
        part = data[offset : offset + length]
        if len(part) != length:
            raise AssertionError(f"{path}: an extent of {length} bytes at {offset} of {len(data)}")
        shape = ",".join(str(dim) for dim in node["shape"])
        digest = hashlib.sha256(part).hexdigest()
        row = Array(node["dtype"], shape, node["order"], digest)
        arrays[name, node["stream"], offset, shape] = (node, part, row)
    return [arrays[key] for key in sorted(arrays)]


def arrays_of(picklebox: str, path: pathlib.Path) -> list[Array]:
    """Every array of a file, in short."""
    return [row for *_, row in array_bytes(picklebox, path)]
