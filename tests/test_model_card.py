"""The model card says what was measured, and with which weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from training import model_card

EVALUATION = model_card.read(model_card.HERE / "evaluation.json")


def test_false_flags_are_of_published_articles_that_count_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The card takes the measurement of the promise, not a part of the same articles beside the whole, nor made ones."""
    rows = [("gum", "published", 30, 3), ("bbc", "published", 10, 3), ("newsroom_clean", "generated", 10, 10)]
    promise = [
        {"source": name, "text_kind": kind, "articles": n, "presets": {"default": {"flags": flags}}}
        for name, kind, n, flags in rows
    ]
    found = {"about": {"weights": "these"}, "promise": promise}
    (tmp_path / "quality_promise.json").write_text(json.dumps(found), encoding="utf-8")
    monkeypatch.setattr(model_card, "RESULTS", tmp_path)

    assert "at a promise of 0.1 (2 sources) | at most 0.15 | 0.15 | met |" in model_card.target_rows(EVALUATION, 1.0, "these")


def test_a_figure_of_earlier_weights_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Speed that was measured before the weights of the card says so."""
    speed = {"about": {"weights": "these"}, "again": {}, "targets": [{"what": "p50 of articles of 25 sentences, s", "measured": 1.0}]}
    (tmp_path / "speed.json").write_text(json.dumps(speed), encoding="utf-8")
    monkeypatch.setattr(model_card, "RESULTS", tmp_path)

    assert "| article of 25 sentences, s | at most 2.5 | 1.00 |" in model_card.target_rows(EVALUATION, 1.0, "these")
    assert "| article of 25 sentences, s, with earlier weights |" in model_card.target_rows(EVALUATION, 1.0, "others")
