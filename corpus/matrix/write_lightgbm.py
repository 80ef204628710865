"""LightGBM: boosters and scikit-learn estimators."""

import lightgbm
import numpy as np

import writer

DRAW = np.random.RandomState(0)
X = DRAW.normal(size=(60, 4))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
Z = X[:, 0] * 2 - X[:, 2]
FEW = {"n_estimators": 3, "num_leaves": 4, "min_child_samples": 2, "verbose": -1}


def models():
    yield "classifier", lambda: lightgbm.LGBMClassifier(**FEW).fit(X, Y)
    yield "classifier-text", lambda: lightgbm.LGBMClassifier(**FEW).fit(X, np.array(["no", "yes"])[Y])
    yield "classifier-three", lambda: lightgbm.LGBMClassifier(**FEW).fit(X, np.arange(60) % 3)
    yield "regressor", lambda: lightgbm.LGBMRegressor(**FEW).fit(X, Z)
    yield "ranker", lambda: lightgbm.LGBMRanker(**FEW).fit(X, Y, group=[30, 30])
    yield "dart", lambda: lightgbm.LGBMRegressor(boosting_type="dart", **FEW).fit(X, Z)
    yield (
        "forest",
        lambda: lightgbm.LGBMRegressor(
            boosting_type="rf", subsample=0.5, subsample_freq=1, colsample_bytree=0.5, **FEW
        ).fit(X, Z),
    )
    yield "evaluated", lambda: lightgbm.LGBMRegressor(**FEW).fit(X, Z, eval_set=[(X, Z)], eval_metric="l1")
    yield "weighted", lambda: lightgbm.LGBMClassifier(class_weight="balanced", **FEW).fit(X, Y)
    yield (
        "random-state",
        lambda: lightgbm.LGBMRegressor(random_state=np.random.RandomState(0), **FEW).fit(X, Z),
    )
    yield "unfitted", lambda: lightgbm.LGBMClassifier(**FEW)
    yield "frame", frame
    yield "booster", booster
    yield "pipeline", pipeline


def frame():
    import pandas

    table = pandas.DataFrame(X, columns=list("abcd"))
    table["e"] = pandas.Categorical(np.array(["u", "v"])[Y])
    return lightgbm.LGBMClassifier(**FEW).fit(table, Y)


def booster():
    parameters = {"objective": "regression", "num_leaves": 4, "min_data_in_leaf": 2, "verbose": -1}
    return lightgbm.train(parameters, lightgbm.Dataset(X, Z), 3)


def pipeline():
    from sklearn import pipeline, preprocessing

    return pipeline.make_pipeline(preprocessing.StandardScaler(), lightgbm.LGBMClassifier(**FEW)).fit(X, Y)


def main():
    out = writer.Writer("lightgbm", "lightgbm")
    for name, make in models():
        out.put(name, make)
    out.close()


if __name__ == "__main__":
    main()
