"""The scikit-learn estimators behave as scikit-learn's own tools expect."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")
import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline, make_union
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import validate_data

from inconsistency.detector import Article
from inconsistency.errors import InputError
from inconsistency.integrations.sklearn import InconsistencyClassifier, InconsistencyTransformer
from inconsistency.nli import NliScores, load_scorer
from inconsistency.testing import FakeScorer

SCORER = FakeScorer({("14 people", "41 people"): 0.9, ("10 dogs", "12 dogs"): 0.4})
CLASH = "Police said 14 people were hurt. Later it said that 41 people were hurt."
UNSURE = "There were 10 dogs in the yard. There were 12 dogs in the yard."
CALM = "The sun rose. Birds sang in the trees."
ARTICLES = [CLASH, CALM, UNSURE, CALM] * 6
LABELS = ["bad", "fine", "fine", "fine"] * 6


class NumberScorer(FakeScorer):
    """Takes sentences for contradicting as far as the numbers in them differ."""

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NliScores]:
        """Score pairs by their numbers alone."""
        found = []
        for pair in pairs:
            one, other = (float(re.findall(r"-?[0-9.]+e[+-][0-9]+", text)[0]) for text in pair)
            p = float(abs(np.tanh((one - other) / 4)))
            found.append(NliScores(0.0, 1.0 - p, p))
        return found


class FromMatrix:
    """Lets scikit-learn's checks feed a matrix, of which each row becomes an article.

    Without it `check_estimator` stops at once, since the tags say that the input is text. With it all
    checks go through the estimator's own fitting, labels, probabilities and parameters.
    """

    def fit(self, X: Any, y: Any = None) -> Any:
        return super().fit(self._texts(X, reset=True), y)  # type: ignore[misc]

    def _reports(self, X: Any) -> Any:
        made = isinstance(X, list) and isinstance(X[0], str)  # by `fit`
        return super()._reports(X if made else self._texts(X))  # type: ignore[misc]

    def _texts(self, X: Any, reset: bool = False) -> list[str]:
        values = validate_data(self, X, reset=reset, dtype=float)
        return [f"It was {row.sum():.6e} then. It was {0:.6e} before. It is {row[0]:.6e} now." for row in values]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.string = tags.input_tags.one_d_array = False
        tags.input_tags.two_d_array = True
        return tags


class MatrixTransformer(FromMatrix, InconsistencyTransformer):
    pass


class MatrixClassifier(FromMatrix, InconsistencyClassifier):
    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.poor_score = True  # sums of random numbers tell nothing of the labels
        return tags


def expected_to_fail(estimator: Any) -> dict[str, str]:
    """Checks that do not apply, each with its reason."""
    if isinstance(estimator, MatrixClassifier):
        return {"check_classifiers_train": "predict goes by the threshold that fit has chosen, not by 0.5"}
    return {}


@parametrize_with_checks(
    [
        InconsistencyTransformer(),
        InconsistencyClassifier(),
        MatrixTransformer(NumberScorer()),
        MatrixClassifier(NumberScorer()),
    ],
    expected_failed_checks=expected_to_fail,
)
def test_estimator_checks(estimator: Any, check: Callable[[Any], None]) -> None:
    """Scikit-learn's own checks pass, with each row of their matrices written out as an article."""
    check(estimator)


def test_features() -> None:
    """An article has a row of named features."""
    transformer = InconsistencyTransformer(SCORER, threshold=0.3)

    features = transformer.fit_transform([CLASH, Article(CALM, "Morning"), "One sentence."])

    names = list(transformer.get_feature_names_out())
    assert features.shape == (3, len(names))
    assert features[0, names.index("inconsistency_score")] > 0.3
    assert features[:, names.index("inconsistency_flagged")].tolist() == [1, 0, 0]
    assert transformer.transform([]).shape == (0, len(names))


def test_classifier_learns_its_threshold() -> None:
    """Fitting calibrates and sets the threshold between what is and what is not a contradiction."""
    y = np.array([label == "bad" for label in LABELS])

    classifier = InconsistencyClassifier(SCORER).fit(ARTICLES, y)

    assert classifier.predict([CLASH, UNSURE, CALM]).tolist() == [True, False, False]
    probability = classifier.predict_proba([CLASH, UNSURE, CALM])
    assert probability.shape == (3, 2) and np.allclose(probability.sum(axis=1), 1)
    assert probability[0, 1] > probability[1, 1] > probability[2, 1]
    assert classifier.score(ARTICLES, y) == 1.0


def test_precision_target() -> None:
    """A wanted precision moves the threshold above what F1 would choose."""
    y = [1, 0, 1, 1, 1, 0] * 4
    articles = [CLASH, CALM, UNSURE, UNSURE, CLASH, UNSURE] * 4

    loose = InconsistencyClassifier(SCORER).fit(articles, y)
    tight = InconsistencyClassifier(SCORER, min_precision=0.99).fit(articles, y)

    assert loose.predict([UNSURE]).tolist() == [1]
    assert tight.predict([UNSURE, CLASH]).tolist() == [0, 1]


def test_isotonic() -> None:
    """Isotonic calibration gives the observed shares."""
    y = [1, 0, 1, 0] * 6

    classifier = InconsistencyClassifier(SCORER, calibration="isotonic").fit(ARTICLES, y)

    assert np.allclose(classifier.predict_proba([CLASH, CALM])[:, 1], [1, 0])


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (CLASH, [1], "not str"),
        (np.array([["a"]]), [1], "not ndarray"),
        ([CLASH, 3], [0, 1], r"X\[1\] is not text but int"),
        ([CLASH, CALM], None, "y to be passed"),
        ([CLASH, CALM, CALM], [1, 2, 3], "y has 3 classes"),
        ([CLASH, CALM], [1, 1], "y has 1 class"),
    ],
)
def test_unusable_input(X: object, y: list[int], message: str) -> None:
    """What is no column of articles is refused rather than scored."""
    with pytest.raises(InputError, match=message):
        InconsistencyClassifier(SCORER).fit(X, y)  # type: ignore[arg-type]


def test_not_fitted() -> None:
    """An unfitted classifier says so in scikit-learn's way."""
    with pytest.raises(NotFittedError):
        InconsistencyClassifier(SCORER).predict([CLASH])


def test_pipeline_search_clone_pickle() -> None:
    """The estimators work in pipelines and searches, and survive clone and pickle."""
    y = np.array([label == "bad" for label in LABELS])
    union = make_union(InconsistencyTransformer(SCORER, threshold=0.3))
    pipeline = make_pipeline(union, LogisticRegression(C=10)).fit(ARTICLES, y)
    search = GridSearchCV(
        InconsistencyClassifier(SCORER), {"calibration": ["sigmoid", "isotonic"]}, cv=2
    ).fit(ARTICLES, y)
    again = pickle.loads(pickle.dumps(search.best_estimator_))

    assert pipeline.predict([CLASH, CALM]).tolist() == [True, False]
    assert search.best_score_ == 1.0
    assert again.predict([CLASH, CALM]).tolist() == [True, False]
    assert "_detector" not in again.__getstate__()
    assert clone(again).get_params()["calibration"] == again.calibration
    guessed = cross_val_predict(InconsistencyClassifier(SCORER), ARTICLES, y, cv=2)
    assert guessed.tolist() == y.tolist()


def test_set_params_after_use() -> None:
    """A changed parameter takes effect although a detector was loaded before."""
    transformer = InconsistencyTransformer(SCORER, threshold=0.99).fit([CLASH])
    before = transformer.transform([CLASH])[0, 3]
    transformer.set_params(threshold=0.3)

    assert (before, transformer.transform([CLASH])[0, 3]) == (0, 1)


def test_clones_share_a_loaded_model(tiny_model: Callable[[str], Path]) -> None:
    """A scorer object is not copied by clone, so a search with a real model loads it once."""
    scorer = load_scorer(tiny_model("contradiction first"), backend="onnx", threads=1)
    made = InconsistencyClassifier(scorer, min_precision=0.5)

    again = clone(clone(made).set_params(calibration="isotonic"))

    assert again.model is scorer
    assert (again.min_precision, again.calibration, made.calibration) == (0.5, "isotonic", "sigmoid")
    search = GridSearchCV(made, {"min_precision": [None, 0.9]}, cv=2).fit(ARTICLES, LABELS)
    assert search.best_estimator_.model is scorer


def test_model_folder_survives_pickle(tiny_model: Callable[[str], Path]) -> None:
    """An estimator on a model folder pickles by its parameters, after use too, and answers the same."""
    fitted = InconsistencyClassifier(str(tiny_model("contradiction first")), threads=1).fit(ARTICLES, LABELS)

    again = pickle.loads(pickle.dumps(fitted))

    assert np.array_equal(again.predict_proba(ARTICLES[:4]), fitted.predict_proba(ARTICLES[:4]))


@pytest.mark.slow
def test_search_in_several_processes() -> None:
    """`n_jobs=2` fits in other processes."""
    search = GridSearchCV(
        make_pipeline(InconsistencyTransformer(SCORER), LogisticRegression(C=10)),
        {"inconsistencytransformer__threshold": [0.3, 0.8]},
        cv=2,
        n_jobs=2,
    )

    assert search.fit(ARTICLES, LABELS).best_score_ == 1.0


def test_output_as_a_data_frame() -> None:
    """`set_output` names the columns."""
    pytest.importorskip("pandas")
    made = InconsistencyTransformer(SCORER, threshold=0.3).set_output(transform="pandas")

    assert made.fit_transform([CLASH, CALM])["inconsistency_flagged"].tolist() == [1, 0]
