"""Standard library values, grouped so that a file shows one kind of thing."""

import array
import collections
import datetime
import decimal
import fractions
import io
import ipaddress
import pathlib
import pickle
import pickletools
import re
import uuid
import zoneinfo


def numbers():
    """int of every width, bool, None, float with its extremes, complex"""
    edges = [0, 1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**63, 2**64, 2**200, 2**2040, 10**80]
    floats = [0.0, -0.0, 1.5, -2.25, 1e-308, 5e-324, 1.7976931348623157e308]
    return {
        "ints": edges + [-n for n in edges] + [-129, -32769],
        "bools": [True, False, None],
        "floats": floats + [float("inf"), float("-inf"), float("nan")],
        "complex": [1 + 2j, complex(0, float("inf"))],
    }


def text():
    """str of every width and length class, escapes, lone surrogates, bytes, bytearray"""
    return [
        "",
        "ascii",
        "caf\u00e9",
        "\u20ac and \U0001f600",
        "\ud800 lone \udfff",
        "line\nfeed\r\ttab\\back\\u0041 \x00 \x1a",
        "x" * 300,
        b"",
        bytes(range(256)),
        b"z" * 300,
        bytearray(b"mutable"),
        bytearray(),
    ]


def containers():
    """nested list, tuple, dict, set, frozenset; empty ones and ones past the batch size"""
    return {
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((), ((),))],
        "lists": [[], [[]], list(range(1001))],
        "dicts": [{}, {"a": {"b": {"c": []}}}, {n: str(n) for n in range(1001)}],
        "keys": {
            1: "int",
            "s": "str",
            (1, "t"): "tuple",
            None: "none",
            2.5: "float",
            b"b": "bytes",
        },
        "sets": [set(), {1, 2, 3}, {"a", "b"}, frozenset(), frozenset([1, (2, 3)])],
    }


def shared():
    """one object in many places, and strings that are interned or equal"""
    leaf, name = ["leaf"], "a shared string"
    row = (leaf, name)
    return [leaf, leaf, row, row, {"x": leaf, name: row}, [name] * 300, [[n] for n in range(300)]]


def recursive():
    """list, dict, tuple and set members that contain themselves"""
    ring = []
    ring.append(ring)
    mapping = {}
    mapping["self"] = mapping
    inner = []
    knot = (inner, "knot")
    inner.append(knot)
    parent = {"children": []}
    parent["children"].append({"parent": parent})
    queue = collections.deque([1])
    queue.append(queue)
    return [ring, mapping, knot, parent, queue]


def dates():
    """date, time, datetime with and without zone and fold, timedelta, timezone"""
    zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30), "IST")
    moment = datetime.datetime(2024, 2, 29, 23, 59, 58, 999999)
    return [
        datetime.date(1, 1, 1),
        datetime.date(9999, 12, 31),
        datetime.time(0, 0),
        datetime.time(12, 30, 15, 17, tzinfo=zone),
        moment,
        moment.replace(tzinfo=datetime.timezone.utc),
        moment.replace(tzinfo=zone, fold=1),
        datetime.timedelta(days=-1, seconds=3, microseconds=4),
        zone,
        {datetime.date(2020, 1, 2): "as a key"},
    ]


def exact_numbers():
    """Decimal with its specials, Fraction"""
    return [
        decimal.Decimal("3.14159"),
        decimal.Decimal("-0E+10"),
        decimal.Decimal("NaN"),
        decimal.Decimal("-Infinity"),
        fractions.Fraction(-22, 7),
        fractions.Fraction(10**30, 3),
    ]


def collections_():
    """OrderedDict, defaultdict, Counter, deque, ChainMap"""
    groups = collections.defaultdict(list)
    groups["a"].append(1)
    ordered = collections.OrderedDict([("z", 1), ("a", 2)])
    return [
        ordered,
        collections.OrderedDict(),
        groups,
        collections.defaultdict(None, {1: 2}),
        collections.Counter("abracadabra"),
        collections.deque([1, 2, 3], maxlen=5),
        collections.deque("xyz"),
        collections.ChainMap({"a": 1}, {"b": 2}),
    ]


def arrays():
    """array.array of every type code"""
    codes = [array.array(code, [1, 2, 3]) for code in "bBhHiIlLqQ"]
    return codes + [array.array("f", [0.5]), array.array("d", [1e300]), array.array("d")]


def names_and_addresses():
    """UUID, pure paths, IP addresses, networks and interfaces"""
    return [
        uuid.UUID(int=0x12345678123456781234567812345678),
        pathlib.PurePosixPath("/srv/models/a.pkl"),
        pathlib.PurePosixPath("relative/../x"),
        pathlib.PureWindowsPath("C:\\models\\a.pkl"),
        ipaddress.ip_address("192.0.2.1"),
        ipaddress.ip_address("2001:db8::1"),
        ipaddress.ip_network("192.0.2.0/24"),
        ipaddress.ip_network("2001:db8::/32"),
        ipaddress.ip_interface("192.0.2.5/24"),
    ]


def patterns():
    """compiled regular expressions over str and bytes, with flags"""
    return [re.compile(r"(?P<word>\w+)\s*"), re.compile(rb"\x00+"), re.compile("a.b", re.I | re.S)]


def oddments():
    """range, slice, Ellipsis, NotImplemented, classes as values"""
    return [
        range(10),
        range(5, -5, -2),
        slice(1, None, 2),
        slice(None),
        Ellipsis,
        NotImplemented,
        [int, str, dict, collections.OrderedDict],
    ]


def exceptions():
    """exceptions with arguments, with state, and with the errno form"""
    noted = ValueError("bad value", 3)
    noted.detail = {"field": "x"}
    return [
        noted,
        KeyError("k"),
        FileNotFoundError(2, "No such file or directory", "model.pkl"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        StopIteration(7),
        RuntimeError(),
    ]


def zones():
    """ZoneInfo alone and in a datetime: a call of getattr(ZoneInfo, "_unpickle")"""
    vienna = zoneinfo.ZoneInfo("Europe/Vienna")
    return [vienna, datetime.datetime(2024, 7, 1, 12, tzinfo=vienna)]


def metadata():
    """the dictionary that people keep beside a model"""
    return {
        "name": "ranking",
        "version": (1, 4, 2),
        "trained": datetime.datetime(2024, 3, 1, 8, 30, tzinfo=datetime.timezone.utc),
        "features": ["age", "income", "tenure"],
        "scores": {"auc": 0.9134, "logloss": 0.2871},
        "weights": [n / 7 for n in range(200)],
        "labels": collections.OrderedDict([("neg", 0), ("pos", 1)]),
        "id": uuid.UUID(int=7),
        "path": pathlib.PurePosixPath("models/ranking"),
    }


GROUPS = {
    "numbers": numbers,
    "text": text,
    "containers": containers,
    "shared": shared,
    "recursive": recursive,
    "dates": dates,
    "exact-numbers": exact_numbers,
    "collections": collections_,
    "arrays": arrays,
    "names-and-addresses": names_and_addresses,
    "patterns": patterns,
    "oddments": oddments,
    "exceptions": exceptions,
    "metadata": metadata,
    "zones": zones,
}


def pure(value, protocol):
    """What pickle.py writes, as against its C twin."""
    out = io.BytesIO()
    pickle._Pickler(out, protocol).dump(value)
    return out.getvalue()


def several(protocol):
    """Three dumps into one file, one after the other."""
    out = io.BytesIO()
    for value in ({"header": 1}, metadata(), [1, 2, 3]):
        pickle.dump(value, out, protocol)
    return out.getvalue()


def files(protocols):
    """Yield (name, data, comment) for each file to write."""
    for protocol in protocols:
        for name, make in GROUPS.items():
            yield f"{name}-p{protocol}", pickle.dumps(make(), protocol), make.__doc__
        yield f"several-p{protocol}", several(protocol), several.__doc__
    for protocol in protocols:
        for make in (shared, recursive, containers):
            name = f"{make.__name__}-p{protocol}"
            yield f"pure-{name}", pure(make(), protocol), "written by pickle.py: " + make.__doc__
            slim = pickletools.optimize(pickle.dumps(make(), protocol))
            yield f"optimized-{name}", slim, "pickletools.optimize: " + make.__doc__
    if 5 in protocols:
        big = {"text": "t" * 70000, "rows": [list(range(n, n + 40)) for n in range(500)]}
        yield "frames-p5", pickle.dumps(big, 5), "several frames, and a str outside of any frame"
