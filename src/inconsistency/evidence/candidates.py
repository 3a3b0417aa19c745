"""Two sentences -> candidates for the words that clash, the most telling first.

Rules see numbers, times, names, negation and opposites wherever they stand. The alignment sees what stands in one
another's place, which is the more reliable the more alike the sentences are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeVar

from inconsistency.evidence.alignment import Slot, align
from inconsistency.evidence.dates import Moment, differ, same
from inconsistency.evidence.names import Name
from inconsistency.evidence.quantities import DIMENSIONS, Quantity
from inconsistency.evidence.types import Candidate, Facts
from inconsistency.lexicon import FUNCTION_WORDS, OPPOSITE_OF, QUANTIFIERS, REPORTING, Span, Token

T = TypeVar("T", Quantity, Moment)

# Sentences of which at least this share of the content agrees are told apart by their slots alone. Chosen
# on edited pairs of the tune half and on newsroom train pairs, of which few reach it.
ALIKE = 0.5
# How telling words are. The order is what counts: values and times, then opposites and negators, then names;
# "changed" words that nothing is known about come last.
_WEIGHTS = {
    "number_slot": 3.0,
    "time_slot": 3.0,
    "opposite_slot": 3.0,
    "figure_slot": 2.6,
    "negator_slot": 2.6,
    "place_slot": 2.2,
    "person_slot": 2.0,
    "name_slot": 2.0,
    "rival_slot": 2.2,
    "quantifier_slot": 1.6,
    "changed": 1.2,
    "small_words": 0.1,
    "number_unit": 3.0,
    "time_differs": 2.8,
    "opposites": 2.0,
    "dead_alive": 1.3,
    "dead_hurt": 1.1,
    "held_free": 1.3,
    "guilty_cleared": 1.3,
    "place_name": 1.2,
    "negator": 1.2,
    "number_bare": 1.0,
    "person_name": 0.9,
    "other_name": 0.6,
}
SURE = 1.9  # from here on, what was found is stated; below it, the reader is asked to compare
_ONE_SIDED = 0.5  # words that the other sentence has no counterpart for tell less
_TOLD = 0.5  # "announced" and "said" seldom make the difference
_UNHELD = 0.8  # a slot that no agreeing word holds in place
_SMALL = 0.5  # "all" and "none" of unlike sentences may be of different things
_SAME_PLACE = 0.2  # what names behind one preposition gain: "to Dublin" and "to Oslo", not "from London"
MOST_NAMES = 3  # names of one sort that are paired
MOST_CUES = 2  # words of one family that are paired
# Which kind of conflict a slot makes when its two sides exclude each other.
_SLOT_KINDS = {
    "number_slot": "number",
    "figure_slot": "number",
    "time_slot": "date_time",
    "place_slot": "place",
    "person_slot": "identity_role",
    "name_slot": "identity_role",
    "opposite_slot": "antonym",
    "negator_slot": "negation",
    "quantifier_slot": "count_plural",
}
# Families of words whose clash makes a kind by itself.
_OPPOSED = (
    ("dead", "alive", "status_alive_dead"),
    ("dead", "hurt", "status_alive_dead"),
    ("held", "free", "custody_outcome"),
    ("guilty", "cleared", "custody_outcome"),
)
_STOPPERS = frozenset("and but while when because although though who which that after before".split())


@dataclass(frozen=True, slots=True)
class Comparison:
    """Candidates, the most telling first, and whether what differs tells the sentences apart."""

    candidates: list[Candidate]
    edited: bool


def compare(first: Facts, second: Facts) -> Comparison:
    """Find the words that may clash."""
    alignment = align(first, second)
    candidates = findings(first, second)
    edited = alignment.alike >= ALIKE
    if edited:
        candidates = [_supported(_of_slot(slot), candidates) for slot in alignment.slots]
    return Comparison(sorted(candidates, key=lambda c: -c.weight), edited)


def findings(first: Facts, second: Facts) -> list[Candidate]:
    """Everything that the rules find, wherever it stands, surest rules first."""
    return [
        *_numbers(first, second),
        *_times(first, second),
        *_opposed(first, second),
        *_names(first, second),
        *_negation(first, second),
        *_opposites(first, second),
    ]


def _candidate(kind: str, rule: str, first: Span, second: Span) -> Candidate:
    return Candidate(kind, rule, first, second, _WEIGHTS[rule])


def _numbers(first: Facts, second: Facts) -> Iterator[Candidate]:
    """Numbers of one unit that no value satisfies; agreeing numbers are taken away first."""
    left = [q for q in first.quantities if not any(q.fits(o) for o in second.quantities)]
    right = [q for q in second.quantities if not any(q.fits(o) for o in first.quantities)]
    for rule, comparable in (("number_unit", _same_unit), ("number_bare", _same_dimension)):
        for one, other in _matched(left, right, comparable):
            yield _candidate("number", rule, _span(one), _span(other))


def _same_unit(one: Quantity, other: Quantity) -> bool:
    return bool(one.unit) and one.unit == other.unit


def _same_dimension(one: Quantity, other: Quantity) -> bool:
    dimensions = {DIMENSIONS.get(q.unit, "count") for q in (one, other)}
    return len(dimensions) == 1 or dimensions == {"percent", "fraction"}


def _times(first: Facts, second: Facts) -> Iterator[Candidate]:
    left = [m for m in first.moments if not any(same(m, o) for o in second.moments)]
    right = [m for m in second.moments if not any(same(m, o) for o in first.moments)]
    for one, other in _matched(left, right, differ):
        yield _candidate("date_time", "time_differs", _span(one), _span(other))


def _matched(left: list[T], right: list[T], clash: Callable[[T, T], bool]) -> Iterator[tuple[T, T]]:
    """Each on the left with the first on the right that it clashes with, nobody twice; the lists keep the rest."""
    for one in list(left):
        other = next((o for o in right if clash(one, o)), None)
        if other is not None:
            left.remove(one)
            right.remove(other)
            yield one, other


def _opposed(first: Facts, second: Facts) -> Iterator[Candidate]:
    """A word of one family here, of its opposite there: "recaptured" and "escaped"."""
    for one, other, kind in _OPPOSED:
        for here, there in ((one, other), (other, one)):
            if here in second.cues and there in first.cues:
                continue
            cues = first.cues.get(here, [])[:MOST_CUES], second.cues.get(there, [])[:MOST_CUES]
            for cue, opposite in product(*cues):
                spans = (around(*at, before=1, after=2) for at in ((first, cue), (second, opposite)))
                yield _candidate(kind, f"{one}_{other}", *spans)


def _names(first: Facts, second: Facts) -> Iterator[Candidate]:
    """Names without a counterpart, each with each of its sort: place against place, person against person."""
    left, right = _unshared(first.names, second.names), _unshared(second.names, first.names)
    for one in left[:MOST_NAMES]:
        for other in [n for n in right if (n.place, n.person) == (one.place, one.person)][:MOST_NAMES]:
            kind = "place" if one.place else "identity_role"
            rule = "place_name" if one.place else "person_name" if one.person else "other_name"
            found = _candidate(kind, rule, _span(one), _span(other))
            alike = _word_before(first, one) == _word_before(second, other)
            yield replace(found, weight=found.weight + _SAME_PLACE * alike)


def _word_before(facts: Facts, name: Name) -> str:
    at = bisect_right(facts.tokens, name.start, key=lambda t: t.end)
    return facts.tokens[at - 1].lower if at else ""


def _unshared(here: list[Name], there: list[Name]) -> list[Name]:
    """Names of one sentence that have no word in common with any of the other."""
    words = {word for name in there for word in name.words}
    return [n for n in here if not n.words & words]


def _negation(first: Facts, second: Facts) -> Iterator[Candidate]:
    """A negator on one side only, with the word behind it that the other side states."""
    for swapped, here, there in ((False, first, second), (True, second, first)):
        if "negator" in there.cues or "negator" not in here.cues:
            continue
        for cue in here.cues["negator"]:
            reach = around(here, cue, after=6)
            words = (t for t in here.tokens if reach.start <= t.start and t.end <= reach.end and t.is_content)
            denied = next((t for t in words if t.stem in there.stems and t.text[0].isalpha()), None)
            if denied:
                stated = next(t for t in there.tokens if t.stem == denied.stem)
                spans = Span(reach.start, denied.end), _span(stated)
                yield _candidate("negation", "negator", *(spans[::-1] if swapped else spans))
                break


def _opposites(first: Facts, second: Facts) -> Iterator[Candidate]:
    """Words that exclude each other, if neither sentence has both."""
    mine, theirs = ({t.lower: t for t in facts.tokens} for facts in (first, second))
    for token in first.tokens:
        if token.lower in theirs:
            continue
        other = next((o for o in theirs if o in OPPOSITE_OF.get(token.lower, ()) and o not in mine), None)
        if other:
            found = _candidate("antonym", "opposites", _span(token), _span(theirs[other]))
            small = token.lower in FUNCTION_WORDS | QUANTIFIERS
            yield replace(found, weight=found.weight * (_SMALL if small else 1.0))


def _of_slot(slot: Slot) -> Candidate:
    weight = _WEIGHTS[slot.rule]
    if not slot.first or not slot.second:
        weight *= 1.0 if slot.rule == "negator_slot" else _ONE_SIDED
    if not slot.anchors:
        weight *= _UNHELD
    if slot.rule == "changed" and all(u.lower in REPORTING for u in (*slot.first, *slot.second)):
        weight *= _TOLD
    first, second = (Span(part[0].start, part[-1].end) if part else None for part in (slot.first, slot.second))
    return Candidate(_SLOT_KINDS.get(slot.rule, "other"), slot.rule, first, second, weight)


def _supported(slot: Candidate, found: list[Candidate]) -> Candidate:
    """A slot of which nothing is known takes the kind and weight of a rule that fires on it."""
    rules = [f for f in found if f.overlaps(slot)]
    if slot.rule not in ("changed", "small_words") or not rules:
        return slot
    best = max(rules, key=lambda f: f.weight)
    return replace(slot, kind=best.kind, rule=best.rule, weight=max(slot.weight, best.weight))


def around(facts: Facts, cue: Span, *, after: int, before: int = 0) -> Span:
    """The phrase in which a cue stands.

    Args:
        facts: of the sentence.
        cue: where it stands.
        after: how many words may stand after its first one.
        before: how many words may stand before it.

    Returns:
        The widest span that crosses no punctuation and neither begins nor ends with a function word.
    """
    text, tokens = facts.text, facts.tokens
    at = bisect_right(tokens, cue.start, key=lambda t: t.end)
    first = last = at
    while first > 0 and at - first < before and not _breaks(text, tokens[first - 1], tokens[first]):
        first -= 1
    while last + 1 < len(tokens) and last - at < after:
        if _breaks(text, tokens[last], tokens[last + 1]) or tokens[last + 1].lower in _STOPPERS:
            break
        last += 1
    while last > at and not tokens[last].is_content:
        last -= 1
    while first < at and not tokens[first].is_content:
        first += 1
    return Span(min(tokens[first].start, cue.start), max(tokens[last].end, cue.end))


def _breaks(text: str, left: Token, right: Token) -> bool:
    return bool(text[left.end : right.start].strip("-'’ "))


def _span(thing: Quantity | Moment | Name | Token) -> Span:
    return Span(thing.start, thing.end)
