"""The scikit-learn transformer behaves as scikit-learn's own tools expect."""

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
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.pipeline import make_pipeline, make_union
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import validate_data

from inconsistency import Article
from inconsistency.errors import InputError
from inconsistency.integrations.sklearn import InconsistencyTransformer
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

    def __repr__(self) -> str:
        """The same in every process: test ids are made of it, and workers compare theirs."""
        return "NumberScorer()"

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

    def transform(self, X: Any) -> Any:
        made = isinstance(X, list) and isinstance(X[0], str)  # by `fit`
        return super().transform(X if made else self._texts(X))  # type: ignore[misc]

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


@parametrize_with_checks([InconsistencyTransformer(), MatrixTransformer(NumberScorer())])
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


def test_a_pipeline_learns_its_threshold() -> None:
    """With a classifier behind it and a tuned threshold, contradicting articles are told from the others."""
    y = np.array([label == "bad" for label in LABELS])
    pipeline = make_pipeline(InconsistencyTransformer(SCORER, threshold=0.3), LogisticRegression(C=10))

    tuned = TunedThresholdClassifierCV(pipeline, scoring="f1", cv=2).fit(ARTICLES, y)

    assert tuned.predict([CLASH, UNSURE, CALM]).tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (CLASH, "not str"),
        (np.array([["a"]]), "not ndarray"),
        ([CLASH, 3], r"X\[1\] is not text but int"),
    ],
)
def test_unusable_input(X: object, message: str) -> None:
    """What is no column of articles is refused rather than scored."""
    with pytest.raises(InputError, match=message):
        InconsistencyTransformer(SCORER).fit(X)  # type: ignore[arg-type]


def test_pipeline_search_clone_pickle() -> None:
    """The transformer works in pipelines and searches, and survives clone and pickle."""
    y = np.array([label == "bad" for label in LABELS])
    union = make_union(InconsistencyTransformer(SCORER, threshold=0.3))
    pipeline = make_pipeline(union, LogisticRegression(C=10)).fit(ARTICLES, y)
    steps = make_pipeline(InconsistencyTransformer(SCORER), LogisticRegression(C=10))
    search = GridSearchCV(steps, {"inconsistencytransformer__threshold": [0.3, 0.8]}, cv=2).fit(ARTICLES, y)
    again = pickle.loads(pickle.dumps(search.best_estimator_))

    assert pipeline.predict([CLASH, CALM]).tolist() == [True, False]
    assert search.best_score_ == 1.0
    assert again.predict([CLASH, CALM]).tolist() == [True, False]
    assert "_detector" not in again[0].__getstate__()
    assert clone(again[0]).get_params()["threshold"] == again[0].threshold


def test_set_params_after_use() -> None:
    """A changed parameter takes effect although a detector was loaded before."""
    transformer = InconsistencyTransformer(SCORER, threshold=0.99).fit([CLASH])
    before = transformer.transform([CLASH])[0, 3]
    transformer.set_params(threshold=0.3)

    assert (before, transformer.transform([CLASH])[0, 3]) == (0, 1)


def test_clones_share_a_loaded_model(tiny_model: Callable[[str], Path]) -> None:
    """A scorer object is not copied by clone, so a search with a real model loads it once."""
    scorer = load_scorer(tiny_model("contradiction first"), backend="onnx", threads=1)
    again = clone(clone(InconsistencyTransformer(scorer)).set_params(threshold=0.3))

    assert again.model is scorer
    assert again.threshold == 0.3


def test_model_folder_survives_pickle(tiny_model: Callable[[str], Path]) -> None:
    """A transformer on a model folder pickles by its parameters, after use too, and answers the same."""
    used = InconsistencyTransformer(str(tiny_model("contradiction first")), threads=1).fit(ARTICLES)
    again = pickle.loads(pickle.dumps(used))

    assert np.array_equal(again.transform(ARTICLES[:4]), used.transform(ARTICLES[:4]))


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
