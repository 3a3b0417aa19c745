"""`Reading`: an article on its way through the stages, from its candidate pairs to its `Report`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from inconsistency import evidence
from inconsistency.decision import UNCALIBRATED_THRESHOLD, Calibration, decision_features
from inconsistency.nli import CutScorer, Scorer
from inconsistency.options import DetectorOptions, Strictness
from inconsistency.pairs import CandidatePairs
from inconsistency.report import Contradiction, Counts, Report
from inconsistency.scoring import ScoredPair
from inconsistency.second import JudgedPair
from inconsistency.sentences import Article, Sentence
from inconsistency.verify import CONFIDENT, Findings, Verifier, is_flagged, measured_of, reader_settings
from inconsistency.version import __version__


@dataclass(slots=True)
class Reading:
    """An article on its way through the stages.

    Attributes:
        article: as given.
        sentences: all of them.
        candidates: the pairs to score, and what was left out.
        options: the detector's, with what was asked for this article in their place.
        calibration: the decision; None without one.
        verifier: the second reader that is asked about this article; None for none.
        threshold: probability from which pairs are flagged, 0-1.
        found: the pairs that were scored, most probable first, with verdicts where there are any.
        findings: what a second reader said; None without one.
    """

    article: Article
    sentences: tuple[Sentence, ...]
    candidates: CandidatePairs
    options: DetectorOptions
    calibration: Calibration | None
    verifier: Verifier | None
    threshold: float = field(init=False)
    found: list[JudgedPair] = field(default_factory=list)
    findings: Findings | None = None

    def __post_init__(self) -> None:
        """Look the threshold up once."""
        self.threshold = threshold_of(self.options.strictness(), self.calibration, self.candidates.considered)

    def judged(self, scored: Sequence[ScoredPair]) -> list[JudgedPair]:
        """Scored pairs with their probabilities, most probable first."""
        return sorted((JudgedPair(s, self._probability(s)) for s in scored), key=JudgedPair.rank)

    def _probability(self, scored: ScoredPair) -> float:
        if self.calibration is None:
            return scored.mean
        return self.calibration.probability(decision_features(scored, self.candidates.considered), scored.kinds)

    @property
    def keeps_promise(self) -> bool:
        """Whether the threshold follows from a promise, which counts on the choice of pairs."""
        return self.false_flags is not None and self.verifier is None

    @property
    def confident(self) -> float:
        """Confidence from which a second reader's "contradiction" is flagged, 0-1."""
        measured = measured_of(self.verifier)
        return measured.confident(self.false_flags) if measured else CONFIDENT

    def _is_flagged(self, pair: JudgedPair) -> bool:
        return is_flagged(pair.verdict, pair.probability, self.threshold, self.confident)

    @property
    def false_flags(self) -> float | None:
        """What the threshold is to promise; None where it was given."""
        return self.options.strictness().false_flags

    @property
    def flagged(self) -> list[JudgedPair]:
        """What is flagged, the surest first."""
        return sorted((v for v in self.found if self._is_flagged(v)), key=JudgedPair.rank)

    @property
    def ranked(self) -> list[JudgedPair]:
        """The most probable of the rest, as many as are asked for; with a second reader, where it gave no verdict.

        What it was not asked about is less probable than all that it has cleared.
        """
        rest = [v for v in self.found if v.verdict is None and not self._is_flagged(v)]
        if self.findings is not None:
            rest = [v for v in rest if v.unverified]
        return rest[: self.options.top]

    @property
    def cleared(self) -> list[JudgedPair]:
        """What a second reader has judged and is not flagged."""
        return [v for v in self.found if v.verdict and not self._is_flagged(v)]

    @property
    def headline(self) -> str | None:
        """The headline as given, else the one recognised in the text; None where there is none."""
        given = self.article.headline
        if given and not given.isspace():
            return given
        return next((s.text for s in self.sentences if s.role == "headline"), None)

    def report(self, scorer: Scorer) -> Report:
        """Flag, explain, count; `scorer` is the one that has read the pairs."""
        flagged = self.flagged
        found, unasked = _explained(flagged, scorer) if self.options.evidence else (_plain(flagged), 0)
        return Report(
            text=self.article.text,
            headline=self.headline,
            sentences=self.sentences,
            contradictions=found,
            ranked=_plain(self.ranked),
            score=max((v.probability for v in self.found), default=0.0),
            threshold=self.threshold,
            expected_false_flags=self._expected(),
            counts=self._counts(scorer, unasked),
            model=scorer.name,
            cleared=_plain(self.cleared),
            verifier=reader_settings(self.verifier),
            false_flags=self.false_flags if self.calibration else None,
            missed=self._missed(),
            version=__version__,
        )

    def _expected(self) -> float | None:
        """False flags to expect if the article is clean; None where pairs are flagged that no fit has measured."""
        if seen := measured_of(self.verifier):
            return seen.expected(self.confident)
        measured = self.options.screen or self.false_flags is not None
        if self.calibration is None or self.verifier or not measured:
            return None
        if not self.candidates.considered:
            return 0.0
        return self.calibration.expected_false_flags(self.threshold, self.candidates.considered)

    def _missed(self) -> float | None:
        """Share of contradicting articles that are not found; None where nobody has measured it."""
        if seen := measured_of(self.verifier):
            return seen.missed(self.confident)
        if self.calibration is None or self.verifier:
            return None
        return self.calibration.missed(self.false_flags)

    def _counts(self, scorer: Scorer, unasked: int) -> Counts:
        furniture = Counter(s.furniture or "other" for s in self.sentences if s.role == "furniture")
        # A pair that only a second reader has named is not among the candidates, unless it had been set aside.
        added = {v.position for v in self.found if v.discovered}
        if added:
            added -= {(p.first.index, p.second.index) for p in self.candidates.pairs}
        scored = [v for v in self.found if v.position not in added]
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
            unread=Counter(self.findings.unread if self.findings else ()),
            unasked=unasked,
        )

    def _truncated(self, scored: list[JudgedPair], scorer: Scorer) -> int:
        """Pairs read with a sentence cut, dismissed ones included where the scorer can tell."""
        if not isinstance(scorer, CutScorer):
            read = [v.scored for v in scored]
            return sum(s.forward.truncated or s.backward.truncated for s in read)
        pairs = self.candidates.pairs
        texts = list(dict.fromkeys(s.text for p in pairs for s in (p.first, p.second)))
        cut = {text for text, is_cut in zip(texts, scorer.cut(texts), strict=True) if is_cut}
        return sum(p.first.text in cut or p.second.text in cut for p in pairs)


def threshold_of(strictness: Strictness, calibration: Calibration | None, pairs: int) -> float:
    """The probability from which pairs are flagged in an article that has so many, 0-1."""
    if strictness.threshold is not None:
        return strictness.threshold
    if calibration is None or strictness.false_flags is None:
        return UNCALIBRATED_THRESHOLD
    return calibration.threshold(strictness.false_flags, pairs)


def _plain(pairs: Sequence[JudgedPair]) -> tuple[Contradiction, ...]:
    """Pairs as the report has them, without evidence."""
    return tuple(map(_contradiction, pairs))


def _explained(flagged: Sequence[JudgedPair], scorer: Scorer) -> tuple[tuple[Contradiction, ...], int]:
    """Flagged pairs, the surest first, with evidence and caveat; and of how many the model was not asked."""
    pairs = [(v.scored.pair.first, v.scored.pair.second) for v in flagged]
    reasons, unasked = evidence.explain_all(pairs, scorer, [v.scored.kinds for v in flagged])
    found = tuple(
        replace(_contradiction(v), evidence=reason, caveat=evidence.caveat(a.text, b.text))
        for v, (a, b), reason in zip(flagged, pairs, reasons, strict=True)
    )
    return found, unasked


def _contradiction(judged: JudgedPair) -> Contradiction:
    pair, forward, backward, *_ = judged.scored
    return Contradiction(
        pair.first,
        pair.second,
        judged.probability,
        forward,
        backward,
        verdict=judged.verdict,
        unverified=judged.unverified,
        discovered=judged.discovered,
    )
