"""The conductor: article text in, `Report` out. The only file that knows all stages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from inconsistency import options, second
from inconsistency.accepted import require_switches
from inconsistency.calibration_file import load_calibration
from inconsistency.errors import InputError
from inconsistency.identity import ModelFiles, calibration_file, check_fitted_for, check_picklable, digest, restore
from inconsistency.nli import Scorer, load_scorer
from inconsistency.options import BackendName, DetectorOptions, PresetName, TextKind
from inconsistency.pairs import candidate_pairs, named_pairs
from inconsistency.reading import Reading, threshold_of
from inconsistency.report import Report
from inconsistency.scoring import PairReader
from inconsistency.sentences import Article, Sentence, from_texts, split
from inconsistency.verify import Suspects, Verifier, ask, check_same, measured_of, reader_settings
from inconsistency.version import __version__

AT_ONCE = 4000  # pairs gathered across articles before the model is asked


class Detector:
    """Finds contradicting sentence pairs inside articles.

    Args:
        model: "default" (embedded), a local model folder, a hub id ("owner/name" or "owner/name@revision"), or any
            object with the `Scorer` protocol.
        backend: "onnx" or "torch"; "auto" takes ONNX where the model's folder has a graph, else torch.
        threshold: probability from which a pair is flagged, 0-1; None derives it from `false_flags`.
        false_flags: promised mean number of false flags per clean article, above 0; "strict" stands for 0.05,
            "default" for 0.1, "broad" for 0.5. A model without a calibration flags from 0.9 instead.
        screen: whether only the pairs are read in full that look likeliest at first, to a model with quicker
            opinions or in the first of the two directions. False reads every pair where a threshold is given; a
            promise counts on the choice.
        text_kind: what is read: "published", edited by somebody, or "generated", machine-written and unedited. The
            promise was measured on clean articles of that kind.
        evidence: whether flagged pairs get kind, clashing words, explanation and caveat.
        calibration: a calibration file; None takes the one beside the model. It must have been fitted for the
            very files of the model; a scorer object, which has none, is known by its name. A model without one
            gives the mean NLI probability of both directions, and no promise.
        threads: CPU threads of the model; None leaves it to the backend.
        max_pairs: most pairs of an article that are scored; what is left out is counted. At most 40 a sentence are
            scored in any case, so that the cost grows linearly with the length.
        self_test: let the model answer six plain pairs at load and refuse it if its labels are wrong.
        verifier: a second reader, such as `inconsistency.verify.LLMVerifier`, that judges the most probable pairs
            and decides what is flagged. Nothing is promised then, unless it was measured.
        candidates: how many pairs of an article it judges.
        top: how many pairs below the threshold a report shows beside those that are flagged, the most probable of
            them; 0 for none. They have no evidence: what is not flagged is not explained.

    Raises:
        InputError: an option has a value that is not accepted.
        ModelError: the model cannot be used.
        CalibrationError: the calibration file cannot be used, or was fitted for another model.
    """

    def __init__(
        self,
        model: str | Path | Scorer = DetectorOptions.model,
        *,
        backend: BackendName = DetectorOptions.backend,
        threshold: float | None = DetectorOptions.threshold,
        false_flags: float | PresetName = DetectorOptions.false_flags,
        text_kind: TextKind = DetectorOptions.text_kind,
        screen: bool = DetectorOptions.screen,
        evidence: bool = DetectorOptions.evidence,
        calibration: str | Path | None = DetectorOptions.calibration,
        threads: int | None = DetectorOptions.threads,
        max_pairs: int | None = DetectorOptions.max_pairs,
        self_test: bool = DetectorOptions.self_test,
        verifier: Verifier | None = DetectorOptions.verifier,
        candidates: int = DetectorOptions.candidates,
        top: int = DetectorOptions.top,
    ) -> None:
        self._options = given = DetectorOptions(
            model=model, backend=backend, threshold=threshold, false_flags=false_flags, text_kind=text_kind,
            screen=screen, evidence=evidence, calibration=calibration, threads=threads, max_pairs=max_pairs,
            self_test=self_test, verifier=verifier, candidates=candidates, top=top,
        )  # fmt: skip
        self.verifier = verifier
        self.false_flags = options.false_flags(false_flags)
        path = calibration_file(model, calibration)
        self.calibration = load_calibration(path, text_kind) if path else None
        self._files = ModelFiles(model) if isinstance(model, str | Path) else None
        if self._files and self.calibration:
            self._files.read_ahead()
        self.scorer: Scorer = _load(given)
        if self.calibration and path:
            check_fitted_for(self.calibration, path, model, self.scorer.name, self._files)
        if seen := measured_of(verifier):
            now = self.suspects()
            check_same("detector's", {name: seen.suspects.get(name) for name in now}, now)

    def check(
        self,
        text: str,
        *,
        headline: str | None = None,
        threshold: float | None = None,
        false_flags: float | PresetName | None = None,
        evidence: bool | None = None,
        top: int | None = None,
        verify: bool = True,
    ) -> Report:
        """Cross-examine one article.

        What is None is as the detector has it.

        Args:
            text: the article's body; a headline on its first line is recognised.
            headline: the headline, if it is given apart.
            threshold: probability from which to flag, 0-1; 0 reports every scored pair.
            false_flags: the promise to keep, as in `Detector`.
            evidence: whether flagged pairs are explained.
            top: how many pairs below the threshold to show.
            verify: whether the second reader is asked, if there is one.

        Raises:
            InputError: text or headline is not text, the text is empty or the path of a file, an option is not
                accepted, or threshold and false_flags are given both.
        """
        wanted = self._options.override(threshold=threshold, false_flags=false_flags, evidence=evidence, top=top)
        return next(self._finish([self._read(Article(text, headline), wanted, verify)]))

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
        waiting: list[Reading] = []
        pairs = 0
        for number, article in enumerate(articles, 1):
            whole = article if isinstance(article, Article) else Article(article)
            try:
                waiting.append(self._read(whole, self._options))
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
        self,
        sentences: Iterable[str],
        *,
        headline: bool = False,
        threshold: float | None = None,
        false_flags: float | PresetName | None = None,
        evidence: bool | None = None,
        top: int | None = None,
        verify: bool = True,
    ) -> Report:
        """Cross-examine an article that is already split; indexes in the report are list indexes.

        None of the sentences is taken for furniture; with `headline`, the first one is the headline. The other
        options are those of `check`.

        Raises:
            InputError: `sentences` is one text, holds something else than texts or no words at all, an option is
                not accepted, or threshold and false_flags are given both.
        """
        if isinstance(sentences, str):
            raise InputError("check_sentences takes a list of sentences; a whole text goes to check")
        sentences = list(sentences)
        for sentence in sentences:
            if not isinstance(sentence, str):
                raise InputError(f"a sentence is {sentence!r}; accepted is text")
        require_switches(headline=headline)
        wanted = self._options.override(threshold=threshold, false_flags=false_flags, evidence=evidence, top=top)
        article, given = Article("\n".join(sentences)), from_texts(sentences, headline)
        return next(self._finish([self._prepare(article, given, wanted, verify)]))

    def settings(self) -> dict[str, Any]:
        """What decides this detector's reports, as JSON-able values.

        The first call reads the model's files, to tell a model from another one of the same name. A scorer
        object has no files here and is known by its name alone.

        Raises:
            ModelError: the files have changed since the model was loaded.
        """
        return {
            "version": __version__,
            "model": self.scorer.name,
            # Backends agree to the last digits only.
            "scorer": type(self.scorer).__name__,
            "model_digest": self._files.digest() if self._files else None,
            "threshold": self._options.strictness().threshold,
            "false_flags": self.false_flags,
            "text_kind": self._options.text_kind,
            "screen": self._options.screen,
            "evidence": self._options.evidence,
            "max_pairs": self._options.max_pairs,
            "calibrated": self.calibration.model if self.calibration else None,
            "calibration_digest": digest(self.calibration),
            "verifier": reader_settings(self.verifier),
            "candidates": self._options.candidates if self.verifier else None,
            "top": self._options.top,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the arguments it was made with, and what it was: the model is loaded again.

        The pickle's bytes change with the model's files and the calibration, so that `datasets` takes
        its cached results for what they are.
        """
        if self._files is None:
            check_picklable(self._options.model)
        return restore, (partial(type(self), **self._options.keywords()), self.settings())

    def threshold_for(self, pairs: int, false_flags: float | PresetName | None = None) -> float:
        """The threshold for an article with this many pairs, 0-1.

        Args:
            pairs: number of pairs of its sentences.
            false_flags: a preset or a number; None for the detector's own, where an explicit threshold wins.

        Raises:
            InputError: false_flags is not accepted.
        """
        strictness = self._options.override(false_flags=false_flags).strictness()
        return threshold_of(strictness, self.calibration, pairs)

    # The stages, in order.

    def _read(self, article: Article, wanted: DetectorOptions, verify: bool = True) -> Reading:
        sentences = split(article.text, headline=article.headline)
        options.refuse_path(article.text)
        return self._prepare(article, sentences, wanted, verify)

    def _prepare(
        self, article: Article, sentences: tuple[Sentence, ...], wanted: DetectorOptions, verify: bool
    ) -> Reading:
        options.require_words(article.text)
        require_switches(verify=verify)
        candidates, verifier = candidate_pairs(sentences, wanted.max_pairs), self.verifier if verify else None
        return Reading(article, sentences, candidates, wanted, self.calibration, verifier)

    def _finish(self, readings: list[Reading]) -> Iterator[Report]:
        """Score and decide, several articles at once."""
        reader = PairReader(self.scorer)
        # A promise counts on the choice of pairs, and a second reader wants so many; without both all are read.
        verifier = next((r.verifier for r in readings), None)  # the same for all that are read together
        chosen = self.calibration is not None or verifier is not None
        likeliest = chosen and (self._options.screen or any(r.keeps_promise for r in readings))
        pairs = [r.candidates.pairs for r in readings]
        at_least = self._options.candidates if verifier is not None else 0
        scored = reader.read_likeliest(pairs, at_least) if likeliest else reader.read_all(pairs)
        for reading, found in zip(readings, scored, strict=True):
            reading.found = reading.judged(found)
        if verifier is not None:
            self._verify(verifier, reader, readings)
        for reading in readings:
            yield reading.report(self.scorer)

    def _verify(self, verifier: Verifier, reader: PairReader, readings: list[Reading]) -> None:
        """Let the second reader judge the most probable pairs of each article, all articles together."""
        most = self._options.candidates
        suspects = [Suspects(r.sentences, [v.position for v in r.found[:most]]) for r in readings]
        for reading, findings in zip(readings, ask(verifier, suspects), strict=True):
            known = {v.position for v in reading.found}
            named = named_pairs(reading.sentences, [d.pair for d in findings.discovered if d.pair not in known])
            more = reading.judged(reader.read_all([named])[0])
            reading.findings = findings
            reading.found = second.with_verdicts([*reading.found, *more], findings, reading.threshold)

    def suspects(self) -> dict[str, Any]:
        """What decides which pairs a second reader is asked about, as JSON-able values."""
        told = self.settings()
        found = {name: told[name] for name in ("model", "screen", "max_pairs", "candidates")}
        made = self.calibration
        found["decision"] = digest(made and (made.weights, made.intercept, sorted(made.kinds.items())))
        # A scorer object has no files, and is known by its name alone.
        return found | ({"model_digest": told["model_digest"]} if self._files else {})


def _load(given: DetectorOptions) -> Scorer:
    """The scorer given, or that of the model named."""
    if not isinstance(given.model, str | Path):
        return given.model
    return load_scorer(given.model, backend=given.backend, threads=given.threads, self_test=given.self_test)
