"""A source's record -> `Row`, or `BadRow` with the reason why it is not an article."""

from __future__ import annotations

import io
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inconsistency.batch.input import MAX_CHARS
from inconsistency.errors import EMPTY_ARTICLE, InputError

USUAL_NAMES = {"text": ("text",), "id": ("id",), "headline": ("headline", "title")}


@dataclass(frozen=True, slots=True)
class Row:
    """One article of the input."""

    number: int  # position over all inputs, from 1; blank lines do not count
    source: str  # the input as it was named by the caller
    place: str  # where in that input, for people: "line 7", "row 7" or a file name
    id: str  # the id column as text; where the row has none, "row 7", or "b.csv:7" if there are several inputs
    text: str  # the body; never blank
    headline: str | None = None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be scored, and the reason in one sentence; the id is None when it could not be read."""

    number: int
    source: str
    place: str
    reason: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What a reader found at one place: named fields, or the reason why there are none."""

    place: str
    fields: Mapping[str, Any] | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns that hold text, id and headline; None looks for `USUAL_NAMES`."""

    text: str | None = None
    id: str | None = None
    headline: str | None = None

    @property
    def names(self) -> list[str]:
        """The columns that are known, each once."""
        return [name for name in dict.fromkeys((self.text, self.id, self.headline)) if name]

    def resolve(self, found: Collection[str], source: str) -> Columns:
        """Choose among the columns that an input has.

        Others may share a name: spreadsheets like to append columns that have none.

        Raises:
            InputError: a column that was asked for, or any for the text, is not there, or one that is chosen is
                there twice.
        """
        chosen = {}
        for role in USUAL_NAMES:
            asked = getattr(self, role)
            chosen[role] = asked if asked in found else None
            if asked is None:
                chosen[role] = _usual(role, found)
            if chosen[role] is None and (asked is not None or role == "text"):
                raise InputError(f"{source}: no column {asked or role!r}; {_advice(found)}")
            if sum(name == chosen[role] for name in found) > 1:
                raise InputError(f"{source}: two columns have the name {chosen[role]!r}")
        return Columns(**chosen)

    def complete(self, found: Collection[str]) -> Columns:
        """Look among the fields of one record for an id and a headline not met so far."""
        if self.id is not None and self.headline is not None:
            return self
        return Columns(self.text, self.id or _usual("id", found), self.headline or _usual("headline", found))


def _usual(role: str, found: Collection[str]) -> str | None:
    by_lower_case = {name.strip().lower(): name for name in reversed(list(found))}
    return next((by_lower_case[name] for name in USUAL_NAMES[role] if name in by_lower_case), None)


def _advice(found: Collection[str]) -> str:
    advice = "Name yours with --text-column, --id-column, --headline-column."
    if any("\udc80" <= letter <= "\udcff" for name in found for letter in name):
        advice = "The names are not valid UTF-8: name the file's encoding, as in --encoding cp1252."
    return f"columns found: {', '.join(map(repr, found)) or 'none'}. {advice}"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read inputs."""

    columns: Columns = field(default_factory=Columns)
    format: str | None = None  # one of `FORMATS`, None goes by the file's name
    encoding: str = "utf-8"  # of text files; a byte order mark wins over it
    split: str = "train"  # of a data set
    max_chars: int = MAX_CHARS  # of a text or headline
    leave_out: frozenset[Path] = frozenset()  # of a folder, resolved: files that the run itself writes

    def __post_init__(self) -> None:
        """Refuse the name of an encoding that Python does not know."""
        try:
            io.TextIOWrapper(io.BytesIO(), self.encoding)
        except LookupError as error:
            raise InputError(f"no such encoding: {self.encoding!r}") from error


class Source:
    """One input, as it was named by the caller."""

    def __init__(self, name: str, options: ReadOptions) -> None:
        self.name, self.options = name, options
        self.columns = options.columns  # which hold what, known once the first record is read
        self.done_bytes = 0  # that have been read
        self.total_bytes: int | None = None  # that there are, None where nobody knows

    def fingerprint(self) -> dict[str, Any]:
        """What tells this input from another without reading it; its rows are compared by their digest."""
        return {"name": self.name, "bytes": self.total_bytes}

    def records(self) -> Iterator[Record]:
        """Every record.

        Raises:
            InputError: the input cannot be opened or has not the columns.
            OSError: the disk or the network failed; the same command can be run again later.
        """
        raise NotImplementedError

    def check(self) -> None:
        """Look at the first record, so that mistakes are an `InputError` before any work is done."""
        if self.name == "-":
            return  # what is read of it cannot be read again
        try:
            next(self.records(), None)
        except OSError as error:
            # Later it may be the disk, and the same command can go on; now nothing has begun.
            raise InputError(f"cannot read {self.name}: {error.strerror or error}") from error


def make_row(
    record: Record, columns: Columns, number: int, source: str, default_id: str, max_chars: int
) -> Row | BadRow:
    """Check a record and turn it into a row; `max_chars` is the most that a text or headline may have."""
    if record.fields is None:
        return BadRow(number, source, record.place, record.reason)
    # In JSON lines a field may first appear long after the lines by which the names were found.
    columns = columns.complete(record.fields)
    row_id = None
    try:
        row_id = _read_id(record.fields, columns.id, default_id)
        text = _read_text(record.fields, columns.text or "text", max_chars)
        headline = _as_text(record.fields, columns.headline, max_chars).strip() or None
    except InputError as error:
        return BadRow(number, source, record.place, str(error), row_id)
    return Row(number, source, record.place, row_id, text, headline)


def _read_id(fields: Mapping[str, Any], column: str | None, default: str) -> str:
    value = _value(fields, column)
    if value is None or not str(value).strip():
        return default
    if isinstance(value, (dict, list)):
        raise InputError(f"{column!r} is a {type(value).__name__}, not an id")
    return _as_unicode(str(value), column)


def _read_text(fields: Mapping[str, Any], column: str, max_chars: int) -> str:
    if column not in fields:
        raise InputError(f"no field {column!r}; fields found: {', '.join(map(repr, fields)) or 'none'}")
    text = _as_text(fields, column, max_chars)
    if not text or text.isspace():
        raise InputError(f"{EMPTY_ARTICLE} ({column!r})")
    return text


def _as_text(fields: Mapping[str, Any], column: str | None, max_chars: int) -> str:
    """The text in a column, "" where there is none."""
    value = _value(fields, column)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError(f"{column!r} is not text but {type(value).__name__}")
    if len(text := _as_unicode(value, column)) > max_chars:
        raise InputError(f"{column!r} has {len(text):,} characters; the limit is {max_chars:,} (--max-chars)")
    return text


def _value(fields: Mapping[str, Any], column: str | None) -> object:
    """What a record has in a column, None where it has nothing.

    Bytes come as text; those that do not decode become lone surrogates, which `_as_unicode` reports.
    """
    value = fields.get(column) if column else None
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return None if isinstance(value, float) and math.isnan(value) else value  # pandas' missing text


def _as_unicode(text: str, column: str | None) -> str:
    """Refuse what no UTF-8 file can hold: readers turn undecodable bytes into lone surrogates."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        hint = "(for a file in another encoding: --encoding)"
        raise InputError(f"{column!r} is not valid Unicode at character {error.start} {hint}") from error
    return text
