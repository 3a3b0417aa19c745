"""The conductor: article text in, `Report` out. The only file that knows all stages."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from inconsistency import decision, evidence, options, second
from inconsistency.decision import JudgedPair
from inconsistency.errors import CalibrationError, InputError
from inconsistency.identity import ModelFiles, check_picklable, digest, restore
from inconsistency.nli import CutScorer, Scorer, load_scorer
from inconsistency.pairs import MAX_PAIRS, CandidatePairs, candidate_pairs, named_pairs
from inconsistency.report import Contradiction, Counts, Report
from inconsistency.scoring import Floors, PairReader, ScoredPair
from inconsistency.second import VerifiedPair
from inconsistency.sentences import Article, Sentence, from_texts, split
from inconsistency.verify import Findings, Suspects, Verifier, ask, reader_settings

CANDIDATES = 20  # pairs of an article that a second reader judges
READ = 3  # times as many are read in full, for these to be chosen from
AT_ONCE = 4000  # pairs gathered across articles before the model is asked
EXPLAINED = 50  # the model is asked about this many flagged pairs of an article, the most probable


@dataclass(slots=True)
class _Reading:
    """One article on its way through the stages."""

    article: Article
    sentences: tuple[Sentence, ...]
    candidates: CandidatePairs
    threshold: float
    promised: bool
    found: list[VerifiedPair] = field(default_factory=list)  # most probable first
    findings: Findings | None = None


class Detector:
    """Finds contradicting sentence pairs inside articles.

    Args:
        model: "default" (embedded), a local model folder, a hub id ("owner/name" or "owner/name@revision"), or any
            object with the `Scorer` protocol.
        backend: "auto", "onnx" or "torch".
        threshold: probability from which a pair is flagged, 0-1; None derives it from `false_flags`.
        false_flags: promised mean number of false flags per clean article, or "strict" (0.05),
            "default" (0.1), "broad" (0.5).
        screen: whether a pair may be dismissed before it is read in full, by an early-exit score of the model,
            where it has one, or by the first of the two directions. Without, every pair is scored in full; but
            while the threshold is a promise's, what those two would have dismissed is not flagged, for the
            promise counts on it.
        evidence: whether flagged pairs get kind, clashing words, explanation and caveat.
        calibration: a calibration file; None takes the one beside the model. It must have been fitted for the
            very files of the model; a scorer object, which has none, is known by its name. A model without one
            gives the mean NLI probability of both directions, and no promise.
        threads: CPU threads of the model; None leaves it to the backend.
        max_pairs: most pairs of an article that are scored; what is left out is counted. At most 40 a sentence are
            scored in any case, so that the cost grows linearly with the length.
        self_test: let the model answer six plain pairs at load and refuse it if its labels are wrong.
        verifier: a second reader, such as `inconsistency.verify.LLMVerifier`, that judges the most probable pairs
            and decides what is flagged. No false flags are then promised.
        candidates: how many pairs of an article it judges.

    Raises:
        InputError: an option has a value that is not accepted.
        ModelError: the model cannot be used.
        CalibrationError: the calibration file cannot be used, or was fitted for another model.
    """

    def __init__(
        self,
        model: str | Path | Scorer = "default",
        *,
        backend: str = "auto",
        threshold: float | None = None,
        false_flags: float | str = "default",
        screen: bool = True,
        evidence: bool = True,
        calibration: str | Path | None = None,
        threads: int | None = None,
        max_pairs: int | None = MAX_PAIRS,
        self_test: bool = True,
        verifier: Verifier | None = None,
        candidates: int = CANDIDATES,
    ) -> None:
        options.require_counts(max_pairs=max_pairs, threads=threads)
        if not isinstance(candidates, int) or isinstance(candidates, bool) or candidates < 1:
            raise InputError(f"candidates is {candidates!r}; accepted are whole numbers from 1")
        if verifier is not None and not isinstance(verifier, Verifier):
            raise InputError(f"verifier is {verifier!r}; accepted are None and an object with name and verify")
        self.verifier, self._candidates = verifier, candidates
        options.require_switches(screen=screen, evidence=evidence, self_test=self_test)
        self._threshold = None if threshold is None else options.probability(threshold, "threshold")
        self.false_flags = options.false_flags(false_flags)
        if isinstance(model, str):
            options.require_model_name(model)
        path = _calibration_file(model, calibration)
        self.calibration = decision.load_calibration(path) if path else None
        self._model = model
        self._options: dict[str, Any] = {
            "backend": backend,
            "threshold": threshold,
            "false_flags": false_flags,
            "screen": screen,
            "evidence": evidence,
            "calibration": calibration,
            "threads": threads,
            "max_pairs": max_pairs,
            "self_test": self_test,
            "verifier": verifier,
            "candidates": candidates,
        }
        self._files = ModelFiles(model) if isinstance(model, str | Path) else None
        if self._files and self.calibration:
            self._files.read_ahead()
        if isinstance(model, str | Path):
            self.scorer: Scorer = load_scorer(model, backend=backend, threads=threads, self_test=self_test)
        elif isinstance(model, Scorer):
            self.scorer = model
        else:
            raise InputError(f"model is {model!r}; accepted are a name, a folder and a Scorer")
        if self.calibration and path:
            _check_fitted_for(self.calibration, path, model, self.scorer.name, self._files)
        self._screen, self._evidence, self._max_pairs = screen, evidence, max_pairs

    def check(
        self, text: str, *, headline: str | None = None, threshold: float | None = None
    ) -> Report:
        """Cross-examine one article.

        Args:
            text: the article's body; a headline on its first line is recognised.
            headline: the headline, if it is given apart.
            threshold: overrides the detector's; 0 reports every scored pair.

        Raises:
            InputError: text or headline is not text, the text is empty or the path of a file, or the threshold
                is outside 0-1.
        """
        if threshold is not None:
            threshold = options.probability(threshold, "threshold")
        reading = self._read(Article(text, headline), threshold)
        return next(iter(self._finish([reading])))

    def check_many(self, articles: Iterable[str | Article]) -> Iterator[Report]:
        """Cross-examine a stream of articles; reports come in the same order.

        Pairs of several articles are scored together, which is faster than one article at a time. At
        most a few dozen articles are held at once.

        Raises:
            InputError: an article is not one that `check` takes; the message counts it from 1. Reports of the
                articles before it come first.
        """
        if isinstance(articles, str | Article):
            raise InputError("check_many takes a stream of articles; one article goes to check")
        waiting: list[_Reading] = []
        pairs = 0
        for number, article in enumerate(articles, 1):
            whole = article if isinstance(article, Article) else Article(article)
            try:
                waiting.append(self._read(whole, None))
            except InputError as error:
                # What came before the bad article is not lost with it.
                yield from self._finish(waiting)
                raise InputError(f"article {number} (counted from 1): {error}") from error
            pairs += len(waiting[-1].candidates.pairs)
            if pairs >= AT_ONCE or len(waiting) >= 64:
                yield from self._finish(waiting)
                waiting, pairs = [], 0
        yield from self._finish(waiting)

    def check_sentences(
        self, sentences: Iterable[str], *, headline: bool = False, threshold: float | None = None
    ) -> Report:
        """Cross-examine an article that is already split; indexes in the report are list indexes.

        Args:
            sentences: the article's sentences in order; none is taken for furniture.
            headline: whether the first one is the headline.
            threshold: as for `check`.

        Raises:
            InputError: `sentences` is one text, holds something else than texts or no words at all, or the
                threshold is outside 0-1.
        """
        if isinstance(sentences, str):
            raise InputError("check_sentences takes a list of sentences; a whole text goes to check")
        sentences = list(sentences)
        for sentence in sentences:
            if not isinstance(sentence, str):
                raise InputError(f"a sentence is {sentence!r}; accepted is text")
        if threshold is not None:
            threshold = options.probability(threshold, "threshold")
        article = Article("\n".join(sentences))
        reading = self._prepare(article, from_texts(sentences, headline), threshold)
        return next(iter(self._finish([reading])))

    def settings(self) -> dict[str, Any]:
        """What decides this detector's reports, as JSON-able values.

        The first call reads the model's files, to tell a model from another one of the same name. A scorer
        object has no files here and is known by its name alone.

        Raises:
            ModelError: the files have changed since the model was loaded.
        """
        from inconsistency import __version__

        return {
            "version": __version__,
            "model": self.scorer.name,
            # Backends agree to the last digits only.
            "scorer": type(self.scorer).__name__,
            "model_digest": self._files.digest() if self._files else None,
            "threshold": self._threshold,
            "false_flags": self.false_flags,
            "screen": self._screen,
            "evidence": self._evidence,
            "max_pairs": self._max_pairs,
            "calibrated": self.calibration.model if self.calibration else None,
            "calibration_digest": digest(self.calibration),
            "verifier": reader_settings(self.verifier),
            "candidates": self._candidates if self.verifier else None,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the arguments it was made with, and what it was: the model is loaded again.

        The pickle's bytes change with the model's files and the calibration, so that `datasets` takes
        its cached results for what they are.
        """
        if self._files is None:
            check_picklable(self._model)
        return restore, (partial(type(self), self._model, **self._options), self.settings())

    def threshold_for(self, pairs: int, false_flags: float | str | None = None) -> float:
        """The threshold for an article with this many pairs, 0-1.

        Args:
            pairs: number of pairs of its sentences.
            false_flags: a preset or a number; None for the detector's own, where an explicit threshold wins.
        """
        if self._threshold is not None and false_flags is None:
            return self._threshold
        if self.calibration is None:
            return decision.UNCALIBRATED_THRESHOLD
        promised = self.false_flags if false_flags is None else options.false_flags(false_flags)
        return self.calibration.threshold(promised, pairs)

    # The stages, in order.

    def _read(self, article: Article, threshold: float | None) -> _Reading:
        sentences = split(article.text, headline=article.headline)
        options.refuse_path(article.text)
        return self._prepare(article, sentences, threshold)

    def _prepare(
        self, article: Article, sentences: tuple[Sentence, ...], threshold: float | None
    ) -> _Reading:
        options.require_words(article.text)
        candidates = candidate_pairs(sentences, self._max_pairs)
        promised = threshold is None and self._threshold is None
        if threshold is None:
            threshold = self.threshold_for(candidates.considered)
        return _Reading(article, sentences, candidates, threshold, promised)

    def _finish(self, readings: list[_Reading]) -> Iterator[Report]:
        """Score and decide, several articles at once."""
        reader = PairReader(self.scorer, self.calibration.floors if self.calibration else Floors())
        pairs = [r.candidates.pairs for r in readings]
        if not self._screen:
            scored = reader.read_all(pairs)
        elif self.verifier is not None:
            scored = reader.read_likeliest(pairs, READ * self._candidates)
        else:
            scored = reader.read_pruned(pairs)
        for reading, found in zip(readings, scored, strict=True):
            if reading.promised and not self._screen and self.verifier is None:
                found = [s for s, reached in zip(found, reader.reaches_floors(found), strict=True) if reached]
            judged = [self._judge(s, reading) for s in found]
            judged.sort(key=lambda j: (-j.probability, j.scored.pair.first.index, j.scored.pair.second.index))
            reading.found = [VerifiedPair(j) for j in judged]
        if self.verifier is not None:
            self._verify(self.verifier, reader, readings)
        for reading in readings:
            yield self._decide(reading)

    def _judge(self, scored: ScoredPair, reading: _Reading) -> JudgedPair:
        """A scored pair with its probability."""
        if self.calibration is None:
            return JudgedPair(scored, scored.mean)
        features = decision.decision_features(scored, reading.candidates.considered)
        return JudgedPair(scored, self.calibration.probability(features))

    def _verify(self, verifier: Verifier, reader: PairReader, readings: list[_Reading]) -> None:
        """Let the second reader judge the most probable pairs of each article, all articles together."""
        suspects = [Suspects(r.sentences, [v.position for v in r.found[: self._candidates]]) for r in readings]
        for reading, findings in zip(readings, ask(verifier, suspects), strict=True):
            known = {v.position for v in reading.found}
            named = named_pairs(reading.sentences, [d.pair for d in findings.discovered if d.pair not in known])
            more = [VerifiedPair(self._judge(s, reading)) for s in reader.read_named(named)]
            reading.findings = findings
            reading.found = second.with_verdicts([*reading.found, *more], findings, reading.threshold)

    def _decide(self, reading: _Reading) -> Report:
        """Flag, explain, count."""
        flagged = [v for v in reading.found if v.is_flagged(reading.threshold)]
        cleared = [v for v in reading.found if v.verdict and not v.is_flagged(reading.threshold)]
        flagged.sort(key=VerifiedPair.rank)
        return Report(
            text=reading.article.text,
            headline=reading.article.headline,
            sentences=reading.sentences,
            contradictions=tuple(self._explained(flagged) if self._evidence else map(_contradiction, flagged)),
            score=max((v.judged.probability for v in reading.found), default=0.0),
            threshold=reading.threshold,
            expected_false_flags=self._expected(reading),
            counts=_counts(reading, self.scorer),
            model=self.scorer.name,
            cleared=tuple(map(_contradiction, cleared)),
            verifier=reader_settings(self.verifier),
        )

    def _explained(self, flagged: list[VerifiedPair]) -> Iterator[Contradiction]:
        """Flagged pairs as the report has them, with evidence and caveat."""
        scored = [v.judged.scored for v in flagged]
        pairs = [(s.pair.first, s.pair.second, s.forward, s.backward) for s in scored]
        # What comes after the most probable ones is explained by the words alone.
        reasons = evidence.explain_all(pairs[:EXPLAINED], self.scorer)
        reasons += evidence.explain_all(pairs[EXPLAINED:], None)
        for verified, (a, b, *_), reason in zip(flagged, pairs, reasons, strict=True):
            yield replace(_contradiction(verified), evidence=reason, caveat=evidence.caveat(a.text, b.text))

    def _expected(self, reading: _Reading) -> float | None:
        """False flags to expect if the article is clean; None where pairs are flagged that no fit has measured."""
        if self.calibration is None or self.verifier or not (self._screen or reading.promised):
            return None
        if not reading.candidates.considered:
            return 0.0
        return self.calibration.expected_false_flags(reading.threshold, reading.candidates.considered)


def _contradiction(verified: VerifiedPair) -> Contradiction:
    """A pair as the report has it, without evidence."""
    pair, forward, backward = verified.judged.scored
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


def _counts(reading: _Reading, scorer: Scorer) -> Counts:
    furniture: dict[str, int] = {}
    for sentence in reading.sentences:
        if sentence.role == "furniture":
            kind = sentence.furniture or "other"
            furniture[kind] = furniture.get(kind, 0) + 1
    scored = [v for v in reading.found if not v.discovered]
    return Counts(
        sentences=len(reading.sentences),
        furniture=furniture,
        pairs=reading.candidates.considered,
        left_out=reading.candidates.left_out,
        screened_out=len(reading.candidates.pairs) - len(scored),
        scored=len(scored),
        truncated=_truncated(reading, [v.judged.scored for v in scored], scorer),
        unverified=Counter(v.unverified for v in reading.found if v.unverified),
        windows=reading.findings.windows if reading.findings else 0,
    )


def _truncated(reading: _Reading, scored: list[ScoredPair], scorer: Scorer) -> int:
    """Pairs read with a sentence cut, dismissed ones included where the scorer can tell."""
    if not isinstance(scorer, CutScorer):
        return sum(s.forward.truncated or s.backward.truncated for s in scored)
    texts = list(dict.fromkeys(s.text for p in reading.candidates.pairs for s in (p.first, p.second)))
    cut = {text for text, is_cut in zip(texts, scorer.cut(texts), strict=True) if is_cut}
    return sum(p.first.text in cut or p.second.text in cut for p in reading.candidates.pairs)


def _calibration_file(model: str | Path | Scorer, path: str | Path | None) -> Path | None:
    """The calibration file asked for, or the one beside the model, or none."""
    if path is not None:
        if not isinstance(path, str | Path):
            raise InputError(f"calibration is {path!r}; accepted are None and the path of a file")
        return Path(path)
    return decision.calibration_beside(model) if isinstance(model, str | Path) else None


def _check_fitted_for(
    calibration: decision.Calibration, path: Path, model: str | Path | Scorer, name: str, files: ModelFiles | None
) -> None:
    """Refuse a calibration that was fitted with the scores of another model, known by the digest of its files.

    A scorer object has no files, so there the name has to do; where a folder lies makes no difference.
    """
    if files is None:
        if Path(calibration.model).name != Path(name).name:
            raise CalibrationError(
                f"{path} was fitted for the model {calibration.model!r}, not for {name!r}: its promise would mean "
                "nothing; fit it again with `inconsistency calibrate`"
            )
        return
    fitted, found = calibration.model_digest, files.digest()
    if fitted != found:
        named = f"was fitted for files with the digest {fitted}" if fitted else "names no digest of model files"
        raise CalibrationError(
            f"{path} {named}; those of the model {str(model)!r} have {found}, so its promise would mean nothing. "
            f"Fit it again: inconsistency calibrate --model {shlex.quote(str(model))} --clean CLEAN.jsonl "
            f"--labelled LABELLED.jsonl -o {shlex.quote(str(path))}"
        )
