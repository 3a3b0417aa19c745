"""Flagged pairs -> `Evidence`: the conductor of this stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

from inconsistency.evidence.candidates import SURE, compare
from inconsistency.evidence.quantities import is_number_word
from inconsistency.evidence.questions import Question, ask
from inconsistency.evidence.types import KINDS, Candidate, Clash, Evidence, Facts, Kind
from inconsistency.lexicon import NEGATORS, QUANTIFIERS, Span, Token, tokenize
from inconsistency.nli.scorer import Scorer
from inconsistency.sentences import Sentence

MAX_CLASHES = 3
# Most pairs, the likeliest first, whose clashing words the model is asked for: as costly as a dozen readings each.
WORDS_ASKED = 5
# A further clash is shown when it is nearly as telling as the first.
NEARLY = 0.75
# The model's likeliest kind is named from this probability on.
NAMED = 0.2
# What words found by rules in unlike sentences gain where their kind is that of the whole pair; words of another
# kind than the model says are not shown: the values may be of different things.
AGREEMENT = 0.7
_LONGEST = 80  # characters of a quotation; what is longer is cut at a word
# How many words around a short quotation may be quoted with it.
_AROUND = 2


class Explained(NamedTuple):
    """Evidence for pairs, in the order given, and of how many the limit kept the model from being asked."""

    evidence: list[Evidence]
    unasked: int


@dataclass(frozen=True, slots=True)
class _Draft:
    sides: tuple[Facts, Facts]
    kind: str
    kind_source: str
    candidates: list[Candidate]
    edited: bool


def explain_all(
    pairs: Sequence[tuple[Sentence, Sentence]],
    scorer: Scorer | None,
    kinds: Sequence[Mapping[str, float] | None] = (),
) -> Explained:
    """Say why pairs were flagged: what kind of conflict each is and which words clash.

    Args:
        pairs: the sentences of flagged pairs.
        scorer: asked in one batch about the first `WORDS_ASKED` pairs of which the words alone leave open what
            clashes; None to go by the words.
        kinds: of each pair, what the model takes the conflict for (kind -> share); none where it tells no kinds.
    """
    told = kinds or [None] * len(pairs)
    texts = [(a.text, b.text) for a, b in pairs]
    drafts = [_draft(Facts(a, b), Facts(b, a), said or {}) for (a, b), said in zip(texts, told, strict=True)]
    unasked = _vote(drafts, scorer) if scorer else 0
    found = [_evidence(*pair, draft) for pair, draft in zip(pairs, drafts, strict=True)]
    return Explained(found, unasked)


def _draft(first: Facts, second: Facts, told: Mapping[str, float]) -> _Draft:
    """The kind by a rule where one sees what differs, else the likeliest that the model `told`."""
    compared = compare(first, second)
    sides, candidates = (first, second), compared.candidates
    best = candidates[0] if candidates else None
    if best and compared.edited and best.kind != "other" and best.weight >= SURE:
        return _Draft(sides, best.kind, "rule", candidates, edited=True)
    kind, kind_source = _likeliest(told) if told else _by_rule(best)
    if not compared.edited:
        fitting = [c for c in candidates if c.kind in (kind, "other") or not told]
        candidates = sorted((_agreeing(c, kind) for c in fitting), key=lambda c: -c.weight)
    return _Draft(sides, kind, kind_source, candidates, compared.edited)


def _likeliest(told: Mapping[str, float]) -> tuple[str, str]:
    """The model's likeliest kind and the source of it; what the library does not name is "other"."""
    named = dict.fromkeys(KINDS, 0.0)
    for kind, share in told.items():
        named[kind if kind in named else "other"] += share
    kind = max(named, key=lambda k: named[k])
    return (kind, "model") if named[kind] >= NAMED else ("other", "none")


def _by_rule(best: Candidate | None) -> tuple[str, str]:
    """The kind that the most telling words make, for models that tell no kinds."""
    return (best.kind, "rule") if best and best.kind != "other" else ("other", "none")


def _agreeing(candidate: Candidate, kind: str) -> Candidate:
    """Words whose rule names the very kind that the whole pair was given speak louder than others."""
    louder = AGREEMENT if candidate.kind == kind != "other" else 0.0
    return replace(candidate, weight=candidate.weight + louder)


def _sure(draft: _Draft) -> bool:
    """Whether the words alone tell of a clash, with words on both sides."""
    best = draft.candidates[0] if draft.candidates else None
    return bool(best and best.weight >= SURE and best.first and best.second)


def _open(draft: _Draft) -> bool:
    """Whether the words alone leave open what clashes."""
    rivals = [c.weight for c in draft.candidates[:2]]
    return not draft.edited or not _sure(draft) or (len(rivals) > 1 and rivals[1] > NEARLY * rivals[0])


def _vote(drafts: list[_Draft], scorer: Scorer) -> int:
    """Put what is open to the model, and note its answers in the drafts; give how many open ones were not put."""
    open_pairs = [n for n, draft in enumerate(drafts) if _open(draft)]
    put = open_pairs[:WORDS_ASKED]
    asked = [Question(drafts[n].sides, tuple(drafts[n].candidates)) for n in put]
    for n, answer in zip(put, ask(asked, scorer) if asked else [], strict=True):
        drafts[n] = replace(drafts[n], candidates=answer)
    return len(open_pairs) - len(put)


def _evidence(first: Sentence, second: Sentence, draft: _Draft) -> Evidence:
    chosen: list[Candidate] = []
    for candidate in draft.candidates:
        # What nothing but the model speaks for is shown alone.
        further = candidate.rule != "parts" and chosen and candidate.weight >= NEARLY * chosen[0].weight
        if (further or not chosen) and not any(candidate.overlaps(c) for c in chosen):
            chosen.append(_with_units(candidate, first.text, second.text))
    source = "none" if not chosen else "model" if chosen[0].rule == "parts" else "rule"
    return Evidence(
        kind=cast(Kind, draft.kind),
        clashes=tuple(_clash(first, second, c) for c in chosen[:MAX_CLASHES]),
        source=source,
        explanation=_wording(first, second, chosen[0] if chosen else None),
        kind_source=draft.kind_source,
    )


def _with_units(found: Candidate, first: str, second: str) -> Candidate:
    """A number is marked with the word that it counts, "14 people", as it is quoted."""
    if found.kind != "number" or not found.first or not found.second:
        return found
    one, two = (_reach(text, span) for text, span in ((first, found.first), (second, found.second)))
    return replace(found, first=one, second=two)


def _reach(text: str, span: Span) -> Span:
    """The span with the next word that means something, where its own words say little alone."""
    tokens = tokenize(text)
    inside = [n for n, t in enumerate(tokens) if t.start < span.end and span.start < t.end]
    alone = inside and all(_says_little(tokens[n]) for n in inside)
    return Span(span.start, max(span.end, _extended(text, tokens, inside[-1]))) if alone else span


def _clash(first: Sentence, second: Sentence, candidate: Candidate) -> Clash:
    one, two = candidate.first or Span(0, 0), candidate.second or Span(0, 0)
    return Clash(
        first_start=first.start + one.start,
        first_end=first.start + one.end,
        second_start=second.start + two.start,
        second_end=second.start + two.end,
    )


def _wording(first: Sentence, second: Sentence, found: Candidate | None) -> str:
    """Say which words clash, and where they stand; what is not sure to exclude each other is to be compared."""
    one, two = _name(first), _name(second)
    if found is None:
        return f"{_capital(one)} and {two} seem to conflict; which words clash is not known."
    follow = found.kind != "date_time"  # "2017" needs no noun
    left, right = (_quote(s.text, span, follow) for s, span in ((first, found.first), (second, found.second)))
    if left and right:
        if left.lower() == right.lower():
            left, right = (
                _quote(s.text, span, wide=True) for s, span in ((first, found.first), (second, found.second))
            )
        if found.weight >= SURE:
            return f"{_capital(one)} says {left}, {two} says {right}."
        return f"Compare {left} in {one} with {right} in {two}."
    speaker, other = (one, second) if left else (two, first)
    quote = left or right
    silent = quote.strip('"').lower() not in other.text.lower()
    if silent and found.rule != "parts":
        return f"{_capital(speaker)} says {quote}, {_name(other)} does not."
    # What the model reacts to on one side is no proof that the other side leaves it unsaid.
    return f"{_capital(speaker)} says {quote}, with which {_name(other)} seems to conflict."


def _quote(text: str, span: Span | None, follow: bool = True, wide: bool = False) -> str:
    """The words in quotation marks, the next words with them (`follow`) where they say little alone."""
    if span is None:
        return ""
    tokens = tokenize(text)
    inside = [n for n, t in enumerate(tokens) if t.start < span.end and span.start < t.end]
    start, end = span.start, _reach(text, span).end if follow else span.end
    if inside and wide:
        start, end = tokens[max(0, inside[0] - _AROUND)].start, max(end, _extended(text, tokens, inside[-1]))
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
    return "the headline" if sentence.role == "headline" else f"sentence {sentence.number}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
