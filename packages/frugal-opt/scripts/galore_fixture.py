"""Writes test/fixtures/galore.json: 50 steps of AdamW as galore-torch 1.0 has it, with two directions of SVD.

    pip install --no-deps --target <folder> galore-torch==1.0 && python scripts/galore_fixture.py <folder>

The package's __init__ needs bitsandbytes and its AdamW a check of transformers, of which neither is used here: modules are loaded past
the one, and the other is a stub. Singular vectors have no sign of their own and moments outlive them: the sign is ours, an entry of
largest size that is positive.
"""
import json
import pathlib
import sys
import types

import numpy as np
import torch

package = types.ModuleType("galore_torch")
package.__path__ = [str(pathlib.Path(sys.argv[1]) / "galore_torch")]
versions = types.ModuleType("transformers.utils.versions")
versions.require_version = lambda requirement: None
sys.modules |= {"galore_torch": package, "transformers": types.ModuleType("transformers")}
sys.modules |= {"transformers.utils": types.ModuleType("transformers.utils"), "transformers.utils.versions": versions}
from galore_torch.adamw import AdamW
from galore_torch.galore_projector import GaLoreProjector

plain = GaLoreProjector.get_orthogonal_matrix


def signed(self, weights, rank, type):
    q = plain(self, weights, rank, type)
    axis = 1 if type == "right" else 0
    largest = q.gather(axis, q.abs().argmax(axis, keepdim=True))
    return q * torch.sign(largest)


GaLoreProjector.get_orthogonal_matrix = signed

# As in frugal_fixture.py and test/tiny.ts.
SHAPES = [(6, 8), (8, 5), (5,)]
STEPS, T, RANK, LR, SCALE, EPS = 50, 7, 2, 0.01, 0.25, 1e-12


def formula(n, phase):
    k = np.arange(n)
    return torch.from_numpy(np.sin(1.7 * k + phase + np.cos(0.3 * k)))


x = [formula(int(np.prod(s)), 2.5 * i).reshape(s).requires_grad_() for i, s in enumerate(SHAPES)]
directions = {"rank": RANK, "update_proj_gap": T, "scale": SCALE, "proj_type": "std"}
groups = [{"params": x[:2], **directions}, {"params": x[2:]}]
optimiser = AdamW(groups, lr=LR, eps=EPS, no_deprecation_warning=True)
for step in range(STEPS):
    for i, p in enumerate(x):
        p.grad = formula(p.numel(), 0.37 * step + i).reshape(p.shape) + 0.3 * p.detach()
    optimiser.step()
path = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "galore.json"
path.write_text(json.dumps([p.detach().flatten().tolist() for p in x]) + "\n")
