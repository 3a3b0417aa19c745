"""INPUT arguments -> `Source` objects: what kind of input it is, and how to open it."""

from __future__ import annotations

import gzip
import hashlib
import os
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from inconsistency.batch import readers
from inconsistency.batch.folders import FORMATS, SUFFIXES, kind_of, tables_in, texts_below
from inconsistency.batch.hub import DatasetSource, is_saved_dataset
from inconsistency.batch.opening import BOMS, open_parquet, open_text, unpacked
from inconsistency.batch.rows import Columns, Record
from inconsistency.errors import InputError


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read inputs.

    Attributes:
        columns: which columns hold the text, id and headline.
        format: one of `FORMATS`, None goes by the file's name.
        encoding: of text files; a byte order mark wins over it.
        split: split of a `datasets` data set.
        dataset_config: configuration of a `datasets` data set.
        leave_out: files not to take from a folder, resolved: those that the run itself writes.
    """

    columns: Columns = field(default_factory=Columns)
    format: str | None = None
    encoding: str = "utf-8"
    split: str = "train"
    dataset_config: str | None = None
    leave_out: frozenset[Path] = frozenset()


class FileSource:
    """A file, a folder of text files, or standard input."""

    def __init__(self, path: Path | None, kind: str, options: ReadOptions) -> None:
        self.path, self.kind, self.options = path, kind, options
        self.name = "-" if path is None else str(path)
        self.alone = True
        self.columns = options.columns
        self.done_bytes = 0
        self.total_bytes: int | None = None

    def fingerprint(self) -> dict[str, Any]:
        """Size and SHA-256 of the content; standard input has neither beforehand."""
        if self.path is None:
            return {"name": self.name}
        digest, size = hashlib.sha256(), 0
        for path in texts_below(self.path) if self.path.is_dir() else [self.path]:
            if self.kind == "txt":
                digest.update(os.fsencode(path.relative_to(self.path)) + b"\0%d\0" % _size(path))
                if not _readable(path):
                    continue
            with path.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
                    size += len(block)
        self.total_bytes = size
        return {"name": self.name, "bytes": size, "sha256": digest.hexdigest()}

    def check(self) -> None:
        """Open a file and look for its columns, so that mistakes show before any work is done.

        Raises:
            InputError: the file cannot be opened or has not the columns.
        """
        if self.path is None:
            return
        try:
            next(self.records(), None)
        except OSError as error:
            # Later it may be the disk, and the same command can go on; now nothing has begun.
            raise InputError(f"cannot read {self.name}: {error.strerror}") from error

    def records(self) -> Iterator[Record]:
        """Every record; damage that ends the file early is itself the last record.

        Raises:
            InputError: the file cannot be opened or has not the columns.
            OSError: the disk or the network failed; the same command can be run again later.
        """
        place = "the start"
        self.done_bytes = 0
        with ExitStack() as stack:
            try:
                for record in self._open(stack):
                    place = record.place
                    yield record
            except (EOFError, zlib.error) as error:
                yield Record(f"after {place}", None, f"the rest is unreadable: {error}")
            except (OSError, ValueError) as error:
                # pyarrow and gzip report damaged content as an OSError without an error number.
                if isinstance(error, InputError) or getattr(error, "errno", None) is not None:
                    raise
                yield Record(f"after {place}", None, f"the rest is unreadable: {error}")

    def _open(self, stack: ExitStack) -> Iterator[Record]:
        columns = self.options.columns
        if self.kind == "txt":
            yield from self._text_files()
            return
        if self.kind == "parquet":
            parquet = open_parquet(cast(Path, self.path))
            stack.callback(parquet.close)
            self.columns, records = readers.read_parquet(parquet, columns, self.name)
            rows, size = max(1, parquet.metadata.num_rows), self.total_bytes or 0
            for number, record in enumerate(records, start=1):
                self.done_bytes = size * number // rows
                yield record
            return
        raw: BinaryIO = sys.stdin.buffer
        if self.path is not None:
            raw = stack.enter_context(self.path.open("rb"))
        stream = open_text(raw, self.name, self.options.encoding, self.kind)
        if self.kind == "jsonl":
            self.columns, records = readers.read_jsonl(stream, columns, self.name)
        else:
            delimiter = "\t" if self.kind == "tsv" else None
            self.columns, records = readers.read_csv(stream, columns, self.name, delimiter)
        for record in records:
            if self.total_bytes:
                self.done_bytes = raw.tell()
            yield record

    def _text_files(self) -> Iterator[Record]:
        root = cast(Path, self.path)
        self.columns = Columns("text", "id", None)
        for path in texts_below(root) if root.is_dir() else [root]:
            name = path.relative_to(root).as_posix() if root.is_dir() else path.name
            self.done_bytes += _size(path)
            if _readable(path):
                yield self._text_file(path, name)
            else:
                yield Record(name, None, "the file cannot be read: a broken link, or no permission")

    def _text_file(self, path: Path, name: str) -> Record:
        limit = readers.MAX_RECORD_CHARS
        try:
            with path.open("rb") as raw:
                data = bytes(unpacked(raw, name).read(limit + 1))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            return Record(name, None, f"the file is damaged: {error}")
        except OSError as error:
            if error.errno is not None:  # pyarrow's report of damage has no number
                raise
            return Record(name, None, f"the file is damaged: {error}")
        if len(data) > limit:
            return Record(name, None, f"the file has more than {limit:,} bytes")
        encoding = next((e for b, e in BOMS.items() if data.startswith(b)), self.options.encoding)
        try:
            text = data.decode(encoding, "surrogateescape")
        except LookupError as error:
            raise InputError(f"no such encoding: {encoding!r}") from error
        except UnicodeError as error:  # half a character of an encoding that has no escapes, as UTF-16
            return Record(name, None, f"the file is not valid {encoding}: {error}")
        return Record(name, {"text": text, "id": name if self.alone else self._id_among_others(name)})

    def _id_among_others(self, name: str) -> str:
        root = printable(self.name)
        return f"{root}/{name}" if cast(Path, self.path).is_dir() else root


Source = FileSource | DatasetSource


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
        if isinstance(source, FileSource):
            source.alone = len(sources) == 1
    return sources


def printable(name: str) -> str:
    """A file name as the output can hold it; it may have bytes that are no UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _sources(name: str, options: ReadOptions) -> list[Source]:
    if name.startswith("dataset:"):
        dataset = name.removeprefix("dataset:")
        return [DatasetSource(dataset, options.columns, options.split, options.dataset_config)]
    if name == "-":
        if options.format in ("parquet", "txt"):
            raise InputError(f"standard input cannot be {options.format}: use jsonl, csv or tsv")
        return [FileSource(None, options.format or "jsonl", options)]
    path = Path(name)
    if path.is_dir():
        return _folder(path, options)
    if not path.is_file():
        raise InputError(f"no such file or folder: {name}")
    kind = options.format or kind_of(path)
    if kind is None:
        known = ", ".join(SUFFIXES)
        raise InputError(
            f"{name}: what kind of file is this? Names may end in {known} "
            "(text formats also with .gz or .zst); otherwise use --format"
        )
    return [FileSource(path, kind, options)]


def _folder(path: Path, options: ReadOptions) -> list[Source]:
    """Take a folder as a saved data set, as text files, or as the shards of one table.

    Raises:
        InputError: it is none of these, or both of the last two.
    """
    if is_saved_dataset(path):
        return [DatasetSource(str(path), options.columns, options.split, None)]
    wanted = options.format
    text = next(texts_below(path), None) if wanted in (None, "txt") else None
    shards = [p for p in tables_in(path, wanted) if p.resolve() not in options.leave_out]
    if text and shards:
        raise InputError(
            f"{path}: are the articles text files ({text.relative_to(path)}) or rows of tables "
            f"({shards[0].name})? The folder has both; say which with --format txt or "
            f"--format {kind_of(shards[0])}"
        )
    if text:
        return [FileSource(path, "txt", options)]
    if not shards:
        kinds = f"{wanted} files" if wanted else f".txt files and no {', '.join(FORMATS[:-1])} files"
        raise InputError(f"{path}: no {kinds} in it")
    return [FileSource(p, cast(str, kind_of(p)), options) for p in shards]


def _readable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.R_OK)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
