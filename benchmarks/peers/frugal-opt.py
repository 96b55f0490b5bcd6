"""
GaLore's step in PyTorch, by its authors' package, and the decompositions behind it. The package must be in the folder that
GALORE_TORCH names: pip install --no-deps --target <folder> galore-torch==1.0
"""

import os
import sys
import types

import torch

from protocol import serve

RANK = 128


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
        optimiser = adamw()([group], lr=1e-3, no_deprecation_warning=True)
        x.grad = first
        optimiser.step()
        x.grad = second

        def step():
            optimiser.step()
            return x.detach()

        return step

    return prepare


if __name__ == "__main__":
    serve(
        {
            "GaLore step, 512 × 512, rank 128": work(1000),
            "GaLore step with a refresh, 512 × 512, rank 128": work(1),
        },
        versions,
    )
