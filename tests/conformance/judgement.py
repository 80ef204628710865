"""Holds what picklebox says about a file against what CPython makes of it."""

from __future__ import annotations

import naive
import oracle
from canonical import difference
from reading import Reading
from replay import replay

# What a policy, or the machine for it, says about a stream that was read well.
# The policy here allows nothing, so these do not count against a stream.
POLICY = frozenset({
    "global-denied", "use-denied", "call-of-value", "arguments-opaque", "state-on-global",
    "state-on-value", "state-twice", "state-key", "items-denied", "key-foreign",
    "persistent-denied", "extension-denied"})

# What is never right to say of a stream, whatever it holds.
BROKEN = frozenset({"result-mismatch", "result-rejected", "worker-crashed", "worker-killed",
                    "worker-violation", "input-changed", "input-unreadable"})

# What happens, and where. Readers must agree about it beyond the value.
_EFFECTS = {
    "global": ("at", "module", "qualname", "python2_names", "dotted"),
    "call": ("at",), "new": ("at", "form"), "persistent": ("at",), "build": ("at",),
    "extension": ("at", "code"), "buffer": ("at", "index")}


def codes(entry: dict) -> set[str]:
    """The codes of all findings in a file."""
    return {finding["code"] for finding in entry["findings"]}


def rejected(entry: dict, size: int) -> str | None:
    """None if a file is not clean, and it says where; else what is wrong."""
    if codes(entry) & BROKEN:
        return f"has {sorted(codes(entry) & BROKEN)}"
    if entry["verdict"] == "clean":
        return "is clean"
    for finding in entry["findings"]:
        if finding["severity"] != "note" and 0 <= finding["offset"] <= size:
            return None
    return f"is {entry['verdict']}, but no finding says where"


def accepted(entry: dict, data: bytes, reading: Reading, implementation: str = "c") -> str | None:
    """None if the first pickle of a file was read as CPython does; else what is wrong.

    Findings of the policy are allowed, and so are findings about what stands
    behind the first pickle, at which CPython does not look.
    """
    serious = [finding for finding in entry["findings"] if finding["severity"] != "note"]
    if not serious and entry["verdict"] != "clean":
        return f"is {entry['verdict']} without a finding"
    if serious and entry["verdict"] == "clean":
        return f"is clean with {_shown(serious[0])}"
    if not entry["streams"]:
        return f"has no stream, but {[_shown(finding) for finding in serious[:3]]}"
    stream = entry["streams"][0]
    for finding in serious:
        behind = stream["complete"] and finding["offset"] >= stream["end"]
        if finding["code"] not in POLICY and not behind:
            return f"has {_shown(finding)}"
    if not stream["complete"]:
        return "has no complete stream"
    return _same(stream, data, reading, implementation)


def _shown(finding: dict) -> str:
    return (f"{finding['code']} ({finding.get('detail', '')}) at {finding['offset']}: "
            f"{ascii(finding['message'])}")


def _same(stream, data, reading, implementation) -> str | None:
    got = replay(stream["nodes"], stream["root"], data, reading)
    if got.error:
        return f"does not replay: {got.error}"
    program = naive.read(data, reading)
    want = oracle.load(data, reading, implementation)
    if want.error:
        # Stand-ins do not do for everything, see oracle.py.
        if program.refusal:
            return f"is read, but CPython says {want.error}"
        want = replay(program.nodes, program.root, data, reading)
        if want.error:
            return f"is read, but CPython says {want.error}"
    wrong = difference(want.value, got.value)
    if wrong:
        return f"has another value: wanted against got: {wrong}"
    return _same_program(program, stream)


def _same_program(program, stream) -> str | None:
    if program.refusal:
        return f"is read by CPython, but the second machine says {program.refusal}"
    if program.end != stream["end"]:
        return f"ends at {stream['end']}, not {program.end}"
    wanted, got = _effects(program.nodes), _effects(stream["nodes"])
    for n, (want, have) in enumerate(zip(wanted, got)):  # lengths are compared below
        if want != have:
            return f"differs in effect {n}: wanted {want}, got {have}"
    if len(wanted) != len(got):
        return f"has {len(got)} effects, not {len(wanted)}"
    return None


def _effects(nodes):
    return [(node["op"], *(node[key] for key in _EFFECTS[node["op"]]))
            for node in nodes if node["op"] in _EFFECTS]
