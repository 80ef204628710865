"""picklebox.numpy, .joblib and .torch, on files that those libraries wrote.

What they load is the same as what the library loads: types, bits, orders, and what is
shared within. Tests of a library that is not installed are left out, and say so.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import functools
import importlib.util
import io
import os
import pathlib
import pickle
import tempfile
import unittest
import warnings
import zipfile
import zlib
from typing import Any

import picklebox
from compare_loads import compare, torch_load
from picklebox import _core, _input
from sameness import Difference, require_same

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "corpus"


def needs(library: str) -> Any:
    """Leave a test out, loudly, without a library."""
    if importlib.util.find_spec(library) is not None:
        return lambda test: test
    print(f"LEFT OUT: what needs {library}, which is not installed")
    return unittest.skip(f"no {library}")


class InFolder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def check_corpus(self, *folders: str, at_least: int) -> None:
        """The files of these folders load as their library loads them."""
        same = 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for folder in folders:
                for path in sorted((CORPUS / folder).rglob("*")):
                    if not path.is_file() or path.suffix in (".tsv", ".py"):
                        continue
                    what, why = compare(path)
                    self.assertNotIn(what, ("different", "failed"), f"{path}: {why}")
                    same += what == "same"
        self.assertGreaterEqual(same, at_least)


class Sameness(unittest.TestCase):
    """What holds objects against each other notices what is to be noticed."""

    def test_differences(self) -> None:
        shared: list[int] = []
        pairs = [
            (1, 1.0),
            (1.0, 1.5),
            ([1], [1, 2]),
            ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
            ([shared, shared], [[], []]),
            ([[], []], [shared, shared]),
            (argparse.Namespace(a=1), argparse.Namespace(a=2)),
            (0.0, -0.0),
        ]
        for a, b in pairs:
            with self.subTest(a), self.assertRaises(Difference):
                require_same(a, b)
        require_same([shared, shared, float("nan")], [shared, shared, float("nan")])

    @needs("numpy")
    def test_arrays(self) -> None:
        import numpy as np

        a = np.arange(6.0).reshape(2, 3)
        for b in (a.astype("f4"), a.T, a + 1, np.asfortranarray(a), a.astype(">f8")):
            with self.subTest(b.dtype), self.assertRaises(Difference):
                require_same(a, b)
        require_same(a, a.copy())


class Members(InFolder):
    """Bytes of members, by way of a worker."""

    def setUp(self) -> None:
        super().setUp()
        self.path = self.folder / "a.zip"
        self.content = bytes(range(256)) * 1000
        with zipfile.ZipFile(self.path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("big", self.content)
            archive.writestr("p.pkl", pickle.dumps([1, 2]))
        worker = pathlib.Path(picklebox.__file__).parent / "bin" / "picklebox-worker"
        self.scanner = _core.Scanner(_core.Policy("default"), {"worker": str(worker)}, {})

    def test_bytes_and_descriptors(self) -> None:
        with self.path.open("rb") as file:
            for source in (file.fileno(), self.path.read_bytes()):
                content = memoryview(self.scanner.read_member(source, "big", 100, 5000))
                self.assertEqual(bytes(content), self.content[100:5100])
                self.assertTrue(content.readonly)
                self.assertEqual(len(memoryview(self.scanner.read_member(source, "big", 0, 0))), 0)
                self.assertEqual(
                    bytes(memoryview(self.scanner.read_member(source, "", 0, 4))),
                    self.path.read_bytes()[:4],
                )

    def test_a_buffer_outlives_its_content(self) -> None:
        view = memoryview(self.scanner.read_member(self.path.read_bytes(), "big", 0, 256))
        self.assertEqual(bytes(view), self.content[:256])

    def test_what_is_not_there(self) -> None:
        data = self.path.read_bytes()
        for member, offset, length in (
            ("none", 0, 1),
            ("big", len(self.content), 1),
            ("big", 2**63, 2**63),
        ):
            with self.subTest(member), self.assertRaises((FileNotFoundError, RuntimeError, OSError)):
                self.scanner.read_member(data, member, offset, length)

    def test_bad_sources(self) -> None:
        with self.assertRaises(TypeError):
            self.scanner.read_member("text", "big", 0, 1)
        for fd in (-1, -7, 10**6):
            with self.subTest(fd), self.assertRaises((OSError, RuntimeError)):
                self.scanner.read_member(fd, "big", 0, 1)

    def test_scan_of_a_descriptor(self) -> None:
        with self.path.open("rb") as file:
            file.seek(10)
            self.assertEqual(self.scanner.scan_descriptor(file.fileno(), "name").path, "name")
            self.assertEqual(file.tell(), 10)


class OtherLoaders(InFolder):
    """A file for another loader is an error that says which."""

    def say(self, load: Any, path: pathlib.Path) -> str:
        with self.assertRaises(picklebox.MalformedError) as caught:
            load(path)
        return str(caught.exception)

    def test_load(self) -> None:
        models = CORPUS / "models"
        for name, loader in (
            ("npy/2.5/float64.npy", "numpy"),
            ("npy/2.5/stored.npz", "numpy"),
            ("joblib/1.6/model.gzip.joblib", "joblib"),
            ("torch/1.7/state.pt", "torch"),
            ("torch/1.7/state-legacy.pt", "torch"),
        ):
            with self.subTest(name):
                self.assertIn(f"picklebox.{loader}.load()", self.say(picklebox.load, models / name))

    @needs("numpy")
    def test_numpy(self) -> None:
        import picklebox.numpy

        path = CORPUS / "models/torch/1.7/state.pt"
        self.assertIn("picklebox.torch.load()", self.say(picklebox.numpy.load, path))


@needs("numpy")
class Numpy(InFolder):
    def setUp(self) -> None:
        import numpy as np
        import picklebox.numpy

        super().setUp()
        self.np, self.load = np, picklebox.numpy.load
        self.path = self.folder / "a.npy"

    def test_corpus(self) -> None:
        self.check_corpus("models/npy", "benign/numpy", at_least=60)

    def test_map_modes(self) -> None:
        array = self.np.arange(12.0).reshape(3, 4)
        self.np.save(self.path, array)
        for mode in ("r", "r+", "c"):
            ours, theirs = self.load(self.path, mode), self.np.load(self.path, mode)
            self.assertIs(type(ours), self.np.memmap)
            self.assertTrue((ours == array).all())
            for name in ("mode", "offset", "filename"):
                self.assertEqual(str(getattr(ours, name)), str(getattr(theirs, name)))
            self.assertEqual(ours.flags.writeable, theirs.flags.writeable)
        writable = self.load(self.path, "r+")
        writable[0, 0] = 7
        writable.flush()
        self.assertEqual(self.np.load(self.path)[0, 0], 7)
        with self.assertRaises(ValueError):
            self.load(self.path, "x")

    def test_file_objects(self) -> None:
        with self.path.open("wb") as out:
            for i in range(3):
                self.np.save(out, self.np.arange(i + 1))
        for file in (self.path.open("rb"), io.BytesIO(self.path.read_bytes())):
            with file:
                got = [self.load(file).tolist() for _ in range(3)]
                self.assertEqual(got, [[0], [0, 1], [0, 1, 2]])

    def test_objects(self) -> None:
        self.np.save(self.path, self.np.array([1, "a", None], dtype=object), allow_pickle=True)
        self.assertEqual(self.load(self.path).tolist(), [1, "a", None])
        with self.assertRaises(ValueError):
            self.load(self.path, allow_pickle=False)
        self.np.save(self.path, self.np.arange(3))
        self.assertEqual(self.load(self.path, allow_pickle=False).tolist(), [0, 1, 2])

    def test_npz(self) -> None:
        path = self.folder / "a.npz"
        for save in (self.np.savez, self.np.savez_compressed):
            save(path, a=self.np.arange(1000), b=self.np.array([None, "x"], dtype=object))
            with self.load(path) as archive:
                self.assertEqual(archive.files, ["a", "b"])
                self.assertIn("a", archive)
                self.assertEqual(archive["a"].sum(), archive.f.a.sum(), 499500)
                self.assertEqual(archive["b"].tolist(), [None, "x"])
                with self.assertRaises(KeyError):
                    archive["c"]
            with self.load(path, allow_pickle=False) as archive:
                self.assertEqual(archive["a"][1], 1)
                with self.assertRaises(ValueError):
                    archive["b"]

    def test_npz_by_threads(self) -> None:
        path = self.folder / "a.npz"
        self.np.savez(path, **{str(i): self.np.full(20_000, i) for i in range(8)})
        with self.load(path) as archive, concurrent.futures.ThreadPoolExecutor(8) as pool:
            for i, array in enumerate(pool.map(archive.__getitem__, map(str, [*range(8)] * 20))):
                self.assertTrue((array == i % 8).all())

    def test_pickles(self) -> None:
        self.path.write_bytes(pickle.dumps({"a": 1}))
        self.assertEqual(self.load(self.path), {"a": 1})

    def test_a_file_that_changes(self) -> None:
        self.np.save(self.path, self.np.arange(100))
        found = _input.Input(str(self.path), picklebox.Policy(), {"encoding": "ASCII", "errors": "strict"})
        with found:
            found.require_unchanged()
            os.truncate(self.path, 200)
            place = _input.Place(found.report.streams[0], 0, 128, 800)
            with self.assertRaisesRegex(picklebox.MalformedError, "was changed"):
                found.read_into(place, memoryview(bytearray(place.length)))
            with self.assertRaisesRegex(picklebox.MalformedError, "was changed"):
                found.require_unchanged()

    def test_a_file_that_is_replaced(self) -> None:
        self.np.save(self.path, self.np.arange(3))
        found = _input.Input(str(self.path), picklebox.Policy(), {"encoding": "ASCII", "errors": "strict"})
        with found:
            other = self.folder / "b.npy"
            self.np.save(other, self.np.arange(5, 8))
            os.replace(other, self.path)
            data = bytearray(24)
            found.read_into(_input.Place(found.report.streams[0], 0, 128, len(data)), memoryview(data))
            self.assertEqual(self.np.frombuffer(data, "<i8").tolist(), [0, 1, 2])


@needs("joblib")
class Joblib(InFolder):
    def setUp(self) -> None:
        import joblib
        import numpy as np
        import picklebox.joblib

        super().setUp()
        self.np, self.joblib, self.load = np, joblib, picklebox.joblib.load
        self.path = self.folder / "a.joblib"
        self.value = {
            "a": np.arange(1000.0),
            "b": [np.asfortranarray(np.ones((3, 4))), "x"],
            "c": np.float32(1),
        }

    def test_corpus(self) -> None:
        self.check_corpus("models/joblib", at_least=10)

    def test_subclasses(self) -> None:
        # joblib itself makes a plain array of it, with NumPy 2.
        matrix = self.load(CORPUS / "models/joblib/1.6/matrix.joblib")[0]
        self.assertIs(type(matrix), self.np.matrix)
        self.assertEqual(matrix.shape, (2, 2))

    def test_compressed(self) -> None:
        for kind in ("zlib", "gzip", "bz2", "xz", "lzma"):
            with self.subTest(kind):
                self.joblib.dump(self.value, self.path, compress=(kind, 3))
                require_same(self.joblib.load(self.path), self.load(self.path))
                require_same(self.joblib.load(self.path), self.load(self.path.read_bytes()))

    def test_more_than_a_window(self) -> None:
        self.joblib.dump([self.np.full(1000, i) for i in range(20)], self.path, compress=3)
        whole, _input.WINDOW = _input.WINDOW, 10_000
        self.addCleanup(functools.partial(setattr, _input, "WINDOW", whole))
        require_same(self.joblib.load(self.path), self.load(self.path))

    def test_map_modes(self) -> None:
        self.joblib.dump(self.value, self.path)
        for mode in ("r", "r+", "w+", "c"):
            ours, theirs = self.load(self.path, mode), self.joblib.load(self.path, mode)
            self.assertIs(type(ours["a"]), type(theirs["a"]))
            self.assertEqual(ours["a"].filename, theirs["a"].filename)
            self.assertEqual((ours["a"].offset, ours["a"].mode), (theirs["a"].offset, theirs["a"].mode))
            self.assertTrue((ours["a"] == theirs["a"]).all())
        self.joblib.dump(self.value, self.path, compress=3)
        with self.assertWarnsRegex(UserWarning, "not compressed"):
            self.load(self.path, "r")

    def test_byte_order(self) -> None:
        self.joblib.dump([self.np.arange(5, dtype=">i4"), self.np.arange(5.0)], self.path)
        require_same(self.joblib.load(self.path), self.load(self.path))

    def test_file_objects(self) -> None:
        self.joblib.dump(self.value, self.path)
        with self.path.open("rb") as file:
            require_same(self.joblib.load(self.path), self.load(file))


@needs("torch")
class Torch(InFolder):
    def setUp(self) -> None:
        import torch
        from picklebox import torch as of_picklebox

        super().setUp()
        self.unvalidated = of_picklebox._unvalidated
        self.torch, self.load = torch, of_picklebox.load
        self.path = self.folder / "a.pt"

    def save(self, thing: Any, legacy: bool = False) -> None:
        self.torch.save(thing, self.path, _use_new_zipfile_serialization=not legacy)

    def test_corpus(self) -> None:
        self.check_corpus("models/torch", "benign/torch", at_least=30)

    def test_map_location(self) -> None:
        torch, seen = self.torch, []
        self.save({"a": torch.arange(6.0), "b": torch.ones(3, dtype=torch.bfloat16)})

        def noting(storage: Any, location: str) -> Any:
            seen.append(location)

        for place in (None, "cpu", torch.device("cpu"), {"cpu": "cpu"}, {"cuda:0": "cpu"}, noting):
            require_same(torch_load(self.path, place), self.load(self.path, place))
        self.assertEqual(seen, ["cpu"] * 4)
        if not hasattr(torch, "UntypedStorage"):
            return  # PyTorch 1 makes no storages without data
        for place in ("meta", torch.device("meta"), {"cpu": "meta"}):
            self.assertEqual(self.load(self.path, place)["a"].device.type, "meta")

    def test_shared_storages(self) -> None:
        base = self.torch.arange(12.0)
        for legacy in (False, True):
            for mmap in (False, True):
                self.save([base, base[3:7], base.view(3, 4).t()], legacy)
                got = self.load(self.path, mmap=mmap)
                got[1][0] = 99.0
                self.assertEqual([t.flatten().tolist().count(99.0) for t in got], [1, 1, 1])
                self.assertNotIn(99.0, self.load(self.path)[0].tolist())  # the file is as it was

    def test_tied_parameters(self) -> None:
        torch = self.torch
        net = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Linear(3, 3))
        net[1].weight = net[0].weight
        self.save(net)
        got = self.load(self.path)
        self.assertIs(got[0].weight, got[1].weight)
        self.assertTrue(got[0].weight.requires_grad)
        self.assertTrue(torch.equal(got(torch.ones(3)), net(torch.ones(3))))

    def test_bad_sparse_tensors_are_refused(self) -> None:
        torch = self.torch
        self.save(torch.sparse_coo_tensor([[0, 1]], [1.0, 2.0], (2,)).coalesce())
        data = self.path.read_bytes()
        one, bad = (1).to_bytes(8, "little"), (1 << 40).to_bytes(8, "little")
        at = data.index(bytes(8) + one) + 8
        # The indices, and the checksum of their member, in both of its headers.
        content = bytes(8) + one
        data = data[:at] + bad + data[at + 8 :]
        before, after = (zlib.crc32(c).to_bytes(4, "little") for c in (content, bytes(8) + bad))
        self.assertGreaterEqual(data.count(before), 1)
        with self.assertRaisesRegex(RuntimeError, "index"):
            self.load(data.replace(before, after))
        self.assertEqual(len(self.unvalidated()), 0)

    def test_other_byte_order(self) -> None:
        torch = self.torch
        value = [
            torch.arange(5.0),
            torch.ones(3, dtype=torch.complex64) * (1 + 2j),
            torch.arange(3, dtype=torch.int16),
        ]
        if not hasattr(torch.serialization, "set_default_load_endianness"):
            self.skipTest("this release knows one byte order")
        self.save(value)
        swapped = self.folder / "big.pt"
        with zipfile.ZipFile(self.path) as old, zipfile.ZipFile(swapped, "w") as new:
            widths = iter((4, 4, 2))
            for info in old.infolist():
                content = old.read(info)
                if "/data/" in info.filename:
                    width = next(widths)
                    content = b"".join(content[i : i + width][::-1] for i in range(0, len(content), width))
                elif info.filename.endswith("byteorder"):
                    content = b"big"
                new.writestr(info.filename, content)
        require_same(torch_load(swapped), self.load(swapped))


if __name__ == "__main__":
    unittest.main()
