"""Suspected pairs -> `Verdict`s: a second reader judges, with the article at hand, what the NLI model suspects."""

from inconsistency.verify.asking import ask, reader_settings
from inconsistency.verify.deciding import CONFIDENT, is_flagged, rank
from inconsistency.verify.llm import LLMVerifier
from inconsistency.verify.verdict import (
    ArticleVerifier,
    Discovered,
    Findings,
    Suspects,
    Verdict,
    Verifier,
)

__all__ = [
    "CONFIDENT",
    "ArticleVerifier",
    "Discovered",
    "Findings",
    "LLMVerifier",
    "Suspects",
    "Verdict",
    "Verifier",
    "ask",
    "is_flagged",
    "rank",
    "reader_settings",
]
