#!/usr/bin/env python3
"""Writes corpus/malicious/*/*.pkl from attacks/, and their MANIFEST rows.

    corpus/make_malicious.py            write files and rows
    corpus/make_malicious.py --check    compare with what is there, write nothing
    corpus/make_malicious.py --essay names/obj      what a sample shows

The streams are assembled, never run, and their payloads are harmless. Only the
standard library is used. Samples whose point is their size are `.pklasm`
sources in the same folders, for assemble.py.
"""

import argparse
import sys

import manifest
from attacks import (
    ambiguous,
    arrays,
    by_value,
    calls,
    compose,
    extensions,
    families,
    frames,
    hooks,
    memo,
    mutation,
    names,
    nested,
    persistent,
    report,
    state,
    streams,
    text,
)

MODULES = (ambiguous, arrays, by_value, calls, compose, extensions, frames, hooks, memo, mutation, names)
MODULES += (nested, persistent, report, state, streams, text)


def samples():
    """Every sample, as `attacks.sample.Sample`."""
    groups = [module.GROUP for module in MODULES] + families.GROUPS
    return [sample for group in groups for sample in group.samples]


def path_of(sample):
    """Where a sample lives, relative to corpus/."""
    return f"malicious/{sample.group}/{sample.name}.pkl"


def row_of(sample):
    """The MANIFEST row of a sample."""
    expect = manifest.escape(sample.expect)
    if len(expect) > manifest.LONGEST_NAME:
        expect = "..."
    return manifest.Row(
        path_of(sample),
        "malicious",
        "make_malicious.py",
        "denied",
        expect,
        str(sample.offset),
        sample.reason,
        manifest.escape(sample.essay.splitlines()[0]),
    )


def differences():
    """What --check finds: a line for each file or row that is not as it would be made."""
    rows = {row.path: row for row in manifest.read()}
    for sample in samples():
        relative = path_of(sample)
        path = manifest.ROOT / relative
        if not path.is_file() or path.read_bytes() != sample.code:
            yield f"{relative}: not what make_malicious.py writes"
        if rows.get(relative) != row_of(sample):
            yield f"{relative}: row of MANIFEST is not what make_malicious.py writes"


def write():
    made = set()
    for sample in samples():
        path = manifest.ROOT / path_of(sample)
        if path in made:
            raise ValueError(f"{path}: two samples of one name")
        made.add(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sample.code)
    for path in manifest.ROOT.glob("malicious/*/*.pkl"):
        if path not in made:
            path.unlink()
    manifest.replace(
        lambda name: name.startswith("malicious/") and name.endswith(".pkl"),
        [row_of(sample) for sample in samples()],
    )


def essay(name):
    for sample in samples():
        if f"{sample.group}/{sample.name}" == name:
            print(sample.essay)
            return 0
    print(f"make_malicious: no sample {name}", file=sys.stderr)
    return 1


def main(argv=None):
    parser = argparse.ArgumentParser(description="Write the malicious corpus files.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--essay", metavar="GROUP/NAME", help="print what a sample shows")
    args = parser.parse_args(argv)
    if args.essay:
        return essay(args.essay)
    if not args.check:
        write()
        return 0
    lines = list(differences())
    for line in lines:
        print(line, file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
