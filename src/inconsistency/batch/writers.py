"""Reports -> JSON lines, and at the end JSON lines -> the format asked for.

A run appends JSON lines, because a file of lines can be cut back to the last committed byte;
Parquet has its index at the end and cannot. It is made from the lines once all are there.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inconsistency.batch import tables
from inconsistency.batch.rows import BadRow, Row
from inconsistency.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from inconsistency.report import Contradiction, Report
    from inconsistency.sentences import Sentence

OUTPUT_SUFFIXES = (".jsonl", ".parquet")
PAIRS_SUFFIXES = (".jsonl", ".parquet", ".csv")
# Lines that are turned into columns together; one with many contradictions may have megabytes.
_BATCH_LINES, _BATCH_BYTES = 1000, 16 * 1024 * 1024
# Probabilities are equal across batch sizes to about 1e-4; more digits would only look exact.
_DIGITS = 6


def report_line(row: Row, report: Report) -> str:
    """One article's line of the output."""
    expected = report.expected_false_flags
    return _line(
        {
            "row": row.number,
            "id": row.id,
            "score": round(report.score, _DIGITS),
            "flagged": report.flagged,
            "contradictions": [contradiction_dict(c) for c in report.contradictions],
            "counts": {
                "sentences": report.counts.sentences,
                "furniture": dict(report.counts.furniture),
                "pairs": report.counts.pairs,
                "left_out": dict(report.counts.left_out),
                "screened_out": report.counts.screened_out,
                "scored": report.counts.scored,
                "truncated": report.counts.truncated,
            },
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
        "first": _sentence(found.first),
        "second": _sentence(found.second),
        "forward": round(found.forward.contradiction, _DIGITS),
        "backward": round(found.backward.contradiction, _DIGITS),
        "clashes": [
            {
                "first_start": clash.first_start,
                "first_end": clash.first_end,
                "second_start": clash.second_start,
                "second_end": clash.second_end,
            }
            for clash in (evidence.clashes if evidence else ())
        ],
    }


def _sentence(sentence: Sentence) -> dict[str, Any]:
    return {name: getattr(sentence, name) for name in tables.SENTENCE_FIELDS}


def pair_lines(row: Row, report: Report) -> Iterator[str]:
    """One line of the flat pairs table for each contradiction."""
    for contradiction in report.contradictions:
        data = contradiction_dict(contradiction)
        del data["clashes"]
        flat: dict[str, Any] = {"row": row.number, "id": row.id}
        for name, value in data.items():
            if isinstance(value, dict):
                flat.update({f"{name}_{key}": item for key, item in value.items()})
            else:
                flat[name] = value
        yield _line(flat)


def error_line(bad: BadRow) -> bytes:
    """One line of the errors file."""
    data = {
        "row": bad.number,
        "input": bad.source,
        "place": bad.place,
        "id": bad.id,
        "reason": bad.reason,
    }
    # A file name may hold bytes that are no UTF-8; as \udcXX escapes the line stays valid JSON.
    return (json.dumps(data, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _line(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


def check_suffix(path: Path, accepted: tuple[str, ...], option: str) -> None:
    """Refuse an output whose name says no format.

    Raises:
        InputError: the suffix is not one of those accepted.
        MissingExtraError: it is Parquet and pyarrow is missing.
    """
    if path.suffix not in accepted:
        raise InputError(f"{option} {path}: the name must end in {' or '.join(accepted)}")
    if path.suffix == ".parquet":
        _pyarrow()


def finish(part: Path, target: Path, table: str) -> None:
    """Turn the lines in `part` into `target` in one step; may be repeated after a crash.

    Args:
        part: the complete JSON lines.
        target: its suffix says the format.
        table: "output" or "pairs", for the columns.
    """
    if target.suffix == ".jsonl":
        part.replace(target)
        return
    made = target.with_name(target.name + ".tmp")
    if target.suffix == ".csv":
        _write_csv(part, made)
    else:
        _write_parquet(part, made, table)
    with made.open("rb+") as stream:
        os.fsync(stream.fileno())
    made.replace(target)
    part.unlink()


def _write_csv(part: Path, made: Path) -> None:
    # The byte order mark makes spreadsheets read the file as UTF-8.
    with part.open("rb") as lines, made.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, tables.PAIR_FIELDS)
        writer.writeheader()
        for line in lines:
            writer.writerow({k: _cell(v) for k, v in json.loads(line).items()})


def _cell(value: object) -> object:
    """Keep a spreadsheet from running article text that begins like a formula."""
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value


def _write_parquet(part: Path, made: Path, table: str) -> None:
    pa = _pyarrow()
    import pyarrow.parquet as pq

    schema = tables.output_schema() if table == "output" else tables.pairs_schema()
    with part.open("rb") as lines, pq.ParquetWriter(made, schema, compression="zstd") as writer:
        for batch in _batches(lines):
            writer.write_table(pa.Table.from_pylist(batch, schema))


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


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise MissingExtraError("pyarrow", "batch", "Parquet") from error
    return pyarrow
