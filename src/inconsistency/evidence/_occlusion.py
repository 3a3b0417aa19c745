"""Which words does the model's verdict hang on? Drop some, score again, see how far it falls.

Works with every backend, because it asks nothing but the `Scorer` protocol; used only for flagged
pairs of which no rule could name the clashing words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inconsistency.evidence._rules import Finding
from inconsistency.evidence._tokens import FUNCTION_WORDS, Span, tokenize
from inconsistency.nli.scorer import NliScores, Scorer

# Variants per sentence; with two sentences a pair costs at most twice as many scores.
MAX_VARIANTS = 12
# Content words that are dropped together.
MAX_RUN = 2
# P(contradiction) must fall at least this far for words to count as what it hangs on.
MIN_DROP = 0.15


@dataclass(frozen=True, slots=True)
class Question:
    """A pair in the direction in which the model is surer, and how sure it is (0-1)."""

    first: str
    second: str
    forward: bool
    base: float


def question(first: str, second: str, forward: NliScores, backward: NliScores) -> Question:
    """Choose the direction to ask in."""
    ahead = forward.contradiction >= backward.contradiction
    base = max(forward.contradiction, backward.contradiction)
    return Question(first, second, ahead, base)


def occlude(questions: Sequence[Question], scorer: Scorer) -> list[Finding | None]:
    """The words of each pair that its verdict hangs on, None where no words stand out."""
    batch: list[tuple[str, str]] = []
    plans = []
    for q in questions:
        plan = [(side, span) for side in (0, 1) for span in _chunks((q.first, q.second)[side])]
        plans.append(plan)
        batch += [_variant(q, side, span) for side, span in plan]
    scores = iter(scorer.score(batch) if batch else [])
    return [
        _strongest([(side, span, q.base - next(scores).contradiction) for side, span in plan])
        for q, plan in zip(questions, plans, strict=True)
    ]


def _variant(q: Question, side: int, span: Span) -> tuple[str, str]:
    texts = [q.first, q.second]
    texts[side] = " ".join((texts[side][: span.start] + texts[side][span.end :]).split())
    return (texts[0], texts[1]) if q.forward else (texts[1], texts[0])


def _chunks(text: str) -> list[Span]:
    """Runs of content words, joined into longer ones when there are too many of them."""
    tokens = tokenize(text)
    runs: list[list[int]] = []
    for at, token in enumerate(tokens):
        if token.lower in FUNCTION_WORDS and token.lower != "not":
            continue
        if runs and runs[-1][-1] == at - 1 and len(runs[-1]) < MAX_RUN:
            runs[-1].append(at)
        else:
            runs.append([at])
    group = -(-len(runs) // MAX_VARIANTS) or 1
    return [
        Span(tokens[part[0][0]].start, tokens[part[-1][-1]].end)
        for part in (runs[i : i + group] for i in range(0, len(runs), group))
        if len(runs) > 1
    ]


def _strongest(drops: list[tuple[int, Span, float]]) -> Finding | None:
    best: list[Span | None] = []
    for wanted in (0, 1):
        side = [(drop, span) for s, span, drop in drops if s == wanted and drop >= MIN_DROP]
        best.append(max(side, key=lambda d: d[0])[1] if side else None)
    return Finding("other", "occlusion", best[0], best[1]) if any(best) else None
