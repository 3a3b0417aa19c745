"""The network: an MPNet cross-encoder whose lower layers read each sentence on its own.

A pair is laid out as ``<s> first </s> <s> second </s>``. In the lowest ``unshared`` layers a token sees
only its own sentence (and counts positions from that sentence's start), so at inference an article of
n sentences costs n lower passes, not n^2. The layers above read the pair. An *exit head* after layer
``exit_layer`` gives the opinion by which pairs are chosen for the joint reader. That one is a network of this
class too, with ``unshared`` 0: every layer reads the pair, and positions are counted through.

The idea of unsharing lower layers is that of DeFormer (Cao et al. 2020) and LAIT (Milbauer et al. 2023,
arXiv 2305.19585).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoConfig, MPNetConfig, MPNetModel

LABELS = ("entailment", "neutral", "contradiction")
# What labelled articles call their contradictions (corpora/FORMAT.md), in the kind head's order.
KINDS = (
    "number",
    "date_time",
    "place",
    "negation",
    "status_alive_dead",
    "custody_outcome",
    "identity_role",
    "antonym",
    "comparison",
    "attribution",
    "relation",
    "sequence",
    "capability",
    "cause",
    "count_plural",
    "world_fact",
)


class Head(nn.Module):
    """Two-layer classifier on the first token, shaped like MPNet's own so that its weights load."""

    def __init__(self, hidden: int, classes: int = len(LABELS)) -> None:
        super().__init__()
        self.dense = nn.Linear(hidden, hidden)
        self.out_proj = nn.Linear(hidden, classes)

    def forward(self, first_token: Tensor) -> Tensor:
        """Map (pairs, hidden) to logits (pairs, classes)."""
        logits: Tensor = self.out_proj(torch.tanh(self.dense(first_token)))
        return logits


class Logits(NamedTuple):
    """What the heads say of a batch.

    Attributes:
        final: (pairs, 3), of the last layer.
        exit: (pairs, 3), after `exit_layer` layers.
        kind: (pairs, len(KINDS)), of the last layer.
    """

    final: Tensor
    exit: Tensor
    kind: Tensor


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
        self.kind_classifier = Head(config.hidden_size, len(KINDS))

    def forward(self, input_ids: Tensor, segment: Tensor) -> Logits:
        """Read pairs.

        Args:
            input_ids: (pairs, tokens).
            segment: (pairs, tokens): 0 in the first sentence, 1 in the second, -1 where padded.
        """
        same = segment[:, None, :, None] == segment[:, None, None, :]
        real = (segment >= 0)[:, None, None, :]
        bias = self.mpnet.encoder.compute_position_bias(input_ids)
        x = self.mpnet.embeddings(input_ids=input_ids, position_ids=self.positions(segment))
        low = bias.masked_fill(~same, torch.finfo(bias.dtype).min)
        high = bias.masked_fill(~real, torch.finfo(bias.dtype).min)
        at: list[Tensor] = []
        for number, layer in enumerate(self.mpnet.encoder.layer):
            x = run_layer(layer, x, low if number < self.unshared else high)
            at.append(x[:, 0])
        quick = self.exit_classifier(at[self.exit_layer - 1])
        return Logits(self.classifier(at[-1]), quick, self.kind_classifier(at[-1]))

    def positions(self, segment: Tensor) -> Tensor:
        """Positions of tokens (pairs, tokens); MPNet's numbering begins at 2.

        They are counted from each sentence's own start, or through, as in a stock model, where every layer reads
        the pair.
        """
        place = torch.arange(segment.shape[1]).expand_as(segment)
        if self.unshared:
            place = torch.where(segment == 1, (segment == 1).cumsum(1) - 1, place)
        return place.clamp(max=self.config.max_position_embeddings - 5) + 2


def run_layer(layer: Any, x: Tensor, mask: Tensor) -> Tensor:
    """One MPNet layer, the position bias being part of the mask.

    Attention is written out: on sequences this short, torch's fused kernel spends more on its backward pass
    than it saves. Under autocast the layer hands on half precision, which halves the memory traffic.
    """
    attn = layer.attention.attn
    shape = (*x.shape[:-1], -1, attn.attention_head_size)
    q, k, v = (f(x).view(shape).transpose(1, 2) for f in (attn.q, attn.k, attn.v))
    weight = (q * attn.attention_head_size**-0.5) @ k.transpose(2, 3) + mask.to(q.dtype)
    mixed = weight.softmax(-1).to(q.dtype) @ v
    mixed = mixed.transpose(1, 2).reshape(*x.shape[:-1], attn.all_head_size)
    x = layer.attention.LayerNorm(attn.o(mixed) + x)
    inner = layer.intermediate(x)
    states: Tensor = layer.output.LayerNorm(layer.output.dense(inner) + x).to(q.dtype)
    return states


def from_folder(folder: Path, **shape: int) -> PairModel:
    """Build from a folder of ours (`pair_model.json` beside it) or from any MPNet folder.

    A plain encoder has no classifier: the heads then start at random, and that is said.
    """
    ours = folder / "pair_model.json"
    if ours.exists():
        said = json.loads(ours.read_text())
        shape = {key: said[key] for key in ("unshared", "exit_layer")} | shape
    model = PairModel(AutoConfig.from_pretrained(folder), **shape)
    state = load_file(folder / "model.safetensors")
    if not any(key.startswith("mpnet.") for key in state):
        state = {f"mpnet.{key}": value for key, value in state.items()}
    result = model.load_state_dict({k: v.float() for k, v in state.items()}, strict=False)
    heads = [key for key in result.missing_keys if "classifier" in key]
    body = sorted(set(result.missing_keys) - set(heads))
    if body:
        raise ValueError(f"{folder} lacks encoder weights: {body[:3]} ...")
    if "exit_classifier.dense.weight" in heads and "classifier.dense.weight" in state:
        model.exit_classifier.load_state_dict(model.classifier.state_dict())
    if heads:
        print(f"new weights for {sorted({key.split('.')[0] for key in heads})}")
    return model


def save(model: PairModel, folder: Path) -> None:
    """Write weights and shape; the tokenizer is copied by the caller."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "model.safetensors")
    model.config.save_pretrained(folder)
    shape = {"unshared": model.unshared, "exit_layer": model.exit_layer}
    (folder / "pair_model.json").write_text(json.dumps(shape))
