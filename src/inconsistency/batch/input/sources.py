"""INPUT arguments -> `Source` objects: what kind of input each is, and its records."""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from inconsistency.batch.input import files, readers
from inconsistency.batch.input.hub import DatasetSource
from inconsistency.batch.input.rows import BadRow, Columns, Record, Row, make_row
from inconsistency.errors import InputError


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read inputs.

    Attributes:
        columns: which columns hold the text, id and headline.
        format: one of `files.FORMATS`, None goes by the file's name.
        encoding: of text files; a byte order mark wins over it.
        split: split of a `datasets` data set.
        leave_out: files not to take from a folder, resolved: those that the run itself writes.
    """

    columns: Columns = field(default_factory=Columns)
    format: str | None = None
    encoding: str = "utf-8"
    split: str = "train"
    leave_out: frozenset[Path] = frozenset()


class Source(Protocol):
    """One input.

    Attributes:
        name: the input as it was named by the caller.
        columns: which columns hold what, known once the first record is read.
        done_bytes: how many bytes have been read.
        total_bytes: how many there are, None where nobody knows.
    """

    name: str
    columns: Columns
    done_bytes: int
    total_bytes: int | None

    def fingerprint(self) -> dict[str, Any]:
        """What tells this input from another without reading it; its rows are compared by their digest."""
        ...

    def records(self) -> Iterator[Record]:
        """Every record, from the first one.

        Raises:
            InputError: the input cannot be opened or has not the columns.
            OSError: the disk or the network failed; the same command can be run again later.
        """
        ...


def check(source: Source) -> None:
    """Look at an input's first record, so that mistakes show before any work is done.

    Raises:
        InputError: the input cannot be opened or has not the columns.
    """
    if source.name == "-":
        return  # what has been read of it cannot be read again
    try:
        next(source.records(), None)
    except OSError as error:
        # Later it may be the disk, and the same command can go on; now nothing has begun.
        raise InputError(f"cannot read {source.name}: {error.strerror or error}") from error


class TableSource:
    """A file with a row an article, or standard input."""

    def __init__(self, path: Path | None, kind: str, options: ReadOptions) -> None:
        self.path, self.kind, self.options = path, kind, options
        self.name = "-" if path is None else str(path)
        self.columns = options.columns
        self.done_bytes = 0
        self.total_bytes = None if path is None else path.stat().st_size

    def fingerprint(self) -> dict[str, Any]:
        """Name and size."""
        return {"name": self.name, "bytes": self.total_bytes}

    def records(self) -> Iterator[Record]:
        """Every record; damage that ends the file early is itself the last record."""
        place = "the start"
        self.done_bytes = 0
        with ExitStack() as stack:
            try:
                for record in self._parquet(stack) if self.kind == "parquet" else self._text(stack):
                    place = record.place
                    yield record
            except InputError:
                raise
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
        raw: BinaryIO = sys.stdin.buffer
        if self.path is not None:
            raw = stack.enter_context(self.path.open("rb"))
        newline = "\n" if self.kind == "jsonl" else ""
        stream = files.open_text(raw, self.name, self.options.encoding, newline)
        if self.kind == "jsonl":
            self.columns, records = readers.read_jsonl(stream, self.options.columns, self.name)
        else:
            delimiter = "\t" if self.kind == "tsv" else None
            self.columns, records = readers.read_csv(stream, self.options.columns, self.name, delimiter)
        for record in records:
            if self.path is not None:
                self.done_bytes = raw.tell()
            yield record


def _is_damage(error: Exception) -> bool:
    """Whether a file's content is at fault: pyarrow and gzip say so by an OSError without a number."""
    return not isinstance(error, OSError) or error.errno is None


class TextSource:
    """A text file, or a folder of them: each is an article."""

    columns = Columns("text", "id", None)

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self.path, self.options, self.name = path, options, str(path)
        self.alone = True
        self.done_bytes = 0
        self.total_bytes: int | None = None

    def fingerprint(self) -> dict[str, Any]:
        """Name, number of files and their size."""
        sizes = [_size(path) for path, _ in self._files()]
        self.total_bytes = sum(sizes)
        return {"name": self.name, "files": len(sizes), "bytes": self.total_bytes}

    def records(self) -> Iterator[Record]:
        """Every file."""
        self.done_bytes = 0
        for path, name in self._files():
            self.done_bytes += _size(path)
            if path.is_file() and os.access(path, os.R_OK):
                yield self._record(path, name)
            else:
                yield Record(name, None, "the file cannot be read: a broken link, or no permission")

    def _files(self) -> Iterator[tuple[Path, str]]:
        if not self.path.is_dir():
            yield self.path, self.path.name
            return
        for path in files.texts_below(self.path):
            yield path, path.relative_to(self.path).as_posix()

    def _record(self, path: Path, name: str) -> Record:
        limit = readers.MAX_RECORD_CHARS
        try:
            with path.open("rb") as raw:
                data = bytes(files.unpacked(raw, name).read(limit + 1))
        except (EOFError, zlib.error, gzip.BadGzipFile, OSError) as error:
            if not _is_damage(error):
                raise
            return Record(name, None, f"the file is damaged: {error}")
        if len(data) > limit:
            return Record(name, None, f"the file has more than {limit:,} bytes")
        encoding = files.encoding_of(data, self.options.encoding)
        try:
            text = data.decode(encoding, "surrogateescape")
        except LookupError as error:
            raise InputError(f"no such encoding: {encoding!r}") from error
        except UnicodeError as error:  # half a character of an encoding that has no escapes, as UTF-16
            return Record(name, None, f"the file is not valid {encoding}: {error}")
        return Record(name, {"text": text, "id": name if self.alone else self._id_among_others(name)})

    def _id_among_others(self, name: str) -> str:
        root = printable(self.name)
        return f"{root}/{name}" if self.path.is_dir() else root


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def open_sources(inputs: Iterable[str], options: ReadOptions) -> list[Source]:
    """Find out what each input is.

    Args:
        inputs: paths, "-" for standard input, or "dataset:NAME" for a `datasets` data set.
        options: how to read them.

    Raises:
        InputError: an input does not exist or its kind is unknown.
    """
    names = list(inputs)
    if names.count("-") > 1:
        raise InputError("standard input (-) can be read only once")
    sources = [source for name in names for source in _sources(name, options)]
    for source in sources:
        if isinstance(source, TextSource):
            source.alone = len(sources) == 1
    return sources


def read_rows(sources: Sequence[Source], max_chars: int) -> Iterator[Row | BadRow]:
    """Every row of every input, numbered through."""
    number = 0
    for source in sources:
        name = printable(source.name)
        for index, record in enumerate(source.records(), start=1):
            number += 1
            # Not a bare number, which could be the id of another row.
            default_id = f"{name}:{index}" if len(sources) > 1 else f"row {index}"
            yield make_row(
                record,
                source.columns,
                number=number,
                source=source.name,
                default_id=default_id,
                max_chars=max_chars,
            )


def printable(name: str) -> str:
    """A file name as the output can hold it; it may have bytes that are no UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _sources(name: str, options: ReadOptions) -> list[Source]:
    if name.startswith("dataset:"):
        return [DatasetSource(name.removeprefix("dataset:"), options.columns, options.split)]
    if name == "-":
        if options.format in ("parquet", "txt"):
            raise InputError(f"standard input cannot be {options.format}: use jsonl, csv or tsv")
        return [TableSource(None, options.format or "jsonl", options)]
    path = Path(name)
    if path.is_dir():
        return _folder(path, options)
    if not path.is_file():
        raise InputError(f"no such file or folder: {name}")
    if (kind := options.format or files.kind_of(path)) is None:
        raise InputError(
            f"{name}: what kind of file is this? Names may end in {', '.join(files.SUFFIXES)} "
            "(text formats also with .gz or .zst); otherwise use --format"
        )
    return [TextSource(path, options) if kind == "txt" else TableSource(path, kind, options)]


def _folder(path: Path, options: ReadOptions) -> list[Source]:
    """Take a folder as a saved data set, as text files, or as the shards of one table.

    Raises:
        InputError: it is none of these, or both of the last two.
    """
    if (path / "state.json").is_file() or (path / "dataset_dict.json").is_file():
        return [DatasetSource(str(path), options.columns, options.split)]
    wanted = options.format
    text = next(files.texts_below(path), None) if wanted in (None, "txt") else None
    shards = [p for p in files.tables_in(path, wanted) if p.resolve() not in options.leave_out]
    if text and shards:
        raise InputError(
            f"{path}: are the articles text files ({text.relative_to(path)}) or rows of tables "
            f"({shards[0].name})? The folder has both; say which with --format txt or "
            f"--format {files.kind_of(shards[0])}"
        )
    if text:
        return [TextSource(path, options)]
    if not shards:
        kinds = f"{wanted} files" if wanted else f".txt files and no {', '.join(files.FORMATS[:-1])} files"
        raise InputError(f"{path}: no {kinds} in it")
    return [TableSource(p, cast(str, files.kind_of(p)), options) for p in shards]
