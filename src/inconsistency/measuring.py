"""A user's articles -> what a second reader flags in them: `inconsistency calibrate --verify`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inconsistency.decision import PRESETS
from inconsistency.detector import Detector
from inconsistency.errors import CalibrationError
from inconsistency.labelled import clean_articles, labelled_articles
from inconsistency.report import Report
from inconsistency.second import NOT_ASKED
from inconsistency.verify import reader_settings
from inconsistency.verify.deciding import FEWEST_CLEAN, Measured, save_measured
from inconsistency.writable import require_writable, writing


@dataclass(slots=True)
class _Counts:
    """Confidences by article, and articles that say nothing of the reader."""

    articles: int = 0
    found: list[float] = field(default_factory=list)
    unanswered: int = 0


def measure_files(detector: Detector, clean: Path, labelled: Path | None, output: Path) -> str:
    """Count what a second reader flags in clean articles and finds in others; give a summary for people.

    An article with a pair on which the reader was asked and has not answered is left out and told; so is a
    labelled one without contradiction. A pair flagged unasked counts as one of which nobody could be surer.

    Args:
        detector: with a second reader, of which nothing is measured yet.
        clean: JSON lines with `text` and perhaps `headline` of articles without contradictions.
        labelled: JSON lines with `sentences` and `gold` of articles whose contradictions are known; None for none.
        output: the file to write.

    Raises:
        InputError: a file cannot be read or written, or a line has not the documented form.
        CalibrationError: there is too little data.
    """
    require_writable(output)
    articles = clean_articles(clean)
    known = labelled_articles(labelled) if labelled else []
    contradicting = [article for article in known if article.gold]
    if len(articles) < FEWEST_CLEAN:
        raise CalibrationError(f"{clean} has {len(articles)} articles; at least {FEWEST_CLEAN} are needed")
    wrong, right = _wrong(detector.check_many(articles)), _Counts()
    for sentences, gold, _ in contradicting:
        headline = sentences[0].role == "headline"
        _count_right(right, detector.check_sentences([s.text for s in sentences], headline=headline), gold)
    if wrong.articles < FEWEST_CLEAN:
        raise CalibrationError(
            f"the second reader answered fully on {wrong.articles} of {len(articles)} clean articles; at least "
            f"{FEWEST_CLEAN} are needed"
        )
    reader = reader_settings(detector.verifier) or {}
    lists = (tuple(sorted(wrong.found)), right.articles, tuple(sorted(right.found)))
    made = Measured(reader, detector.suspects(), wrong.articles, *lists)
    with writing(output):
        save_measured(made, output)
    return _summary(made, wrong.unanswered + right.unanswered, len(known) - len(contradicting), output)


def _wrong(reports: Iterable[Report]) -> _Counts:
    """What is flagged in clean articles."""
    counts = _Counts()
    for report in reports:
        if _unanswered(report):
            counts.unanswered += 1
            continue
        counts.articles += 1
        counts.found += [c.verdict.confidence if c.verdict else 1.0 for c in report.contradictions]
    return counts


def _count_right(counts: _Counts, report: Report, gold: Sequence[tuple[int, int]]) -> None:
    """Add a contradicting article, with the surest of its right flags."""
    if _unanswered(report):
        counts.unanswered += 1
        return
    counts.articles += 1
    flagged = [
        c.verdict.confidence
        for c in report.contradictions
        if c.verdict and (c.first.index, c.second.index) in set(gold)
    ]
    counts.found += [max(flagged)] if flagged else []


def _unanswered(report: Report) -> bool:
    return bool(report.counts.unread or report.counts.unverified.keys() - {NOT_ASKED})


def _summary(made: Measured, unanswered: int, calm: int, output: Path) -> str:
    lines = [f"{made.clean} clean and {made.contradicting} contradicting articles -> {output}"]
    if unanswered:
        lines.append(f"{unanswered} articles left out: the second reader has not answered on all of them")
    if calm:
        lines.append(f"{calm} labelled articles left out: without a contradiction; clean ones go to --clean")
    for name, flags in PRESETS.items():
        at = made.confident(flags)
        missed = made.missed(at)
        found = "" if missed is None else f", {100 * (1 - missed):.0f} % of contradicting articles found"
        kept = "" if made.expected(at) <= flags else " (too few clean articles to promise fewer)"
        lines.append(
            f"{name}: flagged from {100 * at:.0f} % sure, {made.expected(at):.3f} false flags expected"
            f"{kept}{found}"
        )
    return "\n".join(lines)
