"""What is judged: articles and pairs; which half of a source they belong to; samples and caps of them."""

from __future__ import annotations

import dataclasses
import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Case:
    """One article to be judged, as a list of sentences that every row gets alike.

    Attributes:
        id: unique within its set.
        group: what it was made from (twins share it).
        sentences: in order; the first is the headline if `headline`.
        gold: contradicting pairs of indexes, smaller first; empty for a clean article.
        headline: whether sentence 0 is the headline.
        kind: kind of contradiction, as the set names it.
        subtle: whether a hurried reader would miss it.
        pivot: where only one of the two sentences is known, its index; `gold` then holds every pair
            with it.
    """

    id: str
    group: str
    sentences: tuple[str, ...]
    gold: frozenset[tuple[int, int]] = frozenset()
    headline: bool = False
    kind: str = ""
    subtle: bool = False
    pivot: int | None = None


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """Two texts and whether they contradict each other.

    `part` is a subset's name; `group` is the article that both were taken from, "" for none.
    """

    id: str
    first: str
    second: str
    contradiction: bool
    part: str = ""
    group: str = ""


def half(group: str) -> Literal["fit", "measure"]:
    """Which half of its source an article belongs to, by the first bit of a salted hash.

    Calibration that keeps to `half(group) == "fit"` leaves everything measured here unseen.
    """
    return "measure" if hashlib.sha256(f"half/{group}".encode()).digest()[0] & 128 else "fit"


# --- samples and caps: both are stated in every result ------------------------------------------


def spread(cases: Sequence[Case], count: int, seed: int) -> list[Case]:
    """A seeded sample, one of each group before a second of any; growing it only adds."""
    turn: Counter[str] = Counter()
    keyed = []
    for case in sorted(cases, key=lambda c: _hash(f"{seed}/{c.id}")):
        keyed.append((turn[case.group], _hash(f"{seed}/{case.group}"), case.id, case))
        turn[case.group] += 1
    return [case for *_, case in sorted(keyed, key=lambda k: k[:3])[:count]]


def balanced(pairs: Sequence[LabelledPair], count: int, seed: int) -> list[LabelledPair]:
    """A seeded sample, half of it contradictions as far as the set has them."""
    ordered = sorted(pairs, key=lambda p: _hash(f"{seed}/{p.id}"))
    yes = [p for p in ordered if p.contradiction]
    no = [p for p in ordered if not p.contradiction]
    return yes[: count // 2] + no[: count - count // 2]


def capped(case: Case, most: int | None, seed: int, lead: bool = False) -> Case:
    """At most `most` sentences, in order: headline and gold sentences stay, the rest is drawn.

    Args:
        case: the article.
        most: None for no cap.
        seed: of the draw.
        lead: take the first sentences instead of drawing (for clean articles shown as they are).
    """
    total = len(case.sentences)
    if most is None or total <= most:
        return case
    must = {case.pivot} if case.pivot is not None else {i for pair in case.gold for i in pair}
    must |= {0} if case.headline else set()
    others = [i for i in range(total) if i not in must]
    if not lead:
        random.Random(_hash(f"{seed}/{case.id}")).shuffle(others)
    kept = sorted(must | set(others[: max(0, most - len(must))]))
    new = {old: at for at, old in enumerate(kept)}
    return dataclasses.replace(
        case,
        sentences=tuple(case.sentences[i] for i in kept),
        gold=frozenset((new[i], new[j]) for i, j in case.gold if i in new and j in new),
        pivot=None if case.pivot is None else new[case.pivot],
    )


def _hash(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()
