"""Products with Fisher's matrix of a Gaussian policy in PyTorch, float64: the derivative of the KL's gradient along v."""

import torch

from protocol import serve

torch.set_default_dtype(torch.float64)


def fisher(variant, x, theta, v, units):
    rows, inputs = x.shape
    sizes = [inputs, int(units), int(units), 1]
    x, v = torch.from_numpy(x), torch.from_numpy(v)
    theta = torch.from_numpy(theta).requires_grad_()

    def means(parameters):
        at, h = 0, x
        for layer, (m, n) in enumerate(zip(sizes, sizes[1:])):
            h = torch.addmm(parameters[at + m * n : at + (m + 1) * n], h, parameters[at : at + m * n].view(m, n))
            at += (m + 1) * n
            if layer + 2 < len(sizes):
                h = torch.tanh(h)
        return h

    stop, before = means(theta).detach(), theta[-1].detach()
    after = theta[-1]
    kl = (after - before + ((2 * before).exp() + (stop - means(theta)) ** 2) / (2 * (2 * after).exp()) - 0.5).mean()
    # Made once: an iteration of TRPO asks for a dozen products with one graph.
    (gradient,) = torch.autograd.grad(kl, theta, create_graph=True)

    def run():
        (product,) = torch.autograd.grad(gradient, theta, v, retain_graph=True)
        return (product + 0.1 * v).numpy()

    return run


def versions():
    return {"torch": torch.__version__}


if __name__ == "__main__":
    rows = [(1840, 32), (9200, 64), (12000, 256)]
    serve({f"Fisher product, {n} rows, 19-{h}-{h}-1": fisher for n, h in rows}, versions)
