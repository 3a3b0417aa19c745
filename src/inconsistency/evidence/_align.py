"""Two sentences -> slots: words of one that stand where the other has different words.

The sentences are laid side by side so that as much as possible agrees (`_units.py`: the same words, stems,
values, times, names). What is left between the agreeing words are the slots.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from inconsistency.evidence._rules import Reading
from inconsistency.evidence._units import Unit, agree, excludes, units

# What agreeing and unlike units add to an alignment. Only their order matters: agreement of content words
# first, then words that exclude each other, then the rest.
_AGREE, _AGREE_FUNCTION, _EXCLUDE, _BOTH_CONTENT, _BOTH_FUNCTION, _MIXED = 2.0, 0.6, 1.0, 0.3, 0.2, -0.4
_GAP = -0.05


@dataclass(frozen=True, slots=True)
class Slot:
    """Units of the first sentence and of the second between agreeing ones; one side may be empty.

    Attributes:
        first: units of the first sentence.
        second: units of the second.
        rule: what makes the two sides exclude each other, "changed" when nothing known does.
        anchors: on how many hands (0-2) agreeing words hold the slot in place.
    """

    first: tuple[Unit, ...]
    second: tuple[Unit, ...]
    rule: str
    anchors: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """All slots of two sentences, and how much of their content agrees.

    Attributes:
        slots: what stands between agreeing words, in order.
        alike: share of both sentences' content that agrees, 0-1.
        covered: share of the first's content that the second has too, and the other way round, 0-1.
    """

    slots: tuple[Slot, ...]
    alike: float
    covered: tuple[float, float]


def align(first: Reading, second: Reading) -> Alignment:
    """Lay two sentences side by side."""
    one, two = units(first), units(second)
    columns = _columns(one, two)
    agreed = sum(one[i].content for i, j in columns if i is not None and j is not None and agree(one[i], two[j]))
    sizes = [sum(u.content for u in part) for part in (one, two)]
    slots: list[Slot] = []
    for run, anchors in _runs(columns, one, two):
        slots += _slots(run, anchors, one, two)
    first_covered, second_covered = (agreed / size if size else 0.0 for size in sizes)
    return Alignment(tuple(slots), 2 * agreed / max(1, sum(sizes)), (first_covered, second_covered))


def _score(one: Unit, other: Unit) -> float:
    if agree(one, other):
        return _AGREE if one.content else _AGREE_FUNCTION
    if excludes(one, other):
        return _EXCLUDE
    if one.content and other.content:
        return _BOTH_CONTENT
    return _BOTH_FUNCTION if one.content == other.content else _MIXED


Column: TypeAlias = tuple[int | None, int | None]
"""An index into the first sentence's units and one into the second's; None where it has nothing there."""


def _columns(one: Sequence[Unit], two: Sequence[Unit]) -> list[Column]:
    """The best alignment that keeps the order of both sentences, by dynamic programming."""
    rows, width = len(one), len(two)
    best = [[_GAP * (i + j) for j in range(width + 1)] for i in range(rows + 1)]
    pairs = [[_score(a, b) for b in two] for a in one]
    for i in range(1, rows + 1):
        above, here, scores = best[i - 1], best[i], pairs[i - 1]
        for j in range(1, width + 1):
            here[j] = max(above[j - 1] + scores[j - 1], above[j] + _GAP, here[j - 1] + _GAP)
    columns: list[Column] = []
    i, j = rows, width
    while i and j:
        if best[i][j] == best[i - 1][j - 1] + pairs[i - 1][j - 1]:
            i, j = i - 1, j - 1
            columns.append((i, j))
        elif best[i][j] == best[i - 1][j] + _GAP:
            i -= 1
            columns.append((i, None))
        else:
            j -= 1
            columns.append((None, j))
    columns += [(n, None) for n in reversed(range(i))] + [(None, n) for n in reversed(range(j))]
    return columns[::-1]


def _runs(
    columns: list[Column], one: Sequence[Unit], two: Sequence[Unit]
) -> Iterator[tuple[list[Column], int]]:
    """Stretches of columns without agreement, each with how many of its two sides agreement holds."""
    run: list[Column] = []
    before = 0
    for i, j in columns:
        if i is not None and j is not None and agree(one[i], two[j]):
            if run:
                yield run, before + 1
            run, before = [], 1
        else:
            run.append((i, j))
    if run:
        yield run, before


def _slots(run: list[Column], anchors: int, one: Sequence[Unit], two: Sequence[Unit]) -> Iterator[Slot]:
    """The slots of a run: units that exclude each other alone, what lies between them together."""
    left: list[Unit] = []
    right: list[Unit] = []
    for i, j in run:
        rule = excludes(one[i], two[j]) if i is not None and j is not None else ""
        if rule and i is not None and j is not None:
            yield from _rest(left, right, anchors)
            yield Slot((one[i],), (two[j],), rule, anchors)
            left, right = [], []
            continue
        left += [one[i]] if i is not None else []
        right += [two[j]] if j is not None else []
    yield from _rest(left, right, anchors)


def _rest(left: list[Unit], right: list[Unit], anchors: int) -> Iterator[Slot]:
    first, second = _trimmed(left), _trimmed(right)
    if first or second:
        negated = any(u.negator for u in first) != any(u.negator for u in second)
        yield Slot(first, second, "negator_slot" if negated else "changed", anchors)
    elif left or right:
        yield Slot(tuple(left), tuple(right), "small_words", anchors)


def _trimmed(part: list[Unit]) -> tuple[Unit, ...]:
    """Without the words at its ends that carry nothing; empty when none carries anything."""
    carrying = [n for n, u in enumerate(part) if u.carries]
    return tuple(part[carrying[0] : carrying[-1] + 1]) if carrying else ()
