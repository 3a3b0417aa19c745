"""The articles of the speed comparison: drawn by length, cut or joined to an exact one, short ones for recall."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from benchmarks.speed_figures import BANDS, Article
from corpora import registry

# Whole articles in natural case. Not: ABC (paragraphs), XSum (lower-cased), GUM news (part of GUM).
SOURCES = ("bbc", "wire_1998", "gum", "brown", "wsj", "web_2014")
SHARES = dict(zip(BANDS, (0.3, 0.3, 0.2, 0.15, 0.05), strict=True))  # of the real articles, near what is natural
LENGTHS = (25, 50, 100, 200, 400)  # sentences of made articles
LABELLED = ("newsroom", "contradoc_full", "features", "news_inserted")
# Recall wants many flags; they are few, and cost all pairs of an article. So it is measured on articles no longer
# than this. XSum is lower-cased, for both readings alike.
RECALL_ALSO, RECALL_MOST = ("xsum_cnn",), 30


def key(text: str) -> str:
    """A hash to sort by: a seeded shuffle that does not depend on what else is there."""
    return hashlib.sha1(text.encode()).hexdigest()


def pool(folder: Path, sources: Sequence[str] = SOURCES) -> list[Article]:
    """Articles of the sets, of the half that is kept for measuring."""
    found = []
    for source in sources:
        for case in registry.articles(registry.SETS[source], folder, "measure"):
            found.append(Article(f"{source}/{case.id}", source, case.sentences, case.headline, case.gold))
    return found


def chosen(articles: Sequence[Article], count: int, seed: int = 0) -> list[Article]:
    """A seeded sample by length band, mixed so that its beginning is already a sample."""
    placed = []
    for quota, (low, high) in zip(quotas(count, list(SHARES.values())), SHARES, strict=True):
        fits = [(key(f"{seed}/{a.id}"), a) for a in articles if low <= len(a.sentences) <= high]
        fits.sort(key=lambda f: f[0])
        placed += [((place + 0.5) / quota, drawn, a) for place, (drawn, a) in enumerate(fits[:quota])]
    return [a for *_, a in sorted(placed, key=lambda p: p[:2])]


def quotas(count: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers that sum to `count`, nearest to the shares."""
    exact = [count * s / sum(shares) for s in shares]
    found = [int(e) for e in exact]
    for place in sorted(range(len(exact)), key=lambda k: found[k] - exact[k])[: count - sum(found)]:
        found[place] += 1
    return found


def made(articles: Sequence[Article], length: int, count: int, seed: int = 0) -> list[Article]:
    """Articles of exactly so many sentences: long ones cut, else several joined."""
    ordered = sorted(articles, key=lambda a: key(f"{seed}/{length}/{a.id}"))
    cut = [
        replace(a, id=f"{a.id}[:{length}]", sentences=a.sentences[:length], made="cut")
        for a in ordered
        if len(a.sentences) >= length
    ]
    rest = iter(a for a in ordered if len(a.sentences) < length)
    found = cut[:count]
    while len(found) < count:
        sentences: list[str] = []
        for part in rest:
            sentences += part.sentences
            if len(sentences) >= length:
                break
        else:
            break
        name = f"joined/{length}/{len(found)}"
        found.append(Article(name, "joined", tuple(sentences[:length]), made="joined"))
    return found


def of_lengths(articles: Sequence[Article], count: int, seed: int = 0) -> list[Article]:
    """Made articles, so many of each length, one of each length after the other."""
    sets = [made(articles, length, count, seed) for length in LENGTHS]
    return [s[k] for k in range(count) for s in sets if k < len(s)]


def for_recall(articles: Sequence[Article], count: int, seed: int = 0) -> list[Article]:
    """A seeded sample, each source having its turn, of articles between the shortest band and `RECALL_MOST`."""
    sets: dict[str, list[Article]] = {}
    for article in sorted(articles, key=lambda a: key(f"{seed}/{a.id}")):
        if BANDS[0][0] <= len(article.sentences) <= RECALL_MOST:
            sets.setdefault(article.source, []).append(article)
    turns = zip_longest(*sets.values())
    return [a for turn in turns for a in turn if a][:count]
