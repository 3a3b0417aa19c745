"""A long article -> windows: which of its sentences are shown in one call, and which pairs are asked there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from inconsistency.sentences import Sentence
from inconsistency.verify.verdict import Pair

OVERLAP = 4  # a window repeats up to 1/4 of what the one before showed
EXCERPT = 8  # around each sentence of a far pair, up to 1/8 of a window is shown
FRAME = 12  # characters of a line beside the sentence itself: its number and the marks around it


@dataclass(slots=True)
class Window:
    """A part of an article that is shown in one call.

    Attributes:
        shown: positions of its sentences, rising.
        pairs: the suspected pairs asked there, as positions.
    """

    shown: tuple[int, ...]
    pairs: list[Pair] = field(default_factory=list)


def windows(
    sentences: Sequence[Sentence], pairs: Sequence[Pair], most: int, everything: bool = False
) -> list[Window]:
    """Cut an article into windows of whole sentences that overlap.

    A pair is asked in the first window that shows both of its sentences. Where none does, they get one made of
    the surroundings of both, headline included. Furniture is shown only where a pair has it.

    Args:
        sentences: the article.
        pairs: suspected pairs.
        most: characters of a window, above 0; a sentence that is longer by itself is shown whole.
        everything: whether windows without a pair are kept as well.
    """
    asked = {k for pair in pairs for k in pair}
    shown = [k for k, s in enumerate(sentences) if s.role != "furniture" or k in asked]
    size = {k: len(sentences[k].text) + FRAME for k in shown}
    found = [Window(tuple(part)) for part in _consecutive(shown, size, most)]
    head = [k for k in shown if sentences[k].role == "headline"]
    for pair in pairs:
        window = next((w for w in found if set(pair) <= set(w.shown)), None)
        if window is None:
            around = {k for place in pair for k in _around(shown, place, size, most // EXCERPT)}
            window = Window(tuple(sorted({*head, *around})))
            found.append(window)
        window.pairs.append(pair)
    return [w for w in found if w.pairs or (everything and w.shown)]


def _consecutive(shown: list[int], size: dict[int, int], most: int) -> list[list[int]]:
    """The article from its first sentence to its last one."""
    parts: list[list[int]] = []
    start = 0
    while start < len(shown):
        end = _fit(shown, start, size, most)
        parts.append(shown[start:end])
        if end == len(shown):
            break
        back = end
        while back - 1 > start and sum(size[k] for k in shown[back - 1 : end]) <= most // OVERLAP:
            back -= 1
        start = back
    return parts


def _fit(shown: list[int], start: int, size: dict[int, int], most: int) -> int:
    """The end of the longest run of sentences from `start` on that fits, one sentence at least."""
    end, total = start + 1, size[shown[start]]
    while end < len(shown) and total + size[shown[end]] <= most:
        total += size[shown[end]]
        end += 1
    return end


def _around(shown: list[int], place: int, size: dict[int, int], most: int) -> list[int]:
    """A sentence and its neighbours on both sides, as many as fit."""
    first = last = shown.index(place)
    total = size[place]
    while True:
        nearest = [k for k in (first - 1, last + 1) if 0 <= k < len(shown) and total + size[shown[k]] <= most]
        if not nearest:
            return shown[first : last + 1]
        for k in nearest:
            if total + size[shown[k]] <= most:
                total += size[shown[k]]
                first, last = min(first, k), max(last, k)
