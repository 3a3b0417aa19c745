"""Where results go: reports -> the JSON lines that a run appends there -> the files that were asked for.

JSON lines, because a file of lines can be cut back to the last committed byte; Parquet has its index at the end
and cannot.
"""

from __future__ import annotations

import csv
import dataclasses
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from inconsistency.batch.input.files import import_pyarrow
from inconsistency.batch.input.rows import BadRow, Row
from inconsistency.errors import InputError
from inconsistency.render._view import view
from inconsistency.render.html import to_html
from inconsistency.render.index import IndexRow, Totals, index_html, row_of
from inconsistency.report import Contradiction, Report, json_types

SUFFIXES = (".jsonl", ".parquet", ".csv")
# Column of the pairs table -> where its value stands in the JSON form of a pair.
_SENTENCE = ("index", "number", "start", "end", "part", "text")
_PAIR: Mapping[str, tuple[str, ...]] = {
    "probability": ("probability",),
    "kind": ("kind",),
    "explanation": ("evidence", "explanation"),
    "caveat": ("caveat",),
    **{f"{side}_{name}": (side, name) for side in ("first", "second") for name in _SENTENCE},
    "forward": ("forward", "contradiction"),
    "backward": ("backward", "contradiction"),
}
# Columns of a CSV file of articles, which is for people: an article's own, and those of its best pair.
_ARTICLE = ("headline", "score", "flagged", "flags")
_BEST = (
    "probability", "kind", "first_number", "first_text", "second_number", "second_text", "explanation", "caveat",
)  # fmt: skip
# What a spreadsheet takes for the beginning of a formula, tabs and line breaks before it included.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_PAGES = "articles"  # folder of the reports beside the index
# Lines that are turned into columns together; one with many contradictions may have megabytes.
_BATCH_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Growing:
    """A file that a run appends to."""

    name: str  # "errors", "output", "pairs" or "index"
    part: Path  # where it grows
    final: Path  # what becomes of it


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where results go; refuses names that say no format."""

    output: Path  # one row an article
    pairs: Path | None  # one row a contradiction, if asked for
    html: Path | None  # folder of an index page and a report for each article, if asked for

    def __post_init__(self) -> None:
        for option, path in (("--output", self.output), ("--pairs", self.pairs)):
            if path and path.suffix not in SUFFIXES:
                raise InputError(f"{option} {path}: the name must end in {' or '.join(SUFFIXES)}")
            if path and path.suffix == ".parquet":
                import_pyarrow("Parquet")

    @property
    def errors(self) -> Path:
        """Rows that could not be scored."""
        return self.output.with_name(self.output.name + ".errors.jsonl")

    @property
    def manifest(self) -> Path:
        """State of the run."""
        return self.output.with_name(self.output.name + ".manifest.json")

    @property
    def tables(self) -> tuple[Growing, ...]:
        """The tables that are asked for."""
        index = self.html / "index.html" if self.html else None
        wanted = {"output": self.output, "pairs": self.pairs, "index": index}
        return tuple(Growing(n, p.with_name(p.name + ".part"), p) for n, p in wanted.items() if p)

    @property
    def growing(self) -> tuple[Growing, ...]:
        """All files that grow."""
        return (Growing("errors", self.errors, self.errors), *self.tables)

    @property
    def pages(self) -> Path | None:
        """Folder of the reports as pages, each called by the number of its row."""
        return self.html / _PAGES if self.html else None

    def old_pages(self) -> list[Path]:
        """Pages that a run has left there; a file that no run would call so is somebody's own."""
        found = self.pages.glob("*.html") if self.pages else ()
        return [p for p in found if p.stem.isdecimal() and p.name == page_name(int(p.stem))]

    def are_there(self, articles: int) -> bool:
        """Whether nobody has taken away what a finished run of so many articles has made."""
        pages = self.pages is None or len(self.old_pages()) >= articles
        return pages and all(table.final.exists() for table in self.tables)


def lines_of(table: str, row: Row, report: Report) -> bytes:
    """What an article adds to a table, see `Outputs.tables`."""
    return b"".join(
        (json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8")
        for data in _rows_of(table, row, report)
    )


def _rows_of(table: str, row: Row, report: Report) -> Iterator[dict[str, Any]]:
    own = {"row": row.number, "id": row.id}
    if table == "output":
        yield own | report.to_dict(text=False)
    elif table == "pairs":
        for found in report.contradictions:
            pair = found.to_dict()
            yield own | {name: _value_at(pair, path) for name, path in _PAIR.items()}
    else:
        yield asdict(row_of(report, view(report).title, row.id, f"{_PAGES}/{page_name(row.number)}"))


def _value_at(pair: Any, path: tuple[str, ...]) -> Any:
    """What stands at a path of names in the JSON form of a pair; None where something on the way is null."""
    for name in path:
        pair = None if pair is None else pair[name]
    return pair


def error_line(bad: BadRow) -> bytes:
    """One line of the errors file."""
    data = {"row": bad.number, "input": bad.source, "place": bad.place, "id": bad.id, "reason": bad.reason}
    # A file name may hold bytes that are no UTF-8; as \udcXX escapes the line stays valid JSON.
    return (json.dumps(data, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def page_name(row: int) -> str:
    """File of a row's report; sorted by name, they are in the order of the rows up to a million."""
    return f"{row:06}.html"


def report_page(report: Report) -> bytes:
    """An article's report as a page that leads back to the index."""
    return to_html(report, back=("../index.html", "All articles")).encode("utf-8")


def finish_table(table: Growing, failed: int) -> None:
    """Turn the lines of a table into its final file in one step; may be repeated after a crash.

    Args:
        table: the table.
        failed: rows of the input that are in no table.
    """
    if table.final.suffix == ".jsonl":
        table.part.replace(table.final)
        return
    made = table.final.with_name(table.final.name + ".tmp")
    if table.name == "index":
        _write_index(table.part, made, failed)
    elif table.final.suffix == ".csv":
        _write_csv(table, made)
    else:
        _write_parquet(table, made)
    with made.open("rb+") as stream:
        os.fsync(stream.fileno())
    made.replace(table.final)
    table.part.unlink()


def _write_index(part: Path, made: Path, failed: int) -> None:
    """Lay the index out; of an article, no more than its score is held."""
    totals = Totals(failed=failed)
    with part.open("rb") as lines, made.open("w", encoding="utf-8") as out:
        order: list[tuple[float, int]] = []
        start = 0
        for line in lines:
            row = IndexRow(**json.loads(line))
            totals.add(row)
            order.append((-row.score, start))
            start += len(line)

        def rows() -> Iterator[IndexRow]:
            for _, at in sorted(order):
                lines.seek(at)
                yield IndexRow(**json.loads(lines.readline()))

        out.writelines(index_html(rows(), totals))


def _write_csv(table: Growing, made: Path) -> None:
    articles = table.name == "output"
    columns = ("row", "id", *((*_ARTICLE, *_BEST) if articles else _PAIR))
    # The byte order mark makes spreadsheets read the file as UTF-8.
    with table.part.open("rb") as lines, made.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        for line in lines:
            data = json.loads(line)
            row = _with_best_pair(data) if articles else data
            writer.writerow([_cell(row[column]) for column in columns])


def _with_best_pair(row: dict[str, Any]) -> dict[str, Any]:
    """An article's row with its number of flags, and its most probable pair in columns of its own."""
    best = next(iter((*row["contradictions"], *row["ranked"])), None)
    flat = {column: _value_at(best, _PAIR[column]) for column in _BEST}
    return {**row, "flags": len(row["contradictions"]), **flat}


def _cell(value: object) -> object:
    """Keep a spreadsheet from running article text that begins like a formula."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value


def _write_parquet(table: Growing, made: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(table.name)
    with table.part.open("rb") as lines, pq.ParquetWriter(made, schema, compression="zstd") as writer:
        while batch := lines.readlines(_BATCH_BYTES):
            rows = [_with_json_text(json.loads(line)) for line in batch]
            writer.write_table(pa.Table.from_pylist(rows, schema))


def _schema(table: str) -> Any:
    """Columns of a table with their types: a first batch without finds says nothing of them."""
    import pyarrow as pa

    columns: dict[str, Any] = {"row": pa.int64(), "id": pa.string()}
    if table == "pairs":
        for column, path in _PAIR.items():
            columns[column] = _arrow(Contradiction)
            for name in path:
                columns[column] = columns[column].field(name).type
    else:
        columns["format"] = pa.int64()
        columns |= {f.name: f.type for f in _arrow(Report) if f.name not in ("text", "sentences")}
    return pa.schema(columns)


def _arrow(kind: Any) -> Any:
    """The type of a column for a Python type of the JSON form; any value may be null."""
    import pyarrow as pa

    if get_origin(kind) in (UnionType, Union):
        (kind,) = (choice for choice in get_args(kind) if choice is not NoneType)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return pa.struct([(name, _arrow(inner)) for name, inner in json_types(kind).items()])
    origin, inside = get_origin(kind), get_args(kind)
    if origin is tuple:
        return pa.list_(_arrow(inside[0]))
    if origin is Mapping:
        return pa.map_(pa.string(), pa.int64()) if inside[1] is int else pa.string()
    if origin is Literal:
        return pa.string()
    return {int: pa.int64(), float: pa.float64(), bool: pa.bool_(), str: pa.string()}[kind]


def _with_json_text(row: dict[str, Any]) -> dict[str, Any]:
    """A row with what is known of a second reader as JSON text: no column type holds just anything."""
    reader = row.get("verifier")
    return row if reader is None else {**row, "verifier": json.dumps(reader, ensure_ascii=False)}
