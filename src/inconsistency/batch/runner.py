"""Sources, engine and journal -> a finished output: the loop that a batch run is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from inconsistency.batch.chunks import ChangedInputError, Chunk, check_same, cut_chunks
from inconsistency.batch.engine import Engine, Scored, Tally
from inconsistency.batch.input.rows import DEFAULT_MAX_CHARS, BadRow
from inconsistency.batch.input.sources import Source, check, read_rows
from inconsistency.batch.journal import Journal
from inconsistency.batch.manifest import State
from inconsistency.batch.output import Outputs, error_line
from inconsistency.batch.progress import Progress
from inconsistency.errors import InconsistencyError, InputError, ModelError

# Articles that are scored and committed together: few, since a crash loses no more than these.
CHUNK_ROWS = 64


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run.

    Attributes:
        outputs: where results go.
        read: everything on how the input is read that the result depends on, plain types.
        max_chars: longest text or headline, in characters.
        strict: stop at the first row that cannot be scored.
        overwrite: replace another run's results.
    """

    outputs: Outputs
    read: dict[str, Any]
    max_chars: int = DEFAULT_MAX_CHARS
    strict: bool = False
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did.

    Attributes:
        tally: counts over the whole output, earlier runs included.
        rows: rows committed.
        resumed_at: rows that earlier runs had committed.
        complete: whether everything is done; False after an interruption.
        stopped_by: with `strict`, the row that ended the run.
    """

    tally: Tally
    rows: int
    resumed_at: int
    complete: bool
    stopped_by: BadRow | None = None


def run_batch(
    sources: Sequence[Source],
    engine: Engine,
    options: RunOptions,
    progress: Progress,
    stop: Callable[[], bool] = lambda: False,
) -> Summary:
    """Score everything that is not scored yet.

    Args:
        sources: the inputs.
        engine: who scores.
        options: how to run.
        progress: who is told.
        stop: asked before each chunk; True finishes the chunks in hand and returns.

    Raises:
        InputError: an input or an output cannot be used.
        InconsistencyError: workers die, or the model fails on every article.
        OSError: the disk is full or broken; everything committed is safe.
    """
    for source in sources:
        check(source)
    config = {**engine.settings(), **options.read, "chunk_rows": CHUNK_ROWS, "max_chars": options.max_chars}
    fresh = State.fresh(config, [source.fingerprint() for source in sources])
    with Journal.open(options.outputs, fresh, overwrite=options.overwrite) as journal:
        state, resumed_at, stopped_by = journal.state, journal.state.rows, None
        try:
            if state.state == "scoring":
                with progress:
                    stopped_by = _score(journal, sources, engine, options, progress, stop)
            else:  # its rows must say whether the input is still the one that was scored
                rows = read_rows(sources, options.max_chars)
                check_same(rows, sources, done=resumed_at, digest=state.digest)
        except ChangedInputError as error:
            anew = journal.how_to_begin_anew()
            raise InputError(f"{error}. Restore it, choose another --output, or {anew}") from error
        except ModelError as error:  # it was loaded and failed at work, so the command was right
            raise InconsistencyError(str(error)) from error
        complete = not (stopped_by or stop())
        if complete:
            journal.finish()
        return Summary(state.tally, state.rows, resumed_at, complete, stopped_by)


def _score(
    journal: Journal,
    sources: Sequence[Source],
    engine: Engine,
    options: RunOptions,
    progress: Progress,
    stop: Callable[[], bool],
) -> BadRow | None:
    """Score and commit chunk after chunk; gives the row that ended a strict run."""
    state = journal.state
    sizes = [source.total_bytes for source in sources]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    progress.start(done_rows=state.rows, total_bytes=total, tally=state.tally)
    rows = read_rows(sources, options.max_chars)
    chunks = cut_chunks(rows, sources, CHUNK_ROWS, done=state.rows, digest=state.digest)
    for chunk, scored in engine.map(_until(chunks, stop)):
        bad = sorted((*chunk.bad, *scored.failed), key=lambda row: row.number)
        if bad and options.strict:
            return bad[0]
        _commit(journal, chunk, scored, bad)
        progress.advance(rows=state.rows, position=chunk.position, tally=state.tally)
    return None


def _until(chunks: Iterator[Chunk], stop: Callable[[], bool]) -> Iterator[Chunk]:
    while not stop() and (chunk := next(chunks, None)) is not None:
        yield chunk


def _commit(journal: Journal, chunk: Chunk, scored: Scored, bad: Sequence[BadRow]) -> None:
    scored.tally.failed = len(bad)
    errors = b"".join(error_line(row) for row in bad)
    journal.commit(
        {"output": scored.output, "pairs": scored.pairs, "errors": errors},
        rows=chunk.end,
        digest=chunk.digest,
        tally=scored.tally,
    )
