"""Classes of popular libraries whose hooks run what the file says: no profile may list them.

Loading these needs the library; what runs then is harmless here. They are what a profile that
was made by tracing stock files, and not by reading the classes, would let through.
"""

from attacks.sample import PYTHON_TOUCH, Group, named
from program import Name

GROUP = Group("hooks")
attack = GROUP.attack

#: A stream that unpickles to None, for what unpickles its argument.
NESTED = b"\x80\x02N."


def _made(p, module, qualname):
    return named(p, module, qualname).EMPTY_TUPLE().NEWOBJ()


@attack("scipy.stats._continuous_distns:norm_gen")
def scipy_distribution(p):
    """A frozen normal distribution: __setstate__ runs exec on text of the state.

    scipy.stats builds the parsers of a distribution's arguments out of a template, which
    is an attribute, and so part of the state.
    """
    _made(p.PROTO(4), "scipy.stats._continuous_distns", "norm_gen")
    p.push({"parse_arg_template": PYTHON_TOUCH, "_parse_args": None}).BUILD().STOP()


@attack("statsmodels.base.data:ModelData")
def statsmodels_formula(p):
    """A model's data: __setstate__ evaluates the text of a formula, by patsy."""
    _made(p.PROTO(4), "statsmodels.base.data", "ModelData")
    p.push({"restore_design_info": True, "frame": {}, "formula": "a ~ " + PYTHON_TOUCH}).BUILD().STOP()


@attack("torch.storage:_load_from_bytes")
def torch_storage(p):
    """A tensor as pickle, and not torch.save, writes it: the bytes are a pickle again."""
    named(p.PROTO(2), "torch.storage", "_load_from_bytes").push(NESTED).TUPLE1().REDUCE().STOP()


@attack("torch._tensor:_rebuild_from_type_v2")
def torch_subclass(p):
    """A tensor with attributes: the first argument is called with the third."""
    named(p.PROTO(2), "torch._tensor", "_rebuild_from_type_v2")
    p.MARK().push(Name("torch._utils", "_rebuild_tensor_v2")).push(Name("torch", "Tensor"))
    p.EMPTY_TUPLE().EMPTY_DICT().TUPLE().REDUCE().STOP()


@attack("torch.fx.graph_module:reduce_graph_module")
def torch_graph_module(p):
    """A traced module of torch.fx: it carries its forward as source, and exec makes it."""
    named(p.PROTO(2), "torch.fx.graph_module", "reduce_graph_module")
    p.push({"_code": "def forward(self): " + PYTHON_TOUCH}).push("").TUPLE2().REDUCE().STOP()


@attack("spacy.tokens.doc:unpickle_doc")
def spacy_document(p):
    """A document of spaCy: the second argument is a pickle of cloudpickle's."""
    named(p.PROTO(4), "spacy.tokens.doc", "unpickle_doc")
    p.NONE().push(NESTED).push(b"").TUPLE3().REDUCE().STOP()


@attack("scipy.spatial._qhull:Delaunay", "state-denied")
def scipy_triangulation(p):
    """A triangulation: when it goes, it calls close of whatever is in an attribute."""
    p.PROTO(4).push(Name("scipy.spatial._qhull", "Delaunay")).EMPTY_TUPLE().NEWOBJ()
    p.push({"_qhull": 1}).here().BUILD().STOP()


@attack("-", "array-bad")
def joblib_side_file(p):
    """An array in a file that is not beside the pickle: its name leads out of the folder."""
    _made(p.PROTO(3), "joblib.numpy_pickle", "NDArrayWrapper")
    p.push({"filename": "../../picklebox-marker", "subclass": None}).here().BUILD().STOP()


@attack("keras.src.saving.keras_saveable:KerasSaveable._unpickle_model")
def keras_model(p):
    """A Keras model: a class method, found by a dotted name, loads an archive with its code."""
    named(p.PROTO(4), "keras.src.saving.keras_saveable", "KerasSaveable._unpickle_model")
    p.push(Name("io", "BytesIO")).push(b"PK").TUPLE1().REDUCE().TUPLE1().REDUCE().STOP()


@attack("sklearn.metrics._dist_metrics:PyFuncDistance")
def sklearn_metric(p):
    """A distance of scikit-learn that calls a function of its state, in a family that is harmless."""
    named(p.PROTO(4), "sklearn.metrics._dist_metrics", "PyFuncDistance").EMPTY_TUPLE().NEWOBJ().STOP()


@attack("regex._regex:compile")
def regex_code(p):
    """A compiled pattern of the package regex: numbers that are code of its engine in C."""
    named(p.PROTO(4), "regex._regex", "compile").push(("a", 0, [1, 2, 3])).REDUCE().STOP()


@attack("xgboost.core:DMatrix")
def xgboost_matrix(p):
    """A sibling of the booster that profiles list: made of a path, it reads the file."""
    named(p.PROTO(4), "xgboost.core", "DMatrix").push(("/dev/null",)).REDUCE().STOP()


@attack("torchvision.datasets.mnist:MNIST")
def torchvision_data_set(p):
    """A data set: making one downloads it."""
    named(p.PROTO(2), "torchvision.datasets.mnist", "MNIST").push(("/tmp", True)).REDUCE().STOP()
