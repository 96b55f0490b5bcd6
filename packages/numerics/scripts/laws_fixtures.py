"""Writes test/fixtures/laws.json: the normal law and the beta law by mpmath, 40 digits. Run it from this package's folder."""

import json
from pathlib import Path

from mpmath import betainc, mp, mpf, ncdf

mp.dps = 40
normal = [-37.5, -20, -8, -5, -3, -2.5, -2.4, -1, -0.3, -1e-3, 0.5, 2.5, 3, 6]
beta = [(1, 1, 0.3), (2, 3, 0.5), (7, 144, 0.05), (7, 144, 0.01), (50, 51, 0.48), (3, 998, 1e-4), (998, 3, 0.99), (700, 9301, 0.07)]  # fmt: skip
Path("test/fixtures/laws.json").write_text(
    json.dumps(
        {
            "normal": [{"x": x, "p": float(ncdf(mpf(x)))} for x in normal],
            "beta": [{"a": a, "b": b, "x": x, "p": float(betainc(a, b, 0, mpf(x), regularized=True))} for a, b, x in beta],
        },
        indent=1,
    )
    + "\n"
)
