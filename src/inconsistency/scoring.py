"""Candidate pairs -> `ScoredPair`s: which of them the NLI model reads to the end, and in which directions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from inconsistency.errors import ModelError
from inconsistency.nli import NliScores, Scorer, ScreeningScorer
from inconsistency.pairs import SentencePair


class ScoredPair(NamedTuple):
    """A pair with its NLI scores, `first` being the premise of `forward`."""

    pair: SentencePair
    forward: NliScores
    backward: NliScores

    @property
    def mean(self) -> float:
        """Mean P(contradiction) of both directions, 0-1."""
        return (self.forward.contradiction + self.backward.contradiction) / 2


@dataclass(frozen=True, slots=True)
class Floors:
    """P(contradiction), 0-1, below which a pair is not read further. At 0 every pair is read to the end.

    Attributes:
        exit: of the model's early-exit score, where it has one.
        forward: of the first direction; below it the second direction is not read.
    """

    exit: float = 0.0
    forward: float = 0.0


class PairReader:
    """Lets a model read pairs in both directions.

    Args:
        scorer: the model.
        floors: what a pair has to reach to be read further.
    """

    def __init__(self, scorer: Scorer, floors: Floors) -> None:
        self.scorer, self.floors = scorer, floors

    def read_pruned(self, articles: Sequence[Sequence[SentencePair]]) -> list[list[ScoredPair]]:
        """The scored pairs of each article, without those that fall below a floor on the way."""
        pairs = [pair for article in articles for pair in article]
        texts = [(p.first.text, p.second.text) for p in pairs]
        forward: Sequence[NliScores | None]
        if self.floors.exit > 0 and isinstance(self.scorer, ScreeningScorer):
            forward = self.scorer.score_likely(texts, self.floors.exit)
        else:
            forward = self.scorer.score(texts)
        self._check(forward, len(texts))
        passing = {k: s for k, s in enumerate(forward) if s is not None and s.contradiction >= self.floors.forward}
        return _by_article(articles, self._both_directions(pairs, passing))

    def read_all(self, articles: Sequence[Sequence[SentencePair]]) -> list[list[ScoredPair]]:
        """The scored pairs of each article, every pair being read by every layer in both directions."""
        pairs = [pair for article in articles for pair in article]
        forward = self.scorer.score([(p.first.text, p.second.text) for p in pairs])
        self._check(forward, len(pairs))
        return _by_article(articles, self._both_directions(pairs, dict(enumerate(forward))))

    def read_likeliest(self, articles: Sequence[Sequence[SentencePair]], most: int) -> list[list[ScoredPair]]:
        """The pairs of each article that look likeliest at first, at most so many, read in both directions.

        The first look is the model's early-exit score; without one, every pair is read. Neither a threshold nor a
        floor has a say: what they dismiss a second reader may find right.
        """
        if not isinstance(self.scorer, ScreeningScorer):
            return self.read_all(articles)
        early = iter(self.scorer.screen([(p.first.text, p.second.text) for article in articles for p in article]))
        chosen = []
        for article in articles:
            # NaN is no reason to dismiss a pair.
            scores = [1.0 if math.isnan(p) else p for p in (next(early) for _ in article)]
            order = sorted(range(len(article)), key=lambda k: -scores[k])
            chosen.append([article[k] for k in sorted(order[:most])])
        return self.read_all(chosen)

    def read_named(self, pairs: Sequence[SentencePair]) -> list[ScoredPair]:
        """Pairs that somebody names, each read by every layer in both directions."""
        return self.read_all([pairs])[0]

    def reaches_floors(self, scored: Sequence[ScoredPair]) -> list[bool]:
        """Whether each pair reaches both floors, by the full word of the early-exit head."""
        early = [1.0] * len(scored)
        if self.floors.exit > 0 and isinstance(self.scorer, ScreeningScorer):
            early = self.scorer.screen([(s.pair.first.text, s.pair.second.text) for s in scored])
        return [
            # `not p < floor` lets NaN through: it is no reason to dismiss a pair.
            not p < self.floors.exit and s.forward.contradiction >= self.floors.forward
            for p, s in zip(early, scored, strict=True)
        ]

    def _both_directions(
        self, pairs: Sequence[SentencePair], forward: dict[int, NliScores]
    ) -> dict[int, ScoredPair]:
        """Pairs read in the first direction, by their number, read in the second one too."""
        if not forward:
            return {}
        backward = self.scorer.score([(pairs[k].second.text, pairs[k].first.text) for k in forward])
        self._check(backward, len(forward))
        return {k: ScoredPair(pairs[k], f, b) for (k, f), b in zip(forward.items(), backward, strict=True)}

    def _check(self, scores: Sequence[NliScores | None], wanted: int) -> None:
        """Refuse answers that would read as "no contradiction": too few of them, or not numbers."""
        if len(scores) != wanted:
            raise ModelError(f"{self.scorer.name} gave {len(scores)} scores for {wanted} pairs")
        if not all(s is None or math.isfinite(s.contradiction) for s in scores):
            raise ModelError(f"{self.scorer.name} gave a P(contradiction) that is no number")


def _by_article(
    articles: Sequence[Sequence[SentencePair]], found: dict[int, ScoredPair]
) -> list[list[ScoredPair]]:
    """Scored pairs, by their number counted through all articles, shared out among the articles in order."""
    shared: list[list[ScoredPair]] = []
    start = 0
    for article in articles:
        end = start + len(article)
        shared.append([found[k] for k in range(start, end) if k in found])
        start = end
    return shared
