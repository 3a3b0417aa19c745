"""The glance: a score of a pair before any layer reads it; how it learns, and its two graphs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto
from torch import Tensor, nn
from torch.nn import functional

from inconsistency.nli._batching import padded as side_by_side
from training.graphs import Builder, tensor
from training.lessons import Lessons

KEY, VALUE, HIDDEN = 64, 96, 128
BATCH, PEAK_RATE, DECAY = 128, 2e-3, 0.01


class Glance(nn.Module):
    """Align the tokens of two sentences, compare what was aligned, sum up; the order makes no difference."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.project = nn.Linear(width, KEY + VALUE)
        self.compare = nn.Linear(4 * VALUE, HIDDEN)
        self.dense = nn.Linear(2 * HIDDEN, HIDDEN)
        self.out = nn.Linear(HIDDEN, 1)
        self.dropout = nn.Dropout(0.1)

    def forward(self, first: Tensor, first_mask: Tensor, second: Tensor, second_mask: Tensor) -> Tensor:
        """States (pairs, tokens, width) and masks (pairs, tokens) of both sides -> logits (pairs,)."""
        key_a, a = self.project(first).split([KEY, VALUE], -1)
        key_b, b = self.project(second).split([KEY, VALUE], -1)
        like = key_a @ key_b.transpose(1, 2) / math.sqrt(KEY)
        to_b = (like + hidden_from(second_mask)).softmax(-1) @ b
        to_a = (like.transpose(1, 2) + hidden_from(first_mask)).softmax(-1) @ a
        most_a, mean_a = self.side(a, to_b, first_mask)
        most_b, mean_b = self.side(b, to_a, second_mask)
        both = torch.cat([torch.maximum(most_a, most_b), mean_a + mean_b], -1)
        found: Tensor = self.out(self.dropout(torch.relu(self.dense(both))))[:, 0]
        return found

    def side(self, own: Tensor, other: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Largest and mean comparison of a sentence's tokens with what they were aligned to."""
        joined = torch.cat([own, other, own - other, own * other], -1)
        compared = torch.relu(self.compare(joined)) * mask[..., None]
        return compared.amax(1), compared.sum(1) / mask.sum(1, keepdim=True)


def hidden_from(mask: Tensor) -> Tensor:
    """What is added to alignments so that padding gets none."""
    return 1e4 * (mask[:, None, :] - 1)


def padded(states: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """States of several sentences side by side, and 1 where a token is real, as the library pads them."""
    made, mask = side_by_side(states, np.float32)
    return torch.from_numpy(made), torch.from_numpy(mask).float()


def sides(lessons: Lessons, chosen: Sequence[int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The inputs of `Glance` for some pairs."""
    first, second = zip(*(lessons.pairs[k] for k in chosen), strict=True)
    return *padded([lessons.states[t] for t in first]), *padded([lessons.states[t] for t in second])


def rounds(lessons: Lessons, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Batches of like length within windows of 40, so that order stays nearly random."""
    order = rng.permutation(len(lessons.pairs))
    lengths = np.array([sum(len(lessons.states[t]) for t in pair) for pair in lessons.pairs])
    for start in range(0, len(order), 40 * BATCH):
        window = order[start : start + 40 * BATCH]
        window = window[np.argsort(lengths[window])]
        batches = [window[k : k + BATCH] for k in range(0, len(window), BATCH)]
        yield from (batches[k] for k in rng.permutation(len(batches)))


def teach(lessons: Lessons, epochs: int, seed: int) -> Glance:
    """Train the pupil on the teacher's probabilities."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = Glance(next(iter(lessons.states.values())).shape[1])
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=DECAY)
    taught = torch.tensor(lessons.taught, dtype=torch.float32)
    steps = epochs * sum(1 for _ in rounds(lessons, rng))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=steps + 1, pct_start=0.1)
    for epoch in range(epochs):
        losses = []
        for batch in rounds(lessons, rng):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = net(*sides(lessons, list(batch)))
            loss = functional.binary_cross_entropy_with_logits(logits.float(), taught[batch])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}", flush=True)
    return net.eval()


def untaught(width: int) -> Glance:
    """A glance that gives every pair one half: what a new lower graph has until its own is taught."""
    net = Glance(width).eval()
    nn.init.zeros_(net.out.weight)
    nn.init.zeros_(net.out.bias)
    return net


def write(net: Glance, folder: Path) -> None:
    """Write both graphs into a model's folder."""
    for part, made in (("sentence", sentence_graph(net)), ("pair", pair_graph(net))):
        onnx.checker.check_model(made)
        onnx.save(made, folder / f"glance_{part}.onnx")


def builder(net: Glance) -> Builder:
    """An empty graph that knows the pupil's weights, in fp32."""
    weights = {f"glance.{name}": value.detach().numpy() for name, value in net.state_dict().items()}
    return Builder(weights, {}, int8=False)


def sentence_graph(net: Glance) -> onnx.ModelProto:
    """Lower-layer states of sentences -> their keys and values."""
    graph, shape = builder(net), ["sentences", "tokens"]
    keys = graph.linear("hidden", "glance.project")
    states = tensor("hidden", TensorProto.FLOAT, *shape, net.project.in_features)
    return graph.build([states], {"keys": (keys, [*shape, KEY + VALUE])})


def pair_graph(net: Glance) -> onnx.ModelProto:
    """Keys and values of two sentences -> P(contradiction): `Glance.forward` after its projection."""
    graph = builder(net)
    axis, last = graph.store("axis", np.array([1])), graph.store("last", np.array([2]))
    one, far = graph.store("one", np.float32(1)), graph.store("far", np.float32(1e4))
    scale = graph.store("scale", np.float32(1 / math.sqrt(KEY)))
    cut = graph.store("cut", np.array([KEY, VALUE]))
    key_a, key_b = (graph.node("Split", [n, cut], outputs=2, axis=-1) for n in ("first", "second"))
    a, b = key_a + "_1", key_b + "_1"
    turned_b = graph.node("Transpose", [key_b], perm=[0, 2, 1])
    like = graph.node("Mul", [graph.node("MatMul", [key_a, turned_b]), scale])

    def aligned(like: str, mask: str, values: str) -> str:
        padding = graph.node("Sub", [graph.node("Unsqueeze", [mask, axis]), one])
        scores = graph.node("Add", [like, graph.node("Mul", [padding, far])])
        return graph.node("MatMul", [graph.node("Softmax", [scores], axis=-1), values])

    def side(own: str, other: str, mask: str) -> tuple[str, str]:
        pieces = [own, other, graph.node("Sub", [own, other]), graph.node("Mul", [own, other])]
        compared = graph.linear(graph.node("Concat", pieces, axis=-1), "glance.compare")
        compared = graph.node("Mul", [graph.node("Relu", [compared]), graph.node("Unsqueeze", [mask, last])])
        count = graph.node("ReduceSum", [mask, axis], keepdims=1)
        total = graph.node("ReduceSum", [compared, axis], keepdims=0)
        return graph.node("ReduceMax", [compared], axes=[1], keepdims=0), graph.node("Div", [total, count])

    most_a, mean_a = side(a, aligned(like, "second_mask", b), "first_mask")
    turned = graph.node("Transpose", [like], perm=[0, 2, 1])
    most_b, mean_b = side(b, aligned(turned, "first_mask", a), "second_mask")
    parts = [graph.node("Max", [most_a, most_b]), graph.node("Add", [mean_a, mean_b])]
    inner = graph.node("Relu", [graph.linear(graph.node("Concat", parts, axis=-1), "glance.dense")])
    chance = graph.node("Sigmoid", [graph.linear(inner, "glance.out")])
    inputs = [
        tensor(name + end, TensorProto.FLOAT, "pairs", f"{name}_tokens", *size)
        for name in ("first", "second")
        for end, size in (("", [KEY + VALUE]), ("_mask", []))
    ]
    return graph.build(inputs, {"probability": (graph.node("Squeeze", [chance, axis]), ["pairs"])})
