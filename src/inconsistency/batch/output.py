"""Reports -> JSON lines, and at the end JSON lines -> the files that were asked for.

A run appends JSON lines, because a file of lines can be cut back to the last committed byte;
Parquet has its index at the end and cannot. It is made from the lines once all are there.
"""

from __future__ import annotations

import csv
import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

from inconsistency.batch.input.files import import_pyarrow
from inconsistency.batch.input.rows import BadRow, Row
from inconsistency.errors import InputError
from inconsistency.report import Contradiction, Report, json_types

OUTPUT_SUFFIXES = (".jsonl", ".parquet")
PAIRS_SUFFIXES = (".jsonl", ".parquet", ".csv")
# Lines that are turned into columns together; one with many contradictions may have megabytes.
_BATCH_LINES, _BATCH_BYTES = 1000, 16 * 1024 * 1024
# Column of the pairs table -> where its value stands in the JSON form of a pair.
_SENTENCE = ("index", "number", "start", "end", "part", "text")
_PAIR_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "probability": ("probability",),
    "kind": ("kind",),
    "explanation": ("evidence", "explanation"),
    "caveat": ("caveat",),
    **{f"{side}_{name}": (side, name) for side in ("first", "second") for name in _SENTENCE},
    "forward": ("forward", "contradiction"),
    "backward": ("backward", "contradiction"),
}
_ROW = {"row": int, "id": str}


@dataclass(frozen=True, slots=True)
class Growing:
    """A file that a run appends to."""

    name: str  # "errors", "output" or "pairs"
    part: Path  # where it grows
    final: Path  # what becomes of it


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where results go; refuses names that say no format."""

    output: Path  # one row an article
    pairs: Path | None = None  # one row a contradiction, if asked for

    def __post_init__(self) -> None:
        _check_suffix(self.output, OUTPUT_SUFFIXES, "--output")
        if self.pairs:
            _check_suffix(self.pairs, PAIRS_SUFFIXES, "--pairs")

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
        wanted = {"output": self.output, "pairs": self.pairs}
        return tuple(Growing(n, p.with_name(p.name + ".part"), p) for n, p in wanted.items() if p)

    @property
    def growing(self) -> tuple[Growing, ...]:
        """All files that grow."""
        return (Growing("errors", self.errors, self.errors), *self.tables)


def _check_suffix(path: Path, accepted: tuple[str, ...], option: str) -> None:
    if path.suffix not in accepted:
        raise InputError(f"{option} {path}: the name must end in {' or '.join(accepted)}")
    if path.suffix == ".parquet":
        import_pyarrow("Parquet")


def report_line(row: Row, report: Report) -> bytes:
    """One article's line of the output: the JSON form of its report without the text."""
    return _line({"row": row.number, "id": row.id, **report.to_dict(text=False)})


def pair_lines(row: Row, report: Report) -> Iterator[bytes]:
    """One line of the flat pairs table for each contradiction."""
    for found in report.contradictions:
        pair = found.to_dict()
        flat = {name: _value_at(pair, path) for name, path in _PAIR_COLUMNS.items()}
        yield _line({"row": row.number, "id": row.id, **flat})


def _value_at(pair: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        pair = None if pair is None else pair[name]
    return pair


def error_line(bad: BadRow) -> bytes:
    """One line of the errors file."""
    data = {"row": bad.number, "input": bad.source, "place": bad.place, "id": bad.id, "reason": bad.reason}
    # A file name may hold bytes that are no UTF-8; as \udcXX escapes the line stays valid JSON.
    return (json.dumps(data, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _line(data: dict[str, Any]) -> bytes:
    return (json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8")


def finish(table: Growing) -> None:
    """Turn the lines of a table into its final file in one step; may be repeated after a crash."""
    if table.final.suffix == ".jsonl":
        table.part.replace(table.final)
        return
    made = table.final.with_name(table.final.name + ".tmp")
    if table.final.suffix == ".csv":
        _write_csv(table.part, made)
    else:
        _write_parquet(table.part, made, _article_types() if table.name == "output" else _pair_types())
    with made.open("rb+") as stream:
        os.fsync(stream.fileno())
    made.replace(table.final)
    table.part.unlink()


def _write_csv(part: Path, made: Path) -> None:
    # The byte order mark makes spreadsheets read the file as UTF-8.
    with part.open("rb") as lines, made.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, (*_ROW, *_PAIR_COLUMNS))
        writer.writeheader()
        for line in lines:
            writer.writerow({k: _cell(v) for k, v in json.loads(line).items()})


def _cell(value: object) -> object:
    """Keep a spreadsheet from running article text that begins like a formula."""
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value


def _article_types() -> dict[str, Any]:
    """Columns of the output with their types: a first batch without finds says nothing of them."""
    types = _ROW | {"format": int} | json_types(Report)
    return {name: kind for name, kind in types.items() if name not in ("text", "sentences")}


def _pair_types() -> dict[str, Any]:
    """Columns of the pairs table with their types."""
    types = dict(_ROW)
    for column, path in _PAIR_COLUMNS.items():
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
    return choices[0] if isinstance(kind, UnionType) else kind


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
