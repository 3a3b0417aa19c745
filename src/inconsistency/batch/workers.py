"""Score chunks in several processes: the model is loaded once in each, the order is kept."""

from __future__ import annotations

import functools
import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, TypeVar

from inconsistency.batch.chunks import Chunk
from inconsistency.batch.engine import DetectorFactory, Scored, score_rows
from inconsistency.batch.input.rows import Row
from inconsistency.errors import InconsistencyError, MissingExtraError, ModelError
from inconsistency.nli._threads import cores

if TYPE_CHECKING:
    from inconsistency.detector import Detector

logger = logging.getLogger(__name__)

T = TypeVar("T")


def threads_each(workers: int) -> int:
    """Threads for each worker such that together they use the machine's cores once."""
    return max(1, cores() // workers)


class WorkerPool:
    """Processes that score chunks.

    Args:
        factory: makes a worker's detector; must be picklable.
        count: number of processes.
        pairs: whether to make the flat pairs table.

    Raises:
        InconsistencyError: a worker cannot make its detector.
        ModelError: they have loaded different models.
    """

    def __init__(self, factory: DetectorFactory, count: int, *, pairs: bool) -> None:
        self._factory, self._count, self._pairs = factory, count, pairs
        self._start()
        try:
            answers = [self._pool.submit(_settings) for _ in range(count)]
            self._settings, *others = [_result(answer) for answer in answers]
            if any(other != self._settings for other in others):
                raise ModelError(_CHANGED)
        except BrokenProcessPool as error:
            self.close()
            raise InconsistencyError("a worker died while loading the model") from error
        except BaseException:
            self.close()  # nobody else can: the caller gets no pool
            raise

    def _start(self) -> None:
        # Spawn, not fork: torch and ONNX Runtime hold threads that do not survive a fork.
        context = multiprocessing.get_context("spawn")
        theirs, self._lifeline = context.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(self._count, context, _begin, (theirs, self._factory, self._pairs))

    def settings(self) -> dict[str, Any]:
        """What identifies the detector's results."""
        return self._settings

    def map(self, chunks: Iterator[Chunk]) -> Iterator[tuple[Chunk, Scored]]:
        """Score chunks, in order.

        At most two chunks per worker are read but not handed on, so a slow chunk cannot pile up
        the ones behind it.

        Raises:
            InconsistencyError: a chunk kills the worker that scores it.
            ModelError: a worker that was started later has found another model.
        """
        waiting: deque[tuple[Chunk, Future[Scored | InconsistencyError]]] = deque()
        while True:
            while len(waiting) < 2 * self._count and (chunk := next(chunks, None)) is not None:
                waiting.append((chunk, self._submit(chunk)))
            if not waiting:
                return
            try:
                scored = _result(waiting[0][1])
            except BrokenProcessPool:
                yield from self._one_by_one([chunk for chunk, _ in waiting])
                waiting.clear()
            else:
                yield waiting.popleft()[0], scored

    def _submit(self, chunk: Chunk) -> Future[Scored | InconsistencyError]:
        try:
            return self._pool.submit(_score, chunk.rows, self._settings)
        except BrokenProcessPool as error:  # told when the turn comes of the chunk that a worker died on
            broken: Future[Scored | InconsistencyError] = Future()
            broken.set_exception(error)
            return broken

    def _one_by_one(self, chunks: list[Chunk]) -> Iterator[tuple[Chunk, Scored]]:
        """Score again the chunks on one of which a worker died; alone, the culprit shows itself."""
        logger.warning("a worker died on rows up to %d; starting others", chunks[-1].end)
        self.close()
        self._start()
        for chunk in chunks:
            try:
                yield chunk, _result(self._submit(chunk))
            except BrokenProcessPool as error:
                raise InconsistencyError(
                    f"a worker died on rows up to {chunk.end}, twice; out of memory? Try fewer --workers. "
                    "All rows before them are safe: the same command resumes."
                ) from error

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        self._lifeline.close()
        self._pool.shutdown(cancel_futures=True)


def _result(answer: Future[T | InconsistencyError]) -> T:
    """Wait for a worker's answer; an error that it tells of is raised here."""
    result = answer.result()
    if isinstance(result, InconsistencyError):
        raise result
    return result


# In a worker process.

_CHANGED = "the workers have loaded different models: the files changed meanwhile"
_made_with: tuple[DetectorFactory, bool]


def _begin(lifeline: Connection, factory: DetectorFactory, pairs: bool) -> None:
    """Prepare a worker. Its model is loaded by its first task, since only a task can tell what went wrong."""
    global _made_with
    _made_with = factory, pairs
    # These reach the whole process group; the parent decides what is still to be finished.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()


def _end_with_parent(lifeline: Connection) -> None:
    """Wait until the parent closes its end of the pipe, or is killed: a pool's worker would not notice."""
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(0)


@functools.cache
def _detector() -> Detector:
    return _made_with[0]()


def _settings() -> dict[str, Any] | InconsistencyError:
    try:
        return dict(_detector().settings())
    except Exception as error:
        return _portable(error)


def _score(rows: tuple[Row, ...], settings: dict[str, Any]) -> Scored | InconsistencyError:
    try:
        if not _detector.cache_info().currsize and _detector().settings() != settings:
            raise ModelError(_CHANGED)
        return score_rows(_detector(), rows, pairs=_made_with[1])
    except Exception as error:
        return _portable(error)


def _portable(error: Exception) -> InconsistencyError:
    """An exception that survives the way to the parent; some take arguments that pickle forgets."""
    if isinstance(error, InconsistencyError) and not isinstance(error, MissingExtraError):
        return type(error)(str(error))
    return InconsistencyError(f"{type(error).__name__}: {error}")
