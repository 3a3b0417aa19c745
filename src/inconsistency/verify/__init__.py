"""Suspected pairs -> `Verdict`s: a second reader judges, with the article at hand, what the NLI model suspects."""

from inconsistency.verify.asking import ask, measured_of, reader_settings
from inconsistency.verify.deciding import CONFIDENT, Measured, check_same, is_flagged, rank
from inconsistency.verify.llm import LLMVerifier
from inconsistency.verify.verdict import ArticleVerifier, Discovered, Findings, Suspects, Verdict, Verifier

__all__ = [
    "CONFIDENT", "ArticleVerifier", "Discovered", "Findings", "LLMVerifier", "Measured", "Suspects", "Verdict",
    "Verifier", "ask", "check_same", "is_flagged", "measured_of", "rank", "reader_settings",
]  # fmt: skip
