"""Two sentences -> findings: words that a rule says cannot both hold."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from inconsistency.evidence import _dates, _quantities
from inconsistency.evidence._cues import OPPOSED_FAMILIES, OPPOSITE_OF, Cue, cues
from inconsistency.evidence._dates import Moment, differ, moments
from inconsistency.evidence._names import Name, names
from inconsistency.evidence._pairing import pair_off
from inconsistency.evidence._quantities import Quantity, quantities
from inconsistency.evidence._tokens import Span, Token, phrase, stems, tokenize
from inconsistency.lexicon import plain


@dataclass(frozen=True, slots=True)
class Finding:
    """Words of the first sentence against words of the second; one side may be None.

    `rule` names the rule, which decides together with everything else what kind it is.
    """

    kind: str
    rule: str
    first: Span | None
    second: Span | None


# A sentence of an article is compared with many others and read once. Its words are shared: never change them.
_once = lru_cache(maxsize=1024)
_tokenize, _moments, _cues = _once(tokenize), _once(moments), _once(cues)


@_once
def _quantities_of(text: str) -> list[Quantity]:
    return quantities(text, _moments(text))


class Reading:
    """All that the rules want to know about one sentence of a pair, worked out once.

    Attributes:
        text: the sentence as the rules read it: of the same length, line breaks and apostrophes made plain.
    """

    def __init__(self, text: str, other: str) -> None:
        self.text, self._other = plain(text), plain(other)

    @property
    def tokens(self) -> list[Token]:
        """Words and numbers."""
        return _tokenize(self.text)

    @cached_property
    def stems(self) -> set[str]:
        """Stems of its content words."""
        return stems(self.tokens)

    @property
    def moments(self) -> list[Moment]:
        """Time expressions."""
        return _moments(self.text)

    @property
    def quantities(self) -> list[Quantity]:
        """Numbers that are no times."""
        return _quantities_of(self.text)

    @cached_property
    def names(self) -> list[Name]:
        """Capitalised names."""
        return names(self.text, self._other)

    @property
    def cues(self) -> dict[str, list[Cue]]:
        """Cue words by family."""
        return _cues(self.text)

    def around(self, cue: Cue, before: int = 0, after: int = 5) -> Span:
        """The phrase in which a cue stands."""
        at = bisect_right(self.tokens, cue.start, key=lambda t: t.end)
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


def _numbers(first: Reading, second: Reading) -> Iterator[Finding]:
    """Numbers of one unit that no value satisfies; agreeing numbers are taken away first."""
    left = _quantities.unmet(first.quantities, second.quantities)
    right = _quantities.unmet(second.quantities, first.quantities)
    for rule, sort, facing in (("number_unit", _unit, _same_unit), ("number_bare", _dimension, _comparable)):
        pairs = list(pair_off(left, right, sort, facing))
        yield from (Finding("number", rule, _span(one), _span(other)) for one, other in pairs)
        ones, others = {one for one, _ in pairs}, {other for _, other in pairs}
        left, right = [q for q in left if q not in ones], [q for q in right if q not in others]


def _unit(number: Quantity) -> str:
    return number.unit


def _same_unit(number: Quantity) -> tuple[str, ...]:
    return (number.unit,) if number.unit else ()


def _dimension(number: Quantity) -> str:
    return _quantities.DIMENSIONS.get(number.unit, "count")


def _comparable(number: Quantity) -> tuple[str, ...]:
    dimension = _dimension(number)
    return ("percent", "fraction") if dimension in ("percent", "fraction") else (dimension,)


def _times(first: Reading, second: Reading) -> Iterator[Finding]:
    left = _dates.unmet(first.moments, second.moments)
    right = _dates.unmet(second.moments, first.moments)
    # All of a sort differ from a given one or none does, so that one of each stands for the rest. There are some
    # hundred sorts at most, however long the sentence: a dozen sets of fields, a few of them with 60 decades.
    heads = {_dates.sort(m): m for m in right}
    for one, other in pair_off(left, right, _dates.sort, lambda m: [s for s, o in heads.items() if differ(m, o)]):
        yield Finding("date_time", "time_differs", _span(one), _span(other))


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
    left, right = _unshared(first.names, second.names), _unshared(second.names, first.names)
    for one, other in pair_off(left, right, lambda n: (n.place, n.person), lambda n: [(n.place, n.person)]):
        kind = "place" if one.place else "identity_role"
        rule = "place_name" if one.place else "person_name" if one.person else "other_name"
        yield Finding(kind, rule, _span(one), _span(other))


def _unshared(here: list[Name], there: list[Name]) -> list[Name]:
    """Names of one sentence that have no word in common with any of the other."""
    words = {word for name in there for word in name.words}
    return [n for n in here if not n.words & words]


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
