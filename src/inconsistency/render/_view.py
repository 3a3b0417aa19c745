"""`Report` -> `View`: what every output shows, worked out once and free of any markup."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from inconsistency.evidence import Evidence
from inconsistency.render import _reader
from inconsistency.report import Contradiction, Report
from inconsistency.sentences import Sentence
from inconsistency.verify.prompt import one_line

KIND_LABELS = {
    "number": "Number",
    "date_time": "Date or time",
    "place": "Place",
    "identity_role": "Person or role",
    "custody_outcome": "Custody or outcome",
    "negation": "Negation",
    "antonym": "Opposites",
    "cause": "Cause",
    "attribution": "Attribution",
    "status_alive_dead": "Alive or dead",
    "sequence": "Order of events",
    "count_plural": "How many",
    "comparison": "Comparison",
    "relation": "Relation",
    "other": "Kind not known",
}
_CONTROL = {c: "\ufffd" for c in (*range(32), *range(127, 160)) if chr(c) not in "\n\t"} | {ord("\r"): " "}
_KIND_SOURCES = {
    "rule": "Kind by the words that differ",
    "model": "Kind estimated by the model",
    "classifier": "Kind estimated from all words",
}
_WORD_SOURCES = {"rule": "by rules over the words", "model": "from the model's behaviour"}


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters of the article, and whether they clash with others."""

    text: str
    clash: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence, or the characters between two sentences.

    `pairs` are the numbers of the cards the sentence stands in, in order; `number` counts
    sentences from 1 and is 0 for characters between sentences.
    """

    number: int
    name: str
    pieces: tuple[Piece, ...]
    pairs: tuple[int, ...] = ()
    furniture: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One flagged pair. `percent` is its probability in whole percent, never 100.

    `opinion` is what a second reader says of it, on one line without control characters, or why it says nothing.
    """

    number: int
    kind: str
    label: str
    source: str
    percent: int
    probability: float
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
    headline: Passage | None
    paragraphs: tuple[tuple[Passage, ...], ...]
    cards: tuple[Card, ...]
    facts: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]
    cleared: tuple[str, ...]  # pairs that a second reader has judged and that are not flagged, a line each


def view(report: Report, title: str | None = None) -> View:
    """Lay a report out."""
    cards = tuple(_card(n, c, _reader.name(report)) for n, c in enumerate(report.contradictions, start=1))
    headline = next((s for s in report.sentences if s.part == "headline"), None)
    named = title or report.headline or _first_line(report)
    return View(
        title=named,
        summary=summary(report),
        headline=_passage(headline, report) if headline else None,
        paragraphs=tuple(_paragraphs(report)),
        cards=cards,
        facts=tuple(_facts(report)),
        left_out=tuple(_left_out(report)),
        cleared=tuple(_cleared(c) for c in report.cleared),
    )


def summary(report: Report) -> str:
    """One sentence: what was found among how much."""
    counts, found = report.counts, len(report.contradictions)
    compared = f"{_many(counts.sentences, 'sentence')}, {_many(counts.pairs, 'pair')}"
    if not found:
        return f"No contradiction found among {compared}."
    return f"{_many(found, 'possible contradiction')} among {compared}."


def printable(text: str) -> str:
    """Replace control characters, one by one: an article must not be able to drive a terminal."""
    return text.translate(_CONTROL)


def percent(probability: float) -> int:
    """Whole percent; rounding never claims certainty."""
    return min(99, max(0 if probability == 0 else 1, round(100 * probability)))


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _first_line(report: Report) -> str:
    line = report.text.strip().split("\n", 1)[0].strip()
    return line if len(line) <= 90 else line[:89].rstrip() + "…"


def _name(sentence: Sentence) -> str:
    return "Headline" if sentence.role == "headline" else f"Sentence {sentence.index + 1}"


def _card(number: int, pair: Contradiction, reader: str) -> Card:
    evidence = pair.evidence
    clashes = evidence.clashes if evidence else ()
    kind = evidence.kind if evidence else "other"
    return Card(
        number=number,
        kind=kind,
        label=KIND_LABELS.get(kind, kind.replace("_", " ").capitalize()),
        source=_source(evidence),
        percent=percent(pair.probability),
        probability=pair.probability,
        first=_quoted(pair.first, [(c.first_start, c.first_end) for c in clashes]),
        second=_quoted(pair.second, [(c.second_start, c.second_end) for c in clashes]),
        explanation=evidence.explanation if evidence else "",
        caveat=pair.caveat or "",
        opinion=_reader.opinion(pair, reader),
    )


def _cleared(pair: Contradiction) -> str:
    return f"{_name(pair.first)} and {_name(pair.second).lower()}: {_reader.said(pair)}"


def _source(evidence: Evidence | None) -> str:
    """How kind and clashing words were found, as one sentence; empty when neither was."""
    if evidence is None:
        return ""
    parts = [_KIND_SOURCES[evidence.kind_source]] if evidence.kind_source in _KIND_SOURCES else []
    if evidence.clashes and evidence.source in _WORD_SOURCES:
        words = "clashing words" if parts else "Clashing words"
        parts.append(f"{words} {_WORD_SOURCES[evidence.source]}")
    return "; ".join(parts) + "." if parts else ""


def _quoted(sentence: Sentence, spans: Iterable[tuple[int, int]]) -> Passage:
    return Passage(sentence.index + 1, _name(sentence), _pieces(sentence, spans))


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
        number=sentence.index + 1,
        name=_name(sentence),
        pieces=_pieces(sentence, spans),
        pairs=tuple(pairs),
        furniture=sentence.role == "furniture",
    )


def _paragraphs(report: Report) -> Iterable[tuple[Passage, ...]]:
    """The body, whole: sentences and whatever stands between them, cut at blank lines.

    An article without any blank line is cut at every line break instead.
    """
    cut = "\n\n" if "\n\n" in report.text.replace("\r\n", "\n") else "\n"
    paragraph: list[Passage] = []
    position = 0
    for sentence in sorted((s for s in report.sentences if s.part == "body"), key=_start):
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


def _start(sentence: Sentence) -> int:
    return sentence.start


def _facts(report: Report) -> Iterable[tuple[str, str]]:
    counts = report.counts
    yield "Article score", f"{percent(report.score)} %"
    if report.verifier is None:
        yield "Flagged from", f"{percent(report.threshold)} %"
    else:
        yield "Flagged if", _reader.rule(report, percent(report.threshold))
    if report.expected_false_flags is not None:
        yield "False flags to expect", f"{report.expected_false_flags:.2g} if the article is clean"
    yield "Sentences", f"{counts.sentences:,}"
    yield "Pairs", f"{counts.pairs:,}"
    yield "Pairs read in full", f"{counts.scored:,}"
    yield "Model", report.model
    yield from _reader.facts(report)


def _left_out(report: Report) -> Iterable[str]:
    counts = report.counts
    for reason, count in counts.furniture.items():
        yield f"{_many(count, 'sentence')} marked as web-page furniture: {reason}"
    for reason, count in counts.left_out.items():
        yield f"{_many(count, 'pair')} not compared: {reason}"
    if counts.screened_out:
        yield f"{_many(counts.screened_out, 'pair')} dismissed before being read in full"
    if counts.truncated:
        yield f"{_many(counts.truncated, 'pair')} too long for the model and cut"
    for reason, count in counts.unverified.items():
        yield f"{_many(count, 'pair')} without a verdict of the second reader: {one_line(reason)}"
