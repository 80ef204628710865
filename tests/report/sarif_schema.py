"""Hold a SARIF file against the schema of OASIS. Run by hand, since the schema comes
from an npm package:

    npm pack @microsoft/sarif-multitool-linux && tar xzf microsoft-sarif-multitool-linux-*.tgz
    picklebox scan -q -o sarif:all.sarif corpus
    python3 tests/report/sarif_schema.py package/sarif-2.1.0.json all.sarif

The package's own program says more: `Sarif.Multitool validate all.sarif --rule-kind 'Sarif;Ghas'`.
"""

from __future__ import annotations

import json
import pathlib
import sys

import jsonschema


def main() -> int:
    """Print what is wrong; 0 if nothing is."""
    schema_path, *paths = (pathlib.Path(argument) for argument in sys.argv[1:])
    schema = json.loads(schema_path.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    wrong = 0
    for path in paths:
        log = json.loads(path.read_text(encoding="ascii"))
        for error in validator.iter_errors(log):
            print(f"{path}: {'/'.join(map(str, error.path))}: {error.message}")
            wrong += 1
        results = sum(len(run["results"]) for run in log["runs"])
        print(f"{path}: {results} results")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
