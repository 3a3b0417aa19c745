"""The sets of the benchmark: what is inserted where, and what counts as found."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from corpora import news, registry
from corpora.cases import half
from inconsistency.pairs import is_label

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
    monkeypatch.setattr(news, "INSERTED", tmp_path / "labels.jsonl")
    news.INSERTED.write_text(json.dumps(LABEL) + "\n", encoding="utf-8")
    clean, late, early = news.gum_inserted(path)

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
    labels = [json.loads(line) for line in news.INSERTED.read_text(encoding="utf-8").splitlines()]

    assert len(labels) >= 30
    for label in labels:
        assert half(label["id"]) == "measure"
        for c in label["contradictions"]:
            assert c["conflicts_with"] and all(0 <= i < length[label["id"]] for i in (c["after"], *c["conflicts_with"]))
            assert min(abs(c["after"] - i) for i in c["conflicts_with"]) >= 4
        assert len(label["compatible"]) >= 2
        assert all(0 <= c["after"] < length[label["id"]] for c in label["compatible"])


def test_offsets_of_real_news_find_their_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A label names sentences by offsets in the body, the title by -1; both halves come from the one file."""
    title, body = "Mill to close", " ".join(SENTENCES[1:])
    with gzip.open(tmp_path / "bbc.jsonl.gz", "wt", encoding="utf-8") as out:
        out.write(json.dumps({"id": "a/1.txt", "title": title, "text": f"{title}\n{body}"}) + "\n")
        out.write(json.dumps({"id": "a/2.txt", "title": title, "text": f"{title}\n{body}"}) + "\n")
    at = [body.index(s) for s in SENTENCES[1:]]
    clash = {"sentence": "It will stay.", "after": at[3], "conflicts_with": [-1, at[0] + 5], "kind": "negation",
             "subtle": False}  # fmt: skip
    calm = [{"sentence": "It opened in 1960.", "after": at[k], "about": at[0]} for k in (0, 1)]
    label = {"source": "bbc", "id": "a/1.txt", "contradictions": [clash], "compatible": calm}
    monkeypatch.setattr(news, "NEWS_INSERTED", tmp_path / "labels.jsonl")
    news.NEWS_INSERTED.write_text(json.dumps(label) + "\n", encoding="utf-8")
    clean, told = news.news_inserted(tmp_path)

    assert clean.sentences[:3] == (title, SENTENCES[1], "It opened in 1960.") and not clean.gold
    found = {tuple(told.sentences[i] for i in pair) for pair in told.gold}
    assert found == {(title, "It will stay."), (SENTENCES[1], "It will stay.")}


def test_sentences_inserted_into_real_news_fit_it() -> None:
    """Every label points at sentences that the splitter finds, most of them well apart, none at a heading."""
    folder = registry.SETS["news_inserted"].file(SHARED)
    if not folder.exists():
        pytest.skip("the news is not there")
    labels = news.NEWS_INSERTED.read_text(encoding="utf-8").splitlines()
    found = list(news.labelled_news(folder))

    assert len(found) == len(labels) >= 50
    for _, texts, label in found:
        for c in label["contradictions"]:
            assert c["conflicts_with"] and not any(is_label(texts[i]) for i in c["conflicts_with"] if i)
            assert all(0 <= i < len(texts) for i in (c["after"], *c["conflicts_with"]))
        assert len(label["compatible"]) >= 2
    halves = {half: registry.load(registry.SETS["news_inserted"], SHARED, half) for half in ("fit", "measure")}
    assert all(sum(bool(c.gold) for c in halves[half] or ()) >= 40 for half in halves)


def test_plain_articles_mark_all_their_facts() -> None:
    """Indexes count the headline as the first sentence, and every pair of facts is gold."""
    cases = registry.load(registry.SETS["plain"], SHARED)

    assert cases and sum(bool(c.gold) for c in cases) == 40
    first = cases[0]
    assert first.headline and first.sentences[0] == "Guests flee as kitchen fire sweeps through Porto hotel"
    (hurt, custody) = sorted(first.gold)
    assert "Fourteen people" in first.sentences[hurt[0]] and "41 people" in first.sentences[hurt[1]]
    assert "in custody" in first.sentences[custody[0]] and "no one had been arrested" in first.sentences[custody[1]]


def test_facts_are_told_in_short_and_in_long_sentences() -> None:
    """The two sets have the same labels, and one has far longer sentences."""
    short, long = (registry.load(registry.SETS[f"{length}_sentences"], SHARED) for length in ("short", "long"))

    assert short and long
    assert [(p.id, p.contradiction, p.part) for p in short] == [(p.id, p.contradiction, p.part) for p in long]
    assert sum(p.contradiction for p in short) == 100
    assert sum(len(p.first) for p in long) > 2 * sum(len(p.first) for p in short)
