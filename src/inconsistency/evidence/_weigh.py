"""What the rules saw in a pair -> the most likely kind, by a table of weights.

No single rule decides most pairs: two numbers that differ also stand in a comparison, a sequence
or a count. So every rule, cue family and common word gets a weight for every kind, and the sums
decide. `weights.json` holds them, fitted by `benchmarks/evidence.py --fit` on the project's own
training groups; it is a plain table of numbers, not a model to load.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from math import exp
from typing import NamedTuple

from inconsistency.evidence._rules import Finding, Reading
from inconsistency.evidence._tokens import Token, stem


class Table(NamedTuple):
    """Kinds, the starting sum of each, and what each feature adds to each."""

    kinds: tuple[str, ...]
    bias: tuple[float, ...]
    weights: dict[str, dict[str, float]]


@cache
def table() -> Table:
    """The fitted table."""
    source = resources.files("inconsistency.evidence").joinpath("weights.json")
    data = json.loads(source.read_text(encoding="utf-8"))
    return Table(tuple(data["kinds"]), tuple(data["bias"]), data["weights"])


def features(first: Reading, second: Reading, found: list[Finding]) -> set[str]:
    """Everything about a pair that has a weight."""
    seen = {f"rule:{f.rule}" for f in found}
    if found:
        seen.add(f"first rule:{found[0].rule}")
    for family in first.cues.keys() | second.cues.keys():
        sides = (family in first.cues) + (family in second.cues)
        seen |= {f"cue:{family}", f"cue:{family}:{sides}"}
    for reading_pair, label in (
        ((first.quantities, second.quantities), "numbers"),
        ((first.moments, second.moments), "times"),
        ((first.names, second.names), "names"),
        (([n for n in first.names if n.place], [n for n in second.names if n.place]), "places"),
    ):
        seen.add(f"sides with {label}:{sum(map(bool, reading_pair))}")
    for moment in (*first.moments, *second.moments):
        seen |= {f"time:{name}" for name in moment.fields}
    for quantity in (*first.quantities, *second.quantities):
        seen.add(f"unit:{quantity.unit}")
    left, right = _words(first), _words(second)
    return seen | {f"word:{w}" for w in left | right} | {f"shared:{w}" for w in left & right}


def _words(reading: Reading) -> set[str]:
    return {stem(t.text) for t in reading.tokens if not _is_specific(t)}


def _is_specific(token: Token) -> bool:
    """Names and numbers say which article it is, not which kind of conflict."""
    return token.text[0].isdigit() or (token.text[0].isupper() and token.start > 0)


def weigh(seen: set[str]) -> tuple[str, float]:
    """The most likely kind and its probability, 0-1."""
    kinds, bias, weights = table()
    sums = dict(zip(kinds, bias, strict=True))
    for feature in sorted(seen):
        for kind, weight in weights.get(feature, {}).items():
            sums[kind] += weight
    best = max(kinds, key=lambda kind: sums[kind])
    return best, 1 / sum(exp(s - sums[best]) for s in sums.values())
