"""Bytes of a file -> text or a table: compression, encodings, Parquet."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import IO, Any, BinaryIO

from inconsistency.errors import InputError, MissingExtraError

PIECE = 1024
BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def open_text(raw: BinaryIO, name: str, encoding: str, kind: str) -> IO[str]:
    """Unpack and decode; bytes that do not decode become lone surrogates, found row by row.

    Raises:
        InputError: there is no such encoding.
        MissingExtraError: unpacking needs a package that is missing.
    """
    stream = unpacked(raw, name)
    buffered: Any = io.BufferedReader(_Pieces(stream)) if stream is not raw else stream
    start = buffered.peek(3)[:3]
    encoding = next((e for bom, e in BOMS.items() if start.startswith(bom)), encoding)
    newline = "" if kind in ("csv", "tsv") else "\n"
    try:
        return io.TextIOWrapper(buffered, encoding, "surrogateescape", newline=newline)
    except LookupError as error:
        raise InputError(f"no such encoding: {encoding!r}") from error


class _Pieces(io.RawIOBase):
    """An unpacked stream, read in small pieces: at damage, what the failing read had unpacked is lost."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read one piece."""
        data = self._stream.read1(min(len(buffer), PIECE))
        buffer[: len(data)] = data
        return len(data)


def unpacked(raw: BinaryIO, name: str) -> Any:
    """Stream of the content, unpacked as the name says; `raw` itself where it says nothing.

    Raises:
        MissingExtraError: unpacking needs a package that is missing.
    """
    if name.lower().endswith(".gz"):
        return gzip.GzipFile(fileobj=raw)
    if name.lower().endswith(".zst"):
        return _import_pyarrow(".zst files").input_stream(raw, compression="zstd")
    return raw


def open_parquet(path: Path) -> Any:
    """Open a Parquet file such that only a little of a row group is in memory.

    Raises:
        InputError: it is no Parquet file.
        MissingExtraError: pyarrow is missing.
    """
    _import_pyarrow("Parquet")
    import pyarrow.parquet as pq
    from pyarrow import ArrowInvalid

    try:
        # Without these two a row group is read whole, and some writers make one per file.
        return pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 16)
    except ArrowInvalid as error:
        raise InputError(f"{path}: not a Parquet file: {error}") from error


def _import_pyarrow(purpose: str) -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise MissingExtraError("pyarrow", "batch", purpose) from error
    return pyarrow
