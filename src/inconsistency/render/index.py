"""Many reports -> one page that lists the articles by score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inconsistency.render._view import KIND_LABELS, percent
from inconsistency.render.html import page
from inconsistency.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterable

BINS = 20


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One line of the index.

    Attributes:
        name: what the article is called: a file name, an id, its headline.
        report: its report.
        href: address of its own page, relative to the index; None for no link. Addresses with
            a scheme are not linked, so that a hostile file name cannot become script.
    """

    name: str
    report: Report
    href: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    href: str
    percent: int
    pairs: int
    kinds: str
    probabilities: tuple[tuple[int, int], ...]


def to_index_html(entries: Sequence[IndexEntry], *, title: str = "Articles by score") -> str:
    """Lay out a page with one row an article, most suspicious first, and a histogram of scores.

    Args:
        entries: the articles, in any order; equal scores keep it.
        title: the page's title.

    Returns:
        One self-contained page, without script.
    """
    rows = [_row(e) for e in sorted(entries, key=lambda e: -e.report.score)]
    return page(
        "index.html",
        ("tokens.css", "index.css"),
        (),
        {
            "title": title,
            "rows": rows,
            "flagged": sum(row.pairs > 0 for row in rows),
            "bars": _histogram([e.report.score for e in entries]),
        },
    )


def _row(entry: IndexEntry) -> _Row:
    report = entry.report
    kinds = Counter(c.kind for c in report.contradictions if c.kind)
    return _Row(
        name=entry.name,
        href=_safe(entry.href),
        percent=percent(report.score),
        pairs=len(report.contradictions),
        kinds=", ".join(KIND_LABELS.get(k, k) for k, _ in kinds.most_common(3)),
        probabilities=tuple(_bars(c.probability for c in report.contradictions[:12])),
    )


def _safe(href: str | None) -> str:
    """The address if it is a relative path, otherwise nothing."""
    if not href or ":" in href.split("/", 1)[0] or href.startswith(("/", "\\")):
        return ""
    return href


def _bars(probabilities: Iterable[float]) -> Iterable[tuple[int, int]]:
    """Sparkline bars: (x, height of 16)."""
    for n, probability in enumerate(probabilities):
        yield 5 * n, max(1, round(16 * probability))


def _histogram(scores: Sequence[float]) -> list[tuple[int, int, int]]:
    """(x, height of 60, articles) of each bin of scores, 0-1."""
    counts = Counter(min(BINS - 1, int(score * BINS)) for score in scores)
    most = max(counts.values(), default=1)
    return [(n, -(-60 * counts[n] // most), counts[n]) for n in range(BINS)]
