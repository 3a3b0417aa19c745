"""Fitting a decision: monotone in the NLI scores, a curve that counts."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inconsistency import calibration, false_flags
from inconsistency.calibration import ScoredArticle
from inconsistency.calibration_file import load_calibration, save_calibrations
from inconsistency.cli import main
from inconsistency.decision import FEATURES, Growth
from inconsistency.errors import CalibrationError, InputError
from inconsistency.nli import NliScores
from inconsistency.pairs import candidate_pairs
from inconsistency.scoring import ScoredPair
from inconsistency.sentences import from_texts

RNG = np.random.default_rng(0)


def article(gold: int, sentences: int = 8) -> ScoredArticle:
    """An article whose first `gold` pairs contradict; the model is right nine times in ten."""
    texts = [f"The mill at {name} closed in May." for name in ("Ash", "Bow", "Cam", "Dun", "Ely", "Fife", "Gant", "Hull")]
    pairs = candidate_pairs(from_texts(texts[:sentences], headline=True), None).pairs
    is_gold = np.arange(len(pairs)) < gold
    right = RNG.random(len(pairs)) < 0.9
    chance = np.where(is_gold == right, RNG.uniform(0.6, 0.99, len(pairs)), RNG.uniform(0.01, 0.4, len(pairs)))
    scored = [ScoredPair(p, *[NliScores(0.0, 1 - c, c)] * 2) for p, c in zip(pairs, chance, strict=True)]
    return ScoredArticle(tuple(scored), is_gold, len(pairs), 0, "made")


LABELLED = [article(1) for _ in range(40)]
CLEAN = [article(0, 3 + k % 6) for k in range(40)]


def test_the_fit_follows_the_model() -> None:
    """The NLI scores get weights that are never negative; the weights that are given stay."""
    named = dict(zip(FEATURES, calibration.fit_decision([*LABELLED, *CLEAN]).weights, strict=True))

    assert named["nli_mean"] + named["nli_lower"] > 0
    assert min(named["nli_mean"], named["nli_lower"]) >= 0
    assert {name: named[name] for name in calibration.GIVEN} == calibration.GIVEN


def of_kinds(told: ScoredArticle) -> ScoredArticle:
    """An article whose contradictions the model takes for dates, and whatever else it suspects for places."""
    shares = [{"date_time": 0.9, "place": 0.1}, {"date_time": 0.1, "place": 0.9}]
    scored = [s._replace(kinds=shares[not gold]) for s, gold in zip(told.scored, told.gold, strict=True)]
    return replace(told, scored=tuple(scored))


def test_the_fit_learns_which_kinds_are_right() -> None:
    """A kind that the model names where it is right raises the probability; one that it names wrongly lowers it."""
    articles = [of_kinds(a) for a in (*LABELLED, *CLEAN)]
    fitted = calibration.fit_decision(articles)

    assert fitted.kinds["date_time"] > 0 > fitted.kinds["place"]
    assert calibration.fit_decision([*LABELLED, *CLEAN]).kinds == {}
    told, untold = fitted.probabilities(articles[0]), fitted.probabilities(LABELLED[0])
    assert told[0] > untold[0] and (told[1:] < untold[1:]).all()


def test_what_a_kind_weighs_is_kept_in_the_file(tmp_path: Path) -> None:
    """A calibration that is read again gives a pair the same probability, and another one if no kinds are told."""
    articles = {"published": [of_kinds(a) for a in LABELLED]}
    (made,) = calibration.fit("a model", articles, {"published": [of_kinds(a) for a in CLEAN]}, {})
    save_calibrations([made], tmp_path / "calibration.json")
    read = load_calibration(tmp_path / "calibration.json")
    pair, features = articles["published"][0].scored[0], articles["published"][0].features()[0]

    assert read.kinds == made.kinds
    assert read.probability(features, pair.kinds) == made.probability(features, pair.kinds) > read.probability(features)


def test_a_fitted_calibration_keeps_its_promise_on_what_it_was_fitted_on() -> None:
    """The flags of the clean articles at each one's threshold come to about the promised mean."""
    (made,) = calibration.fit("a model", {"published": LABELLED}, {"published": CLEAN}, {})
    flags = 0
    for a in CLEAN:
        chances = [made.probability(row) for row in a.features()]
        flags += sum(c >= made.threshold(0.5, a.pairs) for c in chances)

    assert flags / len(CLEAN) == pytest.approx(0.5, rel=0.5)


def test_each_kind_of_text_gets_a_promise_of_its_own() -> None:
    """One decision serves all; false flags, and what is found, are measured for each kind."""
    dull = [article(0, 8) for _ in range(40)]
    labelled = {"published": LABELLED[:20], "generated": LABELLED[20:]}
    published, generated = calibration.fit("a model", labelled, {"published": CLEAN, "generated": dull}, {"on": "us"})

    assert (published.text_kind, generated.text_kind) == ("published", "generated")
    assert published.weights == generated.weights
    assert published.rates != generated.rates
    assert published.fitted["on"] == "us"
    shares = published.fitted["found"]
    assert 0 <= shares["strict"] <= shares["default"] <= shares["broad"] <= 1


def test_what_is_found_is_measured_on_articles_that_were_not_fitted_on() -> None:
    """Where a half of the articles cannot be fitted on, nothing is told; otherwise each half is read by the other's fit."""
    lost = [replace(a, gold=np.zeros(len(a.gold), dtype=bool), missed=1) for a in LABELLED[:20]]
    dull = NliScores(0.0, 0.95, 0.05)
    calm = {"published": [replace(a, scored=tuple(ScoredPair(s.pair, dull, dull) for s in a.scored)) for a in CLEAN]}
    mixed = [a for both in zip(LABELLED[:20], lost, strict=True) for a in both]

    assert calibration.found_shares({"published": [*LABELLED[:20], *lost]}, calm) == {}
    assert 0.3 < calibration.found_shares({"published": mixed}, calm)["published"]["broad"] <= 0.5


def test_articles_are_scored_as_in_use() -> None:
    """What is not read in both directions is missing, and a labelled pair among it counts as missed."""
    from inconsistency.testing import FakeScorer

    sentences = from_texts(["The mill closed.", "The mill is open.", "It rained.", "The mayor sang."], headline=True)
    scorer = FakeScorer({("closed", "open"): 0.9})
    found = calibration.score_article(scorer, sentences, [(0, 1), (2, 3)], "made")

    assert max(s.mean for s in found.scored) == 0.9
    assert len(found.scored) == 3
    assert found.gold.tolist() == [True, False, False]
    assert (found.pairs, found.missed) == (6, 1)


def test_growth_is_found() -> None:
    """Flags that grow with the square root of the pairs are found to; too few flags are taken to grow with the pairs."""
    pairs = [10 * k for k in range(1, 101)]
    flags = [int(p**0.5) for p in pairs]
    grown, plain = (dict(false_flags.growth(0.5, f, pairs).flags) for f in (flags, [0] * 100))

    assert grown[100] == plain[100] == 1
    assert grown[400] == pytest.approx(2, rel=0.1)
    assert plain[400] == pytest.approx(4)


def test_growth_may_turn_to_a_fall() -> None:
    """Where long articles have fewer flags than middling ones, the curve says so."""
    pairs = [10 * k for k in range(1, 101)]
    flags = [p // 10 if p < 200 else 4000 // p for p in pairs]
    grown = dict(false_flags.growth(0.5, flags, pairs).flags)

    assert grown[30] < grown[100] < grown[200]
    assert grown[1000] < grown[400] < grown[200]


def test_growth_of_few_articles_does_not_bend() -> None:
    """A hundred flags of 60 articles of a like length say nothing of other lengths: more pairs, no fewer flags."""
    pairs = [66 + k % 40 for k in range(60)]
    flags = [1 + (k % 5 == 0) * 4 for k in range(60)]
    grown = [f for _, f in false_flags.growth(0.5, flags, pairs).flags]

    assert sum(flags) > 100
    assert grown == sorted(grown)
    assert grown[-1] <= 20


def test_growth_differs_from_level_to_level() -> None:
    """Where the surest flags are in short articles and the others in long ones, each level says so for itself."""
    short, long = np.array([0.9, 0.01]), np.array([0.5] * 8)
    probabilities, pairs = [short, *[np.array([0.01])] * 3, long] * 160, [30, 30, 30, 30, 600] * 160
    loose, strict = false_flags.growths(probabilities, pairs)

    assert (loose.threshold, strict.threshold) == (0.5, 0.9)
    assert loose.relative(600) > 5 * loose.relative(30)
    assert strict.relative(30) > 5 * strict.relative(600)


def test_a_level_with_few_flags_is_not_measured() -> None:
    """Of 40 articles a tenth has four flags: too few to tell their growth, so that of the looser level stands for all."""
    levels = false_flags.growths([np.array([0.2, 0.6])] * 40, [100] * 40)

    assert [g.threshold for g in levels] == [0.6]


def test_curve_counts_flags() -> None:
    """At the k-th highest probability of clean pairs the curve says k over what the articles are worth."""
    grown = (Growth(0.5, ((1, 0.01), (200, 2))),)
    thresholds, rates = false_flags.false_flag_curve([np.linspace(0.01, 0.99, 50)], [200], grown)

    assert rates[-1] == pytest.approx(1 / 2)
    assert rates[0] == pytest.approx(50 / 2)
    assert list(thresholds) == sorted(thresholds)


def test_too_little_data_is_refused() -> None:
    """Fewer than ten labelled contradictions, or hardly any clean pairs, are an error that says so."""
    with pytest.raises(CalibrationError, match="3 labelled contradictions; at least 10"):
        calibration.fit_decision(LABELLED[:3])
    with pytest.raises(CalibrationError, match="1 pairs of clean articles; at least 20 are needed"):
        false_flags.false_flag_curve([np.array([0.5])], [3], (Growth(0.5, ((1, 1), (10, 1))),))


ROW = {"sentences": ["The mill closed.", "The mill is open."], "gold": [[0, 1]]}


@pytest.mark.parametrize(
    ("clean", "labelled", "output", "said"),
    [
        ({"text": "It rained."}, ROW, "none/house.json", r"cannot write .*house\.json"),
        (None, ROW, "house.json", "clean.jsonl has no articles"),
        ({"body": "It rained."}, ROW, "house.json", "clean.jsonl:1: no `text`"),
        ({"text": "It rained."}, ROW | {"sentences": "The mill closed."}, "house.json", "a list of texts, is expected"),
        ({"text": "It rained."}, ROW | {"gold": [[0, 7]]}, "house.json", r"\[0, 7\] is no pair of 2 sentences"),
        ({"text": "It rained."}, ROW | {"gold": [3]}, "house.json", "a list of pairs of indexes, is expected"),
        ({"text": "It rained."}, ROW, "house.json", "1 labelled contradictions; at least 10"),
        ({"text": "It rained."}, ROW, ".", "cannot write"),
        ({"text": " \n"}, ROW, "house.json", "clean.jsonl:1: the article is empty"),
        ({"text": "It rained."}, ROW | {"sentences": ["", " "]}, "house.json", "labelled.jsonl:1: the article is empty"),
        ({"text": "It rained."}, ROW | {"gold": [["a", "b"]]}, "house.json", "a list of pairs of indexes, is expected"),
        ({"text": "It rained."}, ROW | {"gold": [[0.5, 1]]}, "house.json", "a list of pairs of indexes, is expected"),
        ({"text": "It rained."}, ROW | {"gold": [[False, True]]}, "house.json", "a list of pairs of indexes, is expected"),
    ],
)
def test_what_cannot_be_fitted_is_refused_before_anything_is_scored(
    clean: dict[str, object] | None,
    labelled: dict[str, object],
    output: str,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A missing folder, an empty file and every faulty row are named at once, not after minutes of scoring."""
    for name, row in {"clean.jsonl": clean, "labelled.jsonl": labelled}.items():
        # As editors on Windows begin a file, and with a line end that JSON allows inside a text.
        line = json.dumps(row | {"note": "one\u2028two"}, ensure_ascii=False) + "\n" if row else ""
        (tmp_path / name).write_text(line, encoding="utf-8-sig")

    files = ["--clean", str(tmp_path / "clean.jsonl"), "--labelled", str(tmp_path / "labelled.jsonl")]
    assert main(["calibrate", "--model", "no model", *files, "-o", str(tmp_path / output)]) == 2
    assert re.search(said, capsys.readouterr().err)
    assert not (tmp_path / "house.json").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told() -> None:
    """Where the disk is full when a calibration is to be written, the file is named."""
    (made,) = calibration.fit("a model", {"published": LABELLED}, {"published": CLEAN}, {})

    with pytest.raises(InputError, match="cannot write /dev/full: No space left"):
        save_calibrations([made], Path("/dev/full"))
