"""The JSON of a graph, read back by Python: json_view_test.py GRAPH_SAMPLE."""

import json
import subprocess
import sys
import unittest

SAMPLE = ""

EXPECTED = [
    {"op": "none"},
    {"op": "bool", "value": True},
    {"op": "int", "value": -5},
    {"op": "int", "value": 2**53},
    {"op": "int", "hex": hex(2**53 + 1)},
    {"op": "int", "hex": hex(-(2**63))},
    {"op": "int", "hex": hex(2**64)},
    {"op": "int", "hex": hex(-(2**65))},
    {"op": "float", "value": 1.5, "bits": "3ff8000000000000"},
    {"op": "float", "value": "nan", "bits": "7ff8000000000001"},
    {"op": "float", "value": "-inf", "bits": "fff0000000000000"},
    {"op": "float", "value": 10.0, "bits": "4024000000000000"},
    {"op": "str", "value": '"\\\n\x1b[31m\x7f \u202e \ud800 \U0001f600'},
    {"op": "bytes", "base64": "//79"},
    {"op": "bytearray", "base64": ""},
    {"op": "str", "extent": [10, 300]},
    {"op": "bytes", "extent": [400, 301]},
    {"op": "bytearray", "extent": [800, 302]},
    {"op": "tuple", "items": [0, 1, 2, 3]},
    {"op": "list"},
    {"op": "dict"},
    {"op": "set"},
    {"op": "frozenset", "items": [0]},
    {
        "op": "global",
        "module": 'm"x',
        "qualname": "C.d",
        "python2_names": True,
        "dotted": False,
        "at": 30,
    },
    {"op": "call", "callable": 23, "args": 18, "at": 31},
    {
        "op": "new",
        "form": "newobj_ex",
        "class": 23,
        "args": 18,
        "kwargs": 20,
        "at": 32,
    },
    {"op": "new", "form": "inst", "class": 23, "args": 18, "at": 33},
    {"op": "persistent", "persistent_id": 18, "at": 34},
    {"op": "extension", "code": 7, "at": 35},
    {"op": "buffer", "index": 2, "at": 36},
    {"op": "readonly", "buffer": 29},
    {"op": "append", "target": 19, "items": [19, 0]},
    {"op": "set_items", "target": 20, "items": [0, 20]},
    {"op": "add_items", "target": 21, "items": [0]},
    {"op": "append", "target": 24, "items": [0], "at": 37},
    {"op": "build", "target": 24, "state": 20, "at": 38},
    {
        "op": "array",
        "dtype": ">i2",
        "shape": [3, 2],
        "order": "F",
        "stream": 0,
        "extent": [900, 12],
    },
]


class JsonViewTest(unittest.TestCase):
    def setUp(self):
        self.raw = subprocess.run([SAMPLE], check=True, capture_output=True).stdout

    def test_every_node(self):
        nodes = json.loads(self.raw)
        expected = [{"id": i, **node} for i, node in enumerate(EXPECTED)]
        for node, wanted in zip(nodes, expected):
            self.assertEqual(node, wanted)
        self.assertEqual(len(nodes), len(expected))

    def test_integral_floats_stay_floats(self):
        self.assertIsInstance(json.loads(self.raw)[11]["value"], float)

    def test_is_printable_ascii_and_one_node_a_line(self):
        self.assertTrue(all(b == 0x0A or 0x20 <= b < 0x7F for b in self.raw))
        self.assertEqual(self.raw.count(b"\n"), len(EXPECTED) + 2)


if __name__ == "__main__":
    SAMPLE = sys.argv.pop(1)
    unittest.main()
