"""Fitted scikit-learn models, small ones. Runs under 1.0 and later."""

import pickle
import warnings

import numpy as np
from sklearn import (
    cluster,
    compose,
    decomposition,
    discriminant_analysis,
    ensemble,
    feature_extraction,
    feature_selection,
    gaussian_process,
    impute,
    linear_model,
    mixture,
    model_selection,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    svm,
    tree,
)

_draw = np.random.RandomState(0)
X = _draw.normal(size=(40, 4))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
Z = X @ np.array([1.0, -2.0, 0.5, 0.0]) + 0.1 * _draw.normal(size=40)
LABELS = np.array(["no", "yes"])[Y]
TABLE = np.array([["a", "x"], ["b", "y"], ["a", "y"], ["c", "x"]], dtype=object)
TEXTS = ["the cat sat", "the dog sat down", "a cat and a dog"]


def readme_pipeline():
    """What a person's first model looks like."""
    model = pipeline.Pipeline(
        [
            ("scale", preprocessing.StandardScaler()),
            (
                "forest",
                ensemble.RandomForestClassifier(n_estimators=5, max_depth=4, random_state=0),
            ),
        ]
    )
    return pickle.dumps(model.fit(X, Y))


def grid_search():
    """A search whose timings are blanked, so that the file is the same each time."""
    grid = {"C": [0.1, 1.0], "fit_intercept": [True, False]}
    search = model_selection.GridSearchCV(linear_model.LogisticRegression(), grid, cv=3).fit(X, Y)
    for key, column in search.cv_results_.items():
        if key.endswith("_time"):
            column[:] = 0.0
    search.refit_time_ = 0.0
    return search


def vectorizer(kind):
    """A vectorizer without the address that it remembers its stop words by."""
    model = kind().fit(TEXTS)
    model._stop_words_id = 0
    return model


def columns():
    steps = [
        ("scaled", preprocessing.StandardScaler(), [0, 1]),
        ("binned", preprocessing.KBinsDiscretizer(3, encode="ordinal"), slice(2, 3)),
    ]
    return compose.ColumnTransformer(steps, remainder="passthrough").fit(X)


def models():
    """Name -> fitted model."""
    seed = {"random_state": 0}
    return {
        "linear-regression": linear_model.LinearRegression().fit(X, Z),
        "ridge": linear_model.Ridge().fit(X, Z),
        "lasso": linear_model.Lasso(alpha=0.01).fit(X, Z),
        "logistic-regression": linear_model.LogisticRegression().fit(X, LABELS),
        "sgd-classifier": linear_model.SGDClassifier(**seed).fit(X, Y),
        "decision-tree": tree.DecisionTreeClassifier(max_depth=4, **seed).fit(X, LABELS),
        "regression-tree": tree.DecisionTreeRegressor(max_depth=3, **seed).fit(X, Z),
        "random-forest": ensemble.RandomForestClassifier(4, max_depth=3, **seed).fit(X, Y),
        "forest-regressor": ensemble.RandomForestRegressor(3, max_depth=3, **seed).fit(X, Z),
        "extra-trees": ensemble.ExtraTreesClassifier(3, max_depth=3, **seed).fit(X, Y),
        "gradient-boosting": ensemble.GradientBoostingClassifier(
            n_estimators=4, max_depth=2, **seed
        ).fit(X, Y),
        "hist-gradient-boosting": ensemble.HistGradientBoostingRegressor(
            max_iter=4, min_samples_leaf=5, **seed
        ).fit(X, Z),
        "adaboost": ensemble.AdaBoostClassifier(n_estimators=3, **seed).fit(X, Y),
        "isolation-forest": ensemble.IsolationForest(n_estimators=3, max_samples=16, **seed).fit(X),
        "voting": ensemble.VotingClassifier(
            [("nb", naive_bayes.GaussianNB()), ("lr", linear_model.LogisticRegression())]
        ).fit(X, Y),
        "kmeans": cluster.KMeans(3, n_init=2, **seed).fit(X),
        "dbscan": cluster.DBSCAN(eps=0.9).fit(X),
        "standard-scaler": preprocessing.StandardScaler().fit(X),
        "min-max-scaler": preprocessing.MinMaxScaler().fit(X),
        "label-encoder": preprocessing.LabelEncoder().fit(LABELS),
        "one-hot-encoder": preprocessing.OneHotEncoder(handle_unknown="ignore").fit(TABLE),
        "ordinal-encoder": preprocessing.OrdinalEncoder().fit(TABLE),
        "polynomial-features": preprocessing.PolynomialFeatures(2).fit(X),
        "simple-imputer": impute.SimpleImputer().fit(X),
        "select-k-best": feature_selection.SelectKBest(k=2).fit(X, Y),
        "pipeline": pipeline.make_pipeline(
            preprocessing.StandardScaler(), decomposition.PCA(2), linear_model.LogisticRegression()
        ).fit(X, Y),
        "feature-union": pipeline.make_union(
            decomposition.PCA(1), preprocessing.StandardScaler()
        ).fit(X),
        "grid-search": grid_search(),
        "column-transformer": columns(),
        "svc": svm.SVC(probability=False).fit(X, LABELS),
        "svr": svm.SVR().fit(X, Z),
        "linear-svc": svm.LinearSVC(**seed).fit(X, Y),
        "knn-kd-tree": neighbors.KNeighborsClassifier(3, algorithm="kd_tree").fit(X, Y),
        "knn-ball-tree": neighbors.KNeighborsRegressor(3, algorithm="ball_tree").fit(X, Z),
        "knn-brute": neighbors.KNeighborsClassifier(3, algorithm="brute").fit(X, Y),
        "mlp": neural_network.MLPClassifier((5,), max_iter=20, **seed).fit(X, Y),
        "pca": decomposition.PCA(2).fit(X),
        "truncated-svd": decomposition.TruncatedSVD(2, **seed).fit(X),
        "nmf": decomposition.NMF(2, init="random", **seed).fit(np.abs(X)),
        "gaussian-nb": naive_bayes.GaussianNB().fit(X, Y),
        "multinomial-nb": naive_bayes.MultinomialNB().fit(np.abs(X), Y),
        "lda": discriminant_analysis.LinearDiscriminantAnalysis().fit(X, Y),
        "gaussian-mixture": mixture.GaussianMixture(2, **seed).fit(X),
        "gaussian-process": gaussian_process.GaussianProcessRegressor(
            gaussian_process.kernels.RBF(1.0) + gaussian_process.kernels.WhiteKernel(0.1),
            optimizer=None,
            **seed,
        ).fit(X[:10], Z[:10]),
        "count-vectorizer": vectorizer(feature_extraction.text.CountVectorizer),
        "tfidf-vectorizer": vectorizer(feature_extraction.text.TfidfVectorizer),
        "dict-vectorizer": feature_extraction.DictVectorizer().fit([{"a": 1, "b": "x"}]),
        "unfitted": pipeline.make_pipeline(preprocessing.RobustScaler(), svm.SVC(C=2.0)),
    }


def files():
    """Yield (name, data, comment) for each file to write."""
    warnings.simplefilter("ignore")
    for number, (name, model) in enumerate(models().items()):
        kind = type(model).__name__
        yield name, pickle.dumps(model), f"{kind}, default protocol"
        if number % 3 == 0:
            yield f"{name}-p2", pickle.dumps(model, 2), f"{kind}, protocol 2"
        if number % 8 == 0:
            yield f"{name}-p0", pickle.dumps(model, 0), f"{kind}, protocol 0"
