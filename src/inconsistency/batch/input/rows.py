"""A record of the input -> `Row`, or `BadRow` with the reason why it is not an article."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

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

        Raises:
            InputError: a column that was asked for, or any for the text, is not there.
        """
        chosen = {}
        for role in USUAL_NAMES:
            asked = getattr(self, role)
            chosen[role] = asked if asked in found else None
            if asked is None:
                chosen[role] = _usual(role, found)
            if chosen[role] is None and (asked is not None or role == "text"):
                raise InputError(f"{source}: no column {asked or role!r}; {_advice(found)}")
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
        headline = _read_headline(record.fields, columns.headline, max_chars)
    except InputError as error:
        return BadRow(number, source, record.place, str(error), row_id)
    return Row(number, source, record.place, row_id, text, headline)


def _read_id(fields: Mapping[str, Any], column: str | None, default: str) -> str:
    value = _decoded(fields.get(column)) if column else None
    if _is_missing(value) or not str(value).strip():
        return default
    if isinstance(value, (dict, list)):
        raise InputError(f"{column!r} is a {type(value).__name__}, not an id")
    return _as_unicode(str(value), column)


def _read_text(fields: Mapping[str, Any], column: str, max_chars: int) -> str:
    if column not in fields:
        raise InputError(f"no field {column!r}; fields found: {', '.join(map(repr, fields)) or 'none'}")
    text = "" if _is_missing(fields[column]) else _as_text(fields[column], column, max_chars)
    if not text or text.isspace():
        raise InputError(f"{EMPTY_ARTICLE} ({column!r})")
    return text


def _read_headline(fields: Mapping[str, Any], column: str | None, max_chars: int) -> str | None:
    value = fields.get(column) if column else None
    return None if column is None or _is_missing(value) else _as_text(value, column, max_chars).strip() or None


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))  # pandas' missing text


def _as_text(value: object, column: str, max_chars: int) -> str:
    value = _decoded(value)
    if not isinstance(value, str):
        raise InputError(f"{column!r} is not text but {type(value).__name__}")
    if len(text := _as_unicode(value, column)) > max_chars:
        raise InputError(f"{column!r} has {len(text):,} characters; the limit is {max_chars:,} (--max-chars)")
    return text


def _decoded(value: object) -> object:
    """Bytes as text; those that do not decode become lone surrogates, which `_as_unicode` reports."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _as_unicode(text: str, column: str | None) -> str:
    """Refuse what no UTF-8 file can hold: readers turn undecodable bytes into lone surrogates."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        hint = "(for a file in another encoding: --encoding)"
        raise InputError(f"{column!r} is not valid Unicode at character {error.start} {hint}") from error
    return text
