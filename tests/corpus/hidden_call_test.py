"""A call to os.system is found wherever it is hidden, and nothing is ever clean.

Each case is a pickle that would run a command in the shell if it were loaded
(none is), with the offset of the opcode that the report has to point at.
"""

from __future__ import annotations

import argparse
import pathlib
import pickle
import struct
import sys
import tempfile
import unittest

from scanning import denied_globals, scan

OPTIONS = argparse.Namespace(picklebox="picklebox")

CALL = b"cos\nsystem\n(S'true'\ntR"
PLAIN = pickle.dumps({"weights": [0.5] * 100, "name": "a model"}, 4)


def text(value: str) -> bytes:
    """Return SHORT_BINUNICODE of `value`."""
    return b"\x8c" + bytes([len(value)]) + value.encode()


def framed(body: bytes) -> bytes:
    """Return a whole pickle of protocol 4 with its body in a frame."""
    return b"\x80\x04\x95" + struct.pack("<Q", len(body)) + body


def behind(head: bytes, tail: bytes) -> tuple[bytes, int]:
    """Return head + tail, and where the tail begins."""
    return head + tail, len(head)


def data_of(size: int) -> bytes:
    """Return opcodes of about `size` bytes that build ordinary lists and drop them."""
    row = pickle.dumps([list(range(300, 340)), "some text", 2.5], 2)[2:-1] + b"0"
    return row * (size // len(row) + 1)


# What is scanned, the offset of the opcode that names the global, the global.
CASES: dict[str, tuple[bytes, int, str]] = {}


def case(name: str, parts: tuple[bytes, int], found: str = "os:system") -> None:
    """Add a case."""
    CASES[name] = (*parts, found)


case("behind-2-mb", behind(b"\x80\x02" + data_of(2 << 20), CALL + b"."))
case(
    "behind-2-mb-of-bytes",
    behind(b"\x80\x04" + pickle.dumps(bytes(2 << 20), 4)[2:-1] + b"0", CALL + b"."),
)
case("behind-2-mb-in-a-second-stream", behind(pickle.dumps(list(range(600_000)), 4), CALL + b"."))
case("before-a-broken-tail", behind(b"\x80\x02]", CALL + b"\xff\xff\xff\xff"))
case("before-a-cut", behind(b"\x80\x04]", CALL + b"\x8e\x00\x00"))
case("before-an-empty-stack", behind(b"", CALL + b"000000"))
case("in-a-second-stream", behind(PLAIN, CALL + b"."))
case("in-a-tenth-stream", behind(PLAIN * 9, CALL + b"."))
case("behind-a-broken-stream", behind(PLAIN[:-20] + b"\xff", CALL + b"."))
case("behind-junk", behind(PLAIN + b"junk\x00\x01\x02\xff", CALL + b"."))
case("behind-much-junk", behind(PLAIN + bytes(100_000) + b"\x80\x02", CALL + b"."))
case("inst", behind(b"]0(S'true'\n", b"ios\nsystem\n."))
case("obj", behind(b"(", b"cos\nsystem\nS'true'\no."))
case("ext1", (b"\x80\x02\x82\xf0(S'true'\ntR.", 2))
case("ext4", (b"\x80\x02\x84\xf0\x00\x00\x00(S'true'\ntR.", 2))
case(
    "stack-global",
    behind(b"\x80\x04" + text("os") + text("system"), b"\x93" + text("true") + b"\x85R."),
)
case("framed", (framed(text("os") + text("system") + b"\x93" + text("true") + b"\x85R."), 23))
case(
    "memoised-parts",
    behind(
        b"\x80\x04" + text("system") + b"\x94" + text("os") + b"\x940" + b"0h\x01h\x00",
        b"\x93" + text("true") + b"\x85R.",
    ),
)
case(
    "memoised-global",
    behind(
        b"\x80\x04" + text("os") + text("system"),
        b"\x93\x940" + data_of(1000) + b"h\x00" + text("true") + b"\x85R.",
    ),
)
case(
    "dotted-name",
    behind(b"\x80\x04" + text("collections") + text("abc.sys.modules"), b"\x93)R."),
    "collections:abc.sys.modules",
)
case(
    "dotted-name-of-a-class",
    behind(b"\x80\x04" + text("os") + text("_wrap_close.close"), b"\x93)R."),
    "os:_wrap_close.close",
)
case("state-on-a-function", behind(b"\x80\x02", b"cos\nsystem\n}U\x08__code__K\x01sb."))
case("items-on-a-module-dict", behind(b"\x80\x02", b"csys\nmodules\nU\x02osK\x01s."), "sys:modules")
case("newobj", behind(b"\x80\x02", b"csubprocess\nPopen\n(S'true'\nt\x81."), "subprocess:Popen")
case(
    "newobj-ex",
    behind(b"\x80\x04" + text("subprocess") + text("Popen"), b"\x93)}\x92."),
    "subprocess:Popen",
)
case("python-2-name", behind(b"", b"c__builtin__\neval\n(S'1'\ntR."), "builtins:eval")
case("alias", behind(b"", b"cposix\nsystem\n(S'true'\ntR."), "posix:system")
case("as-a-dictionary-key", behind(b"\x80\x02}", b"cos\nsystem\nNs."))
case("popped", behind(b"\x80\x02", CALL + b"0N."))
case("in-a-persistent-id", behind(b"\x80\x02", CALL + b"Q."))

FLAGS = {"ext1": ("--extension", "240=os:system"), "ext4": ("--extension", "240=os:system")}


class HiddenCalls(unittest.TestCase):
    """One run of the program a case: the flags differ."""

    def test_each_is_denied_by_name_and_offset(self):
        with tempfile.TemporaryDirectory(prefix="picklebox-hidden-") as folder:
            for name, (data, offset, found) in CASES.items():
                path = pathlib.Path(folder) / f"{name}.pkl"
                path.write_bytes(data)
                with self.subTest(name):
                    status, (file,) = scan(OPTIONS.picklebox, [path], *FLAGS.get(name, ()))
                    self.assertEqual((status, file["verdict"]), (1, "denied"))
                    self.assertEqual(denied_globals(file).get(found), offset, file["globals"])
                    self.assertIn("error", [f["severity"] for f in file["findings"]])

    def test_an_extension_code_alone_is_denied(self):
        with tempfile.TemporaryDirectory(prefix="picklebox-hidden-") as folder:
            path = pathlib.Path(folder) / "ext.pkl"
            path.write_bytes(CASES["ext1"][0])
            _, (file,) = scan(OPTIONS.picklebox, [path])
        self.assertEqual(file["verdict"], "denied")
        self.assertIn(("extension-denied", 2), [(f["code"], f["offset"]) for f in file["findings"]])

    def test_a_name_does_not_matter(self):
        """What decides is the content: whatever a file is called, the call is found."""
        with tempfile.TemporaryDirectory(prefix="picklebox-hidden-") as folder:
            names = ["model.bin", "README.md", "image.png", "x", "a.tar.gz", "weights.safetensors"]
            paths = [pathlib.Path(folder) / name for name in names]
            for path in paths:
                path.write_bytes(PLAIN + CALL + b".")
            _, files = scan(OPTIONS.picklebox, paths)
        self.assertEqual({file["verdict"] for file in files}, {"denied"})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--picklebox", required=True)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
