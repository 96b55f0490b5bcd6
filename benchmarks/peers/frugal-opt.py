"""
Steps of AdamW, signSGD and FRUGAL with columns in PyTorch; GaLore's, by its authors' package, and the decompositions behind it. The package must be in the folder that
GALORE_TORCH names: pip install --no-deps --target <folder> galore-torch==1.0
"""

import os
import sys
import types

import torch

from protocol import serve

RANK = 128
RATE = 1e-3


def versions():
    return {"torch": torch.__version__, "torch threads": str(torch.get_num_threads())}


def adamw():
    """Its __init__ needs bitsandbytes, which is not used here, and AdamW a check of transformers: one is passed by, the other a stub."""
    if "GALORE_TORCH" not in os.environ:
        raise RuntimeError("no galore-torch: GALORE_TORCH must name the folder it is installed to")
    package = types.ModuleType("galore_torch")
    package.__path__ = [os.path.join(os.environ["GALORE_TORCH"], "galore_torch")]
    stub = types.ModuleType("transformers.utils.versions")
    stub.require_version = lambda requirement: None
    sys.modules.update({"galore_torch": package, stub.__name__: stub})
    for name in ("transformers", "transformers.utils"):
        sys.modules[name] = types.ModuleType(name)
    from galore_torch.adamw import AdamW

    return AdamW


def work(period):
    def prepare(variant, start, first, second):
        start, first, second = (torch.from_numpy(a).float() for a in (start, first, second))
        if variant == "torch.linalg.svd alone":
            return lambda: torch.linalg.svd(second, full_matrices=False)[1]
        if variant == "torch.svd_lowrank alone":
            return lambda: torch.svd_lowrank(second, RANK, niter=2)[1]
        x = start.clone().requires_grad_()
        group = {"params": [x], "rank": RANK, "update_proj_gap": period, "scale": 1.0, "proj_type": "std"}
        optimiser = adamw()([group], lr=RATE, no_deprecation_warning=True)
        x.grad = first
        optimiser.step()
        x.grad = second

        def step():
            optimiser.step()
            return x.detach()

        return step

    return prepare


def adam(x):
    x.requires_grad_()
    optimiser = torch.optim.AdamW([x], RATE, weight_decay=0)

    def step(g):
        x.grad = g
        optimiser.step()

    return step


def sign(x):
    return lambda g: x.add_(torch.sign(g), alpha=-RATE)


def frugal(x, axis, chosen):
    """Adam on some columns (axis 1) or rows, and on the rest the sign."""
    part = x.index_select(axis, chosen)
    own = adam(part)

    def step(g):
        own(g.index_select(axis, chosen))
        x.add_(torch.sign(g).index_fill_(axis, chosen, 0), alpha=-RATE)
        x.index_copy_(axis, chosen, part.detach())

    return step


def single(array):
    return torch.from_numpy(array).float()


def steps(rule):
    """Ten steps of one matrix by two gradients in turn; `rule(x, chosen columns)` makes a step in place."""

    def prepare(variant, start, even, odd, chosen):
        start, gradients, columns = single(start), (single(even), single(odd)), torch.from_numpy(chosen).long()

        def run():
            x = start.clone()
            step = rule(x, columns)
            for k in range(10):
                step(gradients[k % 2])
            return lambda: (x.detach() - start).numpy().astype("float64") / RATE

        return run

    return prepare


def decoder(variant, **inputs):
    """A step of all tensors; the result is that of two from zeros."""
    count = sum(name.startswith("even") for name in inputs)
    gradients = [[single(inputs[f"{which}{i}"]) for i in range(count)] for which in ("even", "odd")]

    def training():
        x = [torch.zeros_like(g) for g in gradients[0]]
        axis = 0 if variant == "rows" else 1
        chosen = [torch.from_numpy(inputs[f"chosen{i}"]).long() if f"chosen{i}" in inputs else None for i in range(count)]
        own = [adam(t) if c is None else frugal(t, axis, c) for t, c in zip(x, chosen)]

        def step(which):
            for move, g in zip(own, gradients[which]):
                move(g)

        return x, step

    _, move = training()

    def result():
        x, step = training()
        step(0)
        step(1)
        return torch.cat([t.detach().flatten() for t in x]).numpy()

    def run():
        move(0)
        return result

    return run


if __name__ == "__main__":
    serve(
        {
            "FRUGAL columns, a decoder's tensors, wasm": decoder,
            "FRUGAL rows, a decoder's tensors, wasm": decoder,
            "AdamW, 512 × 512": steps(lambda x, chosen: adam(x)),
            "columns, 512 × 512": steps(lambda x, chosen: frugal(x, 1, chosen)),
            "signSGD, 512 × 512": steps(lambda x, chosen: sign(x)),
            "GaLore step, 512 × 512, rank 128": work(1000),
            "GaLore step with a refresh, 512 × 512, rank 128": work(1),
        },
        versions,
    )
