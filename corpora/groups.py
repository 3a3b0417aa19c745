"""Labelled articles -> training pairs, and -> whole articles to be judged.

The format is documented in `FORMAT.md`. A side of a pair is a `Side`: the sentence and,
where it hangs on a pronoun or a bare role name, the sentence before it as context.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from corpora.files import DATA, read_rows

Group = dict[str, Any]  # the fields are those of FORMAT.md
HELD_BACK = "-006"  # the sixth group of every file of articles is for tuning, never trained on


def newsroom(role: str) -> list[Group]:
    """The short articles, role `train` or `tune`."""
    return [g for g in read_rows(DATA / "newsroom.jsonl.gz") if g["role"] == role]


def features(role: str) -> list[Group]:
    """The full-length articles, role `train` or `tune`."""
    return _written("features", role)


def outcomes(role: str) -> list[Group]:
    """The articles on how events end, for whom and for how many, role `train` or `tune`."""
    return _written("outcomes", role)


def _written(folder: str, role: str) -> list[Group]:
    """The articles of a folder, role `train` or `tune`."""
    every = (g for path in sorted((DATA / folder).glob("*.jsonl")) for g in read_rows(path))
    return [g for g in every if g["id"].endswith(HELD_BACK) == (role == "tune")]


def all_groups(role: str) -> list[Group]:
    """Short and full-length articles of one role."""
    return newsroom(role) + features(role)


_HANGS = re.compile(
    r"\b(he|she|it|they|him|her|them|his|hers|its|their|theirs|this|that|these|those|both|neither)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=\s)[A-Z][\w'-]+")


def hangs(text: str) -> bool:
    """Whether a sentence leans on the one before it: a pronoun, and no name of its own."""
    return bool(_HANGS.search(text)) and not _NAME.search(text)


@dataclass(frozen=True, slots=True)
class Side:
    """One sentence of a pair; `context` is the sentence before it, or ""."""

    text: str
    context: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One training pair.

    Attributes:
        first: one side.
        second: the other.
        label: of NLI, or `not_contradiction` where neutral or entailed is all we know.
        source: the set, and what the pair is in it.
        article: of pairs that compete with each other, the name they share; "" for a pair of its own.
        grade: how sure a careful reader is that the two contradict each other, 0-100; None where nobody was asked.
    """

    first: Side
    second: Side
    label: str
    source: str
    article: str = ""
    grade: int | None = None


def text_of(group: Group, index: int) -> str:
    """A sentence of the article, -1 being the headline."""
    text: str = group["headline"] if index < 0 else group["sentences"][index]
    return text


def side(group: Group, index: int) -> Side:
    """A sentence of the article with the sentence before it (the headline has none)."""
    before = text_of(group, index - 1) if index > 0 else ""
    return Side(text_of(group, index), before)


def extra_side(group: Group, entry: Group) -> Side:
    """A written extra sentence where it would stand; without a place it has no context."""
    at = entry.get("replaces")
    return Side(entry["sentence"], text_of(group, at - 1) if at else "")


def words(text: str) -> set[str]:
    """Content words, roughly: used to pick neutral pairs that look alike."""
    return {w[:6] for w in re.findall(r"[a-z0-9]+", text.lower()) if len(w) > 3 or w.isdigit()}


def rows(
    group: Group, rng: random.Random, neutrals: int, bystanders: int = 3
) -> Iterator[Row]:
    """Every labelled pair of a group, and `neutrals` pairs of its own sentences.

    Each contradicting, compatible or restating sentence also meets sentences that it has no quarrel
    with (`bystanders` of them for a contradicting one), so that a sentence's style alone tells nothing
    about the label.
    """
    source = "real" if group.get("real") else "features" if len(group["sentences"]) > 13 else "newsroom"
    every = range(-1, len(group["sentences"]))

    def pair(a: Side, b: Side, label: str, what: str) -> Row:
        first, second = (a, b) if rng.random() < 0.5 else (b, a)
        return Row(first, second, label, f"{source}/{what}")

    for c in group["contradictions"]:
        own = extra_side(group, c)
        for index in c["conflicts_with"]:
            yield pair(own, side(group, index), "contradiction", c["kind"])
        free = [i for i in every if i not in c["conflicts_with"] and i != c["replaces"]]
        for index in rng.sample(free, min(bystanders, len(free))):
            yield pair(own, side(group, index), "not_contradiction", "bystander")
    for c in group["compatible"]:
        own = extra_side(group, c)
        yield pair(own, side(group, c["about"]), "not_contradiction", c["shape"])
        free = [i for i in every if i != c["about"] and i != c.get("replaces")]
        for index in rng.sample(free, min(1, bystanders - 1)):
            yield pair(own, side(group, index), "not_contradiction", "bystander")
    for r in group["restatements"]:
        own = Side(r["sentence"])
        yield Row(side(group, r["restates"]), own, "entailment", f"{source}/restatement")
        yield Row(own, side(group, r["restates"]), "not_contradiction", f"{source}/restated")
    yield from neutral_rows(group, rng, neutrals, source)


def neutral_rows(group: Group, rng: random.Random, count: int, source: str) -> Iterator[Row]:
    """Pairs of the article's own sentences: two thirds the most alike, one third at random."""
    count_all = len(group["sentences"])
    pairs = [(i, j) for i in range(-1, count_all) for j in range(i + 1, count_all)]
    rng.shuffle(pairs)
    sets = {i: words(text_of(group, i)) for i in range(-1, count_all)}
    alike = sorted(pairs, key=lambda p: -len(sets[p[0]] & sets[p[1]]))[: 2 * count // 3]
    rest = [p for p in pairs if p not in set(alike)][: count - len(alike)]
    for i, j in alike + rest:
        first, second = (i, j) if rng.random() < 0.5 else (j, i)
        yield Row(side(group, first), side(group, second), "not_contradiction", f"{source}/in_article")


def unrelated_rows(groups: list[Group], rng: random.Random, count: int) -> Iterator[Row]:
    """Pairs of sentences of two different articles.

    SNLI's annotators took both sentences to describe one scene and called strangers contradictions;
    these rows take the model out of that habit.
    """
    for _ in range(count):
        one, other = rng.sample(groups, 2)
        first, second = (side(g, rng.randrange(-1, len(g["sentences"]))) for g in (one, other))
        yield Row(first, second, "not_contradiction", "unrelated")


@dataclass(frozen=True, slots=True)
class Article:
    """An article to be judged: sentence 0 is the headline; `gold` are contradicting index pairs."""

    id: str
    sentences: tuple[str, ...]
    gold: frozenset[tuple[int, int]]
    kind: str = ""
    subtle: bool = False
    made: str = "clean"


def articles(groups: Iterable[Group], seed: int = 0) -> Iterator[Article]:
    """Make clean twins and contradicting articles.

    Every article, clean or not, carries up to three compatible sentences and one restatement at random
    places, so that an inserted sentence's style gives nothing away. Contradictions with `replaces` are
    swapped in, the others inserted.
    """
    for group in groups:
        rng = random.Random(f"{seed}/{group['id']}")
        inserted = [c["sentence"] for c in group["compatible"] if c.get("replaces") is None]
        inserted = rng.sample(inserted, min(3, len(inserted)))
        inserted += [r["sentence"] for r in group["restatements"][:1]]
        base = list(enumerate([group["headline"], *group["sentences"]], start=-1))
        yield compose(group["id"] + "/clean", base, inserted, rng)
        for number, c in enumerate(group["contradictions"]):
            body, extra = list(base), list(inserted)
            if c["replaces"] is not None:
                body[c["replaces"] + 1] = (c["replaces"], c["sentence"])
            elif extra:
                extra[0] = c["sentence"]
            made = "swapped" if c["replaces"] is not None else "inserted"
            name = f"{group['id']}/{number}"
            yield compose(name, body, extra, rng, contradiction=c, made=made)


def compose(
    name: str,
    body: list[tuple[int, str]],
    extra: list[str],
    rng: random.Random,
    contradiction: Group | None = None,
    made: str = "clean",
) -> Article:
    """Put the extra sentences at random places (never before the lead) and find the gold pairs."""
    placed: list[tuple[int | None, str]] = list(body)
    for text in extra:
        placed.insert(rng.randint(2, len(placed)), (None, text))
    texts = tuple(text for _, text in placed)
    if contradiction is None:
        return Article(name, texts, frozenset())
    where = texts.index(contradiction["sentence"])
    others = [
        at
        for at, (index, _) in enumerate(placed)
        if index in contradiction["conflicts_with"] and at != where
    ]
    gold = frozenset((min(where, at), max(where, at)) for at in others)
    subtle = bool(contradiction.get("subtle"))
    return Article(name, texts, gold, contradiction["kind"], subtle, made)
