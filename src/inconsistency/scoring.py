"""Candidate pairs -> `ScoredPair`s: which of them the NLI model reads to the end, and in which directions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from inconsistency.decision import Calibration, ScoredPair, decision_features
from inconsistency.errors import ModelError
from inconsistency.nli import NliScores, Scorer, ScreeningScorer
from inconsistency.pairs import CandidatePairs, SentencePair

NOTHING_AGAINST = NliScores(entailment=0.0, neutral=0.0, contradiction=1.0)


class Question(NamedTuple):
    """An article's pairs, and what is to be known of them.

    Attributes:
        candidates: the pairs.
        threshold: probability from which a pair is flagged, 0-1.
        promised: whether the threshold is a promise's.
    """

    candidates: CandidatePairs
    threshold: float
    promised: bool


class PairReader:
    """Lets a model read pairs.

    Args:
        scorer: the model.
        calibration: says what an early opinion and the first direction have to reach; None asks nothing of them.
    """

    def __init__(self, scorer: Scorer, calibration: Calibration | None) -> None:
        self.scorer, self.calibration = scorer, calibration
        self._quick = calibration.screen_floor if calibration else 0.0
        self._second = calibration.second_floor if calibration else 0.0

    def hopeful(self, questions: Sequence[Question]) -> list[list[ScoredPair]]:
        """The scored pairs of each article, without those that are not to be flagged for sure.

        The quick opinion comes from the model's own lower layers, where it has an exit there. A pair that passes
        is read in one direction, and in the other if the first one leaves open whether the pair is flagged, or
        whether it is the most probable one.
        """
        pairs = [p for q in questions for p in q.candidates.pairs]
        texts = [(p.first.text, p.second.text) for p in pairs]
        forward: list[NliScores | None]
        if self._quick > 0 and isinstance(self.scorer, ScreeningScorer):
            forward = self.scorer.score_likely(texts, self._quick)
        else:
            forward = list(self.scorer.score(texts))
        self._check(forward, len(texts))
        held = {k: s for k, s in enumerate(forward) if s is not None and s.contradiction >= self._second}
        if self.calibration and self.calibration.bounded:
            return self._while_open(questions, pairs, held, self.calibration)
        return _by_article(questions, self._turned(pairs, held))

    def every(self, questions: Sequence[Question]) -> list[list[ScoredPair]]:
        """The same, every pair being read by every layer in both directions.

        What a promise was measured with is part of the decision: under one, the quick opinion and the first
        direction rule pairs out here as well, though by their full word and not by a rougher one's.
        """
        pairs = [p for q in questions for p in q.candidates.pairs]
        texts = [(p.first.text, p.second.text) for p in pairs]
        forward = self.scorer.score(texts)
        self._check(forward, len(texts))
        found = self._turned(pairs, dict(enumerate(forward)))
        if all(q.promised for q in questions):
            likely = set(range(len(pairs)))
            if self._quick > 0 and isinstance(self.scorer, ScreeningScorer):
                # Asked so, a probability that is no number rules nothing out.
                likely = {k for k, quick in enumerate(self.scorer.screen(texts)) if not quick < self._quick}
            found = {k: s for k, s in found.items() if k in likely and s.forward.contradiction >= self._second}
        return _by_article(questions, found)

    def _while_open(
        self,
        questions: Sequence[Question],
        pairs: Sequence[SentencePair],
        held: dict[int, NliScores],
        calibration: Calibration,
    ) -> list[list[ScoredPair]]:
        """Read the second direction of what could be flagged, and of what could still be an article's best pair.

        The bound is exact: the probability that a pair has if nothing in the second direction speaks against it.
        """
        most = {}
        articles: list[list[int]] = []
        for question, members in zip(questions, _members(questions), strict=True):
            count = question.candidates.considered
            ks = [k for k in members if k in held]
            for k in ks:
                best_case = ScoredPair(pairs[k], held[k], NOTHING_AGAINST)
                most[k] = calibration.probability(decision_features(best_case, count))
            articles.append(sorted(ks, key=lambda k: -most[k]))
        now = {
            k
            for question, ks in zip(questions, articles, strict=True)
            for k in [*ks[:1], *(k for k in ks[1:] if most[k] >= question.threshold)]
        }
        found: dict[int, ScoredPair] = {}
        best = [0.0] * len(questions)
        step = 1
        while now:
            read = self._turned(pairs, {k: s for k, s in held.items() if k in now})
            found |= read
            step, now = 2 * step, set()
            for number, (question, ks) in enumerate(zip(questions, articles, strict=True)):
                rows = (decision_features(read[k], question.candidates.considered) for k in ks if k in read)
                best[number] = max([best[number], *map(calibration.probability, rows)])
                # The likeliest first, and more at a time by and by: the first ones mostly settle it.
                now.update([k for k in ks if k not in found and most[k] > best[number]][:step])
        return _by_article(questions, found)

    def _turned(self, pairs: Sequence[SentencePair], ahead: dict[int, NliScores]) -> dict[int, ScoredPair]:
        """Pairs read in one direction, by their number, read in the other one too."""
        if not ahead:
            return {}
        back = self.scorer.score([(pairs[k].second.text, pairs[k].first.text) for k in ahead])
        self._check(back, len(ahead))
        return {k: ScoredPair(pairs[k], s, b) for (k, s), b in zip(ahead.items(), back, strict=True)}

    def _check(self, scores: Sequence[NliScores | None], wanted: int) -> None:
        """Refuse answers that would read as "no contradiction": too few of them, or not numbers."""
        if len(scores) != wanted:
            raise ModelError(f"{self.scorer.name} gave {len(scores)} scores for {wanted} pairs")
        if not all(s is None or math.isfinite(s.contradiction) for s in scores):
            raise ModelError(f"{self.scorer.name} gave a P(contradiction) that is no number")


def _members(questions: Iterable[Question]) -> list[range]:
    """The numbers of each article's pairs, counted through all articles."""
    found, start = [], 0
    for question in questions:
        end = start + len(question.candidates.pairs)
        found.append(range(start, end))
        start = end
    return found


def _by_article(questions: Sequence[Question], found: dict[int, ScoredPair]) -> list[list[ScoredPair]]:
    """Scored pairs, by their number, shared out among the articles in their order."""
    return [[found[k] for k in members if k in found] for members in _members(questions)]
