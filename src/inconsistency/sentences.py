"""Article text -> sentences with exact offsets; web-page furniture is marked, never dropped."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple

from tokenizesentences import tokenize_spans

from inconsistency.errors import InputError
from inconsistency.furniture import fold, kind_of_line, kind_of_tail

Role = Literal["text", "headline", "furniture"]
Span = tuple[int, int]

_LINE_BREAK = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
FINAL_MARK = re.compile(r"[.!?…:;。！？][\"'”’»)\]]*$")
_FULL_STOP = re.compile(r"[.…:;,。][\"'”’»)\]]*$")
BULLET = re.compile(r"[•▪●◦‣*–—-]\s|\d{1,2}[.)]\s")

# Ends of sentences that the library leaves alone: "…", "[...]", and marks of other scripts.
_MORE_ENDS = re.compile(r"(?:\.{3}|…)[\])]?[”\"’']?(?=\s+[“‘\"(]?(\w+))|[。！？؟۔।｡]+[”’」』)\]]*")
# "Great news! 🎉 The mill is open again."; after a full stop the library divides by itself.
_BEFORE_EMOJI = re.compile("[!?][”\"’']?(?=\\s+[\u2600-\u27bf\U0001f300-\U0001faff])")
# "1. The mill closed.": the library takes the number of a list's item for a sentence.
_ITEM_NUMBER = re.compile(r"\s*\d{1,3}\.\s*")
_BEFORE_BULLET = re.compile(r"\s(?=[•▪●◦‣]\s)")
# Titles before a name, as press and wire style shorten them, that the library does not know.
_TITLE = re.compile(
    r"\b(?:Reps|Sens|Govs|Gens|Drs|Profs|Messrs|Mmes|Mme|Mlle|Supt|Atty|Pfc|Cllr|Insp|Asst|Amb"
    r"|Lieut|Dist|Rt|Cpl|Spc|Ald|Hon)\.$"
)
_CLOSERS = re.compile(r"\s*[)\]”»]+(?!\w)")
_FLOATING_QUOTE = re.compile(r'\s+"(?=\s|$)')
# "Stop!" Mr Lee shouted. The library knows only a small letter after the quotation.
_ASKED = re.compile(
    r"\s+(?:[A-Z][\w.'’-]*\s+){1,4}(?:said|says|asked|asks|added|told|replied|shouted|cried|wrote"
    r"|yelled|wondered|screamed|explained|recalled|tweeted)\b"
)
_QUOTED_END = re.compile(r"[?!][”\"’']$")


class Article(NamedTuple):
    """An article whose headline is given apart from its body."""

    text: str
    headline: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and where it stands.

    For every sentence, ``part[start:end] == text``, where ``part`` is the article's body text or,
    for a headline given apart, that headline.

    Attributes:
        index: position among all sentences of the article, from 0; a headline given apart is 0.
        text: the sentence's characters, without surrounding white space.
        start: offset of its first character, in Python characters.
        end: offset after its last character.
        part: "body", or "headline" for a headline given apart from the body.
        role: "headline" when it reads as the article's headline (given apart or found on top of
            the body), "furniture" when it is web-page furniture, otherwise "text".
        furniture: for furniture, what kind: "prompt", "byline", "caption", "repeated headline", ...
    """

    index: int
    text: str
    start: int
    end: int
    part: Literal["body", "headline"] = "body"
    role: Role = "text"
    furniture: str | None = None

    @property
    def number(self) -> int:
        """Position among all sentences, from 1, as people count."""
        return self.index + 1


def from_texts(texts: Sequence[str], headline: bool) -> tuple[Sentence, ...]:
    """Sentences of an article that is split already; none is taken for furniture.

    Args:
        texts: the sentences; offsets are those in their lines, one below the other.
        headline: whether the first one is the headline.
    """
    made, start = [], 0
    for index, text in enumerate(texts):
        role: Role = "headline" if headline and index == 0 else "text"
        made.append(Sentence(index, text, start, start + len(text), role=role))
        start += len(text) + 1
    return tuple(made)


def split(text: str, *, headline: str | None = None) -> tuple[Sentence, ...]:
    """Divide an article into sentences, furniture marked.

    Every character of the text that is not white space belongs to exactly one sentence.

    Args:
        text: the article's body; a line break ends a sentence unless the text is hard-wrapped.
        headline: the headline, where it does not stand in the text; it becomes sentence 0.

    Raises:
        InputError: the text or the headline is not a string.
    """
    for value in (text, headline):
        if not isinstance(value, str | None) or text is None:
            raise InputError(f"an article must be a str, not {type(value).__name__}")
    sentences: list[Sentence] = []
    if headline and (span := _strip(headline, 0, len(headline))):
        sentences.append(Sentence(0, headline[slice(*span)], *span, "headline", "headline"))
    seen = _Seen(fold(headline or ""))
    for span, follower in _blocks(text):
        for start, end, role, kind in _judge(text, span, follower, seen):
            index = len(sentences)
            sentences.append(Sentence(index, text[start:end], start, end, "body", role, kind))
    return tuple(sentences)


@dataclass(slots=True)
class _Seen:
    """What an article has shown so far: its headline, folded, and its folded lines."""

    headline: str
    lines: set[str] = field(default_factory=set)
    started: bool = False

    def kind(self, line: str, folded: str) -> str | None:
        """What furniture a line is, in the light of what stood before it."""
        if folded and folded == self.headline:
            return "repeated headline"
        # Answers of a word or two may recur in prose.
        again = folded in self.lines and len(line.split(None, 4)) > 3
        return kind_of_line(line) or ("repeated" if again else None)


def _judge(text: str, span: Span, follower: str, seen: _Seen) -> Iterator[tuple[int, int, Role, str | None]]:
    """The sentences of one block with their roles."""
    line = text[slice(*span)]
    folded = fold(line)
    kind = seen.kind(line, folded)
    role: Role = "furniture" if kind else "text"
    if not kind:
        if not seen.started and not seen.headline and _reads_like_headline(line, follower):
            role, seen.headline = "headline", folded
        seen.started = True
    seen.lines.add(folded)
    spans = _sentence_spans(text, span)
    for start, end in spans[:-1]:
        yield start, end, role, kind
    start, end = spans[-1]
    if len(spans) > 1 and role == "text" and (kind := kind_of_tail(text[start:end])):
        role = "furniture"
    yield start, end, role, kind


def _reads_like_headline(line: str, follower: str) -> bool:
    """Whether the first block of a text is its headline: short, no full stop, more to follow."""
    words = line.split(None, 26)
    return (
        2 <= len(words) <= 25
        and len(line) <= 200
        and bool(follower)
        and not follower[0].islower()
        and not _FULL_STOP.search(line)
        and not BULLET.match(line)
    )


def _blocks(text: str) -> Iterator[tuple[Span, str]]:
    """Paragraphs (lines, unless the text is hard-wrapped), each with the start of the next."""
    lines = list(_lines(text))
    width = _wrap_width(text, lines)
    block: Span | None = None
    above = (0, 0)
    for line, after_blank in lines:
        start, end = line
        if block and not after_blank and _continues(text, above, line, width):
            block = (block[0], end)
        else:
            if block:
                yield block, text[start : start + 1]
            block = line
        above = line
    if block:
        yield block, ""


def _lines(text: str) -> Iterator[tuple[Span, bool]]:
    """Lines that are not blank, stripped, and whether a blank line stands before."""
    position, blank = 0, True
    for match in [*_LINE_BREAK.finditer(text), None]:
        end = match.start() if match else len(text)
        if span := _strip(text, position, end):
            yield span, blank
        blank = span is None
        position = match.end() if match else end


def _wrap_width(text: str, lines: list[tuple[Span, bool]]) -> float | None:
    """Usual line length of a text whose lines break in mid-sentence, None for other texts."""
    inner = [(a, b) for (a, _), (b, after_blank) in pairwise(lines) if not after_blank]
    if len(inner) < 3:
        return None
    lengths = [end - start for (start, end), _ in inner]
    in_mid_sentence = sum(text[start].islower() for _, (start, _) in inner)
    width = statistics.median(lengths)
    wrapped = in_mid_sentence > len(inner) / 2 and width >= 30 and max(lengths) <= 2 * width
    return width if wrapped else None


def _continues(text: str, above: Span, line: Span, width: float | None) -> bool:
    """Whether a line goes on with the sentence of the line directly above it."""
    length = above[1] - above[0]
    tail = text[max(above[0], above[1] - 8) : above[1]]
    if width is None:
        return length >= 40 and text[line[0]].islower() and not FINAL_MARK.search(tail)
    # A short line ends its paragraph, or is a heading.
    return length >= 0.6 * width and not BULLET.match(text, line[0])


def _sentence_spans(text: str, span: Span) -> list[Span]:
    """Spans of a block's sentences. Only ends come from rules, so that nothing can be lost."""
    line = text[slice(*span)]
    spans, start = [], span[0]
    for end in [*(span[0] + cut for cut in _cuts(line)), span[1]]:
        if found := _strip(text, start, end):
            spans.append(found)
        start = max(start, end)
    return spans


def _cuts(line: str) -> list[int]:
    """Where sentences of a line end, in order: the library's ends, mended."""
    ends = {end for _, end in tokenize_spans(line)}
    # "I" and figures go on after "..." as often as they begin; the library does not split before them either.
    ends |= {
        m.end()
        for m in _MORE_ENDS.finditer(line)
        if not m[1] or not (m[1][0].islower() or m[1][0].isdigit() or m[1] == "I")
    }
    ends |= {m.end() for rule in (_BEFORE_BULLET, _BEFORE_EMOJI) for m in rule.finditer(line)}
    if number := _ITEM_NUMBER.match(line):
        ends -= {end for end in ends if end <= number.end() < len(line)}
    cuts: list[int] = []
    quotes = counted = 0
    for end in sorted(ends):
        before = line[max(0, end - 12) : end]
        if _TITLE.search(before) or (_QUOTED_END.search(before) and _ASKED.match(line, end)):
            continue
        quotes += line.count('"', counted, end)
        counted = end
        if closers := _CLOSERS.match(line, end):
            end = closers.end()
        elif quotes % 2 and (floating := _FLOATING_QUOTE.match(line, end)):
            end = floating.end()
        cuts.append(end)
    return cuts


def _strip(text: str, start: int, end: int) -> Span | None:
    """The span without white space around it, None when nothing else is left."""
    left = len(text[start:end].lstrip())
    length = len(text[start:end].strip())
    return (end - left, end - left + length) if length else None
