"""Local steps of FLoRAL in PyTorch: adaptors as hooks, client by client, and all clients in batched products."""

import torch
import torch.nn.functional as F

import torch_networks as nets
from protocol import serve

CLUSTERS = 4
MLP = "steps of 30 clients, MLP 784-200-10, batch 32"
CNN = "step of cifarCnn 32 × 32, batch 64"


class Layer:
    """A dense layer [n, m], or a convolution [h, w, in, out] without padding, whose first factor has the width."""

    def __init__(self, kernel, pool=0):
        self.kernel, self.conv, self.pool = kernel, kernel.dim() == 4, pool

    def base(self, x, w, b):
        return F.conv2d(x, w, b) if self.conv else F.linear(x, w, b)

    def factors(self, v, u):
        """Of flat factors of a cluster the weights of two small layers."""
        if not self.conv:
            n, m = self.kernel.shape
            return v.reshape(-1, n).clone(), u.reshape(-1, m).t().contiguous()
        size, _, n, m = self.kernel.shape
        rank = v.numel() // (size * n)
        first = v.reshape(rank, size, n).permute(0, 2, 1)[:, :, None, :]
        return first.contiguous(), u.reshape(rank, size, m).permute(2, 0, 1)[:, :, :, None].contiguous()

    def hook(self, x, v, u, b):
        return F.conv2d(F.conv2d(x, v), u, b) if self.conv else F.linear(F.linear(x, v), u, b)

    def after(self, y, last):
        y = y if last else F.relu(y)
        return F.max_pool2d(y, self.pool) if self.pool else y


def layers_of(base):
    kernels = base[::2]
    pools = iter((2, 3))
    return [Layer(k, next(pools) if k.dim() == 4 else 0) for k in kernels]


def given(tensors):
    count = lambda prefix: sum(name.startswith(prefix) for name in tensors)
    base = [torch.from_numpy(tensors[f"base{i}"]).float() for i in range(count("base"))]
    parts = [torch.from_numpy(tensors[f"part{i}"]).float() for i in range(count("part"))]
    return base, parts


def outputs(layers, base, adaptors, theta, x):
    pi = torch.softmax(theta, 0)
    for i, layer in enumerate(layers):
        if not layer.conv and x.dim() == 4:
            x = x.permute(0, 2, 3, 1).flatten(1)
        y = layer.base(x, base[2 * i], base[2 * i + 1])
        for c in range(CLUSTERS):
            y = y + pi[c] * layer.hook(x, *adaptors[c][3 * i : 3 * i + 3])
        x = layer.after(y, i == len(layers) - 1)
    return x


def precondition(layers, adaptors, epsilon):
    """Gradients of dense factors in place; those of convolutions are divided by a number."""
    for own in adaptors:
        for i, layer in enumerate(layers):
            v, u = own[3 * i], own[3 * i + 1]
            if layer.conv:
                gram = lambda t: torch.linalg.norm(torch.einsum("apm,bpm->pab", t, t))
                of_u = gram(u.detach()[..., 0].permute(1, 2, 0)) + epsilon
                of_v = gram(v.detach()[:, :, 0].permute(0, 2, 1)) + epsilon
                v.grad /= of_u
                u.grad /= of_v
            else:
                unit = epsilon * torch.eye(v.shape[0])
                of_u, of_v = u.detach().t() @ u.detach() + unit, v.detach() @ v.detach().t() + unit
                v.grad = torch.linalg.solve(of_u, v.grad)
                u.grad = torch.linalg.solve(of_v, u.grad.t()).t()


def hooked(x, y, rate, epsilon, **tensors):
    base, parts = given(tensors)
    layers = layers_of(base)
    start = [nets.to_torch(b.numpy()) for b in base]
    own = [
        [t for i, layer in enumerate(layers) for t in (*layer.factors(parts[3 * i][c], parts[3 * i + 1][c]), parts[3 * i + 2][c].clone())]
        for c in range(CLUSTERS)
    ]
    images = [nets.images(one) for one in x]
    labels = [torch.from_numpy(one).long() for one in y]

    def run():
        sums = [torch.zeros_like(t) for t in start]
        for image, label in zip(images, labels):
            mine = [t.clone().requires_grad_() for t in start]
            adaptors = [[t.clone().requires_grad_() for t in cluster] for cluster in own]
            theta = torch.zeros(CLUSTERS, requires_grad=True)
            F.cross_entropy(outputs(layers, mine, adaptors, theta, image), label).backward()
            if epsilon > 0:
                precondition(layers, adaptors, epsilon)
            torch.optim.SGD([*mine, *sum(adaptors, []), theta], rate).step()
            for total, t in zip(sums, mine):
                total += t.detach() / len(images)
        return lambda: torch.cat([nets.to_ours(t - total) for t, total in zip(start, sums)]) / rate

    return run


def batched(x, y, rate, epsilon, **tensors):
    """All clients at once, factored: of perceptrons alone."""
    base, parts = given(tensors)
    clients = x.shape[0]
    images, labels = torch.from_numpy(x).float(), torch.from_numpy(y).long()
    flat = [p.reshape(-1, k) for p, k in zip(parts, [side for b in base[::2] for side in (*b.shape, b.shape[1])])]

    def run():
        stack = lambda ts: [t.expand(clients, *t.shape).clone().requires_grad_() for t in ts]
        mine, own = stack(base), stack(flat)
        theta = torch.zeros(clients, CLUSTERS, requires_grad=True)
        pi = torch.softmax(theta, 1)
        h = images
        for i in range(0, len(mine), 2):
            v, u, b = own[3 * i // 2 : 3 * i // 2 + 3]
            weights = pi.repeat_interleave(v.shape[1] // CLUSTERS, 1)[:, None]
            shift = mine[i + 1] + torch.bmm(pi[:, None], b)[:, 0]
            h = torch.baddbmm(shift[:, None], h, mine[i]) + torch.bmm(torch.bmm(h, v.transpose(1, 2)) * weights, u)
            h = F.relu(h) if i + 2 < len(mine) else h
        (F.cross_entropy(h.flatten(0, 1), labels.flatten()) * clients).backward()
        torch.optim.SGD([*mine, *own, theta], rate).step()
        return lambda: torch.cat([(t - own.detach().mean(0)).flatten() for t, own in zip(base, mine)]) / rate

    return run


def work(variant, **inputs):
    return (batched if variant == "batched" else hooked)(**inputs)


if __name__ == "__main__":
    serve({f"{name}, tensorflow": work for name in (MLP, f"{MLP}, preconditioned", CNN)}, nets.versions)
