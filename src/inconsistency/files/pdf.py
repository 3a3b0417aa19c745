"""PDF: pdfminer finds lines of text on pages; `layout` makes paragraphs of them."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import get_ident

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LAParams, LTChar, LTContainer, LTImage, LTPage, LTTextLine
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdftypes import LITERALS_FLATE_DECODE, PDFStream, stream_value

from inconsistency.errors import InputError
from inconsistency.files.layout import Line, Page, paragraphs
from inconsistency.sentences import Article

LARGEST_CONTENT = 200_000_000  # bytes of a page when unpacked; a small file can hold gigabytes of nothing

_logger = logging.getLogger(__name__)
_UNKNOWN = "(cid:"  # what pdfminer writes for a sign of which the font does not tell the letter


def read(data: bytes, name: str) -> Article:
    """Read the text of a PDF; page numbers and lines that recur on top or at the foot of pages are left out.

    Raises:
        InputError: the file is no PDF, damaged, encrypted, or holds no text.
    """
    if b"%PDF-" not in data[:4096]:
        raise InputError(f"{name} is not a PDF file")
    if b"%%EOF" not in data[-2048:]:
        raise InputError(f"{name} is a damaged PDF: it breaks off before its end; fetch or save it again")
    pages = _pages(data, name)
    if not any(page.lines for page in pages):
        scanned = any(page.images for page in pages)
        what = "images only, such as scans," if scanned else "no text"
        raise InputError(f"{name} holds {what}; a program for text recognition (OCR) can add the text")
    for number, page in enumerate(pages, start=1):
        if page.images and not page.lines:
            _logger.warning("%s: page %d holds images only; text in them is not read", name, number)
    text = "\n\n".join(paragraphs(pages))
    if text.count(_UNKNOWN) * 10 > len(text.split()):
        raise InputError(f"{name}: its fonts do not tell which letters they show; print or export it to PDF anew")
    return Article(text)


def _pages(data: bytes, name: str) -> list[Page]:
    with _damage_heard() as damage:
        try:
            pages = [Page(layout.height, *_content(layout)) for layout in _layouts(data)]
        except PDFPasswordIncorrect as error:
            raise InputError(f"{name} is encrypted: a password protects it; save a copy without one") from error
        except PDFEncryptionError as error:
            raise InputError(f"{name} is encrypted in a way that cannot be read: {error}") from error
        except Exception as error:  # a damaged file can make pdfminer fail anywhere
            raise InputError(f"{name} is a damaged PDF: {str(error) or type(error).__name__}") from error
    if damage:
        raise InputError(f"{name} is a damaged PDF: {damage[0]}")
    return pages


def _layouts(data: bytes) -> Iterator[LTPage]:
    resources = PDFResourceManager()
    device = PDFPageAggregator(resources, laparams=LAParams(all_texts=True))
    interpreter = PDFPageInterpreter(resources, device)
    for page in PDFPage.get_pages(BytesIO(data)):
        for reference in page.contents:
            _require_whole(stream_value(reference))
        interpreter.process_page(page)
        yield device.get_result()


def _require_whole(content: PDFStream) -> None:
    """Unpack what a page shows, for the error if it is damaged: pdfminer would go on with what is left of it."""
    filters = content.get_filters()
    if content.rawdata is None or content.decipher or not filters or filters[0][0] not in LITERALS_FLATE_DECODE:
        return
    unpacking = zlib.decompressobj()
    if len(unpacking.decompress(content.rawdata, LARGEST_CONTENT + 1)) > LARGEST_CONTENT:
        raise ValueError(f"a page unpacks to more than {LARGEST_CONTENT:,} bytes")
    if not unpacking.eof:
        raise EOFError("the content of a page breaks off")


def _content(layout: Iterable[object]) -> tuple[list[Line], bool]:
    """The lines of a page in reading order, and whether there are images on it."""
    lines: list[Line] = []
    images = False
    for item in _walk(layout):
        if isinstance(item, LTImage):
            images = True
        elif isinstance(item, LTTextLine) and item.get_text().strip():
            size = max((sign.size for sign in item if isinstance(sign, LTChar)), default=item.height)
            lines.append(Line(item.get_text(), item.x0, item.x1, item.y1, item.y0, size))
    return lines, images


def _walk(items: Iterable[object]) -> Iterator[object]:
    for item in items:
        yield item
        if isinstance(item, LTContainer) and not isinstance(item, LTTextLine):
            yield from _walk(item)


class _Damage(logging.Handler):
    """Hears pdfminer say, in this thread, that a part of the file was lost; nothing else tells."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.thread_id, self.found = get_ident(), list[str]()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread_id and record.getMessage().startswith("Data-loss"):
            self.found.append(record.getMessage())


@contextmanager
def _damage_heard() -> Iterator[list[str]]:
    handler = _Damage()
    logger = logging.getLogger("pdfminer")
    logger.addHandler(handler)  # also keeps warnings about fonts and colours off a terminal that asked for none
    try:
        yield handler.found
    finally:
        logger.removeHandler(handler)
