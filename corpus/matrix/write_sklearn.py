"""scikit-learn: every estimator of all_estimators() that can be fitted."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn import base, linear_model, preprocessing
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
from sklearn.utils import all_estimators

import writer

DRAW = np.random.RandomState(0)
X = DRAW.normal(size=(30, 4))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
Z = X @ np.array([1.0, -2.0, 0.5, 0.0]) + 0.1 * DRAW.normal(size=30)
TEXTS = ["the cat sat", "the dog sat down", "a cat and a dog"] * 10

# Smaller than by default, where the default is slow or large.
SMALL = {
    "n_estimators": 3,
    "max_iter": 20,
    "n_components": 2,
    "cv": 2,
    "n_init": 1,
    "n_clusters": 2,
    "random_state": 0,
    "max_depth": 3,
    "n_quantiles": 10,
    "n_jobs": None,
    "n_resampling": 5,
    "n_bins": 3,
    "n_alphas": 5,
    "n_nonzero_coefs": 2,
}


def arguments(name):
    """What an estimator is made with, where () does not do."""
    ridge, logistic = linear_model.Ridge(), linear_model.LogisticRegression()
    steps = [("scale", preprocessing.StandardScaler())]
    one = {
        "GridSearchCV": (logistic, {"C": [0.1, 1.0]}),
        "HalvingGridSearchCV": (logistic, {"C": [0.1, 1.0]}),
        "RandomizedSearchCV": (
            logistic,
            {"C": [0.1, 1.0]},
        ),
        "HalvingRandomSearchCV": (logistic, {"C": [0.1, 1.0]}),
        "ColumnTransformer": ([("scale", preprocessing.StandardScaler(), [0, 1])],),
        "FeatureUnion": (steps,),
        "Pipeline": ([*steps, ("model", logistic)],),
        "StackingClassifier": ([("a", logistic)],),
        "StackingRegressor": ([("a", ridge)],),
        "VotingClassifier": ([("a", logistic)],),
        "VotingRegressor": ([("a", ridge)],),
        "SparseCoder": (np.eye(4),),
        "RegressorChain": (ridge,),
        "MultiOutputRegressor": (ridge,),
        "SequentialFeatureSelector": (ridge,),
        "RFE": (ridge,),
        "RFECV": (ridge,),
        "SelectFromModel": (ridge,),
    }
    return one.get(name, (logistic,))


def build(name, cls):
    """An estimator that fits quickly."""
    try:
        model = cls()
    except TypeError:
        model = cls(*arguments(name))
    known = model.get_params(deep=False)
    for key, value in SMALL.items():
        if key in known and not (key == "cv" and name == "CalibratedClassifierCV"):
            try:
                model.set_params(**{key: value})
            except ValueError:
                pass
    if name == "RandomizedSearchCV":
        model.set_params(n_iter=2)
    if name == "GaussianRandomProjection" or name == "SparseRandomProjection":
        model.set_params(n_components=2)
    return model


def fit(model):
    """Fit with the first kind of data that the estimator takes."""
    tries = (
        lambda: model.fit(X, Y),
        lambda: model.fit(X, Z),
        lambda: model.fit(np.abs(X), Y),
        lambda: model.fit(X, np.c_[Y, 1 - Y]),
        lambda: model.fit(X),
        lambda: model.fit(TEXTS),
        lambda: model.fit([{"a": 1, "b": "x"}]),
        lambda: model.fit(Z, Y),
        lambda: model.fit(Y),
        lambda: model.fit([["a"], ["b"]]),
        lambda: model.fit(np.abs(X), Z),
        lambda: model.fit(np.abs(X[:, :1]), Z),
        lambda: model.fit(X @ X.T),
    )
    error = None
    for attempt in tries:
        try:
            return attempt()
        except Exception as problem:
            error = error or problem
    raise error


def variants():
    """Estimators with parameters whose values are objects."""
    from sklearn import (
        cluster,
        compose,
        ensemble,
        feature_selection,
        gaussian_process,
        impute,
        metrics,
        model_selection,
        neighbors,
        neural_network,
        pipeline,
        svm,
        tree,
    )

    kernels = gaussian_process.kernels
    yield "knn-kd-tree", lambda: neighbors.KNeighborsClassifier(3, algorithm="kd_tree").fit(X, Y)
    yield (
        "knn-ball-tree",
        lambda: neighbors.KNeighborsClassifier(3, algorithm="ball_tree", metric="manhattan").fit(X, Y),
    )
    yield "knn-minkowski", lambda: neighbors.KNeighborsClassifier(3, algorithm="ball_tree", p=3).fit(X, Y)
    yield "kd-tree", lambda: neighbors.KDTree(X)
    yield "ball-tree", lambda: neighbors.BallTree(X)
    for loss in ("log_loss", "log", "modified_huber", "squared_hinge", "perceptron"):
        yield (
            "sgd-" + loss,
            lambda loss=loss: linear_model.SGDClassifier(loss=loss, random_state=0).fit(X, Y),
        )
    for loss in ("squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"):
        yield (
            "sgd-r-" + loss,
            lambda loss=loss: linear_model.SGDRegressor(loss=loss, random_state=0).fit(X, Z),
        )
    for loss in ("squared_error", "absolute_error", "poisson", "quantile", "gamma"):
        yield (
            "hist-" + loss,
            lambda loss=loss: ensemble.HistGradientBoostingRegressor(
                loss=loss, max_iter=2, **({"quantile": 0.5} if loss == "quantile" else {})
            ).fit(X, np.abs(Z) + 0.1),
        )
    for loss in ("squared_error", "absolute_error", "huber", "quantile"):
        yield (
            "gb-" + loss,
            lambda loss=loss: ensemble.GradientBoostingRegressor(loss=loss, n_estimators=2).fit(X, Z),
        )
    yield "gb-three", lambda: ensemble.GradientBoostingClassifier(n_estimators=2).fit(X, np.arange(30) % 3)
    yield (
        "gb-exponential",
        lambda: ensemble.GradientBoostingClassifier(loss="exponential", n_estimators=2).fit(X, Y),
    )
    yield (
        "gb-init",
        lambda: ensemble.GradientBoostingRegressor(init=linear_model.Ridge(), n_estimators=2).fit(X, Z),
    )
    yield (
        "hist-three",
        lambda: ensemble.HistGradientBoostingClassifier(max_iter=2).fit(X, np.arange(30) % 3),
    )
    yield (
        "hist-categories",
        lambda: ensemble.HistGradientBoostingClassifier(
            max_iter=2, categorical_features=[0], min_samples_leaf=2
        ).fit(np.c_[np.arange(30) % 3, X], Y),
    )
    yield (
        "gp",
        lambda: gaussian_process.GaussianProcessRegressor(
            kernels.ConstantKernel() * kernels.RBF()
            + kernels.WhiteKernel()
            + kernels.Matern() * kernels.ExpSineSquared()
            + kernels.RationalQuadratic()
            + kernels.DotProduct() ** 2,
            optimizer=None,
        ).fit(X, Z),
    )
    yield (
        "grid-scorer",
        lambda: model_selection.GridSearchCV(
            linear_model.LogisticRegression(),
            {"C": [0.1]},
            cv=model_selection.StratifiedKFold(2),
            scoring=metrics.make_scorer(metrics.f1_score, average="macro"),
        ).fit(X, Y),
    )
    yield (
        "grid-scorers",
        lambda: model_selection.GridSearchCV(
            linear_model.LogisticRegression(),
            {"C": [0.1]},
            cv=model_selection.ShuffleSplit(2),
            scoring={"a": "accuracy", "r": metrics.make_scorer(metrics.roc_auc_score, **needs())},
            refit="a",
        ).fit(X, Y),
    )
    yield (
        "splitters",
        lambda: [
            model_selection.KFold(),
            model_selection.GroupKFold(),
            model_selection.TimeSeriesSplit(),
            model_selection.RepeatedKFold(),
            model_selection.LeaveOneOut(),
            model_selection.StratifiedShuffleSplit(),
        ],
    )
    yield (
        "function-transformer",
        lambda: preprocessing.FunctionTransformer(np.log1p, np.expm1, validate=True).fit(np.abs(X)),
    )
    yield (
        "select-f-regression",
        lambda: feature_selection.SelectKBest(feature_selection.f_regression, k=2).fit(X, Z),
    )
    yield (
        "select-mutual",
        lambda: feature_selection.SelectKBest(feature_selection.mutual_info_classif, k=2).fit(X, Y),
    )
    yield (
        "select-chi2",
        lambda: feature_selection.SelectPercentile(feature_selection.chi2).fit(np.abs(X), Y),
    )
    yield "rfe-tree", lambda: feature_selection.RFE(tree.DecisionTreeClassifier(max_depth=2)).fit(X, Y)
    yield (
        "iterative-imputer",
        lambda: impute.IterativeImputer(max_iter=2, random_state=0).fit(np.where(X > 1, np.nan, X)),
    )
    yield "knn-imputer", lambda: impute.KNNImputer().fit(X)
    yield "columns-frame", columns
    yield (
        "target",
        lambda: compose.TransformedTargetRegressor(
            linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1
        ).fit(X, np.abs(Z)),
    )
    yield (
        "selector",
        lambda: compose.make_column_transformer(
            (preprocessing.StandardScaler(), compose.make_column_selector(dtype_include=float))
        ),
    )
    yield "mlp-sgd", lambda: neural_network.MLPRegressor((3,), solver="sgd", max_iter=3).fit(X, Z)
    yield "svc-probability", lambda: svm.SVC(probability=True).fit(X, Y)
    yield "svc-kernel", lambda: svm.SVC(kernel=metrics.pairwise.rbf_kernel).fit(X, Y)
    yield (
        "bagging-random-state",
        lambda: ensemble.BaggingRegressor(
            linear_model.Ridge(), 2, random_state=np.random.RandomState(0)
        ).fit(X, Z),
    )
    yield "birch", lambda: cluster.Birch(n_clusters=2).fit(X)
    yield "forest-oob", lambda: ensemble.RandomForestRegressor(5, oob_score=True, bootstrap=True).fit(X, Z)
    yield (
        "trees-criteria",
        lambda: [
            tree.DecisionTreeRegressor(criterion=c, max_depth=2).fit(X, np.abs(Z))
            for c in ("squared_error", "absolute_error", "friedman_mse", "poisson")
        ],
    )
    yield (
        "pipeline-nested",
        lambda: pipeline.make_pipeline(
            pipeline.make_union(preprocessing.StandardScaler(), preprocessing.PolynomialFeatures()),
            ensemble.StackingClassifier(
                [("svc", svm.LinearSVC()), ("tree", tree.DecisionTreeClassifier())]
            ),
        ).fit(X, Y),
    )
    yield "dataset", dataset


def needs():
    """How a scorer says that it wants probabilities, before 1.4 and since."""
    import sklearn

    old = tuple(int(p) for p in sklearn.__version__.split(".")[:2]) < (1, 4)
    return {"needs_proba": True} if old else {"response_method": "predict_proba"}


def dataset():
    from sklearn import datasets

    iris = datasets.load_iris()
    return type(iris)(data=iris.data[:5], target=iris.target[:5], target_names=iris.target_names)


def columns():
    import pandas
    from sklearn import compose, pipeline

    table = pandas.DataFrame(X, columns=list("abcd")).assign(e=np.array(["u", "v"])[Y])
    model = compose.ColumnTransformer(
        [("n", preprocessing.StandardScaler(), ["a", "b"]), ("c", preprocessing.OneHotEncoder(), ["e"])],
        remainder="passthrough",
    )
    return pipeline.make_pipeline(model, linear_model.LogisticRegression()).fit(table, Y)


def main():
    out = writer.Writer("sklearn", "scikit-learn")
    for name, cls in all_estimators():
        try:
            model = build(name, cls)
        except Exception as error:
            out.skip(name, error)
            continue
        out.put(name + "-unfitted", base.clone(model), (4,))
        try:
            fit(model)
        except Exception as error:
            out.skip(name, error)
            continue
        out.put(name, model)
    for name, make in variants():
        out.put("variant-" + name, make)
    out.close()


if __name__ == "__main__":
    main()
