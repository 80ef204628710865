# What make_code.py writes: runs as __main__, under every Python from 3.6 on.
import functools


def scale(x):
    import os

    factor = float(os.environ.get("SCALE", "2"))
    return x * factor


def make_pipeline():
    import numpy
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    pipeline = Pipeline([("scale", FunctionTransformer(scale)), ("regress", LinearRegression())])
    return pipeline.fit(numpy.arange(8.0).reshape(4, 2), numpy.arange(4.0))


def make_closure():
    offset = 3

    def shifted(x, *more, key=None, **rest):
        if key is not None and key not in rest:
            raise ValueError(f"{key!r} is not {rest:>10}")
        return x + offset + len(more)

    return shifted


def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)


def numbers(n):
    try:
        for i in range(n):
            yield from (i, i * 1.5, -0.0, 2**70, 3j, b"\x00\xff", "\u20ac\n'", None, ...)
    finally:
        del n


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        print("calling", function.__name__)
        return function(*args, **kwargs)

    return wrapper


@logged
def decorated(a, b=(1, 2), *, c: int = 4) -> float:
    return [x for x in b if x in {1, 2, 3}], a[1:c], {"a": a}


class Model:
    """A class of the program."""

    weight = 2

    def __init__(self, bias=0):
        self.bias = bias

    def predict(self, xs):
        return [self.weight * x + self.bias for x in xs]

    @property
    def size(self):
        return super().__sizeof__()


def runner(command):
    import subprocess
    from urllib.request import urlopen

    with open("/dev/null") as stream:
        stream.read()
    return subprocess.run(["true", command], check=True), urlopen, eval("1 + 1")


async def fetch(session):
    async with session as opened:
        return [item async for item in opened]


SAMPLES = {
    "pipeline": (make_pipeline, "a pipeline whose function reads an environment variable"),
    "lambda": (lambda: lambda x, y=2: x * y + 1, "a lambda with a default"),
    "closure": (make_closure, "a closure over an int, with all kinds of arguments"),
    "recursive": (lambda: factorial, "a function that calls itself"),
    "generator": (lambda: numbers, "a generator with constants of every kind"),
    "decorated": (lambda: decorated, "a decorated function"),
    "class": (lambda: Model(3), "an instance of a class of __main__"),
    "runner": (lambda: runner, "a function that runs a program, opens a file and a connection"),
    "coroutine": (lambda: fetch, "a coroutine"),
}
