"""Flags in published articles, held against what readers said of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

pytest.importorskip("tqdm", reason="the benchmark shows its progress")

from benchmarks import natural
from corpora.cases import half
from corpora.news import NewsArticle, articles_named
from inconsistency import Detector
from inconsistency.calibration_file import load_calibration, save_calibrations
from inconsistency.decision import PRESETS
from inconsistency.nli.loading import DEFAULT
from inconsistency.testing import FakeScorer

SENTENCES = ("Mill to close", "The mill closed on Monday.", "On Friday the mill still ran.", "The mill has 40 workers.")
SHARED = Path(__file__).parents[1] / "../shared/data"


def article(**said: object) -> NewsArticle:
    """The mill's article, of which something was said."""
    body, starts = " ".join(SENTENCES[1:]), []
    for sentence in SENTENCES[1:]:
        starts.append(body.index(sentence))
    return NewsArticle("1", SENTENCES[0], tuple(starts), SENTENCES, {"source": "bbc", "found": []} | said)


def test_flags_are_counted_by_what_readers_said(tmp_path: Path) -> None:
    """A flagged pair that a reader found is no false flag; one that nobody judged is, and waits for a judge."""
    calibration = load_calibration(DEFAULT / "calibration.json")
    sure = {(SENTENCES[i], SENTENCES[j]): 0.999 for i, j in ((1, 2), (2, 1), (2, 3), (3, 2))}
    save_calibrations([dataclasses.replace(calibration, model=FakeScorer.name)], tmp_path / "c.json")
    detector = Detector(FakeScorer(sure), calibration=tmp_path / "c.json", false_flags=max(PRESETS.values()))
    at = article().starts
    found = {"first": at[1], "second": at[0] + 3, "sure": "clear"}
    record, waiting = natural.measure(detector, calibration, [article(found=[found])])
    flagged = detector.check_sentences(SENTENCES, headline=True).contradictions

    assert {(c.first.index, c.second.index) for c in flagged} >= {(1, 2), (2, 3)}
    assert record["presets"]["broad"]["flags"] == {"clear": 1, "unjudged": len(flagged) - 1}
    assert record["presets"]["broad"]["false_flags"]["value"] == len(flagged) - 1
    assert {"first": at[1], "second": at[2]}.items() <= waiting[0]["pairs"][0].items()
    judged = [{**pair, "sure": "wrong"} for pair in waiting[0]["pairs"]]
    record, waiting = natural.measure(detector, calibration, [article(found=[found], judged=judged)])
    assert record["presets"]["broad"]["flags"] == {"clear": 1, "wrong": len(flagged) - 1} and not waiting


def test_articles_read_by_hand_are_of_the_measured_half() -> None:
    """Nothing is fitted on them, and every verdict points at two sentences."""
    if not (SHARED / "news").exists():
        pytest.skip("the news is not there")
    found = list(articles_named(natural.NATURAL, SHARED / "news"))

    assert len(found) == len(natural.NATURAL.read_text(encoding="utf-8").splitlines()) >= 100
    assert all(half(a.name) == "measure" for a in found)
    for a in found:
        assert all(0 <= i < j < len(a.sentences) for i, j in natural.verdicts(a))
        assert set(natural.verdicts(a).values()) <= {"clear", "soft", "wrong"}
