"""What is flagged where a second reader is at work. This is the one place that says so."""

from __future__ import annotations

from inconsistency.verify.verdict import Verdict

CONFIDENT = 0.5  # confidence from which a second reader's "contradiction" is flagged, 0-1


def is_flagged(verdict: Verdict | None, probability: float, threshold: float) -> bool:
    """Whether a pair is flagged.

    A verdict decides alone: the NLI model has had its say by suspecting the pair. Where there is none, the NLI
    model's probability decides as if there were no second reader, so that a server that fails hides nothing.

    Args:
        verdict: the second reader's; None if it has not answered or was not asked.
        probability: calibrated P(the pair contradicts) by the NLI model, 0-1.
        threshold: probability from which a pair without a verdict is flagged, 0-1.
    """
    if verdict is None:
        return probability >= threshold
    return verdict.verdict == "contradiction" and verdict.confidence >= CONFIDENT


def rank(verdict: Verdict | None, probability: float) -> tuple[float, float]:
    """Sort key of flagged pairs, the surest first: by the second reader's confidence, then by probability."""
    return (-verdict.confidence if verdict else 0.0, -probability)
