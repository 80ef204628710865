"""CatBoost: estimators, fitted and not."""

import catboost
import numpy as np

import writer

DRAW = np.random.RandomState(0)
X = DRAW.normal(size=(40, 4))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
Z = X[:, 0] * 2 - X[:, 2]
FEW = {"iterations": 3, "depth": 2, "verbose": False, "allow_writing_files": False, "thread_count": 1}


def models():
    yield "classifier", lambda: catboost.CatBoostClassifier(**FEW).fit(X, Y)
    yield "regressor", lambda: catboost.CatBoostRegressor(**FEW).fit(X, Z)
    yield "ranker", lambda: catboost.CatBoostRanker(**FEW).fit(X, Y, group_id=np.arange(40) // 20)
    yield "model", lambda: catboost.CatBoost(FEW).fit(X, Z)
    yield "unfitted", lambda: catboost.CatBoostClassifier(**FEW)
    yield "evaluated", lambda: catboost.CatBoostClassifier(**FEW).fit(X, Y, eval_set=(X, Y))


def main():
    out = writer.Writer("catboost", "catboost")
    for name, make in models():
        out.put(name, make)
    out.close()


if __name__ == "__main__":
    main()
