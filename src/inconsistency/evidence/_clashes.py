"""Two sentences -> candidates for the words that clash, the most telling first.

Rules (`_rules.py`) see numbers, times, names, negation and opposites wherever they stand. The alignment
(`_align.py`) sees what stands in one another's place, which means the more the more alike the sentences are.
"""

from __future__ import annotations

from dataclasses import dataclass

from inconsistency.evidence._align import Alignment, Slot, align
from inconsistency.evidence._cues import QUANTIFIERS, REPORTING
from inconsistency.evidence._rules import Finding, Reading, findings
from inconsistency.evidence._tokens import FUNCTION_WORDS, Span
from inconsistency.evidence._units import Unit

# Sentences of which at least this share of the content agrees are told apart by their slots alone. Chosen
# on edited pairs of the tune half and on newsroom train pairs, of which few reach it.
ALIKE = 0.5
# How telling a clash is. The order is what counts: values and times, then opposites and negators, then names;
# "changed" words that nothing is known about come last.
_WEIGHTS = {
    "number_slot": 3.0,
    "time_slot": 3.0,
    "opposite_slot": 3.0,
    "negator_slot": 2.6,
    "place_slot": 2.2,
    "person_slot": 2.0,
    "name_slot": 2.0,
    "rival_slot": 2.2,
    "quantifier_slot": 1.6,
    "changed": 1.2,
    "new_words": 0.3,
    "small_words": 0.1,
    "number_unit": 3.0,
    "time_differs": 2.8,
    "dead_alive": 1.1,
    "opposites": 2.0,
    "held_free": 1.15,
    "guilty_cleared": 1.15,
    "dead_hurt": 1.1,
    "place_name": 1.2,
    "negator": 1.2,
    "number_bare": 1.0,
    "person_name": 0.6,
    "other_name": 0.4,
}
# A sentence with at least this share of its content in the other one may be judged by the rest of it, if the
# rest has no more than so many content words.
COVERED, MOST_NEW = 0.25, 5
SHORT = 6.5  # content words of a sentence of which less than half may be covered
_ONE_SIDED = 0.5  # words that the other sentence has no counterpart for tell less
_TOLD = 0.5  # "announced" and "said" seldom make the difference
_UNHELD = 0.7  # a slot without agreeing words on either hand may be one by chance
SURE = 1.9  # from here on, what was found is stated; below it, the reader is asked to compare
# Which kind of conflict a slot makes when its two sides exclude each other.
SLOT_KINDS = {
    "number_slot": "number",
    "time_slot": "date_time",
    "place_slot": "place",
    "person_slot": "identity_role",
    "name_slot": "identity_role",
    "opposite_slot": "antonym",
    "negator_slot": "negation",
    "quantifier_slot": "count_plural",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Words that may clash, and how much speaks for them."""

    finding: Finding
    weight: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What rules and alignment make of a pair: findings of rules, candidates in order, likeness 0-1."""

    found: list[Finding]
    candidates: list[Candidate]
    alike: float

    @property
    def edited(self) -> bool:
        """Whether the sentences are so alike that what differs tells them apart."""
        return self.alike >= ALIKE


def compare(first: Reading, second: Reading) -> Comparison:
    """Find the words that may clash."""
    found, alignment = findings(first, second), align(first, second)
    if alignment.alike >= ALIKE:
        candidates = [_of_slot(s) for s in alignment.slots]
        candidates = [_supported(c, found) for c in candidates]
    else:
        candidates = [Candidate(f, _weight(f, first)) for f in found]
        candidates += _held(alignment, candidates)
        candidates += _new_words(alignment)
    candidates.sort(key=lambda c: -c.weight)
    return Comparison(found, candidates, alignment.alike)


def _weight(finding: Finding, first: Reading) -> float:
    """Weight of a rule's finding; "all" and "none" of unlike sentences may be of different things."""
    words = finding.first and first.text[finding.first.start : finding.first.end].lower()
    small = finding.rule == "opposites" and words in FUNCTION_WORDS | QUANTIFIERS
    return _WEIGHTS.get(finding.rule, 1.0) * (0.5 if small else 1.0)


def _of_slot(slot: Slot) -> Candidate:
    weight = _WEIGHTS[slot.rule]
    if not slot.first or not slot.second:
        weight *= 1.0 if slot.rule == "negator_slot" else _ONE_SIDED
    if not slot.anchors:
        weight *= _UNHELD
    if slot.rule == "changed" and all(u.lower in REPORTING for u in (*slot.first, *slot.second)):
        weight *= _TOLD
    kind = SLOT_KINDS.get(slot.rule, "other")
    return Candidate(Finding(kind, slot.rule, _span(slot.first), _span(slot.second)), weight)


def _supported(candidate: Candidate, found: list[Finding]) -> Candidate:
    """A slot of which nothing is known takes the kind and weight of a rule that fires on it."""
    if candidate.finding.rule not in ("changed", "small_words"):
        return candidate
    rules = [f for f in found if overlaps(f, candidate.finding)]
    if not rules:
        return candidate
    best = max(rules, key=lambda f: _WEIGHTS.get(f.rule, 1.0))
    kept = Finding(best.kind, best.rule, candidate.finding.first, candidate.finding.second)
    return Candidate(kept, max(candidate.weight, _WEIGHTS.get(best.rule, 1.0)))


def _held(alignment: Alignment, known: list[Candidate]) -> list[Candidate]:
    """Opposites in unlike sentences that agreeing words on both hands hold in place."""
    held = [_of_slot(s) for s in alignment.slots if s.anchors == 2 and s.rule == "opposite_slot"]
    return [c for c in held if not any(overlaps(c.finding, k.finding) for k in known)]


def _new_words(alignment: Alignment) -> list[Candidate]:
    """Words of the better covered sentence that the other has not: what it adds may be what it gets wrong."""
    side = 0 if alignment.covered[0] > alignment.covered[1] else 1
    if alignment.covered[side] < COVERED:
        return []
    parts = [(s.first, s.second)[side] for s in alignment.slots]
    new = sum(u.content for p in parts for u in p)
    short = new / max(0.1, 1 - alignment.covered[side]) <= SHORT
    if new > MOST_NEW or not (short or alignment.covered[side] >= ALIKE):
        return []
    spans = [_span(p) for p in parts if any(u.content for u in p)]
    weight = _WEIGHTS["new_words"]
    return [
        Candidate(Finding("other", "new_words", s if side == 0 else None, s if side == 1 else None), weight)
        for s in spans
    ]


def overlaps(one: Finding, other: Finding) -> bool:
    """Whether two findings share characters on either side."""
    pairs = ((one.first, other.first), (one.second, other.second))
    return any(a and b and a.start < b.end and b.start < a.end for a, b in pairs)


def _span(part: tuple[Unit, ...]) -> Span | None:
    return Span(part[0].start, part[-1].end) if part else None
