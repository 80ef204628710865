"""Samples of models in archives: with code, with side files, in PyTorch's tar form."""

from __future__ import annotations

import pickle
import struct

from building import EVIL, GOOD, MISTAKE, pick, sample, tarred, zipped

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


def tensor_of(cls: str, items: int) -> bytes:
    """Return the opcodes of a tensor over the storage 0, of a class of storages and so many items."""
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n(("
        + b"X\x07\x00\x00\x00storagectorch\n" + cls.encode()
        + b"\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK%ctQ" % items
        + b"K\x00K%c\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR" % items
    )


def state_of(*storages: tuple[str, int]) -> dict[str, bytes]:
    """Return an archive of PyTorch with a list of tensors over one storage of 8 bytes."""
    tensors = b"".join(tensor_of(*storage) for storage in storages)
    return {"m/data.pkl": b"\x80\x02](" + tensors + b"e.", "m/data/0": bytes(8), "m/version": b"3\n"}


sample("torch/one-type.pt", "clean", member="m/data.pkl")(
    lambda: zipped(state_of(("FloatStorage", 2), ("FloatStorage", 2)))
)
sample("torch/two-types.pt", "denied", "storage-bad", "m/data.pkl")(
    lambda: zipped(state_of(("FloatStorage", 2), ("IntStorage", 2)))
)
sample("torch/two-sizes.pt", "denied", "storage-bad", "m/data.pkl")(
    lambda: zipped(state_of(("FloatStorage", 2), ("FloatStorage", 1)))
)


def record_model(second: int) -> bytes:
    """Return a joblib file of two records of 12 bytes: 4 bytes at 0, and 4 at `second`."""
    float32 = (
        b"cnumpy\ndtype\n(X\x02\x00\x00\x00f4\x89\x88tR"
        b"(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    )
    name = b"X\x01\x00\x00\x00%c"
    places = ((ord("a"), 0), (ord("b"), second))
    fields = b"".join(name % letter + b"(" + float32 + b"K%ct" % at for letter, at in places)
    dtype = (
        b"cnumpy\ndtype\n(X\x03\x00\x00\x00V12\x89\x88tR(K\x03X\x01\x00\x00\x00|N"
        + b"(" + name % 97 + name % 98 + b"t}(" + fields + b"uK\x0cK\x01K\x10tb"
    )
    head = (
        b"\x80\x03cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}("
        + b"X\x08\x00\x00\x00subclasscnumpy\nndarray\nX\x05\x00\x00\x00shapeK\x02\x85"
        + b"X\x05\x00\x00\x00orderX\x01\x00\x00\x00CX\x05\x00\x00\x00dtype" + dtype
        + b"X\x0a\x00\x00\x00allow_mmap\x88X\x1b\x00\x00\x00numpy_array_alignment_bytesK\x10ub"
    )
    padding = 16 - (len(head) + 1) % 16
    return head + bytes([padding]) + b"\xff" * padding + bytes(24) + b"."


sample("joblib/fields.joblib", "clean", "")(lambda: record_model(8))
sample("joblib/fields-overlap.joblib", "incomplete", "array-unknown")(lambda: record_model(2))
