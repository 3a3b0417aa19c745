"""A callable for Ray Data and other engines that hand over batches of columns.

Distribution, scheduling and the restart of dead actors are theirs; nothing of it is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inconsistency.integrations.datasets import annotator


class ArticleScorer:
    """Scores batches; give the class itself to Ray Data, which makes one in each actor.

    It imports no Ray, so it serves any engine that hands over batches of columns, such as Spark's `mapInPandas`.

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

        self._columns = [name for name in (text, headline) if name]
        self._annotate = annotator(Detector(**(detector or {})), text=text, headline=headline)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """All columns of the batch and those of `annotate_batch`."""
        new = self._annotate({name: list(batch[name]) for name in self._columns})
        return {**batch, **new}
