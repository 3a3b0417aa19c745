"""The decision is monotone in the NLI scores, and the threshold keeps its promise."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inconsistency import Detector
from inconsistency.cues import read_cues
from inconsistency.decision import (
    FEATURES,
    PRESETS,
    Calibration,
    Growth,
    ScoredPair,
    caveat,
    decision_features,
    load_calibration,
    logit,
    save_calibration,
)
from inconsistency.errors import CalibrationError, InputError
from inconsistency.nli import NliScores
from inconsistency.pairs import GateModel, SentencePair, candidate_pairs
from inconsistency.sentences import Sentence
from inconsistency.testing import FakeScorer

WEIGHTS = (0.9, 0.4, -0.8, 1.1, 0.2, 0.3, 0.1, 0.5, 0.2, -0.1, 0.5, 0.4, 0.6, -0.7, -0.4, -0.3, 0.1, -0.2, -0.9, -0.1, -0.1, -1.0)
GATE = GateModel((4.0, 1.0, 1.0, 1.0, 0.0, 0.5, 2.0, 0.5, 0.0), -2.0, 0.0)
CALIBRATION = Calibration(
    model="a model",
    weights=WEIGHTS,
    intercept=-0.5,
    screen_floor=0.02,
    second_floor=0.01,
    growth=(
        Growth(0.1, ((1.0, 0.02), (100.0, 1.0), (1000.0, 8.0))),
        Growth(0.5, ((1.0, 0.5), (100.0, 1.0), (1000.0, 2.0))),
    ),
    probabilities=(0.001, 0.05, 0.2, 0.5, 0.9, 0.97),
    rates=(6.0, 0.6, 0.2, 0.06, 0.006, 0.0012),
    gate=GATE,
    fitted={"clean": 12, "on": "articles of ours"},
)
SHARE = st.floats(min_value=0, max_value=1)
PAIR_COUNTS = st.integers(min_value=1, max_value=2_000_000)
FALSE_FLAGS = st.floats(min_value=1e-3, max_value=10)


def pair(first: str, second: str) -> SentencePair:
    """The pair of a two-sentence article."""
    a = Sentence(0, first, 0, len(first))
    b = Sentence(1, second, len(first) + 1, len(first) + 1 + len(second))
    return candidate_pairs([a, b], None).pairs[0]


PLAIN = pair("The mill closed on 3 May.", "The mill closed on 5 May.")


def probability(forward: float, backward: float, of: SentencePair = PLAIN) -> float:
    """P(contradiction) of a pair whose NLI scores are these."""
    scores = [NliScores(0.0, 1 - p, p) for p in (forward, backward)]
    return CALIBRATION.probability(decision_features(ScoredPair(of, scores[0], scores[1]), 1))


@pytest.mark.parametrize(
    ("wrapped", "flat"),
    [
        ("According\nto the ministry, 14\npeople died.", "According to the ministry, 14 people died."),
        ("He didn\u2019t resign in\u00a0May.", "He didn't resign in May."),
    ],
)
def test_how_a_line_is_set_makes_no_difference(wrapped: str, flat: str) -> None:
    """A sentence that is broken over lines, or set with other apostrophes and spaces, has the same cues."""
    assert read_cues(wrapped) == read_cues(flat)


def test_number_words_are_read_as_figures() -> None:
    """Tens and what is made of them are numbers too."""
    assert read_cues("Seventy left, twenty-five stayed.").numbers == {"70", "25"}


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
    assert features["entailment"] == 0.2
    assert features["both_numbers"] == 1
    assert features["near"] == 1
    assert features["headline"] == 0


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

    assert grown.beside(10) == pytest.approx(math.sqrt(0.02))
    assert grown.beside(100) == pytest.approx(1)
    assert grown.beside(0) == grown.beside(1) == pytest.approx(0.02)
    assert grown.beside(50_000) == grown.beside(1000) == pytest.approx(8)


def test_growth_is_read_between_its_thresholds() -> None:
    """In logarithms of log odds: 0.25 lies half way between 0.1 and 0.5; beyond the ends nothing changes."""
    assert CALIBRATION.exposure(1000, 0.1) == CALIBRATION.exposure(1000, 0.001) == pytest.approx(8)
    assert CALIBRATION.exposure(1000, 0.25) == pytest.approx(4)
    assert CALIBRATION.exposure(1000, 0.5) == CALIBRATION.exposure(1000, 1.0) == pytest.approx(2)
    assert CALIBRATION.exposure(100, 0.3) == pytest.approx(1)


@pytest.mark.parametrize(
    ("first", "second", "reading"),
    [
        ("The mill closed.", "The mayor denied that the mill is open.", "quoted denial"),
        ("Lee said the mill closed.", "The mill is open, according to Ann Berg.", "different speakers"),
        ("Lee said the mill closed.", "The mill is open, said Mr Lee.", None),
        ("The mill closed.", "The mill might open.", "hedged or conditional"),
        ("All 40 mills closed.", "Most of the mills are open.", "part of a whole"),
        ("The mill closed.", "The mill was open until Monday.", "possible update over time"),
        ("The mill closed.", "Afterwards the mill opened.", "sequence of events"),
        ("The mill closed.", "The mill is open.", None),
        ("Smith was dismissed as coach.", "Smith is still the coach.", None),
    ],
)
def test_caveat_names_the_compatible_reading(first: str, second: str, reading: str | None) -> None:
    """A pair that also fits a compatible reading says which one, whatever that reading weighs."""
    scores = NliScores(0.0, 0.1, 0.9)

    assert caveat(decision_features(ScoredPair(pair(first, second), scores, scores), 1)) == reading


@pytest.mark.parametrize(
    ("text", "speakers"),
    [
        ("Mr McGauran says the audit will be independent.", {"mcgauran"}),
        ("The union's secretary, Charlie Donzow, says the pay is higher.", {"charlie", "donzow"}),
        ("“It speaks of hunger,” said Hannah Lee, a researcher.", {"hannah", "lee"}),
        ("The raid was at night, according to the Unification Ministry.", {"unification", "ministry"}),
        ("Two men were hurt, police said.", {"police"}),
        ("The minister told reporters that he would resign.", {"minister"}),
        ("He said that the mill had closed.", set()),
        ("Fourteen died, according to the ministry.", {"ministry"}),
        ("Lee was admitted to hospital.", set()),
        ("The fire claimed 14 lives.", set()),
        ("The mill closed.", set()),
    ],
)
def test_speakers_are_those_whose_words_they_are(text: str, speakers: set[str]) -> None:
    """Names before or after the verb, else the noun before it; a pronoun names nobody."""
    assert read_cues(text).speakers == speakers


@pytest.mark.parametrize(
    ("text", "speakers"),
    [
        ("Aasen, who left hospital on Saturday, said the hull was sound.", {"aasen"}),
        ("Lee, who was injured, said the hull was sound.", {"lee"}),
        ("On Monday the ministry said the hull was sound.", {"ministry"}),
        ("In May the ministry said the hull was sound.", {"ministry"}),
    ],
)
def test_days_and_relative_clauses_name_no_speaker(text: str, speakers: set[str]) -> None:
    """Who was injured and when it was said are not whose words they are."""
    assert read_cues(text).speakers == speakers


@pytest.mark.parametrize(
    ("text", "speech", "hedged", "denial"),
    [
        ("The fire claimed 14 lives.", False, False, False),
        ("Officers were called to the property at midnight.", False, False, False),
        ("He was told to leave.", False, False, False),
        ("The firm claims that it paid.", True, False, False),
        ("Police said that it was so.", True, False, False),
        ("He was arrested on 12 May.", False, False, False),
        ("The bridge had been closed.", False, False, False),
        ("The bridge may be closed.", False, True, False),
        ("The council rejected the plan.", False, False, False),
        ("The club dismissed the coach.", False, False, False),
        ("The pay dispute went on.", False, False, False),
        ("He dismissed Mr Lee's claims.", False, False, True),
        ("The union rejected the accusation.", False, False, True),
    ],
)
def test_cues_are_of_what_a_word_means_there(text: str, speech: bool, hedged: bool, denial: bool) -> None:
    """A fire claims lives, May is a month, a council rejects a plan: no speech, no hedge and no denial."""
    cues = read_cues(text)

    assert (cues.speech, cues.hedged, cues.denial) == (speech, hedged, denial)


def test_denied_bail_is_no_denial() -> None:
    """What a judge denies was not said by anybody."""
    assert not read_cues("A judge denied him bail.").denial
    assert read_cues("A judge denied that he was bailed.").denial


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
    elif threshold < 0.9998:
        assert expected == pytest.approx(false_flags, rel=1e-3)


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
    save_calibration(replace(CALIBRATION, model="fake"), tmp_path / "c.json")
    found = [
        Detector(FakeScorer(), calibration=tmp_path / "c.json", false_flags=name).threshold_for(300)
        for name in ("strict", "default", "broad")
    ]

    assert list(PRESETS) == ["strict", "default", "broad"]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 3


@pytest.mark.parametrize("calibration", [CALIBRATION, replace(CALIBRATION, gate=None)], ids=["gate", "none"])
def test_save_and_load_are_inverse(tmp_path: Path, calibration: Calibration) -> None:
    """A calibration comes back from its file as it was."""
    path = tmp_path / "calibration.json"
    save_calibration(calibration, path)

    assert load_calibration(path) == calibration


def saved(tmp_path: Path, **changes: object) -> Path:
    """A calibration file with some fields changed; None removes one."""
    path = tmp_path / "calibration.json"
    save_calibration(CALIBRATION, path)
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
        {"rates": [0.1]},
        {"probabilities": [], "rates": []},
        {"probabilities": [0.9, 0.1], "rates": [0.1, 0.01]},
        {"rates": [0.1, 0.01, 0.003, 0.001, 0.0001, 0.0]},
        {"gate": {"weights": [1.0], "intercept": 0.0, "threshold": 0.0}},
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
        "gate of other features",
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
    ("text", "hedged"),
    [
        ("It was an hour before rescuers could reach him.", False),
        ("He could not swim.", False),
        ("The mill could close next year.", True),
        ("It could be the last.", True),
    ],
)
def test_what_somebody_was_able_to_do_is_no_hedge(text: str, hedged: bool) -> None:
    """ "Could" is a hedge where it speaks of what may be, not where it speaks of an ability."""
    assert read_cues(text).hedged is hedged


def test_cues_read_what_the_decision_needs() -> None:
    """Numbers in words count as digits, names are capitalised words after the first."""
    cues = read_cues("Fourteen people met Anna Ode on 1,100 boats, she said.")

    assert cues.numbers == {"14", "1100"}
    assert cues.names == {"anna", "ode"}
    assert cues.anaphoric and cues.speech and not cues.hedged
