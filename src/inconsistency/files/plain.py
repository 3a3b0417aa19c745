"""Plain text."""

from __future__ import annotations

from inconsistency.errors import InputError
from inconsistency.sentences import Article

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read(data: bytes, name: str) -> Article:
    """Decode a text.

    Raises:
        InputError: the file is not UTF-8 text, nor UTF-16 with its byte order mark.
    """
    # Editors on Windows still write a byte order mark, in UTF-8 or UTF-16.
    utf16 = data.startswith(_UTF16)
    if b"\0" in data[:4096] and not utf16:
        raise InputError(f"{name} is a binary file, not text")
    try:
        return Article(data.decode("utf-16" if utf16 else "utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} is not UTF-8 text (byte {error.start}); convert it, for instance with "
            "iconv -f WINDOWS-1252 -t UTF-8"
        ) from error
