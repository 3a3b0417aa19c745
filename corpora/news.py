"""Published articles: taken to be clean, or with sentences of ours inserted that contradict them.

The articles belong to others, so only what was written to stand in them lies here.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpora.cases import Case
from corpora.files import MEASURED, read_rows
from inconsistency import sentences

INSERTED = MEASURED / "gum_inserted.jsonl"
NEWS_INSERTED = MEASURED / "news_inserted.jsonl"


def split(text: str) -> list[str]:
    """Sentences of a text that comes unsplit, by the library's splitter: the same for every row.

    What the library marks as web-page furniture is left out, for every row alike.
    """
    return [s.text for s in sentences.split(text) if s.role != "furniture"]


def news(path: Path) -> Iterator[Case]:
    """Real articles without labels, taken to be clean. A title becomes the headline."""
    source = path.name.removesuffix(".jsonl.gz")
    for row in read_rows(path):
        title, text = _title_and_body(row)
        if row.get("sentences"):
            body = row["sentences"]
        elif source == "xsum_cnn" and " . " in text:
            body = re.split(r"(?<= [.?!]) ", text)  # released tokenised and in lower case
        else:
            body = split(text)
        sentences = tuple([title, *body] if title else body)
        yield Case(row["id"], row["id"], sentences, headline=bool(title))


def _title_and_body(row: dict[str, Any]) -> tuple[str, str]:
    title = (row.get("title") or "").strip()
    return title, row["text"].removeprefix(title).strip() if title else row["text"]


def gum_news(path: Path) -> Iterator[Case]:
    """GUM's news genre alone (its ids name the genre)."""
    return (case for case in news(path) if case.id.startswith("GUM_news"))


def gum_inserted(path: Path) -> Iterator[Case]:
    """Real articles of GUM with a sentence of ours inserted that contradicts them (`gum_inserted.jsonl`).

    Every version has two sentences of ours: a compatible one stands in each, so that being inserted tells nothing.
    """
    labels = {label["id"]: label for label in read_rows(INSERTED)}
    for row in read_rows(path):
        if label := labels.get(row["id"]):
            yield from _inserted(row["id"], [" ".join(s.split()) for s in row["sentences"]], label)


@dataclass(frozen=True, slots=True)
class NewsArticle:
    """A published article and what was said of it in a file of ours, which may not hold its text.

    Such a file names a sentence by an offset in the article's body (the text without its title), -1 being the
    title: that outlasts a better splitter.

    Attributes:
        name: the article's id in its source.
        title: "" for none.
        starts: where the body's sentences begin; what is furniture is left out.
        sentences: the title, if any, and the body's sentences.
        said: the line of our file.
    """

    name: str
    title: str
    starts: tuple[int, ...]
    sentences: tuple[str, ...]
    said: dict[str, Any]

    def index(self, offset: int) -> int:
        """Which of `sentences` holds the offset."""
        return 0 if offset < 0 else bisect.bisect_right(self.starts, offset) - 1 + bool(self.title)


def articles_named(path: Path, folder: Path) -> Iterator[NewsArticle]:
    """The articles of `folder` that the lines of `path` speak of."""
    wanted = {(line["source"], line["id"]): line for line in read_rows(path)}
    for source in sorted({source for source, _ in wanted}):
        for row in read_rows(folder / f"{source}.jsonl.gz"):
            if said := wanted.get((source, row["id"])):
                title, body = _title_and_body(row)
                found = [s for s in sentences.split(body) if s.role != "furniture"]
                texts = ([title] if title else []) + [s.text for s in found]
                yield NewsArticle(row["id"], title, tuple(s.start for s in found), tuple(texts), said)


def labelled_news(folder: Path) -> Iterator[tuple[str, list[str], dict[str, Any]]]:
    """Real news articles, their sentences, and what was written to stand in them (`news_inserted.jsonl`).

    Yields:
        The article's name, its sentences, title first, and the label, with indexes in place of offsets.
    """
    for article in articles_named(NEWS_INSERTED, folder):
        yield article.name, list(article.sentences), _with_indexes(article)


def _with_indexes(article: NewsArticle) -> dict[str, Any]:
    def places(entry: dict[str, Any]) -> dict[str, Any]:
        told = entry | {"after": article.index(entry["after"])}
        if "about" in entry:
            return told | {"about": article.index(entry["about"])}
        return told | {"conflicts_with": sorted({article.index(o) for o in entry["conflicts_with"]})}

    said = article.said
    return said | {k: [places(e) for e in said[k]] for k in ("contradictions", "compatible")}


def news_inserted(path: Path) -> Iterator[Case]:
    """Real news with a sentence of ours inserted that contradicts it; every version has two sentences of ours."""
    for name, texts, label in labelled_news(path):
        yield from _inserted(name, texts, label)


def _inserted(name: str, sentences: list[str], label: dict[str, Any]) -> Iterator[Case]:
    calm = label["compatible"]
    yield Case(f"{name}/clean", name, _put(sentences, calm[:2])[0])
    for number, c in enumerate(label["contradictions"]):
        texts, (here, _), moved = _put(sentences, [c, calm[number % len(calm)]])
        gold = frozenset((min(here, moved[i]), max(here, moved[i])) for i in c["conflicts_with"])
        yield Case(f"{name}/{number}", name, texts, gold, kind=c["kind"], subtle=c["subtle"])


def _put(sentences: list[str], extra: list[dict[str, Any]]) -> tuple[tuple[str, ...], list[int], list[int]]:
    """The article with sentences inserted, each after its index; where they stand, where the others are now."""
    placed: list[tuple[int, int, str]] = [(k, -1, text) for k, text in enumerate(sentences)]
    placed += [(e["after"], number, e["sentence"]) for number, e in enumerate(extra)]
    placed.sort()
    at = {(index, number): k for k, (index, number, _) in enumerate(placed)}
    texts = tuple(text for *_, text in placed)
    return texts, [at[e["after"], n] for n, e in enumerate(extra)], [at[k, -1] for k in range(len(sentences))]
