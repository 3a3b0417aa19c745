"""Lists of an article's pairs and graded pairs: what they hold, how they are read, what their losses ask for."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from corpora import grades, groups, lists
from corpora.groups import Row, Side

DATA = Path(__file__).parents[2] / "shared" / "data"


def lists_of(count: int) -> list[list[Row]]:
    rng = random.Random(0)
    return [some for g in groups.features("train")[:count] for some in lists.of_made(g, "features", rng)]


def test_a_list_is_one_article_with_and_without_its_contradiction() -> None:
    """The pairs of a list share a name that no other list has, and those without a contradiction have the others' pairs."""
    made = lists_of(4)

    names = [{row.article for row in some} for some in made]
    assert all(len(one) == 1 for one in names) and len(set.union(*names)) == len(made)
    wrong = [some for some in made if any(row.label == "contradiction" for row in some)]
    clean = [some for some in made if some not in wrong]
    assert len(wrong) == sum(len(g["contradictions"]) for g in groups.features("train")[:4])
    assert clean and all(some[0].article.endswith("/clean") for some in clean)


def test_a_contradicting_sentence_stands_beside_others_too() -> None:
    """Each list shows the written sentence beside sentences that it has no quarrel with."""
    for some in lists_of(2):
        for row in (r for r in some if r.label == "contradiction"):
            texts = {t for r in some if r.source.endswith("/bystander") for t in (r.first.text, r.second.text)}
            assert texts & {row.first.text, row.second.text}


def test_suspects_of_an_edited_article_stand_in_its_lists() -> None:
    """What a model suspects in an article competes with what was written into it."""
    edit = {"sentence": "It was shut.", "twin": "It was open.", "conflicts_with": [0], "replaces": None, "before": 0}
    edit |= {"kind": "antonym", "twin_shape": "restatement"}
    group = {"id": "a", "headline": "Mill", "sentences": ["It was open.", "Rain fell.", "It was Monday."], "edits": [edit]}
    hot = Row(Side("Rain fell."), Side("It was Monday."), "not_contradiction", "mined")

    (first, *_) = lists.of_edited(group, [hot], random.Random(1))

    assert [r.label for r in first].count("contradiction") == 1
    assert "mined" in {r.source for r in first} and {r.article for r in first} == {"a/0"}


def test_steps_hold_whole_lists_and_so_many_others() -> None:
    """A step has whole lists, and the wanted numbers of graded and single pairs, begun anew when they run out."""
    pytest.importorskip("torch", reason="the extra [train] is not installed: torch is missing")
    from training.train import Example, steps

    of_lists = [Example([1], [2], 3, article=k // 3) for k in range(12)]
    graded = [Example([1], [2], 3, grade=0.2) for _ in range(3)]
    single = [Example([1], [2], 0)]

    read = list(steps([*of_lists, *graded, *single], {"lists": 2, "graded": 2, "single": 1}, random.Random(0)))

    assert len(read) == 2
    for step in read:
        numbers = [row.article for row in step if row.article >= 0]
        assert len(numbers) == 6 and {numbers.count(n) for n in numbers} == {3}
        assert sum(row.grade >= 0 for row in step) == 2 and len(step) == 9


def test_the_list_loss_ranks_within_and_between_articles() -> None:
    """It falls when the contradiction rises above its article's other pairs, and when a clean article's pairs sink."""
    torch = pytest.importorskip("torch", reason="the extra [train] is not installed: torch is missing")
    from training.losses import list_loss

    def loss(gold: float, other: float, clean: float) -> float:
        odds = torch.tensor([gold, other, clean, 9.0])
        logits = torch.stack([torch.zeros(4), torch.full((4,), -50.0), odds], -1)
        return float(list_loss(logits, torch.tensor([2, 3, 3, 0]), torch.tensor([0, 0, 1, -1])))

    assert loss(3, 0, -3) < loss(1, 0, -3) < loss(1, 2, -3)
    assert loss(3, 0, -3) < loss(3, 0, 2)
    assert loss(12, -12, -12) == pytest.approx(0, abs=1e-4)


def test_a_grade_is_the_best_answer() -> None:
    """Of all probabilities the grade itself has the lowest loss."""
    torch = pytest.importorskip("torch", reason="the extra [train] is not installed: torch is missing")
    from training.losses import graded_loss

    def loss(p: float) -> float:
        return float(graded_loss(torch.tensor([[(1 - p) / 2, (1 - p) / 2, p]]).log(), torch.tensor([0.3])))

    assert loss(0.3) < min(loss(0.2), loss(0.4))


def test_grades_name_pairs_that_are_there() -> None:
    """Every graded pair is found in the data, has two sides, and none is of what is measured or tuned on."""
    if not DATA.exists():
        pytest.skip("the data folder is not there")
    found = list(grades.rows(DATA))

    assert len(found) > 5000
    assert all(row.first.text and row.second.text and 0 <= (row.grade or 0) <= 100 for row in found)
    held = {t for g in groups.all_groups("tune") for t in (g["headline"], *g["sentences"])}
    read = {t for row in found for t in (row.first.text, row.second.text)}
    assert not {t for t in held & read if len(t.split()) > 5}  # "Nobody was hurt." stands in many articles


def test_a_wrong_place_is_told(tmp_path: Path) -> None:
    """A grade of an article that is not there is refused by its name."""
    (tmp_path / "news").mkdir()
    for name in grades.SOURCES:
        (tmp_path / "news" / f"{name}.jsonl.gz").write_bytes(b"")
    lines = tmp_path / "grades.jsonl"
    lines.write_text(json.dumps({"grade": 3, "first": ["nowhere_1", 0], "second": "Ours."}) + "\n")

    with pytest.raises(ValueError, match="nowhere_1"):
        list(grades.rows(tmp_path, lines))
