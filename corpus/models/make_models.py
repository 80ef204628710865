"""Files of models with arrays in them, written by joblib, NumPy or PyTorch.

    corpus/models/make_models.py joblib|old-joblib|npy|torch|code|tar FOLDER

runs in an environment that has the library, and writes small files into a new
folder. tests/models/record_arrays.py, in the same environment, then holds what
picklebox says of them against what the library loads.
"""

import io
import pathlib
import pickle
import struct
import sys
import tarfile
import tempfile

import numpy as np


def arrays():
    """Arrays that differ in what a reader has to get right."""
    cube = np.arange(24.0).reshape(2, 3, 4)
    return {
        "float64": np.arange(6.0).reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "strided": cube[:, ::2, ::-1],
        "big-endian": np.arange(5, dtype=">i4"),
        "bool": np.array([True, False, True]),
        "empty": np.zeros((0, 3), dtype="f4"),
        "scalar": np.array(7.5),
        "complex": np.array([1 + 2j, 3 - 4j]),
        "half": np.arange(4, dtype="f2"),
        "text": np.array(["a", "caf\u00e9"]),
        "bytes": np.array([b"raw", b"x"]),
        "dates": np.array(["2020-01-01", "NaT"], dtype="M8[ns]"),
        "days": np.array([1, 2], dtype="m8[25s]"),
    }


def records():
    """Arrays of records."""
    point = np.dtype([("x", "<f8"), ("y", "<f8")])
    nested = np.dtype([("id", "<i4"), ("at", point), ("tag", "S4"), ("m", "<f4", (2, 2))])
    aligned = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    filled = np.zeros(2, dtype="u1").repeat(16).view(aligned)
    one = np.zeros(3, dtype=nested)
    one["id"] = [1, 2, 3]
    one["at"]["y"] = [0.5, 1.5, 2.5]
    return {"nested": one, "aligned": filled}


def objects():
    """Arrays of objects, and records that hold some."""
    table = np.empty((2, 2), dtype=object)
    table[0, 0], table[0, 1], table[1, 0] = [1, 2], "x", {"k": np.arange(3)}
    mixed = np.zeros(2, dtype=[("n", "<i4"), ("o", "O")])
    mixed["o"] = ["one", None]
    return {"plain": np.array(["x", None, 3], dtype=object), "table": table, "mixed": mixed}


def joblib_files(folder):
    """What joblib.dump writes, raw and by each compressor that there is."""
    import joblib

    model = {"name": "ranking", "w": np.arange(12.0).reshape(3, 4), "tail": [1, 2, 3]}
    model["again"] = model["w"]

    def put(name, value, comment, **options):
        joblib.dump(value, str(folder / name), **options)
        return name, comment

    yield put("arrays.joblib", arrays(), "one array of every kind")
    yield put("records.joblib", records(), "arrays of records")
    yield put("objects.joblib", objects(), "arrays of objects: pickles within")
    matrix = np.matrix([[1.0, 2.0], [3.0, 4.0]])
    yield put("matrix.joblib", [matrix, np.arange(2)], "a numpy.matrix")
    yield put("model.joblib", model, "an array between other values, and used twice")
    yield put("protocol2.joblib", model, "the same in protocol 2", protocol=2)
    yield put("single.joblib", np.arange(4, dtype="i2"), "nothing but an array")
    wanted = ["zlib", "gzip", "bz2", "lzma", "xz", "lz4", "zstd"]
    for method in wanted:
        try:
            row = put("model." + method + ".joblib", model, "by " + method, compress=(method, 3))
        except (ValueError, KeyError, TypeError, ImportError):
            continue
        yield row


def old_joblib_files(folder):
    """What joblib 0.8 and 0.9 write: pickles with files beside them, and ZF files."""
    import joblib

    value = {"w": np.arange(12.0).reshape(3, 4), "i": np.arange(3, dtype="i4")}
    value["m"] = np.matrix([[1.0, 2.0]])
    value["name"] = "ranking"

    def put(name, comment, **options):
        joblib.dump(value, str(folder / name), **options)
        return name, comment

    yield put("whole.pkl.z", "a ZF file", compress=3)
    yield put("split.pkl.z", "a ZF file with ZF files beside it", compress=3, cache_size=0)
    value["o"] = np.array(["x", None], dtype=object)
    yield put("side.pkl", "a pickle with npy files beside it")


def npy_files(folder):
    """What numpy.save and numpy.savez write."""

    def save(name, value, version=None):
        with open(folder / name, "wb") as f:
            np.lib.format.write_array(f, value, version=version)

    for name, value in {**arrays(), **records()}.items():
        save(name + ".npy", value)
        yield name + ".npy", "an array: " + name
    save("version2.npy", arrays()["float64"], (2, 0))
    yield "version2.npy", "a header of version 2"
    if hasattr(np.lib.format, "_read_bytes") and np.__version__ >= "1.17":
        wide = np.zeros(2, dtype=[("\u03c0", "<f8")])
        save("version3.npy", wide, (3, 0))
        yield "version3.npy", "a header of version 3, with a name that is not ASCII"
    named = {
        "title": np.zeros(2, dtype=[(("a title", "a"), "<f8"), ("b", "<i4", (2,))]),
        "quotes": np.ones(2, dtype=[("it's", "<f8"), ('say "a"', "<i2"), ("both '\"", "<i4")]),
        "backslash": np.ones(2, dtype=[("a\\b", "<f8")]),
        "latin1": np.ones(2, dtype=[("caf\u00e9", "<f8")]),
    }
    for name, value in named.items():
        save("names-" + name + ".npy", value, (1, 0))
        yield "names-" + name + ".npy", "a record whose fields have names with: " + name
    for name, value in objects().items():
        np.save(folder / ("objects-" + name + ".npy"), value, allow_pickle=True)
        yield "objects-" + name + ".npy", "an array of objects: " + name
    with open(folder / "two.npy", "wb") as f:
        np.save(f, np.arange(3))
        np.save(f, np.arange(4.0))
    yield "two.npy", "two arrays, one behind the other"
    np.savez(folder / "stored.npz", a=np.arange(3), b=np.arange(4.0).reshape(2, 2))
    yield "stored.npz", "two arrays in an archive"
    np.savez_compressed(folder / "deflated.npz", a=np.zeros(500), o=np.array([None, "x"], object))
    yield "deflated.npz", "the same deflated, with an array of objects"


def state(torch):
    """A state as a training script saves it."""
    torch.manual_seed(0)
    layers = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
    return layers.state_dict()


def views(torch, **options):
    """Tensors that share a storage, and tensors of every type."""
    base = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    out = {"base": base, "row": base[1], "columns": base.t(), "part": base[1:, ::2]}
    out["scalar"] = torch.tensor(2.5)
    out["empty"] = torch.zeros(0, 3)
    names = "uint8 int8 int16 int32 int64 float16 float64 bool bfloat16 complex64 uint16 uint32"
    for name in names.split() + ["float8_e4m3fn", "float8_e5m2"]:
        try:
            tensor = torch.zeros(3, dtype=getattr(torch, name))
            file = io.BytesIO()
            torch.save(tensor, file, **options)
            file.seek(0)
            torch.load(file)
        except (AttributeError, RuntimeError, TypeError, KeyError):
            continue  # not in this version
        out[name] = tensor
    return out


def quantised(torch):
    """Quantised tensors of every type that this version has."""
    out = {}
    for name in ("qint8", "quint8", "qint32"):
        out[name] = torch.quantize_per_tensor(torch.arange(6.0).reshape(2, 3), 0.5, 1, getattr(torch, name))
    scales, zeros = torch.tensor([0.5, 1.0]), torch.tensor([0, 1])
    out["channels"] = torch.quantize_per_channel(torch.ones(2, 3), scales, zeros, 0, torch.qint8)
    return out


def packed(torch):
    """Quantised tensors of which a byte holds several items."""
    scales, zeros = torch.tensor([0.5, 1.0, 1.0]), torch.zeros(3)
    return [
        torch.quantize_per_channel(torch.ones(3, 5), scales, zeros, 0, getattr(torch, name))
        for name in ("quint4x2", "quint2x4")
    ]


def torch_files(folder):
    """What torch.save writes, in the format of its version and in the older one."""
    import torch

    def put(name, value, comment, **options):
        torch.save(value, str(folder / name), **options)
        return name, comment

    major, minor = (int(x) for x in torch.__version__.split(".")[:2])
    has_zip = (major, minor) >= (1, 6)
    legacy = {"_use_new_zipfile_serialization": False} if has_zip else {}
    yield put("state-legacy.pt", state(torch), "a state_dict before 1.6", **legacy)
    yield put("views-legacy.pt", views(torch, **legacy), "tensors over one storage", **legacy)
    if has_zip:
        yield put("state.pt", state(torch), "a state_dict in an archive")
        yield put("views.pt", views(torch), "tensors over one storage, and of each type")
        yield put("quantised.pt", quantised(torch), "quantised tensors")
    if hasattr(torch, "quint2x4"):
        yield put("packed.pt", packed(torch), "quantised tensors, several items a byte")


def script_modules(torch):
    """Modules for TorchScript: plain ones, and some whose code reaches out."""

    class Traced(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.lin = torch.nn.Linear(2, 2)
            self.register_buffer("c", torch.ones(2))

        def forward(self, x):
            return self.lin(x) + self.c * torch.tensor([1.0, 2.0])

    class Saves(torch.nn.Module):
        def forward(self, x):
            torch.save(x, "picklebox-marker")
            return x

    class Maps(torch.nn.Module):
        def forward(self, x):
            return torch.from_file("picklebox-marker", False, 4) + x

    class Named(torch.nn.Module):
        def forward(self, x):
            torch.ops.aten.save(x, "picklebox-marker")
            return x

    torch.manual_seed(0)
    plain = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
    yield "script", torch.jit.script(plain)
    yield "trace", torch.jit.trace(Traced().eval(), torch.ones(1, 2))
    for name, module in (("save", Saves), ("from-file", Maps), ("ops", Named)):
        yield name, torch.jit.script(module())


PACKAGED = """
import torch
import os


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.ones(2, 3))

    def forward(self, x):
        return self.w + x
"""


def write_package(path, value, names):
    """One archive of torch.package."""
    from torch.package import PackageExporter

    with PackageExporter(str(path)) as exporter:
        exporter.extern(["torch.**", "os", "sys"])
        for name in names:
            exporter.intern(name)
        exporter.save_pickle("model", "model.pkl", value)


def code_files(folder):
    """What torch.jit.save and torch.package write: archives with code in them."""
    import torch

    for name, module in script_modules(torch):
        torch.jit.save(module, str(folder / (name + ".pt")))
        yield name + ".pt", "TorchScript: " + name
    try:
        import torch.package
    except ImportError:
        return  # before 1.9
    with tempfile.TemporaryDirectory() as sources:
        (pathlib.Path(sources) / "netmod.py").write_text(PACKAGED)
        sys.path.insert(0, sources)
        import netmod

        write_package(folder / "package.pt", netmod.Net(), ["netmod"])
        yield "package.pt", "torch.package: a module of its own and its source"
    torch.package.package_exporter._gate_torchscript_serialization = False
    write_package(folder / "reduced.pt", torch.jit.script(torch.nn.ReLU()), [])
    yield "reduced.pt", "torch.package: TorchScript within, by a call of the importer"


class TarPickler(pickle.Pickler):
    """Pickles an object whose tensors and storages are in other members."""

    def __init__(self, file, torch):
        super().__init__(file, protocol=2)
        self.torch = torch
        self.tensors, self.storages, self.classes = {}, {}, set()

    def persistent_id(self, value):
        """The key of a tensor or storage, which is its address in PyTorch 0.1."""
        if isinstance(value, self.torch.Tensor):
            self.tensors[id(value)] = value
            return str(id(value))
        if self.torch.is_storage(value):
            self.storages[value.data_ptr()] = value
            return str(value.data_ptr())
        is_class = isinstance(value, type) and issubclass(value, self.torch.nn.Module)
        if is_class and value not in self.classes:
            self.classes.add(value)
            return (value, None, None)  # with its source, if that was at hand
        return None


def write_tar(path, value, torch, views=()):
    """A file as PyTorch 0.1.1 to 0.1.9 wrote it, after what torch.load reads.

    `views` are (key, key of the whole, offset, length), as keys of storages.
    """

    def raw(form, *numbers):
        return struct.pack("<" + form, *numbers)

    def dump(value):
        return pickle.dumps(value, 2)

    out = io.BytesIO()
    pickler = TarPickler(out, torch)
    pickler.dump(value)
    storages = dict(pickler.storages)
    for tensor in pickler.tensors.values():
        storages.setdefault(tensor.storage().data_ptr(), tensor.storage())
    for key, *_ in views:
        storages.pop(key, None)
    system = {"protocol_version": 1000, "little_endian": True}
    members = {"sys_info": dump(system), "pickle": out.getvalue()}
    body = dump(len(storages))
    for key, storage in storages.items():
        cls = getattr(torch, type(storage).__name__ if not hasattr(storage, "pickle_storage_type")
                      else storage.pickle_storage_type())
        flat = torch.tensor([], dtype=storage.dtype).set_(storage)
        body += dump((key, "cpu", cls)) + raw("q", len(flat)) + flat.numpy().tobytes()
    members["storages"] = body + dump(list(views))
    body = dump(len(pickler.tensors))
    for key, tensor in pickler.tensors.items():
        where = {start: view for view, start, *_ in views}
        start = tensor.storage().data_ptr()
        # (key, key of the storage, torch.FloatTensor); that class is not pickled any more.
        kind = f"ctorch\n{tensor.type().rpartition('.')[2]}\n".encode()
        body += dump((key, where.get(start, start)))[:-4] + kind + b"\x87."
        rank = tensor.dim()
        body += raw(f"i4x{rank}q{rank}qq", rank, *tensor.size(), *tensor.stride(), tensor.storage_offset())
    members["tensors"] = body
    with tarfile.open(path, "w:", format=tarfile.PAX_FORMAT) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def tar_files(folder):
    """Files in PyTorch's tar form, each loaded by the PyTorch that is here, and compared.

    No release that writes the form can be had any more, all since still read it.
    """
    import torch

    base = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    state = {"base": base, "row": base[1], "columns": base.t(), "half": torch.arange(4).half()}
    state |= {"long": torch.arange(3), "bytes": torch.zeros(5, dtype=torch.uint8), "same": base}
    write_tar(folder / "state.tar.pt", state, torch)
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU())
    weights = {name: value.data for name, value in module.named_parameters()}
    plain = {"weights": weights, "class": torch.nn.Linear}
    write_tar(folder / "module.tar.pt", plain, torch)
    whole = torch.arange(10, dtype=torch.float64)
    views = [(1, whole.storage().data_ptr(), 2, 8)]
    write_tar(folder / "views.tar.pt", {"whole": whole.storage(), "part": whole[:3]}, torch, views)
    for name, value in (("state", state), ("module", plain)):
        loaded = torch.load(folder / f"{name}.tar.pt", weights_only=False)
        assert loaded.keys() == value.keys()
        for key, item in value.items():
            assert not isinstance(item, torch.Tensor) or torch.equal(loaded[key], item), key
        yield f"{name}.tar.pt", f"made by a script, loaded by PyTorch {torch.__version__}"
    loaded = torch.load(folder / "views.tar.pt", weights_only=False)
    assert torch.equal(loaded["part"], whole[2:5]), loaded
    yield "views.tar.pt", f"made by a script, loaded by PyTorch {torch.__version__}: a view of a storage"


def main():
    """Write the files of one library."""
    kind, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True)
    write = {
        "joblib": joblib_files,
        "old-joblib": old_joblib_files,
        "npy": npy_files,
        "torch": torch_files,
        "code": code_files,
        "tar": tar_files,
    }[kind]
    for name, comment in write(folder):
        print(f"{name}\t{comment}")


if __name__ == "__main__":
    main()
