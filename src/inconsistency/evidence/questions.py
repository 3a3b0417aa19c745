"""Which words does the model's verdict hang on? Change some, score again, see what becomes of the contradiction.

First words are dropped, which shows the few that matter in each sentence. Then words of the second sentence give
way to words of the first ("41" becomes "14"): where that makes the sentences agree, these words clash.
Works with every backend, because it asks nothing but the `Scorer` protocol; used only for flagged pairs of which
the words themselves leave something open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from inconsistency.evidence.types import Candidate, Facts
from inconsistency.lexicon import Span
from inconsistency.nli.scorer import NliScores, Scorer

# Phrases of a sentence that are dropped one by one, and how many of them are then exchanged with the other's.
MAX_DROPPED, MAX_EXCHANGED = 8, 3
# Candidates of a pair that are put to the model.
MAX_CANDIDATES = 6
# Words of a phrase.
MAX_RUN = 3
# Share of P(contradiction) by which it must fall for exchanged words to count as what it hangs on.
MIN_FALL = 0.3
# What a contradiction that turns into an entailment adds to a candidate's weight: it settles what rules leave
# open, and does not overrule two numbers of one unit.
VOTE = 2.0
# Weight of words that nothing but the model speaks for, before its vote, and what it gains where both or neither
# have a name in them: a name seldom clashes with anything else.
EXCHANGED, BOTH_NAMED = 0.7, 0.3


@dataclass(frozen=True, slots=True)
class Question:
    """A pair in the direction in which the model is surer, and what to try.

    Attributes:
        first: the first sentence.
        second: the second.
        forward: whether the first is the premise.
        base: the model's scores in that direction.
        candidates: words that may clash.
        search: whether words beside the candidates are to be tried.
    """

    first: Facts
    second: Facts
    forward: bool
    base: NliScores
    candidates: tuple[Candidate, ...] = ()
    search: bool = True


def question(
    sides: tuple[Facts, Facts],
    forward: NliScores,
    backward: NliScores,
    candidates: Sequence[Candidate],
    *,
    search: bool,
) -> Question:
    """Choose the direction to ask in."""
    ahead = forward.contradiction >= backward.contradiction
    base = forward if ahead else backward
    return Question(*sides, ahead, base, tuple(candidates[:MAX_CANDIDATES]), search)


def ask(questions: Sequence[Question], scorer: Scorer) -> list[list[Candidate]]:
    """Candidates of each pair after the model's vote, in two batches for all of them together.

    A pair gets none if it has none and no exchange of words makes the contradiction weaker.
    """
    dropped = [[(side, p) for side in (0, 1) for p in _phrases(q, side)] if q.search else [] for q in questions]
    texts = [[_without(q, side, span) for side, span in plan] for q, plan in zip(questions, dropped, strict=True)]
    asked = []
    for q, plan, scores in zip(questions, dropped, _scored(questions, texts, scorer), strict=True):
        falls = [q.base.contradiction - s.contradiction for s in scores]
        tried = [*q.candidates, *_exchanges(q, plan, falls)]
        asked.append(replace(q, candidates=tuple(t for n, t in enumerate(tried) if not _known(t, tried[:n]))))
    texts = [[_exchanged(q, c) for c in q.candidates] for q in asked]
    return [_voted(q, scores) for q, scores in zip(asked, _scored(asked, texts, scorer), strict=True)]


def _scored(
    questions: Sequence[Question], texts: Sequence[Sequence[tuple[str, str]]], scorer: Scorer
) -> Iterator[list[NliScores]]:
    """Scores of each question's changed pairs in the question's direction, read in one batch."""
    batch = [
        pair if q.forward else pair[::-1] for q, changed in zip(questions, texts, strict=True) for pair in changed
    ]
    scores = iter(scorer.score(batch) if batch else [])
    for changed in texts:
        yield [next(scores) for _ in changed]


def _phrases(q: Question, side: int) -> list[Span]:
    """Runs of content words that the other sentence has not, joined into longer ones when there are too many."""
    here, there = (q.first, q.second) if side == 0 else (q.second, q.first)
    content = [n for n, t in enumerate(here.tokens) if t.is_content]
    own = [n for n in content if here.tokens[n].stem not in there.stems] or content
    runs: list[list[int]] = []
    for at in own:
        close = runs and runs[-1][-1] == at - 1 and len(runs[-1]) < MAX_RUN
        if close and here.text[here.tokens[at - 1].end : here.tokens[at].start].isspace():
            runs[-1].append(at)
        else:
            runs.append([at])
    group = -(-len(runs) // MAX_DROPPED) or 1
    parts = (runs[n : n + group] for n in range(0, len(runs), group))
    return [Span(here.tokens[part[0][0]].start, here.tokens[part[-1][-1]].end) for part in parts]


def _exchanges(q: Question, plan: Sequence[tuple[int, Span]], falls: Sequence[float]) -> Iterator[Candidate]:
    """The phrases that matter most in the first sentence, each with those of the second."""
    ranked = sorted(zip(plan, falls, strict=True), key=lambda pair: -pair[1])
    first, second = ([span for (at, span), _ in ranked if at == side][:MAX_EXCHANGED] for side in (0, 1))
    for one in first:
        for other in second:
            alike = _named(q.first.text, one) == _named(q.second.text, other)
            yield Candidate("other", "exchange", one, other, EXCHANGED + BOTH_NAMED * alike)


def _named(text: str, span: Span) -> bool:
    """Whether there is a capital that does not only begin the sentence."""
    return any(character.isupper() for character in text[max(1, span.start) : span.end])


def _known(one: Candidate, others: Sequence[Candidate]) -> bool:
    return any((one.first, one.second) == (o.first, o.second) for o in others)


def _without(q: Question, side: int, span: Span) -> tuple[str, str]:
    text = (q.first, q.second)[side].text
    left = " ".join((text[: span.start] + text[span.end :]).split())
    return (left, q.second.text) if side == 0 else (q.first.text, left)


def _exchanged(q: Question, candidate: Candidate) -> tuple[str, str]:
    one, two = candidate.first, candidate.second
    if one and two:
        text = q.second.text
        return q.first.text, text[: two.start] + q.first.text[one.start : one.end] + text[two.end :]
    return _without(q, 0, one) if one else _without(q, 1, two or Span(0, 0))


def _voted(q: Question, scores: Sequence[NliScores]) -> list[Candidate]:
    """The candidates with the model's vote: how much of the contradiction turned into an entailment."""
    most = max(0.05, q.base.contradiction + 1 - q.base.entailment)
    found = []
    for candidate, s in zip(q.candidates, scores, strict=True):
        fall = q.base.contradiction - s.contradiction
        if candidate.rule != "exchange" or fall >= MIN_FALL * q.base.contradiction:
            share = max(0.0, fall + s.entailment - q.base.entailment) / most
            found.append(replace(candidate, weight=candidate.weight + VOTE * share))
    return sorted(found, key=lambda c: -c.weight)
