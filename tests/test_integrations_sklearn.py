"""The scikit-learn estimators behave as scikit-learn's own tools expect."""

from __future__ import annotations

import pickle
import warnings

import pytest

pytest.importorskip("sklearn")
import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline, make_union
from sklearn.utils import estimator_checks

from inconsistency.detector import Article
from inconsistency.errors import InputError
from inconsistency.integrations.sklearn import InconsistencyClassifier, InconsistencyTransformer
from inconsistency.testing import FakeScorer

SCORER = FakeScorer({("14 people", "41 people"): 0.9, ("10 dogs", "12 dogs"): 0.4})
CLASH = "Police said 14 people were hurt. Later it said that 41 people were hurt."
UNSURE = "There were 10 dogs in the yard. There were 12 dogs in the yard."
CALM = "The sun rose. Birds sang in the trees."
ARTICLES = [CLASH, CALM, UNSURE, CALM] * 6
LABELS = ["bad", "fine", "fine", "fine"] * 6
# Of scikit-learn's checks, those that do not feed a matrix of numbers.
CHECKS = [
    "check_estimator_cloneable",
    "check_estimator_tags_renamed",
    "check_valid_tag_types",
    "check_estimator_repr",
    "check_no_attributes_set_in_init",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_mixin_order",
    "check_parameters_default_constructible",
    "check_get_params_invariance",
    "check_set_params",
]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("estimator", [InconsistencyTransformer, InconsistencyClassifier])
def test_estimator_checks(estimator: type, check: str) -> None:
    """Scikit-learn's checks pass where they apply to text."""
    getattr(estimator_checks, check)(estimator.__name__, estimator())


@pytest.mark.parametrize("estimator", [InconsistencyTransformer, InconsistencyClassifier])
def test_check_estimator(estimator: type) -> None:
    """`check_estimator` itself passes; it knows that a matrix is not our input."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        estimator_checks.check_estimator(estimator())


def test_features() -> None:
    """An article has a row of named features."""
    transformer = InconsistencyTransformer(SCORER, gate=None, threshold=0.3)

    features = transformer.fit_transform([CLASH, Article(CALM, "Morning"), "One sentence."])

    names = list(transformer.get_feature_names_out())
    assert features.shape == (3, len(names))
    assert features[0, names.index("inconsistency_score")] > 0.3
    assert features[:, names.index("inconsistency_flagged")].tolist() == [1, 0, 0]
    assert transformer.transform([]).shape == (0, len(names))


def test_classifier_learns_its_threshold() -> None:
    """Fitting calibrates and sets the threshold between what is and what is not a contradiction."""
    y = np.array([label == "bad" for label in LABELS])

    classifier = InconsistencyClassifier(SCORER, gate=None).fit(ARTICLES, y)

    assert classifier.predict([CLASH, UNSURE, CALM]).tolist() == [True, False, False]
    probability = classifier.predict_proba([CLASH, UNSURE, CALM])
    assert probability.shape == (3, 2) and np.allclose(probability.sum(axis=1), 1)
    assert probability[0, 1] > probability[1, 1] > probability[2, 1]
    assert classifier.score(ARTICLES, y) == 1.0


def test_precision_target() -> None:
    """A wanted precision moves the threshold above what F1 would choose."""
    y = [1, 0, 1, 1, 1, 0] * 4
    articles = [CLASH, CALM, UNSURE, UNSURE, CLASH, UNSURE] * 4

    loose = InconsistencyClassifier(SCORER, gate=None).fit(articles, y)
    tight = InconsistencyClassifier(SCORER, gate=None, min_precision=0.99).fit(articles, y)

    assert loose.predict([UNSURE]).tolist() == [1]
    assert tight.predict([UNSURE, CLASH]).tolist() == [0, 1]


def test_isotonic() -> None:
    """Isotonic calibration gives the observed shares."""
    y = [1, 0, 1, 0] * 6

    classifier = InconsistencyClassifier(SCORER, gate=None, calibration="isotonic").fit(ARTICLES, y)

    assert np.allclose(classifier.predict_proba([CLASH, CALM])[:, 1], [1, 0])


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (CLASH, [1], "not str"),
        (np.array([["a"]]), [1], "not ndarray"),
        ([CLASH, 3], [0, 1], r"X\[1\] is not text but int"),
        ([CLASH, CALM], [1, 1], "two labels, it has 1"),
    ],
)
def test_unusable_input(X: object, y: list[int], message: str) -> None:
    """What is no column of articles is refused rather than scored."""
    with pytest.raises(InputError, match=message):
        InconsistencyClassifier(SCORER, gate=None).fit(X, y)  # type: ignore[arg-type]


def test_not_fitted() -> None:
    """An unfitted classifier says so in scikit-learn's way."""
    with pytest.raises(NotFittedError):
        InconsistencyClassifier(SCORER, gate=None).predict([CLASH])


def test_pipeline_search_clone_pickle() -> None:
    """The estimators work in pipelines and searches, and survive clone and pickle."""
    y = np.array([label == "bad" for label in LABELS])
    union = make_union(InconsistencyTransformer(SCORER, gate=None, threshold=0.3))
    pipeline = make_pipeline(union, LogisticRegression(C=10)).fit(ARTICLES, y)
    search = GridSearchCV(
        InconsistencyClassifier(SCORER, gate=None), {"calibration": ["sigmoid", "isotonic"]}, cv=2
    ).fit(ARTICLES, y)
    again = pickle.loads(pickle.dumps(search.best_estimator_))

    assert pipeline.predict([CLASH, CALM]).tolist() == [True, False]
    assert search.best_score_ == 1.0
    assert again.predict([CLASH, CALM]).tolist() == [True, False]
    assert "_detector" not in again.__getstate__()
    assert clone(again).get_params()["calibration"] == again.calibration
    guessed = cross_val_predict(InconsistencyClassifier(SCORER, gate=None), ARTICLES, y, cv=2)
    assert guessed.tolist() == y.tolist()


def test_set_params_after_use() -> None:
    """A changed parameter takes effect although a detector was loaded before."""
    transformer = InconsistencyTransformer(SCORER, gate=None, threshold=0.99).fit([CLASH])
    before = transformer.transform([CLASH])[0, 3]
    transformer.set_params(threshold=0.3)

    assert (before, transformer.transform([CLASH])[0, 3]) == (0, 1)
