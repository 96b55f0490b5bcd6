"""The Fisher diagonal of single examples in PyTorch: mean over examples of squared gradients by all hidden kernels. Scores
need the mean gradient as well, so that ours makes both in one pass; so do these."""

from time import perf_counter

import torch
import torch.nn.functional as F

try:
    from torch.func import grad, vmap
except ImportError:
    from functorch import grad, vmap

import torch_networks as nets
from protocol import serve

CHUNKS = (16, 32, 64, 128, 256, 512, 2000)


def chunks(count):
    return [c for c in CHUNKS if c < count] + [count]


def fisher(forward):
    def prepare(variant, x, y, **tensors):
        images = nets.images(x)
        labels = torch.from_numpy(y).long()
        p = {name: nets.to_torch(array) for name, array in tensors.items()}
        names = [name for name in p if name.endswith(".kernel") and name != "classifier.kernel"]
        kernels = [p[name].requires_grad_() for name in names]

        def finished(squares, sums):
            for m in sums:
                m /= len(x)
            return lambda: torch.cat([nets.to_ours(s.reshape(k.shape) / len(x)) for s, k in zip(squares, kernels)])

        def loop():
            squares = [torch.zeros_like(k) for k in kernels]
            sums = [torch.zeros_like(k) for k in kernels]
            for image, label in zip(images.split(1), labels.split(1)):
                gradients = torch.autograd.grad(F.cross_entropy(forward(p, image, False), label), kernels)
                for s, m, g in zip(squares, sums, gradients):
                    s.addcmul_(g, g)
                    m += g
            return finished(squares, sums)

        def with_vmap(size):
            rest = {name: t for name, t in p.items() if name not in names}

            def loss(given, image, label):
                out = forward({**rest, **dict(zip(names, given))}, image[None], False)
                return F.cross_entropy(out, label[None])

            per_example = vmap(grad(loss), in_dims=(None, 0, 0))
            given = [k.detach() for k in kernels]

            def run():
                squares = [torch.zeros_like(k) for k in given]
                sums = [torch.zeros_like(k) for k in given]
                for part, target in zip(images.split(size), labels.split(size)):
                    for s, m, g in zip(squares, sums, per_example(given, part, target)):
                        m += g.sum(0)
                        s += g.square_().sum(0)
                return finished(squares, sums)

            return run

        def formula(size):
            def run():
                squares = [0] * len(kernels)
                sums = [0] * len(kernels)
                for part, target in zip(images.split(size), labels.split(size)):
                    seen = []
                    out = forward(nets.Noting(p, seen), part, False)
                    deltas = torch.autograd.grad(
                        F.cross_entropy(out, target, reduction="sum"), [output for _, output in seen]
                    )
                    with torch.no_grad():
                        for i, ((a, _), d) in enumerate(zip(seen, deltas)):
                            if d.dim() == 2:
                                sums[i] = sums[i] + d.t() @ a
                                squares[i] = squares[i] + d.square_().t() @ a.square()
                            else:
                                patches = F.unfold(a, 3, padding=1)
                                g = torch.bmm(d.flatten(2), patches.transpose(1, 2))
                                sums[i] = sums[i] + g.sum(0)
                                squares[i] = squares[i] + g.square_().sum(0)
                return finished(squares, sums)

            return run

        if variant == "loop":
            return loop
        return fastest([(with_vmap if variant == "vmap" else formula)(size) for size in chunks(len(x))])

    return prepare


def fastest(runs):
    """The one whose best of two calls takes least."""

    def best(run):
        times = []
        for _ in range(2):
            start = perf_counter()
            run()
            times.append(perf_counter() - start)
        return min(times)

    return min(runs, key=best)


if __name__ == "__main__":
    serve(
        {
            "Fisher, MLP, 2000 examples, tensorflow": fisher(nets.mlp),
            "Fisher, VGG-mini 16 × 16, 2000 examples, tensorflow": fisher(nets.vgg_mini),
        },
        nets.versions,
    )
