"""Runs ``picklebox inspect`` on many files at once."""

from __future__ import annotations

import json
import pathlib
import subprocess
from collections.abc import Iterator

from reading import Reading

_POLICY = str(pathlib.Path(__file__).with_name("policy.toml"))
_FILES_A_RUN = 400
_BYTES_A_RUN = 1 << 20  # the nodes of a file take some fifty times its size


def inspect(picklebox: str, files: list[tuple[pathlib.Path, Reading]],
            compat: bool) -> Iterator[dict]:
    """Inspect files, in few runs of the program.

    Parameters
    ----------
    picklebox : str
        The program.
    files : list of (path, reading)
    compat : bool
        Read with ``--compat``.

    Yields
    ------
    dict
        For each file, in order, its entry of the JSON report. For a file on
        which the program fails, an entry with the verdict "failed".

    Raises
    ------
    RuntimeError
        The program does not run at all, or not with these options.
    """
    batch: list[pathlib.Path] = []
    size, flags = 0, None
    for path, reading in files:
        wanted = reading.flags()
        length = path.stat().st_size
        if batch and (wanted != flags or len(batch) == _FILES_A_RUN or size + length > _BYTES_A_RUN):
            yield from _run(picklebox, batch, flags, compat)
            batch, size = [], 0
        batch.append(path)
        size += length
        flags = wanted
    if batch:
        yield from _run(picklebox, batch, flags, compat)


def _run(picklebox, paths, flags, compat):
    command = [picklebox, "inspect", "--all", "--format", "json", "--policy", _POLICY, *flags]
    if compat:
        command.append("--compat")
    done = subprocess.run([*command, *map(str, paths)], check=False, capture_output=True, timeout=1200)
    try:
        files = json.loads(done.stdout)["files"]
        if done.returncode in (0, 1, 2, 3) and [f["path"] for f in files] == list(map(str, paths)):
            return files
    except (ValueError, LookupError):
        pass
    if done.returncode == 4:
        raise RuntimeError(f"{' '.join(command)} ...: {done.stderr.decode(errors='replace')}")
    if len(paths) > 1:
        return [entry for path in paths for entry in _run(picklebox, [path], flags, compat)]
    said = done.stderr.decode(errors="replace").strip()[-300:]
    print(f"{' '.join(command)} {paths[0]}: exit status {done.returncode}: {said}")
    return [{"path": str(paths[0]), "verdict": "failed", "findings": [], "streams": []}]
