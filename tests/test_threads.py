"""Batches side by side: in order, never far ahead, and the same whatever the number of threads."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from inconsistency import Detector, Report
from inconsistency.nli import load_scorer
from inconsistency.nli._threads import Threads, cores

TEXTS = [
    "The mill closed on Monday.",
    "The mill stayed open all week, the owner said, and nobody there was told of any plan to close it.",
    "Fourteen people were hurt when the bridge fell.",
    "Forty-one people were hurt in the collapse.",
    "A man is sleeping.",
]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_answers_come_in_order(count: int) -> None:
    """Whichever call is done first, items and answers come as the items did."""
    late = threading.Event()

    def square(n: int) -> int:
        if n == 0 and count > 1:
            assert late.wait(10)
        late.set()
        return n * n

    assert list(Threads(count).each(square, range(7))) == [(n, n * n) for n in range(7)]


@pytest.mark.parametrize("count", [1, 2])
def test_items_are_not_taken_long_before_they_are_needed(count: int) -> None:
    """A long article's batches are not all made at once: no more are waiting than threads, and one."""
    taken: list[int] = []

    def items() -> Iterator[int]:
        for n in range(50):
            taken.append(n)
            yield n

    for done, (item, _) in enumerate(Threads(count).each(str, items())):
        assert item == done
        assert len(taken) <= done + count + 1


def test_stages_share_threads() -> None:
    """A stage whose items are another one's answers waits for them without using up the threads."""
    threads = Threads(2)
    doubled = (answer for _, answer in threads.each(lambda n: 2 * n, range(20)))

    assert [answer for _, answer in threads.each(lambda n: n + 1, doubled)] == [2 * n + 1 for n in range(20)]


def test_an_error_in_a_thread_is_not_lost() -> None:
    """It comes out where the answer would."""
    with pytest.raises(ZeroDivisionError):
        list(Threads(2).each(lambda n: 1 // n, [1, 0, 2]))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
def test_a_forked_process_has_threads_of_its_own() -> None:
    """Threads do not survive a fork; the child starts new ones."""
    threads = Threads(2)
    assert list(threads.each(str, [1])) == [(1, "1")]
    child = os.fork()
    if child == 0:
        os._exit(0 if list(threads.each(str, [1, 2, 3])) == [(1, "1"), (2, "2"), (3, "3")] else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_cores_are_at_least_one() -> None:
    """By default there is a thread for every core."""
    assert Threads().count == cores() >= 1


def test_the_number_of_threads_changes_no_score() -> None:
    """The embedded model gives the same numbers, to the last bit, with one thread and with three."""
    pairs = [(a, b) for a in TEXTS for b in TEXTS if a != b]
    one, three = (load_scorer("default", threads=n, self_test=False) for n in (1, 3))

    assert one.score(pairs) == three.score(pairs)


@pytest.mark.slow(seconds=60)
def test_threads_may_share_a_detector() -> None:
    """Eight threads that check articles with one detector for a minute get what one thread gets, up to rounding."""
    articles = [" ".join(TEXTS[k:] + TEXTS[:k]) + f" {10 + k} shops were closed in hall {k}." for k in range(6)]
    alone = Detector(threads=1)
    wanted = [findings(alone.check(text, threshold=0)) for text in articles]
    shared, end = Detector(threads=2), time.monotonic() + 60

    def check(first: int) -> int:
        count = 0
        while time.monotonic() < end:
            number = (first + count) % len(articles)
            for (pair, kind, numbers), (pair_wanted, kind_wanted, numbers_wanted) in zip(
                findings(shared.check(articles[number], threshold=0)), wanted[number], strict=True
            ):
                assert (pair, kind) == (pair_wanted, kind_wanted)
                assert numbers == pytest.approx(numbers_wanted, abs=1e-6)
            count += 1
        return count

    # Other tests run beside this one and go first: on Linux a thread has a priority of its own.
    yielding = (lambda: os.nice(10)) if sys.platform == "linux" else None
    with ThreadPoolExecutor(8, initializer=yielding) as pool:
        assert min(pool.map(check, range(8))) >= 1


def findings(report: Report) -> list[tuple[tuple[str, str], str, list[float]]]:
    """Pairs of a report, their kind, and their probability and scores."""
    return [
        (
            (c.first.text, c.second.text),
            c.evidence.kind if c.evidence else "",
            [c.probability, c.forward.contradiction, c.forward.entailment, c.backward.contradiction],
        )
        for c in report.contradictions
    ]
