"""Steps of optimisers in place in PyTorch: Adam over all tensors at once (foreach), and weights moved by the gradient's sign."""

import numpy as np
import torch

from protocol import serve
from torch_networks import versions


def step(variant, count, size):
    rng = np.random.default_rng(1)
    make = lambda: [torch.from_numpy(rng.standard_normal(int(size), dtype=np.float32)) for _ in range(int(count))]
    weights, gradients = make(), make()
    if variant == "Adam":
        for w, g in zip(weights, gradients):
            w.requires_grad_().grad = g
        move = torch.optim.Adam(weights, 1e-3, foreach=True).step
    else:
        signs = torch.empty(int(size))

        def move():
            for w, g in zip(weights, gradients):
                torch.sign(g, out=signs)
                w.add_(signs, alpha=-1e-3)

    def run():
        move()
        return lambda: weights[0].detach().numpy()

    return run


if __name__ == "__main__":
    serve({f"{name} update, 2²⁰ weights in 16 tensors, wasm": step for name in ("Adam", "sign")}, versions)
