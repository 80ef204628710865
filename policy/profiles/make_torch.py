#!/usr/bin/env python3
"""Writes the profiles torch, torchvision and ultralytics from installed releases.

    make_torch.py PROFILE PYTHON... > PROFILE.toml

Each PYTHON is an interpreter that has one release; the profile is the union of
what they have, after heads/PROFILE.toml, which is written by hand. A class
gets into it by rules that are written down here, not by being seen in a file:

modules      classes that derive from torch.nn.Module, of the modules in ROOTS,
             whose hooks of the unpickler are none, or were read (REVIEWED)
optimizers   the same for torch.optim.Optimizer
records      plain classes of the modules in RECORDS: no hook at all

What has another hook (torch.fx's modules carry source code) is left out and
named on standard error.
"""

import importlib
import inspect
import json
import os
import pathlib
import pkgutil
import subprocess
import sys
import textwrap
import warnings

HERE = pathlib.Path(__file__).resolve().parent

ROOTS = {
    "torch": ("torch.nn.modules", "torch.nn.parallel.data_parallel", "torch.optim"),
    "torchvision": ("torchvision.models", "torchvision.ops", "torchvision.transforms.transforms"),
    "ultralytics": ("ultralytics.nn.modules", "ultralytics.nn.tasks"),
}
RECORDS = {
    "torch": (
        "torch.optim.lr_scheduler",
        "torch.nn.utils.weight_norm",
        "torch.nn.utils.spectral_norm",
        "torch.utils.data.dataset",
        "torch.distributions",
    ),
    "torchvision": (
        "torchvision.models._utils",
        "torchvision.models.detection",
        "torchvision.ops",
        "torchvision.transforms.transforms",
    ),
    "ultralytics": (
        "ultralytics.utils.loss",
        "ultralytics.utils.tal",
        "ultralytics.yolo.utils.loss",
        "ultralytics.yolo.utils.tal",
    ),
}
SKIPPED = (
    "quantization",
    "feature_extraction",
    "distributed",
    "_functions",
    "backbones",
    "test",
    "__main__",
    "v2",
)

# What an unpickler runs of a class.
HOOKS = (
    "__reduce__",
    "__reduce_ex__",
    "__setstate__",
    "__del__",
    "__new__",
    "__setattr__",
    "__getattr__",
    "__getattribute__",
)
# Hooks of these classes were read, in the first and the last of the releases:
# they update __dict__, fill in attributes that older releases lacked, look up
# parameters by their names, and turn a step count into a tensor.
REVIEWED = {
    "torch.nn.modules.module:Module",
    "torch.nn.modules.rnn:RNNBase",
    "torch.nn.modules.conv:_ConvNd",
    "torch.nn.modules.activation:MultiheadAttention",
    "torch.nn.modules.activation:Softmin",
    "torch.nn.modules.activation:Softmax",
    "torch.nn.modules.activation:LogSoftmax",
    "torch.nn.modules.activation:Softmax2d",
    "torch.nn.modules.pooling:AvgPool3d",
    "torch.nn.modules.transformer:TransformerEncoderLayer",
    "torch.nn.modules.transformer:TransformerDecoderLayer",
    "torch.nn.modules.loss:NLLLoss2d",
    "torch.nn.modules.upsampling:Upsample",
    "torch.nn.modules.container:ParameterList",
    "torch.nn.modules.container:ParameterDict",
    "torch.nn.modules.batchnorm:_NormBase",
    "ultralytics.nn.modules.block:AAttn",
}

RULES = {
    "modules": (
        "Modules of nets. What is referred to as a hook or an activation runs when the module does; "
        "it is held to the policy as every reference is.",
        ["reference", "new", "build"],
        "parameters, buffers and sub-modules in attributes; nothing of its state is called while loading",
    ),
    "optimizers": (
        "Optimisers. Some ask the groups and the state that they are given for defaults, by get and "
        "setdefault.",
        ["reference", "new", "build"],
        "parameter groups and state in attributes; fills in what older releases lacked",
    ),
    "records": (
        "Classes without any hook.",
        ["reference", "new", "build"],
        "keeps values in attributes",
    ),
}


# What the methods of a state are asked for has to be a dict, and not what has a method of that name.
STATES = {
    "optimizers": "dict['state': dict|made(collections:defaultdict), 'param_groups': list[dict], str: any]",
}


def owner(cls, hook):
    """The class that a hook comes from, unless it is the interpreter's own."""
    for base in cls.__mro__:
        if hook in vars(base):
            own = base.__module__ in ("builtins", "typing", "collections", "abc", "enum")
            return None if own else f"{base.__module__}:{base.__qualname__}"
    return None


def kind_of(cls, profile, name):
    """The rule that admits a class, or None."""
    import torch

    hooks = {hook: owner(cls, hook) for hook in HOOKS}
    unread = {
        hook: where
        for hook, where in hooks.items()
        if where
        and where not in REVIEWED
        and not (where.startswith(("torch.optim.", "torch.optim:")) and hook == "__setstate__")
    }
    is_module, is_optimizer = issubclass(cls, torch.nn.Module), issubclass(cls, torch.optim.Optimizer)
    if is_module or is_optimizer:
        if not name.startswith(ROOTS[profile]):
            return None
        if unread:
            print(f"left out: {name} {unread}", file=sys.stderr)
            return None
        return "modules" if is_module else "optimizers"
    if name.startswith(RECORDS[profile]) and not any(hooks.values()):
        is_plain = not issubclass(cls, (BaseException, dict, list, tuple, torch.autograd.Function))
        return "records" if is_plain and type(cls) is type else None
    return None


def modules_of(root):
    """The module and all below it."""
    try:
        module = importlib.import_module(root)
    except ImportError:
        return
    yield module
    for info in pkgutil.walk_packages(
        getattr(module, "__path__", ()), root + ".", onerror=lambda name: None
    ):
        if set(info.name.split(".")) & set(SKIPPED):
            continue
        try:
            yield importlib.import_module(info.name)
        except Exception as error:  # an optional part that this host lacks
            print(f"{info.name}: {error}", file=sys.stderr)


def collect(profile):
    """The release of this interpreter: {kind: ["module:name", ...]}."""
    warnings.simplefilter("ignore")
    found = {kind: set() for kind in RULES}
    for root in ROOTS[profile] + RECORDS[profile]:
        for module in modules_of(root):
            for name, value in vars(module).items():
                if (
                    inspect.isclass(value)
                    and value.__module__ == module.__name__
                    and value.__name__ == name
                ):
                    kind = kind_of(value, profile, f"{module.__name__}:{name}")
                    if kind:
                        found[kind].add(f"{module.__name__}:{name}")
    release = importlib.import_module(profile).__version__.split("+")[0]
    return {"release": release, "found": {k: sorted(v) for k, v in found.items()}}


def write(profile, results):
    releases = [result["release"] for result in results]
    print((HERE / "heads" / f"{profile}.toml").read_text().format(releases=", ".join(releases)), end="")
    seen = set()
    for kind, (title, uses, reason) in RULES.items():
        # What is a record in one release may be a module in another.
        names = {name for result in results for name in result["found"][kind]} - seen
        seen |= names
        if not names:
            continue
        lines = textwrap.wrap(
            ", ".join(f'"{name}"' for name in sorted(names)) + ",",
            100,
            initial_indent="  ",
            subsequent_indent="  ",
            break_on_hyphens=False,
            break_long_words=False,
        )
        print()
        print("\n".join(textwrap.wrap(title, 78, initial_indent="# ", subsequent_indent="# ")))
        print("\n[[allow]]\nglobals = [\n" + "\n".join(lines) + "\n]")
        print("uses   = [" + ", ".join(f'"{use}"' for use in uses) + "]")
        if kind in STATES:
            print(f'state  = "{STATES[kind]}"')
        print(f'reason = "{reason}"')


def main(arguments):
    if arguments[:1] == ["--collect"]:
        answer = json.dumps(collect(arguments[1]))
        print("\n" + answer)
        sys.stdout.flush()
        os._exit(0)
    if len(arguments) < 2 or arguments[0] not in ROOTS:
        print(__doc__, file=sys.stderr)
        return 2
    results = []
    for python in arguments[1:]:
        command = [python, __file__, "--collect", arguments[0]]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        results.append(json.loads(done.stdout.strip().splitlines()[-1]))
    write(arguments[0], sorted(results, key=lambda r: [int(part) for part in r["release"].split(".")]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
