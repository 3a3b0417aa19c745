"""Articles and files to search with: made of pieces that have meant trouble somewhere, and of any text at all."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

SENTENCES = (
    "Police said 14 people were hurt.",
    "Later it said that 41 people were hurt.",
    "The mill closed on Monday, 3 May 2024.",
    "The mill is open, Mr. Jones of the U.S. Dept. of State said.",
    '"Stop!" Mrs Lee shouted.',
    "He died at 9.30 p.m., aged 1,234.5 (about $4.5 million).",
    "She is alive, not dead, since 2024-05-03.",
    "By Jane Doe",
    "Photo: AP",
    "Share this article",
)
MARKS = (
    *("\n", "\n\n", "\r\n", "\r", "\t", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\u3000", "\xa0", " "),
    *("\0", "\x1b[31m", "\ufeff", "\u200b", "\u202e", "\u00ad", "e\u0301", "👩‍👩‍👧", "🎉", "\U0001fae8", "İ", "ﬁ", "ß", "١٤"),
    *("…", "...", "[...]", "。", "？", "”", "“", "«", "»", "'", '"', ")", "(", "1. ", "• ", "– ", ";", ":", "-", "%"),
    *("<script>alert(1)</script>", "</article></style>", "<img src=x onerror=alert(1)>", "&amp;", "&#0;", "]]>"),
    *("<!--", "{{ 7*7 }}", "{% raw %}", "**_`~", "[x](javascript:alert(1))", "| a | b |", "=1+1", "sep=;", '""', "KABOOM"),
)
PIECES = st.one_of(st.sampled_from(SENTENCES), st.sampled_from(MARKS), st.text(max_size=12))
# Strings of Python may hold halves of a character, which no file in UTF-8 can.
HALVES = st.sampled_from(("\ud800", "\udcff"))


def _joined(pieces: list[str], between: str, times: int) -> str:
    return between.join(pieces * times)


def _texts(pieces: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        _joined,
        st.lists(pieces, max_size=12),
        st.sampled_from(("", " ", "\n")),
        st.sampled_from((1, 1, 1, 1, 2, 20)),
    )


TEXTS = _texts(PIECES)
ANY_TEXTS = _texts(st.one_of(PIECES, PIECES, PIECES, HALVES))
PROSE = st.builds(
    lambda *parts: " ".join(parts), TEXTS, st.sampled_from(SENTENCES), st.sampled_from(SENTENCES), TEXTS
)
ARTICLES = st.tuples(TEXTS, st.none() | TEXTS)
ANY_ARTICLES = st.tuples(ANY_TEXTS, st.none() | ANY_TEXTS)

_VALUES = st.one_of(
    TEXTS, st.none(), st.integers(), st.floats(), st.booleans(), st.lists(st.integers(), max_size=2), HALVES
)
_NAMES = st.sampled_from(("text", "id", "headline", "title", "Text", "ID", "extra"))
_ENCODINGS = st.sampled_from(("utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-7", "shift_jis"))


_BYTES = (b'"', b"\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe")


@dataclass(frozen=True, slots=True)
class File:
    """An input of `inconsistency score`.

    Attributes:
        name: its file name, which says the format.
        data: its bytes.
        encoding: what `--encoding` is given.
        rows: how many rows it has, None where nobody can know, as when bytes were changed.
    """

    name: str
    data: bytes
    encoding: str = "utf-8"
    rows: int | None = None


@st.composite
def json_lines(draw: st.DrawFn) -> File:
    """Lines of which some are objects, some are anything."""
    objects = st.dictionaries(_NAMES, _VALUES, max_size=4).map(json.dumps)
    good = st.builds(lambda text, i: json.dumps({"text": text, "id": i}), PROSE, st.integers())
    line = st.one_of(good, good, objects, TEXTS, st.sampled_from(("", " ", "{", "[1]", "null", "{}", '{"text": "x",}')))
    lines = [text.replace("\n", " ") for text in draw(st.lists(line, max_size=12))]
    rows = sum(bool(text.strip()) for text in lines)
    encoding = draw(_ENCODINGS)
    end = draw(st.sampled_from(("\n", "\r\n")))
    text = end.join(lines)
    if text.startswith("\ufeff"):
        return File("news.jsonl", text.encode(encoding, "replace"), encoding)
    return File("news.jsonl", text.encode(encoding, "replace"), encoding, rows)


@st.composite
def csv_tables(draw: st.DrawFn) -> File:
    """A table as `csv` writes it, in any dialect that is read."""
    delimiter, suffix = draw(st.sampled_from(((",", "csv"), (";", "csv"), ("\t", "csv"), ("\t", "tsv"))))
    quoting = draw(st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))
    header = draw(st.permutations(("id", "text", "headline")))
    cell = st.one_of(PROSE, PROSE, TEXTS).map(lambda text: text.replace("\r", " ").replace("\0", " "))
    rows = draw(st.lists(st.tuples(cell, cell, cell), max_size=8))
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting)
    writer.writerow(header)
    writer.writerows(rows)
    return File(f"news.{suffix}", out.getvalue().encode("utf-8"), rows=len(rows))


@st.composite
def parquet_tables(draw: st.DrawFn) -> File:
    """A table with columns of text, of bytes or of numbers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    count = draw(st.integers(0, 6))
    column = st.sampled_from(((TEXTS, pa.string()), (st.binary(max_size=20), pa.binary()), (st.floats(), pa.float64())))
    columns: dict[str, Any] = {}
    for name in ("text", "id", "headline"):
        values, kind = (PROSE, pa.string()) if name == "text" and draw(st.integers(0, 3)) else draw(column)
        columns[name] = pa.array(draw(st.lists(st.none() | values, min_size=count, max_size=count)), kind)
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return File("news.parquet", sink.getvalue(), rows=count)


TEXT_FILES = st.one_of(
    st.builds(lambda text, code: File("news.txt", text.encode(code, "replace"), code, 1), PROSE, _ENCODINGS),
    st.builds(lambda data: File("news.txt", data, rows=1), st.binary(max_size=60)),
)


@st.composite
def broken(draw: st.DrawFn, file: File) -> File:
    """The file with some bytes changed, cut off or put in; perhaps packed before."""
    import pyarrow as pa

    name, data = file.name, file.data
    if not name.endswith(".parquet"):
        packed = draw(st.sampled_from(("", ".gz", ".zst")))
        name += packed
        if packed == ".gz":
            data = gzip.compress(data, mtime=0)
        elif packed == ".zst":
            data = pa.compress(data, codec="zstd", asbytes=True)
    made = bytearray(data)
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 1, 2, 3)))):
        at = draw(st.integers(0, len(made)))
        instead = draw(st.binary(max_size=4) | st.sampled_from(_BYTES))
        made[at : at + draw(st.sampled_from((0, 1, len(instead), 1 << 30)))] = instead
    rows = file.rows if bytes(made) == data or file.name.endswith(".txt") else None
    return File(name, bytes(made), file.encoding, rows)


FILES = st.one_of(json_lines(), csv_tables(), parquet_tables(), TEXT_FILES).flatmap(broken)
