r"""Find where a news article contradicts itself.

    >>> import inconsistency
    >>> article = "The mayor opened the bridge on Monday. It cost 3 million euros." + (
    ...     "\n\nThe bridge has not been opened, the council said."
    ... )
    >>> report = inconsistency.check(article)
    >>> report
    <Report: 1 flagged, 2 ranked, score 0.84, 3 sentences, 3 pairs>
    >>> for found in report:
    ...     print(f"{found.probability:.2f} {found.kind}: {found.evidence.explanation}")
    0.84 negation: Sentence 1 says "opened", sentence 3 says "not been opened".

`report.ranked` has the best of the other pairs; `to_text`, `to_html`, `to_markdown` and `to_json` give it all.
Importing this package loads no model, no torch and no network client.
"""

from __future__ import annotations

from collections import OrderedDict
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from inconsistency.options import BackendName, DetectorOptions, PresetName, TextKind
from inconsistency.version import __version__ as __version__

if TYPE_CHECKING:
    from inconsistency.detector import Detector
    from inconsistency.errors import (
        CalibrationError,
        InconsistencyError,
        InputError,
        LimitReachedError,
        MissingExtraError,
        ModelError,
        VerifierError,
    )
    from inconsistency.evidence import Clash, Evidence, Kind
    from inconsistency.nli import NliScores, Scorer
    from inconsistency.report import Contradiction, Counts, Report
    from inconsistency.sentences import Article, Sentence
    from inconsistency.verify import LLMVerifier, Verdict, Verifier

# Public name -> module that defines it; loaded on first use so that `import inconsistency` stays instant.
_HOME = {
    name: module
    for module, names in {
        "detector": "Detector",
        "errors": "CalibrationError InconsistencyError InputError LimitReachedError MissingExtraError ModelError "
        "VerifierError",
        "evidence": "Clash Evidence Kind",
        "nli": "NliScores Scorer",
        "report": "Contradiction Counts Report",
        "sentences": "Article Sentence",
        "verify": "LLMVerifier Verdict Verifier",
    }.items()
    for name in names.split()
}

__all__ = [
    "Article", "BackendName", "CalibrationError", "Clash", "Contradiction", "Counts", "Detector", "Evidence",
    "InconsistencyError", "InputError", "Kind", "LLMVerifier", "LimitReachedError", "MissingExtraError",
    "ModelError", "NliScores", "PresetName", "Report", "Scorer", "Sentence", "TextKind", "Verdict", "Verifier",
    "VerifierError", "check",
]  # fmt: skip

_KEPT = 4  # detectors; a model is some hundred megabytes
_kept: OrderedDict[DetectorOptions, Detector] = OrderedDict()
_keeping = Lock()


def check(
    text: str,
    *,
    headline: str | None = None,
    model: str | Path | Scorer = DetectorOptions.model,
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
) -> Report:
    """Cross-examine one article, with the embedded model if no other is named.

    The detectors of the last four sets of options are kept and used again, so the files of a model or a
    calibration are read once. One with a `Scorer` object or a second reader is not kept: make a `Detector` for it.

    A headline on the first line of the text is recognised; `headline` is for one that is given apart. The other
    options are those of `Detector`.

    Returns:
        The report, the most probable flagged pair first.

    Raises:
        InputError: the text is no article, or an option has a value that is not accepted.
        ModelError: the model cannot be used.
        CalibrationError: the calibration file cannot be used, or was fitted for another model.
    """
    options = DetectorOptions(
        model=model, backend=backend, threshold=threshold, false_flags=false_flags, text_kind=text_kind,
        screen=screen, evidence=evidence, calibration=calibration, threads=threads, max_pairs=max_pairs,
        self_test=self_test, verifier=verifier, candidates=candidates, top=top,
    )  # fmt: skip
    return _detector(options).check(text, headline=headline)


def _detector(options: DetectorOptions) -> Detector:
    """The detector of a set of options, made if it is not kept."""
    from inconsistency.detector import Detector

    if not isinstance(options.model, str | Path) or options.verifier is not None:
        return Detector(**options.keywords())
    with _keeping:
        if options not in _kept:
            _kept[options] = Detector(**options.keywords())
        _kept.move_to_end(options)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
        return _kept[options]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"inconsistency.{_HOME[name]}"), name)
    raise AttributeError(f"module 'inconsistency' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
