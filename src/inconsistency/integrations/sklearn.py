"""scikit-learn: articles as features, for a classifier of your choice.

A classifier of whole articles is a pipeline of this transformer and any of scikit-learn's, calibrated by
`CalibratedClassifierCV` and with a threshold of its own by `TunedThresholdClassifierCV`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from inconsistency.errors import InputError, MissingExtraError
from inconsistency.options import BackendName, DetectorOptions, PresetName, TextKind
from inconsistency.sentences import Article

try:
    from sklearn.base import BaseEstimator, TransformerMixin
except ImportError as error:
    raise MissingExtraError("scikit-learn", "sklearn", "The scikit-learn integration") from error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from inconsistency.detector import Detector
    from inconsistency.nli import Scorer
    from inconsistency.report import Report

FEATURES = ("score", "second", "third", "flagged", "flagged_per_pair", "sentences", "pairs")


class InconsistencyTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Articles -> features: the three most probable flagged pairs, and counts.

    Features (`get_feature_names_out`): `score`, the article's score 0-1; `second` and `third`,
    the probabilities of the next flagged pairs, 0 where there are none; `flagged`, how many pairs
    were flagged; `flagged_per_pair`; `sentences`; `pairs`. A low `threshold` fills the first ones.

    The parameters are options of `Detector`.

    Example:
        >>> from inconsistency.testing import FakeScorer
        >>> made = InconsistencyTransformer(FakeScorer())
        >>> made.fit_transform(["Birds sang. The sun rose."]).shape
        (1, 7)
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
        calibration: str | Path | None = DetectorOptions.calibration,
        threads: int | None = DetectorOptions.threads,
        max_pairs: int | None = DetectorOptions.max_pairs,
    ) -> None:
        self.model = model
        self.backend = backend
        self.threshold = threshold
        self.false_flags = false_flags
        self.text_kind = text_kind
        self.screen = screen
        self.calibration = calibration
        self.threads = threads
        self.max_pairs = max_pairs

    def fit(self, X: Iterable[Any], y: Any = None) -> InconsistencyTransformer:
        """Check that X holds articles, and load the model; there is nothing to learn."""
        _articles(X)
        self._load()
        return self

    def transform(self, X: Iterable[Any]) -> NDArray[np.float64]:
        """One row of features an article."""
        reports = self._load().check_many(_articles(X))
        return np.array([_features(report) for report in reports]).reshape(-1, len(FEATURES))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the features."""
        return np.asarray([f"inconsistency_{name}" for name in FEATURES], dtype=object)

    def set_params(self, **params: Any) -> InconsistencyTransformer:
        """Set parameters; the detector of the old ones is forgotten."""
        self.__dict__.pop("_detector", None)
        super().set_params(**params)
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the loaded model, which is made again from the parameters."""
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop("_detector", None)
        return state

    def __sklearn_clone__(self) -> Any:
        """Clones share a scorer object: a loaded model need not, and often cannot, be copied."""
        if isinstance(self.model, (str, Path)):
            return super().__sklearn_clone__()
        bare = copy.copy(self)
        bare.model = DetectorOptions.model
        made = super(InconsistencyTransformer, bare).__sklearn_clone__()
        made.model = self.model
        return made

    def __sklearn_tags__(self) -> Any:
        """Usable without fitting; input is a list of texts, not a matrix."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags

    def _load(self) -> Detector:
        if "_detector" not in self.__dict__:
            from inconsistency.detector import Detector

            self._detector = Detector(**self.get_params(deep=False), evidence=False)
        return self._detector


def _articles(X: Iterable[Any]) -> list[str | Article]:
    """Check that X is one column of texts, or of (text, headline) pairs.

    Raises:
        InputError: it is something that would be scored by mistake, such as a data frame.
    """
    if isinstance(X, (str, bytes, dict)) or getattr(X, "ndim", 1) != 1:
        raise InputError(f"X must be one column of articles, not {type(X).__name__}")
    articles: list[str | Article] = []
    for index, item in enumerate(X):
        if isinstance(item, tuple) and len(item) == 2:
            articles.append(Article(*item))
        elif isinstance(item, str):
            articles.append(str(item))
        else:
            raise InputError(f"X[{index}] is not text but {type(item).__name__}")
    return articles


def _features(report: Report) -> tuple[float, ...]:
    top = [found.probability for found in report.contradictions[:3]] + [0.0] * 3
    flagged, pairs = len(report.contradictions), report.counts.pairs
    share = flagged / pairs if pairs else 0.0
    return (report.score, top[1], top[2], flagged, share, report.counts.sentences, pairs)
