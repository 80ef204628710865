#!/usr/bin/env python3
"""Runs the pickles of corpus/stress, each of which is large, through fuzz bodies.

Their graphs have no room in the small replies of a body, so that a run ends where
that is noticed; what is read from memory and in pieces then ends elsewhere, which the
bodies once took for a difference.
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "corpus"))

import assemble  # noqa: E402


def main() -> int:
    """Run all; 1 if a body aborts on one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replay", required=True, help="fuzz_replay")
    parser.add_argument("body", nargs="+")
    options = parser.parse_args()
    sources = sorted((ROOT / "corpus" / "stress").glob("*.pklasm"))
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for source in sources:
            path = pathlib.Path(folder) / f"{source.stem}.pkl"
            path.write_bytes(assemble.assemble_file(source).code)
            for body in options.body:
                done = subprocess.run([options.replay, "--header", body, path],
                                      check=False, capture_output=True, text=True)
                if done.returncode != 0:
                    failed += 1
                    print(f"{body}: {source.name}: {done.stderr[:400]}")
    print(f"{len(sources)} pickles, {failed} failures")
    return 1 if failed or not sources else 0


if __name__ == "__main__":
    sys.exit(main())
