"""Batches of like length under a token budget; the caller's order is restored by index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Group indexes into batches whose padded size stays within a budget.

    Longest first, so that a batch too large for memory shows at once and not after an hour.

    Args:
        lengths: tokens of each item.
        budget: most tokens of a padded batch; an item longer than that travels alone.

    Yields:
        Indexes into `lengths`; every index once.
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        # Sorted, the first item of a batch is its longest and decides the padded width.
        if batch and (len(batch) + 1) * lengths[batch[0]] > budget:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def padded(
    rows: Sequence[Any], kind: npt.DTypeLike, fill: float = 0
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int32]]:
    """Rows (tokens, ...) of several lengths as one array (rows, tokens, ...), and 1 where a token is real."""
    width = max(map(len, rows))
    whole = np.full((len(rows), width, *np.shape(rows[0])[1:]), fill, dtype=kind)
    mask = np.zeros((len(rows), width), dtype=np.int32)
    for k, row in enumerate(rows):
        whole[k, : len(row)] = row
        mask[k, : len(row)] = 1
    return whole, mask


def most_tokens(table: int | None, model_type: str | None) -> int:
    """Most tokens of a pair that a model's position table has room for; 512 where its size is not told."""
    # RoBERTa and MPNet begin counting positions after the padding index, two places late.
    return int(table or 512) - (2 if model_type in {"roberta", "xlm-roberta", "camembert", "mpnet"} else 0)
