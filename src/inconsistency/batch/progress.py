"""Telling people and programs how a batch run goes: always on standard error."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Protocol

from inconsistency.batch.engine import Tally


class Progress(Protocol):
    """Someone who is told how it goes; a context manager that lasts as long as the scoring."""

    def start(self, *, done_rows: int, total_bytes: int | None, tally: Tally) -> None:
        """The run begins, or resumes after `done_rows`."""
        ...

    def advance(self, *, rows: int, position: int, tally: Tally) -> None:
        """A chunk was committed; counts are of the whole output so far."""
        ...

    def __enter__(self) -> Progress: ...

    def __exit__(self, *exc: object) -> None: ...


class Quiet:
    """Say nothing: standard error is not a terminal."""

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to close."""

    def start(self, *, done_rows: int, total_bytes: int | None, tally: Tally) -> None:
        """The run begins."""

    def advance(self, *, rows: int, position: int, tally: Tally) -> None:
        """A chunk was committed."""


class Rates:
    """Articles and pairs per second of this run; rows of earlier runs do not count."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._rows = self._pairs = 0

    def start(self, rows: int, pairs: int) -> None:
        """Start the clock."""
        self._start, self._rows, self._pairs = time.monotonic(), rows, pairs

    def now(self, rows: int, pairs: int) -> tuple[float, float]:
        """Articles/s and pairs/s since the start; a pair that was dismissed early counts too."""
        seconds = max(time.monotonic() - self._start, 1e-6)
        return (rows - self._rows) / seconds, (pairs - self._pairs) / seconds


class JsonLog(Quiet):
    """One JSON object a line: "start", then "chunk" for every committed chunk."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream, self._rates = stream or sys.stderr, Rates()
        self._total: int | None = None

    def start(self, *, done_rows: int, total_bytes: int | None, tally: Tally) -> None:
        """Log where the run begins."""
        self._total = total_bytes
        self._rates.start(done_rows, tally.pairs)
        self.write("start", resumed_at=done_rows, total_bytes=total_bytes)

    def advance(self, *, rows: int, position: int, tally: Tally) -> None:
        """Log a committed chunk."""
        articles, pairs = self._rates.now(rows, tally.pairs)
        self.write(
            "chunk",
            rows=rows,
            flagged=tally.flagged,
            failed=tally.failed,
            articles_per_s=round(articles, 2),
            pairs_per_s=round(pairs, 1),
            read=round(position / self._total, 4) if self._total else None,
        )

    def write(self, event: str, **fields: Any) -> None:
        """Log one event."""
        self._stream.write(self.line(event, **fields))
        self._stream.flush()

    @staticmethod
    def line(event: str, **fields: Any) -> str:
        """One line of the log."""
        return json.dumps({"event": event, "time": round(time.time(), 3), **fields}) + "\n"


class _Warnings(logging.Handler):
    """Passes warnings of the package on to the JSON log."""

    def __init__(self, log: JsonLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.write("warning", message=record.getMessage())


@contextmanager
def warnings(log: JsonLog | None) -> Iterator[None]:
    """With a JSON log, let nothing else onto standard error."""
    if log is None:
        yield
        return
    handler, logger = _Warnings(log), logging.getLogger("inconsistency")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class Bar(Quiet):
    """A progress bar with articles/s, pairs/s, time left, and articles flagged so far."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._rates = Rates()
        self._bar = RichProgress(
            BarColumn(bar_width=24),
            TextColumn("{task.fields[status]}"),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Leave the last state of the bar on the screen."""
        self._bar.stop()

    def start(self, *, done_rows: int, total_bytes: int | None, tally: Tally) -> None:
        """Show the bar; without a known total it only pulses."""
        self._rates.start(done_rows, tally.pairs)
        self._task = self._bar.add_task("", total=total_bytes, status=f"{done_rows:,} articles")

    def advance(self, *, rows: int, position: int, tally: Tally) -> None:
        """Move the bar."""
        articles, pairs = self._rates.now(rows, tally.pairs)
        status = f"{rows:,} articles  {articles:.1f}/s  {pairs:,.0f} pairs/s  {tally.flagged:,} flagged"
        if tally.failed:
            status += f"  {tally.failed:,} failed"
        self._bar.update(self._task, completed=position, status=status)
