"""The joint reader: every layer sees both sentences, so it begins at their words.

The words' vectors are those of the shared model, a fifth of its size. They are taken from `lower.onnx` rather than
kept a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from inconsistency.errors import ModelError
from inconsistency.nli._batching import batches, padded
from inconsistency.nli._exact import constants
from inconsistency.nli._graph import Floats, softmax
from inconsistency.nli.embedded.packing import TOKEN_BUDGET, Batch, Pair
from inconsistency.nli.embedded.parts import Parts

PLACE = "mpnet.embeddings.position_embeddings.weight"
NORM = "mpnet.embeddings.LayerNorm"
FIRST_PLACE = 2  # MPNet's numbering of tokens begins there


class Read(NamedTuple):
    """What the joint reader says of pairs: probabilities (pairs, 3) in the logits' order, and (pairs, kinds)."""

    members: list[int]
    labels: Floats
    kinds: Floats


class Embeddings:
    """Vectors of tokens at their places, as the network's first layer takes them.

    Args:
        graph: `lower.onnx`, whose constants hold them.

    Raises:
        ModelError: it does not hold them.
    """

    def __init__(self, graph: Path) -> None:
        held = constants(graph, ("words", "words.scale", PLACE, f"{NORM}.weight", f"{NORM}.bias"))
        try:
            self._norm, self._shift = held[f"{NORM}.weight"], held[f"{NORM}.bias"]
            width = len(self._norm)
            self._words, self._places = held["words"].reshape(-1, width), held[PLACE].reshape(-1, width)
        except (KeyError, ValueError) as error:
            raise ModelError(f"{graph} does not hold the vectors of words: {error}") from error
        self._scale = held.get("words.scale")

    def of(self, ids: np.ndarray) -> Floats:
        """Vectors (pairs, tokens, width) of token ids (pairs, tokens), counted through from the left."""
        place = np.minimum(np.arange(ids.shape[1]) + FIRST_PLACE, len(self._places) - 1)
        vectors: Floats = self._words[ids].astype(np.float32)
        if self._scale is not None:
            vectors *= self._scale[ids][..., None]
        vectors += self._places[place].astype(np.float32)
        vectors -= vectors.mean(axis=-1, keepdims=True)
        vectors /= np.sqrt(np.square(vectors).mean(axis=-1, keepdims=True) + 1e-5)
        vectors *= self._norm
        vectors += self._shift
        return vectors


class JointReader:
    """Reads pairs through all layers.

    Args:
        parts: of the model.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._embeddings = Embeddings(parts.folder / "lower.onnx")

    def read(self, pairs: Sequence[Pair], ids: Mapping[str, list[int]]) -> Iterator[Read]:
        """Read pairs in batches, the longest first.

        Args:
            pairs: of sentences.
            ids: token ids of each sentence, with its start and end marks.
        """
        joined = [[*ids[a], *ids[b]] for a, b in pairs]
        for batch, (logits, kinds) in self._parts.read("reader", self._batches(joined), "logits", "kinds"):
            yield Read(batch.members, softmax(logits), softmax(kinds))

    def _batches(self, joined: list[list[int]]) -> Iterator[Batch]:
        for members in batches([len(one) for one in joined], TOKEN_BUDGET):
            tokens, mask = padded([joined[k] for k in members], np.int64)
            yield Batch(members, self._embeddings.of(tokens), mask)
