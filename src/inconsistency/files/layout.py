"""Lines on pages -> paragraphs.

A PDF has no paragraphs: it places signs. Paragraphs show by what a typesetter does between them, which is a wider
gap, an indent, or a last line that ends where the next word would still have fitted.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from inconsistency.sentences import BULLET, FINAL_MARK

MARGIN = 0.12  # of a page's height, on top and at the foot, where page numbers and recurring lines stand
_SAME_SIZE = 0.12  # relative difference of sizes within one paragraph
_GAP = 1.25  # times the usual distance of lines, from which a gap divides
_INDENT = 0.7  # of a line's size

_PAGE_NUMBER = re.compile(r"(?:(?:page|p\.)\s*)?[-–—|\s]*#+\s*(?:(?:of|/)\s*#+)?[-–—|\s]*", re.IGNORECASE)
_HYPHEN = re.compile(r"(\w+)[-\u2010]$")
_HYPHENATED = re.compile(r"\w+-\w+")
# Ligatures, which fonts draw as one sign; and the hyphen that shows at the end of a line alone.
_SIGNS = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "ft", "ﬆ": "st"})
_SOFT_HYPHEN = "\u00ad"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text and where it stands, in points from the left and the foot of its page."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float


@dataclass(frozen=True, slots=True)
class Page:
    """A page's height in points, its lines in reading order, and whether it shows images."""

    height: float
    lines: Sequence[Line]
    images: bool = False


def paragraphs(pages: Sequence[Page]) -> list[str]:
    """Join the lines of all pages to paragraphs, without page numbers and recurring lines."""
    bodies = _without_recurring(pages)
    steps = [step for body in bodies for above, line in pairwise(body) if (step := _step(above, line)) > 0]
    usual = statistics.quantiles(steps, n=5, method="inclusive")[0] if len(steps) > 1 else 1.2
    hyphenated = {word.lower() for body in bodies for line in body for word in _HYPHENATED.findall(line.text)}
    found: list[str] = []
    above: Line | None = None
    for body in bodies:
        for index, line in enumerate(body):
            turned = index == 0
            if above and _continues(above, line, turned, usual, body):
                found[-1] = _joined(found[-1], _clean(line.text), hyphenated)
            else:
                found.append(_clean(line.text))
            above = line
    return [text.replace(_SOFT_HYPHEN, "") for text in found]


def _without_recurring(pages: Sequence[Page]) -> list[list[Line]]:
    """The lines of each page but page numbers, and those in the margins that other pages have there too."""
    places = Counter(place for page in pages for place in {_place(page, line) for line in page.lines} if place)
    often = max(2, len(pages) // 3)  # left and right pages have their own
    recurring = {place for place, count in places.items() if count >= often or _PAGE_NUMBER.fullmatch(place[0])}
    return [[line for line in page.lines if _place(page, line) not in recurring] for page in pages]


def _place(page: Page, line: Line) -> tuple[str, int] | None:
    """What stands where in the margin on top or at the foot of a page, all figures alike; None elsewhere."""
    if MARGIN * page.height < line.bottom < (1 - MARGIN) * page.height:
        return None
    return re.sub(r"\d", "#", _clean(line.text)), round(line.bottom / 4)


def _step(above: Line, line: Line) -> float:
    """The way down from a line to the next, in sizes of its type; 0 for a line elsewhere or in another type."""
    apart = line.bottom >= above.bottom or line.left >= above.right or above.left >= line.right
    if apart or not _alike(above, line):
        return 0.0
    return (above.bottom - line.bottom) / line.size


def _alike(above: Line, line: Line) -> bool:
    return abs(above.size - line.size) <= _SAME_SIZE * max(above.size, line.size)


def _continues(above: Line, line: Line, turned: bool, usual: float, body: Sequence[Line]) -> bool:
    """Whether a line goes on with the paragraph of the line before it; `turned` says that a page lies between."""
    text, last = _clean(line.text), _clean(above.text)
    if not _alike(above, line) or BULLET.match(text):
        return False
    ended = bool(FINAL_MARK.search(last))
    if not ended and (text[0].islower() or _HYPHEN.search(last) or last.endswith(_SOFT_HYPHEN)):
        return True
    step = 0.0 if turned else _step(above, line)
    if step == 0.0:  # another column or page
        return not ended and not BULLET.match(last) and len(last) > 30
    indented = _INDENT * line.size < line.left - above.left
    if step > _GAP * usual or (ended and indented):
        return False
    return not _ends_short(above, text, body)


def _ends_short(line: Line, following: str, body: Sequence[Line]) -> bool:
    """Whether the first word that follows would have fitted into a line."""
    rights = [other.right for other in body if _alike(line, other) and abs(other.left - line.left) < 3 * line.size]
    edge = statistics.quantiles(rights, n=10, method="inclusive")[-1] if len(rights) > 1 else line.right
    sign = (line.right - line.left) / len(line.text.strip())
    return edge - line.right > (len(following.split(None, 1)[0]) + 1.5) * sign


def _joined(text: str, line: str, hyphenated: set[str]) -> str:
    """A paragraph with its next line; a word that was divided is whole again."""
    if text.endswith(_SOFT_HYPHEN):
        return text + line
    divided = _HYPHEN.search(text)
    if not divided:
        return f"{text} {line}"
    rest = re.match(r"\w+", line)
    word = f"{divided[1]}-{rest[0] if rest else ''}".lower()
    # "Anglo-Saxon", "14-year-old", and what the article writes with a hyphen in the middle of a line
    if not line[0].islower() or not divided[1][-1].islower() or word in hyphenated:
        return text + line
    return text[:-1] + line


def _clean(text: str) -> str:
    return " ".join(text.translate(_SIGNS).split())
