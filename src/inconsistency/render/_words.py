"""What every output says of a report, in the words of a desk; none of it is markup."""

from __future__ import annotations

from collections.abc import Iterable

from inconsistency.evidence import Evidence
from inconsistency.report import Contradiction, Report
from inconsistency.sentences import Sentence
from inconsistency.verify.prompt import one_line

# Kinds of conflict that people call something else than the data do.
KIND_LABELS = {
    "date_time": "Date or time",
    "identity_role": "Person or role",
    "custody_outcome": "Custody or outcome",
    "antonym": "Opposites",
    "status_alive_dead": "Alive or dead",
    "sequence": "Order of events",
    "count_plural": "How many",
    "other": "Kind not known",
}
CAVEATS = {
    "quoted denial": "one sentence only reports that somebody denies the other",
    "different speakers": "two people say different things, and the article sides with neither",
    "hedged or conditional": "one of them is a plan, a fear, a condition or a guess",
    "possible update over time": "the figure or the state changed in between",
}
# Kinds of web-page furniture in the desk's words, singular.
FURNITURE = {
    "prompt": "“read more” line",
    "copyright": "copyright line",
    "navigation": "menu line",
    "repeated": "repeated line",
    "separator": "dividing line",
    "other": "other line",
}
_KIND_SOURCES = {"rule": "Kind by the words that differ", "model": "Kind estimated by the model"}
_WORD_SOURCES = {"rule": "found by rules", "model": "those on which the model's answer hangs most"}


def kind_label(kind: str) -> str:
    """What people call a kind of conflict."""
    return KIND_LABELS.get(kind, kind.replace("_", " ").capitalize())


def summary(report: Report) -> str:
    """One sentence: what was found."""
    found = len(report.contradictions)
    return f"{many(found, 'possible contradiction')}." if found else "Nothing flagged."


def silence(report: Report) -> str:
    """What it means that nothing is flagged: how much is missed, and what came closest; "" where something is."""
    if report.flagged:
        return ""
    if not report.counts.pairs:
        return f"There was nothing to compare: {many(report.counts.sentences, 'sentence')}."
    parts = [f"closest: {names(c)}, {percent(c.probability, report.threshold)} %" for c in report.ranked[:1]]
    if report.missed is not None:
        parts.insert(0, missed_at(report.missed))
    said = "; ".join(parts)
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def missed_at(share: float) -> str:
    """How much a setting misses, given the share of labelled articles whose contradiction it does not flag."""
    return f"at this setting {_in_ten(share)} such contradictions are missed (in labelled articles)"


def promise(false_flags: float) -> str:
    """What an expected number of false flags in a clean article means."""
    if false_flags <= 0.25:  # so few that hardly an article gets two
        return f"about 1 clean article in {round(1 / max(false_flags, 1e-3)):,} gets a flag"
    if false_flags < 1:
        return f"about {round(10 * false_flags)} false flags in 10 clean articles"
    return f"about {many(round(false_flags), 'false flag')} in a clean article"


def percent(probability: float, threshold: float | None = None) -> int:
    """Whole percent; rounding never claims certainty, and takes no pair across the threshold that is shown."""
    whole = round(100 * probability)
    if threshold is not None and (probability >= threshold) != (whole >= shown_threshold(threshold)):
        whole += 1 if probability >= threshold else -1
    return min(99, max(0 if probability == 0 else 1, whole))


def shown_threshold(threshold: float) -> float:
    """A threshold in percent, to three digits; 100 for certainty alone."""
    return 100.0 if threshold == 1 else min(99.9, float(f"{100 * threshold:.3g}"))


def _in_ten(share: float) -> str:
    tenths = round(10 * share)
    if tenths in (0, 10):
        return "less than 1 in 10" if tenths == 0 else "more than 9 in 10"
    return f"about {tenths} in 10"


def many(count: int, noun: str) -> str:
    """So many of what a noun names."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def name(sentence: Sentence) -> str:
    """What a sentence is called."""
    return "Headline" if sentence.role == "headline" else f"Sentence {sentence.number}"


def names(pair: Contradiction) -> str:
    """Which two sentences, within a sentence."""
    return f"{name(pair.first)} and {name(pair.second)}".lower()


def caveat(reading: str | None) -> str:
    """The compatible reading as a sentence; "" for none."""
    if not reading:
        return ""
    return f"Both can be true if {CAVEATS[reading]}." if reading in CAVEATS else f"Both can be true: {reading}."


def source(evidence: Evidence | None) -> str:
    """How kind and clashing words were found, as one sentence; empty when neither was."""
    if evidence is None:
        return ""
    parts = [_KIND_SOURCES[evidence.kind_source]] if evidence.kind_source in _KIND_SOURCES else []
    if evidence.clashes and evidence.source in _WORD_SOURCES:
        parts.append(f"{'marked' if parts else 'Marked'} words are {_WORD_SOURCES[evidence.source]}")
    return "; ".join(parts) + "." if parts else ""


def left_out(report: Report) -> Iterable[str]:
    """What was not compared, or not in full, a line each."""
    counts = report.counts
    if counts.furniture:
        lines = (many(count, FURNITURE.get(kind, kind)) for kind, count in counts.furniture.items())
        yield f"{', '.join(lines)} (page text around the article)"
    for reason, count in counts.left_out.items():
        yield f"{many(count, 'pair')} not compared: {reason}"
    if counts.screened_out:
        yield f"{many(counts.screened_out, 'pair')} set aside after a first, rough look"
    if counts.truncated:
        yield f"{many(counts.truncated, 'pair')} read with a sentence cut short, too long for the model"
    if counts.unasked:
        yield f"{many(counts.unasked, 'flagged pair')} whose words rules alone tell, after those put to the model"
    for reason, count in counts.unverified.items():
        yield f"{many(count, 'pair')} without a verdict of the second reader: {one_line(reason)}"
    for reason, count in counts.unread.items():
        yield f"{many(count, 'part')} of the article not read by the second reader: {one_line(reason)}"
