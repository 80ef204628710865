"""Records what the pickle tests of CPython load.

    python3 record_suite.py FOLDER

Runs ``test.test_pickle`` of this interpreter (Debian: libpython3.11-testsuite)
with every way of loading a pickle wrapped, and writes each distinct pair of
bytes and options into FOLDER: the bytes as ``NNNNN.pkl``, the options as lines
of ``index.json``. Nothing of it is kept in the source tree. A few streams vary
from run to run, so a recording is made once and then kept.
"""

from __future__ import annotations

import _pickle
import base64
import copyreg
import hashlib
import io
import json
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
import unittest

from reading import Reading

INDEX = "index.json"


class _Recorder:
    """Writes streams into a folder, each once."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.entries: list[dict] = []
        self.seen: set[bytes] = set()

    def record(self, data, options: dict, persistent_ids=False):
        data = bytes(data)
        entry = {
            "fix_imports": bool(options.get("fix_imports", True)),
            "encoding": options.get("encoding", "ASCII"),
            "errors": options.get("errors", "strict"),
            "buffers": options.get("buffers"),
            "persistent_ids": persistent_ids,
            "extensions": sorted([code, *names]
                                 for code, names in copyreg._inverted_registry.items()),
        }
        key = hashlib.sha256(data + json.dumps(entry).encode()).digest()
        if key not in self.seen:
            self.seen.add(key)
            entry["file"] = f"{len(self.entries):05}.pkl"
            (self.folder / entry["file"]).write_bytes(data)
            self.entries.append(entry)


def _take_buffers(options: dict) -> tuple[dict, dict]:
    """The options for the loader, and those for the record."""
    if options.get("buffers") is None:
        return options, options
    buffers = list(options["buffers"])
    kept = []
    for buffer in buffers:
        with memoryview(buffer) as view:
            kept.append([view.readonly, base64.b64encode(view.tobytes()).decode()])
    return {**options, "buffers": buffers}, {**options, "buffers": kept}


def _remaining(file) -> bytes | None:
    """What is left to read in a file, which is left as it is; None if unknown."""
    for candidate in (file, getattr(getattr(file, "read", None), "__self__", None)):
        if isinstance(candidate, io.BytesIO):
            return candidate.getvalue()[io.BytesIO.tell(candidate):]
        if isinstance(candidate, io.BufferedReader):
            position = candidate.tell()
            data = candidate.read()
            candidate.seek(position)
            return data
    return None


def _recording(base, recorder: _Recorder):
    """A subclass of an unpickler that records what it loads."""

    class Unpickler(base):
        def __init__(self, file, **options):
            options, self._recorded = _take_buffers(options)
            self._recorded_file = file
            super().__init__(file, **options)

        def load(self):
            data = _remaining(self._recorded_file)
            if data is not None:
                handler = getattr(self, "persistent_load", None)
                own = getattr(handler, "__func__", handler)
                recorder.record(data, self._recorded, own is not None and
                                own is not getattr(base, "persistent_load", None))
            return super().load()

    Unpickler.__qualname__ = base.__qualname__
    return Unpickler


def _wrap(recorder: _Recorder):
    """Put recorders in the place of everything in pickle that loads."""

    def loads_with(original):
        def loads(data, /, **options):
            options, kept = _take_buffers(options)
            recorder.record(data, kept)
            return original(data, **options)
        return loads

    def load_with(original):
        def load(file, **options):
            options, kept = _take_buffers(options)
            data = _remaining(file)
            if data is not None:
                recorder.record(data, kept)
            return original(file, **options)
        return load

    for module, prefix in ((pickle, ""), (pickle, "_"), (_pickle, "")):
        for name, wrap in (("loads", loads_with), ("load", load_with)):
            setattr(module, prefix + name, wrap(getattr(module, prefix + name)))
    pickle._Unpickler = _recording(pickle._Unpickler, recorder)
    pickle.Unpickler = _pickle.Unpickler = _recording(_pickle.Unpickler, recorder)


def _run(folder: pathlib.Path):
    """In the child process: record into ``folder``."""
    recorder = _Recorder(folder)
    original = pickle._Unpickler, _pickle.Unpickler
    _wrap(recorder)
    try:
        suite = unittest.defaultTestLoader.loadTestsFromName("test.test_pickle")
        with open(os.devnull, "w") as quiet:
            unittest.TextTestRunner(stream=quiet).run(suite)
    finally:
        pickle._Unpickler, _pickle.Unpickler = original
    (folder / INDEX).write_text("\n".join(json.dumps(e) for e in recorder.entries) + "\n")


def record(folder: pathlib.Path) -> list[tuple[pathlib.Path, Reading]]:
    """The recording in ``folder``, which is made if it is not there.

    Raises
    ------
    RuntimeError
        The tests of CPython are not installed, or hardly anything was recorded.
    """
    if not (folder / INDEX).exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            made = pathlib.Path(scratch, "recording")
            made.mkdir()
            subprocess.run([sys.executable, os.path.abspath(__file__), "--child", made],
                           cwd=scratch, stdout=subprocess.DEVNULL, timeout=600, check=True)
            if folder.exists():
                raise RuntimeError(f"{folder} exists and holds no recording")
            _entries(made)
            made.rename(folder)
    return [(folder / entry.pop("file"), _reading(entry)) for entry in _entries(folder)]


def _entries(folder: pathlib.Path) -> list[dict]:
    lines = (folder / INDEX).read_text().split("\n")[:-1]
    if len(lines) < 5000:
        raise RuntimeError(f"only {len(lines)} streams were recorded: is test.test_pickle installed?")
    return [json.loads(line) for line in lines]


def _reading(entry: dict) -> Reading:
    buffers = entry["buffers"]
    if buffers is not None:
        made = ((readonly, base64.b64decode(text)) for readonly, text in buffers)
        entry["buffers"] = tuple(data if readonly else bytearray(data) for readonly, data in made)
    entry["extensions"] = tuple(tuple(extension) for extension in entry["extensions"])
    return Reading(**entry)


if __name__ == "__main__":
    if sys.argv[1] == "--child":
        _run(pathlib.Path(sys.argv[2]))
    else:
        print(len(record(pathlib.Path(sys.argv[1]))), "streams")
