"""What break_models.py tries: for each check, values that are false.

A recipe has a `name`, the `check` that denies it, a program `make` that sets `good` and
`false`, two objects to pickle, and a program `use` that defines `use(value)`. With `torch`
the two are written by torch.save. LARGE is beyond what is mapped, and small in files that are
kept.
"""

from __future__ import annotations

from recipes_columns import COLUMNS, recipe

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

NEIGHBORS = """
from sklearn.neighbors import BallTree, KDTree
X = np.random.RandomState(0).rand(50, 4)
good = {kind}(X, leaf_size=5{more})
function, args, state = good.__reduce__()
def but(place, value):
    return Call(function, args, state[:place] + (value,) + state[place + 1:])
def node(field, value, place=0):
    nodes = np.array(state[2]); nodes[field][place] = value
    return but(2, nodes)
"""
ASK_NEIGHBORS = """
def use(tree):
    X = np.random.RandomState(1).rand(200, np.asarray(tree.data).shape[1])
    tree.query(X, k=3); tree.query_radius(X, r=0.4); tree.query(X, k=3, breadth_first=True)
    tree.kernel_density(X, h=0.1)
"""
BOOST = """
from sklearn.ensemble import HistGradientBoostingRegressor
X = np.random.RandomState(0).rand(200, 3); X[:, 2] = (X[:, 2] * 5).astype(int)
good = HistGradientBoostingRegressor(max_iter=2, max_leaf_nodes=4, min_samples_leaf=5,
                                     categorical_features=[2]).fit(X, X[:, 0] + X[:, 2] % 2)
first = good._predictors[0][0]
inner = np.flatnonzero(first.nodes["is_leaf"] == 0)
by_category = [(row[0], int(n)) for row in good._predictors
               for n in np.flatnonzero(row[0].nodes["is_categorical"])]
def but(predictor, **other):
    made = pickle.loads(pickle.dumps(good))
    made._predictors = [[New(type(predictor), **{**vars(predictor), **other})]]
    return made
def node(field, value, predictor=first, place=int(inner[0])):
    nodes = predictor.nodes.copy(); nodes[field][place] = value
    return but(predictor, nodes=nodes)
"""
ASK_ESTIMATOR = """
def use(estimator):
    X = np.random.RandomState(1).rand(200, estimator.n_features_in_)
    X[:, -1] = (X[:, -1] * 5).astype(int)
    estimator.predict(X)
"""
FOREST = """
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor
X = np.random.RandomState(0).rand(40, 2); wide = np.random.RandomState(0).rand(40, 10 ** 6 // 2)
other = DecisionTreeRegressor(max_depth=2).fit(X, X[:, 0])
far = other.tree_.__reduce__()
nodes = far[2]["nodes"].copy(); nodes["feature"][nodes["left_child"] > 0] = 10 ** 8
far = Call(far[0], (10 ** 9, *far[1][1:]), {**far[2], "nodes": nodes})
wrong = New(type(other), **{**vars(other), "tree_": far})
"""
SPATIAL = """
import copyreg
from scipy.spatial import cKDTree
X = np.random.RandomState(0).rand(60, 3)
good = cKDTree(X, leafsize=4)
function, args, state = good.__reduce_ex__(2)[:3]
false_states = {}
def but(place, value):
    made = cKDTree(X[:1])
    false_states[id(made)] = state[:place] + (value,) + state[place + 1:]
    return made
copyreg.pickle(cKDTree, lambda tree: (function, args, false_states.get(id(tree)) or tree.__getstate__()))
def node(word, value, place=0):
    nodes = np.array(state[0]).view("i8").reshape(-1, 9); nodes[place, word] = value
    return but(0, nodes.reshape(-1).view(state[0].dtype))
"""
ASK_SPATIAL = """
def use(tree):
    X = np.random.RandomState(1).rand(200, 3)
    tree.query(X, k=3); tree.query_ball_point(X, 0.4)
    tree.count_neighbors(tree, 0.3); tree.query_pairs(0.2)
"""
DELAUNAY = """
from scipy.spatial import Delaunay
good = Delaunay(np.random.RandomState(0).rand(60, 3))
def but(**other):
    made = pickle.loads(pickle.dumps(good)); made.__dict__.update(other); return made
"""
ASK_DELAUNAY = """
def use(mesh):
    X = np.random.RandomState(1).rand(500, 3)
    mesh.find_simplex(X); mesh.find_simplex(X, bruteforce=True)
"""
SPLINE = """
from scipy.interpolate import BSpline
good = BSpline(np.arange(12.0), np.ones(8), 3)
def but(**other):
    made = pickle.loads(pickle.dumps(good))
    inner = made
    for value in vars(made).values():
        inner = value if type(value).__name__ == "_BSpline" else inner
    inner.__dict__.update(other)
    return made
"""

MACHINE = """
import scipy.sparse as sp
from sklearn.svm import SVC
X = np.random.RandomState(0).rand(20, 3)
y = (X[:, 0] * 3).astype(int)
def but(**other):
    made = pickle.loads(pickle.dumps(good)); made.__dict__.update(other); return made
"""
ASK_MACHINE = """
def use(machine):
    machine.predict(np.zeros((4, machine.n_features_in_)))
    machine.decision_function(np.zeros((4, machine.n_features_in_)))
"""
INTERPOLATE = """
import scipy.interpolate as si
def but(**other):
    made = pickle.loads(pickle.dumps(good)); made.__dict__.update(other); return made
def either(name, value):
    return but(**{("_" + name if "_" + name in vars(good) else name): value})
"""


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
    recipe("a ball tree whose points lie beyond it", "sklearn.neighbors",
           NEIGHBORS.format(kind="BallTree", more="") + "false = but(1, change(state[1], 3, 10 ** 9))",
           ASK_NEIGHBORS),
    recipe("a ball tree whose nodes go beyond it", "sklearn.neighbors",
           NEIGHBORS.format(kind="BallTree", more="") + "false = node('idx_end', 10 ** 9, slice(None))",
           ASK_NEIGHBORS),
    recipe("a k-d tree that has no leaves", "sklearn.neighbors",
           NEIGHBORS.format(kind="KDTree", more="") + "false = node('is_leaf', 0, slice(None))",
           ASK_NEIGHBORS),
    recipe("a k-d tree with bounds for one node", "sklearn.neighbors",
           NEIGHBORS.format(kind="KDTree", more="") + "false = but(3, state[3][:, :1].copy())",
           ASK_NEIGHBORS),
    recipe("weights of distance for no feature", "sklearn.neighbors",
           NEIGHBORS.format(kind="BallTree", more=", metric='seuclidean', V=np.ones(4)") + """
metric = state[11].__reduce__()
false = but(11, Call(metric[0], metric[1], (2.0, np.zeros(0), np.zeros((1, 1)))))
""", ASK_NEIGHBORS),
    recipe("a distance whose matrix is no square", "sklearn.distance",
           NEIGHBORS.format(kind="BallTree", more=", metric='mahalanobis', V=np.eye(4)") + """
tree, good = good, state[11]
metric = good.__reduce__()
false = Call(metric[0], metric[1], (2.0, metric[2][1], np.zeros((1000, 1))))
""", """
def use(metric):
    metric.pairwise(np.random.RandomState(1).rand(2, 4 if np.asarray(metric.__getstate__()[2]).shape[1] > 1
                                                  else 1000))
"""),
    recipe("a boosted tree, a child beyond it", "sklearn.predictor",
           BOOST + "false = node('left', 10 ** 9)", ASK_ESTIMATOR),
    recipe("a boosted tree, a child that is its own parent", "sklearn.predictor",
           BOOST + "false = but(first, nodes=(lambda n: (n.__setitem__(slice(None), n[int(inner[0])]), "
           "n['left'].fill(0), n['right'].fill(0), n)[-1])(first.nodes.copy()))", ASK_ESTIMATOR),
    recipe("a boosted tree, a bitset beyond all", "sklearn.predictor",
           BOOST + "false = node('bitset_idx', 10 ** 9, *by_category[0])", ASK_ESTIMATOR),
    recipe("a boosted tree, a feature beyond the data", "sklearn.ensemble",
           BOOST + "false = node('feature_idx', 10 ** 9)", ASK_ESTIMATOR),
    recipe("bins whose categories are no flags", "sklearn.bins",
           BOOST + """
false = pickle.loads(pickle.dumps(good)); false._bin_mapper.is_categorical_ = np.zeros((3, 1))
""", ASK_ESTIMATOR),
    recipe("a forest with a tree for other data", "sklearn.ensemble",
           FOREST + """
good = RandomForestRegressor(2, max_depth=2).fit(X, X[:, 0])
false = pickle.loads(pickle.dumps(good)); false.estimators_ = [wrong, good.estimators_[1]]
""", ASK_ESTIMATOR),
    recipe("boosting with a tree for other data", "sklearn.ensemble",
           FOREST + """
good = GradientBoostingRegressor(n_estimators=2, max_depth=2).fit(X, X[:, 0])
false = pickle.loads(pickle.dumps(good)); false.estimators_[0, 0] = wrong
""", ASK_ESTIMATOR),
    recipe("a cKDTree, a child beyond it", "scipy.kdtree",
           SPATIAL + "false = node(7, 10 ** 9)", ASK_SPATIAL),
    recipe("a cKDTree, a child that is its own parent", "scipy.kdtree",
           SPATIAL + "false = node(7, 0)", ASK_SPATIAL),
    recipe("a cKDTree, a dimension beyond the points", "scipy.kdtree",
           SPATIAL + "false = node(0, 10 ** 8)", ASK_SPATIAL),
    recipe("a cKDTree whose points lie beyond it", "scipy.kdtree",
           SPATIAL + "false = but(7, change(state[7], 3, 10 ** 9))", ASK_SPATIAL),
    recipe("a triangulation, a neighbor beyond it", "scipy.delaunay",
           DELAUNAY + "false = but(neighbors=np.where(good.neighbors >= 0, 10 ** 8, -1).astype('i4'))",
           ASK_DELAUNAY),
    recipe("a triangulation, a corner beyond it", "scipy.delaunay",
           DELAUNAY + "false = but(simplices=np.full_like(good.simplices, 10 ** 8))", ASK_DELAUNAY),
    recipe("a triangulation, fewer equations than simplices", "scipy.delaunay",
           DELAUNAY + "false = but(nsimplex=10 ** 7, equations=good.equations[:1].copy())", ASK_DELAUNAY),
    recipe("a spline with fewer coefficients than knots", "scipy.spline",
           SPLINE + "false = but(t=np.arange(10.0 ** 5))", "def use(spline):\n    spline([5e4, 9e4])\n"),
    recipe("a spline of a degree beyond its knots", "scipy.spline",
           SPLINE + "false = but(k=10 ** 8)", "def use(spline):\n    spline([5.5])\n"),
    recipe("a machine whose vectors lie beyond its kernel", "sklearn.svm",
           MACHINE + """
good = SVC(kernel="precomputed").fit(X @ X.T, y)
false = but(support_=np.full_like(good.support_, 10 ** 8))
""", ASK_MACHINE),
    recipe("a sparse machine whose classes have more vectors", "sklearn.svm",
           MACHINE + """
good = SVC().fit(sp.csr_matrix(X), y)
false = but(_n_support=np.array([10 ** 8, 10 ** 8, 9], dtype="i4"))
""", ASK_MACHINE),
    recipe("a sparse machine with fewer coefficients", "sklearn.svm",
           MACHINE + """
good = SVC().fit(sp.csr_matrix(X), y)
false = but(_dual_coef_=sp.csr_matrix(np.zeros(good._dual_coef_.shape)))
""", ASK_MACHINE),
    recipe("a grid longer than its values", "scipy.interpolator",
           INTERPOLATE + """
axis = np.arange(4.0)
good = si.RegularGridInterpolator((axis, axis), np.ones((4, 4)))
false = either("grid", (np.arange(float(LARGE)), np.arange(float(LARGE))))
""", """
def use(grid):
    far = (vars(grid).get("_grid") or grid.grid)[0][-1] - 0.5
    grid([[far, far]])
"""),
    recipe("a curve of a degree beyond all", "scipy.interpolator",
           INTERPOLATE + """
good = si.UnivariateSpline(np.arange(10.0), np.arange(10.0) ** 2, s=0)
false = but(_eval_args=(*good._eval_args[:2], 10 ** 6, *good._eval_args[3:]))
""", "def use(curve):\n    curve([1.5, 2.5])\n"),
    recipe("a surface of a degree beyond all", "scipy.interpolator",
           INTERPOLATE + """
good = si.RectBivariateSpline(np.arange(9.0), np.arange(9.0), np.ones((9, 9)))
false = but(degrees=(2 ** 31 - 1, 2 ** 31 - 1), tck=(np.zeros(1), np.zeros(1), np.zeros(1)))
""", "def use(surface):\n    surface.ev(1.0, 1.0); surface([1.0], [1.0])\n"),
    recipe("points with fewer values", "scipy.interpolator",
           INTERPOLATE + """
points = np.random.RandomState(0).rand(40, 2)
good = si.LinearNDInterpolator(points, points[:, 0])
false = but(values=np.zeros((1, 1)))
""", "def use(mesh):\n    mesh(np.random.RandomState(1).rand(50, 2))\n"),
    recipe("a radial function with fewer coefficients", "scipy.interpolator",
           INTERPOLATE + """
points = np.random.RandomState(0).rand(40, 2)
good = si.RBFInterpolator(points, points[:, 0])
false = but(y=np.zeros((LARGE, 2)), _coeffs=np.zeros((1, 1)))
""", "def use(radial):\n    radial(np.random.RandomState(1).rand(2, 2))\n"),
    *COLUMNS,
)
