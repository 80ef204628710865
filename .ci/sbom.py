"""Writes what is in the two programs, as an SBOM in SPDX 2.3 (JSON).

    sbom.py BUILD_FOLDER > picklebox.spdx.json

What is linked is taken from the commands of the build, header-only libraries
from the files that its compilations read, and names and versions from Debian's
package database. A library that belongs to no package is an error.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

PROGRAMS = ("picklebox", "picklebox-worker")
ROOT = pathlib.Path(__file__).resolve().parents[1]
# The linker adds these by itself.
IMPLICIT = ("libstdc++.a", "libm.a", "libgcc.a", "libgcc_eh.a", "libc.a", "crt1.o")
# Headers of the compiler, of libc and of the kernel say nothing new.
NOT_HEADER_ONLY = re.compile(r"(libstdc\+\+|libc6|linux-libc|libgcc|gcc|g\+\+)[-\d]")


def output(*command: str | os.PathLike) -> str:
    """Run a command and return what it says."""
    words = [os.fspath(word) for word in command]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def linked(build: pathlib.Path) -> tuple[set[str], set[str]]:
    """Return the libraries of the system that are linked, and the objects of ours."""
    commands = output("ninja", "-C", build, "-t", "commands", *PROGRAMS).splitlines()
    libraries, objects = set(), set()
    for command in commands:
        words = shlex.split(command)
        # Generators run at build time; nothing of them is in the programs.
        objects.update(word for word in words if word.endswith(".o") and "_gen.dir/" not in word)
        if "-c" in words or "-o" not in words or words[words.index("-o") + 1] not in PROGRAMS:
            continue
        compiler = next(w for w in words if re.search(r"(\+\+|cc)(-\d+)?$", w))
        for word in words:
            if word.startswith("/") and re.search(r"\.(a|so[.\d]*)$", word):
                libraries.add(word)
            elif re.fullmatch(r"-l\w+", word):
                libraries.add(output(compiler, f"-print-file-name=lib{word[2:]}.a").strip())
        libraries.update(output(compiler, f"-print-file-name={name}").strip() for name in IMPLICIT)
    return libraries, objects


def headers(build: pathlib.Path, objects: set[str]) -> set[str]:
    """Return the headers of the system that these objects were compiled with."""
    found: set[str] = set()
    wanted = False
    for line in output("ninja", "-C", build, "-t", "deps").splitlines():
        if line and not line.startswith(" "):
            wanted = line.split(":", 1)[0] in objects
        elif wanted and line.strip().startswith("/usr/include/"):
            found.add(line.strip())
    return found


def owners(paths: set[str]) -> set[str]:
    """Return the packages that these files belong to."""
    ways = {path: (path, os.path.realpath(path), os.path.realpath(path).removeprefix("/usr"))
            for path in paths}
    # One call: it reads the whole database each time.
    said = subprocess.run(["dpkg", "-S", *sorted({way for three in ways.values() for way in three})],
                          check=False, capture_output=True, text=True).stdout
    known = {}
    for line in said.splitlines():
        package, _, path = line.partition(": ")
        known[path] = package.split(",")[0].split(":")[0]
    found = set()
    for path, three in ways.items():
        owner = next((known[way] for way in three if way in known), None)
        if owner is None:
            raise SystemExit(f"sbom: {path} belongs to no package")
        found.add(owner)
    return found


def header_owners(paths: set[str]) -> set[str]:
    """Return the packages of header-only libraries, by one file a folder."""
    folders: dict[str, str] = {}
    for path in sorted(paths):
        folders.setdefault("/".join(path.split("/")[:4]), path)
    return {p for p in owners(set(folders.values())) if not NOT_HEADER_ONLY.match(p + "-")}


def describe(package: str) -> dict:
    """Return the SPDX entry of a Debian package."""
    form = "${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${Homepage}\n"
    version, arch, source, source_version, home = output("dpkg-query", "-W", f"-f={form}", package
                                                         ).splitlines()[0].split("\t")
    entry = {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", package),
        "name": package,
        "versionInfo": version,
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "sourceInfo": f"built from the Debian source package {source} {source_version}",
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": f"pkg:deb/debian/{package}@{version}?arch={arch}",
        }],
    }
    if home:
        entry["homepage"] = home
    return entry


def version_of_ours() -> str:
    """Return the version that CMakeLists.txt gives."""
    text = (ROOT / "CMakeLists.txt").read_text(encoding="ascii")
    return re.search(r"project\(picklebox VERSION ([\d.]+)", text)[1]


def document(build: pathlib.Path) -> dict:
    """Return the whole SBOM of a build."""
    libraries, objects = linked(build)
    packages = sorted(owners(libraries) | header_owners(headers(build, objects)))
    digests = {p: hashlib.sha256((build / p).read_bytes()).hexdigest() for p in PROGRAMS}
    # The same build has the same document.
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", output("git", "-C", ROOT, "log", "-1", "--format=%ct")))
    created = datetime.datetime.fromtimestamp(epoch, datetime.UTC)
    version = version_of_ours()
    ours = {
        "SPDXID": "SPDXRef-picklebox", "name": "picklebox", "versionInfo": version,
        "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
        "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0", "copyrightText": "NOASSERTION",
    }
    files = [{
        "SPDXID": f"SPDXRef-File-{program}", "fileName": f"./{program}", "fileTypes": ["BINARY"],
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
        "licenseConcluded": "NOASSERTION", "licenseInfoInFiles": ["NOASSERTION"],
        "copyrightText": "NOASSERTION",
    } for program, digest in digests.items()]
    described = [describe(package) for package in packages]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", ours["SPDXID"])]
    relations += [(ours["SPDXID"], "CONTAINS", file["SPDXID"]) for file in files]
    relations += [(ours["SPDXID"], "STATIC_LINK", entry["SPDXID"]) for entry in described]
    mark = hashlib.sha256("".join(digests.values()).encode()).hexdigest()[:32]
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"picklebox-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/picklebox-{version}-{mark}",
        "creationInfo": {"created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
                         "creators": ["Tool: picklebox-sbom"]},
        "packages": [ours, *described],
        "files": files,
        "relationships": [{"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b}
                          for a, kind, b in relations],
    }


def main() -> int:
    """Write it to standard output."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    json.dump(document(pathlib.Path(sys.argv[1]).resolve()), sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
