"""Writes test/fixtures/pytorch.json: training in PyTorch, in float64, that the tests repeat.

Needs PyTorch (Debian's python3-torch will do):  /usr/bin/python3 scripts/pytorch_fixture.py > test/fixtures/pytorch.json

Weights and images are given by a formula, so the file holds results only: the mean loss of each step, and for every
tensor after the last one its product with the formula's numbers.
"""

import json
import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
STEPS, BATCH, CLASSES, RATE, DECAY = 4, 6, 3, 0.05, 5e-4


def formula(shape, phase):
    """Numbers between -1 and 1, row-major, channels last."""
    n = math.prod(shape)
    return torch.tensor([math.sin(1.7 * k + phase + math.cos(0.3 * k)) for k in range(n)]).reshape(shape)


class Net:
    """Named tensors in our layout: kernels [height, width, in, out] and [in, out]."""

    def __init__(self):
        self.parameters, self.buffers = {}, {}

    def parameter(self, name, shape, scale, shift=0.0):
        value = (scale * formula(shape, len(self.parameters)) + shift).requires_grad_()
        self.parameters[name] = value
        return value

    def conv(self, name, inputs, outputs, size=3, stride=1):
        kernel = self.parameter(f"{name}.kernel", [size, size, inputs, outputs], 1.5 / math.sqrt(size * size * inputs))
        return lambda x, train: F.conv2d(x, kernel.permute(3, 2, 0, 1), stride=stride, padding=(size - 1) // 2)

    def norm(self, name, channels):
        scale = self.parameter(f"{name}.scale", [channels], 0.3, 1.0)
        offset = self.parameter(f"{name}.offset", [channels], 0.3)
        mean = self.buffers[f"{name}.mean"] = torch.zeros(channels)
        variance = self.buffers[f"{name}.variance"] = torch.ones(channels)
        return lambda x, train: F.batch_norm(x, mean, variance, scale, offset, training=train)

    def classifier(self, inputs):
        kernel = self.parameter("classifier.kernel", [inputs, CLASSES], 1.5 / math.sqrt(inputs))
        bias = self.parameter("classifier.bias", [CLASSES], 0.3)
        return lambda x, train: x @ kernel + bias


def chain(*layers):
    def run(x, train):
        for layer in layers:
            x = layer(x, train)
        return x

    return run


def relu(x, train):
    return F.relu(x)


def pool(x, train):
    return F.max_pool2d(x, 2)


def average(x, train):
    return x.mean((2, 3))


def vgg_mini(net, channels):
    layers, index = [], 0
    for width in [16, 16, "M", 32, 32, "M", 64, 64, "M"]:
        if width == "M":
            layers.append(pool)
            continue
        index += 1
        layers += [net.conv(f"conv{index}", channels, width), net.norm(f"norm{index}", width), relu]
        channels = width
    return chain(*layers, average, net.classifier(64))


def resnet_mini(net, channels):
    layers = [net.conv("stem.conv", channels, 16), net.norm("stem.norm", 16), relu]
    inputs = 16
    for stage, width in enumerate([16, 32, 64], 1):
        name, stride = f"stage{stage}.block1", 1 if stage == 1 else 2
        main = chain(
            net.conv(f"{name}.conv1", inputs, width, stride=stride),
            net.norm(f"{name}.norm1", width),
            relu,
            net.conv(f"{name}.conv2", width, width),
            net.norm(f"{name}.norm2", width),
        )
        side = chain()
        if stage > 1:
            side = chain(
                net.conv(f"{name}.shortcut.conv", inputs, width, size=1, stride=stride),
                net.norm(f"{name}.shortcut.norm", width),
            )
        layers.append(lambda x, train, main=main, side=side: F.relu(main(x, train) + side(x, train)))
        inputs = width
    return chain(*layers, average, net.classifier(64))


def train(build, shape):
    net = Net()
    forward = build(net, shape[2])
    optimiser = torch.optim.SGD(net.parameters.values(), lr=RATE, momentum=0.9, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, [1, 3], gamma=0.2)
    losses = []
    for step in range(STEPS):
        x = formula([BATCH, *shape], 100 + step).permute(0, 3, 1, 2)
        y = torch.arange(BATCH) % CLASSES
        loss = F.cross_entropy(forward(x, True), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    products = {
        name: (value * formula(list(value.shape), 7)).sum().item()
        for name, value in [*net.parameters.items(), *net.buffers.items()]
    }
    logits = forward(formula([2, *shape], 50).permute(0, 3, 1, 2), False)
    return {"inputs": shape, "losses": losses, "products": products, "logits": logits.flatten().tolist()}


def cosine(rate, epochs, floor):
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs, floor)
    rates = []
    for _ in range(epochs + 1):
        rates.append(schedule.get_last_lr()[0])
        optimiser.step()
        schedule.step()
    return {"rate": rate, "epochs": epochs, "floor": floor, "rates": rates}


print(
    json.dumps(
        {
            "torch": torch.__version__,
            "vggMini": train(vgg_mini, [9, 8, 2]),
            "resnetMini": train(resnet_mini, [7, 8, 2]),
            "cosine": cosine(0.1, 7, 0.01),
        },
        indent=1,
    )
)
