"""The decision is monotone in the NLI scores, and the threshold keeps its promise."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inconsistency import Detector
from inconsistency.calibration_file import load_calibration, save_calibrations
from inconsistency.decision import (
    FEATURES,
    PRESETS,
    Calibration,
    Growth,
    decision_features,
    exposure,
    kind_features,
    logit,
)
from inconsistency.errors import CalibrationError, InputError
from inconsistency.nli import NliScores
from inconsistency.pairs import SentencePair
from inconsistency.scoring import ScoredPair
from inconsistency.sentences import Sentence
from inconsistency.testing import FakeScorer

WEIGHTS = (0.9, 0.4, 0.2, 0.3, 1.1, -1.0)
CALIBRATION = Calibration(
    model="a model",
    weights=WEIGHTS,
    intercept=-0.5,
    growth=(
        Growth(0.1, ((1.0, 0.02), (100.0, 1.0), (1000.0, 8.0))),
        Growth(0.5, ((1.0, 0.5), (100.0, 1.0), (1000.0, 2.0))),
    ),
    probabilities=(0.001, 0.05, 0.2, 0.5, 0.9, 0.97),
    rates=(6.0, 0.6, 0.2, 0.06, 0.006, 0.0012),
    fitted={"clean": 12, "on": "articles of ours"},
)
SHARE = st.floats(min_value=0, max_value=1)
PAIR_COUNTS = st.integers(min_value=1, max_value=2_000_000)
FALSE_FLAGS = st.floats(min_value=1e-3, max_value=10)


def pair(first: str, second: str) -> SentencePair:
    """The pair of a two-sentence article."""
    a = Sentence(0, first, 0, len(first))
    b = Sentence(1, second, len(first) + 1, len(first) + 1 + len(second))
    return SentencePair(a, b, similarity=0.5)


PLAIN = pair("The mill closed on 3 May.", "The mill closed on 5 May.")


def probability(forward: float, backward: float, of: SentencePair = PLAIN) -> float:
    """P(contradiction) of a pair whose NLI scores are these."""
    scores = [NliScores(0.0, 1 - p, p) for p in (forward, backward)]
    return CALIBRATION.probability(decision_features(ScoredPair(of, scores[0], scores[1]), 1))


@given(SHARE, SHARE, SHARE)
def test_probability_rises_with_either_nli_score(low: float, high: float, other: float) -> None:
    """A higher NLI score in one direction never lowers the probability."""
    low, high = sorted((low, high))

    assert probability(low, other) <= probability(high, other)
    assert probability(other, low) <= probability(other, high)


@given(SHARE, SHARE)
def test_probability_does_not_depend_on_which_direction(one: float, other: float) -> None:
    """The two directions count alike."""
    assert probability(one, other) == pytest.approx(probability(other, one))


@given(SHARE, SHARE)
def test_probability_is_one(one: float, other: float) -> None:
    """Whatever the scores, the outcome is a probability."""
    assert 0 <= probability(one, other) <= 1


def test_extreme_features_do_not_overflow() -> None:
    """Far-off features give 0 or 1, not an arithmetic error."""
    ends = [CALIBRATION.probability([x] + [0.0] * (len(FEATURES) - 1)) for x in (-1e9, 1e9)]

    assert ends == [pytest.approx(0, abs=1e-9), pytest.approx(1, abs=1e-9)]


def test_features_stand_in_the_declared_order() -> None:
    """A pair has one value a feature."""
    neutral = NliScores(0.2, 0.5, 0.3)
    features = dict(zip(FEATURES, decision_features(ScoredPair(PLAIN, neutral, neutral), 1), strict=True))

    assert features["nli_mean"] == features["nli_lower"] == pytest.approx(logit(0.3))
    assert features["related"] == pytest.approx(math.log(0.4))
    assert features["similarity"] == PLAIN.similarity
    assert features["length"] == pytest.approx(math.log(0.3))


def test_kinds_count_by_how_far_they_stand_out() -> None:
    """Shares that are all alike say nothing, nor does a kind that has no weight; one of 0 is taken for a thousandth."""
    named = replace(CALIBRATION, kinds={"place": 2.0})
    features = [0.0] * len(FEATURES)
    even = named.probability(features, {"place": 0.5, "number": 0.5})

    assert kind_features({"place": 1.0, "number": 0.0}) == pytest.approx({"place": 3.454, "number": -3.454}, abs=1e-3)
    assert even == named.probability(features) == named.probability(features, {"number": 0.9, "date": 0.1})
    assert named.probability(features, {"place": 0.9, "number": 0.1}) > even


def test_a_pair_of_a_long_article_is_less_likely_to_be_the_one() -> None:
    """An article contradicts itself about once, so ten times the pairs make each ten times less likely."""
    length = FEATURES.index("length")
    scored = ScoredPair(PLAIN, NliScores(0, 0.1, 0.9), NliScores(0, 0.1, 0.9))
    values = [decision_features(scored, pairs)[length] for pairs in (1, 30, 100, 1000, 2000, 200_000)]
    tiny, short, usual, long, longer, longest = values

    assert usual == 0 and long == pytest.approx(math.log(10))
    assert tiny == short and longer == longest  # beyond these ends nothing was measured


def test_growth_is_read_between_its_points() -> None:
    """In logarithms: half way between 1 and 100 pairs are 10; beyond the ends nothing changes."""
    grown = CALIBRATION.growth[0]

    assert grown.relative(10) == pytest.approx(math.sqrt(0.02))
    assert grown.relative(100) == pytest.approx(1)
    assert grown.relative(0) == grown.relative(1) == pytest.approx(0.02)
    assert grown.relative(50_000) == grown.relative(1000) == pytest.approx(8)


def test_growth_is_read_between_its_thresholds() -> None:
    """In logarithms of log odds: 0.25 lies half way between 0.1 and 0.5; beyond the ends nothing changes."""
    assert exposure(CALIBRATION.growth, 1000, 0.1) == exposure(CALIBRATION.growth, 1000, 0.001) == pytest.approx(8)
    assert exposure(CALIBRATION.growth, 1000, 0.25) == pytest.approx(4)
    assert exposure(CALIBRATION.growth, 1000, 0.5) == exposure(CALIBRATION.growth, 1000, 1.0) == pytest.approx(2)
    assert exposure(CALIBRATION.growth, 100, 0.3) == pytest.approx(1)


@given(st.lists(SHARE, min_size=2, max_size=2))
def test_rate_never_rises(thresholds: list[float]) -> None:
    """A higher threshold never brings more false flags."""
    low, high = sorted(thresholds)

    assert CALIBRATION.rate(low) >= CALIBRATION.rate(high)


def test_rate_meets_the_measured_points() -> None:
    """At the measured thresholds the rate is the measured one."""
    found = [CALIBRATION.rate(p) for p in CALIBRATION.probabilities]

    assert found == pytest.approx(list(CALIBRATION.rates))


@given(FALSE_FLAGS, PAIR_COUNTS)
def test_threshold_and_expected_false_flags_are_inverse(false_flags: float, pairs: int) -> None:
    """The expectation at the threshold of a promise is the promise, where the measured range reaches it."""
    threshold = CALIBRATION.threshold(false_flags, pairs)
    expected = CALIBRATION.expected_false_flags(threshold, pairs)

    assert expected is not None
    if threshold == CALIBRATION.probabilities[0]:
        assert expected <= false_flags
    elif threshold <= CALIBRATION.probabilities[-1]:
        assert expected == pytest.approx(false_flags, rel=1e-3)
    else:
        assert expected >= false_flags


@given(FALSE_FLAGS, st.lists(PAIR_COUNTS, min_size=2, max_size=2))
def test_threshold_rises_with_the_number_of_pairs(false_flags: float, counts: list[int]) -> None:
    """A longer article has more chances of a false flag, so its threshold is higher."""
    few, many = sorted(counts)

    assert CALIBRATION.threshold(false_flags, few) <= CALIBRATION.threshold(false_flags, many)


@given(st.lists(FALSE_FLAGS, min_size=2, max_size=2), PAIR_COUNTS)
def test_threshold_falls_with_the_allowance(allowances: list[float], pairs: int) -> None:
    """Who allows more false flags gets a lower threshold."""
    less, more = sorted(allowances)

    assert CALIBRATION.threshold(less, pairs) >= CALIBRATION.threshold(more, pairs)


def test_above_the_measured_range_no_less_is_expected_than_at_its_end() -> None:
    """Where no clean article had a pair, a thousandth of a flag and a millionth cannot be told apart."""
    end = CALIBRATION.expected_false_flags(0.97, 100)

    assert CALIBRATION.expected_false_flags(0.999, 100) == CALIBRATION.expected_false_flags(1.0, 100) == end


def test_a_promise_holds_at_every_higher_threshold() -> None:
    """Where false flags of short articles rise again with the threshold, the one that is taken lies beyond that."""
    steep = Growth(0.1, ((1.0, 0.02), (100.0, 1.0))), Growth(0.5, ((1.0, 0.9), (100.0, 1.0)))
    made = replace(CALIBRATION, growth=steep)
    taken = made.threshold(0.05, 2)
    flags = {t: made.rate(t) * exposure(made.growth, 2, t) for t in np.linspace(0.001, 0.97, 500)}

    assert max(f for t, f in flags.items() if t >= taken) <= 0.05 + 1e-6
    assert min(f for t, f in flags.items() if t < taken) <= 0.05  # a lower one keeps it at that point alone


def test_no_expectation_below_the_measured_range() -> None:
    """Below the lowest measured probability nothing is promised."""
    assert CALIBRATION.expected_false_flags(0.0, 100) is None


@pytest.mark.parametrize("false_flags", [0, -1, float("nan")])
def test_no_false_flags_at_all_cannot_be_promised(false_flags: float) -> None:
    """Zero, a negative number and NaN are refused."""
    with pytest.raises(InputError, match=r"false_flags is .*; accepted are numbers above 0"):
        CALIBRATION.threshold(false_flags, 100)


def test_presets_are_ordered(tmp_path: Path) -> None:
    """The strict preset has the highest threshold and the broad one the lowest."""
    save_calibrations([replace(CALIBRATION, model="fake")], tmp_path / "c.json")
    found = [
        Detector(FakeScorer(), calibration=tmp_path / "c.json", false_flags=name).threshold_for(300)
        for name in ("strict", "default", "broad")
    ]

    assert list(PRESETS) == ["strict", "default", "broad"]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 3


def test_save_and_load_are_inverse(tmp_path: Path) -> None:
    """A calibration comes back from its file as it was."""
    path = tmp_path / "calibration.json"
    save_calibrations([CALIBRATION], path)

    assert load_calibration(path) == CALIBRATION


def promises(**changes: object) -> dict[str, object]:
    """The promises of a calibration file with some fields changed."""
    promise = {"growth": [{"threshold": g.threshold, "flags": g.flags} for g in CALIBRATION.growth], "fitted": {}}
    curve = {"probabilities": CALIBRATION.probabilities, "rates": CALIBRATION.rates}
    return {"published": promise | curve | changes}


def test_each_kind_of_text_has_its_promise(tmp_path: Path) -> None:
    """A file may promise for several kinds; one that it says nothing of is refused with those that it knows."""
    path = tmp_path / "calibration.json"
    generated = replace(CALIBRATION, text_kind="generated", rates=tuple(r / 2 for r in CALIBRATION.rates))
    save_calibrations([CALIBRATION, generated], path)

    assert load_calibration(path, "published") == CALIBRATION
    assert load_calibration(path, "generated") == generated

    save_calibrations([CALIBRATION], path)
    with pytest.raises(CalibrationError, match="promises nothing for generated text; it was fitted for published"):
        load_calibration(path, "generated")


def saved(tmp_path: Path, **changes: object) -> Path:
    """A calibration file with some fields changed; None removes one."""
    path = tmp_path / "calibration.json"
    save_calibrations([CALIBRATION], path)
    data = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps({k: v for k, v in data.items() if v is not None}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": None},
        {"weights": [1.0]},
        {"weights": ["a"] * len(WEIGHTS)},
        {"intercept": "high"},
        {"promises": promises(rates=[0.1])},
        {"promises": promises(probabilities=[], rates=[])},
        {"promises": promises(probabilities=[0.9, 0.1], rates=[0.1, 0.01])},
        {"promises": promises(rates=[0.1, 0.01, 0.003, 0.001, 0.0001, 0.0])},
        {"promises": {"published": {}}},
    ],
    ids=[
        "no weights",
        "too few weights",
        "weights of text",
        "intercept of text",
        "fewer rates than probabilities",
        "no curve",
        "falling probabilities",
        "a rate of zero",
        "an empty promise",
    ],
)
def test_damaged_file_is_refused_at_load(tmp_path: Path, changes: dict[str, object]) -> None:
    """A file whose content cannot work is refused when it is read, and named, not at the first article."""
    with pytest.raises(CalibrationError, match=r"calibration\.json"):
        load_calibration(saved(tmp_path, **changes))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe\x00"], ids=["empty", "cut off", "list", "null", "binary"]
)
def test_file_of_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    """A file that is no calibration is an error with its name, not a traceback."""
    path = tmp_path / "calibration.json"
    path.write_bytes(content)

    with pytest.raises(CalibrationError, match=r"calibration\.json is not a calibration file"):
        load_calibration(path)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    """A path without a file says so."""
    with pytest.raises(CalibrationError, match="no calibration file"):
        load_calibration(tmp_path / "none.json")
    with pytest.raises(CalibrationError, match="cannot read"):
        load_calibration(tmp_path)


def test_other_features_are_refused(tmp_path: Path) -> None:
    """A calibration of an older version, fitted for other features, asks to be fitted again."""
    with pytest.raises(CalibrationError, match="fitted for other features; delete it, and fit it again"):
        load_calibration(saved(tmp_path, features=["nli_mean"]))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ({"weights": [math.nan] * len(FEATURES)}, "no finite number"),
        ({"intercept": math.inf}, "no finite number"),
        ({"kinds": {"place": math.inf}}, "no finite number"),
        ({"kinds": []}, "is not a calibration file"),
        ({"fitted": []}, r"fitted is \[\]; accepted is an object"),
    ],
    ids=["weights", "intercept", "kinds", "list of kinds", "fitted"],
)
def test_a_damaged_file_is_refused(damage: dict[str, object], said: str, tmp_path: Path) -> None:
    """A number that is none would flag every pair, and a record that is none would fail at the first article."""
    save_calibrations([CALIBRATION], tmp_path / "c.json")
    data = json.loads((tmp_path / "c.json").read_text())
    (promise,) = data["promises"].values()
    for name, value in damage.items():
        (promise if name in promise else data)[name] = value
    (tmp_path / "c.json").write_text(json.dumps(data))

    with pytest.raises(CalibrationError, match=said):
        load_calibration(tmp_path / "c.json")
