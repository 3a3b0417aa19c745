"""Suspected pairs -> `Findings`, whatever second reader there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inconsistency.errors import VerifierError
from inconsistency.verify.deciding import Measured
from inconsistency.verify.verdict import ArticleVerifier, Findings, Suspects, Verdict, Verifier

NO_ANSWER = "no answer"


def ask(verifier: Verifier, articles: Sequence[Suspects]) -> list[Findings]:
    """Let a second reader judge the suspected pairs of several articles.

    Raises:
        VerifierError: the reader cannot work, or what it gives is no list of verdicts, one for each pair.
    """
    if isinstance(verifier, ArticleVerifier):
        found = list(verifier.read(articles))
    else:
        found = [_plain(verifier, article) for article in articles]
    if len(found) != len(articles):
        raise VerifierError(f"{verifier.name} answered for {len(found)} articles of {len(articles)}")
    for article, findings in zip(articles, found, strict=True):
        _check(verifier, article, findings)
    return found


def reader_settings(verifier: Verifier | None) -> dict[str, Any] | None:
    """What is known of a second reader, as JSON-able values; None for none."""
    if verifier is None:
        return None
    return {"name": verifier.name} | (verifier.settings() if isinstance(verifier, ArticleVerifier) else {})


def measured_of(verifier: Verifier | None) -> Measured | None:
    """What was measured of a second reader; None for nothing."""
    found = getattr(verifier, "measured", None)
    return found if isinstance(found, Measured) else None


def _plain(verifier: Verifier, article: Suspects) -> Findings:
    if not article.pairs:
        return Findings((), ())
    verdicts = tuple(verifier.verify(article.sentences, article.pairs))
    return Findings(verdicts, tuple("" if v else NO_ANSWER for v in verdicts), windows=1)


def _check(verifier: Verifier, article: Suspects, findings: Findings) -> None:
    """Refuse answers that could be taken for those of other pairs."""
    if not len(findings.verdicts) == len(findings.failures) == len(article.pairs):
        raise VerifierError(
            f"{verifier.name} gave {len(findings.verdicts)} verdicts for {len(article.pairs)} pairs; "
            "accepted is one for each, None where there is no answer"
        )
    for verdict in findings.verdicts:
        if not isinstance(verdict, Verdict | None):
            raise VerifierError(f"{verifier.name} gave {verdict!r}; accepted are a Verdict and None")
    places = {k for k, s in enumerate(article.sentences) if s.role != "furniture"}
    for pair, _ in findings.discovered:
        if not (pair[0] < pair[1] and places >= set(pair)) or pair in article.pairs:
            raise VerifierError(
                f"{verifier.name} named the pair {pair!r} itself; accepted are positions of two sentences that "
                "are no furniture, the smaller first, and that it was not asked about"
            )
