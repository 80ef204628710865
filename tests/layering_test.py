"""Rooms include only the rooms below them, in sources and in CMake.

Usage: layering_test.py [ROOT]

Reads every #include line and every target of the rooms' CMakeLists.txt under
ROOT (default: this checkout), and fails on an edge that is not permitted. It
first plants edges that must be found in a tree of its own, so that it cannot
pass by seeing nothing.
"""

from __future__ import annotations

import pathlib
import re
import sys
import tempfile

# What each room uses directly; what those use is permitted as well.
ROOMS = {
    "base": (),
    "report": ("base",),
    "graph": ("report",),
    "policy": ("graph",),
    "container": ("report", "graph"),
    "code": ("graph",),
    "vm": ("policy", "graph"),
    "sandbox": ("base", "report"),
    "box": ("policy", "container", "code", "vm", "sandbox"),
}

# These see the public headers, and nothing else of the house.
FRONT_ENDS = ("cabi", "cli", "python")

# These may use anything. The benchmarks are among them because they measure the
# machine and the verifier alone, which no public header offers.
FREE = ("tests", "fuzz", "bench")

# Which room implements a public header.
PUBLIC_HEADERS = {
    "sink.h": "base",
    "finding.h": "report",
    "threats.h": "report",
    "finding_codes.def": "report",
    "finding_help.def": "report",
    "finding_help.h": "report",
    "limits.def": "report",
    "limits.h": "report",
    "acceptance.h": "report",
    "report.h": "report",
    "saved_report.h": "report",
    "report_writer.h": "report",
    "verdict.h": "report",
    "graph.h": "graph",
    "graph_view.h": "graph",
    "configuration.h": "policy",
    "policy.h": "policy",
    "policy_check.h": "policy",
    "policy_rules.h": "policy",
    "embedded_code.h": "box",
    "inspection.h": "box",
    "picklebox.h": "box",
    "requirements.h": "box",
    "scanner.h": "box",
}

PUBLIC = "include/picklebox"
# The C interface: all of C++ is below it.
C_HEADER = "include/picklebox.h"
SOURCES = (".cc", ".h", ".def", ".inc")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include\s*(?:(["<])([^">]+)[">]|(\S+))', re.MULTILINE)
# A command of CMake that makes or links a target of ours, up to its `)`.
CMAKE_TARGET = re.compile(
    r"\b(picklebox_room|add_executable|add_library|target_link_libraries|target_sources)"
    r"\s*\(([^)]*)\)"
)
CMAKE_COMMENT = re.compile(r"#[^\n]*")


def below(room: str) -> set[str]:
    """Return the rooms that `room` may use, itself included."""
    seen = {room}
    todo = [room]
    while todo:
        for used in ROOMS[todo.pop()]:
            if used not in seen:
                seen.add(used)
                todo.append(used)
    return seen


def room_of(path: str) -> str:
    """Return the room that a path, relative to the root, belongs to."""
    if path == C_HEADER:
        return "cabi"
    if path.startswith("include/"):
        return PUBLIC_HEADERS.get(path.removeprefix(PUBLIC + "/"), "")
    return path.partition("/")[0]


def judge_include(path: str, included: str) -> str | None:
    """Say what is wrong with one #include, None if nothing is.

    Parameters
    ----------
    path : str
        The file that includes, relative to the root.
    included : str
        What stands between the quotes or the angle brackets.
    """
    known = {*ROOMS, *FRONT_ENDS, *FREE}
    room = room_of(path)
    if included == "picklebox.h":
        return None if room in FRONT_ENDS else f"{room} may not use the C interface"
    if included.startswith("picklebox/"):
        header = included.removeprefix("picklebox/")
        target = PUBLIC_HEADERS.get(header)
        if target is None:
            return f"public header {header} is in no room: add it to PUBLIC_HEADERS"
        public = True
    else:
        target = included.partition("/")[0]
        public = False
        if target not in known:
            return None  # the system's or a library's
    if room in FRONT_ENDS:
        return None if public or target == room else f"{room} may see public headers only"
    if path.startswith("include/") and not public:
        return "a public header may include public headers only"
    return None if target in below(room) else f"{room} may not use {target}"


def check_source(path: str, text: str) -> list[str]:
    """Return what is wrong with the includes of one file."""
    problems = []
    if not room_of(path):
        problems.append(f"{path}: a public header without a room: add it to PUBLIC_HEADERS")
        return problems
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        quote, included, computed = match.groups()
        if computed:
            wrong = f"an include that is computed: {computed}"
        elif room_of(path) in FREE:
            continue
        elif "./" in included or (
            quote == '"' and "/" not in included and included != "picklebox.h"
        ):
            wrong = "paths of includes begin at the root of the checkout"
        else:
            wrong = judge_include(path, included)
        if wrong:
            problems.append(f"{path}:{line}: {wrong} ({included or computed})")
    return problems


def cmake_rooms(text: str) -> set[str]:
    """Return the libraries of rooms that the text's room commands declare."""
    names = set()
    for command, body in CMAKE_TARGET.findall(CMAKE_COMMENT.sub("", text)):
        words = body.split()
        if words and command == "picklebox_room":
            names.add(words[0])
        elif words and command == "add_library":
            names.add(words[0].removeprefix("picklebox_"))
    return names


def check_cmake(path: str, text: str, library_rooms: dict[str, str]) -> list[str]:
    """Return what is wrong with the libraries that one CMakeLists.txt links."""
    room = path.partition("/")[0]
    if room in FREE:
        return []
    # A front end links the finished library; only the parsers are out of bounds.
    allowed = below(room) if room in ROOMS else {*ROOMS, *FRONT_ENDS} - {"vm", "container", "code"}
    problems = []
    for command, body in CMAKE_TARGET.findall(CMAKE_COMMENT.sub("", text)):
        words = body.split()
        if command == "picklebox_room":
            rooms = words[words.index("ROOMS") + 1 :] if "ROOMS" in words else []
            used = []
            for word in rooms:
                if word.isupper():
                    break
                used.append(word)
        else:
            found = (re.fullmatch(r"picklebox_(\w+?)(?:_plain|\$\{\w+\})?", w) for w in words[1:])
            used = [match[1] for match in found if match]
        for library in used:
            target = library_rooms.get(library)
            if target is None and command == "picklebox_room":
                problems.append(f"{path}: {words[0]} uses {library}, which no room declares")
            elif target is not None and target not in allowed:
                problems.append(f"{path}: {words[0]} may not link {library}, of room {target}")
    return problems


def check_tree(root: pathlib.Path) -> tuple[int, list[str]]:
    """Return the number of files read under `root`, and what is wrong there."""
    problems = []
    count = 0
    cmake = {}
    for room in (*ROOMS, *FRONT_ENDS, *FREE, "include"):
        for file in sorted((root / room).rglob("*")):
            path = file.relative_to(root).as_posix()
            if file.suffix in SOURCES:
                count += 1
                problems += check_source(path, file.read_text(encoding="utf-8"))
            elif file.name == "CMakeLists.txt":
                count += 1
                cmake[path] = file.read_text(encoding="utf-8")
    library_rooms = {
        library: path.partition("/")[0]
        for path, text in cmake.items()
        for library in cmake_rooms(text)
    }
    for path, text in cmake.items():
        problems += check_cmake(path, text, library_rooms)
    return count, problems


# Files of a small tree, and what must be said of each; None: nothing.
PLANTED = {
    "base/good.h": ("#include <string>\n", None),
    "base/up.h": ('#include "report/x.h"\n', "base may not use report"),
    "base/up_public.h": ('#include "picklebox/graph.h"\n', "base may not use graph"),
    "graph/good.cc": ('#include "base/x.h"\n#include "picklebox/finding.h"\n', None),
    "graph/sideways.cc": ("\n # include <vm/x.h>\n", "graph/sideways.cc:2: graph may not use vm"),
    "policy/up.cc": ('#include "box/x.h"\n', "policy may not use box"),
    "sandbox/curious.cc": ('#include "graph/x.h"\n', "sandbox may not use graph"),
    "container/sideways.cc": ('#include "vm/x.h"\n', "container may not use vm"),
    "vm/good.cc": ('#include "policy/x.h"\n#include "absl/types/span.h"\n', None),
    "vm/bare.cc": ('#include "x.h"\n', "paths of includes begin at the root"),
    "vm/dots.cc": ('#include "../policy/x.h"\n', "paths of includes begin at the root"),
    "vm/computed.cc": ("#include HEADER\n", "an include that is computed"),
    "box/good.cc": ('#include "vm/x.h"\n#include "sandbox/x.h"\n', None),
    "cli/good.cc": ('#include "picklebox/scanner.h"\n#include "cli/x.h"\n', None),
    "cli/deep.cc": ('#include "graph/x.h"\n', "cli may see public headers only"),
    "tests/good.cc": ('#include "vm/x.h"\n#include "beside.h"\n', None),
    "include/picklebox/graph.h": ('#include "picklebox/finding.h"\n', None),
    "include/picklebox/finding.h": ('#include "picklebox/graph.h"\n', "report may not use graph"),
    "include/picklebox/policy.h": ('#include "base/x.h"\n', "public headers only"),
    "include/picklebox/stray.h": ("", "a public header without a room"),
    "base/CMakeLists.txt": ("picklebox_room(base WORKER SOURCES x.cc)\n", None),
    "vm/CMakeLists.txt": ("picklebox_room(vm SOURCES x.cc\n  ROOMS base LIBS m)\n", None),
    "graph/CMakeLists.txt": (
        "picklebox_room(graph ROOMS base vm)\n",
        "graph may not link vm, of room vm",
    ),
    "report/CMakeLists.txt": ("picklebox_room(report ROOMS bass)\n", "which no room declares"),
    "cli/CMakeLists.txt": (
        "target_link_libraries(picklebox PRIVATE picklebox_vm)\n",
        "picklebox may not link vm",
    ),
}


def self_test() -> list[str]:
    """Return the planted faults that were not found, and false alarms."""
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, (text, _) in PLANTED.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        count, problems = check_tree(root)
    if count != len(PLANTED):
        wrong.append(f"self-test: {count} files read of {len(PLANTED)}")
    for path, (_, expected) in PLANTED.items():
        said = [problem for problem in problems if problem.startswith(path + ":")]
        if expected is None and said:
            wrong.append(f"self-test: false alarm: {said}")
        elif expected is not None and not any(expected in problem for problem in said):
            wrong.append(f"self-test: not found in {path}: {expected}; said: {said}")
    return wrong


def main() -> int:
    """Run the self-test, then check the tree; 0 if both are well."""
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1])
    count, problems = check_tree(root)
    problems = self_test() + problems
    for problem in problems:
        print(problem)
    if count == 0:
        print(f"no source file under {root}")
        return 1
    print(f"layering: {count} files read, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
