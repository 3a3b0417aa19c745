"""Where results go, and reports -> the JSON lines that a run appends there.

JSON lines, because a file of lines can be cut back to the last committed byte; Parquet has its index at the end
and cannot. `tables` makes the files that were asked for from the lines once all are there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from inconsistency.batch.input.files import import_pyarrow
from inconsistency.batch.input.rows import BadRow, Row
from inconsistency.errors import InputError
from inconsistency.render._view import view
from inconsistency.render.html import to_html
from inconsistency.render.index import IndexEntry, row_of
from inconsistency.report import Report

OUTPUT_SUFFIXES = (".jsonl", ".parquet", ".csv")
PAIRS_SUFFIXES = (".jsonl", ".parquet", ".csv")
# Column of the pairs table -> where its value stands in the JSON form of a pair.
_SENTENCE = ("index", "number", "start", "end", "part", "text")
PAIR_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "probability": ("probability",),
    "kind": ("kind",),
    "explanation": ("evidence", "explanation"),
    "caveat": ("caveat",),
    **{f"{side}_{name}": (side, name) for side in ("first", "second") for name in _SENTENCE},
    "forward": ("forward", "contradiction"),
    "backward": ("backward", "contradiction"),
}
ROW = {"row": int, "id": str}
_PAGES = "articles"  # folder of the reports beside the index


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
    pairs: Path | None = None  # one row a contradiction, if asked for
    html: Path | None = None  # folder of an index page and a report for each article, if asked for

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
        """Pages that a run has left there."""
        return [p for p in self.pages.glob("*.html") if p.stem.isdecimal()] if self.pages else []


def _check_suffix(path: Path, accepted: tuple[str, ...], option: str) -> None:
    if path.suffix not in accepted:
        raise InputError(f"{option} {path}: the name must end in {' or '.join(accepted)}")
    if path.suffix == ".parquet":
        import_pyarrow("Parquet")


def report_line(row: Row, report: Report) -> bytes:
    """One article's line of the output: the JSON form of its report without the text."""
    return _line({"row": row.number, "id": row.id, **report.to_dict(text=False)})


def pair_lines(row: Row, report: Report) -> bytes:
    """One line of the flat pairs table for each contradiction."""
    return b"".join(_pair_lines(row, report))


def _pair_lines(row: Row, report: Report) -> Iterator[bytes]:
    for found in report.contradictions:
        pair = found.to_dict()
        flat = {name: value_at(pair, path) for name, path in PAIR_COLUMNS.items()}
        yield _line({"row": row.number, "id": row.id, **flat})


def value_at(pair: Any, path: tuple[str, ...]) -> Any:
    """What stands at a path of names in the JSON form of a pair; None where something on the way is null."""
    for name in path:
        pair = None if pair is None else pair[name]
    return pair


def index_line(row: Row, report: Report) -> bytes:
    """One article's line of what the index page shows."""
    entry = IndexEntry(view(report).title, report, f"{_PAGES}/{page_name(row.number)}", row.id)
    return _line(asdict(row_of(entry)))


LINES: Mapping[str, Callable[[Row, Report], bytes]] = {
    "output": report_line,
    "pairs": pair_lines,
    "index": index_line,
}
"""Table -> what an article adds to it."""


def page_name(row: int) -> str:
    """File of a row's report; sorted by name, they are in the order of the rows up to a million."""
    return f"{row:06}.html"


def report_page(report: Report) -> bytes:
    """An article's report as a page that leads back to the index."""
    return to_html(report, back=("../index.html", "All articles")).encode("utf-8")


def error_line(bad: BadRow) -> bytes:
    """One line of the errors file."""
    data = {"row": bad.number, "input": bad.source, "place": bad.place, "id": bad.id, "reason": bad.reason}
    # A file name may hold bytes that are no UTF-8; as \udcXX escapes the line stays valid JSON.
    return (json.dumps(data, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _line(data: dict[str, Any]) -> bytes:
    return (json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8")
