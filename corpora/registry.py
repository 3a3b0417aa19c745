"""The data sets of the benchmark: what each is, where it lies, how it is read.

    for data in registry.SETS.values(): cases = registry.load(data, Path("../shared/data"))

Half of every article source is kept for measuring by a rule that anyone can apply (`half`); what is fitted or
chosen on articles may only use the other half.
"""

from __future__ import annotations

import bisect
import dataclasses
import gzip
import hashlib
import importlib.util
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

Kind = Literal["labelled articles", "clean news", "labelled pairs"]
REPOSITORY = Path(__file__).parents[1]
OWN = REPOSITORY / "training" / "data"
INSERTED = REPOSITORY / "benchmarks" / "data" / "gum_inserted.jsonl"
NEWS_INSERTED = REPOSITORY / "benchmarks" / "data" / "news_inserted.jsonl"


@dataclass(frozen=True, slots=True)
class Case:
    """One article to be judged, as a list of sentences that every row gets alike.

    Attributes:
        id: unique within its set.
        group: what it was made from (twins share it).
        sentences: in order; the first is the headline if `headline`.
        gold: contradicting pairs of indexes, smaller first; empty for a clean article.
        headline: whether sentence 0 is the headline.
        kind: kind of contradiction, as the set names it.
        subtle: whether a hurried reader would miss it.
        pivot: where only one of the two sentences is known, its index; `gold` then holds every pair
            with it.
    """

    id: str
    group: str
    sentences: tuple[str, ...]
    gold: frozenset[tuple[int, int]] = frozenset()
    headline: bool = False
    kind: str = ""
    subtle: bool = False
    pivot: int | None = None


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """Two texts and whether they contradict each other.

    `part` is a subset's name; `group` is the article that both were taken from, "" for none.
    """

    id: str
    first: str
    second: str
    contradiction: bool
    part: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class DataSet:
    """One data set.

    Attributes:
        name: key in `SETS` and in every result.
        kind: what its rows are.
        role: what INDEX.md allows it for: everything here is measured on, never trained on.
        path: file below the data folder; below `training/data` where `own`.
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

    def file(self, folder: Path) -> Path:
        """Where the set lies, given the data folder."""
        return (OWN if self.own else folder) / self.path


def half(group: str) -> Literal["fit", "measure"]:
    """Which half of its source an article belongs to, by the first bit of a salted hash.

    Calibration that keeps to `half(group) == "fit"` leaves everything measured here unseen.
    """
    return "measure" if hashlib.sha256(f"half/{group}".encode()).digest()[0] & 128 else "fit"


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


# --- samples and caps: both are stated in every result ------------------------------------------


def spread(cases: Sequence[Case], count: int, seed: int) -> list[Case]:
    """A seeded sample, one of each group before a second of any; growing it only adds."""
    turn: Counter[str] = Counter()
    keyed = []
    for case in sorted(cases, key=lambda c: _hash(f"{seed}/{c.id}")):
        keyed.append((turn[case.group], _hash(f"{seed}/{case.group}"), case.id, case))
        turn[case.group] += 1
    return [case for *_, case in sorted(keyed, key=lambda k: k[:3])[:count]]


def balanced(pairs: Sequence[LabelledPair], count: int, seed: int) -> list[LabelledPair]:
    """A seeded sample, half of it contradictions as far as the set has them."""
    ordered = sorted(pairs, key=lambda p: _hash(f"{seed}/{p.id}"))
    yes = [p for p in ordered if p.contradiction]
    no = [p for p in ordered if not p.contradiction]
    return yes[: count // 2] + no[: count - count // 2]


def capped(case: Case, most: int | None, seed: int, lead: bool = False) -> Case:
    """At most `most` sentences, in order: headline and gold sentences stay, the rest is drawn.

    Args:
        case: the article.
        most: None for no cap.
        seed: of the draw.
        lead: take the first sentences instead of drawing (for clean articles shown as they are).
    """
    total = len(case.sentences)
    if most is None or total <= most:
        return case
    must = {case.pivot} if case.pivot is not None else {i for pair in case.gold for i in pair}
    must |= {0} if case.headline else set()
    others = [i for i in range(total) if i not in must]
    if not lead:
        random.Random(_hash(f"{seed}/{case.id}")).shuffle(others)
    kept = sorted(must | set(others[: max(0, most - len(must))]))
    new = {old: at for at, old in enumerate(kept)}
    return dataclasses.replace(
        case,
        sentences=tuple(case.sentences[i] for i in kept),
        gold=frozenset((new[i], new[j]) for i, j in case.gold if i in new and j in new),
        pivot=None if case.pivot is None else new[case.pivot],
    )


def _hash(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


# --- readers ------------------------------------------------------------------------------------


def _rows(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def split(text: str) -> list[str]:
    """Sentences of a text that comes unsplit, by the library's splitter: the same for every row.

    What the library marks as web-page furniture is left out, for every row alike.
    """
    from inconsistency import sentences

    return [s.text for s in sentences.split(text) if s.role != "furniture"]


@cache
def _groups() -> ModuleType:
    """`training/groups.py`, which makes articles from the in-house groups."""
    path = REPOSITORY / "training" / "groups.py"
    spec = importlib.util.spec_from_file_location("training_groups", path)
    assert spec and spec.loader  # a file path always gives both
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


def own(source: str, made: tuple[str, ...]) -> Callable[[Path], Iterator[Case]]:
    """Reader of the in-house tune groups: the articles made in these ways."""

    def read(_: Path) -> Iterator[Case]:
        for a in _groups().articles(getattr(_groups(), source)("tune")):
            if a.made in made:
                group = a.id.rsplit("/", 1)[0]
                yield Case(a.id, group, a.sentences, a.gold, True, a.kind, a.subtle)

    return read


def contradoc_full(path: Path) -> Iterator[Case]:
    """Full ContraDoc documents: negatives, and positives of which both sides are indexed."""
    for row in _rows(path):
        group, sentences = row["id"].split("_")[0], tuple(row["sentences"])
        if row["label"] == "no_contradiction":
            yield Case(row["id"], group, sentences)
            continue
        e, refs = row["evidence"], row["refs"] or []
        gold = frozenset((min(e, r), max(e, r)) for r in refs if e is not None and r != e)
        if gold:
            yield Case(row["id"], group, sentences, gold, kind=row["contra_type"] or "")


def contradoc_2000(path: Path) -> Iterator[Case]:
    """ContraDoc cut at 2,000 characters; only the evidence sentence of a positive is known.

    The release glues some evidence sentences to their neighbours, so the evidence is cut out as it
    is stated and the text before and after it is split.
    """
    for row in _rows(path):
        group = row["id"].split("_")[0]
        if row["label"] == "no_contradiction":
            yield Case(row["id"], group, tuple(split(row["text"])))
            continue
        evidence, text = row["evidence"].strip(), row["text"]
        at = text.find(evidence)
        if not row["evidence_in_text"] or at < 0:
            continue
        before, after = split(text[:at]), split(text[at + len(evidence) :])
        where, total = len(before), len(before) + 1 + len(after)
        gold = frozenset((min(where, i), max(where, i)) for i in range(total) if i != where)
        sentences = (*before, evidence, *after)
        kind = "/".join(row["scope"]) if isinstance(row["scope"], list) else row["scope"] or ""
        yield Case(row["id"], group, sentences, gold, kind=kind, pivot=where)


def contradoc_clean(path: Path) -> Iterator[Case]:
    """The negatives among the full ContraDoc documents."""
    return (case for case in contradoc_full(path) if not case.gold)


def news(path: Path) -> Iterator[Case]:
    """Real articles without labels, taken to be clean. A title becomes the headline."""
    source = path.name.removesuffix(".jsonl.gz")
    for row in _rows(path):
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
    """Real articles of GUM with a sentence of ours inserted that contradicts them (`data/gum_inserted.jsonl`).

    Every version has two sentences of ours: a compatible one stands in each, so that being inserted tells nothing.
    """
    lines = INSERTED.read_text(encoding="utf-8").splitlines()
    labels = {label["id"]: label for label in map(json.loads, lines)}
    for row in _rows(path):
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
    from inconsistency import sentences

    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    wanted = {(line["source"], line["id"]): line for line in lines}
    for source in sorted({source for source, _ in wanted}):
        for row in _rows(folder / f"{source}.jsonl.gz"):
            if said := wanted.get((source, row["id"])):
                title, body = _title_and_body(row)
                found = [s for s in sentences.split(body) if s.role != "furniture"]
                texts = ([title] if title else []) + [s.text for s in found]
                yield NewsArticle(row["id"], title, tuple(s.start for s in found), tuple(texts), said)


def labelled_news(folder: Path) -> Iterator[tuple[str, list[str], dict[str, Any]]]:
    """Real news articles, their sentences, and what was written to stand in them (`data/news_inserted.jsonl`).

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


def pairs(role: str, keep: str = "") -> Callable[[Path], Iterator[LabelledPair]]:
    """Reader of labelled pairs of one role, of the splits whose name contains `keep`."""

    def read(path: Path) -> Iterator[LabelledPair]:
        for number, row in enumerate(_rows(path)):
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
    return DataSet(name, "clean news", "measure only", f"news/{name}.jsonl.gz", size, news,
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
            contradoc_full, about="ContraDoc documents (news, stories, Wikipedia)"),
    DataSet("contradoc_2000", "labelled articles", "tune", "documents/contradoc_2000.jsonl.gz", 440,
            contradoc_2000, about="ContraDoc cut at 2,000 characters; one side known"),
    DataSet("gum_inserted", "labelled articles", "measure only", "news/gum.jsonl.gz", None,
            gum_inserted, about="real news, lives and travel guides, a sentence of ours inserted"),
    DataSet("news_inserted", "labelled articles", "measure only", "news", None, news_inserted,
            about="real news, a sentence of ours inserted"),
    _news_set("bbc", 1042, "BBC 2004-5"),
    _news_set("wire_1998", 53, "AP and NYT 1998"),
    _news_set("xsum_cnn", 293, "CNN and BBC, lower-cased"),
    DataSet("gum_news", "clean news", "measure only", "news/gum.jsonl.gz", 24, gum_news,
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
            contradoc_clean, about="ContraDoc negatives"),
    _pair_set("contradoc_pairs", "tune", 664, "pairs inside ContraDoc documents",
              path="documents/contradoc_pairs.jsonl.gz"),
    _pair_set("chatprotect", "tune", 972, "self-contradictions of language models"),
    _pair_set("summedits", "tune", 2203, "edited summaries"),
    _pair_set("stanford_contradiction_rte3way", "test", 5582,
              "RTE 1-3 and contradictions found in news"),
    _pair_set("breaking_nli", "test", 8193, "one word exchanged"),
    _pair_set("mnli_mismatched", "test", 9830, "MultiNLI validation_mismatched", "mismatched",
              "pairs/mnli_subset.jsonl.gz"),
    _pair_set("snli_test", "test", 9824, "SNLI test", path="pairs/snli_subset.jsonl.gz"),
)  # fmt: skip

SETS: dict[str, DataSet] = {data.name: data for data in _ALL}
