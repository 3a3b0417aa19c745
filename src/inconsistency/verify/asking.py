"""Suspected pairs -> `Findings`, whatever second reader there is."""

from __future__ import annotations

from collections.abc import Sequence

from inconsistency.errors import VerifierError
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
