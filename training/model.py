"""The network: an MPNet cross-encoder whose lower layers read each sentence on its own.

A pair is laid out as ``<s> first </s> <s> second </s>``. In the lowest ``unshared`` layers a token sees
only its own sentence (and counts positions from that sentence's start), so at inference an article of
n sentences costs n lower passes, not n^2. The layers above read the pair. An *exit head* after layer
``exit_layer`` gives an early opinion that lets the cascade drop hopeless pairs.

The idea of unsharing lower layers is that of DeFormer (Cao et al. 2020) and LAIT (Milbauer et al. 2023,
arXiv 2305.19585).
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoConfig, MPNetConfig, MPNetModel

LABELS = ("entailment", "neutral", "contradiction")


class Head(nn.Module):
    """Two-layer classifier on the first token, shaped like MPNet's own so that its weights load."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.dense = nn.Linear(hidden, hidden)
        self.out_proj = nn.Linear(hidden, len(LABELS))

    def forward(self, first_token: Tensor) -> Tensor:
        """Map (pairs, hidden) to logits (pairs, 3)."""
        return self.out_proj(torch.tanh(self.dense(first_token)))


class PairModel(nn.Module):
    """Score pairs of sentences.

    Args:
        config: the encoder's configuration.
        unshared: how many of the lowest layers read one sentence at a time.
        exit_layer: after how many layers the exit head reads.
    """

    def __init__(self, config: MPNetConfig, unshared: int = 4, exit_layer: int = 8) -> None:
        super().__init__()
        self.config, self.unshared, self.exit_layer = config, unshared, exit_layer
        self.mpnet = MPNetModel(config, add_pooling_layer=False)
        self.classifier = Head(config.hidden_size)
        self.exit_classifier = Head(config.hidden_size)

    def forward(self, input_ids: Tensor, segment: Tensor) -> tuple[Tensor, Tensor]:
        """Give (final logits, exit logits), each (pairs, 3).

        Args:
            input_ids: (pairs, tokens).
            segment: (pairs, tokens): 0 in the first sentence, 1 in the second, -1 where padded.
        """
        same = segment[:, None, :, None] == segment[:, None, None, :]
        real = (segment >= 0)[:, None, None, :]
        bias = self.mpnet.encoder.compute_position_bias(input_ids)
        x = self.mpnet.embeddings(input_ids=input_ids, position_ids=positions(segment))
        low = bias.masked_fill(~same, torch.finfo(bias.dtype).min)
        high = bias.masked_fill(~real, torch.finfo(bias.dtype).min)
        early = None
        for number, layer in enumerate(self.mpnet.encoder.layer):
            x = run_layer(layer, x, low if number < self.unshared else high)
            if number + 1 == self.exit_layer:
                early = self.exit_classifier(x[:, 0])
        return self.classifier(x[:, 0]), early


def positions(segment: Tensor) -> Tensor:
    """Positions counted from each sentence's own start; MPNet's numbering begins at 2."""
    second = (segment == 1).cumsum(1)
    running = torch.arange(segment.shape[1]).expand_as(segment)
    return torch.where(segment == 1, second - 1, running).clamp(max=509) + 2


def run_layer(layer: nn.Module, x: Tensor, mask: Tensor) -> Tensor:
    """One MPNet layer with fused attention, the position bias being part of the mask."""
    attn = layer.attention.attn
    shape = (*x.shape[:-1], -1, attn.attention_head_size)
    q, k, v = (f(x).view(shape).transpose(1, 2) for f in (attn.q, attn.k, attn.v))
    mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask.to(q.dtype))
    mixed = mixed.transpose(1, 2).reshape(*x.shape[:-1], attn.all_head_size)
    x = layer.attention.LayerNorm(attn.o(mixed) + x)
    inner = layer.intermediate(x)
    return layer.output.LayerNorm(layer.output.dense(inner) + x)


def from_folder(folder: Path, **shape: int) -> PairModel:
    """Build from a folder of ours (`pair_model.json` beside it) or from any MPNet folder.

    A plain encoder has no classifier: the heads then start at random, and that is said.
    """
    ours = folder / "pair_model.json"
    if ours.exists():
        shape = json.loads(ours.read_text()) | shape
    model = PairModel(AutoConfig.from_pretrained(folder), **shape)
    state = load_file(folder / "model.safetensors")
    if not any(key.startswith("mpnet.") for key in state):
        state = {f"mpnet.{key}": value for key, value in state.items()}
    result = model.load_state_dict({k: v.float() for k, v in state.items()}, strict=False)
    heads = [key for key in result.missing_keys if "classifier" in key]
    body = sorted(set(result.missing_keys) - set(heads))
    if body:
        raise ValueError(f"{folder} lacks encoder weights: {body[:3]} ...")
    if any(key.startswith("exit_classifier") for key in heads) and "classifier.dense.weight" in state:
        model.exit_classifier.load_state_dict(model.classifier.state_dict())
    if heads:
        print(f"new weights for {sorted({key.split('.')[0] for key in heads})}")
    return model


def save(model: PairModel, folder: Path) -> None:
    """Write weights and shape; the tokenizer is copied by the caller."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "model.safetensors")
    model.config.save_pretrained(folder)
    (folder / "pair_model.json").write_text(
        json.dumps({"unshared": model.unshared, "exit_layer": model.exit_layer})
    )
