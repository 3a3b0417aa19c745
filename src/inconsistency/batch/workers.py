"""Score chunks in several processes: the model is loaded once in each, the order is kept."""

from __future__ import annotations

import functools
import logging
import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from inconsistency.batch.engine import ArticleChecker, Chunk, DetectorFactory, Engine, Scored, score_rows
from inconsistency.batch.input.rows import Row
from inconsistency.batch.progress import JsonLog, WarningEvents
from inconsistency.errors import InconsistencyError, LimitReachedError, ModelError
from inconsistency.nli._threads import cores

logger = logging.getLogger(__name__)
_WAITING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Let interrupts of this thread wait, where the system can; a process started meanwhile begins so too."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _WAITING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def threads_each(workers: int) -> int:
    """Threads for each worker such that together they use the machine's cores once."""
    return max(1, cores() // workers)


class WorkerPool(Engine):
    """Processes that score chunks, each with a detector of its own; the factory must be picklable.

    With `log_json` their warnings are events, as those of this process are.

    Raises:
        InconsistencyError: a worker cannot make its detector.
    """

    def __init__(
        self, factory: DetectorFactory, count: int, tables: Sequence[str], *, log_json: bool = False
    ) -> None:
        self._count, self._made_with, self._log_json = count, (factory, tables), log_json
        self._settings = self._start()

    def _start(self) -> dict[str, Any]:
        """Start all workers, let them load their models, and give what they have loaded."""
        # Spawn, not fork: torch and ONNX Runtime hold threads that do not survive a fork.
        context = multiprocessing.get_context("spawn")
        theirs, self._lifeline = context.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(self._count, context, _begin, (theirs, self._made_with, self._log_json))
        try:
            # A quick one may answer in place of a slow one, but each tells again with every chunk.
            answers = [self._submit(_settings) for _ in range(self._count)]
            first, *_ = [answer.result() for answer in answers]
            return dict(first)
        except BaseException as error:
            self.close()  # nobody else can: the caller gets no pool
            if isinstance(error, BrokenProcessPool):
                raise InconsistencyError("a worker died while loading the model") from error
            raise

    def _submit(self, task: Callable[..., Any], *args: Any) -> Future[Any]:
        # A pool starts its workers as tasks come. One that is still starting when somebody presses Ctrl-C would
        # die of it, so it inherits that these signals wait; `_begin` says what becomes of them.
        with _signals_wait():
            return self._pool.submit(_do, task, *args)

    def settings(self) -> dict[str, Any]:
        """What all workers have loaded."""
        return self._settings

    def map(self, chunks: Iterator[Chunk]) -> Iterator[tuple[Chunk, Scored]]:
        """Score chunks, in order; at most two a worker are read ahead, so that none pile up behind a slow one.

        Raises:
            InconsistencyError: a chunk kills the worker that scores it, twice.
            ModelError: the files of the model have changed, and a worker has loaded them since.
        """
        ahead: deque[Chunk] = deque()
        answers: deque[Future[Any]] = deque()
        while True:
            try:
                while len(ahead) < 2 * self._count and (chunk := next(chunks, None)) is not None:
                    ahead.append(chunk)
                    answers.append(self._submit(_score, chunk.rows))
                if not ahead:
                    return
                scored = self._result(answers[0])
            except LimitReachedError:
                wait(answers)  # closing kills the workers, and what they have asked is paid for
                raise
            except BrokenProcessPool:
                yield from self._one_by_one(ahead)
                ahead.clear()
                answers.clear()
            else:
                answers.popleft()
                yield ahead.popleft(), scored

    def _one_by_one(self, chunks: Sequence[Chunk]) -> Iterator[tuple[Chunk, Scored]]:
        """Score again the chunks on one of which a worker died; alone, the culprit shows itself."""
        logger.warning("a worker died on rows up to %d; starting others", chunks[-1].end)
        self.close()
        self._start()
        for chunk in chunks:
            try:
                yield chunk, self._result(self._submit(_score, chunk.rows))
            except BrokenProcessPool as error:
                raise InconsistencyError(
                    f"a worker died on rows up to {chunk.end}, twice; out of memory? Try fewer --workers. "
                    "All rows before them are safe: the same command resumes."
                ) from error

    def _result(self, answer: Future[tuple[dict[str, Any], Scored]]) -> Scored:
        settings, scored = answer.result()
        if settings != self._settings:
            raise ModelError("a worker has loaded another model: the files have changed since the run began")
        return scored

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        self._lifeline.close()
        self._pool.shutdown(cancel_futures=True)


# In a worker process.

_made_with: tuple[DetectorFactory, Sequence[str]]


def _begin(lifeline: Connection, made_with: tuple[DetectorFactory, Sequence[str]], log_json: bool) -> None:
    """Prepare a worker. Its model is loaded by its first task, since only a task can tell what went wrong."""
    global _made_with
    _made_with = made_with
    if log_json:
        logging.getLogger("inconsistency").addHandler(WarningEvents(JsonLog()))
    # These reach the whole process group; the parent decides what is still to be finished.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WAITING)
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()


def _end_with_parent(lifeline: Connection) -> None:
    """Wait until the parent closes its end of the pipe, or is killed: a pool's worker would not notice."""
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(0)


@functools.cache
def _detector() -> ArticleChecker:
    return _made_with[0]()


@functools.cache
def _settings() -> dict[str, Any]:
    return dict(_detector().settings())


def _score(rows: tuple[Row, ...]) -> tuple[dict[str, Any], Scored]:
    return _settings(), score_rows(_detector(), rows, _made_with[1])


def _do(task: Callable[..., Any], *args: Any) -> Any:
    """Do a task; an error that would not survive the way to the parent becomes its words."""
    try:
        return task(*args)
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # an error's own methods may raise anything
            raise InconsistencyError(f"{type(error).__name__}: {error}") from None
        raise
