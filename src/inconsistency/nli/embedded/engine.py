"""The scorer that puts the looks together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from inconsistency.nli._graph import Floats, softmax
from inconsistency.nli.embedded.encoder import SentenceEncoder, SentenceState
from inconsistency.nli.embedded.packing import Pair, side_by_side
from inconsistency.nli.embedded.parts import open_parts
from inconsistency.nli.embedded.prefilter import Prefilter
from inconsistency.nli.embedded.reader import JointReader
from inconsistency.nli.scorer import NliScores

PAIRS_AT_ONCE = 4096
CACHED_KINDS = 16_384  # pairs: what is read of some hundred articles at once, before their kinds are asked for


class EmbeddedScorer:
    """Score pairs with the export of `training/export_onnx.py`. Threads may share it.

    Args:
        folder: holds `config.json`, `tokenizer.json`, `relative_bias.npy` and the graphs.
        threads: batches that are read side by side; None for one a core.

    Raises:
        ModelError: a file or a setting is missing or damaged, or the labels are not the three of NLI.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self._parts = parts = open_parts(folder, threads)
        self.name, self._kinds = parts.config.name, parts.config.kinds
        self._prefilter = Prefilter(parts.graphs["glance_sentence"], parts.graphs["glance_pair"], parts.threads)
        self._encoder = SentenceEncoder(parts, self._prefilter)
        self._reader, self._cache = JointReader(parts), _KindCache()

    def prefilter(self, pairs: Sequence[Pair]) -> list[float]:
        """P(contradiction) of the prefilter, 0-1, in the order given."""

        def look(chunk: Sequence[Pair], states: Mapping[str, SentenceState]) -> Floats:
            return self._prefilter.probabilities([(states[a].keys, states[b].keys) for a, b in chunk])

        return self._looked_at(pairs, look)

    def screen(self, pairs: Sequence[Pair]) -> list[float]:
        """P(contradiction) of the exit head, 0-1, in the order given; it reads states, not words."""

        def look(chunk: Sequence[Pair], states: Mapping[str, SentenceState]) -> Floats:
            found = np.zeros(len(chunk), dtype=np.float32)
            hidden = {text: state.hidden for text, state in states.items()}
            for batch, (logits,) in self._parts.read("exit", side_by_side(chunk, hidden), "logits"):
                found[batch.members] = softmax(logits)[:, self._parts.config.order[2]]
            return found

        return self._looked_at(pairs, look)

    def score(self, pairs: Sequence[Pair]) -> list[NliScores]:
        """Score (premise, hypothesis) pairs by the joint reader, in the order given."""
        found: list[NliScores] = []
        for chunk in chunks(pairs):
            ids, cut = self._tokens(chunk)
            part: dict[int, NliScores] = {}
            for members, labels, kinds in self._reader.read(chunk, ids):
                for k, (e, n, c) in zip(members, labels[:, self._parts.config.order].tolist(), strict=True):
                    part[k] = NliScores(e, n, c, any(cut[text] for text in chunk[k]))
                self._cache.add((chunk[k] for k in members), kinds)
            found += [part[k] for k in range(len(chunk))]
        return found

    def kinds(self, pairs: Sequence[Pair]) -> list[dict[str, float]]:
        """P(kind) of pairs taken as contradictions, mean of both orders."""
        both = [*pairs, *((b, a) for a, b in pairs)]
        # A pair whose kind is asked for has mostly just been scored.
        known = self._cache.of(both)
        for chunk in chunks([pair for pair in dict.fromkeys(both) if pair not in known]):
            for members, _, kinds in self._reader.read(chunk, self._tokens(chunk)[0]):
                known |= zip((chunk[k] for k in members), kinds, strict=True)
        means = [(known[a, b] + known[b, a]) / 2 for a, b in pairs]
        return [dict(zip(self._kinds, map(float, row), strict=True)) for row in means]

    def cut(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text, on its own, is longer than the model reads; only the tokenizer is run."""
        return self._encoder.tokens(texts)[1]

    def _tokens(self, pairs: Sequence[Pair]) -> tuple[dict[str, list[int]], dict[str, bool]]:
        """Token ids of the sentences of pairs, and whether they were cut."""
        texts = list(dict.fromkeys(texts_of(pairs)))
        ids, cut = self._encoder.tokens(texts)
        return dict(zip(texts, ids, strict=True)), dict(zip(texts, cut, strict=True))

    def _looked_at(
        self, pairs: Sequence[Pair], look: Callable[[Sequence[Pair], Mapping[str, SentenceState]], Floats]
    ) -> list[float]:
        """What a look says of pairs, given those of a chunk and its sentences' states."""
        return [float(p) for chunk in chunks(pairs) for p in look(chunk, self._encoder.states(texts_of(chunk)))]


class _KindCache:
    """What the kind head said of the newest pairs; threads may share it."""

    def __init__(self) -> None:
        self._rows: OrderedDict[Pair, Floats] = OrderedDict()
        self._lock = Lock()

    def add(self, pairs: Iterable[Pair], rows: Floats) -> None:
        """Keep the rows of pairs, and let go of the oldest."""
        with self._lock:
            self._rows |= zip(pairs, rows, strict=True)
            while len(self._rows) > CACHED_KINDS:
                self._rows.popitem(last=False)

    def of(self, pairs: Iterable[Pair]) -> dict[Pair, Floats]:
        """The rows of those pairs that are known."""
        with self._lock:
            return {pair: row for pair in pairs if (row := self._rows.get(pair)) is not None}


def chunks(pairs: Sequence[Pair]) -> Iterator[Sequence[Pair]]:
    """Slices small enough that the states of all their sentences fit in memory."""
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        yield pairs[start : start + PAIRS_AT_ONCE]


def texts_of(pairs: Sequence[Pair]) -> Iterator[str]:
    """Both sentences of each pair."""
    return (text for pair in pairs for text in pair)
