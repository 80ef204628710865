"""SciPy: sparse matrices, interpolators, splines, trees, results, distributions."""

import numpy as np
import scipy
from scipy import interpolate, optimize, signal, sparse, spatial, stats

import writer


def matrices():
    dense = np.array([[1.0, 0, 2], [0, 0, 3], [4, 5, 0]])
    for kind in ("bsr", "coo", "csc", "csr", "dia", "dok", "lil"):
        for form in ("matrix", "array"):
            cls = getattr(sparse, f"{kind}_{form}", None)
            if cls is not None:
                yield f"sparse-{kind}-{form}", lambda cls=cls: cls(dense)
    yield "sparse-sorted", lambda: sorted_matrix(dense)
    yield "sparse-coo-1d", lambda: sparse.coo_array(np.array([1.0, 0, 2]))
    yield "sparse-bool", lambda: sparse.csr_matrix(dense > 0)
    yield "linear-operator", lambda: sparse.linalg.aslinearoperator(sparse.csr_matrix(dense))


def sorted_matrix(dense):
    matrix = sparse.csr_matrix(dense)
    matrix.sort_indices()
    matrix.sum_duplicates()
    return matrix


def interpolators():
    x, y = np.arange(6.0), np.arange(6.0) ** 2
    yield "interp1d", lambda: interpolate.interp1d(x, y)
    yield "interp1d-cubic", lambda: interpolate.interp1d(x, y, kind="cubic")
    yield "interp1d-nearest", lambda: interpolate.interp1d(x, y, kind="nearest", fill_value="extrapolate")
    for name in (
        "CubicSpline",
        "PchipInterpolator",
        "Akima1DInterpolator",
        "BarycentricInterpolator",
        "KroghInterpolator",
        "UnivariateSpline",
        "InterpolatedUnivariateSpline",
    ):
        yield name, lambda name=name: getattr(interpolate, name)(x, y)
    yield "CubicHermiteSpline", lambda: interpolate.CubicHermiteSpline(x, y, y)
    yield "LSQUnivariateSpline", lambda: interpolate.LSQUnivariateSpline(x, y, [2.0, 3.0])
    yield "BSpline", lambda: interpolate.make_interp_spline(x, y)
    yield "PPoly", lambda: interpolate.PPoly(np.ones((2, 2)), np.arange(3.0))
    yield "BPoly", lambda: interpolate.BPoly(np.ones((2, 2)), np.arange(3.0))
    yield "NdPPoly", lambda: interpolate.NdPPoly(np.ones((2, 2, 2, 2)), (np.arange(3.0), np.arange(3.0)))
    yield "RegularGridInterpolator", lambda: interpolate.RegularGridInterpolator((x, x), np.outer(x, x))
    yield "RectBivariateSpline", lambda: interpolate.RectBivariateSpline(x, x, np.outer(x, x))
    points = np.random.RandomState(0).normal(size=(12, 2))
    yield (
        "SmoothBivariateSpline",
        lambda: interpolate.SmoothBivariateSpline(*points.T, np.ones(12), kx=1, ky=1),
    )
    yield "Rbf", lambda: interpolate.Rbf(*points.T, points[:, 0])
    yield "RBFInterpolator", lambda: interpolate.RBFInterpolator(points, points[:, 0])
    yield "NearestNDInterpolator", lambda: interpolate.NearestNDInterpolator(points, points[:, 0])
    yield "LinearNDInterpolator", lambda: interpolate.LinearNDInterpolator(points, points[:, 0])


def spatials():
    points = np.random.RandomState(0).normal(size=(12, 2))
    yield "KDTree", lambda: spatial.KDTree(points)
    yield "cKDTree", lambda: spatial.cKDTree(points)
    for name in ("Delaunay", "ConvexHull", "Voronoi"):
        yield name, lambda name=name: getattr(spatial, name)(points)
    yield "Rotation", lambda: spatial.transform.Rotation.from_euler("z", 0.5)
    yield "Rectangle", lambda: spatial.Rectangle([1, 1], [0, 0])


def results():
    yield "minimize", lambda: optimize.minimize(lambda x: (x**2).sum(), [1.0, 2.0], method="Nelder-Mead")
    yield "minimize-bfgs", lambda: optimize.minimize(lambda x: (x**2).sum(), [1.0, 2.0], method="BFGS")
    yield "root", lambda: optimize.root(lambda x: x - 1, [0.0])
    yield "root-scalar", lambda: optimize.root_scalar(lambda x: x - 1, bracket=(0, 2))
    yield "least-squares", lambda: optimize.least_squares(lambda x: x - 1, [0.0])
    yield "linprog", lambda: optimize.linprog([1.0], bounds=[(0, 1)])
    yield "bounds", lambda: optimize.Bounds([0.0], [1.0])
    yield "linear-constraint", lambda: optimize.LinearConstraint([[1.0]], 0.0, 1.0)
    sample = np.arange(10.0)
    yield "linregress", lambda: stats.linregress(sample, sample)
    yield "ttest", lambda: stats.ttest_ind(sample, sample + 1)
    yield "describe", lambda: stats.describe(sample)
    yield "mode", lambda: stats.mode(sample)
    yield "pearson", lambda: stats.pearsonr(sample, sample)
    yield "spearman", lambda: stats.spearmanr(sample, sample)
    yield "kstest", lambda: stats.kstest(sample, "norm")


def distributions():
    yield "kde", lambda: stats.gaussian_kde(np.arange(5.0))
    yield "multivariate-normal", lambda: stats.multivariate_normal([0.0, 0.0])
    yield "norm", lambda: stats.norm
    yield "norm-frozen", lambda: stats.norm(1, 2)
    yield "uniform-frozen", lambda: stats.uniform(0, 1)
    yield "poisson-frozen", lambda: stats.poisson(3)
    yield "rv-histogram", lambda: stats.rv_histogram(np.histogram(np.arange(5.0)))


def signals():
    yield "lti", lambda: signal.lti([1.0], [1.0, 2.0])
    yield "state-space", lambda: signal.StateSpace([[1.0]], [[1.0]], [[1.0]], [[0.0]])
    yield "zeros-poles", lambda: signal.ZerosPolesGain([1.0], [2.0], 3.0)


def main():
    out = writer.Writer("scipy", "scipy")
    assert scipy.__version__
    for source in (matrices, interpolators, spatials, results, distributions, signals):
        for name, thing in source():
            out.put(name, thing)
    out.close()


if __name__ == "__main__":
    main()
