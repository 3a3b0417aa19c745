"""Two sentences -> slots: words of one that stand where the other has different words.

A sentence becomes units: its words, and its numbers, times and names as wholes. Two sentences are laid side by
side so that as many units as possible agree. What is left between the agreeing ones are the slots.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from inconsistency.evidence.dates import Moment, same
from inconsistency.evidence.names import Name
from inconsistency.evidence.quantities import Quantity
from inconsistency.evidence.types import Facts
from inconsistency.lexicon import NEGATORS, OPPOSITE_OF, ORDINALS, QUANTIFIERS, RIVALS, stem

# Units of a sentence beyond this many are not compared; the work grows with their product.
MAX_UNITS = 120
_NEGATIVE_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non", "non-")
_HOW_OFTEN = NEGATORS | QUANTIFIERS
Thing: TypeAlias = Quantity | Moment | Name


@dataclass(frozen=True)
class Unit:
    """A word, or several words that are one number, time or name."""

    start: int
    end: int
    lower: str
    content: bool
    thing: Thing | None = None

    @cached_property
    def stem(self) -> str:
        """Stem of a single word."""
        return stem(self.lower)

    @cached_property
    def place(self) -> float:
        """Which in a row it says, as "third" and the 3 of "3rd" do; 0 for what is no ordinal."""
        if isinstance(self.thing, Quantity):
            return self.thing.low if self.thing.unit in ("st", "nd", "rd", "th") else 0.0
        return ORDINALS.index(self.lower) + 1.0 if self.lower in ORDINALS else 0.0

    @property
    def negator(self) -> bool:
        """Whether it turns a sentence round by itself."""
        return self.lower in NEGATORS or self.lower.endswith("n't")

    @property
    def carries(self) -> bool:
        """Whether a conflict can hang on it."""
        return self.content or self.negator or self.lower in QUANTIFIERS or any(self.lower in g for g in RIVALS)


def units(facts: Facts) -> list[Unit]:
    """A sentence's words, numbers with their signs, times and names."""
    tokens = facts.tokens[:MAX_UNITS]
    things = _things(facts, tokens[-1].end if tokens else 0)
    found: list[Unit] = []
    for token in tokens:
        thing = next((t for t in things if t.start < token.end and token.start < t.end), None)
        if thing is None:
            found.append(Unit(token.start, token.end, token.lower, token.is_content))
        elif not found or found[-1].thing is not thing:
            text = facts.text[thing.start : thing.end].lower()
            found.append(Unit(thing.start, thing.end, text, True, thing))
    return found


def _things(facts: Facts, end: int) -> list[Thing]:
    """Times, numbers and names that begin before `end`, none across another: MAX_UNITS bounds them too."""
    things: list[Thing] = []
    named: list[Thing] = [*facts.moments, *facts.quantities, *facts.names]
    for one in named:
        if one.start < end and all(one.end <= t.start or t.end <= one.start for t in things):
            things.append(one)
    return things


def agree(one: Unit, other: Unit) -> bool:
    """Whether two units say the same."""
    if one.lower == other.lower or (one.place and one.place == other.place):
        return True
    a, b = one.thing, other.thing
    if isinstance(a, Quantity) and isinstance(b, Quantity):
        return _same_value(a, b) and (a.unit == b.unit or not a.unit or not b.unit)
    if isinstance(a, Moment) and isinstance(b, Moment):
        return same(a, b)
    if isinstance(a, Name) and isinstance(b, Name):
        return a.words <= b.words or b.words <= a.words
    return a is None and b is None and one.content and other.content and one.stem == other.stem


def _same_value(a: Quantity, b: Quantity) -> bool:
    """Equal, or an exact value within the other's bounds; two bounds must be the same."""
    exact = a.low == a.high or b.low == b.high
    return a.fits(b) if exact else (a.low, a.high) == (b.low, b.high)


def excludes(one: Unit, other: Unit) -> str:
    """Name of the reason why two units cannot both hold in one slot; "" when none is known."""
    a, b = one.thing, other.thing
    if one.place and other.place:
        return "number_slot"
    if isinstance(a, Quantity) and isinstance(b, Quantity):
        return "number_slot" if a.unit and a.unit == b.unit else "figure_slot"
    if isinstance(a, Moment) and isinstance(b, Moment):
        return "time_slot"
    if isinstance(a, Name) and isinstance(b, Name):
        if a.person or b.person:
            return "" if a.place or b.place else "person_slot"
        return "place_slot" if a.place and b.place else "name_slot"
    if other.lower in OPPOSITE_OF.get(one.lower, ()) or _prefixed(one, other) or _prefixed(other, one):
        return "opposite_slot"
    if one.negator != other.negator and (_contraction(one, other) or {one.lower, other.lower} <= _HOW_OFTEN):
        return "negator_slot"
    if any(one.lower in group and other.lower in group for group in RIVALS):
        return "rival_slot"
    if one.lower in QUANTIFIERS and other.lower in QUANTIFIERS:
        return "quantifier_slot"
    return ""


def _contraction(one: Unit, other: Unit) -> bool:
    """Whether they are a verb and its denial, like "did" and "didn't"."""
    short, long = sorted((one, other), key=lambda u: len(u.lower))
    return long.lower.endswith("n't") and long.lower[:2] == short.lower[:2] and not short.negator


def _prefixed(one: Unit, other: Unit) -> bool:
    """Whether the one is the other's denial, like "unable" and "able"; endings may differ."""
    for prefix in _NEGATIVE_PREFIXES:
        rest = stem(one.lower.removeprefix(prefix)) if one.lower.startswith(prefix) else ""
        if len(rest) > 3 and rest == other.stem:
            return True
    return False


# What agreeing and unlike units add to an alignment. Only their order matters: agreement of content words
# first, then words that exclude each other, then the rest.
_AGREE, _AGREE_FUNCTION, _EXCLUDE, _BOTH_CONTENT, _BOTH_FUNCTION, _MIXED = 2.0, 0.6, 1.0, 0.3, 0.2, -0.4
_GAP = -0.05


@dataclass(frozen=True, slots=True)
class Slot:
    """Units of the first sentence and of the second between agreeing ones; one side may be empty.

    Attributes:
        first: units of the first sentence.
        second: units of the second.
        rule: what makes the two sides exclude each other, "changed" when nothing known does.
        anchors: on how many hands (0-2) agreeing words hold the slot in place.
    """

    first: tuple[Unit, ...]
    second: tuple[Unit, ...]
    rule: str
    anchors: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """All slots of two sentences, and how much of their content agrees.

    Attributes:
        slots: what stands between agreeing words, in order.
        alike: share of both sentences' content that agrees, 0-1.
    """

    slots: tuple[Slot, ...]
    alike: float


def align(first: Facts, second: Facts) -> Alignment:
    """Lay two sentences side by side."""
    one, two = units(first), units(second)
    columns = _columns(one, two)
    agreed = sum(one[i].content for i, j in columns if i is not None and j is not None and agree(one[i], two[j]))
    size = sum(u.content for u in (*one, *two))
    slots: list[Slot] = []
    for run, anchors, following in _runs(columns, one, two):
        slots += (_with_what_is_denied(slot, following) for slot in _slots(run, anchors, one, two))
    return Alignment(tuple(slots), 2 * agreed / max(1, size))


def _score(one: Unit, other: Unit) -> float:
    if agree(one, other):
        return _AGREE if one.content else _AGREE_FUNCTION
    if excludes(one, other):
        return _EXCLUDE
    if one.content and other.content:
        return _BOTH_CONTENT
    return _BOTH_FUNCTION if one.content == other.content else _MIXED


Column: TypeAlias = tuple[int | None, int | None]
"""An index into the first sentence's units and one into the second's; None where it has nothing there."""


def _columns(one: Sequence[Unit], two: Sequence[Unit]) -> list[Column]:
    """The best alignment that keeps the order of both sentences, by dynamic programming."""
    rows, width = len(one), len(two)
    best = [[_GAP * (i + j) for j in range(width + 1)] for i in range(rows + 1)]
    pairs = [[_score(a, b) for b in two] for a in one]
    for i in range(1, rows + 1):
        above, here, scores = best[i - 1], best[i], pairs[i - 1]
        for j in range(1, width + 1):
            here[j] = max(above[j - 1] + scores[j - 1], above[j] + _GAP, here[j - 1] + _GAP)
    columns: list[Column] = []
    i, j = rows, width
    while i and j:
        if best[i][j] == best[i - 1][j - 1] + pairs[i - 1][j - 1]:
            i, j = i - 1, j - 1
            columns.append((i, j))
        elif best[i][j] == best[i - 1][j] + _GAP:
            i -= 1
            columns.append((i, None))
        else:
            j -= 1
            columns.append((None, j))
    columns += [(n, None) for n in reversed(range(i))] + [(None, n) for n in reversed(range(j))]
    return columns[::-1]


def _runs(
    columns: list[Column], one: Sequence[Unit], two: Sequence[Unit]
) -> Iterator[tuple[list[Column], int, list[tuple[Unit, Unit]]]]:
    """Stretches of columns without agreement, on how many sides agreement holds each, what agrees behind it."""
    run: list[Column] = []
    before = 0
    agreeing = [i is not None and j is not None and agree(one[i], two[j]) for i, j in columns]
    for at, column in enumerate(columns):
        if not agreeing[at]:
            run.append(column)
            continue
        if run:
            end = next((n for n in range(at, len(columns)) if not agreeing[n]), len(columns))
            yield run, before + 1, [(one[i or 0], two[j or 0]) for i, j in columns[at:end]]
        run, before = [], 1
    if run:
        yield run, before, []


def _with_what_is_denied(slot: Slot, following: list[tuple[Unit, Unit]]) -> Slot:
    """A negator without a counterpart gets the words behind it: "attended" against "never attended"."""
    if slot.rule != "negator_slot" or (slot.first and slot.second):
        return slot
    reach = next((n for n, (unit, _) in enumerate(following) if unit.content), None)
    if reach is None:
        return slot
    denied = following[: reach + 1]
    first, second = (tuple(units) for units in zip(*denied, strict=True))
    return replace(
        slot,
        first=slot.first + first if slot.first else first[-1:],
        second=slot.second + second if slot.second else second[-1:],
    )


def _slots(run: list[Column], anchors: int, one: Sequence[Unit], two: Sequence[Unit]) -> Iterator[Slot]:
    """The slots of a run: units that exclude each other alone, what lies between them together."""
    left: list[Unit] = []
    right: list[Unit] = []
    for i, j in run:
        if i is not None and j is not None and (rule := excludes(one[i], two[j])):
            yield from _rest(left, right, anchors)
            yield Slot((one[i],), (two[j],), rule, anchors)
            left, right = [], []
            continue
        left += [one[i]] if i is not None else []
        right += [two[j]] if j is not None else []
    yield from _rest(left, right, anchors)


def _rest(left: list[Unit], right: list[Unit], anchors: int) -> Iterator[Slot]:
    first, second = _trimmed(left), _trimmed(right)
    if first or second:
        negated = any(u.negator for u in first) != any(u.negator for u in second)
        yield Slot(first, second, "negator_slot" if negated else "changed", anchors)
    elif left or right:
        yield Slot(tuple(left), tuple(right), "small_words", anchors)


def _trimmed(part: list[Unit]) -> tuple[Unit, ...]:
    """Without the words at its ends that carry nothing; empty when none carries anything."""
    carrying = [n for n, u in enumerate(part) if u.carries]
    return tuple(part[carrying[0] : carrying[-1] + 1]) if carrying else ()
