"""scikit-learn: contradictions as features, and a classifier of whole articles."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from inconsistency.errors import InputError, MissingExtraError

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
    from sklearn.isotonic import IsotonicRegression
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import precision_recall_curve
    from sklearn.utils.multiclass import check_classification_targets, unique_labels
    from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d
except ImportError as error:
    raise MissingExtraError("scikit-learn", "sklearn", "The scikit-learn integration") from error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from inconsistency.detector import Article, Detector
    from inconsistency.report import Report

FEATURES = ("score", "second", "third", "flagged", "flagged_per_pair", "sentences", "pairs")


class _Checks(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """What both estimators share: the parameters of a `Detector`, made when first needed."""

    def __init__(
        self,
        model: Any = "default",
        *,
        backend: str = "auto",
        threshold: float | None = None,
        false_flags: float | str = "default",
        threads: int | None = None,
    ) -> None:
        self.model = model
        self.backend = backend
        self.threshold = threshold
        self.false_flags = false_flags
        self.threads = threads

    def set_params(self, **params: Any) -> _Checks:
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
        bare.model = None
        made = super(_Checks, bare).__sklearn_clone__()
        made.model = self.model
        return made

    def __sklearn_tags__(self) -> Any:
        """Input is a list of texts, not a matrix."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags

    def _reports(self, X: Iterable[Any]) -> Iterable[Report]:
        return self._load().check_many(_articles(X))

    def _load(self) -> Detector:
        if "_detector" not in self.__dict__:
            self._detector = self._make_detector()
        return self._detector

    def _make_detector(self) -> Detector:
        from inconsistency.detector import Detector

        return Detector(
            self.model,
            backend=self.backend,
            threshold=self.threshold,
            false_flags=self.false_flags,
            evidence=False,
            threads=self.threads,
        )


class InconsistencyTransformer(TransformerMixin, _Checks):  # type: ignore[misc]
    """Articles -> features: the three most probable flagged pairs, and counts.

    Features (`get_feature_names_out`): `score`, the article's score 0-1; `second` and `third`,
    the probabilities of the next flagged pairs, 0 where there are none; `flagged`, how many pairs
    were flagged; `flagged_per_pair`; `sentences`; `pairs`. A low `threshold` fills the first ones.

    Args:
        model: as for `Detector`, like all the others.
        backend: as for `Detector`.
        threshold: as for `Detector`.
        false_flags: as for `Detector`.
        threads: as for `Detector`.

    Example:
        >>> from inconsistency.testing import FakeScorer
        >>> made = InconsistencyTransformer(FakeScorer())
        >>> made.fit_transform(["Birds sang. The sun rose."]).shape
        (1, 7)
    """

    def fit(self, X: Iterable[Any], y: Any = None) -> InconsistencyTransformer:
        """Check that X holds articles, and load the model; there is nothing to learn."""
        _articles(X)
        self._load()
        return self

    def transform(self, X: Iterable[Any]) -> NDArray[np.float64]:
        """One row of features an article."""
        return np.array([_features(report) for report in self._reports(X)]).reshape(
            -1, len(FEATURES)
        )

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the features."""
        return np.asarray([f"inconsistency_{name}" for name in FEATURES], dtype=object)

    def __sklearn_tags__(self) -> Any:
        """Usable without fitting."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


class InconsistencyClassifier(ClassifierMixin, _Checks):  # type: ignore[misc]
    """Does an article contradict itself? Calibrated and thresholded on your labelled articles.

    Args:
        model: as for `Detector`.
        backend: as for `Detector`.
        false_flags: as for `Detector`.
        threads: as for `Detector`.
        threshold: as for `Detector`; the article's score does not depend on it.
        calibration: "sigmoid" fits two numbers and keeps the order of articles; "isotonic" fits a
            step function, for some hundred labelled articles and more.
        min_precision: `predict` says yes from the lowest probability at which this precision was
            reached on the training articles (where none reaches it, from the most precise);
            None takes the probability with the highest F1.

    Attributes:
        classes_: the two labels; the second in sorted order means "contradicts itself".
        calibrator_: article score -> probability.
        threshold_: probability from which `predict` gives the second label.
    """

    def __init__(
        self,
        model: Any = "default",
        *,
        backend: str = "auto",
        threshold: float | None = None,
        false_flags: float | str = "default",
        threads: int | None = None,
        calibration: str = "sigmoid",
        min_precision: float | None = None,
    ) -> None:
        super().__init__(
            model,
            backend=backend,
            threshold=threshold,
            false_flags=false_flags,
            threads=threads,
        )
        self.calibration = calibration
        self.min_precision = min_precision

    def fit(self, X: Iterable[Any], y: Any) -> InconsistencyClassifier:
        """Calibrate on articles X with labels y, and choose the threshold.

        Raises:
            InputError: there are no labels or not exactly two, or an option is unknown.
        """
        if self.calibration not in ("sigmoid", "isotonic"):
            raise InputError(f"calibration is sigmoid or isotonic, got {self.calibration!r}")
        if y is None:
            raise InputError("fit requires y to be passed, but the target y is None")
        articles, labels = _articles(X), column_or_1d(y, warn=True)
        check_consistent_length(articles, labels)
        check_classification_targets(labels)
        self.classes_ = _two_classes(labels)
        scores, positive = self._scores(articles), labels == self.classes_[1]
        if self.calibration == "isotonic":
            self.calibrator_ = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
            self.calibrator_.fit(scores, positive)
        else:
            self.calibrator_ = LogisticRegression().fit(_logit(scores), positive)
        self.threshold_ = _choose(positive, self._calibrated(scores), self.min_precision)
        return self

    def predict_proba(self, X: Iterable[Any]) -> NDArray[np.float64]:
        """Probabilities of both labels, one row an article."""
        check_is_fitted(self)
        positive = self._calibrated(self._scores(X))
        return np.column_stack([1 - positive, positive])

    def predict(self, X: Iterable[Any]) -> NDArray[Any]:
        """One label an article."""
        chosen = self.predict_proba(X)[:, 1] >= self.threshold_
        return np.asarray(self.classes_[chosen.astype(int)])

    def _scores(self, X: Iterable[Any]) -> NDArray[np.float64]:
        return np.array([report.score for report in self._reports(X)], dtype=np.float64)

    def _calibrated(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        if not len(scores):
            return scores
        if isinstance(self.calibrator_, IsotonicRegression):
            return np.asarray(self.calibrator_.predict(scores))
        return np.asarray(self.calibrator_.predict_proba(_logit(scores))[:, 1])


def _two_classes(labels: NDArray[Any]) -> NDArray[Any]:
    classes: NDArray[Any] = unique_labels(labels)
    if len(classes) != 2:
        number = "1 class" if len(classes) == 1 else f"{len(classes)} classes"
        raise InputError(f"Only binary classification is supported. y has {number}: {classes}")
    return classes


def _articles(X: Iterable[Any]) -> list[str | Article]:
    """Check that X is one column of texts, or of (text, headline) pairs.

    Raises:
        InputError: it is something that would be scored by mistake, such as a data frame.
    """
    from inconsistency.detector import Article

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


def _logit(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    # Scores of exactly 0 (no pair at all) and 1 would be infinite.
    clipped = np.clip(scores, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped))).reshape(-1, 1)


def _choose(
    positive: NDArray[np.bool_], probability: NDArray[np.float64], min_precision: float | None
) -> float:
    precision, recall, thresholds = precision_recall_curve(positive, probability)
    # The last point of the curve, recall 0, has no threshold.
    precision, recall = precision[:-1], recall[:-1]
    if min_precision is None:
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        return float(thresholds[f1.argmax()])
    reached = precision >= min_precision
    return float(thresholds[reached.argmax() if reached.any() else precision.argmax()])
