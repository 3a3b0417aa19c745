"""A sentence -> units: its words, and its numbers, times and names as wholes; which of them agree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from inconsistency.evidence._cues import NEGATORS, OPPOSITE_OF, ORDINALS, QUANTIFIERS, RIVALS
from inconsistency.evidence._dates import Moment, same
from inconsistency.evidence._names import Name
from inconsistency.evidence._pairing import Taken
from inconsistency.evidence._quantities import Quantity
from inconsistency.evidence._rules import Reading
from inconsistency.lexicon import stem

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


def units(reading: Reading) -> list[Unit]:
    """A sentence's words, numbers with their signs, times and names."""
    tokens = reading.tokens[:MAX_UNITS]
    things = _things(reading, tokens[-1].end if tokens else 0)
    found: list[Unit] = []
    for token in tokens:
        thing = next((t for t in things if t.start < token.end and token.start < t.end), None)
        if thing is None:
            found.append(Unit(token.start, token.end, token.lower, token.is_content))
        elif not found or found[-1].thing is not thing:
            text = reading.text[thing.start : thing.end].lower()
            found.append(Unit(thing.start, thing.end, text, True, thing))
    return found


def _things(reading: Reading, end: int) -> list[Thing]:
    """Times, numbers and names that begin before `end`, none across another: MAX_UNITS bounds them too."""
    things: list[Thing] = []
    taken = Taken()
    named: list[Thing] = [*reading.moments, *reading.quantities, *reading.names]
    for one in named:
        if taken.free(one.start, one.end):
            taken.take(one.start, one.end)
            things.append(one)
    return [t for t in things if t.start < end]


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
    if (isinstance(a, Quantity) and isinstance(b, Quantity)) or (one.place and other.place):
        return "number_slot"
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
