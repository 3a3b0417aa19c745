"""Labelled articles follow their format, and become pairs and whole articles."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from corpora import check, groups, real
from corpora.cases import half
from corpora.files import DATA


def test_labels_of_real_text_become_groups(tmp_path: Path) -> None:
    """Headings leave an article before its sentences are counted, and no label may point at one."""
    texts = ["The mill", "History", "The mill closed on Monday.", "It had 40 workers, all of them from Ode."]
    clash = {"sentence": "On Friday it still ran.", "after": 3, "conflicts_with": [2], "kind": "date_time"}
    calm = {"sentence": "Some 10 came from Lund.", "after": 2, "about": 3, "shape": "refinement"}
    label = {"contradictions": [clash], "compatible": [calm]}
    group = real.group("a", texts, label)
    found = list(groups.rows(group, random.Random(0), neutrals=2, bystanders=2))

    assert [group["headline"], *group["sentences"]] == [texts[0], *texts[2:]]
    (pair,) = (r for r in found if r.label == "contradiction")
    assert {pair.first.text, pair.second.text} == {texts[2], clash["sentence"]}
    assert pair.source == "real/date_time"
    assert {texts[3], calm["sentence"]} in [{r.first.text, r.second.text} for r in found if r != pair]
    clash["conflicts_with"] = [1]
    with pytest.raises(ValueError, match="heading: 'History'"):
        real.group("a", texts, label)


def test_committed_articles_follow_the_format(capsys: pytest.CaptureFixture[str]) -> None:
    """Every labelled article of the repository passes corpora.check."""
    files = sorted(str(path) for path in (DATA / "features").glob("*.jsonl"))

    assert files
    assert check.main(files) == 0, capsys.readouterr().out


def test_a_faulty_article_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """corpora.check names file, line and fault, and exits with 1."""
    group = dict(groups.features("train")[0])
    group["restatements"] = [{"sentence": "Not in the article.", "restates": 99}]
    path = tmp_path / "faulty.jsonl"
    path.write_text(json.dumps(group) + "\n", encoding="utf-8")

    assert check.main([str(path)]) == 1
    assert f"{path}:1: {group['id']}: restates out of range: 99" in capsys.readouterr().out


def test_tune_articles_are_never_trained_on() -> None:
    """The roles share no article."""
    train_ids = {g["id"] for g in groups.all_groups("train")}
    tune_ids = {g["id"] for g in groups.all_groups("tune")}

    assert train_ids and tune_ids
    assert not train_ids & tune_ids


def test_made_articles_mark_their_contradictions() -> None:
    """A clean twin has no gold pair, the others have some, and all are indexes of their sentences."""
    made = list(groups.articles(groups.features("tune")[:3]))

    assert {bool(a.gold) for a in made} == {True, False}
    assert all((a.made == "clean") == (not a.gold) for a in made)
    assert all(0 <= i < j < len(a.sentences) for a in made for i, j in a.gold)


def test_committed_labels_of_real_text_fit_their_articles() -> None:
    """Every label is of an article that no benchmark measures, and points at sentences that state something."""
    folder = Path(__file__).parents[1] / "../shared/data"
    if not (folder / "news").exists():
        pytest.skip("the real articles are not there")
    found = real.gum(folder)

    assert len(found) == len({g["id"] for g in found}) >= 30
    assert all(half(g["id"]) == "fit" for g in found)
    assert all(len(g["contradictions"]) >= 3 <= len(g["compatible"]) for g in found)
    for g in found:
        for c in g["contradictions"]:
            assert c["conflicts_with"] and all(-1 <= i < len(g["sentences"]) for i in c["conflicts_with"])
