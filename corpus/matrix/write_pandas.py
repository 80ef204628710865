"""pandas: frames, series and indexes of every type, and the scalars within."""

import datetime

import numpy as np
import pandas as pd

import writer

TODAY = datetime.datetime(2020, 1, 2, 3, 4, 5)


def frames():
    base = pd.DataFrame(
        {"i": [1, 2, 3], "f": [0.5, None, 1.5], "s": ["a", "b", None], "b": [True, False, True]},
        index=["x", "y", "z"],
    )
    dates = pd.date_range("2020-01-01", periods=3, freq="D")
    yield "frame", base
    yield "frame-empty", pd.DataFrame()
    yield "frame-column", base[["f"]]
    yield "frame-slice", base.iloc[1:]
    yield "frame-dates", pd.DataFrame({"t": dates, "d": dates - dates[0], "v": [1, 2, 3]}, index=dates)
    yield (
        "frame-zones",
        pd.DataFrame({"t": dates.tz_localize("UTC"), "p": dates.tz_localize("Europe/Paris")}),
    )
    yield (
        "frame-category",
        lambda: base.assign(c=pd.Categorical(["u", "v", "u"]), o=pd.Categorical([1, 2, 1], ordered=True)),
    )
    yield "frame-periods", lambda: pd.DataFrame({"p": pd.period_range("2020-01", periods=3, freq="M")})
    yield "frame-intervals", lambda: pd.DataFrame({"n": pd.interval_range(0, 3)})
    yield "frame-cut", lambda: pd.DataFrame({"n": pd.cut([1.0, 2.0, 3.0], 2)})
    yield (
        "frame-nullable",
        lambda: pd.DataFrame(
            {"i": pd.array([1, None, 3], dtype="Int64"), "u": pd.array([1, 2, 3], dtype="UInt8")}
        ),
    )
    yield (
        "frame-nullable-more",
        lambda: pd.DataFrame(
            {"f": pd.array([1.0, None], dtype="Float64"), "b": pd.array([True, None], dtype="boolean")}
        ),
    )
    yield "frame-string", lambda: pd.DataFrame({"s": pd.array(["a", None], dtype="string")})
    yield "frame-sparse", lambda: pd.DataFrame({"s": pd.arrays.SparseArray([0, 0, 1])})
    yield "frame-sparse-block", lambda: pd.DataFrame({"s": pd.arrays.SparseArray([0, 0, 1], kind="block")})
    yield "frame-multi", lambda: base.set_index(["i", "s"])
    yield (
        "frame-multi-columns",
        lambda: pd.DataFrame(
            np.ones((2, 2)), columns=pd.MultiIndex.from_product([["a"], ["b", "c"]], names=["m", "n"])
        ),
    )
    yield "frame-attributes", lambda: with_attributes(base)
    yield "frame-objects", pd.DataFrame({"o": [[1], {"a": 2}, (3,)], "d": [datetime.date(2020, 1, 2)] * 3})
    yield "frame-arrow", lambda: pd.DataFrame({"i": pd.array([1, None], dtype="int64[pyarrow]")})
    yield "frame-arrow-string", lambda: pd.DataFrame({"s": pd.array(["a", None], dtype="string[pyarrow]")})
    yield "frame-float32", pd.DataFrame(np.ones((2, 3), dtype="f4"), columns=list("abc"))
    yield "series", base["f"]
    yield "series-named", pd.Series([1, 2], name="n")
    yield "series-strings", pd.Series(["a", "b"])
    yield "series-dates", pd.Series(dates)
    yield "series-zone", pd.Series(dates.tz_localize("UTC"))
    yield "series-categories", pd.Series(["a", "b", "a"], dtype="category")
    yield "series-bytes", pd.Series([b"a", b"b"])


def with_attributes(frame):
    frame = frame.copy()
    frame.attrs["source"] = "test"
    return frame


def indexes():
    dates = pd.date_range("2020-01-01", periods=3)
    yield "range", pd.RangeIndex(3)
    yield "strings", pd.Index(["a", "b"], name="n")
    yield "ints", pd.Index([1, 5])
    yield "floats", pd.Index([0.5, 1.5])
    yield "bools", pd.Index([True, False])
    yield "unsigned", pd.Index(np.array([1, 2], dtype="u8"))
    yield "dates", dates
    yield (
        "dates-hourly",
        pd.date_range("2020-01-01", periods=3, freq="h" if pd.__version__ >= "2.2" else "H"),
    )
    yield "dates-zone", dates.tz_localize("US/Eastern")
    yield "business", pd.bdate_range("2020-01-01", periods=3)
    yield "months", pd.date_range("2020-01-01", periods=3, freq="MS")
    yield "deltas", pd.timedelta_range("1 day", periods=3)
    yield "periods", pd.period_range("2020-01-01", periods=3, freq="D")
    yield "intervals", pd.interval_range(0, 3)
    yield "interval-dates", pd.interval_range(dates[0], periods=2)
    yield "categories", pd.CategoricalIndex(["a", "b", "a"])
    yield "multi", pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["m", "n"])


def scalars():
    yield (
        "scalars",
        [
            pd.Timestamp(TODAY),
            pd.Timestamp(TODAY, tz="UTC"),
            pd.Timedelta(days=1, seconds=2),
            pd.NaT,
            pd.Period("2020-01", freq="M"),
            pd.Interval(0, 1),
            pd.Interval(pd.Timestamp(TODAY), pd.Timestamp("2021-01-01")),
        ],
    )
    yield "missing", lambda: pd.NA
    yield (
        "dtypes",
        lambda: [
            pd.CategoricalDtype(["a", "b"]),
            pd.DatetimeTZDtype("ns", "UTC"),
            pd.PeriodDtype("D"),
            pd.IntervalDtype("int64"),
            pd.Int64Dtype(),
            pd.BooleanDtype(),
            pd.StringDtype(),
            pd.SparseDtype("float64", 0.0),
        ],
    )
    yield (
        "zones",
        [pd.Timestamp(TODAY, tz=z) for z in ("Europe/Berlin", "Asia/Tokyo")]
        + [pd.Timestamp("2020-01-01T00:00:00+02:00")],
    )
    yield "grouper", lambda: pd.Grouper(key="a")


NO_OFFSETS = {"DateOffset", "BaseOffset", "Tick", "SingleConstructorOffset"}


def offsets():
    """One of every offset that can be made without arguments."""
    for name in sorted(dir(pd.offsets)):
        cls = getattr(pd.offsets, name)
        if isinstance(cls, type) and issubclass(cls, pd.offsets.BaseOffset) and name not in NO_OFFSETS:
            yield name, cls
    yield "DateOffset", lambda: pd.DateOffset(months=1, days=2)


def main():
    out = writer.Writer("pandas", "pandas")
    for name, thing in frames():
        out.put(name, thing)
    for name, thing in indexes():
        out.put("index-" + name, thing)
    for name, thing in scalars():
        out.put(name, thing)
    for name, cls in offsets():
        out.put("offset-" + name, lambda cls=cls: cls())
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    out.save("to-pickle.pkl", frame.to_pickle)
    out.save("to-pickle.pkl.gz", frame.to_pickle)
    out.save("to-pickle.pkl.bz2", frame.to_pickle)
    out.save("to-pickle.pkl.xz", frame.to_pickle)
    out.save("to-pickle.pkl.zip", frame.to_pickle)
    out.close()


if __name__ == "__main__":
    main()
