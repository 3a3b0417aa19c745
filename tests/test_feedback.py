"""Answers of a desk, kept in a file and fitted on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inconsistency.calibration import calibrate_files, score_article
from inconsistency.calibration_file import load_calibration
from inconsistency.cli import main
from inconsistency.detector import Detector
from inconsistency.errors import InputError
from inconsistency.feedback import answer, answered_articles, keep
from inconsistency.report import Report
from inconsistency.sentences import from_texts
from inconsistency.testing import FakeScorer

TEXT = "\n\n".join([
    "The mill was closed on Monday.",
    "Subscribe to our newsletter.",
    "The mill was open on Monday. Nobody was hurt at the mill. Two were hurt at the mill.",
])  # fmt: skip
TABLE = {("was closed", "was open"): 0.99, ("Nobody was", "Two were"): 0.98}


@pytest.fixture
def report() -> Report:
    """A report of two pairs, and a sentence between them that was not compared."""
    made = Detector(FakeScorer(TABLE), threshold=0.5, top=0).check(TEXT, headline="At the mill")
    assert [(c.first.index, c.second.index) for c in made.contradictions] == [(1, 3), (4, 5)]
    return made


def test_an_answer_holds_its_article(report: Report, tmp_path: Path) -> None:
    """A line has the compared sentences and the pair's place among them, and no report is needed to use it."""
    keep(tmp_path / "desk.jsonl", answer(report, 3, 1, True))
    line = json.loads((tmp_path / "desk.jsonl").read_text())

    assert line["sentences"][0] == "At the mill" and line["headline"]
    assert [line["sentences"][n] for n in line["pair"]] == ["The mill was closed on Monday.", "The mill was open on Monday."]
    assert not any("Subscribe" in text for text in line["sentences"])
    assert answered_articles(tmp_path / "desk.jsonl") == [(from_texts(line["sentences"], True), [(1, 2)], [(3, 4)])]


def test_half_an_emoji_is_kept(tmp_path: Path) -> None:
    """An answer about a text with half an emoji, as cut JSON leaves it, is kept and read like any other."""
    made = Detector(FakeScorer(TABLE), threshold=0.5).check_sentences(["The mill was closed \ud83d.", "The mill was open."])
    keep(tmp_path / "desk.jsonl", answer(made, 0, 1, True))

    ((sentences, gold, _),) = answered_articles(tmp_path / "desk.jsonl")
    assert (sentences[0].text, gold) == ("The mill was closed \ud83d.", [(0, 1)])


def test_the_newest_answer_counts(report: Report, tmp_path: Path) -> None:
    """A pair's last answer wins; one that is taken back says nothing, and an article without any is left out."""
    path = tmp_path / "desk.jsonl"
    for first, second, right in [(1, 3, True), (1, 3, False), (4, 5, True), (4, 5, None)]:
        keep(path, answer(report, first, second, right))

    assert [(row.gold, row.unknown) for row in answered_articles(path)] == [([], [(3, 4)])]
    keep(path, answer(report, 1, 3, None))
    assert answered_articles(path) == []


def test_pairs_below_the_threshold_are_answered_too(report: Report) -> None:
    """What is worth a look was shown like what is flagged: a pair that was missed can be called right."""
    below = Detector(FakeScorer(TABLE), threshold=0.99, top=2).check(TEXT, headline="At the mill")
    line = answer(below, 4, 5, True)

    assert not any(c.second.index == 5 for c in below.contradictions)
    assert (line["pair"], line["probability"]) == ([3, 4], 0.98)
    assert len(line["shown"]) == len(below.contradictions) + 2


def test_only_pairs_that_were_shown(report: Report) -> None:
    """An answer is about a pair that the report shows, not about any two sentences."""
    for first, second in [(1, 2), (1, 4), (0, 99)]:
        with pytest.raises(InputError, match="does not show a pair"):
            answer(report, first, second, True)


@pytest.mark.parametrize(
    "change", [{"pair": [3]}, {"pair": [1, 99]}, {"pair": [2, 1]}, {"sentences": None}, {"right": "yes"}, {"shown": 3}]
)
def test_other_files_are_refused(report: Report, tmp_path: Path, change: dict[str, Any]) -> None:
    """A line that is no answer is named."""
    path = tmp_path / "desk.jsonl"
    keep(path, answer(report, 1, 3, True) | change)

    with pytest.raises(InputError, match=r"desk\.jsonl:1: an answer kept by"):
        answered_articles(path)


def test_calibrate_reads_answers(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    """Articles with answers are labelled ones; a pair that nobody has answered is not fitted on."""
    path, clean = tmp_path / "desk.jsonl", tmp_path / "clean.jsonl"
    clean.write_text("\n".join(json.dumps({"text": f"{TEXT} It rained {n} days."}) for n in range(12)))
    model = str(tiny_model("contradiction first"))
    report = Detector(model, threshold=0, self_test=False).check(TEXT)
    likeliest = next(c for c in report.contradictions if c.first.index > 0)
    line = answer(report, likeliest.first.index, likeliest.second.index, True)
    for n in range(12):
        keep(path, line | {"sentences": [f"At the mill {n}", *line["sentences"][1:]]})

    told = calibrate_files(model, clean, None, tmp_path / "house.json", feedback=path)

    assert "12 clean and 12 labelled articles" in told
    fitted = load_calibration(tmp_path / "house.json").fitted
    assert (fitted["clean"], fitted["labelled"]) == (12, 12)


def test_calibrate_needs_one_of_the_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without labelled articles and without answers there is nothing to fit on."""
    assert main(["calibrate", "--clean", "a", "-o", str(tmp_path / "house.json")]) == 2
    assert "give --labelled or --feedback a file" in capsys.readouterr().err


def test_what_nobody_has_answered_is_left_out() -> None:
    """A pair without an answer is neither right nor wrong for the fit."""
    sentences = from_texts(["At the mill", "The mill was closed.", "The mill was open.", "The mill was shut."], True)
    scorer = FakeScorer({("closed", "open"): 0.9, ("closed", "shut"): 0.5, ("open", "shut"): 0.8})
    article = score_article(scorer, sentences, [(1, 2)], "desk")
    fewer = article.without([(1, 3), (2, 3)])

    left = {(s.pair.first.index, s.pair.second.index) for s in article.scored}
    assert left == {(1, 2), (1, 3), (2, 3)}
    assert {(s.pair.first.index, s.pair.second.index) for s in fewer.scored} == {(1, 2)}
    assert fewer.gold.tolist() == [True]
