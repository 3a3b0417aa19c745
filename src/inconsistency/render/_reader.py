"""What every output says of a second reader. Its words are foreign text, cleaned here and escaped there."""

from __future__ import annotations

from collections.abc import Iterator

from inconsistency.report import Contradiction, Report
from inconsistency.verify import CONFIDENT
from inconsistency.verify.prompt import one_line


def name(report: Report) -> str:
    """What the second reader is called; "" without one."""
    if report.verifier is None:
        return ""
    kind = "Language model" if "model" in report.verifier else "Second reader"
    return f"{kind} {one_line(str(report.verifier.get('name', '')))}"


def opinion(pair: Contradiction, reader: str) -> str:
    """What the reader of that name says of a flagged pair, marked as its words; "" where there is none."""
    if pair.verdict is not None:
        found = ", which found this pair itself" if pair.discovered else ""
        return f"{reader}{found}, in its own words: {said(pair)}"
    return f"{reader} gave no verdict: {one_line(pair.unverified)}" if pair.unverified else ""


def said(pair: Contradiction) -> str:
    """The verdict on a pair, with its reason."""
    verdict = pair.verdict
    if verdict is None:
        return "no verdict"
    shape = f" ({one_line(verdict.shape)})" if verdict.shape else ""
    sure = f"{round(100 * verdict.confidence)} % sure"
    return f"{verdict.verdict}{shape}, {sure}. {one_line(verdict.reason)}".rstrip()


def rule(report: Report, threshold: str) -> str:
    """When a pair is flagged, given from what probability one without a verdict is."""
    otherwise = f"without its verdict from {threshold}"
    if report.expected_false_flags is not None:  # the reader was measured: its promise says how sure is enough
        return f"{name(report)} calls it a contradiction and is as sure as the promise asks; {otherwise}"
    sure = f"{name(report)} calls it a contradiction and is at least {round(100 * CONFIDENT)} % sure"
    return f"{sure}; {otherwise}. How many false flags that makes is not measured"


def facts(report: Report) -> Iterator[tuple[str, str]]:
    """What is known of the reader, and how much it judged."""
    if report.verifier is None:
        return
    told = [f"{key} {report.verifier[key]}" for key in ("server", "prompt") if report.verifier.get(key)]
    yield "Second reader", one_line(", ".join([name(report), *told]))
    judged = len(report.cleared) + sum(c.verdict is not None for c in report.contradictions)
    yield "Pairs it judged", f"{judged:,}"
    parts = report.counts.windows + sum(report.counts.unread.values())
    if parts > 1:
        yield "Calls for this article", f"{parts:,}, each with a part of it"
