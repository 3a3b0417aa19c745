"""A chunk's rows -> the bytes to append to the output: the part of the work that workers share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from inconsistency.batch.input.rows import BadRow, Row
from inconsistency.batch.output import lines_of, report_page
from inconsistency.errors import (
    CalibrationError,
    InconsistencyError,
    InputError,
    LimitReachedError,
    MissingExtraError,
    ModelError,
    VerifierError,
)
from inconsistency.report import Report
from inconsistency.sentences import Article

logger = logging.getLogger(__name__)


class ArticleChecker(Protocol):
    """What a run needs of a detector."""

    def check(self, text: str, *, headline: str | None = None) -> Report:
        """Check one article."""
        ...

    def check_many(self, articles: Iterable[Article]) -> Iterable[Report]:
        """Check articles together; reports come in their order."""
        ...

    def settings(self) -> dict[str, Any]:
        """What decides the reports, as JSON-able values."""
        ...


DetectorFactory = Callable[..., ArticleChecker]  # gets `verifier=` where a run has a second reader

# Failures of the set-up, not of a row: recording them a million times helps nobody.
_FATAL = (MissingExtraError, CalibrationError, VerifierError, LimitReachedError)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows. Where chunks begin depends on the input alone, never on the workers."""

    rows: tuple[Row, ...]  # articles to score
    bad: tuple[BadRow, ...]  # rows between them that are no articles
    end: int  # number of the last row
    digest: str  # of all rows from the first of the input to the last of the chunk
    position: int  # how many bytes of the inputs had been read


@dataclass(slots=True)
class Tally:
    """Counts of a chunk, or of a whole run."""

    articles: int = 0
    failed: int = 0
    flagged: int = 0
    contradictions: int = 0
    pairs: int = 0
    scored: int = 0
    truncated: int = 0
    unverified: int = 0  # articles on which the second reader has not answered in full

    def add(self, other: Tally) -> None:
        """Add another tally to this one."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Scored:
    """The outcome of one chunk: JSON lines for each table, rows on which the detector failed, and counts.

    `pages` are the reports, by number of row, if the index is one of the tables.
    """

    lines: dict[str, bytes] = field(default_factory=dict)
    pages: dict[int, bytes] = field(default_factory=dict)
    failed: list[BadRow] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


class Engine:
    """What scores chunks for these tables: this process, with the detector that the factory makes."""

    def __init__(self, factory: DetectorFactory, tables: Sequence[str]) -> None:
        self._detector, self._tables = factory(), tables

    def settings(self) -> dict[str, Any]:
        """What identifies the detector's results."""
        return dict(self._detector.settings())

    def map(self, chunks: Iterator[Chunk]) -> Iterator[tuple[Chunk, Scored]]:
        """Score chunks, in order, taking no more of them ahead than there is work with."""
        for chunk in chunks:
            yield chunk, score_rows(self._detector, chunk.rows, self._tables)

    def close(self) -> None:
        """End what was started."""


def score_rows(detector: ArticleChecker, rows: Sequence[Row], tables: Sequence[str]) -> Scored:
    """Score rows together; if that fails, one by one, so that only the culprit is lost.

    Raises:
        ModelError: the detector failed on every one of several rows, which is not the rows' fault. (Errors
            of the set-up, see `_FATAL`, are passed on.)
    """
    scored = Scored()
    for row, outcome in zip(rows, check_rows(detector, rows), strict=True):
        if isinstance(outcome, str):
            scored.failed.append(BadRow(row.number, row.source, row.place, outcome, row.id))
            continue
        for table in tables:
            scored.lines[table] = scored.lines.get(table, b"") + lines_of(table, row, outcome)
        if "index" in tables:
            scored.pages[row.number] = report_page(outcome)
        counts, contradictions = outcome.counts, len(outcome.contradictions)
        flagged = int(outcome.flagged)
        scored.tally.add(Tally(1, 0, flagged, contradictions, counts.pairs, counts.scored, counts.truncated))
        scored.tally.unverified += bool(counts.unverified or counts.unread)
    return scored


def check_rows(detector: ArticleChecker, rows: Sequence[Row]) -> list[Report | str]:
    """Give each row's report, or the reason why the detector failed on it; see `score_rows`."""
    articles = [Article(row.text, row.headline) for row in rows]
    try:
        return list(detector.check_many(articles))
    except Exception as error:
        if _is_fatal(error):
            raise
        together = error  # the rows are tried singly below, so that only the culprit is lost
    outcomes: list[Report | str] = []
    errors: list[Exception] = []
    for row in rows:
        try:
            outcomes.append(detector.check(row.text, headline=row.headline))
        except Exception as error:
            if _is_fatal(error):
                raise
            outcomes.append(_named(error))
            errors.append(error)
    if not errors:
        logger.warning("%d articles failed together but not singly: %s", len(rows), _named(together))
    broken = [error for error in errors if not isinstance(error, InputError)]
    if len(rows) > 1 and len(broken) == len(rows):
        raise ModelError(f"the detector fails on every article: {outcomes[0]}") from broken[0]
    return outcomes


def _is_fatal(error: Exception) -> bool:
    return isinstance(error, _FATAL) or type(error) is InconsistencyError  # itself, it says that work broke off


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
