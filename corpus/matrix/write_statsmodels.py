"""statsmodels: results of models of each kind."""

import numpy as np
import statsmodels.api as sm
from statsmodels.tsa.api import AutoReg, ExponentialSmoothing, SimpleExpSmoothing

import writer

DRAW = np.random.RandomState(0)
X = sm.add_constant(DRAW.normal(size=(60, 2)))
Z = X @ np.array([1.0, 2.0, -1.0]) + DRAW.normal(size=60)
Y = (Z > 0.5).astype(int)


def models():
    yield "ols", lambda: sm.OLS(Z, X).fit()
    yield "ols-model", lambda: sm.OLS(Z, X)
    yield "wls", lambda: sm.WLS(Z, X, weights=np.ones(60)).fit()
    yield "gls", lambda: sm.GLS(Z, X).fit()
    yield "rlm", lambda: sm.RLM(Z, X).fit()
    yield "logit", lambda: sm.Logit(Y, X).fit(disp=0)
    yield "probit", lambda: sm.Probit(Y, X).fit(disp=0)
    yield "poisson", lambda: sm.Poisson(Y, X).fit(disp=0)
    yield "glm-gaussian", lambda: sm.GLM(Z, X).fit()
    yield "glm-binomial", lambda: sm.GLM(Y, X, family=sm.families.Binomial()).fit()
    yield "glm-poisson", lambda: sm.GLM(Y, X, family=sm.families.Poisson()).fit()
    yield "quantile", lambda: sm.QuantReg(Z, X).fit(0.5)
    yield "kde", lambda: kde()
    yield "autoreg", lambda: AutoReg(Z, 2).fit()
    yield "exponential-smoothing", lambda: ExponentialSmoothing(Z + 10, trend="add").fit()
    yield "simple-smoothing", lambda: SimpleExpSmoothing(Z + 10).fit()
    yield "arima", lambda: sm.tsa.ARIMA(Z, order=(1, 0, 0)).fit()
    yield "formula", formula
    yield "frame", frame


def kde():
    made = sm.nonparametric.KDEUnivariate(Z)
    made.fit()
    return made


def formula():
    import pandas
    import statsmodels.formula.api as smf

    return smf.ols("z ~ a + b", pandas.DataFrame({"z": Z, "a": X[:, 1], "b": X[:, 2]})).fit()


def frame():
    import pandas

    return sm.OLS(pandas.Series(Z, name="z"), pandas.DataFrame(X, columns=["one", "a", "b"])).fit()


def main():
    out = writer.Writer("statsmodels", "statsmodels")
    for name, make in models():
        out.put(name, make, (2, 4))
    out.close()


if __name__ == "__main__":
    main()
