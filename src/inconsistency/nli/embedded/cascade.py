"""The layers that read pairs, and the early-exit scores that dismiss hopeless ones on the way.

A head reads the first token alone, so its graph finishes the layer below it for that token first, and for the
others only in pairs that pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from inconsistency.nli._graph import Floats, softmax
from inconsistency.nli.embedded.config import DismissRule
from inconsistency.nli.embedded.encoder import SentenceState
from inconsistency.nli.embedded.packing import Batch, Pair, refilled, side_by_side
from inconsistency.nli.embedded.parts import Parts

if TYPE_CHECKING:
    import onnxruntime

UNREACHED = 2.0  # above 1: the graph returns logits and passes no pair on


class Cascade:
    """Prefilter, early head, exit head, last layer.

    Args:
        parts: of the model.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._early, self._middle = parts.graphs.get("early"), parts.graphs["middle"]
        self._early_rule = parts.config.early or DismissRule()
        self._prefilter_rule = parts.config.prefilter or DismissRule()
        self._label = parts.config.order[2]

    def likely(self, pairs: Sequence[Pair], states: Mapping[str, SentenceState], floor: float) -> Iterator[Batch]:
        """Read pairs through the middle layers; give those whose exit score reaches `floor`.

        Prefilter and early head dismiss as well, from the floor on from which their rules let them.
        """
        least, least_early = self._prefilter_rule.under(floor), self._early_rule.under(floor)
        if self.parts.prefilter is None or max(least, least_early) <= 0:
            joined = self.joined(pairs, states)
            return self._kept(self._middle, self._first_layers(joined, floor), floor)
        seen = self.prefilter_scores(pairs, states)
        # `not p < least` lets NaN through; it is refused further up.
        noticed = [k for k, p in enumerate(seen) if not p < least]
        joined = self.joined(pairs, states, noticed)
        return self._kept(self._middle, self._first_layers(joined, floor, seen), floor)

    def last(self, batches: Iterable[Batch], *outputs: str) -> Iterator[tuple[Batch, list[Floats]]]:
        """Read what is left to the end; give the pairs and the outputs named."""
        return self.read(self.parts.graphs["upper"], batches, *outputs)

    def exit_scores(self, pairs: Sequence[Pair], states: Mapping[str, SentenceState]) -> Floats:
        """P(contradiction) of the exit head, in order."""
        joined = self._first_layers(self.joined(pairs, states), 0.0)
        return self.head_scores(self._middle, joined, len(pairs))

    def prefilter_scores(self, pairs: Sequence[Pair], states: Mapping[str, SentenceState]) -> Floats:
        """P(contradiction) of the prefilter, in order; 1 for all where the model has none."""
        if self.parts.prefilter is None:
            return np.ones(len(pairs), dtype=np.float32)
        keys = {text: state.keys for text, state in states.items() if state.keys is not None}
        return self.parts.prefilter.probabilities([(keys[p], keys[h]) for p, h in pairs])

    def head_scores(self, graph: onnxruntime.InferenceSession, joined: Iterable[Batch], count: int) -> Floats:
        """P(contradiction) of a head on the way, in order of the pairs' indexes, of which there are so many."""
        found = np.zeros(count, dtype=np.float32)
        for batch, (logits,) in self.read(graph, joined, "logits", least=UNREACHED):
            found[batch.members] = softmax(logits)[:, self._label]
        return found

    def _first_layers(self, joined: Iterable[Batch], floor: float, seen: Floats | None = None) -> Iterable[Batch]:
        """Through the layers below the early head, where the model has one; it dismisses as far as it may."""
        if self._early is None:
            return joined
        return self._kept(self._early, joined, self._early_rule.under(floor), seen)

    def _kept(
        self,
        graph: onnxruntime.InferenceSession,
        joined: Iterable[Batch],
        floor: float,
        seen: Floats | None = None,
    ) -> Iterator[Batch]:
        """Pairs after some layers, without those to which the head gives a P(contradiction) below `floor`.

        Where the prefilter has `seen` all pairs, its score and the head's count together.
        """

        def ask(batch: Batch) -> list[Any]:
            least = floor if seen is None else least_beside(floor, seen[batch.members])
            return list(graph.run(["kept", "output"], self._feed(batch, least)))

        for batch, (kept, hidden) in self.parts.threads.each(ask, refilled(joined)):
            if len(kept):
                yield Batch([batch.members[k] for k in kept], hidden, batch.mask[kept])

    def read(
        self,
        graph: onnxruntime.InferenceSession,
        thinned: Iterable[Batch],
        *outputs: str,
        least: float | None = None,
    ) -> Iterator[tuple[Batch, list[Floats]]]:
        """Run some layers on what is left, in full batches again; give the pairs and the outputs named."""

        def ask(batch: Batch) -> list[Floats]:
            return list(graph.run(outputs, self._feed(batch, least)))

        return self.parts.threads.each(ask, refilled(thinned))

    def _feed(self, batch: Batch, least: float | Floats | None) -> dict[str, Any]:
        """What a graph takes; of one that dismisses, the P(contradiction) that each pair needs is a part."""
        feed = {"hidden": batch.hidden, "mask": batch.mask, "bias": self.parts.bias(batch.hidden.shape[1])}
        if least is None:
            return feed
        each = np.full(len(batch.members), least, dtype=np.float32)
        return feed | {"least": each, "label": np.array(self._label)}

    @staticmethod
    def joined(
        pairs: Sequence[Pair], states: Mapping[str, SentenceState], chosen: Sequence[int] | None = None
    ) -> Iterator[Batch]:
        """Batches of pairs, all of them or those chosen by their index."""
        hidden = {text: state.hidden for text, state in states.items()}
        return side_by_side(pairs, hidden, range(len(pairs)) if chosen is None else chosen)


def joint(one: Floats, other: Floats) -> Floats:
    """Two scores of the same pairs as one: their log odds added up."""
    odds = [np.log(p) - np.log1p(-p) for p in (np.clip(q, 1e-6, 1 - 1e-6) for q in (one, other))]
    joined: Floats = 1 / (1 + np.exp(-(odds[0] + odds[1])))
    return joined


def least_beside(floor: float, other: Floats) -> Floats:
    """What one score has to be, beside the `other`, for the `joint` one to reach a floor; 0 if there is none."""
    if floor <= 0:
        return np.zeros_like(other)
    beside = np.clip(other, 1e-6, 1 - 1e-6)
    odds = np.log(floor) - np.log1p(-floor) - np.log(beside) + np.log1p(-beside)
    least: Floats = 1 / (1 + np.exp(-odds))
    return least
