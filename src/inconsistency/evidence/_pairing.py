"""Things of one sentence against things of the other, without comparing each with each.

A "sentence" may be a table in running text with thousands of different numbers, dates or names, and is met by
every other sentence of its article. So the work here grows with the length of both sentences, not with their
product, and nothing is left out: short sentences and long ones get the answer of comparing each with each.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


class Taken:
    """Stretches of a sentence of which none lies across another; finding a place takes a bisection."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def free(self, start: int, end: int) -> bool:
        """Whether no stretch shares a character with ``text[start:end]``."""
        following = bisect_right(self._ends, start)
        return following == len(self._starts) or self._starts[following] >= end

    def take(self, start: int, end: int) -> None:
        """Take a stretch that is free."""
        place = bisect_left(self._starts, start)
        self._starts.insert(place, start)
        self._ends.insert(place, end)


def pair_off(
    left: Iterable[T],
    right: Iterable[T],
    sort: Callable[[T], Hashable],
    facing: Callable[[T], Iterable[Hashable]],
) -> Iterator[tuple[T, T]]:
    """Give each on the left the first on the right that it may face, nobody twice.

    Those on the right queue by their sort, so that one on the left looks at the head of each queue only.

    Args:
        left: in the order in which they choose.
        right: in the order in which they are chosen.
        sort: what alone decides who may face one on the right.
        facing: the sorts that one on the left may face; how many they are bounds the work.
    """
    queues: dict[Hashable, deque[tuple[int, T]]] = {}
    for place, other in enumerate(right):
        queues.setdefault(sort(other), deque()).append((place, other))
    for one in left:
        ready = [queue for wanted in facing(one) if (queue := queues.get(wanted))]
        if ready:
            yield one, min(ready, key=lambda queue: queue[0][0]).popleft()[1]
