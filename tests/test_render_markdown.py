"""Markdown as renderers read it: the article stays text, whatever stands in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from inconsistency.evidence import Clash, Evidence
from inconsistency.nli import NliScores
from inconsistency.render.markdown import to_markdown
from inconsistency.report import Contradiction, Counts, Report
from inconsistency.sentences import Sentence

SCORES = NliScores(entailment=0.01, neutral=0.04, contradiction=0.95)
# CommonMark with tables, strikethrough, HTML and links made of bare addresses, as GitHub reads it.
GITHUB = MarkdownIt("gfm-like")
# What GitHub, GitLab and chats look for in the text that is left when Markdown has been read.
AFTERWARDS = re.compile(r"@\w|[#!]\d|:[\w+-]+:|\bGH-\d", re.IGNORECASE)
MARKUP = (
    "@name", "@org/team", "a@b.example", "#12", "owner/name#12", "GH-12", "!12", ":tada:", ":+1:", "www.example.com",
    "www.1", "http://example.com", "https://a.example/x?y=1", "ftp://a.example", "//a.example", "example.com",
    "mailto:a@b.example", "xmpp:a@b.example", "**", "*x*", "__", "_x_", "~~x~~", "`x`", "```", "[x](y)", "![x](y)",
    "[^1]", "[[x]]", "<b>x</b>", "<!-- x -->", "<http://a.example>", "&amp;", "&#64;", "\\", "\\\n", "1. ", "1) ",
    "- ", "+ ", "# ", " #", "> ", "| a | b |", "|-|-|", "---", "===", ": ", "    ", "\t", "\n", "\r\n", "\r", "\n\n",
    "$x$", "$$", "{.x}", "==x==", "^x^", "\x1b[31m", "\0", "US$5", "5%", "(5)", " ", "5", "a", ".",
)  # fmt: skip
articles = st.lists(st.one_of(st.sampled_from(MARKUP), st.text(max_size=4)), min_size=1, max_size=6).map("".join)


def report(first: str, second: str, note: str, clash: tuple[int, int, int, int], headline: str | None = None) -> Report:
    """A report that flags its two sentences; `note` explains and warns, `clash` counts in each sentence."""
    one, two = Sentence(0, first, 0, len(first)), Sentence(1, second, len(first) + 1, len(first) + 1 + len(second))
    spans = Clash(clash[0], clash[1], two.start + clash[2], two.start + clash[3])
    evidence = Evidence("number", (spans,), "rule", note)
    pair = Contradiction(one, two, 0.93, SCORES, SCORES, evidence, note)
    counts = Counts(2, pairs=1, left_out={note: 1}, scored=1)
    text = f"{first} {second}"
    return Report(text, headline, (one, two), (pair,), 0.93, 0.5, 0.1, counts, model=note)


def harmless(note: str = "Note.") -> Report:
    return report("One.", "Two.", note, (0, 1, 0, 1), "Title")


def inline(markdown: str) -> list[list[Token]]:
    """The inline tokens of each block."""
    return [token.children or [] for token in GITHUB.parse(markdown) if token.type == "inline"]


def shown(tokens: list[Token]) -> str:
    """The text that a reader sees."""
    return plain("".join(token.content for token in tokens))


def plain(text: str) -> str:
    """Text without what a page does not show: kinds of white space, and spaces without width."""
    text = re.sub(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", "\ufffd", text.replace("\u200b", ""))
    return " ".join(text.split())


@given(articles, articles, articles.filter(str.strip), articles.filter(bool), st.data())
def test_no_text_of_the_article_becomes_markup(
    first: str, second: str, note: str, headline: str, data: st.DataObject
) -> None:
    """Rendered, a report has the blocks of any other one, and its text is the article's, to the character."""
    clash = tuple(data.draw(st.integers(0, len(text))) for text in (first, first, second, second))
    markdown = to_markdown(report(first, second, note, clash, headline))  # type: ignore[arg-type]
    blocks = inline(markdown)
    texts = [shown(block) for block in blocks]

    assert [t.type for t in GITHUB.parse(markdown)] == [t.type for t in GITHUB.parse(to_markdown(harmless()))]
    assert {token.type for block in blocks for token in block} <= {"text", "strong_open", "strong_close"}
    assert texts[0] == plain(headline)
    assert texts[3:7] == [plain(t) for t in (f"Sentence 1: {first}", f"Sentence 2: {second}", note, f"Both can be true: {note}.")]
    assert f"Model: {plain(note)}" in texts
    assert texts[-1] == plain(f"1 pair not compared: {note}")


@given(articles)
def test_nothing_is_made_of_the_text_afterwards(text: str) -> None:
    """What GitHub and others look for in rendered text is not found: mentions, issue numbers, emoji codes."""
    for block in inline(to_markdown(report(text, text, "Note.", (0, 0, 0, 0), text))):
        assert not AFTERWARDS.search("".join(token.content for token in block))


@pytest.mark.parametrize(
    ("sentence", "clash", "bold"),
    [
        ("It cost $5 in all.", "$5", "$5"),
        ("It cost 5%.", "5%", "5%"),
        ("It grew 5%ish.", "5%", "5"),
        ("It cost US$5m.", "$5", "5"),
        ("It cost (5) in all.", " (5) ", "(5)"),
        ("It cost 5 in all.", " 5 ", "5"),
        ("It was _here_.", "_here_", "_here_"),
        ("It was here - there.", "-", "-"),
        ("It was here-there.", "-", ""),
    ],
)
def test_clashing_words_are_bold(sentence: str, clash: str, bold: str) -> None:
    """Clashing words are bold; a sign at their edge is left out where Markdown would show the asterisks instead."""
    start = sentence.index(clash)
    quoted = inline(to_markdown(report(sentence, "Two.", "Note.", (start, start + len(clash), 0, 1))))[3]
    types = [token.type for token in quoted]
    within = quoted[types.index("strong_open") : types.index("strong_close")] if bold else []

    assert shown(within) == bold
    assert shown(quoted) == f"Sentence 1: {sentence}"


def test_prose_stays_readable() -> None:
    """In plain sentences the source has hardly a sign more than the article."""
    text = "On 3 May, at 10:30, the U.S. firm (of 3.5 million) said: \"It's open - 5% more!\" Why?"

    assert f"> Sentence 1: {text.replace('U.S', chr(92).join(('U', '.S')))}" in to_markdown(
        report(text, "Two.", "Note.", (0, 0, 0, 0))
    )
