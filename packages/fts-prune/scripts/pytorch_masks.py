"""Writes test/fixtures/pytorch-masks.json: masks by every criterion, in PyTorch and float64, that the tests repeat.

Needs PyTorch (Debian's python3-torch will do), numpy, and the built packages:
    npx tsc -b tsconfig.lib.json && /usr/bin/python3 scripts/pytorch_masks.py > test/fixtures/pytorch-masks.json

Written from the formulas of the papers, not from our code: gradients of single examples by a loop over examples, Hessian
products by double backward passes, everything float64. Weights, data and random draws are ours, as float32.

For each case, criterion and sparsity: `kept`, `cut` (the lowest score kept), `near` (places of the scores within 1e-4 of
the cut, relatively) and `mask`: a bit for each prunable weight in order, lowest bit of a byte first, deflated, base64.
"""

import base64
import json
import math
import pathlib
import subprocess
import tempfile
import zlib
from fractions import Fraction

import numpy
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
SPARSITIES = ["0.8", "0.9", "0.98"]
NEAR = 1e-4
TEMPERATURE = 200
ROUNDS = 100


def mlp(parameters, buffers, x):
    for layer in [1, 2, 3]:
        x = F.relu(x @ parameters[f"dense{layer}.kernel"] + parameters[f"dense{layer}.bias"])
    return x @ parameters["classifier.kernel"] + parameters["classifier.bias"]


def vgg_mini(parameters, buffers, x):
    """Eval mode, images [B, height, width, channels]."""
    x = x.permute(0, 3, 1, 2)

    def channels(value):
        return value[:, None, None]

    for layer in range(1, 7):
        x = F.conv2d(x, parameters[f"conv{layer}.kernel"].permute(3, 2, 0, 1), padding=1)
        deviation = torch.sqrt(buffers[f"norm{layer}.variance"] + 1e-5)
        x = (x - channels(buffers[f"norm{layer}.mean"])) / channels(deviation)
        x = F.relu(x * channels(parameters[f"norm{layer}.scale"]) + channels(parameters[f"norm{layer}.offset"]))
        if layer % 2 == 0:
            x = F.max_pool2d(x, 2)
    return x.mean((2, 3)) @ parameters["classifier.kernel"] + parameters["classifier.bias"]


class Case:
    def __init__(self, folder, name, forward):
        self.spec = json.loads((folder / f"{name}.json").read_text())
        flat = torch.from_numpy(numpy.fromfile(folder / f"{name}.f32", dtype="<f4")).double()
        position = 0

        def read(shape):
            nonlocal position
            start, position = position, position + math.prod(shape)
            return flat[start:position].reshape(shape)

        self.net = forward
        self.parameters = {p["name"]: read(p["shape"]).requires_grad_() for p in self.spec["parameters"]}
        self.buffers = {b["name"]: read(b["shape"]) for b in self.spec["buffers"]}
        self.y = torch.tensor(self.spec["y"])
        self.x = read([len(self.y), *self.spec["inputShape"]])
        prunable = [p for p in self.spec["parameters"] if p["role"] == "kernel"]
        self.prunable = [self.parameters[p["name"]] for p in prunable]
        self.random = [read(p["shape"]) for p in prunable]
        self.pieces = len(self.y) // self.spec["piece"]
        self.signs = [
            [[read(p["shape"]) for p in prunable] for _ in range(self.spec["probes"])] for _ in range(self.pieces)
        ]
        assert position == len(flat)

    def loss(self, examples, temperature=1):
        logits = self.net(self.parameters, self.buffers, self.x[examples])
        return F.cross_entropy(logits / temperature, self.y[examples])


def gradient_moments(case, size, temperature=1):
    """Mean gradient, and mean of its square, over batches of `size` examples."""
    mean = [torch.zeros_like(p) for p in case.prunable]
    square = [torch.zeros_like(p) for p in case.prunable]
    batches = range(0, len(case.y), size)
    for start in batches:
        gradient = torch.autograd.grad(case.loss(slice(start, start + size), temperature), case.prunable)
        for k, g in enumerate(gradient):
            mean[k] += g / len(batches)
            square[k] += g * g / len(batches)
    return mean, square


def grasp(case):
    """-theta * (H g), g the mean gradient and H the Hessian of all parameters."""
    everything = list(case.parameters.values())
    total = [torch.zeros_like(p) for p in everything]
    for i in range(len(case.y)):
        for t, g in zip(total, torch.autograd.grad(case.loss(slice(i, i + 1)), everything)):
            t += g / len(case.y)
    gradient = torch.autograd.grad(case.loss(slice(None)), everything, create_graph=True)
    along = sum((g * t).sum() for g, t in zip(gradient, total))
    return [-theta * h for theta, h in zip(case.prunable, torch.autograd.grad(along, case.prunable))]


def hutchinson(case):
    """The diagonal of the Hessian of the prunable weights, logits divided by T: mean over pieces and probes of z * Hz."""
    diagonal = [torch.zeros_like(p) for p in case.prunable]
    size = case.spec["piece"]
    for piece, probes in enumerate(case.signs):
        loss = case.loss(slice(piece * size, (piece + 1) * size), TEMPERATURE)
        gradient = torch.autograd.grad(loss, case.prunable, create_graph=True)
        for signs in probes:
            along = sum((g * z).sum() for g, z in zip(gradient, signs))
            for d, z, h in zip(diagonal, signs, torch.autograd.grad(along, case.prunable, retain_graph=True)):
                d += z * h / (len(probes) * case.pieces)
    return diagonal


def synflow(case, sparsity):
    """Scores of the last round; weights that went out before have none. Keeps (1 - s)^(r / R) after round r."""
    absolute = {name: p.detach().abs() for name, p in case.parameters.items()}
    buffers = {name: b.abs() for name, b in case.buffers.items()}
    names = [name for name, p in case.parameters.items() if any(p is q for q in case.prunable)]
    alive = [torch.ones_like(p, dtype=torch.bool) for p in case.prunable]
    count = sum(p.numel() for p in case.prunable)
    ones = torch.ones([1, *case.spec["inputShape"]])
    for r in range(1, ROUNDS + 1):
        masked = {**absolute, **{n: (absolute[n] * a).requires_grad_() for n, a in zip(names, alive)}}
        flow = torch.autograd.grad(case.net(masked, buffers, ones).sum(), [masked[n] for n in names])
        scores = [
            torch.where(a, (masked[n] * g).abs(), torch.tensor(-math.inf)) for n, g, a in zip(names, flow, alive)
        ]
        if r == ROUNDS:
            return scores
        kept = count - math.floor((1 - (1 - float(sparsity)) ** (r / ROUNDS)) * count)
        chosen = largest(flatten(scores), kept)
        alive = [a.reshape(p.shape) for a, p in zip(chosen.split([p.numel() for p in alive]), alive)]


def flatten(scores):
    return torch.cat([s.detach().flatten() for s in scores])


def largest(scores, kept):
    order = torch.sort(scores, descending=True, stable=True).indices
    chosen = torch.zeros_like(scores, dtype=torch.bool)
    chosen[order[:kept]] = True
    return chosen


def describe(scores, sparsity):
    scores = flatten(scores)
    kept = len(scores) - math.floor(Fraction(sparsity) * len(scores))
    chosen = largest(scores, kept)
    cut = scores[chosen].min()
    near = torch.nonzero((scores - cut).abs() <= NEAR * cut.abs()).flatten()
    bits = numpy.packbits(chosen.numpy(), bitorder="little").tobytes()
    mask = base64.b64encode(zlib.compress(bits, 9)).decode()
    return {"kept": kept, "cut": cut.item(), "near": near.tolist(), "mask": mask}


def masks(case):
    theta = [p.detach() for p in case.prunable]
    mean, square = gradient_moments(case, 1)
    mean8, square8 = gradient_moments(case, 8)
    cold, _ = gradient_moments(case, 1, TEMPERATURE)
    h = hutchinson(case)
    toward = grasp(case)

    def each(score, *lists):
        return [score(*values) for values in zip(theta, *lists)]

    scores = {
        "random": case.random,
        "magnitude": each(lambda t: t.abs()),
        "gn": each(lambda t, g: g.abs(), mean),
        "snip": each(lambda t, g: (t * g).abs(), mean),
        "grasp, largest": toward,
        "grasp, smallest": [-s for s in toward],
        "fd": square,
        "fp": each(lambda t, f: t**2 * f / 2, square),
        "fts, repo": each(lambda t, g, f: (t * g + f * t**2 / 2).abs(), mean, square),
        "fts, taylor": each(lambda t, g, f: (-t * g + f * t**2 / 2).abs(), mean, square),
        "fts, batches of 8": each(lambda t, g, f: (t * g + 8 / 2 * f * t**2).abs(), mean8, square8),
        "fbss": each(lambda t, g, f: torch.where(f > 0, f / 2 * (t - g / f) ** 2, torch.zeros_like(f)), mean, square),
        "hd": h,
        "hp": each(lambda t, d: t**2 * d / 2, h),
        "hts": each(lambda t, g, d: (t * g + t**2 * d / 2).abs(), cold, h),
    }
    found = {name: {s: describe(values, s) for s in SPARSITIES} for name, values in scores.items()}
    found["synflow"] = {s: describe(synflow(case, s), s) for s in SPARSITIES}
    return found


with tempfile.TemporaryDirectory() as folder:
    export = pathlib.Path(__file__).with_name("export-mask-cases.mjs")
    subprocess.run(["node", export, folder], check=True)
    cases = {
        name: Case(pathlib.Path(folder), name, forward) for name, forward in [("mlp", mlp), ("vggMini", vgg_mini)]
    }
print(json.dumps({"torch": torch.__version__, **{name: masks(case) for name, case in cases.items()}}, indent=1))
