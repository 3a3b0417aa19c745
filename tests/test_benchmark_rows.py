"""The rows of the quality benchmark read what their engines say: on records small enough to check by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import quality, rows
from benchmarks.cache import Cache
from benchmarks.engines import WordsAndNumbers, ordered, regroup

ARTICLE = (("Police said 14 people were hurt.", "Later it was 41 people.", "It rained."), False)


def record(*scores: tuple[int, int, float, float]) -> dict:
    """What an engine says of three sentences: (premise, hypothesis, entailment, contradiction) of ordered pairs."""
    return {"n": 3, "scores": [[i, j, e, 1 - e - c, c] for i, j, e, c in scores]}


SAID = record((0, 1, 0.0, 0.9), (1, 0, 0.0, 0.5), (0, 2, 0.1, 0.2), (2, 0, 0.1, 0.4), (1, 2, 0.6, 0.3), (2, 1, 0.1, 0.1))


@pytest.mark.parametrize(
    ("view", "wanted"),
    [
        (rows.both(rows.mean), [0.7, 0.3, 0.2]),
        (rows.both(max), [0.9, 0.4, 0.3]),
        (rows.forward_only, [0.9, 0.2, 0.3]),
        # Sentence 1 accuses 0 by 0.9, sentence 0 accuses 1 by 0.5 - 0.1; what is 2's worst partner entails it more.
        (rows.max_over_sentences, [0.8, 0.0, 0.0]),
    ],
)
def test_a_view_combines_both_directions(view, wanted) -> None:
    """Pairs are unordered, smaller index first, with one probability each."""
    said = view(SAID)

    assert said.pairs == [(0, 1), (0, 2), (1, 2)]
    assert said.probabilities == pytest.approx(wanted)


def test_the_topic_filter_leaves_pairs_unscored() -> None:
    """Below a cosine of 0.3 a pair has probability 0, and the row flags from 0.3."""
    said = rows.topic_filtered(SAID, {"pairs": [], "p": [0.5, 0.29, 0.3]})

    assert said.probabilities == pytest.approx([0.9, 0.0, 0.3])
    assert said.threshold == 0.3


def test_scores_of_ordered_pairs_go_back_to_their_articles() -> None:
    """Every ordered pair is asked once, and comes back with its article and indexes."""
    articles = [ARTICLE, (("A.", "B."), False)]
    texts, where = ordered(articles)
    found = regroup(articles, where, [(0.1, 0.2, 0.7)] * len(texts))

    assert len(texts) == 6 + 2 and texts[-1] == ("B.", "A.")
    assert [len(r["scores"]) for r in found] == [6, 2]
    assert found[1]["scores"][0] == [0, 1, 0.1, 0.2, 0.7]


def test_a_run_that_was_cut_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Records are kept by engine and article; a line that was cut in the middle is made again."""
    pytest.importorskip("sklearn", reason="the row without a model is TF-IDF")
    engine = WordsAndNumbers()
    (first,) = Cache(tmp_path).records(engine, [ARTICLE])
    (again,) = Cache(tmp_path).records(engine, [ARTICLE])
    file = tmp_path / f"{engine.key}.jsonl"
    file.write_text(file.read_text()[:-20])
    (anew,) = Cache(tmp_path).records(engine, [ARTICLE])

    assert (first["cached"], again["cached"], anew["cached"]) == (False, True, False)
    assert first["p"] == again["p"] == pytest.approx(anew["p"])
    assert first["p"][0] > 0, "both sentences share a word, and their numbers differ"


def test_every_row_says_why_it_cannot_run(tmp_path: Path) -> None:
    """Without a stock model no row on its weights runs, and each gives a reason in words."""
    choice = rows.Choice(warm=str(tmp_path), encoder=str(tmp_path), hub="")
    stock = [row for row in rows.rival_rows(choice) if row.weights == "warm start"]

    assert len(stock) == 5
    assert all(row.why_not() for row in stock)


@pytest.mark.slow
def test_a_run_writes_its_figures_and_prints_its_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The library and the row without a model, on a handful of articles of the repository."""
    pytest.importorskip("sklearn", reason="the row without a model is TF-IDF")
    out = tmp_path / "quality.json"
    args = ["--scale", "0.2", "--sets", "newsroom_swapped", "--rows", "TF-IDF", "--no-plots", "--repeats", "5"]

    assert quality.main([*args, "--cache", str(tmp_path / "cache"), "--out", str(out)]) == 0

    assert "| TF-IDF and numbers | none |" in capsys.readouterr().out
    (found,) = json.loads(out.read_text())["side_by_side"]
    assert found["articles"] == {"positive": 1, "clean": 2}
