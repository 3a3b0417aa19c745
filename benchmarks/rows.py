"""The rows of the quality benchmark: this library, its parts, and what a user would pick instead.

Rows that differ only in how they read a record (both directions or one, mean or maximum) share an engine, so that
the same pairs are not scored twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.engines import (
    AllPairs,
    CrossEncoder,
    Ours,
    Record,
    Similarity,
    WordsAndNumbers,
    unordered,
)


@dataclass(frozen=True, slots=True)
class PairScores:
    """What a row says about one article.

    Attributes:
        pairs: the pairs that it scored, as sentence indexes, smaller first.
        probabilities: one a pair, 0-1.
        threshold: the probability from which it would flag a pair of this article.
        presets: kind of text -> the same at each of the library's presets; empty for other rows.
    """

    pairs: list[tuple[int, int]]
    probabilities: list[float]
    threshold: float = 0.5
    presets: dict[str, dict[str, float]] = field(default_factory=dict)

    def own_threshold(self, text_kind: str) -> float:
        """From where the row flags by itself in text of a kind."""
        return self.presets[text_kind]["default"] if self.presets else self.threshold


@dataclass
class Row:
    """One line of the table: something that judges articles.

    Attributes:
        name: its label.
        engines: what reads the article; the view gets one record of each.
        view: records -> pair scores.
        note: what a reader must know about it.
        weights: which NLI weights it runs, for the table.
        pairs_too: whether it also runs on the labelled pairs.
        derived: whether it only reads another row's scores, so that its time is that row's.
    """

    name: str
    engines: tuple[Any, ...]
    view: Callable[..., PairScores]
    note: str = ""
    weights: str = ""
    pairs_too: bool = False
    derived: bool = False

    def why_not(self) -> str | None:
        """The first reason why one of its engines cannot run."""
        return next((why for e in self.engines if (why := e.why_not())), None)


def calibrated(record: Record) -> PairScores:
    """The library's own probabilities and thresholds."""
    return PairScores(_pairs(record), record["p"], presets=record["presets"])


def uncalibrated(record: Record) -> PairScores:
    """Raw mean of both directions, of the pairs that the library scored."""
    return PairScores(_pairs(record), record["raw"])


def plain(threshold: float) -> Callable[[Record], PairScores]:
    """Scores as they stand, with the row's own threshold."""
    return lambda record: PairScores(_pairs(record), record["p"], threshold)


def both(combine: Callable[[float, float], float]) -> Callable[[Record], PairScores]:
    """P(contradiction) of both directions, combined."""

    def view(record: Record) -> PairScores:
        table, n = contradiction_table(record)
        pairs = unordered(n)
        return PairScores(pairs, [combine(table[i, j], table[j, i]) for i, j in pairs])

    return view


def mean(a: float, b: float) -> float:
    """Mean of two directions."""
    return float(a + b) / 2


def forward_only(record: Record) -> PairScores:
    """Earlier sentence as premise, the other direction not looked at."""
    table, n = contradiction_table(record)
    pairs = unordered(n)
    return PairScores(pairs, [float(table[i, j]) for i, j in pairs])


def topic_filtered(record: Record, similarity: Record) -> PairScores:
    """`contradict-text`'s rule: one direction, 0 below cosine 0.3, flagged from 0.3."""
    scores = forward_only(record)
    kept = [p if cosine >= 0.3 else 0.0 for p, cosine in zip(scores.probabilities, similarity["p"], strict=True)]
    return PairScores(scores.pairs, kept, 0.3)


def max_over_sentences(record: Record) -> PairScores:
    """SummaC's zero-shot rule turned on the article itself.

    Each sentence in turn is the hypothesis; of all others as premises only the most contradicting
    one counts, less the strongest entailment. So a sentence accuses one partner at most.
    """
    n, best = record["n"], dict[tuple[int, int], float]()
    by_hypothesis: dict[int, list[list[float]]] = {}
    for row in record["scores"]:
        by_hypothesis.setdefault(int(row[1]), []).append(row)
    for j, rows in by_hypothesis.items():
        worst = max(rows, key=lambda r: r[4])
        value = max(0.0, worst[4] - max(r[2] for r in rows))
        pair = (min(int(worst[0]), j), max(int(worst[0]), j))
        best[pair] = max(value, best.get(pair, 0.0))
    pairs = unordered(n)
    return PairScores(pairs, [best.get(p, 0.0) for p in pairs])


def contradiction_table(record: Record) -> tuple[np.ndarray, int]:
    """P(contradiction) by premise and hypothesis."""
    table = np.zeros((record["n"], record["n"]))
    for i, j, _, _, p in record["scores"]:
        table[int(i), int(j)] = p
    return table, record["n"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Where models lie and how rows are run."""

    model: str = "default"
    warm: str = "runs/warm"
    encoder: str = "runs/encoder"
    hub: str = "cross-encoder/nli-deberta-v3-base"
    threads: int = 2


# Compared with the packages themselves over an article's pairs, they differ by 4e-8 at most (`formula_check` of
# `results/quality_rivals.json`).
DERIVED = "its rule on the CrossEncoder's scores"


def rows(choice: Choice) -> list[Row]:
    """Every row of the comparison, in the order of the table."""
    return [*our_rows(choice), *rival_rows(choice)]


def our_rows(choice: Choice) -> list[Row]:
    """The library, and the library with one stage switched off."""
    model, threads = choice.model, choice.threads
    whole = Ours(model, threads=threads)
    no_screen = Ours(model, options={"screen": False}, threads=threads)
    every = AllPairs(model, threads=threads)
    warm = Ours(choice.warm, "torch", threads=threads)
    return [
        Row("inconsistency", (whole,), calibrated, "the default", "own", pairs_too=True),
        Row("- without the decision", (whole,), uncalibrated,
            "candidate pairs, mean of both directions, flagged from 0.5", "own", derived=True),
        Row("- without screening", (no_screen,), calibrated,
            "the joint reader reads every pair", "own"),
        Row("- model alone", (every,), both(mean),
            "all pairs, no screening or decision; mean of both directions", "own",
            pairs_too=True),
        Row("inconsistency, warm start", (warm,), calibrated,
            "the same pipeline on the weights of the rows below", "warm start", pairs_too=True),
    ]  # fmt: skip


def rival_rows(choice: Choice) -> list[Row]:
    """What a user would pick instead, on the warm start's weights, which stock tools can load.

    The rivals' rules come on our own weights too, read by our engine since no stock class can load them: what
    remains between those rows and ours is cascade and decision.
    """
    alone = AllPairs(choice.model, threads=choice.threads)
    warm, hub = CrossEncoder(choice.warm), CrossEncoder(choice.hub, hub=True)
    every = "sentence-transformers, both directions, flagged from 0.5"
    summac = "its rule on the CrossEncoder's scores: the package itself needs transformers < 5"
    return [
        Row("rule of the pipeline", (alone,), forward_only, "one direction, flagged from 0.5", "own",
            derived=True),
        Row("rule of SummaC", (alone,), max_over_sentences, "max over sentences", "own", derived=True),
        Row("rule of the maximum", (alone,), both(max), "both directions, flagged from 0.5", "own",
            derived=True),
        Row("CrossEncoder, all pairs, maximum", (warm,), both(max), every, "warm start",
            pairs_too=True),
        Row("CrossEncoder, all pairs, mean", (warm,), both(mean), every, "warm start", derived=True),
        Row("transformers pipeline", (warm,), forward_only, f"one direction, flagged from 0.5; {DERIVED}",
            "warm start", derived=True),
        Row("contradict-text", (warm, Similarity(choice.encoder)), topic_filtered,
            f"topic filter 0.3, one direction, flagged from 0.3; {DERIVED}", "warm start", derived=True),
        Row("SummaC-style", (warm,), max_over_sentences, summac, "warm start", derived=True),
        Row("TF-IDF and numbers", (WordsAndNumbers(),), plain(0.5), "no model", "none"),
        Row(f"CrossEncoder {choice.hub}", (hub,), both(mean), "all pairs, mean", "hub"),
    ]  # fmt: skip


def _pairs(record: Record) -> list[tuple[int, int]]:
    return [(min(i, j), max(i, j)) for i, j in record["pairs"]]
