"""Names of files -> what kind they are; their bytes -> text or a table."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO

from inconsistency import files as articles
from inconsistency.batch.input import TABLES
from inconsistency.errors import InputError, MissingExtraError
from inconsistency.files.plain import encoding_of

SUFFIXES = {f".{kind}": kind for kind in TABLES} | {".ndjson": "jsonl", ".tab": "tsv"} | articles.SUFFIXES
PACKED = (".gz", ".zst")
# An unpacked stream is read in small pieces: at damage, what the failing read had unpacked is lost.
PIECE = 1024


def kind_of(path: Path) -> str | None:
    """Which of `FORMATS` a file's name promises; text formats may be packed."""
    packed = path.suffix.lower() in PACKED
    kind = SUFFIXES.get(Path(path.stem if packed else path.name).suffix.lower())
    return None if packed and kind in ("parquet", "docx", "pdf") else kind


def tables_in(folder: Path, wanted: str | None) -> list[Path]:
    """Tables directly in a folder, of one format or all, in the order of their names; without hidden ones."""
    found = []
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        kind = kind_of(path)
        if path.name.startswith(".") or kind not in TABLES or wanted not in (None, kind) or path.is_dir():
            continue
        if not path.is_file():
            raise InputError(f"{path} is a broken link, or no file")
        found.append(path)
    return found


def texts_below(top: Path, wanted: str | None) -> Iterator[Path]:
    """Files below a folder that hold an article each, of one format or all, in an order that is always the same.

    Hidden files and folders are passed over: editors, notebooks and file systems keep copies there.
    """
    for name, folders, files in os.walk(top, followlinks=True, onerror=_refuse_folder):
        folder = Path(name)
        # A link to a folder above would lead round for ever, to articles that are read already.
        above = {os.path.realpath(path) for path in (folder, *folder.parents) if path.is_relative_to(top)}
        shown = sorted(below for below in folders if not below.startswith("."))
        folders[:] = [below for below in shown if os.path.realpath(folder / below) not in above]
        for file in sorted(files):
            kind = kind_of(Path(file))
            if not file.startswith(".") and kind in articles.ARTICLES and wanted in (None, kind):
                yield folder / file


def _refuse_folder(error: OSError) -> None:
    raise InputError(f"cannot read the folder {error.filename}: {error.strerror}") from error


def open_text(raw: BinaryIO, name: str, encoding: str, newline: str) -> IO[str]:
    """Unpack and decode; bytes that do not decode become lone surrogates, found row by row."""
    stream = unpacked(raw, name)
    buffered: Any = io.BufferedReader(_Pieces(stream)) if stream is not raw else stream
    found = encoding_of(buffered.peek(3)[:3], encoding)
    return io.TextIOWrapper(buffered, found, "surrogateescape", newline=newline)


class _Pieces(io.RawIOBase):
    """An unpacked stream, read in pieces of `PIECE` bytes."""  # the methods are those of `io`

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read1(min(len(buffer), PIECE))
        buffer[: len(data)] = data
        return len(data)


def unpacked(raw: BinaryIO, name: str) -> Any:
    """Stream of the content, unpacked as the name says; `raw` itself where it says nothing."""
    if name.lower().endswith(".gz"):
        return gzip.GzipFile(fileobj=raw)
    if name.lower().endswith(".zst"):
        return import_pyarrow(".zst files").input_stream(raw, compression="zstd")
    return raw


def open_parquet(path: Path) -> Any:
    """Open a Parquet file such that only a little of a row group is in memory."""
    import_pyarrow("Parquet")
    import pyarrow.parquet as pq
    from pyarrow import ArrowInvalid

    try:
        # Without these two a row group is read whole, and some writers make one per file.
        return pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 16)
    except ArrowInvalid as error:
        raise InputError(f"{path}: not a Parquet file: {error}") from error


def import_pyarrow(purpose: str) -> Any:
    """The package; `MissingExtraError` says what it is needed for, and what to type."""
    try:
        import pyarrow
    except ImportError as error:
        raise MissingExtraError("pyarrow", "batch", purpose) from error
    return pyarrow
