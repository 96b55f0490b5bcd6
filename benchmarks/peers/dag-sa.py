"""
ψDAG's pieces in numpy and scipy, written as someone would who wants numpy to win: no Python loop but over steps, one-dimensional
views for the dot products, results written in place.
"""

from itertools import chain, count

import numpy as np
from scipy.linalg import expm, inv
from scipy.linalg.blas import daxpy, saxpy
from scipy.linalg.lapack import dpotrf, dtrtri
from scipy.sparse import csr_array

from protocol import serve


class UniversalSgd:
    """
    Told gradients, asked for points; x_0 = 0. Lengths and curvature come from four dot products a step, so that the vectors are gone
    through as few times as numpy can.
    """

    def __init__(self, size, radius, dtype=np.float64):
        self.D, self.k = radius, 1
        self.x, self.g, self.sum, self.new = (np.zeros(size, dtype) for _ in range(4))
        self.axpy = daxpy if dtype == np.float64 else saxpy

    def first(self, gradient):
        x, g, new, D = self.x, self.g, self.new, self.D
        gradient(x, g)
        self.gg, self.xx, self.xg = g @ g, 0.0, 0.0
        h = D / np.sqrt(self.gg)
        np.multiply(g, -h, out=x)
        gradient(x, new)
        self.H = -h * (g @ new - self.gg) / (1.5 * D**2)
        x[:] = 0

    def step(self, gradient):
        x, g, new, D, H = self.x, self.g, self.new, self.D, self.H
        t = 1 / H
        length = np.sqrt(max(0.0, self.xx - 2 * t * self.xg + t * t * self.gg))
        s = min(1.0, D / length)
        self.axpy(g, x, a=-t)
        if s < 1:
            x *= s
        self.sum += x
        gradient(x, new)
        self.xx, xn, nn, gn = x @ x, x @ new, new @ new, g @ new
        beta = (1 - 1 / s) * (xn - s * (self.xg - self.gg / H)) - (gn - self.gg) / H
        r2 = self.gg * t * t
        self.H = H + max((beta - r2 * H / 2) / (D**2 + r2 / 2), 0)
        self.xg, self.gg, self.g, self.new = xn, nn, new, g
        self.k += 1

    @property
    def average(self):
        return self.sum / self.k

    def project(self, mask):
        for v in (self.x, self.g, self.sum):
            v *= mask
        self.xx, self.xg, self.gg = self.x @ self.x, self.x @ self.g, self.g @ self.g


def gradient_on(rows, b, d, mask, dtype=np.float64):
    """A multiple of ∇f at W of a batch of b from `rows()`, vectors: the factor comes back in H."""
    R = np.empty((b, d), dtype)

    def gradient(w, out):
        X = rows()
        w[:: d + 1] = -1  # the product is XW − X
        np.matmul(X, w.reshape(d, d), out=R)
        w[:: d + 1] = 0
        np.matmul(X.T, R, out=out.reshape(d, d))
        if mask is None:
            out[:: d + 1] = 0
        else:
            out *= mask

    return gradient


def step(variant, X, draws, radius):
    n, d = X.shape
    b = draws.shape[1]
    dtype = np.float32 if variant == "float32" else np.float64
    X = X.astype(dtype)
    index = (draws * n).astype(np.int64)
    batch = np.empty((b, d), dtype)

    def run():
        k = iter(index)
        gradient = gradient_on(lambda: np.take(X, next(k), axis=0, out=batch, mode="clip"), b, d, None, dtype)
        sgd = UniversalSgd(d * d, radius, dtype)
        sgd.first(gradient)
        for _ in range(len(index) - 2):
            sgd.step(gradient)
        return np.triu(sgd.average.reshape(d, d), 1)

    return run


def project(W):
    d = len(W)
    S = W * W
    np.fill_diagonal(S, 0)
    T = S.T.copy()
    r, c = S.sum(1), S.sum(0)
    order = np.empty(d, dtype=np.int64)
    front, back = 0, d - 1
    for _ in range(d):
        i, j = r.argmin(), c.argmin()
        if r[i] <= c[j]:
            v, order[back] = i, i
            back -= 1
        else:
            v, order[front] = j, j
            front += 1
        r -= T[v]
        c -= S[v]
        r[v] = c[v] = np.inf
    return order


def fit_order(variant, covariance, order):
    order = order.astype(np.int64)

    def run():
        L, _ = dpotrf(covariance[np.ix_(order, order)], lower=1)
        pivots = L.diagonal().copy()
        inverse, _ = dtrtri(L, lower=1)
        W = np.empty_like(covariance)
        U = np.tril(inverse, -1).T * -pivots
        W[np.ix_(order, order)] = U
        return W

    return run


def to_criterion(variant, B, covariance):
    d = len(B)
    mix = np.linalg.inv(np.eye(d) - B)
    mix[np.abs(mix) < 1e-14] = 0
    mix = csr_array(mix.T)  # so that rows come out as numpy likes them

    def loss(W):
        A = np.eye(d) - W
        return (A * (covariance @ A)).sum() / 2

    def ridge(X):
        b = len(X)
        lam = (X * X).mean() * max(d / b, 1)
        theta = np.linalg.inv(X.T @ X / b + lam * np.eye(d))
        W = -theta / theta.diagonal()
        np.fill_diagonal(W, 0)
        return 2 * np.sqrt((W * W).sum())

    dtype = np.float32 if variant == "float32" else np.float64
    mix = mix.astype(dtype)

    def run():
        rng = np.random.default_rng(0)
        noise = np.empty((d, 64), dtype)
        fresh = lambda: (mix @ rng.standard_normal(dtype=dtype, out=noise)).T
        first = fresh()
        batches = chain([first], (fresh() for _ in count()))
        rows = lambda: next(batches)
        sgd = UniversalSgd(d * d, ridge(first), dtype)
        mask, order, steps = None, np.arange(d), 0
        gradient = gradient_on(rows, 64, d, mask, dtype)
        sgd.first(gradient)
        while True:
            steps += 1
            if steps % 1000 == 500:
                order = project(sgd.average.reshape(d, d))
                place = np.argsort(order)
                mask = (place[:, None] < place[None]).ravel().astype(dtype)
                sgd.project(mask)
                gradient = gradient_on(rows, 64, d, mask, dtype)
            elif steps % 1000 == 0:
                mask, gradient = None, gradient_on(rows, 64, d, None, dtype)
            sgd.step(gradient)
            if steps % 100 == 99:  # 100 steps and the trial's gradient, as ours
                place = np.argsort(order)
                W = sgd.average.reshape(d, d) * (place[:, None] < place[None])
                if loss(W) <= 1.1 * d / 2:
                    return W

    return run


def objective(variant, W, covariance):
    d = len(W)
    identity = np.eye(d)

    def least_squares():
        A = identity - W
        G = covariance @ A
        return (A * G).sum() / 2, -G

    def notears():
        f, G = least_squares()
        E = expm(W * W)
        G += E.T * 2 * W
        return f + np.trace(E) - d

    def golem():
        f, G = least_squares()
        E = expm(W * W)
        M = identity - W
        value = d / 2 * np.log(2 * f) - np.linalg.slogdet(M)[1] + 0.02 * np.abs(W).sum() + 5 * (np.trace(E) - d)
        G *= d / (2 * f)
        G += inv(M).T + 0.02 * np.sign(W) + 10 * E.T * W
        return value

    def dagma():
        f, G = least_squares()
        M = identity - W * W
        inverse = inv(M)
        (inverse < 0).any()
        G += 2 * W * inverse.T
        return f - np.linalg.slogdet(M)[1]

    once = {"NOTEARS": notears, "GOLEM-EV": golem, "DAGMA": dagma}[variant]

    def run():
        for _ in range(10):
            value = once()
        return [value]

    return run


if __name__ == "__main__":
    serve(
        {f"step, d = {d}": step for d in (10, 100, 1000)}
        | {f"step, float32, d = {d}": step for d in (100, 1000)}
        | {f"projection, d = {d}": lambda variant, W: lambda: project(W) for d in (1000, 3000)}
        | {f"order fit, d = {d}": fit_order for d in (300, 1000)}
        | {f"to 0.1 f*, d = {d}": to_criterion for d in ("100", "500", "500, float32")}
        | {f"{name} objective, d = 50": objective for name in ("NOTEARS", "GOLEM-EV", "DAGMA")}
    )
