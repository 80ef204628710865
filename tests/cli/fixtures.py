"""The files that the cases of the command line are about."""

from __future__ import annotations

import gzip
import io
import os
import pathlib
import pickle
import zipfile

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "corpus"

# Two calls, an object with state, a class that is a value, a plain type.
TRUSTED = (
    b"\x80\x04]\x94(\x8c\x0bacme.models\x8c\x05score\x93\x94\x8c\x04fast\x94K\x01\x86R"
    b"h\x01\x8c\x04fast\x94K\x02\x86R\x8c\x0bacme.models\x8c\x06Ranker\x93)\x81"
    b"}(\x8c\x05depthK\x03\x8c\x04nameNub\x8c\x0bcollections\x8c\x0bOrderedDict\x93)Re."
)
# A function of the program that wrote it, names that were moved, a version.
TRAINED = (
    b"\x80\x03(c__main__\nscale\nccollections\nOrderedDict\ncsklearn.tree.tree\nTree\n"
    b"cnumpy._core.multiarray\nscalar\ncnumpy._core.multiarray\n_reconstruct\n"
    b"cacme_models\nRanker\n}X\x10\x00\x00\x00_sklearn_versionX\x06\x00\x00\x000.21.3sl."
)
CALL = b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R."
PLAIN = {"a": [1, 2.5, None, True], "b": ("x", b"yz"), "c": {1}}


def make(folder: pathlib.Path) -> None:
    """Make them in an empty folder; all names are relative to it in a case."""
    plain = pickle.dumps(PLAIN, 4)
    files = {
        "clean.pkl": plain,
        "allowed.pkl": b"\x80\x02ccollections\nOrderedDict\n)R.",
        "denied.pkl": CALL,
        "python2.pkl": b"c__builtin__\neval\n(S'1'\ntR.",
        "state.pkl": b"\x80\x02cos\nsystem\n}U\x08__code__K\x01sb.",
        "ambiguous.pkl": b"I010\n.",
        "cut.pkl": plain[:40],
        "broken.pkl": b"\x80\x02]K\x01\xff",
        "several.pkl": plain + pickle.dumps(7, 2),
        "junk.pkl": plain + b"\xff\xfe\xfd",
        "both.pkl": CALL[:-1] + b"\xff",
        "names.pkl": b"\x80\x04\x8c\x05os\x1b[m\x8c\x06system\x93.",
        "empty.pkl": b"",
        "gzip.pkl": gzip.compress(plain, mtime=0),
        "image.png": b"\x89PNG\r\n\x1a\n" + bytes(40),
        "README": b"# A readme\n\nSome words (in brackets).\n",
        "folder/inner/denied.pkl": CALL,
        "folder/b.pkl": plain,
        "folder/a.pkl": plain,
        "strange/a\x1b[31mb\n.pkl": plain,
        "many/list": b"clean.pkl\n\nbroken.pkl\n",
        "policy.toml": b'name = "mine"\nextends = ["core"]\n\n[[allow]]\n'
        b'global = "os:system"\nuses = ["reference", "call"]\n',
        "accept.toml": b'[[accept]]\nfingerprint = "f5438655975b4ceaa3b34f1f565dd367"\n'
        b'reason = "made by us, see the wiki"\nexpires = 2999-12-31\n',
        "config-bad.toml": b'format = "yaml"\njobs = "many"\n\n[[accept]]\nreason = ""\n',
        "acme.toml": b'name = "acme"\n\n[[allow]]\nglobal = "acme.models:Ranker"\n'
        b'uses = ["reference", "new", "build"]\nreason = "plain \\"attributes\\""\n\n[[allow]]\n'
        b'global = "builtins:getattr"\nuses = []\nattribute = true\n\n[[extension]]\ncode = 7\n'
        b'global = "copy:copy"\n\n[limits]\nmemory = "1GiB"\n',
        "acme-next.toml": b'name = "acme"\npersistent_ids = true\n\n[[allow]]\n'
        b'global = "acme.models:Ranker"\nuses = ["reference", "new"]\n\n[[allow]]\n'
        b'global = "acme.models:Index"\nuses = ["reference"]\n\n[[allow]]\n'
        b'global = "os:system"\nuses = ["reference", "call"]\n\n[limits]\nmemory = "2GiB"\n',
        "review.toml": b'extends = ["core"]\npersistent_ids = true\n\n[[allow]]\n'
        b'globals = ["acme:A",\n           "acme:B"]\nuses = ["reference"]\n\n[[allow]]\n'
        b'global = "subprocess:run"\nuses = ["call"]\nreason = "we need it"\n\n[[allow]]\n'
        b'global = "functools:partial"\nuses = ["call"]\nreason = "we need it"\n\n[[allow]]\n'
        b'global = "acme:C"\nuses = ["reference", "build"]\nreason = "ours"\n\n[[allow]]\n'
        b'global = "builtins:list"\nuses = ["reference", "call", "new"]\nreason = "ours"\n',
        "expected.tsv": b"# what we rely on\nclean.pkl\tclean\ndenied.pkl\tdenied\tos:system\n"
        b"broken.pkl\tincomplete\tbad-opcode\n",
        "wrong.tsv": b"clean.pkl\tdenied\ndenied.pkl\tdenied\tos:popen\ndenied.pkl\tclean\n",
        "wrong-form.tsv": b"clean.pkl\tfine\n",
        "names.txt": b"os:system\ncollections:OrderedDict\n",
        "trusted.pkl": TRUSTED,
        "trained.pkl": TRAINED,
        "over.toml": b'name = "over"\n\n[[override]]\npath = "legacy/**"\n'
        b'\n[[override.allow]]\nglobal = "os:system"\n'
        b'uses = ["reference", "call"]\n\n[[override]]\npath = "**/*.pt"\n'
        b"persistent_ids = true\n",
        "patterns.toml": b'name = "patterns"\n\n[[allow]]\nmodule = "acme.models"\n'
        b"qualname_pattern = '[A-Z][a-z]*'\n"
        b'uses = ["reference", "new", "build"]\nstate = "dict"\nreason = "ours"\n\n[[allow]]\n'
        b"module_pattern = 'acme.*'\nqualname_pattern = 'score'\n"
        b'uses = ["reference", "call"]\nreason = "ours"\n\n[[allow]]\n'
        b"module_pattern = 'o.*|posix'\nqualname_pattern = '.*'\nuses = [\"reference\"]\n",
        "code.pkl": (CORPUS / "code/py38/runner-cloudpickle.pkl").read_bytes(),
        "policy-bad.toml": b'name = "mine"\n[[allow]]\nglobal = 7\n',
    }
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("data.pkl"), plain)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr(zipfile.ZipInfo("config"), CALL)
        archive.writestr(zipfile.ZipInfo("e\x1b[31m.txt"), b"words")
    with zipfile.ZipFile(folder / "nested.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("data.pkl"), plain)
        archive.writestr(zipfile.ZipInfo("inner.zip"), inner.getvalue())
        archive.writestr(zipfile.ZipInfo("more.pkl.gz"), gzip.compress(plain, mtime=0))
    (folder / "prefix.zip").write_bytes(b"#!/bin/sh\n" + (folder / "archive.zip").read_bytes())
    (folder / "archive.pkl").write_bytes((folder / "archive.zip").read_bytes())
    (folder / "hollow").mkdir()
    (folder / "link.pkl").symlink_to("clean.pkl")
    (folder / "dangling.pkl").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")
