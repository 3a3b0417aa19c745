"""`JudgedPair`: a scored pair with its probability and, where there is a second reader, what that says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from inconsistency.scoring import ScoredPair
from inconsistency.verify import Findings, Verdict, rank
from inconsistency.verify.asking import NO_ANSWER

NOT_ASKED = "not among the candidates"


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A pair and what is made of it.

    Attributes:
        scored: the pair with its NLI scores.
        probability: calibrated P(contradiction), 0-1.
        verdict: the second reader's; None without one, and where it has not answered.
        unverified: why there is a second reader and no verdict; None otherwise.
        discovered: whether the second reader named the pair itself, unasked.
    """

    scored: ScoredPair
    probability: float
    verdict: Verdict | None = None
    unverified: str | None = None
    discovered: bool = False

    @property
    def position(self) -> tuple[int, int]:
        """Indexes of the two sentences, the smaller first."""
        pair = self.scored.pair
        return pair.first.index, pair.second.index

    def rank(self) -> tuple[float, ...]:
        """Sort key of flagged pairs, the surest first."""
        return (*rank(self.verdict, self.probability), *self.position)


def with_verdicts(found: Sequence[JudgedPair], findings: Findings, threshold: float) -> list[JudgedPair]:
    """Put verdicts, and reasons why there is none, beside the pairs that they are about.

    Args:
        found: an article's pairs, those that the reader was asked about first, in that order.
        findings: what it said; every pair that it named itself is among `found`.
        threshold: probability from which a pair without a verdict is flagged: who sees it is to know why, 0-1.
    """
    discovered = {d.pair: d.verdict for d in findings.discovered}
    asked = len(findings.verdicts)
    told = [
        replace(v, verdict=verdict, unverified=None if verdict else failure or NO_ANSWER)
        for v, verdict, failure in zip(found[:asked], findings.verdicts, findings.failures, strict=True)
    ]
    for v in found[asked:]:
        if v.position in discovered:
            told.append(replace(v, verdict=discovered[v.position], discovered=True))
        else:
            told.append(replace(v, unverified=NOT_ASKED) if v.probability >= threshold else v)
    return told
