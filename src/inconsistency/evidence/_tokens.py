"""A sentence -> tokens with offsets; the small vocabulary questions every rule asks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from inconsistency.lexicon import stem

_TOKEN = re.compile(r"\d[\d,.]*\d|\d|[^\W\d_]+(?:['’\-][^\W\d_]+)*|[$€£¥%]")

# Words that never carry a conflict by themselves.
FUNCTION_WORDS = frozenset(
    """a an the and or but of to in on at by for from with as that this these those it its he she
    they them his her their him i we us our you your is are was were be been being am has have had
    do does did will would shall should may might must can could which who whom whose what when
    where while there here than then so such into onto over under up down out off about after
    before between through during also just only very more most some any all each both other own
    same s t said says say told according mr mrs ms dr""".split()
)


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of one sentence, ``text[start:end]``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or sign and where it stands in its sentence."""

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        """Lower case, typographic apostrophes straightened."""
        return self.text.lower().replace("’", "'")

    @property
    def stem(self) -> str:
        """Its stem."""
        return stem(self.lower)

    @property
    def is_content(self) -> bool:
        """Whether the word can carry meaning by itself."""
        return self.lower not in FUNCTION_WORDS


def tokenize(text: str) -> list[Token]:
    """Words, numbers and currency or percent signs; other punctuation is skipped."""
    return [Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]


def stems(tokens: Iterable[Token]) -> set[str]:
    """Stems of the content words."""
    return {t.stem for t in tokens if t.is_content}


def phrase(text: str, tokens: Sequence[Token], at: int, before: int = 0, after: int = 5) -> Span:
    """The words around a token, kept inside its clause.

    Args:
        text: the sentence.
        tokens: its tokens.
        at: index of the token to start from.
        before: how many words may stand before it.
        after: how many words may stand after it.

    Returns:
        The widest span that crosses no punctuation and does not end in a function word.
    """
    first, last = at, at
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
    return Span(tokens[first].start, tokens[last].end)


_STOPPERS = frozenset(
    "and but while when because although though who which that after before".split()
)


def _breaks(text: str, left: Token, right: Token) -> bool:
    return bool(text[left.end : right.start].strip("-'’ "))
