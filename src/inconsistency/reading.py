"""`Reading`: an article on its way through the stages. `plain`, `explained`: its pairs as the report has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from inconsistency import evidence
from inconsistency.nli import CutScorer, Scorer
from inconsistency.options import DetectorOptions
from inconsistency.pairs import CandidatePairs
from inconsistency.report import Contradiction, Counts
from inconsistency.second import VerifiedPair
from inconsistency.sentences import Article, Sentence
from inconsistency.verify import CONFIDENT, Findings, Verifier, measured_of

EXPLAINED = 50  # the model is asked about this many flagged pairs of an article, the most probable


@dataclass(slots=True)
class Reading:
    """An article on its way through the stages.

    Attributes:
        article: as given.
        sentences: all of them.
        candidates: the pairs to score, and what was left out.
        options: the detector's, with what was asked for this article in their place.
        threshold: probability from which pairs are flagged, 0-1.
        found: the pairs that were scored, most probable first, with verdicts where there are any.
        findings: what a second reader said; None without one.
        verifier: the second reader that is asked about this article; None for none.
    """

    article: Article
    sentences: tuple[Sentence, ...]
    candidates: CandidatePairs
    options: DetectorOptions
    threshold: float
    found: list[VerifiedPair] = field(default_factory=list)
    findings: Findings | None = None
    verifier: Verifier | None = None

    @property
    def confident(self) -> float:
        """Confidence from which a second reader's "contradiction" is flagged, 0-1."""
        measured = measured_of(self.verifier)
        return measured.confident(self.false_flags) if measured else CONFIDENT

    def _is_flagged(self, pair: VerifiedPair) -> bool:
        return pair.is_flagged(self.threshold, self.confident)

    @property
    def false_flags(self) -> float | None:
        """What the threshold is to promise; None where it was given."""
        return self.options.strictness().false_flags

    @property
    def flagged(self) -> list[VerifiedPair]:
        """What is flagged, the surest first."""
        return sorted((v for v in self.found if self._is_flagged(v)), key=VerifiedPair.rank)

    @property
    def ranked(self) -> list[VerifiedPair]:
        """The most probable of the rest, as many as are asked for; with a second reader, where it gave no verdict.

        What it was not asked about is less probable than all that it has cleared.
        """
        rest = [v for v in self.found if v.verdict is None and not self._is_flagged(v)]
        if self.findings is not None:
            rest = [v for v in rest if v.unverified]
        return rest[: self.options.top]

    @property
    def cleared(self) -> list[VerifiedPair]:
        """What a second reader has judged and is not flagged."""
        return [v for v in self.found if v.verdict and not self._is_flagged(v)]

    @property
    def headline(self) -> str | None:
        """The headline as given, else the one recognised in the text; None where there is none."""
        given = self.article.headline
        if given and not given.isspace():
            return given
        return next((s.text for s in self.sentences if s.role == "headline"), None)

    def counts(self, scorer: Scorer) -> Counts:
        """What was read, scored and left out, by the scorer that read it."""
        furniture = Counter(s.furniture or "other" for s in self.sentences if s.role == "furniture")
        scored = [v for v in self.found if not v.discovered]
        return Counts(
            sentences=len(self.sentences),
            furniture=dict(furniture),
            pairs=self.candidates.considered,
            left_out=self.candidates.left_out,
            screened_out=len(self.candidates.pairs) - len(scored),
            scored=len(scored),
            truncated=self._truncated(scored, scorer),
            unverified=Counter(v.unverified for v in self.found if v.unverified),
            windows=self.findings.windows if self.findings else 0,
        )

    def _truncated(self, scored: list[VerifiedPair], scorer: Scorer) -> int:
        """Pairs read with a sentence cut, dismissed ones included where the scorer can tell."""
        if not isinstance(scorer, CutScorer):
            read = [v.judged.scored for v in scored]
            return sum(s.forward.truncated or s.backward.truncated for s in read)
        pairs = self.candidates.pairs
        texts = list(dict.fromkeys(s.text for p in pairs for s in (p.first, p.second)))
        cut = {text for text, is_cut in zip(texts, scorer.cut(texts), strict=True) if is_cut}
        return sum(p.first.text in cut or p.second.text in cut for p in pairs)


def plain(pairs: Sequence[VerifiedPair]) -> tuple[Contradiction, ...]:
    """Pairs as the report has them, without evidence."""
    return tuple(map(_contradiction, pairs))


def explained(flagged: Sequence[VerifiedPair], scorer: Scorer) -> tuple[Contradiction, ...]:
    """Flagged pairs, the surest first, as the report has them, with evidence and caveat."""
    scored = [v.judged.scored for v in flagged]
    pairs = [(s.pair.first, s.pair.second, s.forward, s.backward) for s in scored]
    # What comes after the most probable ones is explained by the words alone.
    reasons = evidence.explain_all(pairs[:EXPLAINED], scorer) + evidence.explain_all(pairs[EXPLAINED:], None)
    return tuple(
        replace(_contradiction(v), evidence=reason, caveat=evidence.caveat(a.text, b.text))
        for v, (a, b, *_), reason in zip(flagged, pairs, reasons, strict=True)
    )


def _contradiction(verified: VerifiedPair) -> Contradiction:
    pair, forward, backward, _ = verified.judged.scored
    return Contradiction(
        pair.first,
        pair.second,
        verified.judged.probability,
        forward,
        backward,
        verdict=verified.verdict,
        unverified=verified.unverified,
        discovered=verified.discovered,
    )
