"""Writes test/fixtures/attacks.json: FGSM, BIM, MI, C&W and EAD step for step on a small network, in plain Python and float64, from
the papers' formulas and gradients by hand. Run it from this package's folder.

The network is z = tanh(x W + b) V on images of 2 x 3 pixels; weights and images are sines of their places, so nothing is exchanged.
"""

import json
import math
from pathlib import Path

D, H, C = 6, 5, 3
W = [[math.sin(1.7 * i + 0.9 * j + 0.3) * 1.2 for j in range(H)] for i in range(D)]
B = [0.1 * math.sin(2.1 * j) for j in range(H)]
V = [[math.cos(1.3 * j - 2.2 * k) * 1.5 for k in range(C)] for j in range(H)]
X = [[0.5 + 0.45 * math.sin(2.3 * i + 1.1 * n) for i in range(D)] for n in range(4)]
TARGETS = [1, 2, 0, 1]


def forward(x):
    h = [math.tanh(sum(x[i] * W[i][j] for i in range(D)) + B[j]) for j in range(H)]
    return h, [sum(h[j] * V[j][k] for j in range(H)) for k in range(C)]


def backward(h, dz):
    dh = [sum(V[j][k] * dz[k] for k in range(C)) * (1 - h[j] ** 2) for j in range(H)]
    return [sum(W[i][j] * dh[j] for j in range(H)) for i in range(D)]


def minus_cross_entropy(x, target):
    """The gradient of log softmax(z)[target]."""
    h, z = forward(x)
    top = max(z)
    e = [math.exp(v - top) for v in z]
    return backward(h, [(1 if k == target else 0) - e[k] / sum(e) for k in range(C)])


def margin(x, target):
    """The margin by which another class is ahead, and its gradient."""
    h, z = forward(x)
    other = max((k for k in range(C) if k != target), key=lambda k: z[k])
    return z[other] - z[target], backward(h, [(k == other) - (k == target) for k in range(C)])


def clip(v, low, high):
    return min(max(v, low), high)


def sign(v):
    return (v > 0) - (v < 0)


def iterated(epsilon, step, steps, decay=None):
    out = []
    for x0, target in zip(X, TARGETS):
        x, d = x0[:], [0.0] * D
        for _ in range(steps):
            g = minus_cross_entropy(x, target)
            norm = sum(abs(v) for v in g)
            d = g if decay is None else [decay * a + b / norm for a, b in zip(d, g)]
            x = [clip(clip(v + step * sign(a), o - epsilon, o + epsilon), 0, 1) for v, a, o in zip(x, d, x0)]
        out.append(x)
    return out


def bisect(attack, weight, searches):
    """One image: the nearest success over the weights that are tried."""
    low, high, c, best = 0.0, math.inf, weight, None
    for _ in range(searches):
        found = False
        for distance, x in attack(c):
            found = True
            if best is None or distance < best[0]:
                best = (distance, x)
        low, high = (low, c) if found else (c, high)
        c = c * 10 if high == math.inf else (low + high) / 2
    return best


def cw(rate, steps, searches, weight):
    out = []
    for x0, target in zip(X, TARGETS):

        def attack(c):
            w = [math.atanh((2 * v - 1) * (1 - 1e-6)) for v in x0]
            m, s = [0.0] * D, [0.0] * D
            for t in range(1, steps + 1):
                x = [0.5 * (math.tanh(v) + 1) for v in w]
                ahead, slope = margin(x, target)
                square = sum((a - b) ** 2 for a, b in zip(x, x0))
                if ahead < 0:
                    yield square, x
                g = [(2 * (a - b) + (c * d if ahead > 0 else 0)) * 0.5 * (1 - math.tanh(v) ** 2) for a, b, d, v in zip(x, x0, slope, w)]  # fmt: skip
                m = [0.9 * a + 0.1 * b for a, b in zip(m, g)]
                s = [0.999 * a + 0.001 * b * b for a, b in zip(s, g)]
                w = [v - rate * (a / (1 - 0.9**t)) / (math.sqrt(b / (1 - 0.999**t)) + 1e-8) for v, a, b in zip(w, m, s)]

        best = bisect(attack, weight, searches)
        out.append(x0 if best is None else best[1])
    return out


def ead(rate, steps, searches, weight, beta, rule):
    out = []
    for x0, target in zip(X, TARGETS):

        def attack(c):
            x, y = x0[:], x0[:]
            for k in range(steps):
                ahead, slope = margin(y, target)
                g = [2 * (a - b) + (c * d if ahead > 0 else 0) for a, b, d in zip(y, x0, slope)]
                z = [a - rate * math.sqrt(1 - k / steps) * b for a, b in zip(y, g)]
                new = [o if abs(v - o) <= beta else min(v - beta, 1) if v > o else max(v + beta, 0) for v, o in zip(z, x0)]  # fmt: skip
                y = [a + k / (k + 3) * (a - b) for a, b in zip(new, x)]
                x = new
                if margin(x, target)[0] < 0:
                    l1 = sum(abs(a - b) for a, b in zip(x, x0))
                    yield (l1 if rule == "l1" else sum((a - b) ** 2 for a, b in zip(x, x0)) + beta * l1), x

        best = bisect(attack, weight, searches)
        out.append(x0 if best is None else best[1])
    return out


Path("test/fixtures").mkdir(exist_ok=True)
Path("test/fixtures/attacks.json").write_text(
    json.dumps(
        {
            "images": X,
            "targets": TARGETS,
            "W": W,
            "b": B,
            "V": V,
            "fgsm": iterated(0.1, 0.1, 1),
            "bim": iterated(0.2, 0.03, 9),
            "mi": iterated(0.2, 0.03, 9, 0.9),
            "cw": cw(0.05, 40, 4, 0.1),
            "ead": ead(0.05, 40, 4, 0.1, 0.01, "en"),
            "eadL1": ead(0.05, 40, 4, 0.1, 0.01, "l1"),
        },
        indent=1,
    )
    + "\n"
)
