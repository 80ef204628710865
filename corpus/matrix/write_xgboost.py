"""XGBoost: boosters and scikit-learn estimators."""

import numpy as np
import xgboost

import writer

DRAW = np.random.RandomState(0)
X = DRAW.normal(size=(40, 4))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
Z = X[:, 0] * 2 - X[:, 2]


def models():
    few = {"n_estimators": 3, "max_depth": 2}
    yield "classifier", lambda: xgboost.XGBClassifier(**few).fit(X, Y)
    yield "classifier-three", lambda: xgboost.XGBClassifier(**few).fit(X, np.arange(40) % 3)
    yield "regressor", lambda: xgboost.XGBRegressor(**few).fit(X, Z)
    yield "ranker", lambda: xgboost.XGBRanker(**few).fit(X, Y, group=[20, 20])
    yield "rf-classifier", lambda: xgboost.XGBRFClassifier(**few).fit(X, Y)
    yield "rf-regressor", lambda: xgboost.XGBRFRegressor(**few).fit(X, Z)
    yield "linear", lambda: xgboost.XGBRegressor(booster="gblinear", n_estimators=3).fit(X, Z)
    yield "dart", lambda: xgboost.XGBRegressor(booster="dart", **few).fit(X, Z)
    yield "unfitted", lambda: xgboost.XGBClassifier(**few)
    yield "monotone", lambda: xgboost.XGBRegressor(monotone_constraints={0: 1}, **few).fit(X, Z)
    yield (
        "early-stopping",
        lambda: xgboost.XGBRegressor(early_stopping_rounds=2, eval_metric="rmse", **few).fit(
            X, Z, eval_set=[(X, Z)], verbose=False
        ),
    )
    yield "evaluated", lambda: xgboost.XGBClassifier(**few).fit(X, Y, eval_set=[(X, Y)], verbose=False)
    yield (
        "random-state",
        lambda: xgboost.XGBRegressor(random_state=np.random.RandomState(0), **few).fit(X, Z),
    )
    yield "metric", lambda: xgboost.XGBRegressor(eval_metric=["rmse", "mae"], **few).fit(X, Z)
    yield "frame", frame
    yield "booster", booster
    yield "pipeline", pipeline


def frame():
    import pandas

    return xgboost.XGBClassifier(n_estimators=3).fit(pandas.DataFrame(X, columns=list("abcd")), Y)


def booster():
    return xgboost.train({"max_depth": 2}, xgboost.DMatrix(X, Z, feature_names=list("abcd")), 3)


def pipeline():
    from sklearn import model_selection, pipeline, preprocessing

    steps = pipeline.make_pipeline(preprocessing.StandardScaler(), xgboost.XGBClassifier(n_estimators=2))
    return model_selection.GridSearchCV(steps, {"xgbclassifier__max_depth": [1, 2]}, cv=2).fit(X, Y)


def main():
    out = writer.Writer("xgboost", "xgboost")
    for name, make in models():
        out.put(name, make)
    out.close()


if __name__ == "__main__":
    main()
