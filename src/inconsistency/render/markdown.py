"""`Report` -> Markdown, for a ticket, a wiki page or a chat message."""

from __future__ import annotations

import re

from inconsistency.render._view import Card, Passage, view
from inconsistency.report import Report

_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
_AT_LINE_START = re.compile(r"^(\s*\d*)([-+#=]|[.)](?=\s))")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def to_markdown(report: Report) -> str:
    """Write a report as Markdown: the pairs, then what was left out.

    Words of the article are escaped, so that they are shown and never read as Markdown or HTML.
    """
    shown = view(report)
    blocks = [f"# {_escape(shown.title)}", _escape(shown.summary)]
    blocks += [_card(card) for card in shown.cards]
    blocks.append("\n".join(f"- {name}: {_escape(value)}" for name, value in shown.facts))
    if shown.left_out:
        blocks.append("Left out:")
        blocks.append("\n".join(f"- {_escape(line)}" for line in shown.left_out))
    return "\n\n".join(blocks) + "\n"


def _card(card: Card) -> str:
    lines = [f"## {card.number}. {card.label}, {card.percent} %"]
    lines += [_quote(card.first), _quote(card.second)]
    if card.explanation:
        lines.append(_escape(card.explanation))
    if card.caveat:
        lines.append(f"But: {_escape(card.caveat)}")
    return "\n\n".join(lines)


def _quote(passage: Passage) -> str:
    words = "".join(_emphasised(p.text) if p.clash else _escape(p.text) for p in passage.pieces)
    return f"> {passage.name}: {words}"


def _emphasised(text: str) -> str:
    """Bold; white space stays outside the asterisks, where Markdown wants it."""
    inner = text.strip()
    if not inner:
        return _escape(text)
    before, after = text[: text.index(inner)], text[text.index(inner) + len(inner) :]
    return f"{_escape(before)}**{_escape(inner)}**{_escape(after)}"


def _escape(text: str) -> str:
    one_line = re.sub(r"\s*[\r\n]+\s*", " ", text)
    for sign, entity in _ENTITIES.items():
        one_line = one_line.replace(sign, entity)
    # Entities are in place by now: their signs are not special in Markdown, so they stay whole.
    # A sign that would begin a list or a heading is escaped as well: "1. May" is a sentence.
    return _AT_LINE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", one_line))
