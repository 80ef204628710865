"""joblib: models and arrays, plain and compressed."""

import collections

import joblib
import numpy as np

import writer


def things():
    draw = np.random.RandomState(0)
    yield "array", draw.normal(size=(5, 3))
    yield "fortran", np.asfortranarray(draw.normal(size=(5, 3)))
    yield "empty", np.zeros((0, 3))
    yield "scalars", {"a": np.float64(1.5), "b": np.int32(2), "c": np.bool_(True), "d": np.str_("x")}
    yield "objects", np.array(["a", None, 1.5, (1, 2)], dtype=object)
    yield (
        "nested",
        {"weights": [draw.normal(size=4), draw.normal(size=(2, 2))], "names": np.array(["a", "bc"])},
    )
    yield "matrix", np.matrix([[1.0, 2.0], [3.0, 4.0]])
    yield "masked", np.ma.masked_array([1.0, 2.0], [True, False])
    yield "structured", np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
    yield "dates", np.array(["2020-01-01", "NaT"], dtype="datetime64[D]")
    yield "dtypes", [np.zeros(2, t) for t in ("b1", "i1", "u2", ">i4", "f2", "c8", "S3", "U2")]
    yield "random-state", np.random.RandomState(1)
    yield (
        "collections",
        collections.OrderedDict(a=collections.Counter("abca"), b=collections.defaultdict(list)),
    )


def models():
    from sklearn import datasets, ensemble, linear_model, neighbors, pipeline, preprocessing, svm

    x, y = datasets.make_classification(40, 4, random_state=0)
    yield (
        "pipeline",
        pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()).fit(x, y),
    )
    yield "forest", ensemble.RandomForestClassifier(3, max_depth=3, random_state=0).fit(x, y)
    yield "boosting", ensemble.GradientBoostingClassifier(n_estimators=3, random_state=0).fit(x, y)
    yield "neighbors", neighbors.KNeighborsClassifier(3).fit(x, y)
    yield "svc", svm.SVC().fit(x, y)


def frames():
    import pandas as pd

    yield "frame", pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [0.5, None]})


def main():
    out = writer.Writer("joblib", "joblib")
    for source in (things, models, frames):
        for name, thing in source():
            out.save(name + ".joblib", lambda path, thing=thing: joblib.dump(thing, path))
            if name in ("array", "pipeline", "nested"):
                for kind in ("zlib", "gzip", "bz2", "xz", "lzma"):
                    out.save(
                        f"{name}-{kind}.joblib",
                        lambda path, thing=thing, kind=kind: joblib.dump(thing, path, compress=(kind, 3)),
                    )
    out.close()


if __name__ == "__main__":
    main()
