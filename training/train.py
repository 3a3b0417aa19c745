"""Train a model of the recipe.

    python -m training.train training/configs/shared.toml --start runs/warm --rows runs/shared_rows/rows.jsonl \
        --out runs/shared --minutes 45

Writes a checkpoint every ten minutes to OUT and goes on from it when started again. At each it is judged on the
`tune.jsonl` beside the rows, if there is one. `log.jsonl` holds loss and judgements, `log.png` their plot,
`manifest.json` the mixture's manifest with the pairs and minutes of the run.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import shutil
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from tqdm import tqdm

from corpora.groups import hangs
from training import model as network
from training.losses import exit_loss, graded_loss, kind_loss, list_loss, loss_of

LABEL_ID = {name: i for i, name in enumerate(network.LABELS)} | {"not_contradiction": 3}
PAD, START, END = 1, 0, 2
KIND_ID = {name: i for i, name in enumerate(network.KINDS)}
JUDGED = 3  # every so many checkpoints the model is judged: that takes a minute or two
MAX_SIDE = 120  # tokens; longer sides are cut, and counted in the manifest


class Example(NamedTuple):
    """An encoded pair.

    Attributes:
        first: token ids of one side.
        second: of the other.
        label: index into `network.LABELS`, or 3 for `not_contradiction`.
        kind: index into `network.KINDS`; -1 where nobody said.
        cut: how many of its texts were longer than `MAX_SIDE`.
        article: number of the list that it belongs to; -1 for a pair of its own.
        grade: how sure a careful reader is that it contradicts, 0-1; -1 where nobody was asked.
    """

    first: list[int]
    second: list[int]
    label: int
    kind: int = -1
    cut: int = 0
    article: int = -1
    grade: float = -1.0

    @property
    def tokens(self) -> int:
        """Tokens of both sides."""
        return len(self.first) + len(self.second)


def encode_side(tokenizer: Tokenizer, text: str, context: str, most: int = MAX_SIDE) -> tuple[list[int], int]:
    """Token ids ``<s> [context </s>] text </s>``, and how many of the two texts had to be cut to `most`."""
    texts = [context, text] if context else [text]
    coded = [tokenizer.encode(t, add_special_tokens=False).ids for t in texts]
    ids = [i for part in coded for i in (*part[:most], END)]
    return [START, *ids], sum(len(part) > most for part in coded)


def read_rows(path: Path, tokenizer: Tokenizer, rng: random.Random) -> list[Example]:
    """Encode a mixture; half of the sentences that hang on another get it as context."""
    rows = []
    articles: dict[str, int] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        sides = []
        for s in (row["first"], row["second"]):
            use = s["context"] and hangs(s["text"]) and rng.random() < 0.5
            sides.append(encode_side(tokenizer, s["text"], s["context"] if use else ""))
        said = row["source"].rpartition("/")[2] if row["label"] == "contradiction" else ""
        (first, cut), (second, cut_too) = sides
        kind = KIND_ID.get(said, -1)
        article = articles.setdefault(row["article"], len(articles)) if row.get("article") else -1
        grade = -1.0 if row.get("grade") is None else row["grade"] / 100
        rows.append(Example(first, second, LABEL_ID[row["label"]], kind, cut + cut_too, article, grade))
    return rows


def batches(rows: list[Example], tokens: int, rng: random.Random) -> Iterator[list[Example]]:
    """Batches of like length within windows of 2,048 rows, so that order stays nearly random."""
    for start in range(0, len(rows), 2048):
        window = sorted(rows[start : start + 2048], key=lambda r: r.tokens)
        made: list[list[Example]] = []
        batch: list[Example] = []
        for row in window:
            if batch and row.tokens * (len(batch) + 1) > tokens:
                made.append(batch)
                batch = []
            batch.append(row)
        made.append(batch)
        rng.shuffle(made)
        yield from made


def steps(rows: list[Example], amounts: Mapping[str, int], rng: random.Random) -> Iterator[list[Example]]:
    """Batches of whole lists, some graded pairs and some others beside them, until the lists are used up.

    Args:
        rows: of all three; what runs out is begun anew.
        amounts: `lists`, `graded` and `single`: how many of each a batch holds.
        rng: for their order.
    """
    lists: dict[int, list[Example]] = {}
    graded: list[Example] = []
    single: list[Example] = []
    for row in rows:
        if row.article >= 0:
            lists.setdefault(row.article, []).append(row)
        else:
            (single if row.grade < 0 else graded).append(row)
    groups = list(lists.values())
    for part in (groups, graded, single):
        rng.shuffle(part)
    others = [(cycle(part), amounts[name]) for part, name in ((graded, "graded"), (single, "single")) if part]
    for start in range(0, len(groups), amounts["lists"]):
        batch = [row for group in groups[start : start + amounts["lists"]] for row in group]
        yield batch + [row for part, count in others for row in islice(part, count)]


def tensors(batch: list[Example]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(input_ids, segment, label, kind) of a batch, padded to its longest pair."""
    length = max(row.tokens for row in batch)
    ids = torch.full((len(batch), length), PAD)
    segment = torch.full((len(batch), length), -1)
    for k, (a, b, *_) in enumerate(batch):
        ids[k, : len(a) + len(b)] = torch.tensor(a + b)
        segment[k, : len(a)] = 0
        segment[k, len(a) : len(a) + len(b)] = 1
    label, kind = (torch.tensor([getattr(row, name) for row in batch]) for name in ("label", "kind"))
    return ids, segment, label, kind


def judge(model: network.PairModel, rows: list[Example]) -> dict[str, float]:
    """How the model does on rows that are never trained on.

    Returns:
        `accuracy` over the three labels, `precision` (average precision of P(contradiction) among pairs of
        articles, where a kind is known or the label is `not_contradiction`) and `kinds` (share of right kinds).
    """
    from sklearn.metrics import average_precision_score

    model.eval()
    right, kinds, scores, gold = [], [], [], []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for batch in batches(rows, 4096, random.Random(0)):
            ids, segment, label, kind = tensors(batch)
            logits = model(ids, segment)
            p = logits.final.float().softmax(-1)
            article = (label == 3) | (kind >= 0)
            right.append((p.argmax(-1) == label)[~article])
            kinds.append((logits.kind.argmax(-1) == kind)[kind >= 0])
            scores.append(p[article, 2])
            gold.append(label[article] == 2)
    model.train()

    def share(parts: list[Tensor]) -> float:
        joined = torch.cat(parts).float()
        return round(float(joined.mean()), 4) if len(joined) else float("nan")

    truth = torch.cat(gold).numpy()
    precision = average_precision_score(truth, torch.cat(scores).numpy()) if truth.any() else np.nan
    return {"accuracy": share(right), "precision": round(float(precision), 4), "kinds": share(kinds)}


def freeze(model: network.PairModel, layers: int) -> list[torch.nn.Parameter]:
    """Freeze embeddings, position bias and the lowest layers; give the rest."""
    still = [model.mpnet.embeddings, model.mpnet.encoder.relative_attention_bias]
    for module in [*still, *model.mpnet.encoder.layer[:layers]]:
        module.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]


def set_rate(optimizer: torch.optim.Optimizer, settings: dict[str, Any], step: int, done: float) -> float:
    """Warm up, then hold, or decay to zero over the run (`done` runs 0 to 1)."""
    rate: float = settings["learning_rate"] * min(1.0, (step + 1) / settings["warmup"])
    if settings["decay"]:
        rate *= max(0.02, 1 - done)
    for group in optimizer.param_groups:
        group["lr"] = rate
    return rate


class Average:
    """Running mean of a model's weights over the last steps: better than any of them, at no cost in use.

    Exponential moving average; `decay` 0.998 looks back over some 500 steps (Izmailov et al. 2018, arXiv
    1803.05407).
    """

    def __init__(self, model: network.PairModel, decay: float, folder: Path) -> None:
        self.model, self.decay, self.folder = model, decay, folder
        self.mean = copy.deepcopy(model)
        if (folder / "model.safetensors").exists():
            self.mean = network.from_folder(folder)

    def update(self, step: int) -> None:
        """Take in the weights after a step; early steps count more, or the start would weigh for long."""
        decay = min(self.decay, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.mean.parameters()), list(self.model.parameters()), 1 - decay)

    def save(self, tokenizer: Path) -> None:
        """Write the mean as a folder of its own."""
        network.save(self.mean, self.folder)
        shutil.copy(tokenizer, self.folder)


def plot(log: Path) -> None:
    """Loss and judgements over pairs seen; a run too short to have been logged has no plot."""
    if not log.exists():
        return
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    points = [json.loads(line) for line in log.read_text().splitlines()]
    losses, judged = ([p for p in points if name in p] for name in ("loss", "accuracy"))
    figure, axes = plt.subplots(figsize=(7, 4))
    axes.plot([p["pairs"] for p in losses], [p["loss"] for p in losses], color="0.6", label="training loss")
    axes.set(xlabel="pairs seen", ylabel="training loss", title=log.parent.name)
    right = axes.twinx()
    for name in ("accuracy", "precision", "kinds"):
        right.plot([p["pairs"] for p in judged], [p[name] for p in judged], marker="o", label=f"tune: {name}")
    right.set(ylabel="share", ylim=(0, 1))
    figure.legend(loc="lower left", bbox_to_anchor=(0.1, 0.12))
    figure.tight_layout()
    figure.savefig(log.with_suffix(".png"), dpi=120)


@dataclass
class State:
    """How far a run has come.

    Attributes:
        step: batches read.
        pairs: pairs read.
        spent: seconds of that, over all calls of the command.
        saved: checkpoints written.
        smooth: running mean of the loss; None before the first batch.
    """

    step: int = 0
    pairs: int = 0
    spent: float = 0.0
    saved: int = 0
    smooth: float | None = None


class Run:
    """One run of the recipe: what is trained, on what, how far it has come.

    Args:
        settings: the [train] table of a config.
        start: folder to start from, if `out` holds no checkpoint.
        rows: the mixture's `rows.jsonl`; `tune.jsonl` and `manifest.json` beside it are used where they are there.
        out: where checkpoints, log, plot and manifest go.
    """

    def __init__(self, settings: dict[str, Any], start: Path, rows: Path, out: Path) -> None:
        self.settings, self.out, self.beside, self.state = settings, out, rows.parent, State()
        self.tokenizer_file = start / "tokenizer.json"
        kept = torch.load(out / "state.pt") if (out / "state.pt").exists() else None
        shape = {k: settings[k] for k in ("unshared", "exit_layer") if k in settings}
        self.model = network.from_folder(out if kept else start, **shape)
        self.trained = freeze(self.model, settings["frozen_layers"])
        self.optimizer = torch.optim.AdamW(self.trained, lr=0.0, weight_decay=0.01, fused=True)
        if kept:
            self.optimizer.load_state_dict(kept.pop("optimizer"))
            self.state = State(**kept)
            print(f"going on after {self.state.pairs} pairs")
        tokenizer = Tokenizer.from_file(str(self.tokenizer_file))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        rng = random.Random(settings["seed"])
        read = read_rows(rows, tokenizer, rng)
        self.cut = sum(row.cut for row in read)
        mixed = settings.get("step")
        self.todo = list(steps(read, mixed, rng) if mixed else batches(read, settings["batch_tokens"], rng))
        tune = self.beside / "tune.jsonl"
        self.tune = read_rows(tune, tokenizer, random.Random(0)) if tune.exists() else []
        decay = settings.get("average")
        self.average = Average(self.model, decay, out / "average") if decay else None
        out.mkdir(parents=True, exist_ok=True)

    def loss(self, batch: list[Example]) -> tuple[Tensor, Tensor]:
        """The loss that is trained on, all heads together, and the last layer's own."""
        logits, rows = self.answers(batch)
        label, kind = (torch.tensor([getattr(row, name) for row in rows]) for name in ("label", "kind"))
        grade, article = (torch.tensor([getattr(row, name) for row in rows]) for name in ("grade", "article"))
        get, smoothing, told = self.settings.get, self.settings["label_smoothing"], grade >= 0
        own = loss_of(logits.final[~told], label[~told], smoothing)
        total = own + get("kind_weight", 0.0) * kind_loss(logits.kind, kind)
        if weight := get("list_weight", 0.0):
            total = total + weight * list_loss(logits.final, label, article)
        if (weight := get("grade_weight", 0.0)) and told.any():
            total = total + weight * graded_loss(logits.final[told], grade[told])
        if weight := get("exit_weight", 0.0):
            total = total + weight * exit_loss(logits.exit, logits.final, label, smoothing, get("follow", 0.0))
        return total, own

    def answers(self, batch: list[Example]) -> tuple[network.Logits, list[Example]]:
        """What the network says of a batch, and the batch in that order: like lengths are read together."""
        parts = list(batches(batch, self.settings["batch_tokens"], random.Random(0)))
        with torch.autocast("cpu", torch.bfloat16):
            said = [self.model(*tensors(part)[:2]) for part in parts]
        return network.Logits(*map(torch.cat, zip(*said, strict=True))), [row for part in parts for row in part]

    def step(self, batch: list[Example], done: float) -> float:
        """Learn from a batch, at the point `done` (0 to 1) of the run; give the learning rate."""
        state = self.state
        rate = set_rate(self.optimizer, self.settings, state.step, done)
        total, own = self.loss(batch)
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        state.step += 1
        state.pairs += len(batch)
        if self.average:
            self.average.update(state.step)
        state.smooth = own.item() if state.smooth is None else 0.98 * state.smooth + 0.02 * own.item()
        return rate

    def note(self, **entry: float) -> None:
        """Add a line to the log."""
        with (self.out / "log.jsonl").open("a") as log:
            log.write(json.dumps({"step": self.state.step, "pairs": self.state.pairs} | entry) + "\n")

    def checkpoint(self, *, judged: bool) -> None:
        """Write all that going on needs, and judge the model if asked to and if there are rows for it."""
        network.save(self.model, self.out)
        shutil.copy(self.tokenizer_file, self.out)
        torch.save(asdict(self.state) | {"optimizer": self.optimizer.state_dict()}, self.out / "state.pt")
        if self.average:
            self.average.save(self.tokenizer_file)
        if self.tune and judged:
            self.note(**judge(self.average.mean if self.average else self.model, self.tune))

    def train(self, minutes: float) -> None:
        """Read the batches that are left, until the time is up."""
        state, saved = self.state, time.time()
        started = saved - state.spent
        bar = tqdm(self.todo[state.step :], initial=state.step, total=len(self.todo), mininterval=30)
        for batch in bar:
            spent = (time.time() - started) / 60
            done = max(state.step / len(self.todo), spent / minutes)
            if done >= 1:
                break
            rate = self.step(batch, done)
            if state.step % 50 == 0:
                self.note(minutes=round(spent, 1), loss=round(state.smooth or 0.0, 4), rate=rate)
                bar.set_postfix(loss=f"{state.smooth:.3f}")
            state.spent = time.time() - started
            if time.time() - saved > 600:
                state.saved += 1
                self.checkpoint(judged=state.saved % JUDGED == 0)
                saved = time.time()
        self.checkpoint(judged=True)

    def write_manifest(self) -> None:
        """The manifest of the mixture, if it lies beside the rows, with what this run made of it.

        `texts_cut` counts the texts of all rows, read or not, that were too long.
        """
        beside = self.beside / "manifest.json"
        manifest = json.loads(beside.read_text()) if beside.exists() else {}
        manifest |= {"pairs_seen": self.state.pairs, "texts_cut": self.cut}
        manifest |= {"minutes": round(self.state.spent / 60, 1)}
        (self.out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def main(argv: list[str] | None = None) -> int:
    """Train until the rows or the minutes are used up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("--start", type=Path, required=True, help="encoder or model folder to start from")
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop (and finish decay) after this long")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args(argv)
    settings = tomllib.loads(args.config.read_text())["train"]
    torch.set_num_threads(args.threads)
    torch.manual_seed(settings["seed"])
    run = Run(settings, args.start, args.rows, args.out)
    run.train(args.minutes)
    run.write_manifest()
    plot(args.out / "log.jsonl")
    print(f"{run.state.pairs} pairs in {run.state.spent / 60:.1f} min -> {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
