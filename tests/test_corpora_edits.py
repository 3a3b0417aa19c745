"""Sentences of ours in real articles become training pairs: on articles made up for these tests."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from corpora import check, edits
from training import data

BODY = [
    "The mill closed on Monday.",
    "Advertisement",
    "It had 40 workers, all of them from Ode.",
    "Its owner, Anna Ode, lives in Lund.",
    "Rain fell on the town all week.",
]
CLASH = {
    "after": 3,
    "sentence": "On the Friday after, the mill still ran.",
    "conflicts_with": [1],
    "kind": "date_time",
    "subtle": False,
    "why": "It had closed by then.",
    "twin": "On the Friday before, the mill still ran.",
    "twin_shape": "event_sequence",
}
SWAP = CLASH | {
    "replaces": 5,
    "sentence": "Half of the 60 workers came by bus.",
    "conflicts_with": [3],
    "kind": "number",
    "twin": "All of the 40 workers came by bus.",
    "twin_shape": "restatement",
}
del SWAP["after"]


def article(name: str, headline: str | None = "Mill to close") -> dict[str, Any]:
    return {"id": name, "headline": headline, "text": "\n\n".join(BODY)}


def named(role: str) -> str:
    """An id that the hash gives this role."""
    return next(f"a{k}" for k in range(200) if edits.role(f"a{k}") == role)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with an article of each role."""
    (tmp_path / "news").mkdir()
    for source in edits.SOURCES:
        mine = [article(named("train")), article(named("tune"))] if source == "wikinews" else []
        lines = "".join(json.dumps(row) + "\n" for row in mine)
        (tmp_path / "news" / f"{source}.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    lines = [{"id": named(role), "edits": [CLASH, SWAP]} for role in ("train", "tune")]
    (tmp_path / "edits.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return tmp_path


def test_a_contradiction_and_its_twin_meet_the_same_sentences() -> None:
    """What one is said to contradict, the other is said not to, a restatement included; furniture meets nobody."""
    group = edits.group(article("a"), [CLASH, SWAP])
    found = list(edits.rows(group, random.Random(0), neutrals=6, bystanders=2))
    pairs = {frozenset((r.first.text, r.second.text)): (r.label, r.source) for r in found}

    assert pairs[frozenset((CLASH["sentence"], BODY[0]))] == ("contradiction", "edits/date_time")
    assert pairs[frozenset((CLASH["twin"], BODY[0]))] == ("not_contradiction", "edits/event_sequence")
    assert pairs[frozenset((SWAP["sentence"], BODY[2]))] == ("contradiction", "edits/number")
    assert pairs[frozenset((SWAP["twin"], BODY[2]))] == ("not_contradiction", "edits/restatement")
    bystanders = [r for r in found if r.source == "edits/bystander"]
    assert len(bystanders) == 8 and all(r.label == "not_contradiction" for r in bystanders)
    assert sum(r.source == "edits/in_article" for r in found) == 6
    assert "Advertisement" not in {s.text for r in found for s in (r.first, r.second)}


def test_a_replaced_sentence_never_meets_its_replacement() -> None:
    """A bystander is drawn from what stands beside the new sentence, so not from what it stands in for."""
    group = edits.group(article("a"), [SWAP])
    found = edits.rows(group, random.Random(0), neutrals=0, bystanders=9)

    assert BODY[4] not in {s.text for r in found for s in (r.first, r.second)}


def test_a_sentence_has_the_one_before_it_as_context() -> None:
    """The new sentence follows the one that the label names, or the one before what it replaces; headings do not count."""
    group = edits.group(article("a"), [CLASH, SWAP])
    found = list(edits.rows(group, random.Random(0), neutrals=0, bystanders=0))
    context = {s.text: s.context for r in found for s in (r.first, r.second)}

    assert context[CLASH["sentence"]] == context[CLASH["twin"]] == BODY[2]
    assert context[SWAP["sentence"]] == BODY[3]
    assert context[BODY[2]] == BODY[0]


def test_without_a_headline_the_first_sentence_is_the_first_index() -> None:
    """Indexes count what the splitter gives, headline first where there is one."""
    group = edits.group(article("a", headline=None), [CLASH | {"conflicts_with": [0]}])

    assert group["headline"] == BODY[0]
    assert group["edits"][0]["conflicts_with"] == [-1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"conflicts_with": [2]}, "sentence 2 states nothing: 'Advertisement'"),
        ({"conflicts_with": [9]}, "sentence 9 of 6"),
        ({"after": 6}, "sentence 6 of 6"),
    ],
)
def test_an_edit_that_points_nowhere_is_refused(change: dict[str, Any], message: str) -> None:
    """The error names the article, the index and what stands there."""
    with pytest.raises(ValueError, match=f"mill: {message}"):
        edits.group(article("mill"), [CLASH | change])


def test_edits_follow_the_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """corpora.check passes what FORMAT.md allows, and names what it does not."""
    path = tmp_path / "edits.jsonl"
    lines = [{"id": "good", "edits": [CLASH, SWAP]}, {"id": "bad", "edits": [CLASH | {"replaces": 1, "twin_shape": "odd"}]}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")

    assert check.main([str(path)]) == 1
    told = capsys.readouterr().out
    assert "good" not in told
    assert all(f"{path}:2: bad: {fault}" in told for fault in ("either after or", "conflicts with", "unknown shape 'odd'"))


def test_one_article_in_twelve_is_held_back(folder: Path) -> None:
    """The roles share no article, and a hash of the id tells them apart."""
    (train,) = edits.groups(folder, "train", folder / "edits.jsonl")
    (tune,) = edits.groups(folder, "tune", folder / "edits.jsonl")

    assert (train["id"], tune["id"]) == (named("train"), named("tune"))
    assert 60 < sum(edits.role(str(k)) == "tune" for k in range(1200)) < 140


def test_an_unknown_article_is_refused(folder: Path) -> None:
    """An edit of an article that the data folder lacks stops the run and is named."""
    lost = next(f"lost{k}" for k in range(99) if edits.role(f"lost{k}") == "train")
    (folder / "edits.jsonl").write_text(json.dumps({"id": lost, "edits": [CLASH]}) + "\n", encoding="utf-8")

    with pytest.raises(ValueError, match=lost):
        edits.groups(folder, "train", folder / "edits.jsonl")


def test_a_mixture_has_edits_and_suspects(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of a config ask for both; the held-back articles of both are for tuning alone."""
    (folder / "pairs").mkdir()
    suspects = [
        {"article": named(role), "premise": f"{role} one", "hypothesis": "two", "label": label, "role": "train"}
        for role in ("train", "tune")
        for label in ("not_contradiction", "unsure")
    ]
    lines = "".join(json.dumps(row) + "\n" for row in suspects)
    (folder / "pairs" / "real_suspects.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    monkeypatch.setattr(edits, "EDITS", folder / "edits.jsonl")
    tables = {"seed": 1, "edits": {"repeats": 2, "neutrals": 3, "bystanders": 1}, "suspects": {"repeats": 1}}
    rows, counts = data.mixture(tables, folder, ())
    tune = data.tune_rows(tables | {"tune": {"edits": 50, "suspects": 50}}, folder)

    assert counts["edits"] == {"taken contradiction": 4, "taken not_contradiction": 18}
    assert [r.first.text for r in rows if r.source == "edits/suspect"] == ["train one"]
    assert [r.first.text for r in tune if r.source == "edits/suspect"] == ["tune one"]
    assert sum(r.label == "contradiction" for r in tune) == 2
