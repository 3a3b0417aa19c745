"""Many reports -> a line for each article with its score and best pair, and a summary below."""

from __future__ import annotations

from dataclasses import dataclass

from inconsistency.render._view import printable
from inconsistency.render._words import many, missed_at, name, percent
from inconsistency.report import Report
from inconsistency.sentences import Sentence

LONGEST_NAME = 40  # columns that names are padded to at most
SHORTEST_SIDE = 20  # characters of a sentence that are shown, however narrow the terminal is


@dataclass(slots=True)
class Totals:
    """What came of many articles: how many could be read, were flagged, and how many pairs that makes."""

    read: int = 0
    flagged: int = 0
    pairs: int = 0
    failed: int = 0
    missed: float | None = None

    def add(self, report: Report | None) -> None:
        """Count an article; None stands for one that could not be read."""
        if report is None:
            self.failed += 1
            return
        self.read += 1
        self.flagged += report.flagged
        self.pairs += len(report)
        self.missed = report.missed


def line(title: str, report: Report, widest: int, width: int | None) -> str:
    """One article: its score, how many pairs are flagged, its name, and its best pair, flagged or not.

    Args:
        title: what it is called.
        report: its report.
        widest: length of the longest name, for the lines to stand in columns.
        width: columns of the terminal, to which the pair is cut short; None to cut nothing.
    """
    flags = f"{len(report):,} flagged" if report.flagged else "-"
    score = percent(report.score, report.threshold)
    start = f"{score:>2} %  {flags:<9}  {printable(title):<{min(widest, LONGEST_NAME)}}"
    best = report.best
    if best is None:
        return start.rstrip() + "\n"
    side = None if width is None else max(SHORTEST_SIDE, (width - len(start) - 5) // 2)
    return f"{start}  {_side(best.first, side)} / {_side(best.second, side)}\n"


def _side(sentence: Sentence, room: int | None) -> str:
    text = f"{name(sentence)}: {' '.join(printable(sentence.text).split())}"
    return text if room is None or len(text) <= room else text[: room - 1].rstrip() + "…"


def summary(totals: Totals) -> str:
    """What came of all the articles, and what it means that some are not flagged."""
    found = f"{totals.flagged:,} flagged with {many(totals.pairs, 'possible contradiction')}"
    said = f"{many(totals.read, 'article')}, {found if totals.flagged else 'nothing flagged'}."
    if totals.failed:
        said += f" {many(totals.failed, 'file')} could not be read."
    if totals.read > totals.flagged and totals.missed is not None:
        said += f" {missed_at(totals.missed).capitalize()}."
    return said + "\n"
