"""Rows of all inputs -> chunks: the unit that is scored, committed and resumed.

Rows are hashed on the way, so that a resumed run knows those that it has scored: the input is read once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from inconsistency.batch.input.rows import BadRow, Row
from inconsistency.batch.input.sources import Source
from inconsistency.errors import InputError

# Bounds the memory of a chunk when its articles are long.
MAX_CHUNK_CHARS = 2_000_000


class ChangedInputError(InputError):
    """The rows of an earlier run are not those that the input has now."""

    def __init__(self, how: str) -> None:
        super().__init__(f"the input has changed: {how}")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows. Where chunks begin depends on the input alone, never on the workers.

    Attributes:
        rows: articles to score.
        bad: rows between them that are no articles.
        end: number of the last row.
        digest: of all rows from the first of the input to `end`.
        position: how many bytes of the inputs had been read.
    """

    rows: tuple[Row, ...]
    bad: tuple[BadRow, ...]
    end: int
    digest: str
    position: int


def cut_chunks(
    rows: Iterable[Row | BadRow], sources: Sequence[Source], size: int, *, done: int, digest: str
) -> Iterator[Chunk]:
    """Cut rows into chunks, after passing over those that an earlier run has committed.

    Args:
        rows: all rows, from the first.
        sources: where they come from, asked for their position only.
        size: rows in a chunk.
        done: how many rows to pass over.
        digest: what their digest was, checked.

    Raises:
        ChangedInputError: the rows passed over are not those of the earlier run.
    """
    hasher = hashlib.blake2b(digest_size=16)
    batch: list[Row | BadRow] = []
    chars, last = 0, 0
    for row in rows:
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


def check_same(rows: Iterable[Row | BadRow], sources: Sequence[Source], *, done: int, digest: str) -> None:
    """Read an input again to its end and see that it is the one that a finished run has scored.

    Args:
        rows: all rows, from the first.
        sources: where they come from.
        done: how many rows the run has scored.
        digest: of these rows.

    Raises:
        ChangedInputError: there are fewer rows, others or more.
    """
    if next(cut_chunks(rows, sources, 1, done=done, digest=digest), None) is not None:
        raise ChangedInputError(f"it has more than the {done:,} rows scored before")


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
