"""`Report` -> text for a terminal, as wide as the terminal is: the answer first, the article on demand."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from inconsistency.accepted import require_whole
from inconsistency.render._view import Card, Passage, View, printable, view
from inconsistency.report import Report

# From this width the two sentences of a pair stand side by side.
SIDE_BY_SIDE = 90
# Lines longer than this are tiring to read, however wide the terminal is.
MAX_WIDTH = 120


def to_terminal(
    report: Report, *, width: int | None = None, color: bool | None = None, article: bool = False
) -> str:
    """Lay a report out for a terminal, the answer first.

    Args:
        report: the report.
        width: columns, 120 at most; None for those of the terminal, 80 when there is none.
        color: whether to use colour; None for yes when standard output is a terminal and the environment does not
            set `NO_COLOR`. Without colour, clashing words stand in [square brackets].
        article: whether the article comes after it, a numbered sentence a line.

    Returns:
        Text with escape sequences when coloured, plain otherwise. Control characters of the
        article are replaced, so that an article cannot write to the terminal by itself.

    Raises:
        InputError: the width is no whole number from 1.
    """
    if width is not None:
        require_whole(1, width=width)

    if color is None:
        color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    console = Console(
        file=io.StringIO(),
        width=width and min(width, MAX_WIDTH),
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        highlight=False,
        legacy_windows=False,
    )
    if width is None:
        console.width = min(console.width, MAX_WIDTH)
    shown = view(report)
    _write(console, shown, color)
    if article:
        _write_article(console, shown, color)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # it is our StringIO
    return "\n".join(line.rstrip() for line in text.split("\n"))


def _write(console: Console, shown: View, color: bool) -> None:
    console.print(Rule(Text(printable(shown.title), style="bold"), style="dim", align="left"))
    console.print()
    console.print(Text(shown.summary, style="bold"))
    if shown.silence:
        console.print(Text(shown.silence))
    for card in shown.cards:
        console.print()
        _write_card(console, card, color)
    if shown.near:
        console.print()
        _write_near(console, shown.near)
    _write_footer(console, shown)


def _write_article(console: Console, shown: View, color: bool) -> None:
    """The article, a sentence a line, with its number in the margin and the numbers of its pairs after it."""
    rows = Table.grid(padding=(0, 2))
    rows.add_column(justify="right", style="dim")
    rows.add_column()
    for paragraph in ((shown.headline,) if shown.headline else (), *shown.paragraphs):
        for passage in paragraph:
            text = _pieces(passage, color, "dim" if passage.furniture else "underline" if passage.pairs else "")
            if not text.plain.strip():
                continue
            if passage.pairs:
                text.append(f" ({','.join(map(str, passage.pairs))})", style="bold cyan")
            rows.add_row(str(passage.number or ""), text)
        rows.add_row("", "")
    console.print()
    console.print(Rule(Text("The article"), style="dim", align="left"))
    console.print(rows)


def _pieces(passage: Passage, color: bool, style: str = "") -> Text:
    text = Text()
    for piece in passage.pieces:
        words = " ".join(printable(piece.text).split())
        lead = " " if piece.text[:1].isspace() else ""
        tail = " " if piece.text[-1:].isspace() and words else ""
        if piece.clash:
            words = words if color else f"[{words}]"
        text.append(lead + words + tail, style="bold red" if piece.clash else style)
    return text


def _write_card(console: Console, card: Card, color: bool) -> None:
    head = Text(f"({card.number}) ", style="bold cyan")
    head.append(f"{card.label}  {card.percent} %", style="bold")
    console.print(head)
    sides: list[RenderableType] = [_side(p, color) for p in (card.first, card.second)]
    if console.width >= SIDE_BY_SIDE:
        table = Table.grid(padding=(0, 2), expand=True)
        table.add_column(ratio=1)
        table.add_column(ratio=1)
        table.add_row(*sides)
        console.print(table)
    else:
        for side in sides:
            console.print(Padding(side, (0, 0, 0, 2)))
    if card.opinion:
        console.print(Text("→ " + card.opinion))
    for note in filter(None, (card.explanation, card.caveat)):
        console.print(Text("→ " + printable(note), style="italic"))


def _side(passage: Passage, color: bool) -> Text:
    return Text().append(f"{passage.name}\n", style="dim").append_text(_pieces(passage, color))


def _write_near(console: Console, cards: Sequence[Card]) -> None:
    """Pairs below the threshold, in a low tone: without marks, colour or explanation."""
    rows = Table.grid(padding=(0, 2))
    rows.add_column(justify="right", style="dim")
    rows.add_column(style="dim")
    rows.add_column()
    for card in cards:
        for share, passage in ((f"{card.percent} %", card.first), ("", card.second)):
            rows.add_row(share, passage.name, _pieces(passage, color=True))
    console.print(Text("Worth a look, not flagged:"))
    console.print(rows)


def _write_footer(console: Console, shown: View) -> None:
    console.print()
    facts = " · ".join(f"{name}: {printable(value)}" for name, value in shown.facts)
    console.print(Text(facts, style="dim"))
    if shown.cleared:
        where = f"{len(shown.cleared):,}, in the HTML report and in JSON"
        console.print(Text(f"Judged by the second reader and not flagged: {where}", style="dim"))
    for line in shown.left_out:
        console.print(Text(f"Left out: {printable(line)}", style="dim"))
