"""Many reports -> one page that lists the articles by score, laid out row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from inconsistency.render._words import kind_label, percent
from inconsistency.render.html import render
from inconsistency.report import Report

BINS = 20
SPARKS = 12  # probabilities that are drawn for an article


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What the index shows of an article, in plain types; see `row_of`.

    `flags` counts its flagged pairs, `probabilities` are those of the first of them. `first` and `second` are the
    sentences of its best pair, "" where there is none.
    """

    name: str
    note: str
    href: str
    score: float
    flags: int
    kinds: str
    probabilities: Sequence[float]
    first: str
    second: str

    @property
    def percent(self) -> int:
        """The score in whole percent, never 100."""
        return percent(self.score)

    @property
    def bars(self) -> Iterator[tuple[int, int]]:
        """A bar for each probability: (x, height of 16)."""
        for n, probability in enumerate(self.probabilities):
            yield 5 * n, max(1, round(16 * probability))


@dataclass(slots=True)
class Totals:
    """What the index says of all articles together."""

    articles: int = 0
    flagged: int = 0
    failed: int = 0  # articles that could not be read or scored, which have no row
    bins: Counter[int] = field(default_factory=Counter)

    def add(self, row: IndexRow) -> None:
        """Count an article."""
        self.articles += 1
        self.flagged += row.flags > 0
        self.bins[min(BINS - 1, int(row.score * BINS))] += 1

    @property
    def bars(self) -> list[tuple[int, int, int]]:
        """(x, height of 60, articles) of each bin of scores, 0-1."""
        most = max(self.bins.values(), default=1)
        return [(n, -(-60 * self.bins[n] // most), self.bins[n]) for n in range(BINS)]


def index_html(rows: Iterable[IndexRow], totals: Totals) -> Iterator[str]:
    """The page, piece by piece.

    Args:
        rows: the articles in the order to show; they are taken one at a time.
        totals: of these rows.
    """
    return render("index.html", ("tokens.css", "index.css"), (), {"rows": rows, "totals": totals})


def row_of(report: Report, name: str, note: str, href: str) -> IndexRow:
    """What the index shows of an article.

    Args:
        report: the article's.
        name: what it is called, such as its headline.
        note: what stands small beside the name, such as an id.
        href: address of its own page, relative to the index.
    """
    kinds = Counter(c.kind for c in report.contradictions if c.kind)
    best = report.best
    return IndexRow(
        name=name,
        note=note,
        href=href,
        score=report.score,
        flags=len(report.contradictions),
        kinds=", ".join(kind_label(k) for k, _ in kinds.most_common(3)),
        probabilities=[c.probability for c in report.contradictions[:SPARKS]],
        first=best.first.text if best else "",
        second=best.second.text if best else "",
    )
