"""A file or its bytes -> `Article`, by the reader of its kind."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from inconsistency.errors import EMPTY_ARTICLE, InputError, MissingExtraError
from inconsistency.files.kinds import kind_of_file
from inconsistency.sentences import Article

LARGEST = 20_000_000
"""Bytes of a text or a page, and characters of an article; the largest novels have a quarter of that."""
LARGEST_DOCUMENT = 100_000_000
"""Bytes of a Word file or a PDF, most of which may be pictures."""

# Kind -> the package that it needs, its distribution, what for.
_NEEDS = {
    "html": ("trafilatura", "trafilatura", "HTML files"),
    "docx": ("mammoth", "mammoth", "Word files"),
    "pdf": ("pdfminer", "pdfminer.six", "PDF files"),
}
_READERS = {"txt": "plain", "html": "html", "docx": "word", "pdf": "pdf"}


def read_article_file(path: str | Path) -> Article:
    """Read the article that a file holds.

    Args:
        path: a text, HTML, Word (.docx) or PDF file.

    Returns:
        The text, its paragraphs with a blank line between (a plain text as it is), and the headline where the file
        tells it apart from the text.

    Raises:
        InputError: the file is missing, a folder, empty, too large, damaged, encrypted, or of a kind that cannot
            be read; the message has its name.
        MissingExtraError: the kind needs a package of the extra `files`.
    """
    try:
        if Path(path).is_dir():
            raise InputError(f"{path} is a folder; `inconsistency score` takes folders")
        with Path(path).open("rb") as file:
            data = file.read(LARGEST_DOCUMENT + 1)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    return article_from_bytes(data, str(path))


def article_from_bytes(data: bytes, name: str, kind: str | None = None) -> Article:
    """Read the article in the content of a file, such as one that was uploaded.

    Args:
        data: the content.
        name: what the file is called, for messages and, by its suffix, for its kind.
        kind: one of `ARTICLES`, where the name does not tell. A PDF or a Word file is one whatever is told.

    Raises:
        InputError: as for `read_article_file`.
        MissingExtraError: as for `read_article_file`.
    """
    kind = kind_of_file(name, data, kind)
    most = LARGEST_DOCUMENT if kind in ("docx", "pdf") else LARGEST
    if len(data) > most:
        raise InputError(f"{name} has more than {most:,} bytes, too long for one article")
    require_reader(kind)
    read: Callable[[bytes, str], Article] = import_module(f"inconsistency.files.{_READERS[kind]}").read
    article = read(data, name)
    if not article.text.strip():
        raise InputError(f"{name}: {EMPTY_ARTICLE}")
    if len(article.text) > LARGEST:
        raise InputError(f"{name} has more than {LARGEST:,} characters, too long for one article")
    return article


def require_reader(kind: str) -> None:
    """Raise `MissingExtraError` if files of a kind cannot be read; import nothing."""
    if kind in _NEEDS and find_spec(_NEEDS[kind][0]) is None:
        _, distribution, purpose = _NEEDS[kind]
        raise MissingExtraError(distribution, "files", purpose)
