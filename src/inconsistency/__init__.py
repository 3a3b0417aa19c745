"""Find where a news article contradicts itself.

    import inconsistency
    report = inconsistency.check(text)
    for c in report.contradictions:
        print(c.probability, c.first.text, c.second.text)

Importing this package loads no model, no torch and no network client.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inconsistency.detector import Article as Article
    from inconsistency.detector import Detector as Detector
    from inconsistency.errors import CalibrationError as CalibrationError
    from inconsistency.errors import InconsistencyError as InconsistencyError
    from inconsistency.errors import InputError as InputError
    from inconsistency.errors import MissingExtraError as MissingExtraError
    from inconsistency.errors import ModelError as ModelError
    from inconsistency.nli import NliScores as NliScores
    from inconsistency.nli import Scorer as Scorer
    from inconsistency.report import Contradiction as Contradiction
    from inconsistency.report import Report as Report
    from inconsistency.sentences import Sentence as Sentence

__version__ = "0.1.0"

# Public name -> module that defines it; loaded on first use so that `import inconsistency` stays instant.
_HOME = {
    "Article": "detector",
    "CalibrationError": "errors",
    "Contradiction": "report",
    "Detector": "detector",
    "InconsistencyError": "errors",
    "InputError": "errors",
    "MissingExtraError": "errors",
    "ModelError": "errors",
    "NliScores": "nli",
    "Report": "report",
    "Scorer": "nli",
    "Sentence": "sentences",
}

__all__ = [
    "Article",
    "CalibrationError",
    "Contradiction",
    "Detector",
    "InconsistencyError",
    "InputError",
    "MissingExtraError",
    "ModelError",
    "NliScores",
    "Report",
    "Scorer",
    "Sentence",
    "check",
]

_default: Detector | None = None


def check(text: str, *, headline: str | None = None, **options: Any) -> Report:
    """Cross-examine one article with the embedded model.

    Args:
        text: the article's body; a headline on its first line is recognised.
        headline: the headline, if it is given apart.
        **options: options of `Detector`. Without any, one detector is kept and used again.

    Returns:
        The report, flagged pairs first to be read.
    """
    global _default
    from inconsistency.detector import Detector

    if options:
        return Detector(**options).check(text, headline=headline)
    if _default is None:
        _default = Detector()
    return _default.check(text, headline=headline)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"inconsistency.{_HOME[name]}"), name)
    raise AttributeError(f"module 'inconsistency' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
