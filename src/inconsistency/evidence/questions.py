"""Which words does the model's verdict hang on? Read the parts of each sentence alone against the other sentence.

A part that contradicts the whole of the other sentence by itself has the words that clash in it. Works with every
backend, because it asks nothing but the `Scorer` protocol; used only for flagged pairs of which the words leave
something open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from inconsistency.evidence.types import Candidate, Facts, touch
from inconsistency.lexicon import Span, Token
from inconsistency.nli.scorer import Scorer

# Phrases that a sentence is taken apart into at most; two neighbours are read together, since one alone ("in May")
# seldom states anything.
MAX_PHRASES = 10
# What a part that contradicts for sure adds to the weight of words in it: it settles what rules leave open, and
# does not overrule two numbers of one unit.
VOTE = 2.0
# Weight of words that nothing but the model speaks for, before its vote.
PARTS = 1.0
# P(contradiction) that the likeliest parts have to reach in the mean, or they are not shown. Low, since the pair
# is flagged already: in train articles even parts of 0.1 to 0.2 were right more often than not (exploratory).
CLASHING = 0.1


@dataclass(frozen=True, slots=True)
class Question:
    """A pair and the words that may clash."""

    sides: tuple[Facts, Facts]
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Words of one sentence, and P(contradiction), 0-1, of them alone with the other sentence as premise."""

    span: Span
    contradiction: float


def ask(questions: Sequence[Question], scorer: Scorer) -> list[list[Candidate]]:
    """Candidates of each pair after the model's vote, in one batch for all of them together.

    A pair gets none if it has none and none of its parts contradict the other sentence.
    """
    sides = [side for q in questions for side in (q.sides, q.sides[::-1])]
    read = _read(sides, [parts(phrases(here)) for here, _ in sides], scorer)
    best = [max(found, key=lambda p: p.contradiction, default=None) for found in read]
    return [_voted(q, best[n], best[n + 1]) for n, q in zip(range(0, len(sides), 2), questions, strict=True)]


def _read(
    sides: Sequence[tuple[Facts, Facts]], spans: Sequence[Sequence[Span]], scorer: Scorer
) -> list[list[Part]]:
    """Spans of each side's first sentence, read with its second sentence as premise, in one batch."""
    texts = [
        (there.text, here.text[s.start : s.end])
        for (here, there), found in zip(sides, spans, strict=True)
        for s in found
    ]
    scores = iter(scorer.score(texts) if texts else [])
    return [[Part(s, next(scores).contradiction) for s in found] for found in spans]


def phrases(facts: Facts) -> list[Span]:
    """A sentence's phrases: function words and the content behind them, not across punctuation."""
    runs: list[list[Token]] = []
    before: Token | None = None
    for token in facts.tokens:
        apart = before is None or facts.text[before.end : token.start].strip("-'’ ")
        if before is None or apart or (before.is_content and not token.is_content):
            runs.append([])
        runs[-1].append(token)
        before = token
    size = -(-len(runs) // MAX_PHRASES) or 1
    joined = (list(chain(*runs[n : n + size])) for n in range(0, len(runs), size))
    return [Span(run[0].start, run[-1].end) for run in joined]


def parts(found: Sequence[Span]) -> list[Span]:
    """Each two neighbouring phrases; a single one as it is."""
    return [Span(a.start, b.end) for a, b in pairwise(found)] or list(found)


def _voted(q: Question, one: Part | None, two: Part | None) -> list[Candidate]:
    """The candidates with the model's vote, and the likeliest parts as a candidate of their own."""
    found = [
        replace(c, weight=c.weight + VOTE * (_share(c.first, one) + _share(c.second, two)) / 2)
        for c in q.candidates
    ]
    if one and two and (share := (one.contradiction + two.contradiction) / 2) >= CLASHING:
        first, second = (_trimmed(facts, part.span) for facts, part in zip(q.sides, (one, two), strict=True))
        found.append(Candidate("other", "parts", first, second, PARTS + VOTE * share))
    return sorted(found, key=lambda c: -c.weight)


def _share(span: Span | None, part: Part | None) -> float:
    """How much the likeliest part contradicts, for words that stand in it; else 0."""
    return part.contradiction if part and touch(span, part.span) else 0.0


def _trimmed(facts: Facts, span: Span) -> Span:
    """Without the function words that a part begins with."""
    inside = (t for t in facts.tokens if span.start <= t.start < span.end)
    return Span(next((t.start for t in inside if t.is_content), span.start), span.end)
