"""Teach a shipped model which pairs of an article are not worth reading: its glance, and its early head anew.

    python -m training.glance src/inconsistency/models/default --keep runs/glance.pkl

The teacher is the exported model itself, asked about pairs inside training articles and openly licensed real ones
(`--real`): the exit head for all, the last layer for those that the exit head finds worth it. It is slow, so more
articles teach by their labels alone: the labelled contradictions against pairs that are known not to contradict.
There are two pupils. The glance is decomposable attention (Parikh et al. 2016, arXiv 1606.01933) on the lower
layers' states. The early head has been trained with the network, mostly on labelled pairs; here it learns from
pairs as articles have them. Its opinion counts together with the glance's, their log odds added up. Afterwards
floors are set for both on articles that the pupils have not read: of the contradictions that the whole model holds
for clear, and that the exit head lets pass, glance and both together may lose the shares `LOSS`; of whatever
reading every pair of articles (`--read`) finds, false alarms for the most part, the shares `LOSS_READ`.

Writes `glance_sentence.onnx`, `glance_pair.onnx` and the head in `early.onnx`, the floors into `config.json`, and
what they dismiss into `export_gate.json`. Asking the teacher takes most of the time, and is kept in `--keep`;
training goes over it.
"""

from __future__ import annotations

import argparse
import json
import math
import pickle
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from corpora import groups, real, registry
from corpora.cases import spread
from inconsistency import calibration
from inconsistency.nli import load_scorer
from inconsistency.nli._glance import padded as side_by_side
from inconsistency.pairs import candidate_pairs
from training import mine
from training.export_onnx import Builder, tensor

KEY, VALUE, HIDDEN = 64, 96, 128
ASKED = 0.04  # quick opinion from which the last layer is asked
HARD = 0.1  # exit floor from which quicker opinions may dismiss
SURE = 0.8  # mean P(contradiction) of both directions of a clear contradiction; most flags have as much
PASSED = 0.35  # and its quick opinion: what `calibrate.py --floor` was when the shipped floors were set; 0.25 now
# Share of the clear contradictions that the glance alone may dismiss, and that it and the early head may dismiss
# together; of a few hundred, none.
LOSS = (0.004, 0.006)
# The same of whatever reading every pair finds, nearly all of it false alarms: of what it would flag, 98 in 100
# are to be left, and no more has to be.
LOSS_READ = (0.01, 0.015)
PER_ARTICLE = 90  # pairs of an article's sentences that the teacher is asked about, besides the labelled ones
PER_REAL = 420  # pairs of a real article that it is asked about
UNTAUGHT = 50  # pairs of an article's consistent sentences that are drawn where the teacher is not asked
FEWEST_WORDS = 4  # of a real article's sentence
LABELS = {True: 0.9, False: 0.03}  # what stands for the teacher's answer there: it is never quite sure
JUDGED = 300  # articles that are kept aside: the labelled contradictions of all set the floors,
JUDGED_REAL = 10  # real articles that are kept aside with them
FLOOR_SETS = ("news_inserted", "contradoc_full")  # and labelled real text of the half that calibration reads
WHOLE = 30  # and of so many all pairs are read, to know how many are dismissed
PUBLISHED = ("bbc", "web_2014", "abc", "xsum_cnn", "wire_1998", "wsj")  # news of the half that calibration reads
READ = 40  # sentences of an article that are read whole
BATCH, PEAK_RATE, DECAY = 128, 2e-3, 0.01
HEAD_BATCH, HEAD_EPOCHS, HEAD_RATE = 256, 6, 1e-3


@dataclass
class Lessons:
    """What the teacher said.

    Attributes:
        states: sentence -> lower-layer states (tokens, width) in half precision.
        pairs: pairs of sentences.
        taught: P(contradiction) of each, 0-1.
        articles: how many labelled articles they are from.
        real: how many real ones.
        headed: indexes of the pairs that teach the early head too,
        first: and the state (width,) of their first token after the layers below it.
    """

    states: dict[str, np.ndarray] = field(default_factory=dict)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    taught: list[float] = field(default_factory=list)
    articles: int = 0
    real: int = 0
    headed: list[int] = field(default_factory=list)
    first: list[np.ndarray] = field(default_factory=list)


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


# --- the teacher --------------------------------------------------------------------------------


def labelled_pairs(group: dict[str, Any]) -> list[tuple[tuple[str, str], bool]]:
    """Labelled pairs of an article, and whether they contradict each other."""
    found = [
        ((groups.text_of(group, at), c["sentence"]), True)
        for c in group["contradictions"]
        for at in c["conflicts_with"]
    ]
    found += [((groups.text_of(group, c["about"]), c["sentence"]), False) for c in group["compatible"]]
    found += [((groups.text_of(group, r["restates"]), r["sentence"]), False) for r in group["restatements"]]
    return found


def turned(pair: tuple[str, str], rng: random.Random) -> tuple[str, str]:
    """The pair, or three times in ten its other order."""
    return pair if rng.random() < 0.7 else pair[::-1]


def drawn_pairs(group: dict[str, Any], rng: random.Random) -> list[tuple[str, str]]:
    """Labelled pairs of an article, and some of all others that its sentences make."""
    extra = [row["sentence"] for name in ("contradictions", "compatible", "restatements") for row in group[name]]
    texts = [group["headline"], *group["sentences"], *extra]
    others = [(a, b) for i, a in enumerate(texts) for b in texts[i + 1 :]]
    pairs = [pair for pair, _ in labelled_pairs(group)] + rng.sample(others, min(PER_ARTICLE, len(others)))
    return [turned(pair, rng) for pair in pairs]


def ask(
    scorer: Any,
    lessons: Lessons,
    real: Sequence[list[str]],
    chosen: Sequence[dict[str, Any]],
    minutes: float,
    rng: random.Random,
) -> None:
    """Let the teacher answer, article by article, the real ones first, until the time is up.

    Articles that the lessons hold already are passed over.
    """
    end = time.monotonic() + 60 * minutes
    fresh = [texts for texts in real if texts[0] not in lessons.states]
    for article in tqdm([*fresh, *unread(lessons, chosen)], desc="teacher", mininterval=20):
        if time.monotonic() > end:
            break
        if isinstance(article, list):
            pairs = [(a, b) for i, a in enumerate(article) for b in article[i + 1 :]]
            pairs = [turned(p, rng) for p in rng.sample(pairs, min(PER_REAL, len(pairs)))]
        else:
            pairs = drawn_pairs(article, rng)
        taught = scorer.screen(pairs)
        hard = [k for k, p in enumerate(taught) if p >= ASKED]
        for k, scores in zip(hard, scorer.score([pairs[k] for k in hard]), strict=True):
            taught[k] = scores.contradiction
        learn(lessons, scorer, pairs, taught, head=True)
        lessons.real += isinstance(article, list)
        lessons.articles += not isinstance(article, list)


def add_labels(lessons: Lessons, scorer: Any, chosen: Sequence[dict[str, Any]], rng: random.Random) -> None:
    """Let articles teach by their labels, without the teacher; any two of their own sentences are consistent."""
    for group in tqdm(chosen, desc="labels", mininterval=20):
        texts = [group["headline"], *group["sentences"], *(r["sentence"] for r in group["restatements"])]
        others = [(a, b) for i, a in enumerate(texts) for b in texts[i + 1 :]]
        pairs = labelled_pairs(group) + [(p, False) for p in rng.sample(others, min(UNTAUGHT, len(others)))]
        learn(lessons, scorer, [turned(p, rng) for p, _ in pairs], [LABELS[yes] for _, yes in pairs])
        lessons.articles += 1


def add_general(lessons: Lessons, scorer: Any, rows: Path, count: int, rng: random.Random) -> None:
    """Let general pairs of a mixture teach; inside articles alone near copies never contradict."""
    found = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()]
    inside = ("features", "newsroom", "mined", "unrelated", "real")  # articles
    general = [r for r in found if not r["source"].startswith(inside)]
    chosen = rng.sample(general, min(count, len(general)))
    for start in tqdm(range(0, len(chosen), BATCH), desc="general", mininterval=20):
        part = chosen[start : start + BATCH]
        pairs = [turned((r["first"]["text"], r["second"]["text"]), rng) for r in part]
        learn(lessons, scorer, pairs, [LABELS[r["label"] == "contradiction"] for r in part], head=True)


def learn(
    lessons: Lessons,
    scorer: Any,
    pairs: Sequence[tuple[str, str]],
    taught: Sequence[float],
    *,
    head: bool = False,
) -> None:
    """Note pairs, what was said of them, the states of their sentences, and for the `head` their own."""
    fresh = sorted({text for pair in pairs for text in pair} - lessons.states.keys())
    lessons.states |= dict(zip(fresh, scorer.states(fresh), strict=True))
    if head:
        lessons.headed += range(len(lessons.pairs), len(lessons.pairs) + len(pairs))
        lessons.first += scorer.early_states(pairs)
    lessons.pairs += pairs
    lessons.taught += taught


# --- the pupil ----------------------------------------------------------------------------------


def padded(states: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """States of several sentences side by side, and 1 where a token is real, as the library pads them."""
    made, mask = side_by_side(states)
    return torch.from_numpy(made), torch.from_numpy(mask)


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


def teach_head(lessons: Lessons, seed: int) -> list[nn.Linear]:
    """The two layers of a new early head, by the teacher's probabilities; the second gives one logit.

    The inputs are brought to one scale while it learns; the layers that are given take them as they are.
    """
    torch.manual_seed(seed)
    x = torch.from_numpy(np.stack(lessons.first)).float()
    taught = torch.tensor(lessons.taught)[lessons.headed]
    mean, spread = x.mean(0), x.std(0) + 1e-3
    x = (x - mean) / spread
    dense, out = nn.Linear(x.shape[1], x.shape[1]), nn.Linear(x.shape[1], 1)
    net = nn.Sequential(nn.Dropout(0.1), dense, nn.Tanh(), nn.Dropout(0.2), out)
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=DECAY)
    batches = -(-len(x) // HEAD_BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, HEAD_RATE, total_steps=HEAD_EPOCHS * batches + 1)
    for _ in range(HEAD_EPOCHS):
        for batch in torch.randperm(len(x)).split(HEAD_BATCH):
            loss = functional.binary_cross_entropy_with_logits(net(x[batch])[:, 0], taught[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    print(f"early head: {len(x)} pairs, last loss {loss.item():.4f}")
    with torch.no_grad():
        dense.weight /= spread
        dense.bias -= dense.weight @ mean
    return [dense, out]


# --- the graphs ---------------------------------------------------------------------------------


def builder(net: Glance) -> Builder:
    """An empty graph that knows the pupil's weights, in fp32."""
    weights = {f"glance.{name}": value.detach().numpy() for name, value in net.state_dict().items()}
    # No samples of inputs: they choose step widths, which fp32 has none of.
    return Builder(
        weights, dict.fromkeys((f"glance.{n}" for n, _ in net.named_modules()), np.ones((1, 1))), int8=False
    )


def sentence_graph(net: Glance) -> onnx.ModelProto:
    """Lower-layer states of sentences -> their keys and values."""
    graph, shape = builder(net), ["sentences", "tokens"]
    keys = graph.linear("hidden", "glance.project")
    states = tensor("hidden", TensorProto.FLOAT, *shape, net.project.in_features)
    return graph.build([states], {"keys": (keys, [*shape, KEY + VALUE])})


def put_head(path: Path, layers: Sequence[nn.Linear]) -> None:
    """Write a taught head into `early.onnx`, in the precision that it has there.

    Its one logit is that of contradiction; against it stand a 0 for neutral and nothing for entailment.
    """
    dense, out = ((layer.weight.detach().numpy().T, layer.bias.detach().numpy()) for layer in layers)
    empty = np.zeros_like(out[0])
    values = {
        "dense.weight": dense[0],
        "dense.bias": dense[1],
        "out_proj.weight": np.concatenate([empty, empty, out[0]], axis=1),
        "out_proj.bias": np.array([-20, 0, out[1][0]]),
    }
    model = onnx.load(path)
    for stored in model.graph.initializer:
        name = stored.name.removeprefix("early_classifier.")
        if name in values:
            kind = onnx.numpy_helper.to_array(stored).dtype
            stored.CopyFrom(onnx.numpy_helper.from_array(values.pop(name).astype(kind), stored.name))
    if values:
        raise SystemExit(f"{path} lacks {', '.join(values)} of the early head")
    onnx.save(model, path)


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


# --- the floors ---------------------------------------------------------------------------------


def article_pairs(group: dict[str, Any]) -> list[tuple[str, str]]:
    """All pairs of an article with its contradictions swapped in."""
    texts = [group["headline"], *group["sentences"]]
    for c in group["contradictions"]:
        if c["replaces"] is not None:
            texts[c["replaces"] + 1] = c["sentence"]
    return [(a, b) for i, a in enumerate(texts) for b in texts[i + 1 :]]


def whole_articles(
    folder: Path, gum: Path | None, made: Sequence[dict[str, Any]]
) -> Iterator[list[tuple[str, str]]]:
    """Articles that no pupil has read, by turns a made one and one of each source of news, as pairs.

    Of the first `READ` sentences all candidate pairs, as in use.
    """
    sources = [[[group["headline"], *group["sentences"]] for group in made]]
    for name in PUBLISHED if gum else ():
        cases = registry.load(registry.SETS[name], gum.resolve().parents[1], "fit") or []
        sources.append([list(c.sentences) for c in spread(cases, len(cases), seed=11)])
    for turn in range(max(map(len, sources))):
        for articles in sources:
            if turn < len(articles):
                sentences = calibration.as_sentences(articles[turn][:READ])
                found = candidate_pairs(sentences).pairs
                yield [(p.first.text, p.second.text) for p in found]


def clear_ones(scorer: Any, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs that the whole model holds for clear contradictions, and that the exit head lets pass."""
    passed = [pair for pair, quick in zip(pairs, scorer.screen(pairs), strict=True) if quick >= PASSED]
    ahead, back = scorer.score(passed), scorer.score([pair[::-1] for pair in passed])
    sure = [(a.contradiction + b.contradiction) / 2 >= SURE for a, b in zip(ahead, back, strict=True)]
    return [pair for pair, yes in zip(passed, sure, strict=True) if yes]


def read_whole(
    scorer: Any, articles: Iterator[list[tuple[str, str]]], minutes: float
) -> tuple[list[tuple[str, str]], dict[str, int]]:
    """What reading every pair finds clear until the time is up, and how many articles and pairs that took."""
    end, found, count = time.monotonic() + 60 * minutes, [], {"read_articles": 0, "read_pairs": 0}
    for pairs in tqdm(articles, desc="whole", mininterval=20):
        if time.monotonic() > end:
            break
        found += clear_ones(scorer, pairs)
        count["read_articles"] += 1
        count["read_pairs"] += len(pairs)
    return found, count | {"read_clear": len(found)}


def floors_of(
    seen: np.ndarray, early: np.ndarray, parts: Sequence[tuple[np.ndarray, tuple[float, float]]]
) -> dict[str, float]:
    """The highest floors of glance and early head that lose no more of any part than they may.

    A part is a mask, and the shares of it that the glance alone and both together may lose.
    """
    # "lower": between the two least of a few would lose the least.
    glance = min((float(np.quantile(seen[part], loss[0], method="lower")) for part, loss in parts), default=0.0)
    glance = math.floor(glance * 1e4) / 1e4
    least = []
    for part, (_, together) in parts:
        # The head's opinion has the glance's in it, and is asked of what the glance let pass.
        passed = early[part & (seen >= glance)]
        share = max(0.0, 1 - (1 - together) * part.sum() / len(passed))
        least.append(float(np.quantile(passed, share, method="lower")))
    return {"glance": glance, "early": math.floor(min(least, default=0.0) * 1e6) / 1e6}


def set_floors(
    folder: Path,
    chosen: Sequence[dict[str, Any]],
    real_gold: Sequence[tuple[str, str]],
    articles: Iterator[list[tuple[str, str]]],
    minutes: float,
) -> dict[str, float]:
    """Find the floors of glance and early head, write them into `config.json`, say what they dismiss.

    Three parts have to pass, each for itself: labelled contradictions in made articles, those in real ones
    (`real_gold`, and of `chosen` the real ones), which are fewer and harder to see, and whatever is found by
    reading `articles` whole for some minutes.
    """
    scorer: Any = load_scorer(folder, self_test=False)
    made = [pair for group in chosen for pair, contradict in labelled_pairs(group) if contradict]
    written = {pair for group in chosen if group.get("real") for pair, _ in labelled_pairs(group)} | set(real_gold)
    gold = list(dict.fromkeys([*made, *real_gold]))
    labelled = clear_ones(scorer, gold)
    found, figures = read_whole(scorer, articles, minutes)
    clear = [*labelled, *found]
    every = [pair for group in chosen[:WHOLE] for pair in article_pairs(group)]
    figures |= {"floor_pairs": len(gold), "floor_clear": len(labelled), "floor_every": len(every)}
    seen, early = (np.array(opinion(clear)) for opinion in (scorer.screen_glance, scorer.screen_early))
    ours = np.array([pair in written for pair in clear], dtype=bool)
    by_label = np.arange(len(clear)) < len(labelled)
    parts = {"made": by_label & ~ours, "real": by_label & ours, "read": ~by_label}
    losses = {name: LOSS_READ if name == "read" else LOSS for name in parts}
    floors = floors_of(seen, early, [(part, losses[name]) for name, part in parts.items() if part.any()])
    lost = (seen < floors["glance"]) | (early < floors["early"])
    figures |= {"clear_lost": int(lost[by_label].sum()), "read_clear_lost": int(lost[parts["read"]].sum())}
    figures |= {"real_clear": int(parts["real"].sum()), "real_clear_lost": int(lost[parts["real"]].sum())}
    for name, part in parts.items():
        # What each part alone would allow, to see which of them keeps the floors down.
        alone = floors_of(seen, early, [(part, losses[name])]) if part.any() else {}
        print(f"{name}: {int(part.sum())} clear, {int(lost[part].sum())} lost; alone {alone}")
    shares = {"exit_dismisses": float((np.array(scorer.screen(every)) < HARD).mean())}
    gone = np.array(scorer.screen_glance(every)) < floors["glance"]
    shares["glance_dismisses"] = float(gone.mean())
    shares["early_dismisses"] = float((gone | (np.array(scorer.screen_early(every)) < floors["early"])).mean())
    config = json.loads((folder / "config.json").read_text())
    for name, least in floors.items():
        config[name] = {"exit": HARD, "floor": least}
        shares[f"{name}_floor"] = least
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    return figures | shares


def real_articles(
    gum: Path | None, rng: random.Random
) -> tuple[list[list[str]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Real articles: the texts that teach, those of them with labels of ours, and labelled ones kept aside."""
    if gum is None:
        return [], [], []
    labelled = real.gum(gum.resolve().parents[1])
    rng.shuffle(labelled)
    aside, taught = labelled[:JUDGED_REAL], labelled[JUDGED_REAL:]
    hidden = {group["headline"] for group in aside}
    published = [
        [s.text for s in sides if len(s.text.split()) >= FEWEST_WORDS]
        for sides in mine.real_sides(gum)
        if sides[0].text not in hidden
    ]
    return published, taught, aside


def calibrated_gold(gum: Path | None) -> list[tuple[str, str]]:
    """Labelled contradictions in real articles that nothing is taught with: the half that calibration reads."""
    found: dict[tuple[str, str], None] = {}
    for name in FLOOR_SETS if gum else ():
        for case in registry.load(registry.SETS[name], gum.resolve().parents[1], "fit") or ():
            found |= dict.fromkeys((case.sentences[i], case.sentences[j]) for i, j in sorted(case.gold))
    return list(found)


def lessons_of(
    args: argparse.Namespace, published: Sequence[list[str]], chosen: Sequence[dict[str, Any]], rng: random.Random
) -> Lessons:
    """What the teacher said, now or in a run before; with `--more`, both."""
    kept = args.keep is not None and args.keep.exists()
    lessons: Lessons = pickle.loads(args.keep.read_bytes()) if kept else Lessons()
    if not kept or args.more:
        ask(load_scorer(args.model, self_test=False), lessons, published, chosen, args.minutes, rng)
        if args.keep:
            args.keep.write_bytes(pickle.dumps(lessons))
    return lessons


def unread(lessons: Lessons, chosen: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The articles whose labels have taught nothing yet, in order.

    Known by their first contradiction: a published text that was asked about has its labelled twin's headline.
    """
    return [group for group in chosen if group["contradictions"][0]["sentence"] not in lessons.states]


def add_pupils(args: argparse.Namespace, lessons: Lessons, others: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Let labels teach too, teach both pupils, put them into the folder; say how much they have read."""
    scorer = load_scorer(args.model, self_test=False)
    asked = lessons.articles
    # Generators of their own: the same pairs whether the teacher's answers were kept or are new.
    add_labels(lessons, scorer, others[: args.labels], random.Random(args.seed + 1))
    in_articles = len(lessons.pairs)
    if args.rows:
        add_general(lessons, scorer, args.rows, args.general, random.Random(args.seed + 2))
    general = len(lessons.pairs) - in_articles
    print(
        f"{in_articles} pairs of {lessons.articles} articles, the teacher asked about {asked} and {lessons.real} "
        f"real ones; {general} general pairs"
    )
    put_head(args.model / "early.onnx", teach_head(lessons, args.seed))
    net = teach(lessons, args.epochs, args.seed)
    for part, made in (("sentence", sentence_graph(net)), ("pair", pair_graph(net))):
        onnx.checker.check_model(made)
        onnx.save(made, args.model / f"glance_{part}.onnx")
    config = json.loads((args.model / "config.json").read_text()) | {"glance": {"exit": HARD, "floor": 0.0}}
    (args.model / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    figures = {"glance_articles": lessons.articles, "glance_asked": asked, "glance_real": lessons.real}
    return figures | {"glance_pairs": in_articles, "glance_general": general, "early_pairs": len(lessons.headed)}


def main(argv: list[str] | None = None) -> int:
    """Ask, teach, write, set the floors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path, help="an exported folder; it gets the glance")
    parser.add_argument("--minutes", type=float, default=15, help="how long the teacher is asked")
    parser.add_argument("--real", type=Path, help="gum.jsonl.gz: its open genres, the half that is not measured")
    parser.add_argument("--labels", type=int, default=700, help="articles that teach by their labels")
    parser.add_argument("--rows", type=Path, help="rows.jsonl of a mixture: general pairs teach by their labels")
    parser.add_argument("--general", type=int, default=24_000, help="how many of them")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="keep the teacher's answers here, or take those kept")
    parser.add_argument("--more", action="store_true", help="ask on, about other articles than those kept")
    parser.add_argument("--first", default="", help="ask about made articles whose id begins so before others")
    parser.add_argument("--read", type=float, default=8, help="minutes of reading whole articles for the floors")
    parser.add_argument("--floors-only", action="store_true", help="set the floors of the glance that is there")
    args = parser.parse_args(argv)
    rng = random.Random(args.seed)
    chosen = [*groups.features("train"), *groups.newsroom("train"), *groups.outcomes("train")]
    rng.shuffle(chosen)
    # Set aside first, so that no pupil of this run reads them; a run before may have, with other articles drawn.
    known = args.keep is not None and args.keep.exists()
    published, written, aside = real_articles(args.real, random.Random(args.seed))
    teaching = [*written, *sorted(chosen[JUDGED:], key=lambda g: not str(g["id"]).startswith(args.first))]
    lessons = lessons_of(args, published, teaching, rng) if known or not args.floors_only else Lessons()
    others = unread(lessons, chosen)
    figures = {} if args.floors_only else add_pupils(args, lessons, others[JUDGED:])
    articles = whole_articles(args.model, args.real, others[:JUDGED])
    judged = [*others[:JUDGED], *aside]
    figures |= set_floors(args.model, judged, calibrated_gold(args.real), articles, args.read)
    gate = args.model / "export_gate.json"
    old = json.loads(gate.read_text()) if gate.exists() else {}
    gate.write_text(json.dumps(old | figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
