"""What a second reader has done and spent so far, over all threads and workers, and the limits that stop it."""

from __future__ import annotations

import dataclasses
import math
import multiprocessing
import threading
from collections.abc import MutableSequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from inconsistency.errors import InputError, LimitReachedError
from inconsistency.verify.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Usage:
    """What a second reader has done so far.

    Attributes:
        calls: questions that a server answered.
        cached: questions whose answer was in the cache.
        failed: questions that were given up, all tries of one counted together.
        refused: entries of answers that were not accepted.
        read: tokens of all prompts, as servers count them; where they do not, one for each four characters.
        written: tokens of all answers, counted alike.
    """

    calls: int = 0
    cached: int = 0
    failed: int = 0
    refused: int = 0
    read: int = 0
    written: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a second reader may do and spend; None for as much as it takes.

    Attributes:
        calls: questions to a server, answered or not.
        cost: in the currency of the prices.
        prices: of a million tokens read, and of a million written.

    Raises:
        InputError: a value is not accepted, or a cost has no prices.
    """

    calls: int | None = None
    cost: float | None = None
    prices: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        """Refuse limits that could not be kept."""
        if self.calls is not None and self.calls < 1:
            raise InputError(f"max calls is {self.calls!r}; accepted are whole numbers from 1")
        if self.prices is not None and not all(0 <= price < math.inf for price in self.prices):
            raise InputError(f"prices are {self.prices!r}; accepted are two numbers from 0")
        if self.cost is None:
            return
        if not 0 < self.cost < math.inf:
            raise InputError(f"max cost is {self.cost!r}; accepted are numbers above 0")
        if self.prices is None:
            raise InputError("a most cost is given without the prices of a million tokens, read and written")

    def price(self, read: float, written: float) -> float | None:
        """Cost of so many tokens; None without prices."""
        if self.prices is None:
            return None
        return (self.prices[0] * read + self.prices[1] * written) / 1e6


_COUNTED = tuple(field.name for field in dataclasses.fields(Usage))
# Calls that were begun, and tokens that those under way are expected to take, stand beside what is told.
_SLOTS = ("begun", "open_read", "open_written", *_COUNTED)


class Meter:
    """Counts, and says before each call whether it may be made.

    Threads share it as it is. Worker processes share one that was made with `shared`, if they get it as they
    start; a copy that comes another way begins anew.

    Args:
        limits: when to stop.
        shared: whether processes share it.
    """

    def __init__(self, limits: Limits | None = None, *, shared: bool = False) -> None:
        self.limits = limits or Limits()
        self._lock: AbstractContextManager[object]
        self._values: MutableSequence[int]
        if shared:
            array = multiprocessing.get_context("spawn").Array("q", len(_SLOTS))
            self._values, self._lock = array, array.get_lock()  # type: ignore[assignment]  # it has what is needed
        else:
            self._values, self._lock = [0] * len(_SLOTS), threading.Lock()

    def __reduce__(self) -> tuple[object, ...]:
        """A shared one goes to a process that starts; another one begins anew where it arrives."""
        if isinstance(self._values, list):
            return Meter, (self.limits,)
        return _attached, (self.limits, self._values)

    @property
    def usage(self) -> Usage:
        """The counts so far."""
        with self._lock:
            return Usage(**{name: self._values[_SLOTS.index(name)] for name in _COUNTED})

    def begin(self, call: Estimate) -> None:
        """Take leave for a call, which `end` gives back.

        Raises:
            LimitReachedError: a limit would be passed, as far as can be told beforehand.
        """
        with self._lock:
            now = dict(zip(_SLOTS, self._values, strict=True))
            if self.limits.calls is not None and now["begun"] >= self.limits.calls:
                raise LimitReachedError(f"the most calls that were allowed are made: {self.limits.calls:,}")
            read = now["read"] + now["open_read"] + call.read
            written = now["written"] + now["open_written"] + call.written
            cost = self.limits.price(read, written)
            if self.limits.cost is not None and cost is not None and cost > self.limits.cost:
                raise LimitReachedError(f"the next call may pass the most that may be spent: {self.limits.cost:g}")
            self._add(begun=1, open_read=call.read, open_written=call.written)

    def end(self, call: Estimate, **counts: int) -> None:
        """A call has ended, and this is what came of it."""
        with self._lock:
            self._add(open_read=-call.read, open_written=-call.written, **counts)

    def count(self, **counts: int) -> None:
        """Add to what is told."""
        with self._lock:
            self._add(**counts)

    def _add(self, **counts: int) -> None:
        for name, more in counts.items():
            self._values[_SLOTS.index(name)] += more


def _attached(limits: Limits, array: object) -> Meter:
    meter = Meter(limits)
    meter._values, meter._lock = array, array.get_lock()  # type: ignore[assignment, attr-defined]
    return meter
