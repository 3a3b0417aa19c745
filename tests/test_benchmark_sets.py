"""The sets of the benchmark: what is inserted where, and what counts as found."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
import registry

SHARED = Path(__file__).parents[1] / "../shared/data"
SENTENCES = ["The mill", "The mill closed on Monday.", "It had 40 workers.", "Its owner is Anna Ode.", "It rained."]
LABEL = {
    "id": "GUM_news_mill",
    "contradictions": [
        {"sentence": "On Friday it still ran.", "after": 4, "conflicts_with": [1], "kind": "date_time", "subtle": False},
        {"sentence": "Nobody worked there.", "after": 1, "conflicts_with": [2, 3], "kind": "number", "subtle": True},
    ],
    "compatible": [{"sentence": "It opened in 1960.", "after": 1}, {"sentence": "Some were told late.", "after": 2}],
}


def test_inserted_sentences_stand_after_their_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each version has two sentences more than the article, and its gold pairs are the labelled sentences."""
    path = tmp_path / "gum.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as out:
        for name in ("GUM_news_mill", "GUM_news_other"):
            out.write(json.dumps({"id": name, "sentences": SENTENCES}) + "\n")
    monkeypatch.setattr(registry, "INSERTED", tmp_path / "labels.jsonl")
    registry.INSERTED.write_text(json.dumps(LABEL) + "\n", encoding="utf-8")
    clean, late, early = registry.gum_inserted(path)

    assert [s for s in clean.sentences if s not in SENTENCES] == ["It opened in 1960.", "Some were told late."]
    assert clean.sentences[1:3] == ("The mill closed on Monday.", "It opened in 1960.") and not clean.gold
    assert {len(c.sentences) for c in (clean, late, early)} == {len(SENTENCES) + 2}
    found = [{tuple(c.sentences[i] for i in pair) for pair in c.gold} for c in (late, early)]
    assert found == [
        {("The mill closed on Monday.", "On Friday it still ran.")},
        {("Nobody worked there.", SENTENCES[2]), ("Nobody worked there.", SENTENCES[3])},
    ]
    assert {c.group for c in (clean, late, early)} == {"GUM_news_mill"} and early.subtle


def test_sentences_inserted_into_real_text_fit_it() -> None:
    """Every label is of an article of the half that nothing is fitted on, and points at its sentences."""
    path = registry.SETS["gum_inserted"].file(SHARED)
    if not path.exists():
        pytest.skip("GUM is not there")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        length = {row["id"]: len(row["sentences"]) for row in map(json.loads, lines)}
    labels = [json.loads(line) for line in registry.INSERTED.read_text(encoding="utf-8").splitlines()]

    assert len(labels) >= 30
    for label in labels:
        assert registry.half(label["id"]) == "measure"
        for c in label["contradictions"]:
            assert c["conflicts_with"] and all(0 <= i < length[label["id"]] for i in (c["after"], *c["conflicts_with"]))
            assert min(abs(c["after"] - i) for i in c["conflicts_with"]) >= 4
        assert len(label["compatible"]) >= 2
        assert all(0 <= c["after"] < length[label["id"]] for c in label["compatible"])
