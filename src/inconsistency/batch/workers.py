"""Score chunks in several processes: the model is loaded once in each, the order is kept.

Not `concurrent.futures`: its workers hold both ends of their queue, so after a `kill -9` of the
parent they wait for ever. Here each worker has a pipe of its own, which breaks with the parent.
"""

from __future__ import annotations

import functools
import logging
import multiprocessing
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, cast

from inconsistency.batch.chunks import Chunk
from inconsistency.batch.scoring import DetectorFactory, Scored, score_rows
from inconsistency.errors import InconsistencyError, MissingExtraError, ModelError
from inconsistency.nli._threads import cores

logger = logging.getLogger(__name__)


def threads_each(workers: int) -> int:
    """Threads for each worker such that together they use the machine's cores once."""
    return max(1, cores() // workers)


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    chunk: Chunk | None = None


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
        self._start_worker = functools.partial(_start, factory, pairs)
        self._workers: list[_Worker] = []
        self._died_at: set[int] = set()
        try:
            for _ in range(count):
                self._workers.append(self._start_worker())
            self._settings, *others = [_settings(worker) for worker in self._workers]
            if any(other != self._settings for other in others):
                raise ModelError("the workers have loaded different models: the files changed meanwhile")
        except BaseException:
            self.close()  # nobody else can: the caller gets no pool
            raise

    def settings(self) -> dict[str, Any]:
        """What identifies the detector's results."""
        return self._settings

    def map(self, chunks: Iterator[Chunk]) -> Iterator[tuple[Chunk, Scored]]:
        """Score chunks, in order.

        At most two chunks per worker are read but not handed on, so a slow chunk cannot pile up
        the ones behind it.

        Raises:
            InconsistencyError: a worker died twice on the same chunk.
            ModelError: a worker died, and its successor found another model.
        """
        finished: dict[int, tuple[Chunk, Scored]] = {}
        order: list[int] = []
        more = True
        while more or order:
            for worker in self._workers:
                if worker.chunk is None and more and len(order) < 2 * len(self._workers):
                    if (chunk := next(chunks, None)) is None:
                        more = False
                        break
                    order.append(chunk.end)
                    self._send(worker, chunk)
            self._receive(finished)
            while order and order[0] in finished:
                yield finished.pop(order.pop(0))

    def _send(self, worker: _Worker, chunk: Chunk) -> None:
        worker.chunk = chunk
        try:
            worker.pipe.send(chunk.rows)
        except OSError:
            logger.debug("a worker died while idle; its pipe reports it to _receive")

    def _receive(self, finished: dict[int, tuple[Chunk, Scored]]) -> None:
        busy = {worker.pipe: worker for worker in self._workers if worker.chunk is not None}
        for pipe in wait(list(busy)) if busy else ():
            worker = busy[cast(Connection, pipe)]
            chunk = cast(Chunk, worker.chunk)
            try:
                answer = worker.pipe.recv()
            except (EOFError, OSError):
                self._replace(worker, chunk)
                continue
            if isinstance(answer, BaseException):
                raise answer
            worker.chunk = None
            finished[chunk.end] = (chunk, answer)

    def _replace(self, worker: _Worker, chunk: Chunk) -> None:
        """Start another process for one that died, and give it the same chunk, once."""
        worker.process.join(timeout=5)
        code = worker.process.exitcode
        message = f"a worker died (exit code {code}) on rows up to {chunk.end}"
        if chunk.end in self._died_at:
            raise InconsistencyError(
                f"{message}, twice; out of memory? Try fewer --workers. "
                "All rows before them are safe: the same command resumes."
            )
        logger.warning("%s; starting another", message)
        self._died_at.add(chunk.end)
        index = self._workers.index(worker)
        worker.pipe.close()
        self._workers[index] = fresh = self._start_worker()
        if _settings(fresh) != self._settings:
            raise ModelError("the model has changed since the run began, so a dead worker cannot be replaced")
        self._send(fresh, chunk)

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.pipe.close()
        for worker in self._workers:
            worker.process.join(timeout=1)
            if worker.process.is_alive():
                worker.process.kill()  # it ignores a gentler signal
                worker.process.join()


def _start(factory: DetectorFactory, pairs: bool) -> _Worker:
    # Spawn, not fork: torch and ONNX Runtime hold threads that do not survive a fork.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, factory, pairs), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _settings(worker: _Worker) -> dict[str, Any]:
    try:
        answer = worker.pipe.recv()
    except (EOFError, OSError) as error:
        raise InconsistencyError("a worker died while loading the model") from error
    if isinstance(answer, BaseException):
        raise answer
    return cast("dict[str, Any]", answer)


def _work(pipe: Connection, factory: DetectorFactory, pairs: bool) -> None:
    """Serve one pipe until it breaks: the body of a worker process."""
    # These reach the whole process group; the parent decides what is still to be finished.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        detector = factory()
        pipe.send(detector.settings())
        while True:
            pipe.send(score_rows(detector, pipe.recv(), pairs=pairs))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except Exception as error:
        pipe.send(_portable(error))


def _portable(error: Exception) -> InconsistencyError:
    """An exception that survives the pipe; some take arguments that pickle forgets."""
    if isinstance(error, InconsistencyError) and not isinstance(error, MissingExtraError):
        return type(error)(str(error))
    return InconsistencyError(f"{type(error).__name__}: {error}")
