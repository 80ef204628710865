"""``python -m picklebox requirements --check``."""

from __future__ import annotations

import argparse
import importlib.machinery
import json
import sys
import types
import warnings

from ._errors import SandboxError
from ._policy import Policy
from ._requirements import Check, requirements

_EPILOG = """\
What the policy allows is imported, as loading would; of anything else no code runs.
Exit status: 0 nothing would fail, 1 something would, 2 something could not be read or was
not checked, 4 usage.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="picklebox requirements",
        description="Say whether what files need is in this environment, and in which error "
        "loading them would end. Nothing of them is loaded.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", metavar="FILE")
    parser.add_argument("--check", action="store_true", required=True)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--policy", help="a profile, or a TOML file: what may be imported")
    parser.add_argument("--trusted", action="append", default=[], metavar="MODULE.NAME")
    parser.add_argument("--no-imports", action="store_true", help="import nothing at all")
    return parser


def _forget_main() -> None:
    """Have an empty `__main__`, as a program has before its first line: this one is not meant."""
    main = types.ModuleType("__main__")
    main.__spec__ = importlib.machinery.ModuleSpec("__main__", importlib.machinery.BuiltinImporter)
    main.__spec__.origin = "built-in"
    sys.modules["__main__"] = main


def _write(checks: list[Check], form: str) -> None:
    if form == "json":
        print(json.dumps({"schema_version": 1, "files": [check.as_dict() for check in checks]}, indent=1))
        return
    for check in checks:
        print(check, end="")


def run(arguments: list[str]) -> int:
    """Do what the command line says.

    Returns
    -------
    int
        The exit status.
    """
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as ended:
        return 4 if ended.code else 0
    _forget_main()
    warnings.simplefilter("ignore")  # of what is imported
    try:
        policy = Policy(options.policy) if options.policy else None
        needs = [requirements(path, policy=policy, trusted=options.trusted) for path in options.paths]
    except (OSError, ValueError, SandboxError) as error:
        print(f"picklebox: {error}", file=sys.stderr)
        return 4
    checks = [found.check(imports=not options.no_imports) for found in needs]
    _write(checks, options.format)
    if any(check.failures for check in checks):
        return 1
    return 2 if any(not check.complete or check.not_checked for check in checks) else 0
