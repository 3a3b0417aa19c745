"""A file's name and content -> what kind of file it is."""

from __future__ import annotations

import re
from pathlib import PurePath

from inconsistency.errors import InputError

ARTICLES = ("txt", "html", "docx", "pdf")
"""The kinds of files that hold one article."""
SUFFIXES = {f".{kind}": kind for kind in ARTICLES} | {".htm": "html", ".xhtml": "html"}

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # what Word wrote until 2003, and wraps an encrypted document in today
_MARKUP = re.compile(
    # A comment ends at its first -->, and none is given back: else many could be cut in ways without number.
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*+-->\s*)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_HEAD = 4096  # bytes that are searched for the start of a page


def kind_of_file(name: str, data: bytes, told: str | None = None) -> str:
    """Which of `ARTICLES` a file is.

    PDF and Word files say what they are in their first bytes, whatever they are called. Otherwise a file is what
    was `told`, or what the name says. A name that says nothing leaves HTML, if the content begins like a page, or
    plain text.

    Raises:
        InputError: the file is a document that no reader here knows.
    """
    if data[:_HEAD].lstrip().startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return "docx"
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise InputError(f"{name} is encrypted: a password protects it; save a copy without one")
        raise InputError(f"{name} is a document of Word 97-2003 or another old Office program; save it as .docx")
    if data.startswith(b"{\\rtf"):
        raise InputError(f"{name} is an RTF document; save it as .docx or as plain text")
    if kind := told or SUFFIXES.get(PurePath(name).suffix.lower()):
        return kind
    return "html" if _MARKUP.match(data[:_HEAD]) else "txt"
