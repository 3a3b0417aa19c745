"""Premise and hypothesis -> NLI scores: one protocol, one lazy door (`load_scorer`)."""

from inconsistency.nli.loading import load_scorer
from inconsistency.nli.scorer import CutScorer, KindScorer, NliScores, Scorer, ScreeningScorer

__all__ = ["CutScorer", "KindScorer", "NliScores", "Scorer", "ScreeningScorer", "load_scorer"]
