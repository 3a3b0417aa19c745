"""A record of the input -> `Row`, or `BadRow` with the reason why it is not an article."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from inconsistency.errors import EMPTY_ARTICLE, InputError

# Longer than any newspaper feature (about 30,000 words); the number of sentence pairs grows with
# the square of the length, so a whole book in one row would hold up everything behind it.
DEFAULT_MAX_CHARS = 200_000


@dataclass(frozen=True, slots=True)
class Row:
    """One article of the input.

    Attributes:
        number: position over all inputs, from 1; blank lines do not count.
        source: the input as it was named by the caller.
        place: where in that input, for people: "line 7", "row 7" or a file name.
        id: the id column as text; where the row has none, "row 7", or "b.csv:7" if there are several inputs.
        text: the body; never blank.
        headline: the headline, or None.
    """

    number: int
    source: str
    place: str
    id: str
    text: str
    headline: str | None = None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be scored; goes to the errors file.

    Attributes:
        number: as in `Row`.
        source: as in `Row`.
        place: as in `Row`.
        reason: what is wrong, in one sentence.
        id: the id column as text, None when it could not be read.
    """

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
    """Which columns hold what; None looks for the usual names.

    Attributes:
        text: column of the article's body; by default "text".
        id: column of its id; by default "id", else articles are called by their rows.
        headline: column of its headline; by default "headline" or "title", else none.
    """

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
        return Columns(
            text=self._pick(self.text, ("text",), found, source, "text"),
            id=self._pick(self.id, ("id",), found, source, None),
            headline=self._pick(self.headline, ("headline", "title"), found, source, None),
        )

    def complete(self, found: Collection[str]) -> Columns:
        """Look among the fields of one record for an id and a headline not met so far."""
        if self.id is not None and self.headline is not None:
            return self
        return Columns(
            text=self.text,
            id=self.id or self._pick(None, ("id",), found, "", None),
            headline=self.headline or self._pick(None, ("headline", "title"), found, "", None),
        )

    @staticmethod
    def _pick(
        asked: str | None,
        usual: tuple[str, ...],
        found: Collection[str],
        source: str,
        needed: str | None,
    ) -> str | None:
        if asked is not None and asked in found:
            return asked
        by_lower_case = {name.strip().lower(): name for name in reversed(list(found))}
        if asked is None:
            for name in usual:
                if name in by_lower_case:
                    return by_lower_case[name]
            if needed is None:
                return None
        listed = ", ".join(repr(name) for name in found) or "none"
        wanted = f"{asked!r}" if asked is not None else f"{needed!r}"
        advice = "Name yours with --text-column, --id-column, --headline-column."
        if any("\udc80" <= letter <= "\udcff" for name in found for letter in name):
            advice = "The names are not valid UTF-8: name the file's encoding, as in --encoding cp1252."
        raise InputError(f"{source}: no column {wanted}; columns found: {listed}. {advice}")


def make_row(
    record: Record, columns: Columns, *, number: int, source: str, default_id: str, max_chars: int
) -> Row | BadRow:
    """Check a record and turn it into a row.

    Args:
        record: what the reader found.
        columns: which of its fields hold what.
        number: of the row, over all inputs.
        source: the input as it was named.
        default_id: for a record without an id. It must not depend on what other rows have, which JSON lines do
            not tell beforehand.
        max_chars: longest text or headline, in characters.
    """
    if record.fields is None:
        return BadRow(number, source, record.place, record.reason)
    # In JSON lines a field may first appear long after the lines by which the names were found.
    columns = columns.complete(record.fields)
    try:
        row_id = _read_id(record.fields, columns.id, default_id)
    except InputError as error:
        return BadRow(number, source, record.place, str(error))
    try:
        text = _read_text(record.fields, columns.text or "text", max_chars)
        headline = _read_headline(record.fields, columns.headline, max_chars)
    except InputError as error:
        return BadRow(number, source, record.place, str(error), row_id)
    return Row(number, source, record.place, row_id, text, headline)


def _read_id(fields: Mapping[str, Any], column: str | None, default: str) -> str:
    value = fields.get(column) if column else None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    if value is None or (isinstance(value, float) and math.isnan(value)) or not str(value).strip():
        return default
    if isinstance(value, (dict, list)):
        raise InputError(f"{column!r} is a {type(value).__name__}, not an id")
    return _as_unicode(str(value), f"{column!r}")


def _read_text(fields: Mapping[str, Any], column: str, max_chars: int) -> str:
    if column not in fields:
        found = ", ".join(repr(name) for name in fields) or "none"
        raise InputError(f"no field {column!r}; fields found: {found}")
    text = _as_text(fields[column], column)
    if not text or text.isspace():
        raise InputError(f"{EMPTY_ARTICLE} ({column!r})")
    if len(text) > max_chars:
        raise InputError(
            f"{column!r} has {len(text):,} characters; the limit is {max_chars:,} (--max-chars)"
        )
    return text


def _read_headline(fields: Mapping[str, Any], column: str | None, max_chars: int) -> str | None:
    value = fields.get(column) if column else None
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if not (headline := _as_text(value, column or "headline").strip()):
        return None
    if len(headline) > max_chars:
        raise InputError(
            f"{column!r} has {len(headline):,} characters; the limit is {max_chars:,} (--max-chars)"
        )
    return headline


def _as_text(value: object, column: str) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):  # pandas' missing text
        raise InputError(f"{EMPTY_ARTICLE} ({column!r})")
    if isinstance(value, bytes):
        # Undecodable bytes become lone surrogates, which the next check reports.
        value = value.decode("utf-8", "surrogateescape")
    if not isinstance(value, str):
        raise InputError(f"{column!r} is not text but {type(value).__name__}")
    return _as_unicode(value, f"{column!r}")


def _as_unicode(text: str, what: str) -> str:
    """Refuse what no UTF-8 file can hold: readers turn undecodable bytes into lone surrogates."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"{what} is not valid Unicode at character {error.start} "
            "(for a file in another encoding: --encoding)"
        ) from error
    return text
