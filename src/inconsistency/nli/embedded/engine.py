"""The scorer that puts encoder and cascade together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from threading import Lock

from inconsistency.nli._graph import Floats, softmax
from inconsistency.nli.embedded.cascade import Cascade
from inconsistency.nli.embedded.encoder import SentenceEncoder, SentenceState
from inconsistency.nli.embedded.packing import Pair
from inconsistency.nli.embedded.parts import open_parts
from inconsistency.nli.scorer import NliScores

PAIRS_AT_ONCE = 4096
CACHED_KINDS = 4096  # pairs


class SharedLowerScorer:
    """Score pairs with the export of `training/export_onnx.py`. Threads may share it.

    Args:
        folder: holds `lower.onnx`, `middle.onnx`, `upper.onnx`, `tokenizer.json`, `config.json`, and where the
            configuration names them `early.onnx` and the two graphs of the prefilter.
        threads: batches that are read side by side; None for one a core.

    Raises:
        ModelError: a file or a setting is missing or damaged, or the labels are not the three of NLI.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        parts = open_parts(folder, threads)
        self.name, self._order, self._kinds = parts.config.name, parts.config.order, parts.config.kinds
        self._encoder, self._cascade, self._cache = SentenceEncoder(parts), Cascade(parts), _KindCache()

    def screen(self, pairs: Sequence[Pair]) -> list[float]:
        """P(contradiction) of the exit head, 0-1, in the order given."""
        return self._scored(pairs, self._cascade.exit_scores)

    def score(self, pairs: Sequence[Pair]) -> list[NliScores]:
        """Score (premise, hypothesis) pairs through all layers, in the order given."""
        return [s for s in self.score_likely(pairs, 0.0) if s is not None]

    def score_likely(self, pairs: Sequence[Pair], floor: float) -> list[NliScores | None]:
        """Scores of the pairs whose P(contradiction) at the exit head reaches `floor`, None for the others.

        From a floor of 0.1 on, the prefilter and the early head dismiss pairs as well, below floors of their own
        (`training/glance.py` sets them, `export_gate.json` says what they lose). `score` does without them.
        """
        found: list[NliScores | None] = []
        outputs = ("logits", "kinds") if self._kinds else ("logits",)
        e, n, c = self._order
        for chunk in chunks(pairs):
            states = self._encoder.states(texts_of(chunk))
            part: list[NliScores | None] = [None] * len(chunk)
            likely = self._cascade.likely(chunk, states, floor)
            for batch, (logits, *kinds) in self._cascade.last(likely, *outputs):
                for k, p in zip(batch.members, softmax(logits), strict=True):
                    premise, hypothesis = chunk[k]
                    cut = states[premise].cut or states[hypothesis].cut
                    part[k] = NliScores(float(p[e]), float(p[n]), float(p[c]), cut)
                for one in kinds:
                    self._cache.add((chunk[k] for k in batch.members), softmax(one))
            found.extend(part)
        return found

    def kinds(self, pairs: Sequence[Pair]) -> list[dict[str, float]]:
        """P(kind) of pairs taken as contradictions, mean of both orders; empty if the model has no such head."""
        if not self._kinds:
            return [{} for _ in pairs]
        both = [*pairs, *((b, a) for a, b in pairs)]
        # A pair whose kind is asked for has mostly just been scored.
        known = self._cache.of(both)
        for chunk in chunks([pair for pair in dict.fromkeys(both) if pair not in known]):
            likely = self._cascade.likely(chunk, self._encoder.states(texts_of(chunk)), 0.0)
            for batch, (logits,) in self._cascade.last(likely, "kinds"):
                known |= zip((chunk[k] for k in batch.members), softmax(logits), strict=True)
        means = [(known[a, b] + known[b, a]) / 2 for a, b in pairs]
        return [dict(zip(self._kinds, map(float, row), strict=True)) for row in means]

    def cut(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text, on its own, is longer than the model reads; only the tokenizer is run."""
        return self._encoder.tokens(texts)[1]

    def _scored(
        self, pairs: Sequence[Pair], rough: Callable[[Sequence[Pair], dict[str, SentenceState]], Floats]
    ) -> list[float]:
        """Rougher scores of pairs, by what gives those of a chunk and its sentences' states."""
        return [float(p) for chunk in chunks(pairs) for p in rough(chunk, self._encoder.states(texts_of(chunk)))]


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
