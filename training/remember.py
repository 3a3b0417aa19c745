"""A scorer that scores every ordered pair once: articles of one group share most of their pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inconsistency.nli import NliScores

Pair = tuple[str, str]


class Remembering:
    """Wraps a scorer of the library; make a new one for each group, so that memory stays small."""

    def __init__(self, scorer: Any) -> None:
        self.name, self._scorer = scorer.name, scorer
        self._full: dict[Pair, NliScores] = {}
        self._quick: dict[Pair, float] = {}
        self._likely: dict[tuple[Pair, float], NliScores | None] = {}
        if hasattr(scorer, "screen"):
            self.screen, self.score_likely = self._screen, self._score_likely

    def score(self, pairs: Sequence[Pair]) -> list[NliScores]:
        """As the scorer does."""
        fresh = [p for p in dict.fromkeys(pairs) if p not in self._full]
        self._full |= dict(zip(fresh, self._scorer.score(fresh), strict=True))
        return [self._full[p] for p in pairs]

    def _screen(self, pairs: Sequence[Pair]) -> list[float]:
        fresh = [p for p in dict.fromkeys(pairs) if p not in self._quick]
        self._quick |= dict(zip(fresh, self._scorer.screen(fresh), strict=True))
        return [self._quick[p] for p in pairs]

    def _score_likely(self, pairs: Sequence[Pair], floor: float) -> list[NliScores | None]:
        fresh = [p for p in dict.fromkeys(pairs) if (p, floor) not in self._likely]
        found = self._scorer.score_likely(fresh, floor)
        self._likely |= {(p, floor): s for p, s in zip(fresh, found, strict=True)}
        return [self._likely[p, floor] for p in pairs]
