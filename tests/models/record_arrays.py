"""Holds the arrays that picklebox tells of against those that the library loads.

    record_arrays.py --picklebox PROGRAM FILE... [--write]

Run in an environment with the library that wrote the files (joblib, NumPy or
PyTorch). Each file is loaded with it; each array of numbers, text or records
that comes out must be one of those whose bytes stand at the extents, with the
same dtype, shape and content, and the other way round. With --write, expected.tsv
gets the rows of these files.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import pathlib
import sys

import numpy as np
from extents import Tensor, array_bytes, tensors_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXPECTED = pathlib.Path(__file__).with_name("expected.tsv")
TENSORS = pathlib.Path(__file__).with_name("tensors.tsv")
TENSORS_HEAD = "path\tdtype\tshape\tstride\toffset\tsha256"
HEAD = "path\tdtype\tshape\torder\tsha256"
#: Types of PyTorch that NumPy has not: as integers of their size.
STAND_INS = {"bfloat16": "u2", "float8_e4m3fn": "u1", "float8_e5m2": "u1"}


def load(path):
    """What the library makes of a file."""
    if path.suffix == ".npy":
        values = []
        with open(path, "rb") as file:
            while file.read(1):
                file.seek(-1, 1)
                values.append(np.load(file, allow_pickle=True))
        return values
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=True) as archive:
            return [archive[name] for name in archive.files]
    if path.suffix == ".joblib":
        import joblib

        return joblib.load(path)
    import torch

    if path.parent.parent.name == "code":
        module = torch.jit.load(str(path))
        constants = [node.t("value") for node in module.graph.findAllNodes("prim::Constant")
                     if "value" in node.attributeNames() and node.kindOf("value") == "t"]
        return [*module.state_dict().values(), *constants]
    try:
        return torch.load(str(path), weights_only=False)
    except TypeError:
        return torch.load(str(path))


def within(value):
    """Every object in nested dicts, lists and tuples, once each."""
    seen, queue = set(), [value]
    while queue:
        item = queue.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, dict):
            queue += item.values()
        elif isinstance(item, (list, tuple)):
            queue += item
        else:
            yield item


def collect(value):
    """Every array and storage within."""
    found = []
    for item in within(value):
        if isinstance(item, np.ndarray):
            if not item.dtype.hasobject:  # those are pickles, and what is in them is told of as well
                found.append(item)
        elif type(item).__module__.startswith("torch"):
            found.append(storage_of(item))
            if getattr(item, "is_quantized", False) and "channel" in str(item.qscheme()):
                found += [storage_of(item.q_per_channel_scales()),
                          storage_of(item.q_per_channel_zero_points())]
    return found


def storage_of(tensor):
    """The storage of a tensor, as an array of bytes, and where it is in memory."""
    import torch

    if isinstance(tensor, torch.Tensor) and tensor.is_quantized:
        tensor = tensor.int_repr()
    if hasattr(tensor, "untyped_storage") or hasattr(tensor, "_untyped_storage"):
        is_tensor = isinstance(tensor, torch.Tensor)
        storage = tensor.untyped_storage() if is_tensor else tensor._untyped_storage
        raw = torch.tensor([], dtype=torch.uint8).set_(storage).numpy()
    else:
        storage = tensor.storage()
        flat = torch.tensor([], dtype=tensor.dtype).set_(storage)
        raw = flat.numpy() if tensor.dtype != torch.bfloat16 else flat.view(torch.int16).numpy()
    return (storage.data_ptr(), raw.tobytes())


def collect_tensors(value):
    """Every tensor within, as rows."""
    import torch

    return sorted({row_of_tensor(item) for item in within(value) if isinstance(item, torch.Tensor)})


def row_of_tensor(tensor):
    """A tensor as extents.py tells of it."""
    import torch

    def text(numbers):
        numbers = list(numbers)
        return ",".join(map(str, numbers)) + ("," if len(numbers) == 1 else "")

    plain = tensor.int_repr() if tensor.is_quantized else tensor.detach()
    if plain.numel() == 0:
        data = b""
    elif hasattr(plain, "untyped_storage"):
        storage = plain.contiguous().clone().untyped_storage()
        data = torch.tensor([], dtype=torch.uint8).set_(storage).numpy().tobytes()
    else:
        plain = plain.contiguous()
        data = (plain.view(torch.int16) if plain.dtype == torch.bfloat16 else plain).numpy().tobytes()
    return Tensor(
        str(tensor.dtype).split(".")[1],
        text(tensor.size()),
        text(tensor.stride()),
        str(tensor.storage_offset()),
        hashlib.sha256(data).hexdigest(),
    )


def key_of_loaded(item):
    """What makes two arrays the same: shape and numbers, whatever the byte order."""
    if isinstance(item, tuple):
        return item[1]
    if item.dtype.names:
        return (item.shape, item.tobytes())
    native = np.ascontiguousarray(item).astype(item.dtype.newbyteorder("="))
    return (item.shape, native.tobytes())


def key_of_extent(node, data, torch_file):
    """The same for the bytes of an array node."""
    if torch_file:
        return data
    text = node["dtype"]
    dtype = np.dtype(ast.literal_eval(text) if text[0] == "[" else text)
    array = np.ndarray(node["shape"], dtype, data, order=node["order"])
    if dtype.names:
        return (array.shape, array.tobytes())
    native = np.ascontiguousarray(array).astype(dtype.newbyteorder("="))
    return (array.shape, native.tobytes())


def compare(picklebox, path):
    """What differs for one file, and the rows for expected.tsv."""
    torch_file = path.suffix == ".pt"
    told = list(array_bytes(picklebox, path))
    extents = sorted((key_of_extent(node, data, torch_file) for node, data, _ in told), key=repr)
    value = load(path)
    loaded = collect(value)
    if torch_file:  # a storage once, and empty ones not at all
        loaded = list({(item[0] or index): item for index, item in enumerate(loaded)}.values())
        loaded = [item for item in loaded if item[1]]
        extents = [data for data in extents if data]
    wanted = sorted((key_of_loaded(item) for item in loaded), key=repr)
    fault = None if extents == wanted else f"{len(extents)} arrays, loaded are {len(wanted)}"
    tensors = tensors_of(picklebox, path) if torch_file else []
    if torch_file and tensors != collect_tensors(value):
        fault = f"{tensors}, loaded are {collect_tensors(value)}"
    return fault, [row for *_, row in told], tensors


def write_rows(path, head, rows):
    """Put the rows of some files, by name, into a table."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:] if path.exists() else []
    lines = [line for line in lines if line.split("\t")[0] not in rows]
    lines += ["\t".join((name, *row)) for name, of_file in rows.items() for row in of_file]
    path.write_text("\n".join([head, *sorted(lines)]) + "\n", encoding="utf-8")


def main():
    """Compare, and perhaps write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--picklebox", required=True)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    rows, tensor_rows, wrong = {}, {}, 0
    for path in options.files:
        fault, told, tensors = compare(options.picklebox, path.resolve())
        name = path.resolve().relative_to(ROOT / "corpus").as_posix()
        wrong += fault is not None
        if fault:
            print(f"{name}: {fault}")
        rows[name] = told or [("-",) * 4]
        if path.suffix == ".pt":
            tensor_rows[name] = tensors or [("-",) * 5]
    arrays, all_tensors = (sum(map(len, table.values())) for table in (rows, tensor_rows))
    print(f"{len(options.files)} files, {arrays} arrays, {all_tensors} tensors, {wrong} differ")
    if options.write and not wrong:
        write_rows(EXPECTED, HEAD, rows)
        write_rows(TENSORS, TENSORS_HEAD, tensor_rows)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
