"""A glance at a pair: decomposable attention over what the lower layers made of its two sentences.

An article has hundreds of pairs, and nearly all are hopeless. The layers that read a pair cost some billion
operations for it; a glance costs a few million, since each sentence's tokens are projected once and a pair only
aligns, compares and sums them (Parikh et al. 2016, arXiv 1606.01933). `training/glance.py` teaches it the opinion
of the whole model and finds the floor below which it may dismiss.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inconsistency.nli._batching import batches
from inconsistency.nli._graph import open_graph
from inconsistency.nli._threads import Threads

Floats = npt.NDArray[np.float32]
Keys = npt.NDArray[np.float16]
TOKEN_BUDGET = 1024  # of a batch, both sentences; with more, long sentences pad short ones


class Glance:
    """The two graphs of a glance.

    Args:
        folder: holds `glance_sentence.onnx` and `glance_pair.onnx`.
        threads: for batches side by side.

    Raises:
        ModelError: a graph is missing or damaged.
    """

    FILES = ("glance_sentence.onnx", "glance_pair.onnx")

    def __init__(self, folder: Path, threads: Threads) -> None:
        self._threads = threads
        self._sentence, self._pair = (open_graph(folder / name, threads=1) for name in self.FILES)

    def keys(self, hidden: Floats) -> Keys:
        """What a glance needs of sentences: lower-layer states (batch, tokens, width) -> (batch, tokens, keys)."""
        found: Keys = self._sentence.run(["keys"], {"hidden": hidden})[0].astype(np.float16)
        return found

    def probabilities(self, pairs: Sequence[tuple[Keys, Keys]]) -> Floats:
        """Rough P(contradiction) of pairs of keys (tokens, keys), in the order given."""
        found = np.zeros(len(pairs), dtype=np.float32)

        def ask(batch: list[int]) -> Floats:
            feed: dict[str, Floats] = {}
            for side, name in enumerate(("first", "second")):
                feed[name], feed[f"{name}_mask"] = padded([pairs[k][side] for k in batch])
            answer: Floats = self._pair.run(["probability"], feed)[0]
            return answer

        for batch, answer in self._threads.each(ask, batches([len(a) + len(b) for a, b in pairs], TOKEN_BUDGET)):
            found[batch] = answer
        return found


def padded(keys: Sequence[Keys | Floats]) -> tuple[Floats, Floats]:
    """Keys, or states, of several sentences (sentences, tokens, width), and 1 where a token is real."""
    width = max(len(k) for k in keys)
    padded = np.zeros((len(keys), width, keys[0].shape[1]), dtype=np.float32)
    mask = np.zeros((len(keys), width), dtype=np.float32)
    for row, k in enumerate(keys):
        padded[row, : len(k)] = k
        mask[row, : len(k)] = 1
    return padded, mask
