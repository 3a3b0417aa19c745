"""What can go wrong, one class for each way a caller would react differently.

InconsistencyError
├── InputError            the text, file or row cannot be read as an article
├── ModelError            the model is missing, mislabelled or fails its self-test
├── VerifierError         the second reader cannot be used: no key, no server, no such model
├── LimitReachedError     the second reader has made the calls, or spent the money, that it was allowed
├── MissingExtraError     an optional package is needed (also an ImportError)
└── CalibrationError      calibration data or a calibration file cannot be used
"""

from __future__ import annotations

EMPTY_ARTICLE = "the article is empty"
"""What is said of an article without words, wherever it comes from."""


class InconsistencyError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(InconsistencyError, ValueError):
    """The input is not an article: wrong type, not text, unreadable, out of range."""


class ModelError(InconsistencyError):
    """The model cannot be used: not found, labels unknown, or it fails the load-time self-test."""


class VerifierError(InconsistencyError):
    """The second reader cannot be used at all; a single failed call is counted instead, in `Counts.unverified`."""


class LimitReachedError(InconsistencyError):
    """The second reader may make no further call; it is one that was allowed so many, or so much money."""


class CalibrationError(InconsistencyError, ValueError):
    """Calibration data or a calibration file is unusable."""


class MissingExtraError(InconsistencyError, ImportError):
    """An optional package is missing; the message says which command installs it.

    Args:
        package: the distribution that could not be imported.
        extra: the extra of `inconsistency` that brings it.
        purpose: what it is needed for.
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        self.package, self.extra, self.purpose = package, extra, purpose
        super().__init__(
            f"{purpose} needs the package {package!r}. Install it with: "
            f"pip install 'inconsistency[{extra}]' (in a checkout: pip install '.[{extra}]')"
        )

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str, str]]:
        """Pickle by what it was made from, and not by its message."""
        return type(self), (self.package, self.extra, self.purpose)
