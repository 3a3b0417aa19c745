"""What teaches the glance: an exported model's opinion of pairs, and labels where it is not asked."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from tqdm import tqdm

from corpora import groups
from corpora.groups import Group
from inconsistency.nli.embedded.engine import EmbeddedScorer

ASKED = 0.04  # P(contradiction) of the exit head from which the joint reader is asked
PER_ARTICLE = 90  # pairs of an article's sentences that the teacher is asked about, besides the labelled ones
PER_PUBLISHED = 420  # pairs of a published article that it is asked about
UNTAUGHT = 50  # pairs of an article's consistent sentences that are drawn where the teacher is not asked
LABELS = {True: 0.9, False: 0.03}  # what stands for the teacher's answer there: it is never quite sure
LABELLED = ("contradictions", "compatible", "restatements")  # what is written for an article
PART = 128  # general pairs whose states are asked for at once


Article = TypeVar("Article", Group, Group | list[str])


class Teacher(EmbeddedScorer):
    """A scorer that also gives what the glance reads."""

    def states(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Lower-layer states (tokens, width) of sentences."""
        found = self._encoder.states(texts)
        return [found[text].hidden for text in texts]

    def opinion(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """P(contradiction), 0-1: of the joint reader where the exit head suspects anything, else of that head."""
        found = self.screen(pairs)
        hard = [k for k, p in enumerate(found) if p >= ASKED]
        for k, scores in zip(hard, self.score([pairs[k] for k in hard]), strict=True):
            found[k] = scores.contradiction
        return found


@dataclass
class Lessons:
    """What the teacher said.

    Attributes:
        states: sentence -> lower-layer states (tokens, width) in half precision.
        pairs: pairs of sentences.
        taught: P(contradiction) of each, 0-1.
        articles: how many labelled articles they are from.
        published: how many published ones without labels.
    """

    states: dict[str, np.ndarray] = field(default_factory=dict)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    taught: list[float] = field(default_factory=list)
    articles: int = 0
    published: int = 0


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


def drawn_pairs(article: Group | list[str], rng: random.Random) -> list[tuple[str, str]]:
    """Labelled pairs of an article, if it is labelled, and some of all others that its sentences make."""
    if isinstance(article, list):
        texts, pairs, count = article, [], PER_PUBLISHED
    else:
        extra = [row["sentence"] for name in LABELLED for row in article[name]]
        texts, count = [article["headline"], *article["sentences"], *extra], PER_ARTICLE
        pairs = [pair for pair, _ in labelled_pairs(article)]
    others = [(a, b) for i, a in enumerate(texts) for b in texts[i + 1 :]]
    return [turned(pair, rng) for pair in pairs + rng.sample(others, min(count, len(others)))]


def ask(
    teacher: Teacher, lessons: Lessons, articles: Sequence[Group | list[str]], minutes: float, rng: random.Random
) -> None:
    """Let the teacher answer, article by article, until the time is up.

    Args:
        teacher: is asked.
        lessons: get what it said; articles that they hold already are passed over.
        articles: labelled ones, or the sentences of published ones.
        minutes: how long.
        rng: draws pairs.
    """
    end = time.monotonic() + 60 * minutes
    for article in tqdm(unread(lessons, articles), desc="teacher", mininterval=20):
        if time.monotonic() > end:
            break
        pairs = drawn_pairs(article, rng)
        learn(lessons, teacher, pairs, teacher.opinion(pairs))
        lessons.published += isinstance(article, list)
        lessons.articles += not isinstance(article, list)


def add_labels(lessons: Lessons, teacher: Teacher, chosen: Sequence[Group], rng: random.Random) -> None:
    """Let articles teach by their labels, without the teacher; any two of their own sentences are consistent."""
    for group in tqdm(chosen, desc="labels", mininterval=20):
        texts = [group["headline"], *group["sentences"], *(r["sentence"] for r in group["restatements"])]
        others = [(a, b) for i, a in enumerate(texts) for b in texts[i + 1 :]]
        pairs = labelled_pairs(group) + [(p, False) for p in rng.sample(others, min(UNTAUGHT, len(others)))]
        learn(lessons, teacher, [turned(p, rng) for p, _ in pairs], [LABELS[yes] for _, yes in pairs])
        lessons.articles += 1


def add_general(lessons: Lessons, teacher: Teacher, rows: Path, count: int, rng: random.Random) -> None:
    """Let general pairs of a mixture teach; inside articles alone near copies never contradict."""
    found = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()]
    inside = ("features", "newsroom", "mined", "unrelated", "real", "edits", "suspects")  # articles
    general = [r for r in found if not r["source"].startswith(inside)]
    chosen = rng.sample(general, min(count, len(general)))
    for start in tqdm(range(0, len(chosen), PART), desc="general", mininterval=20):
        part = chosen[start : start + PART]
        pairs = [turned((r["first"]["text"], r["second"]["text"]), rng) for r in part]
        learn(lessons, teacher, pairs, [LABELS[r["label"] == "contradiction"] for r in part])


def learn(
    lessons: Lessons, teacher: Teacher, pairs: Sequence[tuple[str, str]], taught: Sequence[float]
) -> None:
    """Note pairs, what was said of them, and the states of their sentences."""
    fresh = sorted({text for pair in pairs for text in pair} - lessons.states.keys())
    lessons.states |= dict(zip(fresh, teacher.states(fresh), strict=True))
    lessons.pairs += pairs
    lessons.taught += taught


def unread(lessons: Lessons, articles: Sequence[Article]) -> list[Article]:
    """The articles that have taught nothing yet, in order.

    A labelled one is known by its first contradiction: its text may have been read without labels.
    """

    def mark(article: Group | list[str]) -> str:
        return str(article[0] if isinstance(article, list) else article["contradictions"][0]["sentence"])

    return [article for article in articles if mark(article) not in lessons.states]
