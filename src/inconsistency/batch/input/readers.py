"""One open input -> its records, whatever stands between the good ones.

JSONL goes through `json` line by line and CSV through `csv`, both from the standard library:
pyarrow's readers give up on a whole block when one row has invalid UTF-8, broken JSON or an
unclosed quote, and here a bad row must cost that row only. Parquet goes through pyarrow.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, count, islice
from typing import IO, TYPE_CHECKING, Any

from inconsistency.batch.input.rows import Columns, Record
from inconsistency.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

# A line or CSV field beyond this is read past, not read in: it bounds the memory of one record.
MAX_RECORD_CHARS = 16 * 1024 * 1024
PEEK, PARQUET_BATCH = 100, 64  # records looked at for names; rows read at once


def read_jsonl(stream: IO[str], columns: Columns, source: str) -> tuple[Columns, Iterator[Record]]:
    """Read JSON lines; one line is one record, blank lines are passed over."""
    records = _json_records(stream)
    first: list[Record] = []
    found: dict[str, None] = {}
    try:
        for record in islice(records, PEEK):
            first.append(record)
            found.update(dict.fromkeys(record.fields or ()))
    except Exception as error:  # a damaged file; raised again where the rows before the damage end
        records = _raising(error)
    # With nothing readable in sight there are no names to complain about; each row reports itself.
    text = columns.resolve(found, source).text if found else columns.text
    # Usual names of the others may change from line to line; `Columns.complete` looks for them in each.
    return replace(columns, text=text), chain(first, records)


def _raising(error: Exception) -> Iterator[Record]:
    yield from ()
    raise error


def _json_records(stream: IO[str]) -> Iterator[Record]:
    number = 0
    while line := stream.readline(MAX_RECORD_CHARS):
        number += 1
        place = f"line {number}"
        if len(line) == MAX_RECORD_CHARS and not line.endswith("\n"):
            _skip_line(stream)
            yield Record(place, None, f"line is longer than {MAX_RECORD_CHARS:,} characters")
        elif not line.isspace():
            yield _json_record(line, place)


def _skip_line(stream: IO[str]) -> None:
    while (rest := stream.readline(MAX_RECORD_CHARS)) and not rest.endswith("\n"):
        pass


def _json_record(line: str, place: str) -> Record:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Record(place, None, f"broken JSON: {error}")
    if not isinstance(value, dict):
        return Record(place, None, f"not a JSON object but {type(value).__name__}")
    return Record(place, value)


class _Lines:
    """Lines of a CSV file that can be given back, so that a broken record costs its first line."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._given_back: list[str] = []
        self.record: list[str] = []
        self.number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self._given_back:
            line = self._given_back.pop()
        elif not (line := self._stream.readline(MAX_RECORD_CHARS)):
            raise StopIteration
        self.record.append(line)
        self.number += 1
        return line

    def start_record(self) -> None:
        self.record = []

    def give_back_all_but_first(self) -> None:
        rest = self.record[1:]
        self._given_back.extend(reversed(rest))
        self.number -= len(rest)


def read_csv(
    stream: IO[str], columns: Columns, source: str, delimiter: str | None
) -> tuple[Columns, Iterator[Record]]:
    """Read a table with a header line; quoted line breaks are part of their field.

    The stream must be opened with `newline=""`. A delimiter of None looks at the header for a comma, semicolon or
    tab, and heeds a line "sep=;" before it, by which spreadsheets tell each other.
    """
    # The limit is global to the process and 128 KiB by default; it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_RECORD_CHARS))
    lines = _Lines(stream)
    head = next(lines, "")
    if told := re.fullmatch('"?sep=(.)"?', head.rstrip("\r\n")):
        delimiter, head = told[1], next(lines, "")
    separator = delimiter or _guess_delimiter(head, columns)
    try:
        header = next(csv.reader(chain([head], lines), delimiter=separator), [])
    except csv.Error as error:  # most likely an unclosed quote, by which the name of a column has no end
        raise InputError(f"{source}: the header line cannot be read: {error}") from error
    if not any(name.strip() for name in header):
        raise InputError(f"{source}: no header line with the names of the columns")
    return columns.resolve(header, source), _csv_records(lines, header, separator)


def _guess_delimiter(head: str, columns: Columns) -> str:
    """Take the delimiter that yields the columns looked for, and of several the one with most columns."""

    def fit(delimiter: str) -> tuple[bool, int]:
        names = next(csv.reader([head], delimiter=delimiter), [])
        try:
            columns.resolve(names, "")
        except InputError:
            return False, len(names)
        return True, len(names)

    return max(",;\t", key=fit)


def _csv_records(lines: _Lines, header: list[str], delimiter: str) -> Iterator[Record]:
    # Strict, so that a stray quote is an error here and now instead of swallowing later rows.
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.start_record()
        start = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines.give_back_all_but_first()
            yield Record(f"line {start}", None, f"broken CSV: {error}")
            continue
        place = f"line {start}" if lines.number == start else f"lines {start}-{lines.number}"
        if len(cells) == len(header):
            yield Record(place, dict(zip(header, cells, strict=True)))
        elif cells:
            yield Record(place, None, f"wrong number of fields: {len(cells)}, the header has {len(header)}")


def read_parquet(file: pq.ParquetFile, columns: Columns, source: str) -> tuple[Columns, Iterator[Record]]:
    """Read the columns needed, a few rows at a time."""
    resolved = columns.resolve(file.schema_arrow.names, source)
    return resolved, _parquet_records(file, resolved.names)


def _parquet_records(file: pq.ParquetFile, names: list[str]) -> Iterator[Record]:
    numbers = count(1)
    for batch in file.iter_batches(batch_size=PARQUET_BATCH, columns=names, use_threads=False):
        for index in range(batch.num_rows):
            yield _parquet_record(batch, index, f"row {next(numbers)}")


def _parquet_record(batch: pa.RecordBatch, index: int, place: str) -> Record:
    fields: dict[str, Any] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            fields[name] = column[index].as_py()
        except UnicodeDecodeError as error:
            return Record(place, None, f"{name!r} is not valid UTF-8: {error.reason}")
    return Record(place, fields)
