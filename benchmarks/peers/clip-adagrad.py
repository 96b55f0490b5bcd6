"""
The eight methods of the quadratic in numpy, vectorised over runs, written as someone would who wants numpy to win: nothing is
allocated in the loop. And the optimisers of PyTorch on a million weights.
"""

import numpy as np

from protocol import serve


def eight(runs, steps, seed):
    """Final errors [8, runs]; the noise of a step is shared by all methods."""
    gamma, b0, level = 1 / 16, 3.0, 0.5
    configs = [(clip, eta, delay) for clip in (False, True) for eta in (1.0, gamma**2) for delay in (False, True)]
    rng = np.random.Generator(np.random.SFC64(seed))
    x = np.full((8, runs), 2.0)
    acc = np.full((8, runs), b0 * b0)
    v, xi, g, added = (np.empty(runs) for _ in range(4))
    for _ in range(steps):
        rng.random(out=v)
        np.multiply(v, 2, out=v)
        np.subtract(v, 1, out=v)
        np.abs(v, out=xi)
        # |v|^(-2/3): the cube root is faster than the power.
        np.cbrt(xi, out=xi)
        np.multiply(xi, xi, out=xi)
        np.divide(1, xi, out=xi)
        np.subtract(xi, 1, out=xi)
        np.copysign(xi, v, out=xi)
        for k, (clip, eta, delay) in enumerate(configs):
            np.add(x[k], xi, out=g)
            if clip:
                np.clip(g, -level, level, out=g)
            np.multiply(g, g, out=added)
            if eta != 1:
                np.multiply(added, eta, out=added)
            if delay:
                np.sqrt(acc[k], out=v)
            np.add(acc[k], added, out=acc[k])
            if not delay:
                np.sqrt(acc[k], out=v)
            np.divide(g, v, out=g)
            np.multiply(g, gamma, out=g)
            np.subtract(x[k], g, out=x[k])
    return x * x


def simulation(variant, runs, batch, steps):
    runs, batch, steps = int(runs), int(batch), int(steps)
    size = batch if variant == "same" else runs

    def run():
        ends = np.concatenate([eight(size, steps, seed) for seed in range(runs // size)], axis=1)
        return lambda: np.median(ends, axis=1)

    return run


def step(variant, count, size):
    import torch

    rng = np.random.default_rng(1)
    make = lambda: [torch.from_numpy(rng.standard_normal(int(size), dtype=np.float32)) for _ in range(int(count))]
    weights = [w.requires_grad_() for w in make()]
    for w, g in zip(weights, make()):
        w.grad = g
    optimizer = getattr(torch.optim, variant)(weights, 1e-3, foreach=True)

    def run():
        optimizer.step()
        return lambda: weights[0].detach().numpy()

    return run


if __name__ == "__main__":
    tensors = [clip + name for name in ("AdaGrad-Norm", "Adam-Norm", "AdaGrad") for clip in ("", "Clip-")]
    serve(
        {
            "eight methods, 20,000 runs of the quadratic": simulation,
            **{f"{name}, 1 M weights in 20 tensors, tensorflow": step for name in tensors},
        }
    )
