"""A score before any layer reads a pair: decomposable attention over the two sentences' lower-layer states.

An article has hundreds of pairs, and nearly all are hopeless. The layers that read a pair cost some billion
operations for it; the prefilter costs a few million, since each sentence's tokens are projected once and a pair
only aligns, compares and sums them (Parikh et al. 2016, arXiv 1606.01933). `training/glance.py` teaches it the
opinion of the dearer looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from inconsistency.nli._batching import batches, padded
from inconsistency.nli._graph import Floats
from inconsistency.nli._threads import Threads
from inconsistency.nli.embedded.packing import Halves

if TYPE_CHECKING:
    import onnxruntime

TOKEN_BUDGET = 1024  # of a batch, both sentences; with more, long sentences pad short ones


class Prefilter:
    """The two graphs of a prefilter.

    Args:
        sentence: states of sentences -> their keys, `glance_sentence.onnx`.
        pair: keys of two sentences -> P(contradiction), `glance_pair.onnx`.
        threads: for batches side by side.
    """

    def __init__(
        self, sentence: onnxruntime.InferenceSession, pair: onnxruntime.InferenceSession, threads: Threads
    ) -> None:
        self._sentence, self._pair, self._threads = sentence, pair, threads

    def keys(self, hidden: Floats) -> Halves:
        """What is needed of sentences: lower-layer states (batch, tokens, width) -> (batch, tokens, keys)."""
        found: Halves = self._sentence.run(["keys"], {"hidden": hidden})[0].astype(np.float16)
        return found

    def probabilities(self, pairs: Sequence[tuple[Halves, Halves]]) -> Floats:
        """Rough P(contradiction) of pairs of keys (tokens, keys), in the order given."""
        found = np.zeros(len(pairs), dtype=np.float32)

        def ask(batch: list[int]) -> Floats:
            feed: dict[str, Floats] = {}
            for side, name in enumerate(("first", "second")):
                feed[name], mask = padded([pairs[k][side] for k in batch], np.float32)
                feed[f"{name}_mask"] = mask.astype(np.float32)
            answer: Floats = self._pair.run(["probability"], feed)[0]
            return answer

        for batch, answer in self._threads.each(ask, batches([len(a) + len(b) for a, b in pairs], TOKEN_BUDGET)):
            found[batch] = answer
        return found
