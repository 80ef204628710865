"""Opens untrusted pickles safely.

A pickle is a program, and `pickle.load` runs it. picklebox runs it too, on a machine in
a sandbox that has no imports and no calls; what comes out is checked against a policy,
an allowlist, and only then are objects made, from what was vetted and not from the file.

>>> import pickle, picklebox
>>> picklebox.loads(pickle.dumps({"a": 1}))
{'a': 1}
>>> picklebox.scan(b"cos\\nsystem\\n(S'true'\\ntR.").verdict
'denied'
"""

from __future__ import annotations

from ._core import version as __version__
from ._enforce import Enforcement, enforce
from ._errors import IncompleteError, MalformedError, PolicyError, SandboxError
from ._graph import Graph
from ._policy import Policy
from ._report import Finding, Global, Member, Report, Stream
from ._requirements import Check, Requirements, Resolution, requirements
from ._scan import inspect, scan, untrusted
from ._unpickler import Unpickler, load, loads

__all__ = [
    "Check",
    "Enforcement",
    "Finding",
    "Global",
    "Graph",
    "IncompleteError",
    "MalformedError",
    "Member",
    "Policy",
    "PolicyError",
    "Report",
    "Requirements",
    "Resolution",
    "SandboxError",
    "Stream",
    "Unpickler",
    "__version__",
    "enforce",
    "inspect",
    "load",
    "loads",
    "requirements",
    "scan",
    "untrusted",
]
