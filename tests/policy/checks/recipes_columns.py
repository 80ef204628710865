"""Recipes of frames, columns and tensors: pandas, Arrow, PyTorch. See recipes.py."""

from __future__ import annotations

PANDAS = """
import copyreg
import pandas as pd
def reduced(value):
    return (value.__reduce__() if type(value).__reduce__ is not object.__reduce__
            else value.__reduce_ex__(2))[:3]
def attributes(value, **other):
    state = value.__reduce_ex__(2)[2]
    return Call(copyreg._reconstructor, (type(value), object, None), {**state, **other})
"""
CATEGORIES = PANDAS + """
good = pd.Categorical([1, 2, 3, 1, 2])
codes = np.array([0, 1, 10 ** 8, 1, 2], dtype="i4")
function, args, state = reduced(good)
false = Call(function, args, tuple(codes if isinstance(part, np.ndarray) else part for part in state))
"""
LEVELS = PANDAS + """
good = pd.MultiIndex.from_product([pd.Index(["x", "y"], dtype=object), [3, 4, 5]])
function, (cls, given), _ = good.__reduce__()
false = Call(function, (cls, {**given, "codes": [np.array([0, 120] * 3, "i1"), given["codes"][1]]}))
"""
BLOCKS = PANDAS + """
good = pd.DataFrame({"a": [1, 2, 3], "b": [1.5, 2.5, 3.5]})
manager, (blocks, axes) = good._mgr.__reduce__()[:2]
def frame(blocks, axes):
    return attributes(good, _mgr=Call(manager, (blocks, list(axes))))
def block(which, values=None, places=None):
    function, args = blocks[which].__reduce__()[:2]
    return Call(function, (args[0] if values is None else values, args[1] if places is None else places,
                           *args[2:]))
"""
TRY_ALL = """
import pandas as pd
def try_all(*ways):
    last = None
    for way in ways:
        try:
            way()
        except Exception as error:
            last = error
    if last: raise last
"""
ASK_FRAME = TRY_ALL + """
def use(frame):
    rows = list(range(len(frame)))[-3:]
    try_all(lambda: frame.take(rows), lambda: frame.iloc[rows], lambda: frame.reindex(rows),
            lambda: frame.loc[rows], lambda: frame.sort_index(ascending=False), lambda: frame.sum(),
            lambda: frame.iloc[::-1].copy(),
            lambda: frame.iloc[:, 0], lambda: str(frame), lambda: frame.groupby(frame.index % 2).sum())
"""
ARROW = """
import pyarrow as pa
def array(kind, items, length):
    made = pa.array(items, type=kind)
    function, ((kind, _, nulls, offset, buffers, children, words),) = made.__reduce__()
    return made, Call(function, ((kind, length, nulls, offset, buffers, children, words),))
"""
ASK_ARROW = """
import pyarrow.compute as pc
def use(array):
    array.to_pylist() if len(array) < 10 ** 6 else pc.max(array) if pc else None
    array[len(array) - 1].as_py()
"""
TENSORS = """
import collections
import torch
from torch._utils import _rebuild_qtensor, _rebuild_sparse_tensor
T = torch.tensor
"""
COO = TENSORS + """
def coo(rows):
    parts = (T([rows, [2, 3]]), torch.ones(2), torch.Size((4, 5)), True)
    return Call(_rebuild_sparse_tensor, (torch.sparse_coo, parts))
good = coo([0, 1])
"""
CSR = TENSORS + """
def csr(pointers, columns=(0, 1, 2)):
    return Call(_rebuild_sparse_tensor, (torch.sparse_csr, (
        T(pointers), T(columns), torch.ones(3), torch.Size((3, 4)))))
good = csr([0, 1, 2, 3])
"""
QUANTIZED = TENSORS + """
made = torch.quantize_per_channel(torch.rand(4, 5), torch.ones(4), torch.zeros(4), 0, torch.qint8)
class Other:
    def __init__(self, reduced): self.reduced = reduced
    def __reduce__(self): return self.reduced
function, args = made.__reduce_ex__(2)[:2]
function, args = (args[0], args[2]) if function is not _rebuild_qtensor else (function, args)
good = Other((function, args))
def but(scales, axis):
    zeros = torch.zeros(scales, dtype=torch.int64)
    scheme = (args[4][0], torch.ones(scales, dtype=torch.float64), zeros, axis)
    return Other((function, args[:4] + (scheme,) + args[5:]))
"""
ASK_TENSOR = """
import torch
def use(tensor):
    if tensor.is_quantized:
        tensor.dequantize().sum(); return
    try:
        tensor @ torch.ones(tensor.shape[-1], 3)
    finally:
        tensor.to_dense().sum()
"""


def recipe(name: str, check: str, make: str, use: str, **other: int) -> dict:
    """Make a recipe."""
    return {"name": name, "check": check, "make": make, "use": use, **other}


COLUMNS = (
    recipe("a category that there is not", "pandas.array", CATEGORIES, """
def use(value):
    np.asarray(value); value.set_categories([1, 2, 3, 4]); value.remove_categories([1])
"""),
    recipe("sparse values fewer than places", "pandas.array", PANDAS + """
good = pd.arrays.SparseArray(np.arange(float(LARGE)), fill_value=0)
false = attributes(good, _sparse_values=np.ones(1))
""", TRY_ALL + """
def use(value):
    try_all(lambda: value + value, lambda: value.take([5, 900 % len(value)]), lambda: np.asarray(value),
            lambda: value * pd.arrays.SparseArray(np.ones(len(value)), fill_value=0))
"""),
    recipe("a mask shorter than its items", "pandas.array", PANDAS + """
good = pd.array([1, None, 3] * (LARGE // 10), dtype="Int64")
false = attributes(good, _mask=np.zeros(1, dtype=bool))
""", TRY_ALL + """
def use(value):
    series = pd.Series(value)
    rows = np.arange(len(value))
    try_all(lambda: series.groupby(rows % 2).sum(), lambda: series.groupby(rows * 0).max(),
            lambda: series.cumsum(), lambda: series.rank(), lambda: value.factorize(),
            lambda: value.take([299, 5]), lambda: series.value_counts(), lambda: series.unique())
"""),
    recipe("a level that there is not", "pandas.index", LEVELS, TRY_ALL + """
def use(index):
    try_all(lambda: list(index.get_level_values(0)), lambda: list(index.values),
            lambda: index.remove_unused_levels(), lambda: str(index), lambda: index.to_frame())
"""),
    recipe("a block far beyond its frame", "pandas.blocks",
           BLOCKS + "false = frame((block(0), block(1, None, slice(10 ** 9, 10 ** 9 + 1, 1))), axes)",
           ASK_FRAME),
    recipe("a block with fewer rows than its frame", "pandas.blocks",
           BLOCKS + "false = frame((block(0), block(1, np.ones((1, 1)))), (axes[0], pd.RangeIndex(LARGE)))",
           ASK_FRAME),
    recipe("numbers far beyond their buffer", "arrow.array",
           ARROW + "good, false = array('int64', [1, 2, 3], 10 ** 8)", ASK_ARROW),
    recipe("text far beyond its buffer", "arrow.array",
           ARROW + "good, false = array('large_string', ['a', 'bc', 'def'], 10 ** 8)", ASK_ARROW),
    recipe("text whose offsets go beyond it", "arrow.array", ARROW + """
good, false = array("large_string", ["a", "bc", "def"], 3)
function, ((kind, length, nulls, offset, buffers, children, words),) = good.__reduce__()
far = pa.py_buffer(np.array([0, 10 ** 9, 2 * 10 ** 9, 3 * 10 ** 9]).tobytes())
false = Call(function, ((kind, length, nulls, offset, [None, far, buffers[2]], children, words),))
""", ASK_ARROW),
    recipe("coo, an index beyond the tensor", "torch.sparse", COO + "false = coo([0, 10 ** 9])", ASK_TENSOR,
           torch=1),
    recipe("csr, a pointer beyond the values", "torch.sparse", CSR + "false = csr([0, 1, 10 ** 9, 3])",
           ASK_TENSOR, torch=1),
    recipe("csr, a column beyond the tensor", "torch.sparse",
           CSR + "false = csr([0, 1, 2, 3], [0, 1, 10 ** 9])", ASK_TENSOR, torch=1),
    recipe("an axis beyond its tensor", "torch.quantized",
           QUANTIZED + "false = but(4, 10 ** 6)", ASK_TENSOR, torch=1),
    recipe("fewer scales than channels", "torch.quantized",
           QUANTIZED + "false = but(1, 0)", ASK_TENSOR, torch=1),
)
