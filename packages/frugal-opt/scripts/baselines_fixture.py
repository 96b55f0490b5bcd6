"""Writes test/fixtures/baselines.json: 50 steps of Fira, APOLLO and APOLLO-Mini in float64 numpy, written from their definitions alone.

    node scripts/fixture_indices.mjs && python scripts/baselines_fixture.py

W is m × n with its longer side as channels, P has r rows, ψ is Adam's direction with its moments kept when P changes.

Fira: R = P g, u = ψ(R), S = (g − Pᵀ R)·diag(‖u_j‖/‖R_j‖), W ← W − η(Pᵀ u + α S), P the strongest singular vectors.
APOLLO: the same R and u, S = g·diag(‖u_j‖/‖R_j‖), W ← W − ηα S, P normal of variance 1/r; Mini: r = 1, ‖u‖/‖R‖, α = √128.
The norm of S grows by at most 1 % from a step to the next. Ratios have 1e-8 in the denominator.
"""
import json
import pathlib

import numpy as np

from frugal_fixture import LR, RHO, SHAPES, STEPS, T, WD, Adam, formula, gradient, python_round

folder = pathlib.Path(__file__).parent.parent / "test" / "fixtures"
drawn = json.loads((folder / "indices.json").read_text())
GROWTH, TINY = 1.01, 1e-8


def strongest(g, r):
    """Rows are the left singular vectors of the largest values, the entry of largest size of each positive."""
    q = np.linalg.svd(g)[0][:, :r].T
    return q * np.sign(q[np.arange(r), np.abs(q).argmax(1)])[:, None]


def run(method, alpha):
    x = [formula(int(np.prod(s)), 2.5 * i).reshape(s) for i, s in enumerate(SHAPES)]
    moments, basis, last = [None] * 3, [None] * 3, [0.0] * 3
    limited = 0
    for k in range(STEPS):
        g = [gradient(i, x[i], k) for i in range(3)]
        for i in range(3):
            x[i] = x[i] * (1 - LR * WD)
            if i == 2:
                moments[2] = moments[2] or [np.zeros(SHAPES[2])] * 2
                x[2] = x[2] + Adam().step(moments[2], g[2], k + 1, LR)
                continue
            # Channels are columns.
            upright = SHAPES[i][0] <= SHAPES[i][1]
            own = g[i] if upright else g[i].T
            m, n = own.shape
            r = 1 if method == "apolloMini" else python_round(m * RHO)
            if k % T == 0:
                basis[i] = strongest(own, r) if method == "fira" else np.reshape(drawn[f"gaussian {r}"][i][k // T], (r, m)) / np.sqrt(r)
            p = basis[i]
            low = p @ own
            moments[i] = moments[i] or [np.zeros((r, n))] * 2
            u = -Adam().step(moments[i], low, k + 1, 1)
            axis = None if method == "apolloMini" else 0
            scale = np.linalg.norm(u, axis=axis) / (np.linalg.norm(low, axis=axis) + TINY)
            s = (own - p.T @ low if method == "fira" else own) * scale
            norm = np.linalg.norm(s)
            if last[i] > 0 and norm / (last[i] + TINY) > GROWTH:
                s = s * (GROWTH * (last[i] + TINY) / norm)
                limited += 1
            last[i] = np.linalg.norm(s)
            step = LR * alpha * s + (LR * p.T @ u if method == "fira" else 0)
            x[i] = x[i] - (step if upright else step.T)
    assert 10 < limited < 90, "the growth is limited in some steps, not in all"
    return [value.ravel().tolist() for value in x]


if __name__ == "__main__":
    cases = {"fira": run("fira", 0.5), "apollo": run("apollo", 0.5), "apolloMini": run("apolloMini", 128**0.5)}
    (folder / "baselines.json").write_text(json.dumps(cases) + "\n")
