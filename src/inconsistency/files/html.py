"""HTML: trafilatura finds the article in a page."""

from __future__ import annotations

import codecs
import re
from typing import Any

from lxml import etree
from trafilatura import bare_extraction
from trafilatura.settings import Document, use_config

from inconsistency.errors import InputError
from inconsistency.files.paragraphs import Paragraphs
from inconsistency.files.plain import encoding_of
from inconsistency.furniture import fold
from inconsistency.sentences import Article

_DECLARED = re.compile(rb"<(?:meta\s[^>]*?charset|\?xml\s[^>]*?encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
# Pages that say Latin-1 or ASCII are read as Windows-1252 by every browser, and mean it.
_LATIN = {"iso8859-1", "ascii"}
# What pages are written in. Python has other codecs too: one only raises, one runs escapes, some are not for text.
# A page that can be searched for the word UTF-16 is not in it.
_CHARSETS = re.compile(r"utf-8|ascii|tis-620|(?:cp|iso8859-|koi8-|mac-|gb|big5|euc_|shift_jis|iso2022_)\w*")
_INLINE = {"hi", "ref", "span", "del", "lb", "cell", "graphic"}  # of trafilatura's own elements


def read(data: bytes, name: str) -> Article:
    """Find text and headline of the article in a page.

    Raises:
        InputError: there is no article in the page.
    """
    page = _decoded(data)
    options: dict[str, Any] = {"include_comments": False, "with_metadata": True}  # the latter have the headline
    try:
        found = bare_extraction(page, config=_config(), **options) if page else None
    except Exception as error:  # a page can be such that a parser fails anywhere
        raise InputError(f"{name} is a damaged page: {str(error) or type(error).__name__}") from error
    if not isinstance(found, Document) or not (paragraphs := _paragraphs(found.body)):
        raise InputError(f"{name}: no article was found; if scripts fill the page, save it from a browser")
    headline = " ".join((found.title or "").split()) or None
    if headline and len(paragraphs) > 1 and fold(paragraphs[0]) == fold(headline):
        del paragraphs[0]
    return Article("\n\n".join(paragraphs), headline)


def _config() -> Any:
    config = use_config()
    # Below these sizes trafilatura takes a page's text as it comes, which tears paragraphs at each link.
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", "1")
    config.set("DEFAULT", "MIN_OUTPUT_SIZE", "1")
    return config


def _decoded(data: bytes) -> str | bytes:
    """The page as text if it says its encoding, as bytes for trafilatura to guess if not."""
    if encoding := encoding_of(data, ""):
        return data.decode(encoding, "replace")
    if declared := _DECLARED.search(data[:4096]):
        try:
            encoding = codecs.lookup(declared[1].decode("ascii")).name
        except LookupError:
            return data
        if _CHARSETS.fullmatch(encoding):
            return data.decode("cp1252" if encoding in _LATIN else encoding, "replace")
    return data


def _paragraphs(body: Any) -> list[str]:
    """Paragraphs, headings, items and rows of a table, of the body that trafilatura made."""
    paragraphs = Paragraphs()
    if body is None:
        return []
    for event, node in etree.iterwalk(body, events=("start", "end")):
        if node.tag not in _INLINE:
            paragraphs.end()
        if event == "start":
            if node.tag == "cell":
                paragraphs.next_cell()
            paragraphs.add(node.text)
        else:
            if node.tag == "lb":
                paragraphs.break_line()
            if node is not body:
                paragraphs.add(node.tail)
    return paragraphs.finished()
