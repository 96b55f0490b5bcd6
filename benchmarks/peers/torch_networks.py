"""The networks of @assay-ml/networks in PyTorch, as functions of named tensors."""

import torch
import torch.nn.functional as F


def versions():
    return {"torch": torch.__version__, "torch threads": str(torch.get_num_threads())}


def to_torch(array, memory_format=torch.contiguous_format):
    """Kernels [h, w, in, out] become [out, in, h, w], [in, out] become [out, in]."""
    t = torch.from_numpy(array).float()
    if t.dim() == 4:
        return t.permute(3, 2, 0, 1).contiguous(memory_format=memory_format)
    return t.t().contiguous() if t.dim() == 2 else t.clone()


def to_ours(t):
    """The other way, flat."""
    t = t.detach()
    t = t.permute(2, 3, 1, 0) if t.dim() == 4 else t.t() if t.dim() == 2 else t
    return t.contiguous().flatten()


def images(x, memory_format=torch.contiguous_format):
    """[B, h, w, c] becomes [B, c, h, w]; flat inputs stay."""
    t = torch.from_numpy(x).float()
    return t.permute(0, 3, 1, 2).contiguous(memory_format=memory_format) if t.dim() == 4 else t


class Noting(dict):
    """Named tensors, and a list that each layer with a hidden kernel enters its input and output into."""

    def __init__(self, tensors, seen):
        super().__init__(tensors)
        self.seen = seen


def note(p, name, x, y):
    if isinstance(p, Noting) and name != "classifier":
        p.seen.append((x, y))


def conv(p, name, x, stride=1):
    w = p[f"{name}.kernel"]
    y = F.conv2d(x, w, p.get(f"{name}.bias"), stride=stride, padding=w.shape[-1] // 2)
    note(p, name, x, y)
    return y


def norm(p, name, x, train):
    mean, variance = p[f"{name}.mean"], p[f"{name}.variance"]
    return F.batch_norm(x, mean, variance, p[f"{name}.scale"], p[f"{name}.offset"], training=train)


def dense(p, name, x):
    y = F.linear(x, p[f"{name}.kernel"], p[f"{name}.bias"])
    note(p, name, x, y)
    return y


def mlp(p, x, train):
    layer = 1
    while f"dense{layer}.kernel" in p:
        x = F.relu(dense(p, f"dense{layer}", x), inplace=train)
        layer += 1
    return dense(p, "classifier", x)


def small_cnn(p, x, train):
    for layer in (1, 2):
        x = F.max_pool2d(F.relu(conv(p, f"conv{layer}", x), inplace=train), 2)
    x = x.permute(0, 2, 3, 1).flatten(1)  # our order of the dense layer's inputs
    return dense(p, "classifier", F.relu(dense(p, "dense1", x), inplace=train))


def vgg(p, x, train, pooled):
    """`pooled`: the convolutions that a pool follows."""
    layer = 1
    while f"conv{layer}.kernel" in p:
        x = F.relu(norm(p, f"norm{layer}", conv(p, f"conv{layer}", x), train), inplace=train)
        if layer in pooled:
            x = F.max_pool2d(x, 2)
        layer += 1
    return dense(p, "classifier", x.mean((2, 3)))


def vgg_mini(p, x, train):
    return vgg(p, x, train, (2, 4, 6))


def vgg19(p, x, train):
    return vgg(p, x, train, (2, 4, 8, 12, 16))


def resnet(p, x, train):
    """Of any number of stages and blocks."""
    x = F.relu(norm(p, "stem.norm", conv(p, "stem.conv", x), train), inplace=train)
    stage = 1
    while f"stage{stage}.block1.conv1.kernel" in p:
        block = 1
        while f"stage{stage}.block{block}.conv1.kernel" in p:
            name, stride = f"stage{stage}.block{block}", 2 if stage > 1 and block == 1 else 1
            main = F.relu(norm(p, f"{name}.norm1", conv(p, f"{name}.conv1", x, stride), train), inplace=train)
            main = norm(p, f"{name}.norm2", conv(p, f"{name}.conv2", main), train)
            if f"{name}.shortcut.conv.kernel" in p:
                x = norm(p, f"{name}.shortcut.norm", conv(p, f"{name}.shortcut.conv", x, stride), train)
            x = F.relu(main + x, inplace=train)
            block += 1
        stage += 1
    return dense(p, "classifier", x.mean((2, 3)))


def llama(heads):
    """Ids [B, T] to logits [B·T, vocabulary]. The embedding was transposed as kernels are."""

    def rms_norm(x, scale):
        return scale * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)

    def rotary(x):
        half, time = x.shape[-1] // 2, x.shape[-2]
        angles = torch.arange(time)[:, None] * 1e4 ** (-torch.arange(half) / half)
        low, high = x[..., :half], x[..., half:]
        return torch.cat([low * angles.cos() - high * angles.sin(), high * angles.cos() + low * angles.sin()], -1)

    def attention(q, k, v):
        if hasattr(F, "scaled_dot_product_attention"):
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        return scores.masked_fill(later, -torch.inf).softmax(-1) @ v

    def forward(p, ids, train):
        x = F.embedding(ids.long(), p["model.embed_tokens.weight"].t())
        batch, time, width = x.shape
        layer = 0
        while f"model.layers.{layer}.self_attn.q_proj.kernel" in p:
            at = f"model.layers.{layer}"
            y = rms_norm(x, p[f"{at}.input_layernorm.weight"])
            q, k, v = (
                F.linear(y, p[f"{at}.self_attn.{part}_proj.kernel"]).view(batch, time, heads, -1).transpose(1, 2)
                for part in "qkv"
            )
            y = attention(rotary(q), rotary(k), v).transpose(1, 2).reshape(batch, time, width)
            x = x + F.linear(y, p[f"{at}.self_attn.o_proj.kernel"])
            y = rms_norm(x, p[f"{at}.post_attention_layernorm.weight"])
            gate, up = (F.linear(y, p[f"{at}.mlp.{part}_proj.kernel"]) for part in ("gate", "up"))
            x = x + F.linear(F.silu(gate) * up, p[f"{at}.mlp.down_proj.kernel"])
            layer += 1
        return F.linear(rms_norm(x, p["model.norm.weight"]), p["lm_head.kernel"]).flatten(0, 1)

    return forward
