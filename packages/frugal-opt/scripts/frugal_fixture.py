"""Writes test/fixtures/trajectories.json: 50 steps of FRUGAL in float64 numpy, written from the equations alone.

    node scripts/fixture_indices.mjs && python scripts/frugal_fixture.py
"""
import itertools
import json
import pathlib

import numpy as np

folder = pathlib.Path(__file__).parent.parent / "test" / "fixtures"
indices = json.loads((folder / "indices.json").read_text())
SHAPES = [(6, 8), (8, 5), (5,)]  # the last one is a bias, and regular
STEPS, T, RHO, LR, WD, FREE = 50, 7, 0.3, 0.01, 0.02, 0.5


def formula(n, phase):
    k = np.arange(n)
    return np.sin(1.7 * k + phase + np.cos(0.3 * k))


def gradient(i, x, step):
    return formula(x.size, 0.37 * step + i).reshape(x.shape) + 0.3 * x


class Adam:
    count = 2

    def step(self, s, g, t, lr):
        s[0] = 0.9 * s[0] + 0.1 * g
        s[1] = 0.999 * s[1] + 0.001 * g**2
        return -lr * (s[0] / (1 - 0.9**t)) / (np.sqrt(s[1] / (1 - 0.999**t)) + 1e-8)


class Lion:
    count = 1

    def step(self, s, g, t, lr):
        u = -lr * np.sign(0.9 * s[0] + 0.1 * g)
        s[0] = 0.99 * s[0] + 0.01 * g
        return u


class Sgdm:
    count = 1

    def step(self, s, g, t, lr):
        s[0] = 0.9 * s[0] + g
        return -lr * s[0]


RULES = {"adam": Adam, "lion": Lion, "sgdm": Sgdm}


def python_round(x):
    return int(np.floor(x + 0.5))


def subspace(projector, i, refresh, g, window):
    """P as a pair of functions on matrices."""
    a, b = g.shape
    if projector == "columns":
        c = indices["columns"][i][refresh]

        def up(p):
            out = np.zeros((a, b))
            out[:, c] = p
            return out

        return (lambda m: m[:, c]), up
    if projector == "rand-k":
        c = indices["rand-k"][i][refresh]

        def up(p):
            out = np.zeros(a * b)
            out[c] = p[0]
            return out.reshape(a, b)

        return (lambda m: m.reshape(1, -1)[:, c]), up
    u, _, vt = np.linalg.svd(g)
    r = python_round(min(a, b) * RHO)
    # The entry of largest size of each direction is positive.
    if a >= b:
        q = vt[:r]
        q = q * np.sign(q[np.arange(r), np.abs(q).argmax(1)])[:, None]
        return (lambda m: m @ q.T), (lambda p: p @ q)
    q = u[:, :r]
    q = q * np.sign(q[np.abs(q).argmax(0), np.arange(r)])
    return (lambda m: q.T @ m), (lambda p: q @ p)


def run(rule_name, projector, mode):
    rule = RULES[rule_name]()
    x = [formula(int(np.prod(s)), 2.5 * i).reshape(s) for i, s in enumerate(SHAPES)]
    state = [None] * 3
    t = [0, 0, 0]
    place = [None] * 3
    active = []
    window = 0
    for k in range(STEPS):
        g = [gradient(i, x[i], k) for i in range(3)]
        if projector == "blocks" and k % T == 0:
            n = python_round(2 * RHO)
            now = [1 - (window + j) % 2 for j in range(n)]
            window = (window + n) % 2
            for i in range(2):
                if i in now and not (i in active and mode != "reset"):
                    state[i] = [np.zeros(SHAPES[i]) for _ in range(rule.count)]
                    t[i] = 0
            active = now
        for i in range(3):
            x[i] = x[i] * (1 - LR * WD)
            t[i] += 1
            if i == 2:
                if state[2] is None:
                    state[2] = [np.zeros(SHAPES[2]) for _ in range(rule.count)]
                x[2] = x[2] + rule.step(state[2], g[2], t[2], LR)
                continue
            if projector == "blocks":
                if i in active:
                    x[i] = x[i] + rule.step(state[i], g[i], t[i], LR)
                else:
                    x[i] = x[i] - LR * FREE * np.sign(g[i])
                continue
            if k % T == 0:
                old = place[i]
                place[i] = subspace(projector, i, k // T, g[i], window)
                shape = place[i][0](g[i]).shape
                if state[i] is None or mode == "reset":
                    state[i] = [np.zeros(shape) for _ in range(rule.count)]
                    t[i] = 1
                elif mode == "reproject":
                    state[i] = [place[i][0](old[1](s)) for s in state[i]]
                    if rule.count == 2:
                        state[i][1] = np.maximum(state[i][1], 0)
            down, up = place[i]
            p = down(g[i])
            residual = g[i] - up(p)
            if projector != "svd":
                residual[up(np.ones_like(p)) > 0] = 0
            x[i] = x[i] + up(rule.step(state[i], p, t[i], LR)) - LR * FREE * np.sign(residual)
    return [value.ravel().tolist() for value in x]


if __name__ == "__main__":
    cases = {
        f"{rule} {projector} {mode}": run(rule, projector, mode)
        for rule, projector, mode in itertools.product(RULES, ["blocks", "columns", "rand-k", "svd"], ["reset", "keep", "reproject"])
    }
    (folder / "trajectories.json").write_text(json.dumps(cases) + "\n")
