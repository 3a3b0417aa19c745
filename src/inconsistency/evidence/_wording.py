"""A finding -> one plain sentence that quotes the article and claims nothing beyond it."""

from __future__ import annotations

from inconsistency.evidence._cues import NEGATORS, QUANTIFIERS
from inconsistency.evidence._quantities import is_number_word
from inconsistency.evidence._rules import Finding
from inconsistency.evidence._tokens import Span, Token, tokenize
from inconsistency.sentences import Sentence

_LONGEST = 80  # characters of a quotation; what is longer is cut at a word
# How many words around a short quotation may be quoted with it.
_AROUND = 2


def word(first: Sentence, second: Sentence, finding: Finding | None, sure: bool) -> str:
    """Say which words clash, and where they stand.

    Args:
        first: the earlier sentence.
        second: the later one.
        finding: the words; None when none are known.
        sure: whether the words are known to exclude each other. If not, the reader is asked to compare.
    """
    one, two = _name(first), _name(second)
    if finding is None:
        return f"{_capital(one)} and {two} seem to conflict; which words clash is not known."
    follow = finding.kind != "date_time"  # "2017" needs no noun
    left, right = (
        _quote(s.text, span, follow) for s, span in ((first, finding.first), (second, finding.second))
    )
    if left and right:
        if left.lower() == right.lower():
            left, right = (
                _quote(s.text, span, wide=True) for s, span in ((first, finding.first), (second, finding.second))
            )
        if sure:
            return f"{_capital(one)} says {left}, {two} says {right}."
        return f"Compare {left} in {one} with {right} in {two}."
    speaker, other = (one, second) if left else (two, first)
    quote = left or right
    silent = quote.strip('"').lower() not in other.text.lower()
    if silent and finding.rule not in ("occlusion", "new_words"):
        return f"{_capital(speaker)} says {quote}, {_name(other)} does not."
    # What the model reacts to on one side is no proof that the other side leaves it unsaid.
    return f"{_capital(speaker)} says {quote}, with which {_name(other)} seems to conflict."


def _quote(text: str, span: Span | None, follow: bool = True, wide: bool = False) -> str:
    """The words in quotation marks, the next words with them (`follow`) where they say little alone."""
    if span is None:
        return ""
    tokens = tokenize(text)
    inside = [n for n, t in enumerate(tokens) if t.start < span.end and span.start < t.end]
    start, end = span.start, span.end
    if inside and (wide or (follow and all(_says_little(tokens[n]) for n in inside))):
        end = max(end, _extended(text, tokens, inside[-1]))
    if inside and wide:
        start = tokens[max(0, inside[0] - _AROUND)].start
    words = text[start:end].replace('"', "'").replace("\n", " ")
    if len(words) > _LONGEST:
        words = words[:_LONGEST].rsplit(" ", 1)[0] + " ..."
    return f'"{words}"'


def _says_little(token: Token) -> bool:
    """Numbers, negators and the like are quoted with what they count or deny: "14 people", "never hired"."""
    return not token.is_content or token.lower in NEGATORS | QUANTIFIERS or is_number_word(token.lower)


def _extended(text: str, tokens: list[Token], last: int) -> int:
    """End of the next word that means something, if it follows within the same clause."""
    reach = 1 if is_number_word(tokens[last].lower) else _AROUND
    for at in range(last + 1, min(last + 1 + reach, len(tokens))):
        if text[tokens[at - 1].end : tokens[at].start].strip(" -"):
            break
        if tokens[at].is_content and tokens[at].text[0].isalpha():
            return tokens[at].end
    return tokens[last].end


def _name(sentence: Sentence) -> str:
    return "the headline" if sentence.role == "headline" else f"sentence {sentence.index + 1}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
