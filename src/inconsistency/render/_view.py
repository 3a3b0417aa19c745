"""`Report` -> `View`: what every output shows, worked out once and free of any markup."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from inconsistency.render import _reader, _words
from inconsistency.report import Contradiction, Report
from inconsistency.sentences import Sentence

_CONTROL = {c: "\ufffd" for c in (*range(32), *range(127, 160)) if chr(c) not in "\n\t"} | {ord("\r"): " "}


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters of the article, and whether they clash with others."""

    text: str
    clash: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence, or the characters between two sentences.

    `pairs` are the numbers of the cards the sentence stands in, in order; `near` says that it stands in a pair
    that is worth a look; `number` counts sentences from 1 and is 0 for characters between sentences.
    """

    number: int
    name: str
    pieces: tuple[Piece, ...]
    pairs: tuple[int, ...] = ()
    furniture: bool = False
    near: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One pair, flagged or worth a look. `percent` is its probability in whole percent, never 100.

    `opinion` is what a second reader says of it, on one line without control characters, or why it says nothing.
    """

    number: int
    kind: str
    label: str
    source: str
    percent: int
    first: Passage
    second: Passage
    explanation: str
    caveat: str
    opinion: str


@dataclass(frozen=True, slots=True)
class View:
    """A report ready to be laid out."""

    title: str
    summary: str
    silence: str  # what it means that nothing is flagged; "" where something is
    headline: Passage | None
    paragraphs: tuple[tuple[Passage, ...], ...]
    cards: tuple[Card, ...]
    near: tuple[Card, ...]  # pairs below the threshold that are worth a look
    facts: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]
    cleared: tuple[str, ...]  # pairs that a second reader has judged and that are not flagged, a line each


def view(report: Report, title: str | None = None) -> View:
    """Lay a report out."""
    cards, near = (
        tuple(_card(n, c, report) for n, c in enumerate(pairs, start=1))
        for pairs in (report.contradictions, report.ranked)
    )
    headline = _headline(report)
    named = title or report.headline or _first_line(report)
    return View(
        title=named,
        summary=_words.summary(report),
        silence=_words.silence(report),
        headline=_passage(headline, report) if headline else None,
        paragraphs=tuple(_paragraphs(report, after=headline)),
        cards=cards,
        near=near,
        facts=tuple(_facts(report)),
        left_out=tuple(_words.left_out(report)),
        cleared=tuple(_cleared(c) for c in report.cleared),
    )


def printable(text: str) -> str:
    """Replace control characters, one by one: an article must not be able to drive a terminal."""
    return text.translate(_CONTROL)


def _first_line(report: Report) -> str:
    line = report.text.strip().split("\n", 1)[0].strip()
    return line if len(line) <= 90 else line[:89].rstrip() + "…"


def _card(number: int, pair: Contradiction, report: Report) -> Card:
    evidence = pair.evidence
    clashes = evidence.clashes if evidence else ()
    kind = evidence.kind if evidence else "other"
    return Card(
        number=number,
        kind=kind,
        label=_words.kind_label(kind),
        source=_words.source(evidence),
        percent=_words.percent(pair.probability, report.threshold),
        first=_quoted(pair.first, [(c.first_start, c.first_end) for c in clashes]),
        second=_quoted(pair.second, [(c.second_start, c.second_end) for c in clashes]),
        explanation=evidence.explanation if evidence else "",
        caveat=_words.caveat(pair.caveat),
        opinion=_reader.opinion(pair, _reader.name(report)),
    )


def _cleared(pair: Contradiction) -> str:
    return f"{_words.names(pair).capitalize()}: {_reader.said(pair)}"


def _quoted(sentence: Sentence, spans: Iterable[tuple[int, int]]) -> Passage:
    return Passage(sentence.number, _words.name(sentence), _pieces(sentence, spans))


def _pieces(sentence: Sentence, spans: Iterable[tuple[int, int]]) -> tuple[Piece, ...]:
    """Cut a sentence where clashing words begin and end; offsets are those of its part."""
    clashing = [False] * len(sentence.text)
    for start, end in spans:
        for at in range(max(0, start - sentence.start), min(len(clashing), end - sentence.start)):
            clashing[at] = True
    pieces: list[Piece] = []
    start = 0
    for at in range(1, len(clashing) + 1):
        if at == len(clashing) or clashing[at] != clashing[start]:
            pieces.append(Piece(sentence.text[start:at], clashing[start]))
            start = at
    return tuple(pieces)


def _passage(sentence: Sentence, report: Report) -> Passage:
    pairs: list[int] = []
    spans: list[tuple[int, int]] = []
    for number, pair in enumerate(report.contradictions, start=1):
        clashes = pair.evidence.clashes if pair.evidence else ()
        if pair.first.index == sentence.index:
            pairs.append(number)
            spans += [(c.first_start, c.first_end) for c in clashes]
        elif pair.second.index == sentence.index:
            pairs.append(number)
            spans += [(c.second_start, c.second_end) for c in clashes]
    return Passage(
        number=sentence.number,
        name=_words.name(sentence),
        pieces=_pieces(sentence, spans),
        pairs=tuple(pairs),
        furniture=sentence.role == "furniture",
        near=any(sentence.index in (pair.first.index, pair.second.index) for pair in report.ranked),
    )


def _headline(report: Report) -> Sentence | None:
    """The headline, if it stands apart from the text or on top of it."""
    first = next((s for s in report.sentences if s.role == "headline"), None)
    return first if first and (first.part == "headline" or not report.text[: first.start].strip()) else None


def _paragraphs(report: Report, after: Sentence | None) -> Iterable[tuple[Passage, ...]]:
    """The body, whole: sentences and whatever stands between them, cut at blank lines; without a headline on top.

    An article without any blank line is cut at every line break instead.
    """
    cut = "\n\n" if "\n\n" in report.text.replace("\r\n", "\n") else "\n"
    paragraph: list[Passage] = []
    position = after.end if after and after.part == "body" else 0
    body = [s for s in report.sentences if s.part == "body" and s != after]
    for sentence in sorted(body, key=attrgetter("start")):
        between = report.text[position : sentence.start]
        if cut in between.replace("\r\n", "\n") and paragraph:
            yield tuple(paragraph)
            paragraph = []
        if paragraph or between.strip():
            paragraph.append(Passage(0, "", (Piece(between, False),)))
        paragraph.append(_passage(sentence, report))
        position = sentence.end
    rest = report.text[position:]
    if rest.strip():
        paragraph.append(Passage(0, "", (Piece(rest, False),)))
    if paragraph:
        yield tuple(paragraph)


def _facts(report: Report) -> Iterable[tuple[str, str]]:
    counts = report.counts
    yield "Article score", f"{_words.percent(report.score, report.threshold)} %"
    threshold = f"{_words.shown_threshold(report.threshold):g} %"
    if report.verifier is None:
        yield "Flagged from", threshold
    else:
        yield "Flagged if", _reader.rule(report, threshold)
    if report.expected_false_flags:
        yield "At this setting", _words.promise(report.expected_false_flags)
    yield "Sentences", f"{counts.sentences:,}"
    yield "Pairs", f"{counts.pairs:,}, {counts.scored:,} read in full"
    yield "Model", report.model
    yield from _reader.facts(report)
