"""Two sentences -> findings: words that a rule says cannot both hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from inconsistency.cues import stem
from inconsistency.evidence._cues import OPPOSED_FAMILIES, OPPOSITE_OF, Cue, cues
from inconsistency.evidence._dates import Moment, differ, moments, same
from inconsistency.evidence._names import Name, names
from inconsistency.evidence._quantities import Quantity, quantities
from inconsistency.evidence._tokens import Span, Token, phrase, stems, tokenize


@dataclass(frozen=True, slots=True)
class Finding:
    """Words of the first sentence against words of the second; one side may be None.

    `rule` names the rule, which decides together with everything else what kind it is.
    """

    kind: str
    rule: str
    first: Span | None
    second: Span | None


class Reading:
    """All that the rules want to know about one sentence of a pair, worked out once."""

    def __init__(self, text: str, other: str) -> None:
        self.text, self._other = text, other

    @cached_property
    def tokens(self) -> list[Token]:
        """Words and numbers."""
        return tokenize(self.text)

    @cached_property
    def stems(self) -> set[str]:
        """Stems of its content words."""
        return stems(self.tokens)

    @cached_property
    def moments(self) -> list[Moment]:
        """Time expressions."""
        return moments(self.text)

    @cached_property
    def quantities(self) -> list[Quantity]:
        """Numbers that are no times."""
        return quantities(self.text, self.moments)

    @cached_property
    def names(self) -> list[Name]:
        """Capitalised names."""
        return names(self.text, self._other)

    @cached_property
    def cues(self) -> dict[str, list[Cue]]:
        """Cue words by family."""
        return cues(self.text)

    def around(self, cue: Cue, before: int = 0, after: int = 5) -> Span:
        """The phrase in which a cue stands."""
        at = next(n for n, t in enumerate(self.tokens) if t.end > cue.start)
        span = phrase(self.text, self.tokens, at, before, after)
        return Span(min(span.start, cue.start), max(span.end, cue.end))


def findings(first: Reading, second: Reading) -> list[Finding]:
    """Everything that the rules find, surest rules first."""
    return [
        *_numbers(first, second),
        *_times(first, second),
        *_opposed(first, second),
        *_names(first, second),
        *_negation(first, second),
        *_opposites(first, second),
    ]


def sure_clashes(first: str, second: str) -> frozenset[str]:
    """Names of the rules that find a clash which rarely stands between compatible sentences."""
    found = findings(Reading(first, second), Reading(second, first))
    return frozenset(f.rule for f in found) & {"number_unit", "time_differs", "dead_alive", "held_free"}


def _numbers(first: Reading, second: Reading) -> Iterator[Finding]:
    """Numbers of one unit that no value satisfies; agreeing numbers are taken away first."""
    here, there = _values(first), _values(second)
    left = [q for q in first.quantities if not any(q.fits(o) for o in there)]
    right = [q for q in second.quantities if not any(q.fits(o) for o in here)]
    for exact in (True, False):
        for one in list(left):
            match = next((o for o in right if _comparable(one, o, exact)), None)
            if match:
                rule = "number_unit" if exact else "number_bare"
                yield Finding("number", rule, _span(one), _span(match))
                left.remove(one)
                right.remove(match)


def _values(reading: Reading) -> list[Quantity]:
    """Its numbers, each value once: a number told a thousand times is compared once."""
    return list({(q.low, q.high): q for q in reading.quantities}.values())


def _comparable(one: Quantity, other: Quantity, exact: bool) -> bool:
    if exact:
        return bool(one.unit) and one.unit == other.unit
    if {one.unit, other.unit} == {"percent", "fraction"}:
        return True
    return _dimension(one.unit) == _dimension(other.unit)


# Units that are never compared with a count of things.
_UNITS = {
    "time": "second minute hour day week month year decade century",
    "length": "millimetre millimeter centimetre centimeter metre meter kilometre kilometer mile km foot feet inch",
    "mass": "gram kilo kilogram kg ton tonne",
    "money": "euro dollar pound yen rupee franc peso krona kroner zloty rand shilling pence cent",
    "percent": "percent",
    "fraction": "fraction",
    "degree": "degree",
}
_DIMENSIONS = {stem(unit): dimension for dimension, named in _UNITS.items() for unit in named.split()}


def _dimension(unit: str) -> str:
    return _DIMENSIONS.get(unit, "count")


def _times(first: Reading, second: Reading) -> Iterator[Finding]:
    left = [m for m in first.moments if not any(same(m, o) for o in second.moments)]
    right = [m for m in second.moments if not any(same(m, o) for o in first.moments)]
    for one in left:
        match = next((o for o in right if differ(one, o)), None)
        if match:
            yield Finding("date_time", "time_differs", _span(one), _span(match))
            right.remove(match)


def _opposed(first: Reading, second: Reading) -> Iterator[Finding]:
    """A cue of one family here, of its opposite there: "recaptured" and "escaped"."""
    for one_family, other_family, kind in OPPOSED_FAMILIES:
        for here, there in ((one_family, other_family), (other_family, one_family)):
            if here in first.cues and there in second.cues:
                if here in second.cues and there in first.cues:
                    continue
                one, other = first.cues[here][0], second.cues[there][0]
                rule = f"{one_family}_{other_family}"
                yield Finding(kind, rule, first.around(one, 1), second.around(other, 1))


def _names(first: Reading, second: Reading) -> Iterator[Finding]:
    """Names without a counterpart: place against place, person against person."""
    left = [n for n in first.names if not any(n.words & o.words for o in second.names)]
    right = [n for n in second.names if not any(n.words & o.words for o in first.names)]
    for one in left:
        match = next((o for o in right if o.place == one.place and o.person == one.person), None)
        if match:
            kind = "place" if one.place else "identity_role"
            rule = "place_name" if one.place else "person_name" if one.person else "other_name"
            yield Finding(kind, rule, _span(one), _span(match))
            right.remove(match)


def _negation(first: Reading, second: Reading) -> Iterator[Finding]:
    """A negator on one side only, over words that the other side shares."""
    for swapped, here, there in ((False, first, second), (True, second, first)):
        if "negator" in there.cues or "negator" not in here.cues:
            continue
        for cue in here.cues["negator"]:
            span = here.around(cue, after=6)
            shared = stems(tokenize(here.text[span.start : span.end])) & there.stems
            if shared:
                match = next(t for t in there.tokens if t.stem in shared)
                other = Span(match.start, match.end)
                one, two = (other, span) if swapped else (span, other)
                yield Finding("negation", "negator", one, two)
                break


def _opposites(first: Reading, second: Reading) -> Iterator[Finding]:
    words = {t.lower: t for t in second.tokens}
    mine = {t.lower for t in first.tokens}
    for token in first.tokens:
        if token.lower in words:
            continue
        match = next(
            (o for o in OPPOSITE_OF.get(token.lower, ()) if o in words and o not in mine), None
        )
        if match:
            yield Finding("antonym", "opposites", _span(token), _span(words[match]))


# Which cue families a kind of conflict is usually worded with, the surest first.
_WORDED_WITH = {
    "cause": ("cause",),
    "attribution": ("stance",),
    "sequence": ("order",),
    "comparison": ("compare", "change"),
    "relation": ("kin", "bond"),
    "count_plural": ("all", "some"),
    "custody_outcome": ("held", "free", "guilty", "cleared", "kept"),
    "status_alive_dead": ("dead", "alive", "hurt"),
}


def cue_phrases(kind: str, first: str, second: str) -> list[Finding]:
    """The phrases in which each sentence words a conflict of this kind; none unless both do."""
    one, two = Reading(first, second), Reading(second, first)
    here, there = (
        next((r.cues[f][0] for f in _WORDED_WITH.get(kind, ()) if f in r.cues), None)
        for r in (one, two)
    )
    if here is None or there is None:
        return []
    return [Finding(kind, "cue_phrases", one.around(here, 1, 4), two.around(there, 1, 4))]


def _span(thing: Quantity | Moment | Name | Token) -> Span:
    return Span(thing.start, thing.end)
