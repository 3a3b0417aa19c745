"""Sentences of ours in real articles under open licences, each beside a twin that the article allows.

A line of `data/real/edits.jsonl` names an article and what was written to stand in it; FORMAT.md describes it. The
articles lie in the data folder. A twin has its contradiction's subject, length and place, so that neither manner
nor place tells the two apart.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from corpora.files import DATA, DataFolder, read_rows
from corpora.groups import Group, Row, Side, neutral_rows, side, text_of
from inconsistency.pairs import is_label
from inconsistency.sentences import split

SOURCES = ("wikinews", "press_freedom_tracker", "global_voices", "onestopenglish")
EDITS = DATA / "real" / "edits.jsonl"
TUNE = 12  # one article in so many is held back for tuning


def role(article: str) -> Literal["train", "tune"]:
    """Whether an article may be trained on, by a hash of its id."""
    return "tune" if int(hashlib.sha256(f"edits/{article}".encode()).hexdigest(), 16) % TUNE == 0 else "train"


def groups(folder: Path, wanted: Literal["train", "tune"], lines: Path | None = None) -> list[Group]:
    """The edited articles of one role.

    Args:
        folder: the data folder.
        wanted: the role.
        lines: the file that says what was written, `EDITS` by default.

    Raises:
        ValueError: for an article that is in none of `SOURCES`, or an edit that points outside its article or at
            a line that states nothing.
    """
    lines = lines or EDITS
    said = {line["id"]: line["edits"] for line in read_rows(lines) if role(line["id"]) == wanted}
    texts = {row["id"]: row for name in SOURCES for row in DataFolder(folder).news(name) if row["id"] in said}
    if missing := sorted(said.keys() - texts.keys()):
        raise ValueError(f"{lines}: articles that are in none of {', '.join(SOURCES)}: {', '.join(missing[:5])}")
    return [group(texts[name], edits) for name, edits in said.items() if edits]


def group(article: dict[str, Any], edits: list[dict[str, Any]]) -> Group:
    """An article without headings and furniture, and its edits with indexes that follow.

    Returns:
        `id`; `headline`, which is the first line where the article has none; `sentences`; `edits`, in which -1 is
        the headline and `before` the index of the sentence that the new one follows.

    Raises:
        ValueError: for an edit that points outside the article, or contradicts a line that states nothing.
    """
    found = split(article["text"], headline=article["headline"])
    kept = [s.index for s in found if s.index == 0 or not (s.role == "furniture" or is_label(s.text))]
    place = {index: at - 1 for at, index in enumerate(kept)}

    def moved(edit: dict[str, Any]) -> dict[str, Any]:
        replaced = edit.get("replaces")
        after = edit["after"] if replaced is None else replaced - 1
        for index in (*edit["conflicts_with"], after if replaced is None else replaced):
            if not 0 <= index < len(found):
                raise ValueError(f"{article['id']}: sentence {index} of {len(found)}: {edit['sentence']!r}")
        for index in edit["conflicts_with"]:
            if index not in place:
                raise ValueError(f"{article['id']}: sentence {index} states nothing: {found[index].text!r}")
        return edit | {
            "conflicts_with": [place[index] for index in edit["conflicts_with"]],
            "before": sum(index <= after for index in kept) - 2,
            "replaces": place.get(replaced) if replaced is not None else None,
        }

    body = [" ".join(found[index].text.split()) for index in kept]
    moved_edits = [moved(edit) for edit in edits]
    return {"id": article["id"], "headline": body[0], "sentences": body[1:], "edits": moved_edits}


def rows(group: Group, rng: random.Random, neutrals: int, bystanders: int = 3) -> Iterator[Row]:
    """Every labelled pair of an article, and `neutrals` pairs of its own sentences.

    A contradiction meets what it contradicts, its twin the same sentences, and both `bystanders` sentences that
    neither has a quarrel with. Whether a twin is neutral or entailed was not asked, so its label is
    `not_contradiction`, that of a restatement too.
    """

    def pair(a: Side, b: Side, label: str, what: str) -> Row:
        first, second = (a, b) if rng.random() < 0.5 else (b, a)
        return Row(first, second, label, f"edits/{what}")

    for edit in group["edits"]:
        context = text_of(group, edit["before"]) if edit["before"] >= 0 else ""
        clash, twin = Side(edit["sentence"], context), Side(edit["twin"], context)
        for index in edit["conflicts_with"]:
            yield pair(clash, side(group, index), "contradiction", edit["kind"])
            yield pair(twin, side(group, index), "not_contradiction", edit["twin_shape"])
        touched = {*edit["conflicts_with"], edit["replaces"]}
        free = [index for index in range(-1, len(group["sentences"])) if index not in touched]
        for index in rng.sample(free, min(bystanders, len(free))):
            yield pair(clash, side(group, index), "not_contradiction", "bystander")
            yield pair(twin, side(group, index), "not_contradiction", "bystander")
    yield from neutral_rows(group, rng, neutrals, "edits")


def suspects(folder: Path, wanted: Literal["train", "tune"]) -> list[Row]:
    """Pairs of the same articles that an earlier model suspected, and readers found consistent.

    Those that the readers were unsure of are left out.
    """
    found = (r for r in DataFolder(folder).pairs("real_suspects") if r["label"] == "not_contradiction")
    return [
        Row(Side(r["premise"]), Side(r["hypothesis"]), "not_contradiction", "edits/suspect")
        for r in found
        if role(r["article"]) == wanted
    ]
