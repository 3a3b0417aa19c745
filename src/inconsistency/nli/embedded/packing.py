"""Pairs in batches that are full: side by side, and put together again after some have been dismissed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inconsistency.nli._batching import batches
from inconsistency.nli._graph import Floats

Pair = tuple[str, str]
Halves = npt.NDArray[np.float16]
TOKEN_BUDGET = 256  # as fast as more on two cores, at less working memory


class Batch(NamedTuple):
    """Pairs on their way: their indexes, states (pairs, tokens, width) and real tokens (pairs, tokens)."""

    members: list[int]
    hidden: Floats
    mask: npt.NDArray[np.int32]


def side_by_side(pairs: Sequence[Pair], states: Mapping[str, Halves], chosen: Sequence[int]) -> Iterator[Batch]:
    """Batches of the chosen pairs, longest first: the states (tokens, width) of the two sentences in a row."""
    sides = [(states[pairs[k][0]], states[pairs[k][1]]) for k in chosen]
    lengths = [len(a) + len(b) for a, b in sides]
    for batch in batches(lengths, TOKEN_BUDGET):
        width = lengths[batch[0]]
        hidden = np.zeros((len(batch), width, sides[batch[0]][0].shape[1]), dtype=np.float32)
        mask = np.zeros((len(batch), width), dtype=np.int32)
        for row, k in enumerate(batch):
            a, b = sides[k]
            hidden[row, : len(a)] = a
            hidden[row, len(a) : lengths[k]] = b
            mask[row, : lengths[k]] = 1
        yield Batch([chosen[k] for k in batch], hidden, mask)


def refilled(thinned: Iterable[Batch]) -> Iterator[Batch]:
    """Thinned batches put together until they are full again.

    They come longest first, so the first one's width fits all that wait.
    """
    waiting: list[Batch] = []
    for batch in thinned:
        count = sum(len(b.members) for b in waiting) + len(batch.members)
        if waiting and count * waiting[0].hidden.shape[1] > TOKEN_BUDGET:
            yield _stacked(waiting)
            waiting = []
        waiting.append(batch)
    if waiting:
        yield _stacked(waiting)


def _stacked(parts: list[Batch]) -> Batch:
    """Several batches as one, padded to the width of the first."""
    if len(parts) == 1:
        return parts[0]
    members = [k for part in parts for k in part.members]
    _, width, size = parts[0].hidden.shape
    hidden = np.zeros((len(members), width, size), dtype=np.float32)
    mask = np.zeros((len(members), width), dtype=np.int32)
    row = 0
    for part in parts:
        rows = slice(row, row + len(part.members))
        hidden[rows, : part.hidden.shape[1]] = part.hidden
        mask[rows, : part.mask.shape[1]] = part.mask
        row = rows.stop
    return Batch(members, hidden, mask)
