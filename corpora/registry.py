"""The data sets of the benchmark: what each is, where it lies, how it is read.

    for data in registry.SETS.values(): cases = registry.load(data, Path("../shared/data"))

Half of every article source is kept for measuring by a rule that anyone can apply (`half`); what is fitted or
chosen on articles may only use the other half.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from corpora import contradoc, groups, news
from corpora.cases import Case, LabelledPair, half
from corpora.files import DATA, read_rows

Kind = Literal["labelled articles", "clean news", "labelled pairs"]


@dataclass(frozen=True, slots=True)
class DataSet:
    """One data set.

    Attributes:
        name: key in `SETS` and in every result.
        kind: what its rows are.
        role: what INDEX.md allows it for: everything here is measured on, never trained on.
        path: file below the data folder; below `corpora/data` where `own`.
        size: how many rows the file yields, for a check of completeness; None while it grows.
        read: file -> rows.
        own: whether the set is the project's own and lies in the repository.
        about: one line for tables.
    """

    name: str
    kind: Kind
    role: Literal["tune", "test", "measure only"]
    path: str
    size: int | None
    read: Callable[[Path], Iterator[Case] | Iterator[LabelledPair]]
    own: bool = False
    about: str = ""

    @property
    def text_kind(self) -> Literal["published", "generated"]:
        """What the library is told that it reads; articles of ours stand for what a machine writes."""
        return "generated" if self.own else "published"

    def file(self, folder: Path) -> Path:
        """Where the set lies, given the data folder."""
        return (DATA if self.own else folder) / self.path


def load(data: DataSet, folder: Path, which: str = "all") -> list[Case] | list[LabelledPair] | None:
    """Read a set, `which` being "measure", "fit" or "all"; pairs from no article are in both halves.

    An absent set gives None and says so on standard error, so that no table loses a row unseen.
    """
    path = data.file(folder)
    if not path.exists():
        print(f"SKIPPED {data.name}: {path} is not there", file=sys.stderr)
        return None
    rows: list[Any] = list(data.read(path))
    if data.size not in (None, len(rows)):
        print(f"NOTE {data.name}: {len(rows)} rows, {data.size} registered", file=sys.stderr)
    return [r for r in rows if not r.group or which in ("all", half(r.group))]


def articles(data: DataSet, folder: Path, which: str = "all") -> list[Case]:
    """As `load`, of a set of articles; none where it is absent."""
    return [row for row in load(data, folder, which) or () if isinstance(row, Case)]


def own(source: str, made: tuple[str, ...]) -> Callable[[Path], Iterator[Case]]:
    """Reader of the in-house tune groups: the articles made in these ways."""

    def read(_: Path) -> Iterator[Case]:
        for a in groups.articles(getattr(groups, source)("tune")):
            if a.made in made:
                group = a.id.rsplit("/", 1)[0]
                yield Case(a.id, group, a.sentences, a.gold, True, a.kind, a.subtle)

    return read


def plain(path: Path) -> Iterator[Case]:
    """Articles of ours with facts that plainly contradict each other, two in most, and some without."""
    for row in read_rows(path):
        said = row["contradictions"]
        gold = frozenset((min(c["pair"]) + 1, max(c["pair"]) + 1) for c in said)
        kind = "/".join(c["kind"] for c in said)
        yield Case(row["id"], row["id"], (row["headline"], *row["sentences"]), gold, headline=True, kind=kind)


def told(version: Literal["short", "long"]) -> Callable[[Path], Iterator[LabelledPair]]:
    """Reader of pairs of facts that are each told in two short and in two long sentences."""

    def read(path: Path) -> Iterator[LabelledPair]:
        for row in read_rows(path):
            first, second = row[version]
            part = row["kind"] or row["label"]
            yield LabelledPair(row["id"], first, second, row["label"] == "contradiction", part)

    return read


def pairs(role: str, keep: str = "") -> Callable[[Path], Iterator[LabelledPair]]:
    """Reader of labelled pairs of one role, of the splits whose name contains `keep`."""

    def read(path: Path) -> Iterator[LabelledPair]:
        for number, row in enumerate(read_rows(path)):
            split_name = row.get("split") or ""
            if row["role"] == role and keep in split_name:
                part = split_name if "stanford" in path.name else row["source"]
                label = row["label"] == "contradiction"
                group = row.get("doc_id", "").split("_")[0]
                yield LabelledPair(str(number), row["premise"], row["hypothesis"], label, part, group)

    return read


def _pair_set(name: str, role: Literal["tune", "test"], size: int, about: str, keep: str = "",
              path: str = "") -> DataSet:  # fmt: skip
    path = path or f"pairs/{name}.jsonl.gz"
    return DataSet(name, "labelled pairs", role, path, size, pairs(role, keep), about=about)


def _news_set(name: str, size: int, about: str) -> DataSet:
    return DataSet(name, "clean news", "measure only", f"news/{name}.jsonl.gz", size, news.news,
                   about=about)  # fmt: skip


_ALL = (
    DataSet("newsroom", "labelled articles", "tune", "newsroom.jsonl.gz", 1529,
            own("newsroom", ("clean", "swapped", "inserted")), own=True,
            about="short articles; the next two sets are its parts"),
    DataSet("newsroom_swapped", "labelled articles", "tune", "newsroom.jsonl.gz", 604,
            own("newsroom", ("clean", "swapped")), own=True,
            about="short articles, a sentence swapped for a contradicting one"),
    DataSet("newsroom_inserted", "labelled articles", "tune", "newsroom.jsonl.gz", 1119,
            own("newsroom", ("clean", "inserted")), own=True,
            about="short articles, a contradicting sentence inserted"),
    DataSet("features", "labelled articles", "tune", "features", None,
            own("features", ("clean", "swapped")), own=True,
            about="full-length articles, a sentence swapped"),
    DataSet("contradoc_full", "labelled articles", "tune", "documents/contradoc_full.jsonl.gz", 111,
            contradoc.contradoc_full, about="ContraDoc documents (news, stories, Wikipedia)"),
    DataSet("contradoc_2000", "labelled articles", "tune", "documents/contradoc_2000.jsonl.gz", 440,
            contradoc.contradoc_2000, about="ContraDoc cut at 2,000 characters; one side known"),
    DataSet("gum_inserted", "labelled articles", "measure only", "news/gum.jsonl.gz", None,
            news.gum_inserted, about="real news, lives and travel guides, a sentence of ours inserted"),
    DataSet("news_inserted", "labelled articles", "measure only", "news", None, news.news_inserted,
            about="real news, a sentence of ours inserted"),
    DataSet("plain", "labelled articles", "measure only", "measured/plain.jsonl", 60, plain, own=True,
            about="articles of ours in which two facts plainly contradict others"),
    _news_set("bbc", 1042, "BBC 2004-5"),
    _news_set("wire_1998", 53, "AP and NYT 1998"),
    _news_set("xsum_cnn", 293, "CNN and BBC, lower-cased"),
    DataSet("gum_news", "clean news", "measure only", "news/gum.jsonl.gz", 24, news.gum_news,
            about="Wikinews"),
    _news_set("gum", 115, "GUM, all genres"),
    _news_set("brown", 88, "US press 1961"),
    _news_set("wsj", 199, "Wall Street Journal 1989"),
    _news_set("web_2014", 1190, "web news 2014-15"),
    _news_set("abc", 3170, "ABC Australia, paragraphs"),
    DataSet("newsroom_clean", "clean news", "tune", "newsroom.jsonl.gz", 194,
            own("newsroom", ("clean",)), own=True, about="clean twins with compatible sentences"),
    DataSet("features_clean", "clean news", "tune", "features", None,
            own("features", ("clean",)), own=True, about="full-length clean twins"),
    DataSet("contradoc_clean", "clean news", "tune", "documents/contradoc_full.jsonl.gz", 42,
            contradoc.contradoc_clean, about="ContraDoc negatives"),
    _pair_set("contradoc_pairs", "tune", 664, "pairs inside ContraDoc documents",
              path="documents/contradoc_pairs.jsonl.gz"),
    _pair_set("chatprotect", "tune", 972, "self-contradictions of language models"),
    _pair_set("summedits", "tune", 2203, "edited summaries"),
    DataSet("short_sentences", "labelled pairs", "measure only", "measured/long_sentences.jsonl", 200,
            told("short"), own=True, about="facts of ours, each told in a short sentence"),
    DataSet("long_sentences", "labelled pairs", "measure only", "measured/long_sentences.jsonl", 200,
            told("long"), own=True, about="the same facts inside long sentences"),
    _pair_set("stanford_contradiction_rte3way", "test", 5582,
              "RTE 1-3 and contradictions found in news"),
    _pair_set("breaking_nli", "test", 8193, "one word exchanged"),
    _pair_set("mnli_mismatched", "test", 9830, "MultiNLI validation_mismatched", "mismatched",
              "pairs/mnli_subset.jsonl.gz"),
    _pair_set("snli_test", "test", 9824, "SNLI test", path="pairs/snli_subset.jsonl.gz"),
)  # fmt: skip

SETS: dict[str, DataSet] = {data.name: data for data in _ALL}
