"""Batches of like length under a token budget; the caller's order is restored by index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


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
