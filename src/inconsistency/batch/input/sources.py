"""INPUT arguments -> sources: what kind of input each is, its records, and all their rows."""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from inconsistency.batch.input import FORMATS, TABLES, files, readers
from inconsistency.batch.input.rows import BadRow, Columns, ReadOptions, Record, Row, Source, make_row
from inconsistency.errors import InputError, MissingExtraError
from inconsistency.files import LARGEST_DOCUMENT, article_from_bytes, require_reader
from inconsistency.files.kinds import kind_of_file
from inconsistency.files.plain import encoding_of, refuse_binary
from inconsistency.sentences import Article


class TableSource(Source):
    """A file with a row an article, or standard input (no path)."""

    def __init__(self, path: Path | None, kind: str, options: ReadOptions) -> None:
        super().__init__("-" if path is None else str(path), options)
        self.path, self.kind = path, kind
        self.total_bytes = None if path is None else path.stat().st_size

    def records(self) -> Iterator[Record]:
        """Every record; damage that ends the file early is itself the last record."""
        place = "the start"
        self.done_bytes = 0
        with ExitStack() as stack:
            try:
                for record in self._parquet(stack) if self.kind == "parquet" else self._text(stack):
                    place = record.place
                    yield record
            except (EOFError, zlib.error, OSError, ValueError) as error:
                if not _is_damage(error):
                    raise
                yield Record(f"after {place}", None, f"the rest is unreadable: {error}")

    def _parquet(self, stack: ExitStack) -> Iterator[Record]:
        parquet = files.open_parquet(cast(Path, self.path))
        stack.callback(parquet.close)
        self.columns, records = readers.read_parquet(parquet, self.options.columns, self.name)
        for number, record in enumerate(records, start=1):
            self.done_bytes = (self.total_bytes or 0) * number // parquet.metadata.num_rows
            yield record

    def _text(self, stack: ExitStack) -> Iterator[Record]:
        raw: BinaryIO = stack.enter_context(self.path.open("rb")) if self.path else sys.stdin.buffer
        newline = "\n" if self.kind == "jsonl" else ""
        stream = files.open_text(raw, self.name, self.options.encoding, newline)
        asked = self.options.columns
        if self.kind == "jsonl":
            self.columns, records = readers.read_jsonl(stream, asked, self.name)
        else:
            delimiter = "\t" if self.kind == "tsv" else None
            self.columns, records = readers.read_csv(stream, asked, self.name, delimiter)
        for record in records:
            if self.path:
                self.done_bytes = raw.tell()
            yield record


def _is_damage(error: Exception) -> bool:
    """Whether a file's content is at fault: pyarrow and gzip say so by an OSError without a number."""
    return not isinstance(error, InputError) and getattr(error, "errno", None) is None


class TextSource(Source):
    """A file with one article, or a folder of them."""

    alone = True  # whether there is no other input, so that ids need not name this one

    def __init__(self, path: Path, options: ReadOptions) -> None:
        super().__init__(str(path), options)
        self.path, self.columns = path, Columns("text", "id", "headline")

    def fingerprint(self) -> dict[str, Any]:
        """Name, number of files and their size."""
        sizes = [_size(path) for path, _ in self._files()]
        self.total_bytes = sum(sizes)
        return {**super().fingerprint(), "files": len(sizes)}

    def records(self) -> Iterator[Record]:
        """Every file."""
        self.done_bytes = 0
        for path, name in self._files():
            self.done_bytes += _size(path)
            yield self._record(path, name)

    def _files(self) -> Iterator[tuple[Path, str]]:
        if not self.path.is_dir():
            yield self.path, self.path.name
            return
        for path in files.texts_below(self.path, self.options.format):
            yield path, path.relative_to(self.path).as_posix()

    def check(self) -> None:
        """Besides, look whether all kinds of files can be read."""
        for kind in {self.options.format or files.kind_of(path) for path, _ in self._files()}:
            require_reader(kind or "txt")
        super().check()

    def _record(self, path: Path, name: str) -> Record:
        try:
            article = self._article(path, name)
        except InputError as error:
            return Record(name, None, str(error))
        of_several = f"{self.name}/{name}" if self.path.is_dir() else self.name
        row_id = printable(name if self.alone else of_several)
        return Record(name, {"text": article.text, "headline": article.headline, "id": row_id})

    def _article(self, path: Path, name: str) -> Article:
        if not (path.is_file() and os.access(path, os.R_OK)):
            raise InputError("the file cannot be read: a broken link, or no permission")
        kind = self.options.format or files.kind_of(path) or "txt"
        limit = LARGEST_DOCUMENT if kind in ("docx", "pdf") else readers.MAX_RECORD_CHARS
        try:
            with path.open("rb") as raw:
                data = bytes(files.unpacked(raw, name).read(limit + 1))
        except (EOFError, zlib.error, OSError) as error:
            if not _is_damage(error):
                raise
            raise InputError(f"the file is damaged: {error}") from error
        if len(data) > limit:
            raise InputError(f"the file has more than {limit:,} bytes")
        if (kind := kind_of_file(name, data, kind)) != "txt":
            return article_from_bytes(data, name, kind)
        encoding = encoding_of(data, self.options.encoding)
        refuse_binary(data, name, encoding)
        try:
            return Article(data.decode(encoding, "surrogateescape"))
        except UnicodeError as error:  # half a character of an encoding that has no escapes, as UTF-16
            raise InputError(f"the file is not valid {encoding}: {error}") from error


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


class DatasetSource(Source):
    """A data set saved in a folder, or "NAME" or "NAME:CONFIGURATION" of the hub; streamed."""

    def fingerprint(self) -> dict[str, Any]:
        """Name and split."""
        return {"name": self.name, "split": self.options.split}

    def records(self) -> Iterator[Record]:
        """Every row."""
        dataset = self._dataset
        if names := dataset.column_names:
            # The others are not even decoded: pictures and sounds take long, and a broken one would end the run.
            self.columns = self.options.columns.resolve(names, self.name)
            rows = iter(dataset.select_columns(self.columns.names))
        else:  # a stream that does not say beforehand
            rows = iter(dataset)
            first = list(islice(rows, 1))
            self.columns = self.options.columns.resolve(first[0] if first else (), self.name)
            rows = chain(first, rows)
        for number, row in enumerate(rows, start=1):
            yield Record(f"row {number}", row)

    @cached_property
    def _dataset(self) -> Any:
        try:
            import datasets
        except ImportError as error:
            raise MissingExtraError("datasets", "datasets", "A data set as input") from error
        return self._load_saved(datasets) if Path(self.name).is_dir() else self._load_hub(datasets)

    def _load_saved(self, datasets: Any) -> Any:
        try:
            dataset = datasets.load_from_disk(self.name)
        except FileNotFoundError as error:
            raise InputError(f"{self.name} is no data set saved by `save_to_disk`: {error}") from error
        if not isinstance(dataset, dict):
            return dataset
        if self.options.split not in dataset:
            found = ", ".join(dataset)
            raise InputError(f"{self.name}: no split {self.options.split!r}; splits found: {found} (--split)")
        return dataset[self.options.split]

    def _load_hub(self, datasets: Any) -> Any:
        name, _, configuration = self.name.partition(":")
        try:
            return datasets.load_dataset(name, configuration or None, split=self.options.split, streaming=True)
        # A data set with a loading script is refused by a RuntimeError.
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(f"cannot open the data set {self.name!r}: {error}") from error


def open_sources(inputs: Iterable[str], options: ReadOptions) -> list[Source]:
    """Find out what each input is: a path, "-" for standard input, or "dataset:NAME"."""
    names = list(inputs)
    if names.count("-") > 1:
        raise InputError("standard input (-) can be read only once")
    sources = [source for name in names for source in _sources(name, options)]
    texts = [source for source in sources if isinstance(source, TextSource)]
    for source in texts:
        source.alone = len(sources) == 1
    if len(texts) == len(sources) and (asked := options.columns.names):
        raise InputError(f"column {asked[0]!r} is asked for, but no input is a table: files of articles have none")
    return sources


def read_rows(sources: Sequence[Source]) -> Iterator[Row | BadRow]:
    """Every row of every input, numbered through."""
    number = 0
    for source in sources:
        name = printable(source.name)
        for index, record in enumerate(source.records(), start=1):
            number += 1
            # Not a bare number, which could be the id of another row.
            default_id = f"{name}:{index}" if len(sources) > 1 else f"row {index}"
            yield make_row(record, source.columns, number, source.name, default_id, source.options.max_chars)


def printable(name: str) -> str:
    """A file name as the output can hold it; it may have bytes that are no UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _sources(name: str, options: ReadOptions) -> list[Source]:
    if name.startswith("dataset:"):
        return [DatasetSource(name.removeprefix("dataset:"), options)]
    if name == "-":
        if options.format not in (None, "jsonl", "csv", "tsv"):
            raise InputError(f"standard input cannot be {options.format}: use jsonl, csv or tsv")
        return [TableSource(None, options.format or "jsonl", options)]
    path = Path(name)
    if (path / "state.json").is_file() or (path / "dataset_dict.json").is_file():
        return [DatasetSource(str(path), options)]
    if path.is_dir():
        return _folder(path, options)
    if not path.is_file():
        raise InputError(f"no such file or folder: {name}")
    if (kind := options.format or files.kind_of(path)) is None:
        raise InputError(
            f"{name}: what kind of file is this? Names may end in {', '.join(files.SUFFIXES)} "
            "(text formats also with .gz or .zst); otherwise use --format"
        )
    return [TableSource(path, kind, options) if kind in TABLES else TextSource(path, options)]


def _folder(path: Path, options: ReadOptions) -> list[Source]:
    """Take a folder as text files, or as the shards of one table."""
    wanted = options.format
    text = next(files.texts_below(path, wanted), None)
    shards = [p for p in files.tables_in(path, wanted) if p.resolve() not in options.leave_out]
    if text and shards:
        raise InputError(
            f"{path}: are the articles files of their own ({text.relative_to(path)}) or rows of tables "
            f"({shards[0].name})? The folder has both; say which with --format {files.kind_of(text)} or "
            f"--format {files.kind_of(shards[0])}"
        )
    if text:
        return [TextSource(path, options)]
    if not shards:
        kinds = f"{wanted} files" if wanted else f"{', '.join(FORMATS)} files"
        raise InputError(f"{path}: no {kinds} in it")
    return [TableSource(p, cast(str, files.kind_of(p)), options) for p in shards]
