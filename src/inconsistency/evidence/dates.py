"""Weekdays, dates, years, clock times and durations, with offsets.

Own code, because what is needed is small and exact: spans with offsets and single comparable
fields. Date libraries either return no offsets (dateutil) or resolve "Tuesday" to a calendar day
by guessing a reference date (dateparser), which an undated article does not have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from inconsistency.lexicon import MONTHS, WEEKDAYS

_MONTH = (
    r"(?P<month>(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December)|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?)"
)


def _one_of(name: str, words: str) -> str:
    """One of some words, in any case, spelt in ASCII: `re.IGNORECASE` alone also takes "mıdday" for "midday"."""
    return rf"\b(?P<{name}>(?a:{words}))\b"


_PATTERNS = (
    # The order matters: longer shapes first, and what one has taken no later one may use.
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? (?P<year>(?:1[5-9]|20)\d\d))?\b",
    rf"\b{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<year>(?:1[5-9]|20)\d\d)\b)?",
    rf"\b{_MONTH}(?:,? (?P<year>(?:1[5-9]|20)\d\d))?\b",
    r"\b(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))? ?(?P<half>a\.?m\b\.?|p\.?m\b\.?)",
    r"\b(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)\b",
    _one_of("clock", "noon|midday|midnight"),
    _one_of("weekday", "|".join(WEEKDAYS)),
    r"(?<![\d.,$£€\w])(?P<year>(?:1[5-9]|20)\d\d)\b(?!%|[,.]\d| people\b)",
    r"\b(?P<decade>(?:1[5-9]|20)\d0)s\b",
    _one_of("season", "spring|summer|autumn|winter"),
    _one_of("part", "dawn|morning|lunchtime|afternoon|dusk|evening|overnight|night"),
    _one_of("relative", "yesterday|today|tomorrow|tonight|(?:last|next|this) (?:week|month|year)"),
)
# Capitals tell the months "May" and "March" from the verbs.
_TIMES = tuple(re.compile(p, 0 if _MONTH in p else re.IGNORECASE) for p in _PATTERNS)
# "1600 workers" is a count; "2019 figures" and "in 2019 workers ..." have a year. Words in "-ss", "-us" and "-is"
# are hardly ever plurals: "2008 crisis", "2010 census".
_COUNTED = re.compile(
    r" (?!(?:as|does|has|its|was|awards|championships|earnings|elections|figures|finals|games|levels|news|protests"
    r"|results|riots|sales|series|talks)\b)(?P<noun>[a-z]*[a-hj-rtv-z]s|children|men|taxis|women)\b"
)
_DATED = re.compile(r"\b(?:in|since|by|until|before|after|during|early|late|mid|year|season)[ -]$", re.IGNORECASE)
# Behind these, news has a year more often than a count: "the 2023 champions", "the 2023 earthquakes". So the noun
# must be something that is counted by the thousand, or the year one that news seldom dates a thing by.
_DETERMINED = re.compile(r"\b(?:the|an?|this|that|his|her|its|their|our)[ -]$", re.IGNORECASE)
_HEADCOUNT = frozenset(
    """workers employees jobs staffers soldiers troops sailors marines fighters rebels prisoners inmates detainees
    hostages refugees migrants evacuees residents villagers inhabitants households families houses homes children
    men women pupils students teachers nurses doctors patients miners farmers passengers commuters guests delegates
    participants spectators fans visitors volunteers customers subscribers shareholders signatures copies seats
    beds rooms tonnes tons metres meters yards kilometres kilometers miles acres hectares euros dollars pounds
    calories""".split()
)
_DATED_BEFORE_1900 = frozenset(
    """acts books editions essays laws letters maps memoirs novels paintings poems rebellions reforms revolutions
    statutes treaties uprisings wars works writings""".split()
)
# A month alone beside a capital is a name, "Theresa May", "June Brown", but not behind these words: "Last May",
# "at the end of May Labour".
_MONTH_MEANT = re.compile(
    r"\b(?:last|next|this|that|the|its?|his|her|their|our|each|every|between|from|through|of|on|as|and|but|or|if"
    rf"|when|come|{'|'.join(WEEKDAYS)})[ -]$",
    re.IGNORECASE,
)
_NAMED_BEFORE = re.compile(r"\b[A-Z][\w.-]* $")
_NAMED_AFTER = re.compile(r" [A-Z]\w")
_CLOCK_HOURS = {"noon": 12 * 60, "midday": 12 * 60, "midnight": 0}


@dataclass(frozen=True, slots=True)
class Moment:
    """A time expression and its comparable fields ("weekday" -> "tuesday", ...)."""

    start: int
    end: int
    fields: Mapping[str, str | int]


def moments(text: str) -> list[Moment]:
    """All time expressions of a sentence, in order."""
    found: list[Moment] = []
    for pattern in _TIMES:
        for match in pattern.finditer(text):
            if match.lastgroup == "year" and _counts(text, match):
                continue
            if match.lastgroup == "month" and _names(text, match):
                continue
            if all(match.end() <= m.start or m.end <= match.start() for m in found):
                found.append(Moment(match.start(), match.end(), _fields(match)))
    return sorted(found, key=lambda m: m.start)


def _counts(text: str, match: re.Match[str]) -> bool:
    """Whether what looks like a year says how many there are."""
    near = max(0, match.start() - 10)
    counted = _COUNTED.match(text, match.end())
    if match.group() != match["year"] or not counted or _DATED.search(text, near, match.start()):
        return False
    if not _DETERMINED.search(text, near, match.start()):
        return True
    early = int(match["year"]) < 1900 and counted["noun"] not in _DATED_BEFORE_1900
    return early or counted["noun"] in _HEADCOUNT


def _names(text: str, match: re.Match[str]) -> bool:
    """Whether what looks like a month is part of a name."""
    start, end = match.span()
    near = max(0, start - 30)
    if match.group() != match["month"]:
        return False
    before, dated, meant = (p.search(text, near, start) for p in (_NAMED_BEFORE, _DATED, _MONTH_MEANT))
    return not (dated or meant) and bool(before or _NAMED_AFTER.match(text, end))


def _fields(match: re.Match[str]) -> dict[str, str | int]:
    found = {k: v.lower() for k, v in match.groupdict().items() if v}
    fields: dict[str, str | int] = {}
    if "hour" in found:
        hour, half = int(found["hour"]), found.get("half", "")
        hour = hour % 12 + (12 if half.startswith("p") else 0) if half else hour
        fields["clock"] = hour * 60 + int(found.get("minute", 0))
    elif "clock" in found:
        fields["clock"] = _CLOCK_HOURS[found["clock"]]
    if "month" in found:
        fields["month"] = next(m for m in MONTHS if m.startswith(found["month"][:3]))
    for name in ("day", "year", "decade"):
        if name in found:
            fields[name] = int(found[name])
    for name in ("weekday", "season", "part", "relative"):
        if name in found:
            fields[name] = found[name]
    return fields


def differ(first: Moment, second: Moment) -> bool:
    """Whether two time expressions share a field and disagree in it."""
    shared = first.fields.keys() & second.fields.keys()
    if any(first.fields[f] != second.fields[f] for f in shared):
        return True
    for one, other in ((first, second), (second, first)):
        if "decade" in one.fields and "year" in other.fields:
            return int(other.fields["year"]) // 10 * 10 != one.fields["decade"]
    return False


def same(first: Moment, second: Moment) -> bool:
    """Whether two time expressions share a field and agree in all they share."""
    shared = first.fields.keys() & second.fields.keys()
    return bool(shared) and all(first.fields[f] == second.fields[f] for f in shared)
