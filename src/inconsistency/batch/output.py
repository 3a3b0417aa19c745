"""Reports -> JSON lines, and at the end JSON lines -> the files that were asked for.

A run appends JSON lines, because a file of lines can be cut back to the last committed byte;
Parquet has its index at the end and cannot. It is made from the lines once all are there.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inconsistency.batch.input.files import import_pyarrow
from inconsistency.batch.input.rows import BadRow, Row
from inconsistency.errors import InputError
from inconsistency.report import Contradiction, Report

OUTPUT_SUFFIXES = (".jsonl", ".parquet")
PAIRS_SUFFIXES = (".jsonl", ".parquet", ".csv")
# Lines that are turned into columns together; one with many contradictions may have megabytes.
_BATCH_LINES, _BATCH_BYTES = 1000, 16 * 1024 * 1024
# Probabilities are equal across batch sizes to about 1e-4; more digits would only look exact.
_DIGITS = 6

# The columns, spelled out for Parquet: a first batch without finds says nothing of their types.
_SENTENCE = {"index": int, "start": int, "end": int, "part": str, "text": str}
_CLASH = {"first_start": int, "first_end": int, "second_start": int, "second_end": int}
_CONTRADICTION = {
    "probability": float, "kind": str, "explanation": str, "caveat": str,
    "first": _SENTENCE, "second": _SENTENCE, "forward": float, "backward": float, "clashes": [_CLASH],
}  # fmt: skip
_COUNTS = {
    "sentences": int, "furniture": Mapping, "pairs": int, "left_out": Mapping,
    "screened_out": int, "scored": int, "truncated": int,
}  # fmt: skip
_ARTICLE = {
    "row": int, "id": str, "score": float, "flagged": bool, "contradictions": [_CONTRADICTION],
    "counts": _COUNTS, "threshold": float, "expected_false_flags": float, "model": str,
}  # fmt: skip


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
    """One article's line of the output."""
    expected, counts = report.expected_false_flags, {name: getattr(report.counts, name) for name in _COUNTS}
    return _line(
        {
            "row": row.number,
            "id": row.id,
            "score": round(report.score, _DIGITS),
            "flagged": report.flagged,
            "contradictions": [contradiction_dict(c) for c in report.contradictions],
            "counts": {k: dict(v) if isinstance(v, Mapping) else v for k, v in counts.items()},
            "threshold": report.threshold,
            "expected_false_flags": None if expected is None else round(expected, _DIGITS),
            "model": report.model,
        }
    )


def contradiction_dict(found: Contradiction) -> dict[str, Any]:
    """A contradiction as it stands in the output: flat but for its two sentences and clashes."""
    evidence = found.evidence
    return {
        "probability": round(found.probability, _DIGITS),
        "kind": found.kind,
        "explanation": evidence.explanation if evidence else None,
        "caveat": found.caveat,
        "first": {name: getattr(found.first, name) for name in _SENTENCE},
        "second": {name: getattr(found.second, name) for name in _SENTENCE},
        "forward": round(found.forward.contradiction, _DIGITS),
        "backward": round(found.backward.contradiction, _DIGITS),
        "clashes": [
            {name: getattr(clash, name) for name in _CLASH} for clash in (evidence.clashes if evidence else ())
        ],
    }


def pair_lines(row: Row, report: Report) -> Iterator[bytes]:
    """One line of the flat pairs table for each contradiction."""
    for contradiction in report.contradictions:
        yield _line({"row": row.number, "id": row.id, **_flat(contradiction_dict(contradiction))})


def _flat(contradiction: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the pairs table: those of the sentences beside the others, clashes left out."""
    flat: dict[str, Any] = {}
    for name, value in contradiction.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}_{key}": item for key, item in value.items()}
        elif name != "clashes":
            flat[name] = value
    return flat


_PAIR = {"row": int, "id": str, **_flat(_CONTRADICTION)}


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
        _write_parquet(table.part, made, _ARTICLE if table.name == "output" else _PAIR)
    with made.open("rb+") as stream:
        os.fsync(stream.fileno())
    made.replace(table.final)
    table.part.unlink()


def _write_csv(part: Path, made: Path) -> None:
    # The byte order mark makes spreadsheets read the file as UTF-8.
    with part.open("rb") as lines, made.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, tuple(_PAIR))
        writer.writeheader()
        for line in lines:
            writer.writerow({k: _cell(v) for k, v in json.loads(line).items()})


def _cell(value: object) -> object:
    """Keep a spreadsheet from running article text that begins like a formula."""
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value


def _write_parquet(part: Path, made: Path, columns: Mapping[str, Any]) -> None:
    pa = import_pyarrow("Parquet")
    import pyarrow.parquet as pq

    schema = pa.schema([(name, _arrow(kind)) for name, kind in columns.items()])
    with part.open("rb") as lines, pq.ParquetWriter(made, schema, compression="zstd") as writer:
        for batch in _batches(lines):
            writer.write_table(pa.Table.from_pylist(batch, schema))


def _arrow(kind: Any) -> Any:
    """The type of a column, from the nested description that stands above."""
    import pyarrow as pa

    if isinstance(kind, dict):
        return pa.struct([(name, _arrow(inner)) for name, inner in kind.items()])
    if isinstance(kind, list):
        return pa.list_(_arrow(kind[0]))
    counts = pa.map_(pa.string(), pa.int64())
    return {int: pa.int64(), float: pa.float64(), bool: pa.bool_(), str: pa.string(), Mapping: counts}[kind]


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
