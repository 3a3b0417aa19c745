"""Pairs in batches that are full: the states of two sentences in a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inconsistency.nli._batching import batches, padded
from inconsistency.nli._graph import Floats

Pair = tuple[str, str]
Halves = npt.NDArray[np.float16]
TOKEN_BUDGET = 256  # as fast as more on two cores, at less working memory


class Batch(NamedTuple):
    """Pairs on their way: their indexes, states (pairs, tokens, width) and real tokens (pairs, tokens)."""

    members: list[int]
    hidden: Floats
    mask: npt.NDArray[np.int32]


def side_by_side(pairs: Sequence[Pair], states: Mapping[str, Halves | Floats]) -> Iterator[Batch]:
    """Batches of pairs, longest first: the states (tokens, width) of the two sentences in a row."""
    sides = [(states[a], states[b]) for a, b in pairs]
    lengths = [len(a) + len(b) for a, b in sides]
    for batch in batches(lengths, TOKEN_BUDGET):
        yield Batch(batch, *padded([np.concatenate(sides[k]) for k in batch], np.float32))
