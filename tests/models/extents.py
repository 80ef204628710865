"""Reads the arrays of a file by the places that `picklebox inspect` tells."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import itertools
import json
import lzma
import pathlib
import re
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import NamedTuple


class Array(NamedTuple):
    """One array: `dtype` as the graph spells it, `shape` as "3,2"."""

    dtype: str
    shape: str
    order: str
    digest: str


class Tensor(NamedTuple):
    """One tensor of PyTorch: sizes, strides and offset count items."""

    dtype: str
    shape: str
    stride: str
    offset: str
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
    # Of a model in TorchScript all but the code is vetted.
    others = [f for f in file["findings"] if f["code"] != "torchscript-code"]
    if file["verdict"] not in ("clean", "incomplete") or others:
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


def reader_of(path: pathlib.Path) -> Callable[[str], bytes]:
    """A function that gives the bytes of a member; of "" the file, unpacked."""
    whole = unpacked(path.read_bytes())
    if zipfile.is_zipfile(path):
        members = zipfile.ZipFile(path)
        return lambda name: members.read(name) if name else whole
    if tarfile.is_tarfile(path):
        archive = tarfile.open(path)
        return lambda name: archive.extractfile(name).read() if name else whole
    return lambda name: whole


TENSOR = re.compile(
    r"tensor (\w+) \(([\d, ]*)\) stride \(([\d, ]*)\) offset (\d+) of (.*?)"
    r"(?:, requires grad)?(?: &\d+)?$",
    re.MULTILINE,
)


def items_of(data: bytes, itemsize: int, tensor: Tensor, start: int) -> bytes:
    """The items of a tensor, in the order of its indices."""
    shape = [int(n) for n in tensor.shape.split(",") if n]
    stride = [int(n) for n in tensor.stride.split(",") if n]
    found = []
    for index in itertools.product(*map(range, shape)):
        item = int(tensor.offset) + sum(i * step for i, step in zip(index, stride))
        found.append(data[start + item * itemsize :][:itemsize])
    return b"".join(found)


def tensors_of(picklebox: str, path: pathlib.Path) -> list[Tensor]:
    """Every tensor of a file of PyTorch, as `picklebox inspect` shows it."""
    command = [picklebox, "inspect", "--all", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    read = reader_of(path)
    found = set()
    for dtype, shape, stride, offset, where in TENSOR.findall(done.stdout):
        name, _, start = where.partition(" + ")
        if name.startswith("0x"):
            name, start = "", name
        tensor = Tensor(dtype, shape.replace(" ", ""), stride.replace(" ", ""), offset, "")
        digits = re.sub(r"_.*|[a-z]+", " ", dtype).split()
        itemsize = {"bool": 1}.get(dtype) or int(digits[0]) // 8
        items = items_of(read(name), itemsize, tensor, int(start or "0", 16))
        found.add(tensor._replace(digest=hashlib.sha256(items).hexdigest()))
    return sorted(found)


def array_bytes(picklebox: str, path: pathlib.Path) -> list[tuple[dict, bytes, Array]]:
    """Every array of a file once: its node, its bytes, and both in short."""
    nodes = nodes_of(picklebox, path)
    members = members_of(picklebox, path)
    read = reader_of(path)
    arrays = {}
    for node in nodes:
        name = members[node["stream"] - 1] if node["stream"] else node["member"]
        data = read(name)
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
