#!/usr/bin/env python3
"""Writes policy/profiles/sklearn.toml from installed releases of scikit-learn.

    make_sklearn.py PYTHON... > sklearn.toml

Each PYTHON is an interpreter that has one release; the profile is the union of
what they have. A class or function gets into it by rules that are written down
here, not by being seen in a file:

estimators   every class that derives from sklearn.base.BaseEstimator
records      plain Python classes of the modules in RECORDS: no __reduce__, no
             __setstate__ and no __del__ of their own
natives      compiled classes of the modules in NATIVES, with the helpers that
             unpickle them
functions    plain functions of the modules in FUNCTIONS, by reference only

Left out are tests, datasets (they download) and externals.
"""

import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
import textwrap
import warnings

SKIPPED = (
    "tests", "datasets", "externals", "conftest", "_build_utils", "_plot", "experimental", "setup",
    "estimator_checks", "_mocking", "_testing", "_test_common", "_repr_html",
)

# Classes that keep values in attributes.
RECORDS = (
    "sklearn._loss", "sklearn.calibration", "sklearn.cluster._birch",
    "sklearn.cluster._bisect_k_means", "sklearn.compose._column_transformer",
    "sklearn.ensemble._gb_losses", "sklearn.ensemble._gb",
    "sklearn.ensemble._hist_gradient_boosting", "sklearn.gaussian_process.kernels",
    "sklearn.impute._iterative", "sklearn.linear_model._glm", "sklearn.metrics._scorer",
    "sklearn.model_selection._classification_threshold", "sklearn.model_selection._split",
    "sklearn.multiclass", "sklearn.neural_network._stochastic_optimizers",
    "sklearn.utils._bunch", "sklearn.utils._metadata_requests",
)
# Classes in C that set themselves up again from plain values. Not among them:
# PyFuncDistance, which calls a function of its state.
NATIVES = {
    "sklearn._loss._loss": re.compile(r"Cy\w+"),
    "sklearn.linear_model._sgd_fast": re.compile(r"\w+"),
    "sklearn.tree._tree": re.compile(r"Tree"),
    "sklearn.metrics._dist_metrics": re.compile(r"(?!PyFunc)\w+Distance(32|64)?"),
    "sklearn.neighbors._dist_metrics": re.compile(r"(?!PyFunc)\w+Distance(32|64)?"),
    "sklearn.neighbors._ball_tree": re.compile(r"BallTree(32|64)?"),
    "sklearn.neighbors._kd_tree": re.compile(r"KDTree(32|64)?"),
}
# Their rules, by module.
KINDS = {
    "sklearn._loss._loss": "called", "sklearn.linear_model._sgd_fast": "called",
    "sklearn.tree._tree": "trees", "sklearn.neighbors._ball_tree": "neighbours",
    "sklearn.neighbors._kd_tree": "neighbours", "sklearn.metrics._dist_metrics": "distances",
    "sklearn.neighbors._dist_metrics": "distances",
}
# Python classes whose values are checked: estimators that ask trees without asking these how many
# features they take, and parts of them.
CHECKED = {
    "ensembles": re.compile(
        r"sklearn\.(ensemble|tree)\.[\w.]+:(Base)?(DecisionTree|ExtraTree|RandomForest|RandomTreesEmb|GradientB|"
        r"HistGradientB|IsolationF|Forest)\w*"
    ),
    "predictors": re.compile(r"sklearn\.ensemble\._hist_gradient_boosting\.predictor:TreePredictor"),
    "bins": re.compile(r"sklearn\.ensemble\._hist_gradient_boosting\.binning:_BinMapper"),
    "machines": re.compile(r"sklearn\.svm\.\w+:(BaseLibSVM|BaseSVC|(Nu)?SV[CR]|OneClassSVM)"),
}
# Functions that estimators take as parameters: the public ones, and these.
FUNCTIONS = (
    "sklearn.cluster._kmeans", "sklearn.feature_extraction.text",
    "sklearn.feature_selection._mutual_info", "sklearn.feature_selection._univariate_selection",
    "sklearn.metrics._classification", "sklearn.metrics._ranking", "sklearn.metrics._regression",
    "sklearn.metrics._scorer", "sklearn.metrics.cluster._supervised",
    "sklearn.metrics.cluster._unsupervised", "sklearn.metrics.pairwise",
    "sklearn.preprocessing._data", "sklearn.preprocessing._function_transformer",
)
PRIVATE_FUNCTIONS = {
    "_passthrough_scorer", "_identity", "_kmeans_single_elkan", "_kmeans_single_lloyd",
}

RULES = {
    "estimators": (
        "Every other estimator.",
        ["reference", "new", "build"], {"new": "[]", "state": '"dict"'},
        "keeps parameters and what was learned; its state goes into attributes, and nothing "
        "of it is called while loading",
    ),
    "ensembles": (
        "Estimators that are trees or made of trees.",
        ["reference", "new", "build"], {"new": "[]", "state": '"dict"', "check": '["sklearn.ensemble"]'},
        "keeps parameters and what was learned; its trees are checked to take as many features",
    ),
    "predictors": (
        "The trees of histogram gradient boosting.",
        ["reference", "new", "build"], {"new": "[]", "state": '"dict"', "check": '["sklearn.predictor"]'},
        "nodes and bitsets in arrays, which are checked; newer ones convert these",
    ),
    "bins": (
        "What maps features to bins.",
        ["reference", "new", "build"], {"new": "[]", "state": '"dict"', "check": '["sklearn.bins"]'},
        "keeps parameters and what was learned",
    ),
    "machines": (
        "Support vector machines of libsvm.",
        ["reference", "new", "build"], {"new": "[]", "state": '"dict"', "check": '["sklearn.svm"]'},
        "keeps parameters and what was learned; vectors, coefficients and their numbers are checked to fit",
    ),
    "records": (
        "Parts of estimators: losses, links, kernels, splitters, scorers and the like.",
        ["reference", "new", "build"], {"state": '"dict"'},
        "keeps values in attributes",
    ),
    "mappings": (
        "Dicts whose keys are attributes too.",
        ["reference", "call", "new", "build", "extend"], {"state": '"dict"', "items": '"str: any"'},
        "a dict; its own __setstate__ ignores the state",
    ),
    "lists": (
        "Lists with a warning for whoever changes them.",
        ["reference", "new", "build"], {"new": "[]", "state": '"dict"'},
        "keeps a list in an attribute",
    ),
    "trees": (
        "Decision trees, in C: what is false in their nodes crashes native code when they are asked.",
        ["reference", "call", "new", "build"], {
            "call": '["int", "array", "int"]', "new": '["int", "array", "int"]',
            "state": "\"dict['max_depth': int, 'node_count': int, 'nodes'|'values': array]\"",
            "setstate": "true", "check": '["sklearn.tree"]',
        },
        "nodes and values in arrays, which are checked",
    ),
    "called": (
        "Classes in C that make themselves of a few numbers.",
        ["reference", "call", "new", "build"], {
            "call": '["int|float*"]', "new": '["int|float*"]',
            "state": '"none|tuple[int|float*]"', "setstate": "true",
        },
        "makes itself of numbers",
    ),
    "neighbours": (
        "Trees that find neighbours, in C.",
        ["reference", "new", "build"], {
            "new": "[]",
            "state": '"tuple[array, array, array, array, ' + 7 * "int, " + 'made, none|array]"',
            "setstate": "true", "check": '["sklearn.neighbors"]',
        },
        "sets itself up from numbers and arrays, which are checked",
    ),
    "distances": (
        "Measures of distance, in C.",
        ["reference", "new", "build"], {
            "new": "[]", "state": '"tuple[int|float, array, array]"', "setstate": "true",
            "check": '["sklearn.distance"]',
        },
        "sets itself up from a number, a vector and a matrix, which are checked",
    ),
    "unpicklers": (
        "What makes objects of the classes in C.",
        ["reference", "call"], {"call": '["class", "any*"]'},
        "makes an object of the class that it is given, which is held to the policy",
    ),
    "functions": (
        "Functions, named and not called.",
        ["reference"], {},
        "computes on arrays when an estimator calls it",
    ),
}

HEAD = '''\
# scikit-learn, releases {releases}. Made by
# policy/profiles/make_sklearn.py; change that, not this.

name    = "sklearn"
extends = ["scipy"]

# Before 1.3 this was a dict that warned of old keys.

[[allow]]
global = "sklearn.covariance._graph_lasso:_DictWithDeprecatedKeys"
uses   = ["reference", "new", "build", "extend"]
reason = "a dict"
'''


def within(module, roots):
    return any(module == root or module.startswith(root + ".") for root in roots)


def is_plain(cls):
    own = {name for base in cls.__mro__[:-1] if base.__module__ != "builtins" for name in vars(base)}
    return not own & {"__reduce__", "__reduce_ex__", "__setstate__", "__del__"}


def kind_of_class(cls, base):
    """The rule that admits a class, or None."""
    heap = bool(cls.__flags__ & (1 << 9))
    for kind, names in CHECKED.items():
        if names.fullmatch(f"{cls.__module__}:{cls.__name__}"):
            return kind
    if issubclass(cls, base):
        return "estimators"
    if cls.__name__ == "Bunch":
        return "mappings"
    if issubclass(cls, BaseException):
        return None
    if cls.__module__ in NATIVES and NATIVES[cls.__module__].fullmatch(cls.__name__):
        return KINDS[cls.__module__]
    if cls.__name__.endswith("Display") or issubclass(cls, (dict, list)):
        return None
    if within(cls.__module__, RECORDS) and heap and is_plain(cls):
        return "lists" if cls.__name__ == "_RemainderColsList" else "records"
    return None


def kind_of_function(module, name):
    if module in NATIVES:
        made = name.removeprefix("__pyx_unpickle_")
        is_unpickler = made != name and NATIVES[module].fullmatch(made)
        return "unpicklers" if name == "newObj" or is_unpickler else None
    if f"{module}:{name}" == "sklearn.utils.validation:check_array":
        return "functions"
    is_wanted = not name.startswith("_") or name in PRIVATE_FUNCTIONS
    return "functions" if module in FUNCTIONS and is_wanted else None


def collect():
    """The release of this interpreter: {kind: ["module:name", ...]}."""
    warnings.simplefilter("ignore")
    import sklearn
    from sklearn.base import BaseEstimator
    from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401

    found = {kind: set() for kind in RULES}
    for info in pkgutil.walk_packages(sklearn.__path__, "sklearn.", onerror=lambda name: None):
        if set(info.name.split(".")) & set(SKIPPED):
            continue
        try:
            module = importlib.import_module(info.name)
        except Exception as error:  # an optional part that this host lacks
            print(f"{info.name}: {error}", file=sys.stderr)
            continue
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) not in (info.name, None) or "<" in name:
                continue
            if getattr(value, "__module__", None) is None and info.name not in NATIVES:
                continue
            if getattr(value, "__name__", name) != name:
                continue
            if inspect.isclass(value):
                kind = kind_of_class(value, BaseEstimator)
            elif callable(value) and hasattr(value, "__name__"):
                kind = kind_of_function(info.name, name)
            else:
                kind = None
            if kind:
                found[kind].add(f"{info.name}:{name}")
    return {"release": sklearn.__version__, "found": {k: sorted(v) for k, v in found.items()}}


def canonical(name):
    """Resolves the aliases of policy/aliases.def that concern scikit-learn."""
    if name == "sklearn.utils:Bunch":
        return "sklearn.utils._bunch:Bunch"
    return name.replace("sklearn.neighbors._dist_metrics:", "sklearn.metrics._dist_metrics:")


def write(results):
    releases = [result["release"] for result in results]
    print(HEAD.format(releases=", ".join(releases)), end="")
    seen = set()
    for kind, (title, uses, extra, reason) in RULES.items():
        names = {canonical(name) for result in results for name in result["found"][kind]} - seen
        seen |= names
        if not names:
            continue
        lines = textwrap.wrap(", ".join(f'"{name}"' for name in sorted(names)) + ",", 100,
                              initial_indent="  ", subsequent_indent="  ",
                              break_on_hyphens=False, break_long_words=False)
        print()
        print("\n".join(textwrap.wrap(title, 78, initial_indent="# ", subsequent_indent="# ")))
        print("\n[[allow]]\nglobals = [\n" + "\n".join(lines) + "\n]")
        print("uses = [" + ", ".join(f'"{use}"' for use in uses) + "]")
        for key, value in extra.items():
            print(f"{key} = {value}")
        print(f'reason = "{reason}"')


def main(arguments):
    if arguments == ["--collect"]:
        json.dump(collect(), sys.stdout)
        return 0
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    results = []
    for python in arguments:
        done = subprocess.run([python, __file__, "--collect"], stdout=subprocess.PIPE, check=True)
        results.append(json.loads(done.stdout))
    write(sorted(results, key=lambda r: [int(part) for part in r["release"].split(".")]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
