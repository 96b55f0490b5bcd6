"""Writes ../test/fixtures/learner.json: derivatives of a Gaussian policy and whole TRPO steps by torch's automatic
differentiation in float64. Run with torch 1.13 or newer: python3 packages/fedtrpo/scripts/learner_fixtures.py"""

import json
import math
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
torch.manual_seed(20241212)
ROWS, SIZES = 40, [5, 6, 4, 2]
ACTIONS = SIZES[-1]
SIZE = sum((m + 1) * n for m, n in zip(SIZES, SIZES[1:])) + ACTIONS
x, u, v = torch.randn(ROWS, SIZES[0]), torch.randn(ROWS, ACTIONS), torch.randn(SIZE)
advantages, old_log_density = torch.randn(ROWS), -2 + 0.3 * torch.randn(ROWS)
theta = 0.5 * torch.randn(SIZE)


def means(parameters):
    at, h = 0, x
    for layer, (m, n) in enumerate(zip(SIZES, SIZES[1:])):
        w = parameters[at : at + m * n].reshape(m, n)
        b = parameters[at + m * n : at + (m + 1) * n]
        h = h @ w + b
        if layer + 2 < len(SIZES):
            h = torch.tanh(h)
        at += (m + 1) * n
    return h


def log_density(parameters):
    log_sigma = parameters[-ACTIONS:]
    z = (u - means(parameters)) / log_sigma.exp()
    return (-0.5 * z**2 - log_sigma - 0.5 * math.log(2 * math.pi)).sum(1)


def kl(stop, parameters):
    before, after = stop[-ACTIONS:], parameters[-ACTIONS:]
    spread = (2 * before).exp() + (means(stop) - means(parameters)) ** 2
    return (after - before + spread / (2 * (2 * after).exp()) - 0.5).sum(1).mean()


def surrogate(parameters, old=old_log_density):
    return -(advantages * (log_density(parameters) - old).exp()).mean()


def gradient(function, at):
    at = at.clone().requires_grad_()
    return torch.autograd.grad(function(at), at)[0]


def product(function, at, along):
    at = at.clone().requires_grad_()
    (first,) = torch.autograd.grad(function(at), at, create_graph=True)
    return torch.autograd.grad(first @ along, at)[0]


def fisher(along, damping):
    return product(lambda p: kl(theta, p), theta, along) + damping * along


def step(delta=0.01, damping=0.1):
    """As the predecessor's code does it, from the densities of theta itself."""
    own = log_density(theta)
    g = gradient(lambda p: surrogate(p, own), theta)
    s, r = torch.zeros(SIZE), -g
    p, rr = r.clone(), r @ r
    for _ in range(10):
        z = fisher(p, damping)
        alpha = rr / (p @ z)
        s, r = s + alpha * p, r - alpha * z
        p, rr = r + (r @ r) / rr * p, r @ r
        if rr < 1e-10:
            break
    beta = torch.sqrt(0.5 * (s @ fisher(s, damping)) / delta)
    promised, before = -(g @ s) / beta, surrogate(theta, own)
    for j in range(10):
        candidate = theta + 0.5**j * s / beta
        actual = before - surrogate(candidate, own)
        if actual > 0 and actual / (0.5**j * promised) > 0.1:
            return {"own": own.tolist(), "theta": candidate.tolist(), "kl": float(kl(theta, candidate)), "improvement": float(actual)}


fixture = {
    "madeBy": "scripts/learner_fixtures.py",
    "sizes": SIZES,
    "x": x.flatten().tolist(),
    "u": u.flatten().tolist(),
    "v": v.tolist(),
    "theta": theta.tolist(),
    "advantages": advantages.tolist(),
    "oldLogDensity": old_log_density.tolist(),
    "logDensity": log_density(theta).tolist(),
    "surrogate": float(surrogate(theta)),
    "gradient": gradient(surrogate, theta).tolist(),
    "kl": float(kl(theta, theta + 0.1 * v)),
    "klGradient": gradient(lambda p: kl(theta, p), theta + 0.1 * v).tolist(),
    "fisher": fisher(v, 0.1).tolist(),
    "hessian": product(lambda p: -log_density(p).mean(), theta, v).tolist(),
    "step": step(),
}
path = Path(__file__).parent.parent / "test" / "fixtures" / "learner.json"
path.write_text(json.dumps(fixture, allow_nan=False) + "\n")
