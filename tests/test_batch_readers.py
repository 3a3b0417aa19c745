"""Every input format gives its good rows, whatever stands between them."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from inconsistency.batch.input.rows import BadRow, Columns, ReadOptions, Row
from inconsistency.batch.input.sources import open_sources, read_rows
from inconsistency.errors import InputError


def rows(path: Path | str, max_chars: int = 1000, **options: object) -> list[Row | BadRow]:
    sources = open_sources([str(path)], ReadOptions(max_chars=max_chars, **options))  # type: ignore[arg-type]
    for source in sources:
        source.check()
    return list(read_rows(sources))


def texts(found: list[Row | BadRow]) -> list[str | None]:
    """The text of good rows, None for bad ones."""
    return [row.text if isinstance(row, Row) else None for row in found]


def reasons(found: list[Row | BadRow]) -> list[str]:
    return [row.reason for row in found if isinstance(row, BadRow)]


def test_jsonl_bad_lines(tmp_path: Path) -> None:
    """A bad line of JSONL costs that line only, and each reason says what is wrong."""
    path = tmp_path / "news.jsonl"
    lines = [
        b'{"text": "one", "id": 7}',
        b'{"text": "tw',
        b'{"text": "caf\xe9"}',
        b'["text"]',
        b'{"text": 3}',
        b'{"text": "  "}',
        b'{"text": null}',
        b'{"body": "x"}',
        b"",
        b'{"text": "' + b"x" * 2000 + b'"}',
        b'{"text": "\\ud800"}',
        b"[" * 100_000,
        b'{"text": "last"}',
    ]
    path.write_bytes(b"\n".join(lines))

    found = rows(path)

    assert texts(found) == ["one", *[None] * 10, "last"]
    assert [row.number for row in found] == list(range(1, 13))
    assert found[0].id == "7" and found[-1].id == "row 12" and found[-1].place == "line 13"
    assert [reason.split(":")[0].split(" at ")[0] for reason in reasons(found)] == [
        "broken JSON",
        "'text' is not valid Unicode",
        "not a JSON object but list",
        "'text' is not text but int",
        "the article is empty ('text')",
        "the article is empty ('text')",
        "no field 'text'; fields found",
        "'text' has 2,000 characters; the limit is 1,000 (--max-chars)",
        "'text' is not valid Unicode",
        "broken JSON",
    ]


def test_more_rows_than_are_looked_at_for_names(tmp_path: Path) -> None:
    """Looking ahead for the names of the fields loses no row."""
    path = tmp_path / "news.jsonl"
    path.write_text("".join(json.dumps({"text": f"t{i}"}) + "\n" for i in range(250)))

    assert texts(rows(path)) == [f"t{i}" for i in range(250)]


def test_overlong_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line beyond the record limit is passed over without being read into memory."""
    monkeypatch.setattr("inconsistency.batch.input.readers.MAX_RECORD_CHARS", 100)
    path = tmp_path / "news.jsonl"
    path.write_text('{"text": "a"}\n{"text": "' + "b" * 1000 + '"}\n{"text": "c"}\n')

    assert texts(rows(path)) == ["a", None, "c"]


def test_csv_from_a_spreadsheet(tmp_path: Path) -> None:
    """Byte order mark, semicolons, quoted line breaks and CRLF are read as spreadsheets write."""
    path = tmp_path / "news.csv"
    table = 'Id;Text;Title\r\n1;"First; line\r\nsecond ""line""";Head\r\n\r\n2;Plain;\r\n'
    path.write_bytes(b"\xef\xbb\xbf" + table.encode())

    found = rows(path)

    assert texts(found) == ['First; line\r\nsecond "line"', "Plain"]
    assert [row.headline for row in found if isinstance(row, Row)] == ["Head", None]
    assert found[0].place == "lines 2-3"


def test_csv_that_names_its_delimiter(tmp_path: Path) -> None:
    """A first line "sep=;", as spreadsheets understand it, is heeded and is no header."""
    path = tmp_path / "news.csv"
    path.write_bytes(b"sep=;\r\nid;text\r\n1;One, two, three\r\n")

    assert texts(rows(path)) == ["One, two, three"]


def test_csv_delimiter_is_the_one_that_yields_the_columns(tmp_path: Path) -> None:
    """Delimiters inside a header's names do not mislead."""
    path = tmp_path / "news.csv"
    path.write_text('"a;b;c;d",id,text\nx,1,one; more\n')
    assert texts(rows(path)) == ["one; more"]
    path.write_text('"Text, full, clean";id\n"one, more";1\n')
    assert texts(rows(path, columns=Columns(text="Text, full, clean"))) == ["one, more"]


def test_csv_columns_without_a_name(tmp_path: Path) -> None:
    """Empty columns, as spreadsheets append them, are no matter; a needed name that stands twice is."""
    path = tmp_path / "news.csv"
    path.write_text("id,text,,\n1,one,,\n")
    assert texts(rows(path)) == ["one"]
    path.write_text("text,id,text\none,1,two\n")
    with pytest.raises(InputError, match="two columns have the name 'text'"):
        rows(path)


def test_csv_header_in_another_encoding(tmp_path: Path) -> None:
    """A column that is not found for its encoding is explained by it."""
    path = tmp_path / "news.csv"
    path.write_bytes("Nr;Körper\n1;one\n".encode("cp1252"))

    with pytest.raises(InputError, match=r"no column 'Körper'.*--encoding cp1252"):
        rows(path, columns=Columns(text="Körper"))
    assert texts(rows(path, columns=Columns(text="Körper"), encoding="cp1252")) == ["one"]


def test_missing_id_is_not_taken_for_another_rows(tmp_path: Path) -> None:
    """Where a table has ids, a row without one does not get a bare number, which may be another's."""
    path = tmp_path / "news.csv"
    path.write_text("id,text\n2,one\n,two\n ,three\n")

    assert [row.id for row in rows(path)] == ["2", "row 2", "row 3"]


def test_missing_id_from_pandas(tmp_path: Path) -> None:
    """Not-a-number, pandas' missing value, is no id."""
    path = tmp_path / "news.jsonl"
    path.write_text('{"id": NaN, "text": "one"}\n')

    assert [row.id for row in rows(path)] == ["row 1"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"2,caf\xe9,h", "'text' is not valid Unicode"),
        (b"2,too,many,fields", "wrong number of fields: 4, the header has 3"),
        (b"2", "wrong number of fields: 1, the header has 3"),
        (b'2,"stray quote,h', "broken CSV"),
        (b'2,"closed" early,h', "broken CSV"),
        (b"2,,h", "the article is empty ('text')"),
        (b"2," + b"x" * 1001 + b",h", "'text' has 1,001 characters"),
    ],
)
def test_csv_bad_row(tmp_path: Path, bad: bytes, reason: str) -> None:
    """A bad row of a CSV file costs that row only, even an unclosed quote."""
    path = tmp_path / "news.csv"
    path.write_bytes(b"id,text,headline\n1,one,h\n" + bad + b"\n3,three,h\n4,four,h\n")

    found = rows(path)

    assert texts(found) == ["one", None, "three", "four"]
    assert reasons(found)[0].startswith(reason)


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
@pytest.mark.parametrize("kind", ["jsonl", "tsv"])
def test_compressed(tmp_path: Path, kind: str, suffix: str) -> None:
    """Compressed text files read like plain ones."""
    data = {"jsonl": b'{"text": "a\\tb"}\n{"text": "c"}\n', "tsv": b'text\n"a\tb"\nc\n'}[kind]
    path = tmp_path / f"news.{kind}{suffix}"
    if suffix == ".gz":
        data = gzip.compress(data)
    elif suffix == ".zst":
        data = pytest.importorskip("pyarrow").compress(data, codec="zstd", asbytes=True)
    path.write_bytes(data)

    assert texts(rows(path)) == ["a\tb", "c"]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_truncated_archive(tmp_path: Path, suffix: str) -> None:
    """What stands before the damage of a file is read, and the damage is reported."""
    data = "".join(json.dumps({"text": f"text {i * i}"}) + "\n" for i in range(20_000)).encode()
    path = tmp_path / f"news.jsonl{suffix}"
    if suffix == ".gz":
        packed = gzip.compress(data)
    else:
        packed = pytest.importorskip("pyarrow").compress(data, codec="zstd", asbytes=True)
    path.write_bytes(packed[: len(packed) // 2])

    found = rows(path)

    assert len(found) > 1000
    assert reasons(found)[-1].startswith("the rest is unreadable")


def test_utf16(tmp_path: Path) -> None:
    """A byte order mark of UTF-16, as of a spreadsheet's "Unicode text", is heeded."""
    path = tmp_path / "news.tsv"
    path.write_bytes("text\tid\nGrüße\t1\n".encode("utf-16"))

    assert texts(rows(path)) == ["Grüße"]


def test_encoding(tmp_path: Path) -> None:
    """Another encoding is read when it is named."""
    path = tmp_path / "news.csv"
    path.write_bytes("text\nGrüße\n".encode("cp1252"))

    assert texts(rows(path, encoding="cp1252")) == ["Grüße"]
    with pytest.raises(InputError, match="no such encoding: 'klingon'"):
        rows(path, encoding="klingon")


def test_parquet(tmp_path: Path) -> None:
    """Parquet rows with nulls and invalid UTF-8 cost themselves only."""
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    offsets = pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, 3, 7, 7, 11)))
    broken = pa.Array.from_buffers(
        pa.string(), 4, [pa.py_buffer(b"\x0b"), offsets, pa.py_buffer(b"onecaf\xe9four")]
    )
    path = tmp_path / "news.parquet"
    pq.write_table(pa.table({"text": broken, "id": [1, 2, 3, 4], "other": [0, 0, 0, 0]}), path)

    found = rows(path)

    assert texts(found) == ["one", None, None, "four"]
    assert [row.id for row in found] == ["1", None, "3", "4"]


def test_parquet_not_text(tmp_path: Path) -> None:
    """A Parquet column of numbers is not text, row by row."""
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    path = tmp_path / "news.parquet"
    pq.write_table(pa.table({"text": [1.5]}), path)

    assert reasons(rows(path)) == ["'text' is not text but float"]


def test_not_parquet(tmp_path: Path) -> None:
    """A file that only is called Parquet is refused as a whole."""
    pytest.importorskip("pyarrow")
    path = tmp_path / "news.parquet"
    path.write_bytes(b"no such thing")

    with pytest.raises(InputError, match="not a Parquet file"):
        rows(path)


def test_text_folder(tmp_path: Path) -> None:
    """A folder of text files is read in the order of their names, which are the ids."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2.txt").write_text("two")
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe" + "one".encode("utf-16-le"))
    (tmp_path / "b" / "1.txt").write_bytes(b"\xe9")
    (tmp_path / "notes.md").write_text("not an article")

    found = rows(tmp_path)

    assert [(row.id, isinstance(row, Row)) for row in found] == [
        ("a.txt", True),
        ("b/1.txt", False),
        ("b/2.txt", True),
    ]


@pytest.mark.parametrize("role", ["text", "id", "headline"])
def test_columns_of_text_files(tmp_path: Path, role: str) -> None:
    """A column that is named where no input has columns is refused; beside a table it is the table's."""
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "b.jsonl").write_text('{"text": "two", "body": "three"}\n')
    options = ReadOptions(columns=Columns(**{role: "body"}))

    for name in ("a.txt", "."):
        with pytest.raises(InputError, match="column 'body' is asked for, but no input is a table"):
            open_sources([str(tmp_path / name)], ReadOptions(options.columns, "txt"))
    both = open_sources([str(tmp_path / "a.txt"), str(tmp_path / "b.jsonl")], options)
    assert texts(list(read_rows(both))) == ["one", "three" if role == "text" else "two"]


def test_packed_text_files(tmp_path: Path) -> None:
    """Text files may be packed; a damaged one costs itself only."""
    zst = pytest.importorskip("pyarrow").compress(b"two", codec="zstd", asbytes=True)
    (tmp_path / "1.txt.gz").write_bytes(gzip.compress(b"one"))
    (tmp_path / "2.txt.zst").write_bytes(zst)
    (tmp_path / "3.txt.gz").write_bytes(gzip.compress(b"three" * 1000)[:20])
    (tmp_path / "4.txt.gz").write_bytes(b"no such thing")
    (tmp_path / "5.txt.zst").write_bytes(b"no such thing")
    (tmp_path / "6.txt").write_text("six")

    found = rows(tmp_path)

    assert texts(found) == ["one", "two", None, None, None, "six"]
    assert {reason.split(":")[0] for reason in reasons(found)} == {"the file is damaged"}
    assert texts(rows(tmp_path / "1.txt.gz")) == ["one"]


def test_text_folder_with_what_is_no_article(tmp_path: Path) -> None:
    """A broken link is a failed row; hidden files and folders, where programs keep copies, are passed over."""
    (tmp_path / ".checkpoints").mkdir()
    (tmp_path / ".checkpoints" / "a.txt").write_text("an old copy")
    (tmp_path / "._a.txt").write_bytes(b"\0\5\x16\7")
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "b.txt").symlink_to("nowhere.txt")
    sources = open_sources([str(tmp_path)], ReadOptions())

    found = rows(tmp_path)

    assert texts(found) == ["one", None]
    assert reasons(found) == ["the file cannot be read: a broken link, or no permission"]
    assert sources[0].fingerprint()["bytes"] == 3


def test_folder_of_shards(tmp_path: Path) -> None:
    """A folder of table files is read file by file; ids without a column name the file."""
    for name in ("b", "a"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"text": name}) + "\n")

    found = rows(tmp_path)

    assert texts(found) == ["a", "b"]
    assert found[0].id == f"{tmp_path / 'a.jsonl'}:1"


def test_saved_dataset(tmp_path: Path) -> None:
    """A folder saved by the `datasets` library is an input, with its split by name."""
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_dict({"title": ["h", None], "text": ["one", "two"]})
    datasets.DatasetDict({"test": data}).save_to_disk(tmp_path / "saved")

    found = rows(f"dataset:{tmp_path / 'saved'}", split="test")

    assert texts(found) == ["one", "two"]
    with pytest.raises(InputError, match="no split 'train'; splits found: test"):
        rows(tmp_path / "saved")


@pytest.mark.parametrize(("name", "asked"), [("owner/news", None), ("owner/news:small", "small")])
def test_configuration_of_a_dataset(monkeypatch: pytest.MonkeyPatch, name: str, asked: str | None) -> None:
    """A data set of the hub may have several configurations, of which one is named after a colon."""
    datasets = pytest.importorskip("datasets")
    stream = datasets.Dataset.from_dict({"text": ["one"]}).to_iterable_dataset()
    called: list[tuple[object, ...]] = []

    def load(*args: object, **options: object) -> Any:
        called.append(args)
        return stream

    monkeypatch.setattr(datasets, "load_dataset", load)

    assert texts(rows(f"dataset:{name}")) == ["one"]
    assert called == [("owner/news", asked)]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_wrong_column(tmp_path: Path, kind: str) -> None:
    """A missing column is an error that names the columns found."""
    path = tmp_path / f"news.{kind}"
    if kind == "csv":
        path.write_text("nr,body\n1,x\n")
    elif kind == "jsonl":
        path.write_text('{"nr": 1, "body": "x"}\n')
    else:
        pa = pytest.importorskip("pyarrow")
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"nr": [1], "body": ["x"]}), path)

    with pytest.raises(InputError, match=r"no column 'text'; columns found: 'nr', 'body'"):
        rows(path)
    assert texts(rows(path, columns=Columns(text="body"))) == ["x"]
    with pytest.raises(InputError, match="no column 'key'"):
        rows(path, columns=Columns(text="body", id="key"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.csv", "no such file"),
        ("news.odt", "what kind of file"),
        ("void", "no jsonl, csv"),
        ("dataset:void", "no data set saved by"),
    ],
)
def test_unusable_input(tmp_path: Path, name: str, message: str) -> None:
    """An input that is not there or of no known kind is refused by name."""
    (tmp_path / "news.odt").write_bytes(b"")
    (tmp_path / "void").mkdir()

    if name.startswith("dataset:"):
        pytest.importorskip("datasets")
        name = f"dataset:{tmp_path / name.removeprefix('dataset:')}"

    with pytest.raises(InputError, match=message):
        rows(name if name.startswith("dataset:") else tmp_path / name)


def test_folder_of_texts_and_tables(tmp_path: Path) -> None:
    """A folder with texts and tables is refused unless --format says which, and then only those are read."""
    (tmp_path / "a.jsonl").write_text('{"text": "row"}\n')
    (tmp_path / "b.csv").write_text("text\ncell\n")
    (tmp_path / "README.txt").write_text("about")

    with pytest.raises(InputError, match=r"README.txt.*a.jsonl.*--format txt or --format jsonl"):
        rows(tmp_path)
    assert [texts(rows(tmp_path, format=kind)) for kind in ("jsonl", "csv", "txt")] == [["row"], ["cell"], ["about"]]
    with pytest.raises(InputError, match="no tsv files"):
        rows(tmp_path, format="tsv")


def test_broken_link_among_tables(tmp_path: Path) -> None:
    """A table that is a broken link is refused, not passed over."""
    (tmp_path / "a.jsonl").write_text('{"text": "row"}\n')
    (tmp_path / "b.jsonl").symlink_to("nowhere.jsonl")

    with pytest.raises(InputError, match=r"b.jsonl is a broken link"):
        rows(tmp_path)


def test_linked_folders(tmp_path: Path) -> None:
    """Links to folders are followed, but not round in a circle."""
    (tmp_path / "far" / "deep").mkdir(parents=True)
    (tmp_path / "far" / "deep" / "1.txt").write_text("one")
    (tmp_path / "far" / "deep" / "up").symlink_to(tmp_path / "far")
    (tmp_path / "n").mkdir()
    (tmp_path / "n" / "2.txt").write_text("two")
    (tmp_path / "n" / "self.txt").symlink_to("self.txt")
    (tmp_path / "n" / "sub").symlink_to(tmp_path / "far")

    found = rows(tmp_path / "n")

    assert [row.place for row in found] == ["2.txt", "self.txt", "sub/deep/1.txt"]
    assert texts(found) == ["two", None, "one"]


def test_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder below that cannot be read is an error, not a loss."""
    (tmp_path / "shut").mkdir()
    (tmp_path / "a.txt").write_text("one")
    scandir = os.scandir

    def refuse(path: Any) -> Any:  # the tests may run as root, whom no mode keeps out
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)

    with pytest.raises(InputError, match=r"cannot read the folder .*shut: Permission denied"):
        rows(tmp_path)


def test_text_file_cut_inside_a_character(tmp_path: Path) -> None:
    """A text file that does not decode costs itself only, also in an encoding without escapes."""
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "b.txt").write_bytes("Hi there.\n".encode("utf-16")[:-1])
    (tmp_path / "c.txt").write_text("three")

    found = rows(tmp_path)

    assert texts(found) == ["one", None, "three"]
    assert reasons(found)[0].startswith("the file is not valid utf-16")


def test_unknown_encoding_of_a_text_file(tmp_path: Path) -> None:
    """An encoding that does not exist is a usage error for text files too."""
    path = tmp_path / "a.txt"
    path.write_text("one")

    with pytest.raises(InputError, match="no such encoding: 'klingon'"):
        rows(path, encoding="klingon")


def test_field_that_first_appears_late(tmp_path: Path) -> None:
    """An id or a headline counts also where the first of its kind stands far down the file.

    The rows before it are called as those after it are that have none, and never by another row's id.
    """
    path = tmp_path / "news.jsonl"
    late = {"text": "late", "id": "x1", "title": "Head"}
    numbered = [{"text": "two", "id": 2}, {"text": "after"}]
    path.write_text("".join(json.dumps(r) + "\n" for r in [*[{"text": "early"}] * 150, late, *numbered]))

    *early, last, two, after = rows(path)

    assert isinstance(last, Row) and (last.id, last.headline) == ("x1", "Head")
    assert [row.id for row in early] == [f"row {n}" for n in range(1, 151)]
    assert (two.id, after.id) == ("2", "row 153")


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_row_without_an_id(tmp_path: Path, kind: str) -> None:
    """A row without an id is "row N", of several inputs "NAME:N", whether or not others have ids."""
    tables = {
        "jsonl": ('{"text": "a"}\n{"text": "b"}\n', '{"text": "a", "id": 2}\n{"text": "b"}\n'),
        "csv": ("text\na\nb\n", "text,id\na,2\nb,\n"),
    }[kind]
    bare, mixed = (tmp_path / f"{name}.{kind}" for name in ("bare", "mixed"))
    bare.write_text(tables[0])
    mixed.write_text(tables[1])

    assert [row.id for row in rows(bare)] == ["row 1", "row 2"]
    assert [row.id for row in rows(mixed)] == ["2", "row 2"]
    assert [row.id for row in rows(tmp_path)] == [f"{bare}:1", f"{bare}:2", "2", f"{mixed}:2"]


def test_csv_header_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A header that an unclosed quote makes endless is a usage error."""
    limit = csv.field_size_limit()
    monkeypatch.setattr("inconsistency.batch.input.readers.MAX_RECORD_CHARS", 200_000)
    path = tmp_path / "news.csv"
    path.write_text('id,"text\n' + "1,one\n" * 200_000)

    try:
        csv.field_size_limit(1000)  # another test may have raised it to its full height
        with pytest.raises(InputError, match="the header line cannot be read: field larger than"):
            rows(path)
    finally:
        csv.field_size_limit(limit)


def test_parquet_ids_of_bytes(tmp_path: Path) -> None:
    """An id of bytes is text, as a text of bytes is; one that does not decode fails its row."""
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    path = tmp_path / "news.parquet"
    ids = pa.array([b"a1", b"caf\xe9", b""], pa.binary())
    pq.write_table(pa.table({"text": ["one", "two", "three"], "id": ids}), path)

    found = rows(path)

    assert [row.id for row in found] == ["a1", None, "row 3"]
    assert reasons(found)[0].startswith("'id' is not valid Unicode")


def test_parquet_column_that_is_there_twice(tmp_path: Path) -> None:
    """A needed name that stands twice is refused in Parquet as in CSV."""
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    path = tmp_path / "news.parquet"
    pq.write_table(pa.table([["one"], ["two"]], names=["text", "text"]), path)

    with pytest.raises(InputError, match="two columns have the name 'text'"):
        rows(path)


def test_default_id_of_an_odd_file_name(tmp_path: Path) -> None:
    """A file name that is no UTF-8 gives ids that the output can hold."""
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jsonl"))
    try:
        odd.write_text('{"text": "one"}\n')
    except OSError:
        pytest.skip("this file system has no such names")
    (tmp_path / "b.jsonl").write_text('{"text": "two"}\n')

    found = rows(tmp_path)

    assert [row.id for row in found] == [f"{tmp_path}/b.jsonl:1", f"{tmp_path}/caf\\udce9.jsonl:1"]


def test_odd_name_of_a_text_file(tmp_path: Path) -> None:
    """A text file whose name is no UTF-8 is read; its id is one that the output can hold."""
    folder = tmp_path / "n"
    folder.mkdir()
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text("one")
    except OSError:
        pytest.skip("this file system has no such names")
    (tmp_path / "b.txt").write_text("two")
    both = open_sources([str(folder), str(tmp_path / "b.txt")], ReadOptions())

    assert [(row.id, *texts([row])) for row in rows(folder)] == [("caf\\udce9.txt", "one")]
    assert [row.id for row in read_rows(both)] == [f"{folder}/caf\\udce9.txt", f"{tmp_path}/b.txt"]


def test_a_file_that_may_not_be_read_is_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything has begun, a file that cannot be opened is a mistake in the command, not bad luck."""
    path = tmp_path / "news.csv"
    path.write_text("text\nIt rained.\n", encoding="utf-8")
    (source,) = open_sources([str(path)], ReadOptions())

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refused)  # root may read everything, so the refusal is made
    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(InputError, match=r"cannot read .*news\.csv: Permission denied"):
        source.check()


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_archive_cut_near_its_start(tmp_path: Path, kind: str) -> None:
    """The rows before the damage are read also where it lies within the first lines of the file."""
    count = 60
    lines = {
        "jsonl": [json.dumps({"text": f"text {i * i}"}) + "\n" for i in range(count)],
        "csv": ["text\n", *(f"text {i * i}\n" for i in range(count))],
    }[kind]
    path = tmp_path / f"news.{kind}.gz"
    path.write_bytes(gzip.compress("".join(lines).encode())[:-8])  # all of the text, but not the checksum

    *found, last = rows(path)

    assert texts(found) == [f"text {i * i}" for i in range(count)]
    assert isinstance(last, BadRow) and last.reason.startswith("the rest is unreadable")


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_archive_cut_within_the_lines_looked_at_for_names(tmp_path: Path, suffix: str) -> None:
    """Damage within the first 100 lines costs hardly more than the line that it stands in."""
    chance = random.Random(1)
    words = [" ".join(f"{chance.getrandbits(64):x}" for _ in range(500)) for _ in range(50)]
    data = "".join(json.dumps({"text": text}) + "\n" for text in words).encode()
    if suffix == ".gz":
        packed = gzip.compress(data)
    else:
        packed = pytest.importorskip("pyarrow").compress(data, codec="zstd", asbytes=True)
    path = tmp_path / f"news.jsonl{suffix}"
    path.write_bytes(packed[: len(packed) // 2])

    *found, last = rows(path, max_chars=100_000)

    # zstd packs 128 KiB together, and half of that cannot be unpacked.
    assert texts(found) == words[: len(found)] and len(found) >= (24 if suffix == ".gz" else 15)
    assert isinstance(last, BadRow) and last.reason.startswith("the rest is unreadable")


def test_usual_names_that_change_from_line_to_line(tmp_path: Path) -> None:
    """In JSON lines each line's headline and id are found under any of the usual names, unless one is named."""
    path = tmp_path / "news.jsonl"
    items = [
        {"text": "one", "headline": "First", "id": 1},
        {"text": "two", "title": "Second", "ID": 2},
        {"text": "three", "Title": "Third", "headline": "Third it is", "Id": 3},
    ]
    path.write_text("".join(json.dumps(item) + "\n" for item in items))

    assert [(row.id, getattr(row, "headline", None)) for row in rows(path)] == [
        ("1", "First"),
        ("2", "Second"),
        ("3", "Third it is"),
    ]
    named = rows(path, columns=Columns(headline="title", id="id"))
    assert [(row.id, getattr(row, "headline", None)) for row in named] == [
        ("1", None),
        ("row 2", "Second"),
        ("row 3", None),
    ]


@pytest.mark.parametrize("stream", [False, True])
def test_dataset_with_a_broken_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    """Columns that are not needed are not decoded, so a broken picture costs no row."""
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({k: datasets.Value("string") for k in ("id", "text")} | {"photo": datasets.Image()})
    broken = {"bytes": b"no picture", "path": None}
    table = {"id": ["a", "b"], "text": ["one", "two"], "photo": [broken, broken]}
    data = datasets.Dataset.from_dict(table, features=features)
    name = str(tmp_path / "saved")
    if stream:
        name = "owner/news"
        monkeypatch.setattr(datasets, "load_dataset", lambda *_, **__: data.to_iterable_dataset())
    else:
        data.save_to_disk(name)

    found = rows(f"dataset:{name}")

    assert [(row.id, text) for row, text in zip(found, texts(found), strict=True)] == [("a", "one"), ("b", "two")]


def test_formats_are_tables_and_files_of_one_article() -> None:
    """What `--format` takes is what the readers of tables and of article files know."""
    from inconsistency.batch.input import FORMATS, TABLES
    from inconsistency.files import ARTICLES

    assert FORMATS == TABLES + ARTICLES
