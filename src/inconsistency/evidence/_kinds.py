"""What is known about a pair -> the most likely kind of conflict, by a table of weights.

No single rule decides most pairs: two numbers that differ also stand in a comparison, a sequence or a
count. So every rule, cue family and word has a weight for every kind, and the sums decide (multinomial
logistic regression). `kinds.npz` holds the weights, fitted by `training/fit_evidence.py` on the project's
own training groups; applying them takes nothing but sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from io import BytesIO
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inconsistency.evidence._rules import Finding, Reading
from inconsistency.evidence._tokens import Token

# How loud the table speaks beside the model, which knows more. Set beforehand, not fitted.
TABLE_SHARE = 0.3

Floats = npt.NDArray[np.float32]


class Seen(NamedTuple):
    """A pair's features: named facts, stems of one sentence alone, and stems of both."""

    facts: frozenset[str]
    alone: frozenset[str]
    shared: frozenset[str]


class Table(NamedTuple):
    """The fitted weights, one column a kind."""

    kinds: tuple[str, ...]
    bias: Floats
    facts: dict[str, int]
    fact_weights: Floats
    words: dict[str, int]
    alone_weights: Floats
    shared_weights: Floats
    cut: float


@cache
def table() -> Table:
    """The fitted table."""
    source = resources.files("inconsistency.evidence").joinpath("kinds.npz").read_bytes()
    with np.load(BytesIO(source)) as data:
        facts, words = (str(data[name]).split("\n") for name in ("facts", "words"))
        alone, shared = (
            data[name].astype(np.float32) * data[f"{name}_scale"].astype(np.float32)
            for name in ("alone", "shared")
        )
        return Table(
            kinds=tuple(str(data["kinds"]).split("\n")),
            bias=data["bias"].astype(np.float32),
            facts={name: n for n, name in enumerate(facts)},
            fact_weights=data["fact_weights"].astype(np.float32),
            words={word: n for n, word in enumerate(words)},
            alone_weights=alone,
            shared_weights=shared,
            cut=float(data["cut"]),
        )


def see(first: Reading, second: Reading, found: list[Finding]) -> Seen:
    """Everything about a pair that may have a weight."""
    facts = {f"rule:{f.rule}" for f in found}
    if found:
        facts.add(f"first rule:{found[0].rule}")
    for family in first.cues.keys() | second.cues.keys():
        sides = (family in first.cues) + (family in second.cues)
        facts |= {f"cue:{family}", f"cue:{family}:{sides}"}
    facts |= {f"cues:{'~'.join(sorted((a, b)))}" for a in first.cues for b in second.cues}
    for sides_of, label in (
        ((first.quantities, second.quantities), "numbers"),
        ((first.moments, second.moments), "times"),
        ((first.names, second.names), "names"),
        (([n for n in first.names if n.place], [n for n in second.names if n.place]), "places"),
    ):
        facts.add(f"sides with {label}:{sum(map(bool, sides_of))}")
    for moment in (*first.moments, *second.moments):
        facts |= {f"time:{name}" for name in moment.fields}
    facts |= {f"unit:{q.unit}" for q in (*first.quantities, *second.quantities)}
    left, right = _words(first), _words(second)
    return Seen(frozenset(facts), frozenset(left ^ right), frozenset(left & right))


def _words(reading: Reading) -> set[str]:
    """Stems; what a number or a name says tells which article it is, not which kind of conflict."""
    return {_plain(t) for t in reading.tokens}


def _plain(token: Token) -> str:
    if token.text[0].isdigit():
        return "#"
    return "@" if token.text[0].isupper() and token.start > 0 else token.stem


def weigh(seen: Seen) -> dict[str, float]:
    """Kind -> probability by the table, 0-1."""
    weights = table()
    sums = weights.bias.copy()
    rows = [weights.facts[f] for f in sorted(seen.facts) if f in weights.facts]
    sums += weights.fact_weights[rows].sum(axis=0)
    for words, part in ((seen.alone, weights.alone_weights), (seen.shared, weights.shared_weights)):
        rows = [weights.words[w] for w in sorted(words) if w in weights.words]
        # A long sentence has more words, not more evidence.
        sums += part[rows].sum(axis=0) / max(1, len(rows)) ** 0.5
    odds = np.exp(sums - sums.max())
    return dict(zip(weights.kinds, map(float, odds / odds.sum()), strict=True))


def likeliest(by_table: Mapping[str, float], by_model: Mapping[str, float]) -> tuple[str, float]:
    """The most likely kind and its probability, 0-1, from the table and, where it has an opinion, the model.

    The two are weighed as experts whose log probabilities add up. Kinds that the model knows and the library
    does not name are "other".
    """
    odds = dict(by_table)
    if by_model:
        told = dict.fromkeys(odds, 0.0)
        for kind, share in by_model.items():
            told[kind if kind in told else "other"] += share
        odds = {k: p**TABLE_SHARE * max(told[k], 1e-6) for k, p in odds.items()}
    best = max(odds, key=lambda k: odds[k])
    return best, odds[best] / sum(odds.values())
