"""Writes test/fixtures/hugging-face.json: a decoder and encoders of transformers, in float64, that the tests repeat.

Needs PyTorch (Debian's python3-torch will do) and transformers 4.37.2, from PyPI, in an environment that sees it:

    python3 scripts/hugging_face_fixture.py > test/fixtures/hugging-face.json

Weights and ids are given by formulas, so the file holds results only: each checkpoint's names, logits, the loss, and
for every tensor its shape and the products of its gradient with two rows of the formula's numbers.
"""

import json
import math

import torch
import torch.nn.functional as F
import transformers
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    LlamaConfig,
    LlamaForCausalLM,
)

torch.set_default_dtype(torch.float64)
BATCH, TIME, VOCABULARY, CLASSES, PADDING, SEPARATOR = 2, 7, 11, 3, 0, 5


def formula(shape, phase):
    """Numbers between -1 and 1, row-major."""
    n = math.prod(shape)
    return torch.tensor([math.sin(1.7 * k + phase + math.cos(0.3 * k)) for k in range(n)]).reshape(shape)


def fill(model):
    """Weights by the formula, in the checkpoint's own shapes; the phase of a tensor is its place."""
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for i, (name, p) in enumerate(parameters.items()):
            norm = name.endswith("weight") and "norm" in name.lower()
            p.copy_((0.3 if p.ndim == 1 else 0.8) * formula(list(p.shape), i) + (1 if norm else 0))
    return parameters


def ids(step, offset):
    return torch.tensor([[(step * (b * TIME + t) + offset) % VOCABULARY for t in range(TIME)] for b in range(BATCH)])


def record(parameters, logits, loss):
    loss.backward()
    return {
        "logits": logits.flatten().tolist(),
        "loss": loss.item(),
        "tensors": {name: [list(p.shape), *(product(p, phase) for phase in (7, 8))] for name, p in parameters.items()},
    }


def product(p, phase):
    return (p.grad * formula(list(p.shape), phase)).sum().item()


def decoder(**options):
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=8,
        intermediate_size=12,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=TIME,
        rms_norm_eps=1e-6,
        **options,
    )
    model = LlamaForCausalLM(config).double().eval()
    parameters = fill(model)
    logits = model(ids(4, 3)).logits
    loss = F.cross_entropy(logits.reshape(-1, VOCABULARY), ids(3, 1).flatten())
    return {"config": config.to_dict(), **record(parameters, logits, loss)}


def encoder(kind, pool):
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=8,
        intermediate_size=12,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=TIME + 2,
        type_vocab_size=2,
        num_labels=CLASSES,
        pad_token_id=PADDING,
    )
    # Its weights are compared by name, so that a pooler that nothing reads is not there.
    model = (kind(config, add_pooling_layer=False) if kind is BertModel else kind(config)).double().eval()
    parameters = fill(model)
    x = ids(4, 3)
    x[1, 5:] = PADDING
    seen = (x != PADDING).long()
    separators = (x == SEPARATOR).long()
    kinds = (separators.cumsum(1) - separators).clamp(max=1)
    output = model(x, attention_mask=seen, token_type_ids=kinds)
    if pool:
        hidden = output.last_hidden_state
        logits = (hidden * seen[:, :, None]).sum(1) / seen.sum(1, keepdim=True) if pool == "mean" else hidden[:, 0]
    else:
        logits = output.logits
    loss = F.cross_entropy(logits, torch.tensor([2, 1]))
    return {"config": config.to_dict(), "ids": x.flatten().tolist(), **record(parameters, logits, loss)}


def plain(value):
    """Nine digits are enough."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


KEPT = (
    "model_type vocab_size hidden_size intermediate_size num_hidden_layers num_attention_heads num_key_value_heads "
    "max_position_embeddings rms_norm_eps rope_theta tie_word_embeddings hidden_act layer_norm_eps type_vocab_size "
    "pad_token_id position_embedding_type"
).split()

runs = {
    "decoder": decoder(),
    "tied": decoder(tie_word_embeddings=True, rope_theta=500.0),
    "mean": encoder(BertModel, "mean"),
    "cls": encoder(BertModel, "cls"),
    "classifier": encoder(BertForSequenceClassification, None),
}
for run in runs.values():
    run["config"] = {key: value for key, value in run["config"].items() if key in KEPT}
print(json.dumps(plain({"torch": torch.__version__, "transformers": transformers.__version__, **runs})))
