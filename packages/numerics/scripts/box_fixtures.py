"""Writes ../test/fixtures/box.json: scipy's L-BFGS-B on ten problems with bounds. Run with scipy 1.17:
python3 packages/numerics/scripts/box_fixtures.py"""

import json
from pathlib import Path

import numpy as np
import scipy.optimize as sopt


def flat(x):
    return [float(value) for value in np.asarray(x).ravel()]


def rosenbrock(x):
    return sopt.rosen(x), sopt.rosen_der(x)


def boxes():
    """Ten problems with bounds: Rosenbrock in boxes that cut its valley, and quadratics with and without an active bound."""
    out = []
    for n, low, high in [(2, -2, 2), (2, -2, 0.5), (5, -2, 2), (5, 0.2, 0.9), (10, -5, 0.7), (10, -1.5, 3)]:
        x0 = np.where(np.arange(n) % 2 == 0, -1.2, 1.0)
        sol = sopt.minimize(rosenbrock, x0, jac=True, method="L-BFGS-B", bounds=[(low, high)] * n, options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 5000, "maxfun": 50000})
        out.append({"kind": "rosenbrock", "x0": flat(x0), "low": low, "high": high, "x": flat(sol.x), "value": float(sol.fun)})
    for seed, low in [(1, 0.0), (2, 0.0), (3, -0.1), (4, -100.0)]:
        rng = np.random.default_rng(seed)
        n = 12
        A = rng.normal(size=(n, n))
        A = A @ A.T / n + 0.1 * np.eye(n)
        b = rng.normal(size=n)
        sol = sopt.minimize(lambda x: (x @ A @ x / 2 - b @ x, A @ x - b), np.ones(n), jac=True, method="L-BFGS-B", bounds=[(low, 1.5)] * n, options={"ftol": 1e-16, "gtol": 1e-11, "maxiter": 5000})
        out.append({"kind": "quadratic", "A": flat(A), "b": flat(b), "x0": [1.0] * n, "low": low, "high": 1.5, "x": flat(sol.x), "value": float(sol.fun)})
    return out


path = Path(__file__).parent.parent / "test" / "fixtures" / "box.json"
path.write_text(json.dumps({"madeBy": "scripts/box_fixtures.py", "boxes": boxes()}, allow_nan=False) + "\n")
