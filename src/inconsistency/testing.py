"""A scorer without a model, for tests of code that uses this package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from inconsistency.nli import NliScores


class FakeScorer:
    """Score pairs from a table; every other pair is neutral.

    The table's keys are pairs of *substrings*: a pair of sentences gets the probability of the
    first key whose parts stand in its two sentences, in either order.

    Args:
        contradictions: (words of one sentence, words of the other) -> P(contradiction), 0-1.

    Example:
        >>> scorer = FakeScorer({("14 people", "41 people"): 0.9})
        >>> scorer.score([("14 people were hurt.", "41 people were hurt.")])[0].contradiction
        0.9
    """

    name = "fake"

    def __init__(self, contradictions: Mapping[tuple[str, str], float] | None = None) -> None:
        self._table = dict(contradictions or {})
        self.calls: list[int] = []

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NliScores]:
        """Score pairs by the table; `calls` remembers how many came in each call."""
        self.calls.append(len(pairs))
        return [self._one(premise, hypothesis) for premise, hypothesis in pairs]

    def _one(self, premise: str, hypothesis: str) -> NliScores:
        for (one, other), p in self._table.items():
            if (one in premise and other in hypothesis) or (other in premise and one in hypothesis):
                return NliScores(entailment=0.0, neutral=1.0 - p, contradiction=p)
        return NliScores(entailment=0.02, neutral=0.97, contradiction=0.01)
