"""Find where a news article contradicts itself.

    import inconsistency
    report = inconsistency.check(text)
    for c in report.contradictions:
        print(c.probability, c.first.text, c.second.text)

Importing this package loads no model, no torch and no network client.
"""

from __future__ import annotations

from collections import OrderedDict
from importlib import import_module
from numbers import Real
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inconsistency.detector import Detector as Detector
    from inconsistency.errors import CalibrationError as CalibrationError
    from inconsistency.errors import InconsistencyError as InconsistencyError
    from inconsistency.errors import InputError as InputError
    from inconsistency.errors import MissingExtraError as MissingExtraError
    from inconsistency.errors import ModelError as ModelError
    from inconsistency.errors import VerifierError as VerifierError
    from inconsistency.nli import NliScores as NliScores
    from inconsistency.nli import Scorer as Scorer
    from inconsistency.report import Contradiction as Contradiction
    from inconsistency.report import Report as Report
    from inconsistency.sentences import Article as Article
    from inconsistency.sentences import Sentence as Sentence
    from inconsistency.verify import LLMVerifier as LLMVerifier
    from inconsistency.verify import Verdict as Verdict
    from inconsistency.verify import Verifier as Verifier

__version__ = "0.1.0"

# Public name -> module that defines it; loaded on first use so that `import inconsistency` stays instant.
_HOME = {
    "Article": "sentences",
    "CalibrationError": "errors",
    "Contradiction": "report",
    "Detector": "detector",
    "InconsistencyError": "errors",
    "InputError": "errors",
    "LLMVerifier": "verify",
    "MissingExtraError": "errors",
    "ModelError": "errors",
    "NliScores": "nli",
    "Report": "report",
    "Scorer": "nli",
    "Sentence": "sentences",
    "Verdict": "verify",
    "Verifier": "verify",
    "VerifierError": "errors",
}

__all__ = [
    "Article",
    "CalibrationError",
    "Contradiction",
    "Detector",
    "InconsistencyError",
    "InputError",
    "LLMVerifier",
    "MissingExtraError",
    "ModelError",
    "NliScores",
    "Report",
    "Scorer",
    "Sentence",
    "Verdict",
    "Verifier",
    "VerifierError",
    "check",
]

_PLAIN = (str, Path, Real, type(None))
_KEPT = 4  # detectors; a model is some hundred megabytes
_kept: OrderedDict[tuple[object, ...], Detector] = OrderedDict()
_keeping = Lock()


def check(text: str, *, headline: str | None = None, **options: Any) -> Report:
    """Cross-examine one article with the embedded model.

    Args:
        text: the article's body; a headline on its first line is recognised.
        headline: the headline, if it is given apart.
        **options: options of `Detector`. The detectors of the last four sets of options are kept and used again,
            so files of a model or a calibration are read once. A `Scorer` object is yours to keep.

    Returns:
        The report, flagged pairs first to be read.
    """
    return _detector(options).check(text, headline=headline)


def _detector(options: dict[str, Any]) -> Detector:
    """The detector of a set of options, made if it is not kept."""
    from inconsistency.detector import Detector

    if not all(isinstance(value, _PLAIN) for value in options.values()):
        return Detector(**options)
    # With its type: True and 1 are equal, but not both accepted.
    key = tuple((name, type(value), value) for name, value in sorted(options.items()))
    with _keeping:
        if key not in _kept:
            _kept[key] = Detector(**options)
        _kept.move_to_end(key)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
        return _kept[key]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"inconsistency.{_HOME[name]}"), name)
    raise AttributeError(f"module 'inconsistency' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
