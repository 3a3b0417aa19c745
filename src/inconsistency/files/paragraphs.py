"""Marked-up text, piece by piece -> paragraphs."""

from __future__ import annotations

import re

_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
_BREAK = "\u2028"  # a line break that the author made, told from those of the source


class Paragraphs:
    """Paragraphs in the making: white space collapses as in a browser, line breaks of the author stay."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._pieces: list[str] = []

    def add(self, text: str | None) -> None:
        """Add text to the paragraph that is open."""
        if text:
            self._pieces.append(text.replace(_BREAK, "\n"))

    def break_line(self) -> None:
        """Begin a new line in the same paragraph; two breaks in a row end the paragraph."""
        self._pieces.append(_BREAK)

    def next_cell(self) -> None:
        """Go on with the next cell of a table's row."""
        if "".join(self._pieces).strip():
            self._pieces.append(" | ")

    def end(self) -> None:
        """End the paragraph, if one is open."""
        text = "".join(self._pieces)
        self._pieces.clear()
        # A blank line in the source shows in preformatted text alone, where it does end a paragraph.
        for part in _BLANK_LINES.split(text):
            lines = "\n".join(" ".join(line.split()) for line in part.split(_BREAK))
            self._done += (found for found in map(str.strip, _BLANK_LINES.split(lines)) if found)

    def finished(self) -> list[str]:
        """All paragraphs."""
        self.end()
        return self._done
