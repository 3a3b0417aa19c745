"""A scorer and a second reader without a model, for tests of code that uses this package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from inconsistency.nli import NliScores
from inconsistency.sentences import Sentence
from inconsistency.verify import Verdict

Told = TypeVar("Told")


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
        p = _told(self._table, premise, hypothesis)
        if p is None:
            return NliScores(entailment=0.02, neutral=0.97, contradiction=0.01)
        return NliScores(entailment=0.0, neutral=1.0 - p, contradiction=p)


class FakeVerifier:
    """Judge pairs from a table; a pair that is not in it gets no answer.

    The table's keys are pairs of *substrings*, as those of `FakeScorer`; None stands for no answer as well.

    Args:
        verdicts: (words of one sentence, words of the other) -> the verdict.

    Example:
        >>> from inconsistency import Verdict
        >>> from inconsistency.sentences import from_texts
        >>> sure = Verdict("contradiction", 0.9, "Only one number can be right.")
        >>> verifier = FakeVerifier({("14 people", "41 people"): sure})
        >>> sentences = from_texts(["14 people were hurt.", "41 people were hurt."], headline=False)
        >>> verifier.verify(sentences, [(0, 1)])[0].reason
        'Only one number can be right.'
    """

    name = "fake"

    def __init__(self, verdicts: Mapping[tuple[str, str], Verdict | None] | None = None) -> None:
        self._table = dict(verdicts or {})
        self.calls: list[int] = []

    def verify(self, sentences: Sequence[Sentence], pairs: Sequence[tuple[int, int]]) -> list[Verdict | None]:
        """Judge pairs by the table; `calls` remembers how many came in each call."""
        self.calls.append(len(pairs))
        return [_told(self._table, sentences[first].text, sentences[second].text) for first, second in pairs]


def _told(table: Mapping[tuple[str, str], Told], first: str, second: str) -> Told | None:
    """What a table tells of two texts, in either order; None where nothing in it fits."""
    for (one, other), told in table.items():
        if (one in first and other in second) or (other in first and one in second):
            return told
    return None
