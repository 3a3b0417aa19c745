"""Premise and hypothesis -> NLI scores: one protocol, one lazy door (`load_scorer`)."""

from inconsistency.nli.loading import Backend, load_scorer
from inconsistency.nli.scorer import KindScorer, NliScores, Scorer, ScreeningScorer

__all__ = ["Backend", "KindScorer", "NliScores", "Scorer", "ScreeningScorer", "load_scorer"]
