"""Premise and hypothesis -> NLI scores: one protocol, one lazy door (`load_scorer`)."""

from inconsistency.nli.loading import Backend, load_scorer
from inconsistency.nli.scorer import CutScorer, KindScorer, NliScores, Scorer, ScreeningScorer

__all__ = ["Backend", "CutScorer", "KindScorer", "NliScores", "Scorer", "ScreeningScorer", "load_scorer"]
