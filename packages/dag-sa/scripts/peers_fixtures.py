"""Writes ../test/fixtures/peers.json: what PyPI's `dagma` and `gcastle` compute on 20 covariances. Run with dagma 1.1.1, gcastle 1.0.4, torch 2 (float64) and scipy 1.17:
python3 packages/dag-sa/scripts/peers_fixtures.py

Matrices at which objectives are compared are W[i, j] = 0.3 sin(1 + 7k + 3i + 5j), 0 on the diagonal; of a gradient G its norm
and Σ G[i, j] cos(i + 2j) are kept."""

import json
import logging
import warnings
from pathlib import Path

import numpy as np
import torch
from castle.algorithms.gradient.notears.linear import Notears
from castle.algorithms.gradient.notears.torch.golem_utils.golem_model import GolemModel
from castle.algorithms.gradient.notears.torch.golem_utils.train import postprocess
from dagma.linear import DagmaLinear
from scipy.linalg import expm

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
N = 500
SIZES = [5] * 8 + [10] * 8 + [20] * 4
# `s` is given because the package changes its default list in place from one fit to the next.
DAGMA = {"T": 4, "warm_iter": 1000, "max_iter": 2000, "lambda1": 0.03}


def data(seed, d):
    """n rows of an ER graph with 2d edges expected and weights of NOTEARS, centred."""
    rng = np.random.default_rng(seed)
    lower = np.tril(rng.random((d, d)) < min(1, 4 / (d - 1)), -1)
    B = lower * rng.uniform(0.5, 2, (d, d)) * rng.choice([-1, 1], (d, d))
    P = np.eye(d)[rng.permutation(d)]
    B = P.T @ B @ P
    X = rng.normal(size=(N, d)) @ np.linalg.inv(np.eye(d) - B)
    return X - X.mean(axis=0), B


def point(k, d):
    i, j = np.indices((d, d))
    return 0.3 * np.sin(1 + 7 * k + 3 * i + 5 * j) * (1 - np.eye(d))


def seen(G):
    i, j = np.indices(G.shape)
    return [float(np.linalg.norm(G)), float((G * np.cos(i + 2 * j)).sum())]


def flat(W):
    return [float(v) for v in np.asarray(W).ravel()]


def golem_of(X, variances):
    l1 = {"EV": 2e-2, "NV": 2e-3}[variances]
    return GolemModel(X.shape[0], X.shape[1], l1, 5.0, variances == "EV", device="cpu")


def golem_gradient(model, X, W):
    model._B.data = torch.tensor(W)
    model.zero_grad()
    model(torch.tensor(X))
    model.score.backward()
    return float(model.score.detach()), float(model.h.detach()), model._B.grad.numpy()


def objectives(X, d):
    cov = X.T @ X / N
    out = []
    for k in range(50):
        W = point(k, d)
        R = X - X @ W
        G = -X.T @ R / N
        E = expm(W * W)
        case = {"leastSquares": [float((R**2).sum() / 2 / N), *seen(G)]}
        case["exponential"] = [float(np.trace(E) - d), *seen(E.T * 2 * W)]
        M = np.eye(d) + W * W / d
        P = np.linalg.matrix_power(M, d - 1)
        case["polynomial"] = [float((P.T * M).sum() - d), *seen(P.T * W * 2)]
        small = W if d < 20 else W / 2  # inside DAGMA's domain
        dagma = DagmaLinear("l2")
        dagma.d, dagma.Id = d, np.eye(d)
        h, G_h = dagma._h(small, 1.0)
        case["logDet"] = [float(h), *seen(G_h)] if (np.linalg.inv(np.eye(d) - small * small) >= 0).all() else None
        for variances in ["EV", "NV"]:
            score, _, grad = golem_gradient(golem_of(X, variances), X, W)
            case[variances] = [score, *seen(grad)]
        out.append(case)
    return {"covariance": flat(cov), "cases": out}


def golem_trajectory(X, variances):
    model = golem_of(X, variances)
    adam = torch.optim.Adam([model._B], lr=1e-3)
    x = torch.tensor(X)
    for _ in range(200):
        adam.zero_grad()
        model(x)
        model.score.backward()
        adam.step()
    return flat(model._B.detach().numpy())


def dagma_trajectory(X):
    model = DagmaLinear("l2")
    model.vprint = lambda *a, **k: None
    model.fit(X.copy(), lambda1=0.03, w_threshold=0.0, s=[1.0], T=1, max_iter=200)
    return flat(model.W_est)


def graph(seed, d):
    X, B = data(seed, d)
    cov = X.T @ X / N
    notears = Notears()
    W = notears.notears_linear(X, 0.1, "l2", 100, 1e-8, 1e16)
    model = DagmaLinear("l2")
    model.fit(X.copy(), w_threshold=0.0, s=[1.0, 0.9, 0.8, 0.7, 0.6], **DAGMA)
    case = {"d": d, "truth": flat(B), "covariance": flat(cov), "notears": flat(W), "dagma": flat(model.W_est)}
    if seed % 4 == 0:
        case["trajectories"] = {
            "dagma": dagma_trajectory(X), "EV": golem_trajectory(X, "EV"), "NV": golem_trajectory(X, "NV"),
        }
    return case


fixture = {
    "madeBy": "scripts/peers_fixtures.py",
    "dagmaSettings": DAGMA,
    "objectives": [objectives(data(100 + d, d)[0], d) | {"d": d} for d in [5, 10, 20]],
    "graphs": [graph(seed, d) for seed, d in enumerate(SIZES)],
}
path = Path(__file__).parent.parent / "test" / "fixtures" / "peers.json"
path.write_text(json.dumps(fixture, allow_nan=False) + "\n")
