"""Writes test/fixtures/pytorch.json: three rounds of FLoRAL in PyTorch, in float64, that the tests repeat.

Needs PyTorch (Debian's python3-torch will do):  /usr/bin/python3 scripts/pytorch_fixture.py > test/fixtures/pytorch.json

Adaptors are hooks beside the layers, gradients are PyTorch's, and nothing here is shared with the package. Weights, adaptors and
examples are given by a formula; the file holds float32 values after the last round, in base64, and preconditioned gradients.
"""

import base64
import json
import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
ROUNDS, CLUSTERS, CLIENTS, BATCH = 3, 2, 4, 4
EXAMPLES = [8, 8, 10, 6]
RATE, ROUTER_RATE, EPSILON, CLAMP = 0.05, 0.5, 1e-5, 0.01


def formula(shape, phase):
    """Numbers between -1 and 1, row-major."""
    n = math.prod(shape)
    return torch.tensor([math.sin(1.7 * k + phase + math.cos(0.3 * k)) for k in range(n)]).reshape(shape)


def chirp(shape, phase):
    """Likewise, with rows that are far from combinations of each other."""
    n = math.prod(shape)
    return torch.tensor([math.sin(0.37 * k * k + 1.7 * k + phase) for k in range(n)]).reshape(shape)


class Dense:
    def __init__(self, inputs, outputs, rank):
        self.kernel, self.rank, self.places, self.conv = [inputs, outputs], rank, (1, 1), False

    def base(self, x, w, b):
        return x @ w + b

    def hook(self, x, v, u):
        return (x @ v.reshape(self.rank, -1).T) @ u.reshape(self.rank, -1)


class Conv:
    """Without padding; the adaptor's first kernel has the width, its second the height, as `balanced_2d` of square kernels."""

    def __init__(self, size, inputs, outputs, rank):
        self.kernel, self.rank, self.places, self.conv = [size, size, inputs, outputs], rank, (size, size), True

    def base(self, x, w, b):
        return F.conv2d(x, w.permute(3, 2, 0, 1)) + b[:, None, None]

    def hook(self, x, v, u):
        size, _, inputs, outputs = self.kernel
        first = v.reshape(self.rank, size, inputs).permute(0, 2, 1)[:, :, None, :]
        second = u.reshape(self.rank, size, outputs).permute(2, 0, 1)[:, :, :, None]
        return F.conv2d(F.conv2d(x, first), second)


def flat(x):
    return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)


def relu_pool(size):
    return lambda x: F.max_pool2d(F.relu(x), size)


MLP = {"shape": [12], "layers": [(Dense(12, 16, 2), F.relu), (Dense(16, 5, 1), lambda x: x)], "before": lambda x: x, "classes": 5}
CNN = {
    "shape": [14, 14, 1],
    "layers": [
        (Conv(5, 1, 32, 1), relu_pool(2)),
        (Conv(3, 32, 64, 6), lambda x: flat(relu_pool(3)(x))),
        (Dense(64, 64, 3), F.relu),
        (Dense(64, 3, 1), lambda x: x),
    ],
    "before": lambda x: x.permute(0, 3, 1, 2),
    "classes": 3,
}


def start(layers):
    """Base: kernel and bias a layer; adaptors: V, U and bias a layer, each of all clusters."""
    base, adaptors = [], []
    for layer, _ in layers:
        fan = math.prod(layer.kernel[:-1])
        base += [1.5 / math.sqrt(fan) * formula(layer.kernel, len(base)), 0.3 * formula(layer.kernel[-1:], len(base) + 1)]
        inputs, outputs = layer.kernel[-2:]
        for side in (layer.places[0] * inputs, layer.places[1] * outputs):
            adaptors.append(0.3 * chirp([CLUSTERS, layer.rank, side], 20 + len(adaptors)))
        adaptors.append(0.1 * chirp([CLUSTERS, outputs], 20 + len(adaptors)))
    return base, adaptors


def mixture(theta):
    lifted = torch.clamp(torch.softmax(theta, 0), min=CLAMP)
    return lifted / lifted.sum()


def outputs(net, base, adaptors, theta, x):
    pi = mixture(theta)
    x = net["before"](x)
    for i, (layer, after) in enumerate(net["layers"]):
        v, u, b = adaptors[3 * i : 3 * i + 3]
        y = layer.base(x, base[2 * i], base[2 * i + 1])
        for c in range(CLUSTERS):
            shift = b[c][:, None, None] if layer.conv else b[c]
            y = y + pi[c] * (layer.hook(x, v[c], u[c]) + shift)
        x = after(y)
    return x


def gram_norm(f, rank, places):
    f = f.reshape(rank, places, -1)
    return torch.sqrt((torch.einsum("apm,bpm->pab", f, f) ** 2).sum())


def preconditioned(net, adaptors, gradients):
    out = list(gradients)
    for i, (layer, _) in enumerate(net["layers"]):
        v, u = adaptors[3 * i].detach(), adaptors[3 * i + 1].detach()
        for c in range(CLUSTERS):
            if layer.conv:
                out[3 * i][c] = gradients[3 * i][c] / (gram_norm(u[c], layer.rank, layer.places[1]) + EPSILON)
                out[3 * i + 1][c] = gradients[3 * i + 1][c] / (gram_norm(v[c], layer.rank, layer.places[0]) + EPSILON)
            else:
                unit = EPSILON * torch.eye(layer.rank)
                out[3 * i][c] = torch.linalg.solve(u[c] @ u[c].T + unit, gradients[3 * i][c])
                out[3 * i + 1][c] = torch.linalg.solve(v[c] @ v[c].T + unit, gradients[3 * i + 1][c])
    return out


def text(tensors):
    values = torch.cat([t.detach().flatten() for t in tensors]).to(torch.float32)
    return base64.b64encode(values.numpy().astype("<f4").tobytes()).decode()


def train(net):
    base, adaptors = start(net["layers"])
    thetas = [torch.zeros(CLUSTERS) for _ in range(CLIENTS)]
    data = [
        (formula([n, *net["shape"]], 100 + k), torch.tensor([(i * 7 + k) % net["classes"] for i in range(n)]))
        for k, n in enumerate(EXAMPLES)
    ]
    first = None
    for _ in range(ROUNDS):
        sums = {"base": [0.0] * len(base), "adaptors": [torch.zeros_like(a) for a in adaptors]}
        weights = torch.zeros(CLUSTERS)
        for k, (x, y) in enumerate(data):
            own = [[t.clone().requires_grad_() for t in group] for group in (base, adaptors)]
            theta = thetas[k].clone().requires_grad_()
            for at in range(0, len(y), BATCH):
                loss = F.cross_entropy(outputs(net, *own, theta, x[at : at + BATCH]), y[at : at + BATCH])
                found = list(torch.autograd.grad(loss, [*own[0], *own[1], theta]))
                of_base, of_adaptors = found[: len(base)], preconditioned(net, own[1], found[len(base) : -1])
                if first is None:
                    first = text(of_adaptors)
                own[0] = [(t - RATE * g).detach().requires_grad_() for t, g in zip(own[0], of_base)]
                own[1] = [(t - RATE * g).detach().requires_grad_() for t, g in zip(own[1], of_adaptors)]
                theta = (theta - ROUTER_RATE * found[-1]).detach().requires_grad_()
            thetas[k] = theta.detach()
            share = len(y) * torch.softmax(thetas[k], 0)
            weights += share
            for i, t in enumerate(own[0]):
                sums["base"][i] = sums["base"][i] + len(y) * t.detach()
            for i, t in enumerate(own[1]):
                for c in range(CLUSTERS):
                    sums["adaptors"][i][c] += share[c] * t[c].detach()
        base = [t / sum(EXAMPLES) for t in sums["base"]]
        adaptors = [torch.stack([t[c] / weights[c] for c in range(CLUSTERS)]) for t in sums["adaptors"]]
    return {
        "shape": net["shape"],
        "ranks": [layer.rank for layer, _ in net["layers"]],
        "preconditioned": first,
        "base": text(base),
        "adaptors": text(adaptors),
        "thetas": [t.tolist() for t in thetas],
    }


print(json.dumps({"torch": torch.__version__, "mlp": train(MLP), "cifarCnn": train(CNN)}, indent=1))
