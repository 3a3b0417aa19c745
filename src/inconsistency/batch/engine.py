"""A chunk's rows -> the bytes to append to the output: the part of the work that workers share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from inconsistency.batch.input.rows import BadRow, Row
from inconsistency.batch.output import pair_lines, report_line
from inconsistency.errors import CalibrationError, InputError, MissingExtraError, ModelError

if TYPE_CHECKING:
    from inconsistency.batch.chunks import Chunk
    from inconsistency.detector import Detector
    from inconsistency.report import Report

logger = logging.getLogger(__name__)

DetectorFactory = Callable[[], "Detector"]

# Failures of the set-up, not of a row: recording them a million times helps nobody.
_FATAL = (MissingExtraError, CalibrationError)


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

    def add(self, other: Tally) -> None:
        """Add another tally to this one."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True)
class Scored:
    """The outcome of one chunk.

    Attributes:
        output: JSON lines, one an article.
        pairs: JSON lines, one a contradiction; empty when not asked for.
        failed: rows on which the detector failed.
        tally: counts.
    """

    output: bytes
    pairs: bytes
    failed: tuple[BadRow, ...]
    tally: Tally = field(default_factory=Tally)


class Engine(Protocol):
    """Something that scores chunks: this process or several."""

    def settings(self) -> dict[str, Any]:
        """What identifies the detector's results."""
        ...

    def map(self, chunks: Iterator[Chunk]) -> Iterator[tuple[Chunk, Scored]]:
        """Score chunks, in order, taking no more of them ahead than it keeps busy with."""
        ...

    def close(self) -> None:
        """End processes and free memory."""
        ...


class LocalEngine:
    """Score in this process."""

    def __init__(self, factory: DetectorFactory, *, pairs: bool) -> None:
        self._detector, self._pairs = factory(), pairs

    def settings(self) -> dict[str, Any]:
        """What identifies the detector's results."""
        return dict(self._detector.settings())

    def map(self, chunks: Iterator[Chunk]) -> Iterator[tuple[Chunk, Scored]]:
        """Score chunks one after the other."""
        for chunk in chunks:
            yield chunk, score_rows(self._detector, chunk.rows, pairs=self._pairs)

    def close(self) -> None:
        """Nothing to end."""


def score_rows(detector: Detector, rows: Sequence[Row], *, pairs: bool) -> Scored:
    """Score rows together; if that fails, one by one, so that only the culprit is lost.

    Raises:
        ModelError: the detector failed on every one of several rows, which is not the rows' fault. (Errors
            of the set-up, see `_FATAL`, are passed on.)
    """
    outcomes = check_rows(detector, rows)
    output: list[str] = []
    pair_rows: list[str] = []
    failed: list[BadRow] = []
    tally = Tally()
    for row, outcome in zip(rows, outcomes, strict=True):
        if isinstance(outcome, str):
            failed.append(BadRow(row.number, row.source, row.place, outcome, row.id))
            continue
        output.append(report_line(row, outcome))
        if pairs:
            pair_rows.extend(pair_lines(row, outcome))
        tally.articles += 1
        tally.flagged += outcome.flagged
        tally.contradictions += len(outcome.contradictions)
        tally.pairs += outcome.counts.pairs
        tally.scored += outcome.counts.scored
        tally.truncated += outcome.counts.truncated
    return Scored(
        "".join(output).encode("utf-8"), "".join(pair_rows).encode("utf-8"), tuple(failed), tally
    )


def check_rows(detector: Detector, rows: Sequence[Row]) -> list[Report | str]:
    """Give each row's report, or the reason why the detector failed on it.

    Raises:
        ModelError: as for `score_rows`.
    """
    from inconsistency.detector import Article

    articles = [Article(row.text, row.headline) for row in rows]
    try:
        return list(detector.check_many(articles))
    except _FATAL:
        raise
    except Exception as error:
        together = error  # the rows are tried singly below, so that only the culprit is lost
    outcomes: list[Report | str] = []
    errors: list[Exception] = []
    for row in rows:
        try:
            outcomes.append(detector.check(row.text, headline=row.headline))
        except _FATAL:
            raise
        except Exception as error:
            outcomes.append(_named(error))
            errors.append(error)
    if not errors:
        logger.warning("%d articles failed together but not singly: %s", len(rows), _named(together))
    broken = [error for error in errors if not isinstance(error, InputError)]
    if len(rows) > 1 and len(broken) == len(rows):
        raise ModelError(f"the detector fails on every article: {outcomes[0]}") from broken[0]
    return outcomes


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
