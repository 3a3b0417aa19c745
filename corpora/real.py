"""Sentences of ours in real articles -> groups as `groups.py` knows them.

The articles belong to others, so only what was written to stand in them lies here. `gum` joins
`data/real/gum.jsonl` with GUM's openly licensed genres, of the half that no benchmark measures, to be trained
on; `news` gives the half of the benchmark's `news_inserted` that it does not measure, to judge a run by.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import groups
from inconsistency.pairs import is_label

# Which half an article belongs to is defined where halves are measured.
sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
import registry

GENRES = frozenset({"news", "bio", "voyage", "interview"})  # its how-to texts forbid commercial use
LABELS = groups.DATA / "real" / "gum.jsonl"
LONGEST = 60  # sentences of an article that are read


def open_articles(path: Path) -> dict[str, list[str]]:
    """GUM's articles that may be trained on: id -> sentences, the title first."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [r for r in map(json.loads, lines) if r["genre"] in GENRES and registry.half(r["id"]) == "fit"]
    return {r["id"]: [" ".join(t.split()) for t in r["sentences"]][:LONGEST] for r in rows}


def gum(folder: Path) -> list[dict]:
    """Groups to train on, given the data folder."""
    articles = open_articles(folder / "news" / "gum.jsonl.gz")
    labels = map(json.loads, LABELS.read_text(encoding="utf-8").splitlines())
    return [group(label["id"], articles[label["id"]], label) for label in labels]


def news(folder: Path) -> list[dict]:
    """Groups to judge by, given the data folder."""
    found = registry.labelled_news(folder / "news")
    return [group(name, texts, label) for name, texts, label in found if registry.half(name) == "fit"]


def group(name: str, texts: list[str], label: dict) -> dict:
    """A label and its article in the format of `data/FORMAT.md`: the title is sentence -1, headings are left out.

    Raises:
        ValueError: for a label that points at a heading, which says nothing that could be contradicted.
    """
    stated = [k for k, text in enumerate(texts) if k == 0 or not is_label(text)]
    place = {k: at - 1 for at, k in enumerate(stated)}

    def moved(entry: dict) -> dict:
        try:
            about = {"about": place[entry["about"]]} if "about" in entry else {}
            clash = {"conflicts_with": [place[i] for i in entry.get("conflicts_with", ())]}
        except KeyError as error:
            raise ValueError(f"{name}: sentence {error} is a heading: {texts[error.args[0]]!r}") from None
        return entry | clash | about | {"replaces": None}

    body = [texts[k] for k in stated]
    extra = {k: [moved(e) for e in label[k]] for k in ("contradictions", "compatible")}
    return {"id": name, "headline": body[0], "sentences": body[1:], "restatements": [], "real": True} | extra
