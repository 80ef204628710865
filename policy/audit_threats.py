"""Find callables of a standard library that reach a danger and are not graded.

    policy/audit_threats.py --picklebox build/release/picklebox /usr/lib/python3.11

Reads the sources below each folder without importing them, and follows calls
within a module from what starts programs, runs code, imports, unpickles, opens
files or talks to the network to the functions around it. Each of these should
be graded `dangerous` by `picklebox policy explain`; those that are not are
printed, one a line: module:qualname, by way of what. Exit status 1 if there are
any. Calls from module to module, and functions written in C, are not seen.
"""

from __future__ import annotations

import argparse
import ast
import json
import pathlib
import subprocess
import sys
import warnings

BUILTINS = ("exec", "eval", "compile", "__import__", "open", "input")
# Modules of which any call counts, and modules of which some do.
MODULES = (
    "subprocess", "pty", "webbrowser", "_posixsubprocess", "importlib", "imp", "runpy", "pkgutil", "socket",
    "ssl", "urllib.request", "http.client", "ftplib", "smtplib", "socketserver", "shelve", "ctypes",
    "shutil", "tempfile", "tarfile", "zipfile", "glob", "fileinput", "linecache", "multiprocessing",
)  # fmt: skip
FUNCTIONS = {
    "os": "system popen fork execv execve spawnv spawnve posix_spawn kill remove unlink rename rmdir mkdir "
    "makedirs open chmod listdir scandir walk symlink truncate",
    "pickle": "load loads Unpickler",
    "_pickle": "load loads Unpickler",
    "marshal": "load loads",
    "io": "open FileIO open_code",
    "threading": "Thread Timer",
    "signal": "signal",
    "atexit": "register",
}
# Folders that are no library, and what only renames codecs.
SKIPPED = {
    "test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__", "encodings",
    "lib-dynload",
}  # fmt: skip
# Harmless although they call a sink: they open what the interpreter runs already.
KNOWN = {
    "typing", "argparse", "gettext", "warnings", "traceback", "formatter", "reprlib", "token", "tokenize",
}  # fmt: skip


class Module(ast.NodeVisitor):
    """The functions of a module and what each calls.

    Attributes
    ----------
    imports : dict of str to str
        A name in the module, and what it stands for.
    calls : dict of str to set of str
        A function by its qualname, and the dotted names that it calls.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.imports: dict[str, str] = {}
        self.calls: dict[str, set[str]] = {}
        self._path: list[tuple[str, bool]] = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    head = alias.name.partition(".")[0]
                    self.imports[alias.asname or head] = alias.name if alias.asname else head
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        self.visit(tree)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Enter a class."""
        self._path.append((node.name, False))
        self.generic_visit(node)
        self._path.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Enter a function."""
        self._path.append((node.name, True))
        self.generic_visit(node)
        self._path.pop()

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Call(self, node: ast.Call) -> None:
        """Note a call for the function around it."""
        depth = next((i for i, (_, function) in enumerate(self._path) if function), None)
        called = dotted(node.func)
        if depth is not None and called:
            qualname = ".".join(name for name, _ in self._path[: depth + 1])
            self.calls.setdefault(qualname, set()).add(called)
        self.generic_visit(node)

    def reaching(self) -> dict[str, str]:
        """Return the functions that reach a sink, and what each goes through."""
        found = {}
        for qualname, calls in self.calls.items():
            sinks = sorted(call for call in calls if self.is_sink(call))
            if sinks:
                found[qualname] = sinks[0]
        grew = True
        while grew:
            grew = False
            for qualname, calls in self.calls.items():
                if qualname in found:
                    continue
                owner = qualname.rpartition(".")[0]
                for call in sorted(calls):
                    target = call.replace("self.", owner + ".", 1) if owner else call
                    target = next((t for t in (target, f"{target}.__init__") if t in found), "")
                    if target:
                        found[qualname] = target
                        grew = True
                        break
        return found

    def is_sink(self, called: str) -> bool:
        """Whether a dotted name is one of the dangers that are looked for."""
        head, _, rest = called.partition(".")
        if head not in self.imports:
            return called in BUILTINS and called not in self.calls
        full = self.imports[head] + ("." + rest if rest else "")
        module, _, name = full.rpartition(".")
        if any(full.startswith(known + ".") for known in MODULES):
            return True
        return name in FUNCTIONS.get(module, "").split()


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` for such an expression, and nothing for others."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def audit(library: pathlib.Path) -> tuple[dict[str, str], int]:
    """Return the globals below a folder that reach a danger, and the number of files not read."""
    found = {}
    unread = 0
    for path in sorted(library.rglob("*.py")):
        parts = path.relative_to(library).with_suffix("").parts
        if SKIPPED.intersection(parts) or parts[0].startswith("config-"):
            continue
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if parts[0] in KNOWN:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(path.read_bytes())
        except SyntaxError:  # of another Python
            unread += 1
            continue
        for qualname, via in Module(tree).reaching().items():
            found[f"{name}:{qualname}"] = via
    return found, unread


def ungraded(picklebox: str, names: list[str]) -> list[str]:
    """Return those of the names that picklebox does not grade dangerous."""
    done = subprocess.run(
        [picklebox, "policy", "explain", "--format", "json", "-"],
        input="\n".join(names) + "\n",
        capture_output=True,
        check=True,
        text=True,
    )
    return [row["asked"] for row in json.loads(done.stdout)["globals"] if row["danger"] is None]


def main() -> int:
    """Audit the folders that are named; 0 if all is graded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--picklebox", required=True)
    parser.add_argument("library", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    total = missed = 0
    for library in options.library:
        found, unread = audit(library)
        wrong = ungraded(options.picklebox, sorted(found)) if found else []
        for name in wrong:
            print(f"{name}  by way of {found[name]}")
        total += len(found)
        missed += len(wrong)
        counts = f"{len(found)} reach a danger, {len(wrong)} ungraded, {unread} files unread"
        print(f"{library}: {counts}", file=sys.stderr)
    return 1 if missed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
