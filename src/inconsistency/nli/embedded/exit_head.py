"""The second look at a pair: the layers up to the exit head, on what the lower layers made of each sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from inconsistency.nli._graph import Floats, softmax
from inconsistency.nli.embedded.encoder import SentenceState
from inconsistency.nli.embedded.packing import Pair, side_by_side
from inconsistency.nli.embedded.parts import Parts


def exit_probabilities(parts: Parts, pairs: Sequence[Pair], states: Mapping[str, SentenceState]) -> Floats:
    """P(contradiction) of the exit head, 0-1, in the order given."""
    found = np.zeros(len(pairs), dtype=np.float32)
    hidden = {text: state.hidden for text, state in states.items()}
    for batch, (logits,) in parts.read("exit", side_by_side(pairs, hidden), "logits"):
        found[batch.members] = softmax(logits)[:, parts.config.order[2]]
    return found
