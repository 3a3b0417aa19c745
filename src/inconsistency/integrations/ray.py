"""Ray: a callable for Ray Data, and the engine behind `inconsistency score --engine ray`.

Distribution, scheduling and the restart of dead actors are Ray's; nothing of it is ours.
"""

from __future__ import annotations

import importlib
from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from inconsistency.errors import InconsistencyError, MissingExtraError, ModelError
from inconsistency.integrations.datasets import annotate_batch

if TYPE_CHECKING:
    from inconsistency.batch.chunks import Chunk
    from inconsistency.batch.rows import Row
    from inconsistency.batch.scoring import DetectorFactory, Scored
    from inconsistency.detector import Detector


class ArticleScorer:
    """Scores batches; give the class itself to Ray Data, which makes one in each actor.

    It imports no Ray, so it serves any engine that hands over batches of columns, such as
    Spark's `mapInPandas`.

    Args:
        text: column of the article's body.
        headline: column of its headline, None when there is none.
        detector: options of `Detector`; its "model" may be a scorer.

    Example:
        >>> rows = ray.data.read_parquet("news/").map_batches(  # doctest: +SKIP
        ...     ArticleScorer, fn_constructor_kwargs={"text": "body"}, batch_size=64,
        ...     compute=ray.data.ActorPoolStrategy(size=2),
        ... )
    """

    def __init__(
        self,
        *,
        text: str = "text",
        headline: str | None = None,
        detector: Mapping[str, Any] | None = None,
    ) -> None:
        from inconsistency.detector import Detector

        self._detector = Detector(**(detector or {}))
        self._text, self._headline = text, headline

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """All columns of the batch and those of `annotate_batch`."""
        columns = {name: list(batch[name]) for name in (self._text, self._headline) if name}
        new = annotate_batch(self._detector, columns, self._text, self._headline)
        return {**batch, **new}


class RayEngine:
    """Scores chunks on the actors of a Ray cluster, one detector in each; the order is kept.

    Args:
        factory: makes an actor's detector; must be picklable and importable in the cluster.
        count: number of actors.
        pairs: whether to make the flat pairs table.
        address: of the cluster; None uses the one in sight, or starts one on this machine.

    Raises:
        MissingExtraError: Ray is not installed.
        InconsistencyError: the cluster cannot be reached.
    """

    def __init__(
        self, factory: DetectorFactory, count: int, *, pairs: bool, address: str | None = None
    ) -> None:
        try:
            # Untyped on purpose: Ray's types do not know a class wrapped at run time.
            ray: Any = importlib.import_module("ray")
        except ImportError as error:
            raise MissingExtraError("ray", "ray", "--engine ray") from error
        self._ray = ray
        self._started = not ray.is_initialized()
        if self._started:
            try:
                ray.init(address=address, log_to_driver=False, include_dashboard=False)
            except Exception as error:  # Ray raises many kinds, down to the plainest
                raise InconsistencyError(f"cannot reach a Ray cluster at {address!r}: {error}") from error
        # Tasks of an actor that dies are given again to its successor: the chunk is a pure function of
        # its rows, and the journal takes each result once. Not without end: the chunk may be what kills it.
        actor = ray.remote(max_restarts=-1, max_task_retries=3)(_Actor)
        self._actors = [actor.remote(factory, pairs) for _ in range(count)]

    def settings(self) -> dict[str, Any]:
        """What identifies the detector's results.

        Raises:
            ModelError: the machines of the cluster do not have the same model.
            InconsistencyError: an actor cannot make its detector.
        """
        first: dict[str, Any]
        first, *others = self._get([actor.settings.remote() for actor in self._actors])
        if any(other != first for other in others):
            raise ModelError("the actors have loaded different models under the same name")
        return first

    def map(self, chunks: Iterator[Chunk]) -> Iterator[tuple[Chunk, Scored]]:
        """Score chunks, in order, at most two per actor ahead.

        Raises:
            InconsistencyError: the cluster has gone, an actor cannot be started again, or a chunk has killed
                its actor four times.
        """
        waiting: deque[tuple[Chunk, Any]] = deque()
        for number, chunk in enumerate(chunks):
            actor = self._actors[number % len(self._actors)]
            waiting.append((chunk, actor.score.remote(chunk.rows)))
            if len(waiting) >= 2 * len(self._actors):
                yield self._next(waiting)
        while waiting:
            yield self._next(waiting)

    def _next(self, waiting: deque[tuple[Chunk, Any]]) -> tuple[Chunk, Scored]:
        chunk, reference = waiting.popleft()
        return chunk, self._get(reference)

    def _get(self, references: Any) -> Any:
        """Wait for results; what Ray wraps around an error of ours is taken off.

        Raises:
            InconsistencyError: an actor failed.
        """
        try:
            return self._ray.get(references)
        except InconsistencyError as error:
            # Ray's copy of it is also a Ray error, and its message the whole traceback.
            raise getattr(error, "cause", error) from None
        except self._ray.exceptions.RayError as error:
            last = str(error).strip().splitlines()[-1]
            raise InconsistencyError(
                f"the Ray cluster failed: {last} (if an actor ran out of memory, try fewer --workers)"
            ) from error

    def close(self) -> None:
        """End the actors, and the cluster if it was started here."""
        for actor in self._actors:
            self._ray.kill(actor)
        if self._started:
            self._ray.shutdown()


class _Actor:
    def __init__(self, factory: DetectorFactory, pairs: bool) -> None:
        self._detector: Detector = factory()
        self._pairs = pairs

    def settings(self) -> dict[str, Any]:
        return dict(self._detector.settings())

    def score(self, rows: tuple[Row, ...]) -> Scored:
        from inconsistency.batch.scoring import score_rows

        return score_rows(self._detector, rows, pairs=self._pairs)
