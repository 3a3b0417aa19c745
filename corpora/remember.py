"""A scorer that answers for every pair once: articles of one group share most of their pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from inconsistency.nli import NliScores

Pair = tuple[str, str]
Answer = TypeVar("Answer")


class Remembering:
    """Wraps a scorer of the library; its memory grows with every pair, so a long run makes one for each group."""

    def __init__(self, scorer: Any) -> None:
        self.name, self._scorer = scorer.name, scorer
        self._known: dict[str, dict[Pair, Any]] = {"prefilter": {}, "screen": {}, "score": {}, "kinds": {}}
        if hasattr(scorer, "screen"):
            self.prefilter, self.screen = self._prefilter, self._screen
        if hasattr(scorer, "kinds"):
            self.kinds = self._kinds

    def score(self, pairs: Sequence[Pair]) -> list[NliScores]:
        """As the scorer does."""
        return self._remembered("score", self._scorer.score, pairs)

    def _prefilter(self, pairs: Sequence[Pair]) -> list[float]:
        return self._remembered("prefilter", self._scorer.prefilter, pairs)

    def _screen(self, pairs: Sequence[Pair]) -> list[float]:
        return self._remembered("screen", self._scorer.screen, pairs)

    def _kinds(self, pairs: Sequence[Pair]) -> list[dict[str, float]]:
        return self._remembered("kinds", self._scorer.kinds, pairs)

    def _remembered(
        self, name: str, ask: Callable[[Sequence[Pair]], list[Answer]], pairs: Sequence[Pair]
    ) -> list[Answer]:
        known: dict[Pair, Answer] = self._known[name]
        fresh = [pair for pair in dict.fromkeys(pairs) if pair not in known]
        known |= zip(fresh, ask(fresh), strict=True)
        return [known[pair] for pair in pairs]
