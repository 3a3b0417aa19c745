"""Sentences -> what the lower layers make of each, once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from inconsistency.nli._batching import batches, padded
from inconsistency.nli._graph import Floats, open_tokenizer
from inconsistency.nli.embedded.packing import Halves
from inconsistency.nli.embedded.parts import Parts
from inconsistency.nli.embedded.prefilter import Prefilter
from inconsistency.nli.encodable import encodable

START, END, PAD = 0, 2, 1
SENTENCE_BUDGET = 160  # sentences of an article are few and of all lengths; with more, a fourth of it is padding


class SentenceState(NamedTuple):
    """What the lower layers made of one sentence.

    Attributes:
        hidden: states (tokens, width).
        keys: what the prefilter needs of it (tokens, keys).
    """

    hidden: Halves
    keys: Halves


class SentenceEncoder:
    """Tokenizer and lower layers.

    Args:
        parts: of the model.
        prefilter: makes its keys on the way, while a sentence's states are at hand in full precision.

    Raises:
        ModelError: the tokenizer is damaged.
    """

    def __init__(self, parts: Parts, prefilter: Prefilter) -> None:
        self._parts, self._prefilter = parts, prefilter
        self._tokenizer = open_tokenizer(parts.folder / "tokenizer.json")
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._recent: dict[str, SentenceState] = {}

    def states(self, texts: Iterable[str]) -> dict[str, SentenceState]:
        """States of sentences, each read once.

        Those of the last call that read new sentences are kept for the next one: an article's pairs are asked
        about in both directions. A dictionary that is kept is never changed, so threads that share an encoder can
        at worst read a sentence again.
        """
        recent, texts = self._recent, dict.fromkeys(texts)
        states = {t: recent[t] for t in texts if t in recent}
        fresh = [t for t in texts if t not in states]
        ids, _ = self.tokens(fresh)

        def read(batch: list[int]) -> list[SentenceState]:
            output = self._lower([ids[k] for k in batch])
            keys = self._prefilter.keys(output)
            real = [slice(len(ids[k])) for k in batch]
            kept = [output[row, part].astype(np.float16) for row, part in enumerate(real)]
            return [SentenceState(hidden, keys[row, real[row]]) for row, hidden in enumerate(kept)]

        for batch, made in self._parts.threads.each(read, batches([len(i) for i in ids], SENTENCE_BUDGET)):
            states |= zip((fresh[k] for k in batch), made, strict=True)
        if fresh:
            self._recent = states
        return states

    def tokens(self, texts: Sequence[str]) -> tuple[list[list[int]], list[bool]]:
        """Token ids with start and end marks, and whether a text had to be cut."""
        readable = [encodable(text) for text in texts]
        raw = [e.ids for e in self._tokenizer.encode_batch_fast(readable, add_special_tokens=False)]
        longest = self._parts.config.max_tokens
        return [[START, *ids[:longest], END] for ids in raw], [len(ids) > longest for ids in raw]

    def _lower(self, ids: list[list[int]]) -> Floats:
        """States (sentences, tokens, width) of a batch of sentences."""
        tokens, mask = padded(ids, np.int64, PAD)
        width = tokens.shape[1]
        places = np.broadcast_to(np.arange(width, dtype=np.int64) + 2, tokens.shape)
        feed = {"ids": tokens, "positions": places, "mask": mask, "bias": self._parts.bias(width)}
        output: Floats = self._parts.graphs["lower"].run(["output"], feed)[0]
        return output
