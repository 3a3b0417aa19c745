"""What this stage produces (`Evidence`), and what its steps hand on: facts of a sentence, clashes, candidates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, get_args

from inconsistency.evidence.dates import Moment, moments
from inconsistency.evidence.names import Name, names
from inconsistency.evidence.quantities import Quantity, quantities
from inconsistency.lexicon import FAMILIES, Span, Token, plain, stems, tokenize

Kind = Literal[
    "number", "date_time", "place", "identity_role", "custody_outcome", "negation", "antonym", "cause",
    "attribution", "status_alive_dead", "sequence", "count_plural", "comparison", "relation", "other",
]  # fmt: skip
"""What a conflict is about; "other" where nothing says."""
KINDS: tuple[str, ...] = get_args(Kind)
# Characters of a sentence that are looked at. The model reads 126 tokens of it, some 600 characters; with a limit
# each number may be compared with each, also where a table in running text passes for a sentence.
MOST_READ = 2000


@dataclass(frozen=True, slots=True)
class Clash:
    """Words of the first sentence against words of the second.

    Offsets point into the part of the article that the sentence stands in (body text or headline),
    like the sentence's own: ``part[first_start:first_end]`` are the words. A side may be empty
    (start == end) when only the other has words.
    """

    first_start: int
    first_end: int
    second_start: int
    second_end: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a pair was flagged.

    Attributes:
        kind: one of `KINDS`; "other" when nothing says more.
        clashes: aligned words, at most three, the most telling first; may be empty.
        source: how the clashing words were found: "rule" by rules over the words and by laying the
            sentences side by side, "model" by the NLI model's own behaviour, "none" when neither could.
        explanation: one plain sentence made from the above, never invented.
        kind_source: how the kind was found: "rule" when the words that differ say it, "model" when it is
            the likeliest by the NLI model's own head, "none" when neither says one.
    """

    kind: Kind
    clashes: tuple[Clash, ...]
    source: str
    explanation: str
    kind_source: str = "none"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Words of the first sentence that may clash with words of the second; one side may be None.

    Attributes:
        kind: the kind of conflict that this would be, "other" when it may be any.
        rule: what found it.
        first: words of the first sentence.
        second: words of the second.
        weight: how much speaks for it, above 0; only comparisons mean something.
    """

    kind: str
    rule: str
    first: Span | None
    second: Span | None
    weight: float

    def overlaps(self, other: Candidate) -> bool:
        """Whether the two share characters on either side."""
        return touch(self.first, other.first) or touch(self.second, other.second)


def touch(one: Span | None, other: Span | None) -> bool:
    """Whether two spans of one sentence share characters."""
    return bool(one and other and one.start < other.end and other.start < one.end)


# A sentence of an article is compared with many others and read once. Its facts are shared: never change them.
_once = lru_cache(maxsize=1024)
_tokenize, _moments = _once(tokenize), _once(moments)


@_once
def _quantities(text: str) -> list[Quantity]:
    return quantities(text, _moments(text))


@_once
def _cues(text: str) -> dict[str, list[Span]]:
    found = {name: [Span(*m.span()) for m in pattern.finditer(text)] for name, pattern in FAMILIES.items()}
    return {name: hits for name, hits in found.items() if hits}


class Facts:
    """All that the rules want to know about one sentence of a pair, worked out once.

    Attributes:
        text: the sentence as the rules read it: line breaks and apostrophes made plain, without what follows its
            first `MOST_READ` characters.
    """

    def __init__(self, text: str, other: str) -> None:
        self.text, self._other = plain(text[:MOST_READ]), plain(other[:MOST_READ])

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
        return _quantities(self.text)

    @cached_property
    def names(self) -> list[Name]:
        """Capitalised names."""
        return names(self.text, self._other)

    @property
    def cues(self) -> dict[str, list[Span]]:
        """Words of the lexicon's families, by family; families without any are left out."""
        return _cues(self.text)
