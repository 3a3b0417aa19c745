"""Batches side by side, a thread for each, instead of all threads together on one.

A batch is a few hundred tokens, too few to share out: threads that split every operator of a graph wait for each
other all the time. One thread a batch never waits, and computes the same however many there are.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Threads:
    """Threads that run calls side by side; stages that feed each other may share them.

    Args:
        count: how many; None for one a core.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = count or cores()
        self._pool: ThreadPoolExecutor | None = None
        self._owner = 0

    def each(self, call: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result]]:
        """Items and what `call` makes of them, in order.

        Items are taken as they are needed to keep the threads busy, one more than there are threads.
        """
        if self.count == 1:
            yield from ((item, call(item)) for item in items)
            return
        pool = self._started()
        waiting: deque[tuple[Item, Future[Result]]] = deque()
        for item in items:
            waiting.append((item, pool.submit(call, item)))
            if len(waiting) > self.count:
                first, made = waiting.popleft()
                yield first, made.result()
        for first, made in waiting:
            yield first, made.result()

    def _started(self) -> ThreadPoolExecutor:
        """The pool, started when first needed, and anew in a forked process, which its threads do not reach."""
        if self._pool is None or self._owner != os.getpid():
            self._pool, self._owner = ThreadPoolExecutor(self.count, "inconsistency"), os.getpid()
        return self._pool


def cores() -> int:
    """Cores that this process may use; macOS and Windows tell only how many there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
