"""What teaches the glance: an exported model's probabilities of pairs, and labels where it is not asked."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from corpora import groups
from corpora.groups import Group

ASKED = 0.04  # quick opinion from which the last layer is asked
PER_ARTICLE = 90  # pairs of an article's sentences that the teacher is asked about, besides the labelled ones
PER_REAL = 420  # pairs of a real article that it is asked about
UNTAUGHT = 50  # pairs of an article's consistent sentences that are drawn where the teacher is not asked
LABELS = {True: 0.9, False: 0.03}  # what stands for the teacher's answer there: it is never quite sure
PART = 128  # general pairs whose states are asked for at once


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


def labelled_pairs(group: Group) -> list[tuple[tuple[str, str], bool]]:
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


def drawn_pairs(group: Group, rng: random.Random) -> list[tuple[str, str]]:
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
    chosen: Sequence[Group],
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


def add_labels(lessons: Lessons, scorer: Any, chosen: Sequence[Group], rng: random.Random) -> None:
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
    for start in tqdm(range(0, len(chosen), PART), desc="general", mininterval=20):
        part = chosen[start : start + PART]
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


def unread(lessons: Lessons, chosen: Sequence[Group]) -> list[Group]:
    """The articles whose labels have taught nothing yet, in order.

    Known by their first contradiction: a published text that was asked about has its labelled twin's headline.
    """
    return [group for group in chosen if group["contradictions"][0]["sentence"] not in lessons.states]
