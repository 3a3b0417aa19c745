"""`Report` -> something to read: terminal, HTML page, notebook fragment, Markdown, index page.

Everything is imported on first use, so that a program that only wants numbers pays for none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inconsistency.render.index import IndexEntry
    from inconsistency.report import Report

__all__ = ["to_html", "to_html_fragment", "to_index_html", "to_markdown", "to_terminal"]


def to_terminal(
    report: Report, *, width: int | None = None, color: bool | None = None, article: bool = False
) -> str:
    """The report as text for a terminal; see `inconsistency.render.terminal`."""
    from inconsistency.render import terminal

    return terminal.to_terminal(report, width=width, color=color, article=article)


def to_html(report: Report, *, title: str | None = None) -> str:
    """The report as one self-contained HTML page; see `inconsistency.render.html`."""
    from inconsistency.render import html

    return html.to_html(report, title=title)


def to_html_fragment(report: Report) -> str:
    """The report as a piece of HTML for a notebook; see `inconsistency.render.html`."""
    from inconsistency.render import html

    return html.to_html_fragment(report)


def to_markdown(report: Report) -> str:
    """The report as Markdown; see `inconsistency.render.markdown`."""
    from inconsistency.render import markdown

    return markdown.to_markdown(report)


def to_index_html(entries: Sequence[IndexEntry], *, title: str = "Articles by score") -> str:
    """An HTML page that lists many articles; see `inconsistency.render.index`."""
    from inconsistency.render import index

    return index.to_index_html(entries, title=title)
