"""Replays the nodes of picklebox into the values that they stand for.

The nodes are a straight-line program (docs/graph-format.md): each makes a value
or changes one, and refers to earlier ones by number. The result holds native
containers and, for all that is foreign, stand-ins, just as the oracle's does.
"""

from __future__ import annotations

import base64
import struct

from oracle import Outcome
from reading import Reading
from standins import StandIn, World


class ReplayError(Exception):
    """The program does something that CPython would have failed at."""


class _Replay:
    def __init__(self, data: bytes, reading: Reading):
        self.data = data
        self.reading = reading
        self.world = World()
        self.names = {code: (module, qualname) for code, module, qualname in reading.extensions}
        self.values = []

    def run(self, nodes):
        for node in nodes:
            self.values.append(getattr(self, "do_" + node["op"])(node))

    def at(self, number):
        if number >= len(self.values):
            raise ReplayError(f"node {len(self.values)} refers to {number}, which is not before it")
        return self.values[number]

    def items(self, node):
        return [self.at(number) for number in node["items"]]

    def payload(self, node, key):
        if "extent" in node:
            offset, length = node["extent"]
            if offset + length > len(self.data):
                raise ReplayError(f"extent {node['extent']} is outside of the input")
            return self.data[offset:offset + length]
        return node[key]

    # Values.

    def do_none(self, node):
        return None

    def do_bool(self, node):
        return node["value"] is True

    def do_int(self, node):
        return int(node["hex"], 16) if "hex" in node else node["value"]

    def do_float(self, node):
        return struct.unpack(">d", bytes.fromhex(node["bits"]))[0]

    def do_str(self, node):
        text = self.payload(node, "value")
        return text.decode("utf-8", "surrogatepass") if isinstance(text, bytes) else text

    def do_bytes(self, node):
        payload = self.payload(node, "base64")
        return base64.b64decode(payload, validate=True) if isinstance(payload, str) else payload

    def do_bytearray(self, node):
        return bytearray(self.do_bytes(node))

    def do_tuple(self, node):
        return tuple(self.items(node))

    def do_list(self, node):
        return []

    def do_dict(self, node):
        return {}

    def do_set(self, node):
        return set()

    def do_frozenset(self, node):
        return frozenset(self.items(node))

    def do_global(self, node):
        return self.world.named(node["module"], node["qualname"])

    def do_extension(self, node):
        return self.world.named(*self.names[node["code"]])

    def do_call(self, node):
        target, args = self.at(node["callable"]), self.at(node["args"])
        if not isinstance(target, StandIn):
            raise ReplayError(f"{type(target).__name__} is called")
        if isinstance(args, StandIn):
            return self.world.make("call", target, args)
        return target(*args)

    def do_new(self, node):
        cls, args = self.at(node["class"]), self.at(node["args"])
        kwargs = self.at(node["kwargs"]) if "kwargs" in node else {}
        if not isinstance(cls, StandIn):
            raise ReplayError(f"{type(cls).__name__} is instantiated")
        if isinstance(args, StandIn) or isinstance(kwargs, StandIn):
            return self.world.make("new", cls, args, kwargs)
        if node["form"] in ("obj", "inst") and args:
            return cls(*args)
        return cls.__new__(cls, *args, **kwargs)

    def do_persistent(self, node):
        return self.world.make("persistent", self.at(node["persistent_id"]))

    def do_buffer(self, node):
        return self.reading.buffers[node["index"]]

    def do_readonly(self, node):
        buffer = self.at(node["buffer"])
        if isinstance(buffer, StandIn):
            return self.world.make("readonly", buffer)
        view = memoryview(buffer)
        return buffer if view.readonly else view.toreadonly()

    # Changes.

    def do_append(self, node):
        target, items = self.at(node["target"]), self.items(node)
        if hasattr(target, "extend"):
            target.extend(items)
        else:
            raise ReplayError(f"items are appended to a {type(target).__name__}")

    def do_set_items(self, node):
        target, items = self.at(node["target"]), self.items(node)
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[key] = value

    def do_add_items(self, node):
        target = self.at(node["target"])
        for item in self.items(node):
            target.add(item)

    def do_build(self, node):
        target, state = self.at(node["target"]), self.at(node["state"])
        if isinstance(target, StandIn):
            target.__setstate__(state)
        elif state not in (None, (None, {})):
            raise ReplayError(f"a {type(target).__name__} is given a state")


def replay(nodes: list, root: int | None, data: bytes, reading: Reading) -> Outcome:
    """Run a program.

    Parameters
    ----------
    nodes : list of dict
        As ``picklebox inspect --all --format json`` writes them.
    root : int or None
        The node whose value is wanted.
    data : bytes
        The input, for nodes that refer to a place in it.
    reading : Reading
        Gives the buffers and the registered extension codes.

    Returns
    -------
    Outcome
        With an error if the program does what CPython would fail at, or is none.
    """
    machine = _Replay(data, reading)
    try:
        machine.run(nodes)
        if root is None:
            raise ReplayError("the stream has no root")
        return Outcome(machine.world, value=machine.at(root))
    except (ReplayError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        return Outcome(machine.world, error=f"{type(error).__name__}: {error}"[:200])
