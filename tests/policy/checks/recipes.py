"""What break_models.py tries: for each check, values that are false.

A recipe has a `name`, the `check` that denies it, a program `make` that sets `good` and
`false`, two objects to pickle, and a program `use` that defines `use(value)`.
"""

from __future__ import annotations

TREE = """
from sklearn.tree import DecisionTreeRegressor
from sklearn.tree._tree import Tree
X = np.random.RandomState(0).rand(40, 3)
good = DecisionTreeRegressor(max_depth=3).fit(X, X[:, 0]).tree_
function, args, state = good.__reduce__()
nodes = state["nodes"]
parent = int(np.flatnonzero(nodes["left_child"] > 0)[0])
def but(**other):
    return Call(function, args, {**state, **other})
def node(field, value, place=parent):
    changed = nodes.copy()
    changed[field][place] = value
    return but(nodes=changed)
"""
ASK_TREE = """
def use(tree):
    X = np.random.RandomState(1).rand(500, tree.n_features).astype(np.float32)
    tree.apply(X); tree.predict(X); tree.decision_path(X); tree.compute_feature_importances()
"""
SPARSE = """
import scipy.sparse as sp
dense = np.zeros((40, 30)); dense[::3, ::2] = 1.5
def but(matrix, **other):
    return New(type(matrix), **{**matrix.__dict__, **other})
"""
ASK_SPARSE = """
def use(matrix):
    matrix @ np.ones(matrix.shape[1]); matrix.toarray(); matrix.tocsr() @ np.ones(matrix.shape[1])
    matrix.tocsc(); matrix.sum()
"""


def recipe(name: str, check: str, make: str, use: str, **other: int) -> dict:
    """Make a recipe."""
    return {"name": name, "check": check, "make": make, "use": use, **other}


RECIPES = (
    recipe("a child far beyond the tree", "sklearn.tree",
           TREE + "false = node('left_child', 10 ** 9)", ASK_TREE),
    recipe("a child that is its own parent", "sklearn.tree",
           TREE + "false = node('left_child', parent)", ASK_TREE),
    recipe("a feature beyond the data", "sklearn.tree",
           TREE + "false = node('feature', 10 ** 9)", ASK_TREE),
    recipe("more nodes than there are", "sklearn.tree",
           TREE + "false = but(node_count=10 ** 8)", ASK_TREE),
    recipe("a tree deeper than it says", "sklearn.tree",
           TREE + "false = but(max_depth=0)", ASK_TREE + """
use_once = use
def use(tree):
    X = np.random.RandomState(1).rand(20000, tree.n_features).astype(np.float32)
    for i in range(20): tree.decision_path(X)
"""),
    recipe("more outputs than classes", "sklearn.tree",
           TREE + "false = Call(Tree, (args[0], args[1], 10 ** 6), state)", ASK_TREE),
    recipe("csr, a column beyond the matrix", "scipy.sparse",
           SPARSE + "good = sp.csr_matrix(dense)\n"
           "false = but(good, indices=change(good.indices, 3, 10 ** 9))", ASK_SPARSE),
    recipe("csr, a pointer beyond the data", "scipy.sparse",
           SPARSE + "good = sp.csr_matrix(dense)\n"
           "false = but(good, indptr=change(good.indptr, 5, 10 ** 8))", ASK_SPARSE),
    recipe("csc, a row beyond the matrix", "scipy.sparse",
           SPARSE + "good = sp.csc_matrix(dense)\n"
           "false = but(good, indices=change(good.indices, 3, -10 ** 9))", ASK_SPARSE),
    recipe("csr, more rows than pointers", "scipy.sparse",
           SPARSE + "good = sp.csr_matrix(dense)\nfalse = but(good, _shape=(10 ** 6, 30))", ASK_SPARSE),
    recipe("bsr, a block beyond the matrix", "scipy.sparse",
           SPARSE + "good = sp.bsr_matrix(dense, blocksize=(2, 3))\n"
           "false = but(good, indices=change(good.indices, 3, 10 ** 8))", ASK_SPARSE),
    recipe("coo, a cell beyond the matrix", "scipy.sparse",
           SPARSE + """
good = sp.coo_matrix(dense)
far = change(good.row, 3, 10 ** 9)
false = but(good, coords=(far, good.col)) if "coords" in vars(good) else but(good, row=far)
""", ASK_SPARSE),
    recipe("dia, more offsets than diagonals", "scipy.sparse",
           SPARSE + "good = sp.dia_matrix(dense)\n"
           "false = but(good, offsets=np.arange(0, 10 ** 5, dtype='i4'))", ASK_SPARSE),
    recipe("lil, a column beyond the matrix", "scipy.sparse",
           SPARSE + """
good = sp.lil_matrix(dense)
rows = good.rows.copy(); rows[0] = [10 ** 8] + list(rows[0][1:])
false = but(good, rows=rows)
""", ASK_SPARSE),
    recipe("lil, more columns than data", "scipy.sparse",
           SPARSE + """
good = sp.lil_matrix(dense)
rows = good.rows.copy(); rows[0] = list(range(30)) * 10 ** 3
false = but(good, rows=rows)
""", ASK_SPARSE),
    recipe("dok, a cell beyond the matrix", "scipy.sparse",
           SPARSE + """
import copyreg
good = sp.dok_matrix(dense)
cells = {**dict(good.items()), (10 ** 9, 2): 1.5}
other = {key: value for key, value in vars(good).items() if key != "_dict"}
if "_dict" in vars(good):
    false = New(type(good), **{**vars(good), "_dict": cells})
else:
    false = Call(copyreg._reconstructor, (type(good), dict, cells), other)
""", ASK_SPARSE),
)
