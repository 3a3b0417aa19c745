"""`Report` -> Markdown, for a ticket, a wiki page or a chat message."""

from __future__ import annotations

import re
import string

from inconsistency.render._view import Card, Passage, printable, view
from inconsistency.report import Report

_UNSEEN = "&#8203;"  # a space without width
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Signs of Markdown and its usual extensions, and where addresses become links by themselves: a.com, www., //.
_SPECIAL = re.compile(r"[\\`*_\[\]{}|~$#@^=+&<>]|\.(?=[^\W\d_])|(?<=www)\.|(?<=/)/|:(?=/)", re.IGNORECASE)
# GitHub and others look through the text once more when Markdown has been read: @name, #12, !12, GH-12, :tada:.
_READ_LATER = re.compile(r"@(?=\w)|[#!](?=\d)|(?<=GH)-(?=\d)|:(?=[\w+-]+:)", re.IGNORECASE)
_APART = ("", " ", "\t", "\n", *string.punctuation)  # between such signs, asterisks are read whatever they enclose
_AT_LINE_START = re.compile(r"\d*[.)](?=\s|$)|[-:]")


def to_markdown(report: Report) -> str:
    """Write a report as Markdown: the flagged pairs, those worth a look, then what was left out.

    Words of the article are escaped, so that they are shown and never read as Markdown or HTML, and neither as a
    mention, a link, an issue number or an emoji code. Those last ones have a space without width in them, since
    GitHub and others find them whatever is escaped.
    """
    shown = view(report)
    blocks = [f"# {_escape(shown.title)}", _escape(f"{shown.summary} {shown.silence}")]
    blocks += [_card(card) for card in shown.cards]
    if shown.near:
        blocks.append("Worth a look, not flagged:")
        lines = (f"- {near.percent} %, {_words(near.first)} / {_words(near.second)}" for near in shown.near)
        blocks.append("\n".join(lines))
    blocks.append("\n".join(f"- {name}: {_escape(value)}" for name, value in shown.facts))
    if shown.cleared:
        blocks.append("Judged by the second reader and not flagged:")
        blocks.append("\n".join(f"- {_escape(line)}" for line in shown.cleared))
    if shown.left_out:
        blocks.append("Left out:")
        blocks.append("\n".join(f"- {_escape(line)}" for line in shown.left_out))
    return "\n\n".join(blocks) + "\n"


def _card(card: Card) -> str:
    lines = [f"## {card.number}. {card.label}, {card.percent} %"]
    lines += [_quote(card.first), _quote(card.second)]
    if card.opinion:
        lines.append(_escape(card.opinion))
    if card.explanation:
        lines.append(_escape(card.explanation))
    if card.caveat:
        lines.append(_escape(card.caveat))
    return "\n\n".join(lines)


def _words(passage: Passage) -> str:
    """A sentence in a line of others, without marks."""
    return f"{passage.name}: {_escape(''.join(piece.text for piece in passage.pieces))}"


def _quote(passage: Passage) -> str:
    """A sentence; its clashing words are bold."""
    text = printable("".join(piece.text for piece in passage.pieces))
    signs = _signs(text)
    end = 0
    for piece in passage.pieces:
        start, end = end, end + len(piece.text)
        if piece.clash and (bold := _bold(text, start, end)):
            signs[bold[0]] = f"**{signs[bold[0]]}"
            signs[bold[1]] += "**"
    return f"> {passage.name}: {''.join(signs)}"


def _bold(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The first and the last of the characters that can be bold among text[start:end].

    Markdown shows asterisks as they are beside white space, and between a letter and a sign: "US**$5**".
    """
    inner = [i for i in range(start, end) if not text[i].isspace()]
    words = [i for i in inner if text[i].isalnum()]
    if not inner:
        return None
    first, last = inner[0], inner[-1]
    apart = all(sign in _APART for sign in (text[first - 1 : first], text[last + 1 : last + 2]))
    if words and not apart:
        return words[0], words[-1]
    return (first, last) if apart else None


def _escape(text: str) -> str:
    """One block of text."""
    text = printable(text).strip()
    signs = _signs(text)
    # What would begin a list: "1. May was cold" is a sentence.
    begins = _AT_LINE_START.match(text)
    if begins and not signs[begins.end() - 1].startswith("\\"):
        signs[begins.end() - 1] = "\\" + signs[begins.end() - 1]
    return "".join(signs)


def _signs(text: str) -> list[str]:
    """How each character is written, so that it is shown and nothing else; a line break is a space."""
    signs = [" " if sign == "\n" else sign for sign in text]
    for found in _SPECIAL.finditer(text):
        signs[found.start()] = _ENTITIES.get(found[0], "\\" + found[0])
    for found in _READ_LATER.finditer(text):
        signs[found.start()] += _UNSEEN
    return signs
