"""Sentences of ours in real articles -> groups as `groups.py` knows them.

The articles belong to others, so only what was written to stand in them lies here. `gum` joins
`data/real/gum.jsonl` with GUM's openly licensed genres, of the half that no benchmark measures, to be trained
on; `news` gives the half of the benchmark's `news_inserted` that it does not measure, to judge a run by.
"""

from __future__ import annotations

from pathlib import Path

from corpora.cases import half
from corpora.files import DATA, read_rows
from corpora.groups import Group
from corpora.news import labelled_news
from inconsistency.pairs import is_label

GENRES = frozenset({"news", "bio", "voyage", "interview"})  # its how-to texts forbid commercial use
LABELS = DATA / "real" / "gum.jsonl"
LONGEST = 60  # sentences of an article that are read


def open_articles(path: Path) -> dict[str, list[str]]:
    """GUM's articles that may be trained on: id -> sentences, the title first."""
    rows = [r for r in read_rows(path) if r["genre"] in GENRES and half(r["id"]) == "fit"]
    return {r["id"]: [" ".join(t.split()) for t in r["sentences"]][:LONGEST] for r in rows}


def gum(folder: Path) -> list[Group]:
    """Groups to train on, given the data folder."""
    articles = open_articles(folder / "news" / "gum.jsonl.gz")
    return [group(label["id"], articles[label["id"]], label) for label in read_rows(LABELS)]


def news(folder: Path) -> list[Group]:
    """Groups to judge by, given the data folder."""
    found = labelled_news(folder / "news")
    return [group(name, texts, label) for name, texts, label in found if half(name) == "fit"]


def group(name: str, texts: list[str], label: Group) -> Group:
    """A label and its article in the format of `FORMAT.md`: the title is sentence -1, headings are left out.

    Raises:
        ValueError: for a label that points at a heading, which says nothing that could be contradicted.
    """
    stated = [k for k, text in enumerate(texts) if k == 0 or not is_label(text)]
    place = {k: at - 1 for at, k in enumerate(stated)}

    def moved(entry: Group) -> Group:
        try:
            about = {"about": place[entry["about"]]} if "about" in entry else {}
            clash = {"conflicts_with": [place[i] for i in entry.get("conflicts_with", ())]}
        except KeyError as error:
            raise ValueError(f"{name}: sentence {error} is a heading: {texts[error.args[0]]!r}") from None
        return entry | clash | about | {"replaces": None}

    body = [texts[k] for k in stated]
    extra = {k: [moved(e) for e in label[k]] for k in ("contradictions", "compatible")}
    return {"id": name, "headline": body[0], "sentences": body[1:], "restatements": [], "real": True} | extra
