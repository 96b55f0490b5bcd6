"""Writes ../test/fixtures/statistics.json: what scipy computes, and Student quantiles by mpmath (scipy's t.isf loses digits
near level 0). Run with numpy 2.4.6, scipy 1.17.1 and mpmath 1.4.1: python3 packages/numerics/scripts/statistics_fixtures.py"""

import json
from pathlib import Path

import mpmath as mp
import numpy as np
import scipy
from scipy import stats

rng = np.random.default_rng(20261124)


mp.mp.dps = 40


def student(degrees, level):
    """The t with P(|T| <= t) = level, where that probability is an incomplete beta function."""
    inside = lambda t: mp.betainc(mp.mpf(1) / 2, mp.mpf(degrees) / 2, 0, t * t / (degrees + t * t), regularized=True)
    start = stats.t.isf((1 - level) / 2, degrees)
    return float(mp.findroot(lambda t: inside(t) - mp.mpf(level), (start * 0.999, start * 1.001), solver="anderson"))


def floats(values):
    return [float(v) for v in values]


def mean_case(x, level):
    low, high = stats.t.interval(level, len(x) - 1, loc=np.mean(x), scale=stats.sem(x))
    return {"x": floats(x), "level": level, "value": float(np.mean(x)), "interval": floats([low, high])}


def paired_case(a, b, level):
    low, high = stats.ttest_rel(a, b).confidence_interval(level)
    return {"a": floats(a), "b": floats(b), "level": level, "value": float(np.mean(a - b)), "interval": floats([low, high])}


def quantile_case(x, q, level):
    ends = stats.quantile_test(x, p=q).confidence_interval(level)
    # scipy says nan where no order statistic lies far enough out.
    ends = [None if np.isnan(end) else float(end) for end in ends]
    return {"x": floats(x), "q": q, "level": level, "value": float(np.quantile(x, q)), "interval": ends}


def slope_case(x, y, level):
    fit = stats.linregress(np.log(x), np.log(y))
    half = stats.t.isf((1 - level) / 2, len(x) - 2) * fit.stderr
    return {
        "x": floats(x), "y": floats(y), "level": level,
        "value": float(fit.slope), "interval": floats([fit.slope - half, fit.slope + half]),
    }


def spearman_case(x, y):
    return {"x": floats(x), "y": floats(y), "value": float(stats.spearmanr(x, y).statistic)}


powers = np.array([1.0, 2, 4, 8, 16, 32])
ties = rng.integers(0, 4, 30)
fixture = {
    "madeBy": f"scripts/statistics_fixtures.py, numpy {np.__version__}, scipy {scipy.__version__}, mpmath {mp.__version__}",
    "student": [
        {"degrees": d, "level": level, "value": student(d, level)}
        for d in [1, 2, 3, 4, 5, 8, 9, 19, 30, 99, 1000, 10001]
        for level in [0.01, 0.5, 0.8, 0.95, 0.99, 0.999999]
    ],
    "mean": [
        mean_case(rng.normal(size=5), 0.95),
        mean_case(rng.normal(3, 10, size=20), 0.99),
        mean_case(1e6 + rng.normal(size=50), 0.5),
        mean_case(np.array([-1.0, 4.0]), 0.95),
        mean_case(rng.standard_cauchy(size=101) * 1e-12, 0.9),
    ],
    "paired": [
        paired_case(*rng.normal(size=(2, 5)), 0.95),
        paired_case(*(rng.normal(100, 1, size=12) + rng.normal(size=(2, 12))), 0.9),
    ],
    "quantile": [
        quantile_case(rng.normal(size=n), q, level)
        for n, q, level in [
            (1, 0.5, 0.95), (5, 0.5, 0.95), (6, 0.5, 0.95), (20, 0.5, 0.95), (20, 0.25, 0.8), (37, 0.9, 0.95), (101, 0.99, 0.95),
            (200, 0.05, 0.99), (33, 0.5, 0.5), (500, 0.5, 0.95), (500, 0.975, 0.95),
        ]
    ] + [quantile_case(rng.integers(0, 5, 40).astype(float), 0.3, 0.95)],
    "slope": [
        slope_case(powers, 3 * powers**-0.5 * np.exp(rng.normal(0, 0.1, 6)), 0.95),
        slope_case(rng.uniform(1, 1e6, 40), rng.uniform(1e-9, 1e-3, 40), 0.99),
        slope_case(np.array([1.0, 10, 100]), np.array([2.0, 21, 195]), 0.95),
    ],
    "spearman": [
        spearman_case(rng.normal(size=10), rng.normal(size=10)),
        spearman_case(ties, ties + rng.integers(0, 3, 30)),
        spearman_case(np.array([1, 2, 2, 3]), np.array([4, 4, 1, 0])),
    ],
}
path = Path(__file__).parent.parent / "test" / "fixtures" / "statistics.json"
lines = (f"{json.dumps(key)}: {json.dumps(cases, allow_nan=False)}" for key, cases in fixture.items())
path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
