"""Word files (.docx): mammoth reads the document, as it is with all tracked changes accepted."""

from __future__ import annotations

import zipfile
from html.parser import HTMLParser
from io import BytesIO

import mammoth

from inconsistency.errors import InputError
from inconsistency.files.paragraphs import Paragraphs
from inconsistency.sentences import Article

LARGEST_UNPACKED = 500_000_000  # bytes; a small archive can hold gigabytes of nothing
_STYLES = "p[style-name='Title'] => h1:fresh"
_BLOCKS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "table", "tr", "dl", "dt", "dd"}


def read(data: bytes, name: str) -> Article:
    """Read text and headline, a first paragraph in the style Title or Heading 1.

    Raises:
        InputError: the file is no Word file, or a damaged one.
    """
    _require_word(data, name)
    try:
        # Pictures would come as base64, and are not looked at.
        ignored = mammoth.images.img_element(lambda _: {"src": ""})
        html: str = mammoth.convert_to_html(BytesIO(data), style_map=_STYLES, convert_image=ignored).value
    except Exception as error:  # of zip, XML and of a document that is not as mammoth expects
        raise InputError(f"{name} is a damaged Word file: {_reason(error)}") from error
    parser = _Parser()
    parser.feed(html)
    parser.close()
    paragraphs = parser.paragraphs.finished()
    if html.startswith("<h1>") and len(paragraphs) > 1:
        return Article("\n\n".join(paragraphs[1:]), " ".join(paragraphs[0].split()))
    return Article("\n\n".join(paragraphs))


def _require_word(data: bytes, name: str) -> None:
    """Tell other archives, cut ones and those that unpack to very much from Word files."""
    if not data.startswith(b"PK"):
        raise InputError(f"{name} is not a Word file (.docx)")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile as error:
        raise InputError(f"{name} is a damaged Word file, perhaps cut short: {_reason(error)}") from error
    names = {part.filename for part in parts}
    if not any(part.startswith("word/") for part in names):
        if "META-INF/container.xml" in names:
            raise InputError(f"{name} is an EPUB book; save its text as .docx or as plain text")
        if "mimetype" in names:
            raise InputError(f"{name} is an OpenDocument file; save it as .docx")
        raise InputError(f"{name} is an archive without a Word document")
    if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise InputError(f"{name} unpacks to more than {LARGEST_UNPACKED:,} bytes, too long for one article")


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


class _Parser(HTMLParser):
    """The HTML that mammoth writes -> paragraphs, without the marks of footnotes and the links back to them."""

    def __init__(self) -> None:
        super().__init__()
        self.paragraphs = Paragraphs()
        self._in_mark = False
        self._begins_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("td", "th"):
            self.paragraphs.next_cell()
        elif tag == "br":
            self.paragraphs.break_line()
        elif tag == "a":
            self._in_mark = (dict(attrs).get("href") or "").startswith(("#footnote-", "#endnote-"))
        elif tag in _BLOCKS and not self._begins_cell:
            self.paragraphs.end()
        self._begins_cell = tag in ("td", "th")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._in_mark = False
        elif tag in ("tr", "table"):
            self.paragraphs.end()

    def handle_data(self, data: str) -> None:
        if not self._in_mark:
            self.paragraphs.add(data)
