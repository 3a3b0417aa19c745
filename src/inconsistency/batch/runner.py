"""Sources, engine and journal -> a finished output: the loop that a batch run is.

A chunk of rows is what is scored and committed together. Rows are hashed on their way into chunks, so that a
resumed run knows those that it has scored: no input is read for that alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from inconsistency.batch.engine import Chunk, Engine, Scored, Tally
from inconsistency.batch.input.rows import BadRow, Row, Source
from inconsistency.batch.input.sources import read_rows
from inconsistency.batch.journal import Journal, State, read_manifest
from inconsistency.batch.output import Outputs, error_line
from inconsistency.batch.progress import Progress
from inconsistency.errors import InconsistencyError, InputError, ModelError
from inconsistency.report import FORMAT

# Articles that are scored and committed together: few, since a crash loses no more than these.
CHUNK_ROWS = 64
# Bounds the memory of a chunk when its articles are long.
MAX_CHUNK_CHARS = 2_000_000


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run."""

    outputs: Outputs
    chunk_rows: int  # articles that are scored and committed together
    read: dict[str, Any]  # everything on how the input is read that the result depends on, plain types
    strict: bool  # stop at the first row that cannot be scored
    overwrite: bool  # replace another run's results

    @property
    def config(self) -> dict[str, Any]:
        """What the result depends on apart from the input and the detector."""
        return {**self.read, "report_format": FORMAT, "chunk_rows": self.chunk_rows}


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did."""

    tally: Tally  # over the whole output, earlier runs included
    rows: int  # that are committed
    resumed_at: int  # rows that earlier runs had committed
    complete: bool  # False after an interruption
    stopped_by: BadRow | None  # with `strict`, the row that ended the run


def rows_done(sources: Sequence[Source], options: RunOptions, reader: str) -> int:
    """How many rows a run with this second reader would not score again, as far as is known without a model."""
    old = read_manifest(options.outputs.manifest)
    new = State.fresh(options.config, [source.fingerprint() for source in sources])
    if old is None or old.inputs != new.inputs or not new.config.items() <= old.config.items():
        return 0
    if (old.config.get("verifier") or {}).get("model") != reader:
        return 0
    anew = options.overwrite or not options.outputs.are_there(old.tally.articles)
    return 0 if old.state == "complete" and anew else old.rows


def run_batch(
    sources: Sequence[Source], engine: Engine, options: RunOptions, progress: Progress, stop: Callable[[], bool]
) -> Summary:
    """Score everything that is not scored yet.

    `stop` is asked before each chunk; True finishes the chunks in hand and returns.

    Raises:
        InputError: an input or an output cannot be used.
        InconsistencyError: workers die, or the model fails on every article.
        OSError: the disk is full or broken; everything committed is safe.
    """
    for source in sources:
        source.check()
    fresh = State.fresh({**engine.settings(), **options.config}, [source.fingerprint() for source in sources])
    with closing(Journal.open(options.outputs, fresh, overwrite=options.overwrite)) as journal:
        state, resumed_at, stopped_by = journal.state, journal.state.rows, None
        chunks = _cut_chunks(sources, options.chunk_rows, done=resumed_at, digest=state.digest)
        try:
            if state.state == "scoring":
                sizes = [source.total_bytes for source in sources if source.total_bytes is not None]
                total = sum(sizes) if len(sizes) == len(sources) else None
                with closing(progress):
                    progress.start(done_rows=resumed_at, total_bytes=total, tally=state.tally)
                    outcomes = engine.map(_until(chunks, stop))
                    stopped_by = _commit(journal, outcomes, progress, strict=options.strict)
            elif next(chunks, None):  # all rows, no fewer and no more, must be those that were scored
                raise ChangedInputError(f"it has more than the {resumed_at:,} rows scored before")
        except ChangedInputError as error:
            advice = f"Restore it, choose another --output, or {journal.how_to_begin_anew()}"
            raise InputError(f"the input has changed: {error}. {advice}") from error
        except ModelError as error:  # it was loaded and failed at work, so the command was right
            raise InconsistencyError(str(error)) from error
        complete = not (stopped_by or stop())
        if complete:
            journal.finish()
        return Summary(state.tally, state.rows, resumed_at, complete, stopped_by)


def _commit(
    journal: Journal, outcomes: Iterable[tuple[Chunk, Scored]], progress: Progress, *, strict: bool
) -> BadRow | None:
    """Commit chunk after chunk as they are scored; gives the row that ended a strict run."""
    for chunk, scored in outcomes:
        bad = sorted((*chunk.bad, *scored.failed), key=lambda row: row.number)
        if bad and strict:
            return bad[0]
        scored.tally.failed = len(bad)
        scored.lines["errors"] = b"".join(map(error_line, bad))
        journal.commit(scored, rows=chunk.end, digest=chunk.digest)
        progress.advance(rows=chunk.end, position=chunk.position, tally=journal.state.tally)
    return None


def _until(chunks: Iterator[Chunk], stop: Callable[[], bool]) -> Iterator[Chunk]:
    while not stop() and (chunk := next(chunks, None)) is not None:
        yield chunk


class ChangedInputError(InputError):
    """The rows of an earlier run are not those that the input has now."""


def _cut_chunks(sources: Sequence[Source], size: int, *, done: int, digest: str) -> Iterator[Chunk]:
    """Cut rows into chunks of a size, after passing over the `done` ones of an earlier run, which are compared."""
    hasher = hashlib.blake2b(digest_size=16)
    batch: list[Row | BadRow] = []
    chars, last = 0, 0
    for row in read_rows(sources):
        _update(hasher, row)
        last = row.number
        if last <= done:
            if last == done and hasher.hexdigest() != digest:
                raise ChangedInputError(f"its first {done:,} rows are not those scored before")
            continue
        batch.append(row)
        chars += len(row.text) if isinstance(row, Row) else 0
        if len(batch) >= size or chars >= MAX_CHUNK_CHARS:
            yield _chunk(batch, hasher.hexdigest(), sources)
            batch, chars = [], 0
    if last < done:
        raise ChangedInputError(f"its {last:,} rows are fewer than the {done:,} scored before")
    if batch:
        yield _chunk(batch, hasher.hexdigest(), sources)


def _update(hasher: hashlib.blake2b, row: Row | BadRow) -> None:
    """Add a row to the digest of all rows, by bytes that no version of Python spells differently.

    The reason why a row is bad is left out: it may be worded by Python.
    """
    fields: tuple[str | None, ...] = ("bad", row.id, row.place)
    if isinstance(row, Row):
        fields = ("article", row.id, row.headline, row.text)
    for field in fields:
        # A file name in `place` may hold bytes that are no UTF-8.
        data = b"" if field is None else field.encode("utf-8", "surrogatepass")
        hasher.update((-1 if field is None else len(data)).to_bytes(8, "big", signed=True) + data)


def _chunk(batch: list[Row | BadRow], digest: str, sources: Sequence[Source]) -> Chunk:
    return Chunk(
        rows=tuple(row for row in batch if isinstance(row, Row)),
        bad=tuple(row for row in batch if isinstance(row, BadRow)),
        end=batch[-1].number,
        digest=digest,
        position=sum(source.done_bytes for source in sources),
    )
