"""Candidate pairs -> `ScoredPair`s: which of them the NLI model reads, and in which directions.

A model with cheaper opinions looks at every pair, then at the likeliest of them once more, and reads the likeliest
of these. How many there are goes by an article's sentences, so that the cost grows with its length, not with its
square. The shares of labelled pairs that are kept stand in training/HISTORY.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from inconsistency.errors import ModelError
from inconsistency.nli import KindScorer, NliScores, Scorer, ScreeningScorer
from inconsistency.pairs import SentencePair

# Pairs of an article, and pairs a sentence where those are more.
SCREENED, SCREENED_A_SENTENCE = 64, 2.5
READ, READ_A_SENTENCE = 10, 0.4
SECOND = 0.05  # P(contradiction) of the first direction from which the second is read
SURELY_SECOND = 3  # pairs of an article, its likeliest, whose second direction is read in any case
TOGETHER = 4096  # pairs; a model that tells kinds remembers them of so many, read in both directions
NO_OPINION = 0.5

Opinion = Callable[[Sequence[tuple[str, str]]], list[float]]


class ScoredPair(NamedTuple):
    """A pair with its NLI scores, `first` being the premise of `forward`.

    `screened` is the quick P(contradiction), 0-1, by which the pair was chosen; `NO_OPINION` without one. `kinds`
    is what the model takes the conflict for, as `KindScorer` tells it; None if it tells no kinds.
    """

    pair: SentencePair
    forward: NliScores
    backward: NliScores
    screened: float = NO_OPINION
    kinds: Mapping[str, float] | None = None

    @property
    def mean(self) -> float:
        """Mean P(contradiction) of both directions, 0-1."""
        return (self.forward.contradiction + self.backward.contradiction) / 2


class _Chosen(NamedTuple):
    """A pair that is read, the number of its article, and what the quick opinion says of it."""

    article: int
    pair: SentencePair
    screened: float = NO_OPINION

    @property
    def texts(self) -> tuple[str, str]:
        """Its two sentences in their order."""
        return self.pair.first.text, self.pair.second.text


class PairReader:
    """Lets a model read pairs in both directions.

    Args:
        scorer: the model.
    """

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer

    def read_likeliest(
        self, articles: Sequence[Sequence[SentencePair]], at_least: int = 0
    ) -> list[list[ScoredPair]]:
        """The pairs of each article that look likeliest, read in both directions.

        A pair whose first direction makes nothing of it is left out, but for the `SURELY_SECOND` likeliest. A
        model without cheaper opinions reads every pair in the first direction.

        Args:
            articles: the pairs of each.
            at_least: so many pairs of an article are read, in both directions.
        """
        chosen = self._chosen(articles, at_least)
        forward = self._scores([c.texts for c in chosen])
        kept = _open(chosen, forward, max(at_least, SURELY_SECOND))
        return self._second(len(articles), [chosen[k] for k in kept], [forward[k] for k in kept])

    def read_all(self, articles: Sequence[Sequence[SentencePair]]) -> list[list[ScoredPair]]:
        """Every pair of each article, read in both directions."""
        chosen = _numbered(articles)
        if isinstance(self.scorer, ScreeningScorer):
            quick = self._opinions(self.scorer.screen, chosen)
            chosen = [c._replace(screened=p) for c, p in zip(chosen, quick, strict=True)]
        found: list[list[ScoredPair]] = [[] for _ in articles]
        for start in range(0, len(chosen), TOGETHER):
            part = chosen[start : start + TOGETHER]
            read = self._second(len(articles), part, self._scores([c.texts for c in part]))
            for own, more in zip(found, read, strict=True):
                own += more
        return found

    def _chosen(self, articles: Sequence[Sequence[SentencePair]], at_least: int) -> list[_Chosen]:
        """The pairs worth reading, article by article."""
        if not isinstance(self.scorer, ScreeningScorer):
            return _numbered(articles)
        sentences = [len({s.index for p in article for s in (p.first, p.second)}) for article in articles]
        looked_at = [max(SCREENED, math.ceil(SCREENED_A_SENTENCE * n)) for n in sentences]
        read = [max(READ, at_least, math.ceil(READ_A_SENTENCE * n)) for n in sentences]
        noticed = self._likeliest(_numbered(articles), self.scorer.prefilter, looked_at)
        return self._likeliest(noticed, self.scorer.screen, read)

    def _likeliest(self, pairs: Sequence[_Chosen], opinion: Opinion, most: Sequence[int]) -> list[_Chosen]:
        """The pairs of each article that an opinion finds likeliest, so many at the most, in their order."""
        quick = self._opinions(opinion, pairs)
        left, kept = list(most), set()
        for k in sorted(range(len(pairs)), key=lambda k: -quick[k]):
            if left[pairs[k].article] > 0:
                left[pairs[k].article] -= 1
                kept.add(k)
        return [pairs[k]._replace(screened=quick[k]) for k in sorted(kept)]

    def _opinions(self, opinion: Opinion, pairs: Sequence[_Chosen]) -> list[float]:
        found = opinion([c.texts for c in pairs]) if pairs else []
        self._check(found, len(pairs))
        return found

    def _scores(self, texts: Sequence[tuple[str, str]]) -> list[NliScores]:
        scores = self.scorer.score(texts) if texts else []
        self._check([s.contradiction for s in scores], len(texts))
        return list(scores)

    def _second(
        self, articles: int, chosen: Sequence[_Chosen], forward: Sequence[NliScores]
    ) -> list[list[ScoredPair]]:
        """Pairs read in the first direction, read in the second one too, shared out among the articles."""
        backward = self._scores([c.texts[::-1] for c in chosen])
        kinds = self._kinds([c.texts for c in chosen])
        found: list[list[ScoredPair]] = [[] for _ in range(articles)]
        for c, f, b, told in zip(chosen, forward, backward, kinds, strict=True):
            found[c.article].append(ScoredPair(c.pair, f, b, c.screened, told))
        return found

    def _kinds(self, texts: Sequence[tuple[str, str]]) -> Sequence[Mapping[str, float] | None]:
        """What the model takes the conflicts for; it has just read the pairs, and remembers."""
        return self.scorer.kinds(texts) if texts and isinstance(self.scorer, KindScorer) else [None] * len(texts)

    def _check(self, chances: Sequence[float], wanted: int) -> None:
        """Refuse answers that would read as "no contradiction": too few of them, or not numbers."""
        if len(chances) != wanted:
            raise ModelError(f"{self.scorer.name} gave {len(chances)} scores for {wanted} pairs")
        if not all(map(math.isfinite, chances)):
            raise ModelError(f"{self.scorer.name} gave a P(contradiction) that is no number")


def _numbered(articles: Sequence[Sequence[SentencePair]]) -> list[_Chosen]:
    """All pairs, with the numbers of their articles."""
    return [_Chosen(number, pair) for number, article in enumerate(articles) for pair in article]


def _open(chosen: Sequence[_Chosen], forward: Sequence[NliScores], surely: int) -> list[int]:
    """Which pairs the first direction leaves open, by their place among the chosen."""
    of: dict[int, list[int]] = {}
    for k, c in enumerate(chosen):
        of.setdefault(c.article, []).append(k)
    kept: set[int] = {k for k, s in enumerate(forward) if s.contradiction >= SECOND}
    for members in of.values():
        kept.update(sorted(members, key=lambda k: -forward[k].contradiction)[:surely])
    return sorted(kept)
