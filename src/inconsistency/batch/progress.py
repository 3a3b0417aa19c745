"""Telling people, or a program, how a batch run goes: always on standard error."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from inconsistency.batch.engine import Tally
from inconsistency.verify.meter import Meter, Usage


class Progress:
    """What people are told of a run: words at its end, and nothing while it scores.

    Attributes:
        meter: counts what a second reader does in this run; None without one.
    """

    meter: Meter | None = None

    def line(self, event: str, *messages: str, **fields: Any) -> str:
        """What is written of an event: for people its messages, for programs its fields."""
        return "".join(f"inconsistency score: {message}\n" for message in messages)

    def tell(self, event: str, *messages: str, **fields: Any) -> None:
        """Write what `line` makes of an event."""
        sys.stderr.write(self.line(event, *messages, **fields))
        sys.stderr.flush()

    def start(self, *, done_rows: int, total_bytes: int | None, tally: Tally) -> None:
        """The run begins, or resumes after `done_rows`."""
        self._clock, self._rows, self._pairs, self._total = time.monotonic(), done_rows, tally.pairs, total_bytes

    def advance(self, *, rows: int, position: int, tally: Tally) -> None:
        """A chunk was committed; counts are of the whole output so far."""

    def close(self) -> None:
        """The scoring has ended."""

    def _rates(self, rows: int, tally: Tally) -> tuple[float, float]:
        """Articles/s and pairs/s of this run; rows of earlier runs do not count, pairs dismissed early do."""
        seconds = max(time.monotonic() - self._clock, 1e-6)
        return (rows - self._rows) / seconds, (tally.pairs - self._pairs) / seconds


class JsonLog(Progress):
    """One JSON object a line: "start", then "chunk" for every committed chunk, and what else there is to tell."""

    def start(self, *, done_rows: int, total_bytes: int | None, tally: Tally) -> None:
        """Log where the run begins."""
        super().start(done_rows=done_rows, total_bytes=total_bytes, tally=tally)
        self.tell("start", resumed_at=done_rows, total_bytes=total_bytes)

    def advance(self, *, rows: int, position: int, tally: Tally) -> None:
        """Log a committed chunk."""
        articles, pairs = self._rates(rows, tally)
        rates = {"articles_per_s": round(articles, 2), "pairs_per_s": round(pairs, 1)}
        read = round(position / self._total, 4) if self._total else None
        reader = {"reader": asdict(self.meter.usage)} if self.meter else {}
        self.tell("chunk", rows=rows, flagged=tally.flagged, failed=tally.failed, **rates, read=read, **reader)

    def line(self, event: str, *messages: str, **fields: Any) -> str:
        """The fields as JSON."""
        return json.dumps({"event": event, "time": round(time.time(), 3), **fields}) + "\n"


class WarningEvents(logging.Handler):
    """Writes warnings to a log."""

    def __init__(self, log: JsonLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one."""
        self._log.tell("warning", message=record.getMessage())


@contextmanager
def warnings(log: JsonLog) -> Iterator[None]:
    """Pass the package's warnings on to the log, and let nothing else onto standard error."""
    handler, logger = WarningEvents(log), logging.getLogger("inconsistency")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def told(usage: Usage) -> str:
    """What a second reader has done, in a line."""
    failed = f", {usage.failed:,} failed" if usage.failed else ""
    return (
        f"{usage.calls:,} calls, {usage.cached:,} from the cache{failed}, "
        f"{usage.read:,} tokens read, {usage.written:,} written"
    )


class Bar(Progress):
    """A bar with articles/s, pairs/s, time left and articles flagged; a second reader's calls stand below it."""

    def __init__(self) -> None:
        from rich import console, progress, text

        bar = self

        class Lines(progress.Progress):
            """The bar, and what a second reader has done, asked whenever it is drawn: a chunk takes many calls."""

            def get_renderables(self) -> Iterator[console.RenderableType]:
                yield from super().get_renderables()
                if bar.meter:
                    yield text.Text(told(bar.meter.usage))

        status = progress.TextColumn("{task.fields[status]}")
        left = progress.TimeRemainingColumn(compact=True, elapsed_when_finished=True)
        columns = (progress.BarColumn(bar_width=24), status, progress.TextColumn("left"), left)
        self._bar = Lines(*columns, console=console.Console(stderr=True))

    def start(self, *, done_rows: int, total_bytes: int | None, tally: Tally) -> None:
        """Show the bar; without a known total it only pulses."""
        super().start(done_rows=done_rows, total_bytes=total_bytes, tally=tally)
        self._bar.start()
        self._task = self._bar.add_task("", total=total_bytes, status=f"{done_rows:,} articles")

    def advance(self, *, rows: int, position: int, tally: Tally) -> None:
        """Move the bar."""
        articles, pairs = self._rates(rows, tally)
        failed = f"  {tally.failed:,} failed" if tally.failed else ""
        status = f"{rows:,} articles  {articles:.1f}/s  {pairs:,.0f} pairs/s  {tally.flagged:,} flagged{failed}"
        self._bar.update(self._task, completed=position, status=status)

    def close(self) -> None:
        """Leave the last state of the bar on the screen."""
        self._bar.stop()
