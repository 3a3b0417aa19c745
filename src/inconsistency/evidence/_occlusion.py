"""Which words does the model's verdict hang on? Change some, score again, see how far it falls.

Two kinds of change: where the words that may clash are known on both sides, the second sentence gets those
of the first ("41" becomes "14"); where nothing is known, words are dropped. Works with every backend,
because it asks nothing but the `Scorer` protocol; used only for flagged pairs of which the words leave
something open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from inconsistency.evidence._clashes import Candidate
from inconsistency.evidence._rules import Finding
from inconsistency.evidence._tokens import FUNCTION_WORDS, Span, tokenize
from inconsistency.nli.scorer import NliScores, Scorer

# Dropped variants per sentence; with two sentences a pair costs at most twice as many scores.
MAX_VARIANTS = 12
# Candidates of a pair that are put to the model.
MAX_CANDIDATES = 6
# Content words that are dropped together.
MAX_RUN = 2
# P(contradiction) must fall at least this far for dropped words to count as what it hangs on.
MIN_DROP = 0.15
# What a fall of P(contradiction) to nothing adds to a candidate's weight: it settles what rules leave
# open, and does not overrule two numbers of one unit.
VOTE = 2.0


@dataclass(frozen=True, slots=True)
class Question:
    """A pair in the direction in which the model is surer, how sure it is (0-1), and what to try."""

    first: str
    second: str
    forward: bool
    base: float
    candidates: tuple[Candidate, ...] = ()


class _Change(NamedTuple):
    """One variant: either a candidate's words swapped, or a span of one side dropped."""

    texts: tuple[str, str]
    candidate: int | None
    side: int
    span: Span | None


def question(
    first: str, second: str, forward: NliScores, backward: NliScores, candidates: Sequence[Candidate] = ()
) -> Question:
    """Choose the direction to ask in."""
    ahead = forward.contradiction >= backward.contradiction
    base = max(forward.contradiction, backward.contradiction)
    return Question(first, second, ahead, base, tuple(candidates[:MAX_CANDIDATES]))


def ask(questions: Sequence[Question], scorer: Scorer) -> list[list[Candidate]]:
    """Candidates of each pair after the model's vote, in one batch.

    A pair without candidates gets what dropping words shows, which may be nothing.
    """
    plans = [list(_swaps(q) if q.candidates else _drops(q)) for q in questions]
    batch = [_pair(q, change) for q, plan in zip(questions, plans, strict=True) for change in plan]
    scores = iter(scorer.score(batch) if batch else [])
    answers = []
    for q, plan in zip(questions, plans, strict=True):
        falls = [(change, q.base - next(scores).contradiction) for change in plan]
        answers.append(_voted(q, falls) if q.candidates else _strongest(falls))
    return answers


def occlude(questions: Sequence[Question], scorer: Scorer) -> list[Finding | None]:
    """The words of each pair that the verdict hangs on by dropping words alone."""
    answers = ask([replace(q, candidates=()) for q in questions], scorer)
    return [found[0].finding if found else None for found in answers]


def _pair(q: Question, change: _Change) -> tuple[str, str]:
    return change.texts if q.forward else (change.texts[1], change.texts[0])


def _swaps(q: Question) -> Iterator[_Change]:
    for number, candidate in enumerate(q.candidates):
        one, two = candidate.finding.first, candidate.finding.second
        if one and two:
            changed = q.second[: two.start] + q.first[one.start : one.end] + q.second[two.end :]
            yield _Change((q.first, changed), number, 1, two)
        elif one:
            yield _Change((_without(q.first, one), q.second), number, 0, one)
        elif two:
            yield _Change((q.first, _without(q.second, two)), number, 1, two)


def _drops(q: Question) -> Iterator[_Change]:
    for span in _chunks(q.first):
        yield _Change((_without(q.first, span), q.second), None, 0, span)
    for span in _chunks(q.second):
        yield _Change((q.first, _without(q.second, span)), None, 1, span)


def _without(text: str, span: Span) -> str:
    return " ".join((text[: span.start] + text[span.end :]).split())


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


def _voted(q: Question, falls: list[tuple[_Change, float]]) -> list[Candidate]:
    share = {c.candidate: max(0.0, fall) / max(q.base, 0.05) for c, fall in falls}
    voted = [replace(c, weight=c.weight + VOTE * share.get(n, 0.0)) for n, c in enumerate(q.candidates)]
    return sorted(voted, key=lambda c: -c.weight)


def _strongest(falls: list[tuple[_Change, float]]) -> list[Candidate]:
    best: list[Span | None] = []
    for wanted in (0, 1):
        side = [(fall, c.span) for c, fall in falls if c.side == wanted and fall >= MIN_DROP]
        best.append(max(side, key=lambda f: f[0])[1] if side else None)
    return [Candidate(Finding("other", "occlusion", best[0], best[1]), 1.0)] if any(best) else []
