"""Writes seeds of marshal_fuzz: the code objects of corpus/code_samples.py, one a file.

Usage: make_marshal_seeds.py FOLDER
"""

import marshal
import pathlib
import sys
import types

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "corpus" / "code_samples.py"


def main() -> int:
    """Write all of them, of the interpreter that runs this."""
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    todo = [compile(SOURCE.read_text(), "train.py", "exec")]
    count = 0
    while todo:
        code = todo.pop()
        (folder / f"seed-{count}").write_bytes(marshal.dumps(code))
        count += 1
        todo += [item for item in code.co_consts if isinstance(item, types.CodeType)]
    print(f"{count} seeds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
