"""Plain text."""

from __future__ import annotations

from inconsistency.errors import InputError
from inconsistency.sentences import Article

BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def read(data: bytes, name: str) -> Article:
    """Decode a text.

    Raises:
        InputError: the file is not UTF-8 text, nor UTF-16 with its byte order mark.
    """
    # Editors on Windows still write a byte order mark, in UTF-8 or UTF-16.
    encoding = encoding_of(data, "utf-8")
    refuse_binary(data, name, encoding)
    try:
        return Article(data.decode(encoding))
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise InputError(f"{name} is damaged UTF-16 text (byte {error.start})") from error
        raise InputError(
            f"{name} is not UTF-8 text (byte {error.start}); convert it, for instance with "
            "iconv -f WINDOWS-1252 -t UTF-8"
        ) from error


def refuse_binary(data: bytes, name: str, encoding: str) -> None:
    """Raise `InputError` for what no text holds near its start; UTF-32 looks so in any other encoding."""
    if "\0" in data[:4096].decode(encoding, "replace"):
        raise InputError(f"{name} is a binary file, not text; accepted are text, HTML, Word (.docx) and PDF")


def encoding_of(start: bytes, told: str) -> str:
    """The encoding that a byte order mark tells, or else the one that is told."""
    return next((encoding for bom, encoding in BOMS.items() if start.startswith(bom)), told)
