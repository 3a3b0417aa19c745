"""Articles in files: text, HTML, Word and PDF, all written here."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inconsistency import InputError, MissingExtraError
from inconsistency.batch.input.rows import BadRow, ReadOptions, Row
from inconsistency.batch.input.sources import open_sources, read_rows
from inconsistency.cli import main
from inconsistency.files import article_from_bytes, kinds, read_article_file
from inconsistency.files.layout import Line, Page, paragraphs

HEADLINE = "Fourteen hurt as night ferry strikes reef off Halvik"
BODY = [
    "A passenger ferry ran on to a reef off the island of Halvik on Friday night, injuring 14 people and killing the "
    "second engineer, the coastguard said.",
    "The ferry, with 212 passengers and a crew of 19 on board, left Brenna at 8.15pm and struck the reef some 40 "
    "minutes later in calm weather.",
    "All 41 people injured in the accident were taken to the district hospital in Brenna. Three were kept overnight.",
]
PNG = BytesIO()
Image.new("RGB", (40, 40), "red").save(PNG, "PNG")


def page_of(*blocks: str, head: str = "") -> bytes:
    """An HTML page in UTF-8."""
    return f"<!doctype html><html><head><meta charset=utf-8>{head}</head><body>{''.join(blocks)}</body></html>".encode()


def pdf_of(write: Callable[[FPDF], object], **options: Any) -> bytes:
    """A PDF in Times that `write` fills from its first page on."""
    pdf = FPDF(**options)
    pdf.set_font("Times", size=11)
    pdf.add_page()
    write(pdf)
    return bytes(pdf.output())


def set_body(pdf: FPDF, gap: float = 3, indent: float = 0) -> None:
    """Set headline and body, justified."""
    pdf.set_font("Times", size=18)
    pdf.multi_cell(0, 8, HEADLINE, align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Times", size=11)
    for text in BODY:
        pdf.multi_cell(0, 5, " " * int(indent) + text, align="J", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(gap)


def word_of(write: Callable[[Any], object]) -> bytes:
    """A Word file."""
    document, file = docx.Document(), BytesIO()
    write(document)
    document.save(file)
    return file.getvalue()


def text_of(data: bytes, name: str) -> str:
    return article_from_bytes(data, name).text


# All kinds


def test_a_file_is_what_it_holds(tmp_path: Path) -> None:
    """Name and content together tell the kind; a PDF or Word file is one under any name."""
    word = word_of(lambda document: document.add_paragraph(BODY[0]))
    pdf = pdf_of(set_body)

    for name in ("a.docx", "a.txt", "-", "a"):
        assert kinds.kind_of_file(name, word) == "docx"
        assert kinds.kind_of_file(name, pdf) == "pdf"
    assert [kinds.kind_of_file(name, page_of("x")) for name in ("a.html", "a.HTM", "-", "a", "a.txt")] == [
        "html", "html", "html", "html", "txt",
    ]  # fmt: skip
    assert kinds.kind_of_file("-", b"The <html> tag opens a page.") == "txt"

    (tmp_path / "a.docx").write_bytes(word)
    assert read_article_file(tmp_path / "a.docx") == (BODY[0], None)


def test_comments_before_a_page_are_passed_over_at_once() -> None:
    """Comments may stand before a page, one within another's words too; ever so many take no time to tell."""
    page = b"<!-- saved <!-- from -->\n<!-- <html> --> <!DOCTYPE html><p>x</p>"
    assert kinds.kind_of_file("-", page) == "html"
    began = time.process_time()
    assert kinds.kind_of_file("-", b"<!---->" * 24 + b"Hello") == "txt"  # seconds where comments may be cut anywhere
    assert kinds.kind_of_file("-", b"<!--" * 1000 + b"Hello") == "txt"
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.doc", "Word 97-2003"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "a.docx", "is encrypted"),
        (b"{\\rtf1 The mill.}", "a.rtf", "RTF"),
        (b"The mill is open.", "a.docx", "is not a Word file"),
        (b"The mill is open.", "a.pdf", "is not a PDF file"),
        (b"", "a.pdf", "is not a PDF file"),
        (b"", "a.docx", "is not a Word file"),
        (b"", "a.html", "no article was found"),
        (b"\n", "a.txt", "the article is empty"),
        ("The mill.".encode("utf-16")[:-1], "a.txt", r"is damaged UTF-16 text \(byte 18\)$"),
        ("The mill.".encode("utf-32"), "a.txt", "is a binary file"),
        ("The mill.".encode("utf-32-be"), "a.txt", "is a binary file"),
        (page_of("<div id=root></div><script>fill('The mill is open.')</script>"), "a.html", "no article was found"),
        (word_of(lambda document: document.add_paragraph(" ")), "a.docx", "the article is empty"),
        (pdf_of(lambda pdf: pdf.image(PNG)), "a.pdf", "holds images only"),
        (pdf_of(lambda pdf: pdf.rect(10, 10, 50, 50)), "a.pdf", "holds no text"),
        (pdf_of(set_body)[:-400], "a.pdf", "breaks off before its end"),
        (word_of(lambda document: document.add_paragraph(BODY[0]))[:-400], "a.docx", "cut short"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, name: str, message: str) -> None:
    """A file without an article is named with the reason, and never an empty article."""
    with pytest.raises(InputError, match=message) as error:
        article_from_bytes(data, name)
    assert name in str(error.value)


@pytest.mark.parametrize(
    ("name", "package"), [("a.html", "trafilatura"), ("a.docx", "mammoth"), ("a.pdf", "pdfminer.six")]
)
def test_missing_package(monkeypatch: pytest.MonkeyPatch, name: str, package: str) -> None:
    """Without the package that reads a kind of files, the error says what to type."""
    monkeypatch.setattr("inconsistency.files.reading.find_spec", lambda _: None)

    with pytest.raises(MissingExtraError, match=rf"needs the package '{package}'.*inconsistency\[files\]"):
        article_from_bytes(b"", name)
    assert text_of(b"The mill.", "a.txt") == "The mill."


def test_plain_text_needs_no_package() -> None:
    """Reading a text imports none of the packages for other files."""
    code = (
        "import sys; from inconsistency.files import article_from_bytes; article_from_bytes(b'The mill.', 'a.txt');"
        "assert not {'trafilatura', 'lxml', 'mammoth', 'pdfminer', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# HTML


def test_a_news_page() -> None:
    """The article of a page is read in paragraphs, its headline apart, and what stands around it is not."""
    data = page_of(
        "<nav><a href=/>Home</a> <a href=/w>World</a></nav>",
        f"<main><article><h1>{HEADLINE}</h1>",
        f"<p>{BODY[0].replace('reef', '<a href=/reef><b>reef</b></a>')}</p>",
        f"<aside><h3>Related</h3><a href=/x>Bridge closed</a></aside><h2>The crossing</h2><p>{BODY[1]}</p>",
        f"<ul><li>14 hurt</li><li>One dead</li></ul><p>{BODY[2]}</p>",
        "<table><tr><td>Brenna</td><td>41</td></tr></table></article></main>",
        "<section id=comments><h3>Comments</h3><p>A reader says that this is nonsense.</p></section>",
        "<footer>All rights reserved.</footer><script>track('the mill')</script>",
        head=f"<title>{HEADLINE} - The Coast Herald</title><meta property=og:title content='{HEADLINE}'>",
    )

    text, headline = article_from_bytes(data, "a.html")

    assert headline == HEADLINE
    assert text.split("\n\n") == [BODY[0], "The crossing", BODY[1], "14 hurt", "One dead", BODY[2], "Brenna | 41"]


def test_line_breaks_in_a_page() -> None:
    """A line break stays one, and those of the source are white space."""
    lines = BODY[0].replace(", ", ",<br>").replace("reef off", "reef\n   off")

    text = text_of(page_of(f"<article><p>{lines}</p><p>{BODY[1]}</p></article>"), "a.html")

    assert text.split("\n\n") == [BODY[0].replace(", ", ",\n"), BODY[1]]


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("<meta charset='iso-8859-1'>", "cp1252"),
        ("<meta http-equiv=Content-Type content='text/html; charset=windows-1252'>", "cp1252"),
        ("<meta charset=utf-8>", "utf-8"),
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
        ("<meta charset=klingon>", "utf-8"),
        *((f"<meta charset={name}>", "utf-8") for name in ("undefined", "idna", "hex", "unicode_escape", "utf-16")),
        ("<meta charset=gb18030>", "gb18030"),
    ],
)
def test_encodings_of_pages(declared: str, encoding: str) -> None:
    """A page is read in the encoding that its byte order mark or its head tells, as a browser does.

    What is no encoding of pages, though Python has a codec of that name, is as good as none.
    """
    told = "“Le café à 3 €” – dit M. O’Neil."

    data = f"<html><head>{declared}</head><body><p>{told}</p><p>{told} Oui.</p></body></html>".encode(encoding)

    assert text_of(data, "a.html").split("\n\n")[0] == told


# Words of a paragraph that trafilatura does not take for a link to a network, a prompt or a byline.
WORDS = st.lists(st.text(st.characters(categories=["Ll"], max_codepoint=0x24F), min_size=2, max_size=9), min_size=8, max_size=30)


@given(st.lists(WORDS, min_size=2, max_size=5, unique_by=tuple))  # a paragraph that comes twice is read once
def test_paragraphs_of_a_page_arrive_and_scripts_do_not(texts: list[list[str]]) -> None:
    """Each word of each paragraph arrives in order; what scripts and styles say never does."""
    blocks = [f"<p>{' '.join(words)}.</p><script>say('SCRIPT')</script><style>p{{font:STYLE}}</style>" for words in texts]

    text = text_of(page_of("<article>", *blocks, "</article>"), "a.html")

    assert text == "\n\n".join(" ".join(words) + "." for words in texts)


# Word


def test_a_word_file() -> None:
    """Paragraphs, lists and rows of tables are read in order; a title on top is the headline."""

    def write(document: Any) -> None:
        document.add_heading(HEADLINE, 0)
        document.add_paragraph(BODY[0])
        document.add_heading("The crossing", 2)
        document.add_paragraph("One line").add_run().add_break()
        document.paragraphs[-1].add_run("and the next")
        document.add_paragraph("14 hurt", style="List Bullet")
        table = document.add_table(2, 2)
        for cell, text in zip((c for row in table.rows for c in row.cells), "Town,Hurt,Brenna,41".split(","), strict=True):
            cell.text = text
        table.cell(1, 1).add_paragraph("of them three badly")
        document.add_paragraph(BODY[1])
        document.add_picture(BytesIO(PNG.getvalue()))
        document.sections[0].header.paragraphs[0].text = "The Coast Herald"

    text, headline = article_from_bytes(word_of(write), "a.docx")

    assert headline == HEADLINE
    assert text.split("\n\n") == [
        BODY[0], "The crossing", "One line\nand the next", "14 hurt", "Town | Hurt", "Brenna | 41",
        "of them three badly", BODY[1],
    ]  # fmt: skip


def test_tracked_changes_are_accepted() -> None:
    """What an editor put in is read, and what was struck or moved away is not."""

    def write(document: Any) -> None:
        paragraph = document.add_paragraph("The mill is ")
        for mark, inner in (
            ("ins", "<w:r><w:t>open.</w:t></w:r>"),
            ("del", "<w:r><w:delText>closed.</w:delText></w:r>"),
            ("moveFrom", "<w:r><w:t>gone.</w:t></w:r>"),
        ):
            paragraph._p.append(parse_xml(f'<w:{mark} {nsdecls("w")} w:id="1" w:author="a">{inner}</w:{mark}>'))

    assert text_of(word_of(write), "a.docx") == "The mill is open."


def test_other_archives_are_told() -> None:
    """An OpenDocument file, a book, another archive, a broken document and one that unpacks to gigabytes are named as such."""

    def archive(**parts: bytes) -> bytes:
        file = BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
            for name, content in parts.items():
                made.writestr(name.replace("__", "/"), content)
        return file.getvalue()

    with pytest.raises(InputError, match="OpenDocument"):
        article_from_bytes(archive(mimetype=b"application/vnd.oasis.opendocument.text"), "a.odt")
    with pytest.raises(InputError, match="is an EPUB book"):
        article_from_bytes(archive(mimetype=b"application/epub+zip", **{"META-INF/container.xml": b"<c>"}), "a.epub")
    with pytest.raises(InputError, match="without a Word document"):
        article_from_bytes(archive(xl__workbook=b"1"), "a.xlsx")
    with pytest.raises(InputError, match=r"a\.docx is a damaged Word file: "):
        article_from_bytes(archive(word__document=b"<w"), "a.docx")
    with pytest.raises(InputError, match="unpacks to more than"):
        article_from_bytes(archive(word__document=bytes(500_000_001)), "a.docx")


# PDF


@pytest.mark.parametrize(("gap", "indent"), [(3, 0), (0, 6), (0, 0)], ids=["gaps", "indents", "neither"])
def test_paragraphs_of_a_pdf(gap: float, indent: int) -> None:
    """Lines are joined to paragraphs, which show by a gap, an indent or a short last line; a headline is one too."""
    text = text_of(pdf_of(lambda pdf: set_body(pdf, gap, indent)), "a.pdf")

    assert text.split("\n\n") == [HEADLINE, *BODY]


def test_columns_of_a_pdf() -> None:
    """Columns are read one after the other, and a sentence goes on from one to the next."""
    words = " ".join(BODY * 6)

    def write(pdf: FPDF) -> None:
        with pdf.text_columns(text_align="J", ncols=2, gutter=10) as columns:
            columns.write(words)

    assert text_of(pdf_of(write, format=(148, 210)), "a.pdf").split() == words.split()


def test_page_numbers_and_recurring_lines_are_left_out() -> None:
    """What recurs on top or at the foot of pages does not stand inside the sentence that a page divides."""

    class Newspaper(FPDF):
        def header(self) -> None:
            self.cell(0, 5, f"The Coast Herald, page {self.page_no()}", new_x="LMARGIN", new_y="NEXT")

        def footer(self) -> None:
            self.set_y(-15)
            self.cell(0, 5, str(self.page_no()), align="C")

    pdf = Newspaper(format=(148, 210))
    pdf.set_font("Times", size=11)
    pdf.add_page()
    pdf.multi_cell(0, 5, " ".join(BODY * 9), align="J")

    text = text_of(bytes(pdf.output()), "a.pdf")

    assert pdf.page_no() > 1
    assert text.split() == " ".join(BODY * 9).split()


def test_a_password_protects_a_pdf() -> None:
    """A PDF that needs a password says so; one that only forbids printing is read."""

    def encrypted(user: str) -> bytes:
        writer, file = pypdf.PdfWriter(BytesIO(pdf_of(set_body))), BytesIO()
        writer.encrypt(user, "owner", algorithm="AES-256")
        writer.write(file)
        return file.getvalue()

    with pytest.raises(InputError, match=r"a\.pdf is encrypted: a password protects it"):
        article_from_bytes(encrypted("secret"), "a.pdf")
    assert BODY[0] in text_of(encrypted(""), "a.pdf")


@pytest.mark.parametrize("at", [0, 200, -20])
def test_damage_inside_a_pdf(at: int) -> None:
    """A page whose content is lost, whole or in part, is an error and not a shorter article."""
    data = bytearray(pdf_of(lambda pdf: (set_body(pdf), pdf.add_page(), set_body(pdf))))
    start = data.index(b"stream\n") + len(b"stream\n")
    start = start + at if at >= 0 else data.index(b"\nendstream") + at
    data[start : start + 10] = bytes(10)

    with pytest.raises(InputError, match=r"a\.pdf is a damaged PDF: "):
        article_from_bytes(bytes(data), "a.pdf")


def test_a_page_that_unpacks_to_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is much larger than its file is refused before it is read."""
    monkeypatch.setattr("inconsistency.files.pdf.LARGEST_CONTENT", 500)

    with pytest.raises(InputError, match=r"a\.pdf is a damaged PDF: a page unpacks to more than 500 bytes"):
        article_from_bytes(pdf_of(set_body), "a.pdf")


def test_a_scanned_page_among_others_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """A page that holds images only is named in a warning, since its text is not read."""

    def write(pdf: FPDF) -> None:
        set_body(pdf)
        pdf.add_page()
        pdf.image(BytesIO(PNG.getvalue()))

    with caplog.at_level(logging.WARNING):
        assert BODY[0] in text_of(pdf_of(write), "a.pdf")
    assert "a.pdf: page 2 holds images only; text in them is not read" in caplog.messages


def set_lines(*texts: str) -> str:
    """The paragraphs of full lines one below the other, joined by a bar."""
    lines = [Line(text, 50, 300, 700 - 12 * i, 690 - 12 * i, 10) for i, text in enumerate(texts)]
    return "|".join(paragraphs([Page(842, lines)]))


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (("He went to the dis-", "trict hospital."), "He went to the district hospital."),
        (("He went to the dis\u00ad", "trict hospital."), "He went to the district hospital."),
        (("The Anglo-", "Saxon king."), "The Anglo-Saxon king."),
        (("A 14-", "year-old girl."), "A 14-year-old girl."),
        (("The well-known man is well-", "known."), "The well-known man is well-known."),
        (("It cost 3 –", "not 4."), "It cost 3 – not 4."),
        (("The oﬃce", "burnt."), "The office burnt."),
        (("Three things:", "• one", "• two"), "Three things:|• one|• two"),
    ],
)
def test_words_that_a_line_divides(lines: tuple[str, ...], text: str) -> None:
    """A hyphen that only a line's end has put in goes; those of compounds, names and numbers stay."""
    assert set_lines(*lines) == text


# Where files are read


def test_a_page_on_which_the_parser_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a page does to the parser is said of that page, so that in a batch it costs its own row."""

    def fail(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr("trafilatura.core.load_html", fail)  # as lxml may

    with pytest.raises(InputError, match=r"a\.html is a damaged page: RecursionError"):
        article_from_bytes(page_of("<p>The mill is open.</p>"), "a.html")


def test_batch_folders_hold_all_kinds(tmp_path: Path) -> None:
    """A folder's pages, Word files and PDFs are articles beside its texts; one that cannot be read costs one row."""
    (tmp_path / "1.txt").write_text(BODY[0])
    (tmp_path / "2.html").write_bytes(page_of(f"<h1>{HEADLINE}</h1><p>{BODY[0]}</p><p>{BODY[1]}</p>"))
    (tmp_path / "3.docx").write_bytes(word_of(lambda document: document.add_paragraph(BODY[0])))
    (tmp_path / "4.pdf").write_bytes(pdf_of(set_body))
    (tmp_path / "5.pdf").write_bytes(pdf_of(set_body)[:-400])

    found = list(read_rows(open_sources([str(tmp_path)], ReadOptions())))

    assert [row.id for row in found[:4]] == ["1.txt", "2.html", "3.docx", "4.pdf"]
    assert [getattr(row, "headline", None) for row in found] == [None, HEADLINE, None, None, None]
    assert isinstance(found[4], BadRow)
    assert "breaks off" in found[4].reason
    only = list(read_rows(open_sources([str(tmp_path)], ReadOptions(format="docx"))))
    assert [row.id for row in only] == ["3.docx"]


def test_a_batch_reads_files_as_check_does(tmp_path: Path) -> None:
    """In a folder too, a PDF or Word file is one under any name, and what is no text is not scored as one."""
    (tmp_path / "1.txt").write_bytes(pdf_of(set_body))
    (tmp_path / "2.txt").write_bytes(word_of(lambda document: document.add_paragraph(BODY[0])))
    (tmp_path / "3.txt").write_bytes(b"{\\rtf1 The mill.}")
    (tmp_path / "4.txt").write_bytes(b"The mill\0 is open.")
    (tmp_path / "5.txt").write_bytes("The mill.".encode("utf-32"))
    (tmp_path / "6.txt").write_text("The mill.")

    found = list(read_rows(open_sources([str(tmp_path)], ReadOptions())))

    assert [getattr(row, "text", None) for row in found[:2]] == ["\n\n".join([HEADLINE, *BODY]), BODY[0]]
    reasons = [row.reason.partition(";")[0] for row in found if isinstance(row, BadRow)]
    assert reasons == ["3.txt is an RTF document", *(f"{n}.txt is a binary file, not text" for n in (4, 5))]
    assert isinstance(found[5], Row) and found[5].text == "The mill."
    wide = tmp_path / "wide"
    wide.mkdir()
    (wide / "1.txt").write_bytes("The mill.".encode("utf-32-le"))
    (row,) = read_rows(open_sources([str(wide)], ReadOptions(encoding="utf-32-le")))
    assert isinstance(row, Row)


def test_a_batch_asks_for_the_extra_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PDF anywhere in a folder is asked about before any article is scored."""
    (tmp_path / "1.txt").write_text(BODY[0])
    (tmp_path / "2.pdf").write_bytes(b"%PDF-")
    monkeypatch.setattr("inconsistency.files.reading.find_spec", lambda _: None)

    with pytest.raises(MissingExtraError, match="PDF files"):
        open_sources([str(tmp_path)], ReadOptions())[0].check()


def test_check_reads_a_page_and_its_headline(
    tmp_path: Path, tiny_model: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """`check` takes the headline from the file, and offsets point into the text that the report keeps."""
    path = tmp_path / "a.html"
    path.write_bytes(page_of(f"<h1>{HEADLINE}</h1>", *(f"<p>{text}</p>" for text in BODY)))

    status = main(["check", str(path), "--json", "--model", str(tiny_model("contradiction first")), "--backend", "onnx"])

    report = json.loads(capsys.readouterr().out)
    assert status in (0, 1)
    assert (report["headline"], report["text"]) == (HEADLINE, "\n\n".join(BODY))
