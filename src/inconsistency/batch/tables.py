"""JSON lines of a run -> the files that were asked for."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from inconsistency.batch.input.files import import_pyarrow
from inconsistency.batch.output import PAIR_COLUMNS, ROW, Growing, value_at
from inconsistency.render.index import IndexRow, Totals, index_html
from inconsistency.report import Contradiction, Report, json_types

# Lines that are turned into columns together; one with many contradictions may have megabytes.
_BATCH_LINES, _BATCH_BYTES = 1000, 16 * 1024 * 1024
# Columns of a CSV file of articles, which is for people: an article's own, and those of its best pair.
_ARTICLE = ("headline", "score", "flagged", "flags")
_BEST = (
    "probability", "kind", "first_number", "first_text", "second_number", "second_text", "explanation", "caveat",
)  # fmt: skip
# What a spreadsheet takes for the beginning of a formula, tabs and line breaks before it included.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def finish(table: Growing, failed: int) -> None:
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
        _write_parquet(table.part, made, _article_types() if table.name == "output" else _pair_types())
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

        out.writelines(index_html(rows(), totals, "Articles by score"))


def _write_csv(table: Growing, made: Path) -> None:
    articles = table.name == "output"
    columns = (*ROW, *_ARTICLE, *_BEST) if articles else (*ROW, *PAIR_COLUMNS)
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
    flat = {column: value_at(best, PAIR_COLUMNS[column]) for column in _BEST}
    return {**row, "flags": len(row["contradictions"]), **flat}


def _cell(value: object) -> object:
    """Keep a spreadsheet from running article text that begins like a formula."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value


def _article_types() -> dict[str, Any]:
    """Columns of the output with their types: a first batch without finds says nothing of them."""
    types = ROW | {"format": int} | json_types(Report)
    return {name: kind for name, kind in types.items() if name not in ("text", "sentences")}


def _pair_types() -> dict[str, Any]:
    """Columns of the pairs table with their types."""
    types = dict(ROW)
    for column, path in PAIR_COLUMNS.items():
        kind: Any = Contradiction
        for name in path:
            kind = json_types(_without_none(kind))[name]
        types[column] = kind
    return types


def _write_parquet(part: Path, made: Path, columns: Mapping[str, Any]) -> None:
    pa = import_pyarrow("Parquet")
    import pyarrow.parquet as pq

    schema = pa.schema([(name, _arrow(kind)) for name, kind in columns.items()])
    with part.open("rb") as lines, pq.ParquetWriter(made, schema, compression="zstd") as writer:
        for batch in _batches(lines):
            writer.write_table(pa.Table.from_pylist([_with_json_text(row) for row in batch], schema))


def _with_json_text(row: dict[str, Any]) -> dict[str, Any]:
    """A row with what is known of a second reader as JSON text: no column type holds just anything."""
    reader = row.get("verifier")
    return row if reader is None else {**row, "verifier": json.dumps(reader, ensure_ascii=False)}


def _without_none(kind: Any) -> Any:
    """The type of values that are not null."""
    choices = [choice for choice in get_args(kind) if choice is not NoneType]
    return choices[0] if get_origin(kind) in (UnionType, Union) else kind


def _arrow(kind: Any) -> Any:
    """The type of a column for a Python type of the JSON form."""
    import pyarrow as pa

    kind = _without_none(kind)
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


def _batches(lines: Iterable[bytes]) -> Iterator[list[Any]]:
    """Parse lines, a limited number and size at a time."""
    batch: list[Any] = []
    size = 0
    for line in lines:
        batch.append(json.loads(line))
        size += len(line)
        if len(batch) >= _BATCH_LINES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
