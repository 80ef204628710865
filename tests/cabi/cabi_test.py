"""The C interface says of files what `picklebox` says of them.

A program in C prints the report and every node of every graph, with rooms for
nodes and items from the smallest on, and is compared with the JSON of
`picklebox scan` and `picklebox inspect`.
"""

from __future__ import annotations

import argparse
import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

OPTIONS = argparse.Namespace()
KINDS = (
    "none bool int float str bytes bytearray tuple list dict set frozenset global call new persistent"
    " extension buffer readonly array append set_items add_items build"
).split()
FORMS = ("newobj", "newobj_ex", "obj", "inst")
ROOMS = ((1, 0), (1, 2), (3, 7), (256, 1024))
BIG, EXTENT, PYTHON2, DOTTED, FORTRAN = 1, 2, 16, 32, 64


def output(*command) -> str:
    """Return what a command writes to its standard output."""
    done = subprocess.run([str(word) for word in command], check=False, capture_output=True, text=True)
    if done.returncode > 3 or done.returncode < 0:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def walked(path: pathlib.Path, *more) -> tuple[dict, list[dict]]:
    """Return the report and the graphs that the program in C prints."""
    text = output(OPTIONS.walk, OPTIONS.worker, path, *more)
    head, _, rest = text.partition("\n")
    decoder = json.JSONDecoder()
    graphs = []
    while rest := rest.lstrip():
        graph, end = decoder.raw_decode(rest)
        graphs.append(graph)
        rest = rest[end:]
    return json.loads(head), graphs


def utf8(text: str) -> str:
    return bytes.fromhex(text).decode("utf-8", "surrogatepass")


def as_inspected(node: dict) -> dict:
    """Return a node of the C program as `picklebox inspect` writes it, offsets aside."""
    kind = KINDS[node["kind"]]
    flags = node["flags"]
    said = {"id": node["id"], "op": kind}
    if kind == "bool":
        said["value"] = bool(node["integer"])
    elif kind == "int":
        value = node["integer"]
        if flags & BIG:
            value = int.from_bytes(bytes.fromhex(node["text"]), "little", signed=True)
        said |= {"value": value} if abs(value) <= 2**53 else {"hex": hex(value)}
    elif kind == "float":
        said["bits"] = node["bits"]
    elif kind in ("str", "bytes", "bytearray"):
        if flags & EXTENT:
            said["extent"] = node["extent"]
        elif kind == "str":
            said["value"] = utf8(node["text"])
        else:
            said["base64"] = base64.b64encode(bytes.fromhex(node["text"])).decode()
    elif kind == "array":
        said |= {"dtype": utf8(node["text"]), "shape": node["shape"], "stream": node["stream"]}
        said |= {"order": "F" if flags & FORTRAN else "C", "extent": node["extent"]}
    elif kind == "global":
        said |= {"module": utf8(node["text"]), "qualname": utf8(node["qualname"])}
        said |= {"python2_names": bool(flags & PYTHON2), "dotted": bool(flags & DOTTED)}
    elif kind == "call":
        said |= {"callable": node["subject"], "args": node["args"]}
    elif kind == "build":
        said |= {"target": node["subject"], "state": node["args"]}
    elif kind == "new":
        said |= {"form": FORMS[node["form"]]} | {key: node[key] for key in ("class", "args")}
        said |= {"kwargs": node["kwargs"]} if "kwargs" in node else {}
    elif kind in ("extension", "buffer"):
        said["code" if kind == "extension" else "index"] = node["integer"]
    elif kind in ("persistent", "readonly"):
        said["persistent_id" if kind == "persistent" else "buffer"] = node["subject"]
    elif kind in ("append", "set_items", "add_items"):
        said["target"] = node["subject"]
    if "items" in node:
        said["items"] = node["items"]
    return said


def without_offsets(node: dict) -> dict:
    drop = {"at"} | ({"value"} if node["op"] == "float" else set())
    return {key: value for key, value in node.items() if key not in drop}


class CabiTest(unittest.TestCase):
    """Files of the corpus, and some of our own."""

    def check(self, path: pathlib.Path):
        inspected = json.loads(output(OPTIONS.picklebox, "inspect", "--all", "--format", "json", path))
        scanned = json.loads(output(OPTIONS.picklebox, "scan", "--format", "json", path))
        (said,), (file,) = scanned["files"], inspected["files"]
        for rooms in ROOMS:
            report, graphs = walked(path, *rooms)
            self.assertEqual(len(graphs), len(file["streams"]))
            for graph, stream in zip(graphs, file["streams"]):
                root = None if graph["root"] == 0xFFFFFFFF else graph["root"]
                self.assertEqual(root, stream["root"])
                self.assertEqual(
                    [as_inspected(node) for node in graph["nodes"]],
                    [without_offsets(node) for node in stream["nodes"]],
                )
        self.assertEqual(report["verdict"], said["verdict"])
        self.assertEqual(
            [utf8(finding["code"]) for finding in report["findings"]],
            [finding["code"] for finding in said["findings"]],
        )
        self.assertEqual(
            [(utf8(g["module"]), utf8(g["qualname"])) for g in report["globals"]],
            [(g["module"], g["qualname"]) for g in said["globals"]],
        )
        self.assertEqual(len(report["members"]), len(said.get("members", [])))
        return report, graphs

    def test_corpus(self):
        seen = set()
        for folder in ("benign", "malicious", "malformed"):
            paths = sorted((OPTIONS.corpus / folder).rglob("*.pkl"))
            for path in paths[:: max(1, len(paths) // 12)]:
                with self.subTest(path=path.name):
                    _, graphs = self.check(path)
                    seen |= {node["kind"] for graph in graphs for node in graph["nodes"]}
        self.assertGreater(len(seen), 12)

    def test_every_form_of_node(self):
        lists = b"\x80\x04]\x94(" + b"K\x01" * 5000 + b"e.", b"\x80\x04](" + b"K\x01\x94h\x000" * 50 + b"e."
        shared = b"\x80\x04\x8c\x01a\x94]\x94(" + b"h\x00h\x01" * 3000 + b"e."
        long_text = (
            b"\x80\x04X\xe8\x03\x00\x00" + b"x" * 1000 + b"\x94B\xe8\x03\x00\x00" + b"y" * 1000 + b"\x86."
        )
        numbers = b"\x80\x02(\x8a\x09" + bytes(range(1, 10)) + b"G?\xf8\x00\x00\x00\x00\x00\x00\x88\x89Nt."
        sets = b"\x80\x04\x8f(K\x01K\x02\x90(K\x03K\x04\x91\x86."
        objects = (
            b"\x80\x04\x8c\x01m\x8c\x03A.B\x93)\x81}\x8c\x01aK\x01sbcm\nf\n)R\x87"
            b"(cm\nC\no(im\nD\n\x86\x86cm\nE\n)}\x92\x86."
        )
        for number, data in enumerate((*lists, shared, long_text, numbers, sets, objects)):
            with self.subTest(number=number), tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder, "x.pkl")
                path.write_bytes(data)
                self.check(path)

    def test_members(self):
        for path in sorted((OPTIONS.corpus / "models").rglob("*.pt")):
            if path.read_bytes()[:2] != b"PK":
                continue
            report, graphs = self.check(path)
            self.assertTrue(any(member["offset"] >= 0 for member in report["members"]))
            self.assertTrue(graphs)
            return
        self.fail("no file of PyTorch in the corpus")

    def test_fragment_allows_what_was_denied(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "x.pkl")
            path.write_bytes(b"\x80\x02cacme\nThing\n)\x81}X\x01\x00\x00\x00aK\x01sb.")
            report, _ = walked(path)
            self.assertEqual(report["verdict"], "denied")
            self.assertEqual([g["denied"] != 0 for g in report["globals"]], [True])
            policy = pathlib.Path(folder, "p.toml")
            policy.write_text('extends = ["default"]\n\n' + utf8(report["fragment"]))
            said = json.loads(
                output(OPTIONS.picklebox, "scan", "--policy", policy, "--format", "json", path)
            )
            self.assertEqual(said["files"][0]["verdict"], "clean")

    def test_requirements_are_those_of_the_program(self):
        path = OPTIONS.corpus / "code" / "py38" / "pipeline-pickle.pkl"
        report, _ = walked(path)
        said = json.loads(output(OPTIONS.picklebox, "requirements", "--format", "json", path))
        self.assertEqual(json.loads(utf8(report["requirements"])), said["files"][0])
        self.assertIn("__main__:scale", utf8(report["requirements"]))

    def test_errors(self):
        for option, code in (("slots=x", 3), ("nothing=1", 3), ("limit.time=soon", 3)):
            done = subprocess.run(
                [OPTIONS.walk, OPTIONS.worker, "x", "1", "1", option],
                check=False,
                capture_output=True,
                text=True,
            )
            self.assertEqual((done.returncode, done.stderr[:8]), (5, f"error {code}:"))
        done = subprocess.run(
            [OPTIONS.walk, "/no/worker", "x"], check=False, capture_output=True, text=True
        )
        self.assertEqual((done.returncode, done.stderr[:8]), (5, "error 5:"))
        report, graphs = walked(pathlib.Path("/no/such/file"))
        self.assertEqual((report["verdict"], graphs), ("incomplete", []))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--walk", required=True)
    parser.add_argument("--picklebox", required=True)
    parser.add_argument("--worker", required=True)
    parser.add_argument("--corpus", required=True, type=pathlib.Path)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
