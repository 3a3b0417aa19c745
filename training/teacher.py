"""The embedded model with its rougher scores and inner states in view, for `glance.py`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inconsistency.errors import ModelError
from inconsistency.nli._graph import Floats
from inconsistency.nli.embedded.cascade import joint
from inconsistency.nli.embedded.encoder import SentenceState
from inconsistency.nli.embedded.engine import SharedLowerScorer, chunks, texts_of
from inconsistency.nli.embedded.packing import Halves, Pair


class Teacher(SharedLowerScorer):
    """A scorer that also gives what the library keeps to itself."""

    def prefilter_scores(self, pairs: Sequence[Pair]) -> list[float]:
        """P(contradiction) of the prefilter, 0-1, in the order given."""
        return self._scored(pairs, self._cascade.prefilter_scores)

    def early_scores(self, pairs: Sequence[Pair]) -> list[float]:
        """P(contradiction) of early head and prefilter together, 0-1, in the order given."""

        def both(chunk: Sequence[Pair], states: dict[str, SentenceState]) -> Floats:
            scores = self._cascade.head_scores(self._early, self._cascade.joined(chunk, states), len(chunk))
            if self._cascade.parts.prefilter is None:
                return scores
            return joint(scores, self._cascade.prefilter_scores(chunk, states))

        return self._scored(pairs, both)

    def states(self, texts: Sequence[str]) -> list[Halves]:
        """Lower-layer states (tokens, width) of sentences."""
        found = self._encoder.states(texts)
        return [found[text].hidden for text in texts]

    def early_states(self, pairs: Sequence[Pair]) -> list[Halves]:
        """State (width,) of each pair's first token below the early head."""
        found: list[Halves] = []
        for chunk in chunks(pairs):
            first: dict[int, Halves] = {}
            joined = self._cascade.joined(chunk, self._encoder.states(texts_of(chunk)))
            for batch, (hidden,) in self._cascade.read(self._early, joined, "output", least=0.0):
                first |= zip(batch.members, hidden[:, 0].astype(np.float16), strict=True)
            found += [first[k] for k in range(len(chunk))]
        return found

    @property
    def _early(self) -> object:
        graph = self._cascade.parts.graphs.get("early")
        if graph is None:
            raise ModelError(f"{self.name} has no early head")
        return graph
