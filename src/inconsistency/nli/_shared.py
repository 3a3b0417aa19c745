"""The embedded model's engine: ONNX Runtime, lower layers once a sentence, upper layers a pair.

Most of the cost of comparing all pairs of an article is reading the same sentences again and again.
The default model is trained with its lower layers unshared between the two sentences, so here each
sentence passes them once and is remembered; only the layers above read pairs. An exit head in the middle
lets `screen` stop early.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from inconsistency.errors import ModelError
from inconsistency.nli._batching import batches
from inconsistency.nli.labels import label_order
from inconsistency.nli.scorer import NliScores

if TYPE_CHECKING:
    import onnxruntime

Floats = npt.NDArray[np.float32]
START, END, PAD = 0, 2, 1
MAX_DISTANCE = 511
TOKEN_BUDGET = 1024  # as fast as 2048 on two cores, at half the working memory
PAIRS_AT_ONCE = 4096
REMEMBERED_TOKENS = 150_000  # about 230 MB of half-precision states


class _State(NamedTuple):
    """What the lower layers made of one sentence."""

    hidden: npt.NDArray[np.float16]
    cut: bool


class _Half(NamedTuple):
    """Pairs after the middle layers: their indexes, states (pairs, tokens, width) and real tokens."""

    members: list[int]
    hidden: Floats
    mask: npt.NDArray[np.int32]


class SharedLowerScorer:
    """Score pairs with the three-part export of `training/export_onnx.py`.

    Args:
        folder: holds `lower.onnx`, `middle.onnx`, `upper.onnx`, `tokenizer.json`, `config.json`.
        threads: threads of ONNX Runtime; None lets it use every core.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.name = f"{config['name']} ({config['precision']})"
        self._order = label_order(config.get("id2label"), self.name)
        self._longest = int(config["max_tokens"])
        self._tokenizer = open_tokenizer(folder / "tokenizer.json")
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._relative = np.load(folder / "relative_bias.npy")

        def session(part: str) -> onnxruntime.InferenceSession:
            return open_graph(folder / f"{part}.onnx", threads)

        self._lower, self._middle = session("lower"), session("middle")
        self._open_upper: Callable[[], onnxruntime.InferenceSession] = lambda: session("upper")
        self._upper: onnxruntime.InferenceSession | None = None
        self._states: OrderedDict[str, _State] = OrderedDict()
        self._remembered = 0

    def screen(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Quick P(contradiction) of the exit head, 0-1, in the order given."""
        found: list[float] = []
        for chunk in self._chunks(pairs):
            part = np.zeros(len(chunk), dtype=np.float32)
            for batch, feed in self._feeds(chunk, self._encode(chunk)):
                logits = self._middle.run(["logits"], feed)[0]
                part[batch] = softmax(logits)[:, self._order[2]]
            found.extend(float(p) for p in part)
        return found

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NliScores]:
        """Score (premise, hypothesis) pairs through all layers, in the order given."""
        return [s for s in self.score_likely(pairs, 0.0) if s is not None]

    def score_likely(self, pairs: Sequence[tuple[str, str]], floor: float) -> list[NliScores | None]:
        """Scores of the pairs whose quick P(contradiction) reaches `floor`, None for the others."""
        found: list[NliScores | None] = []
        e, n, c = self._order
        for chunk in self._chunks(pairs):
            states = self._encode(chunk)
            part: list[NliScores | None] = [None] * len(chunk)
            for members, logits in self._finish(self._likely(chunk, states, floor)):
                for k, p in zip(members, softmax(logits), strict=True):
                    premise, hypothesis = chunk[k]
                    cut = states[premise].cut or states[hypothesis].cut
                    part[k] = NliScores(float(p[e]), float(p[n]), float(p[c]), cut)
            found.extend(part)
        return found

    def _likely(
        self, pairs: Sequence[tuple[str, str]], states: dict[str, _State], floor: float
    ) -> Iterator[_Half]:
        """Read pairs through the middle layers; give those that the exit head does not dismiss."""
        for batch, feed in self._feeds(pairs, states):
            hidden, logits = self._middle.run(["output", "logits"], feed)
            likely = softmax(logits)[:, self._order[2]] >= floor
            if likely.any():
                kept = [k for k, yes in zip(batch, likely, strict=True) if yes]
                yield _Half(kept, hidden[likely], feed["mask"][likely])

    def _finish(self, halves: Iterable[_Half]) -> Iterator[tuple[list[int], Floats]]:
        """Run the upper layers on what is left, in full batches again; give indexes and logits."""
        if self._upper is None:
            self._upper = self._open_upper()
        waiting: list[_Half] = []
        for half in halves:
            # They come longest first, so the first one's width fits all that wait.
            count = sum(len(h.members) for h in waiting) + len(half.members)
            if waiting and count * waiting[0].hidden.shape[1] > TOKEN_BUDGET:
                yield self._upper_logits(self._upper, waiting)
                waiting = []
            waiting.append(half)
        if waiting:
            yield self._upper_logits(self._upper, waiting)

    def _upper_logits(
        self, upper: onnxruntime.InferenceSession, halves: list[_Half]
    ) -> tuple[list[int], Floats]:
        members = [k for half in halves for k in half.members]
        _, width, size = halves[0].hidden.shape
        hidden = np.zeros((len(members), width, size), dtype=np.float32)
        mask = np.zeros((len(members), width), dtype=np.int32)
        row = 0
        for half in halves:
            rows = slice(row, row + len(half.members))
            hidden[rows, : half.hidden.shape[1]] = half.hidden
            mask[rows, : half.mask.shape[1]] = half.mask
            row = rows.stop
        feed = {"hidden": hidden, "mask": mask, "bias": self._bias(width)}
        return members, upper.run(["logits"], feed)[0]

    @staticmethod
    def _chunks(pairs: Sequence[tuple[str, str]]) -> Iterator[Sequence[tuple[str, str]]]:
        """Slices small enough that the states of all their sentences fit in memory."""
        for start in range(0, len(pairs), PAIRS_AT_ONCE):
            yield pairs[start : start + PAIRS_AT_ONCE]

    def _encode(self, pairs: Sequence[tuple[str, str]]) -> dict[str, _State]:
        """Lower-layer states of every sentence in `pairs`, computed once and remembered."""
        texts = dict.fromkeys(text for pair in pairs for text in pair)
        states = {t: self._states[t] for t in texts if t in self._states}
        fresh = [t for t in texts if t not in states]
        ids, cut = self._tokens(fresh)
        for batch in batches([len(i) for i in ids], TOKEN_BUDGET):
            width = max(len(ids[k]) for k in batch)
            tokens = np.full((len(batch), width), PAD, dtype=np.int64)
            for row, k in enumerate(batch):
                tokens[row, : len(ids[k])] = ids[k]
            mask = (np.arange(width) < np.array([len(ids[k]) for k in batch])[:, None]).astype(np.int32)
            places = np.broadcast_to(np.arange(width, dtype=np.int64) + 2, tokens.shape)
            feed = {"ids": tokens, "positions": places, "mask": mask, "bias": self._bias(width)}
            output = self._lower.run(["output"], feed)[0]
            for row, k in enumerate(batch):
                kept = output[row, : len(ids[k])].astype(np.float16)
                states[fresh[k]] = _State(kept, cut[k])
        self._remember(states)
        return states

    def _tokens(self, texts: list[str]) -> tuple[list[list[int]], list[bool]]:
        """Token ids with start and end marks, and whether a text had to be cut."""
        raw = [e.ids for e in self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
        return (
            [[START, *ids[: self._longest], END] for ids in raw],
            [len(ids) > self._longest for ids in raw],
        )

    def _remember(self, states: dict[str, _State]) -> None:
        """Keep the newest states, as many as fit."""
        for text, state in states.items():
            if text in self._states:
                self._states.move_to_end(text)
            else:
                self._states[text] = state
                self._remembered += len(state.hidden)
        while self._remembered > REMEMBERED_TOKENS:
            _, old = self._states.popitem(last=False)
            self._remembered -= len(old.hidden)

    def _feeds(
        self, pairs: Sequence[tuple[str, str]], states: dict[str, _State]
    ) -> Iterator[tuple[list[int], dict[str, Any]]]:
        """Batches of pairs as graph inputs: the two sentences' states side by side."""
        sides = [(states[p].hidden, states[h].hidden) for p, h in pairs]
        lengths = [len(a) + len(b) for a, b in sides]
        for batch in batches(lengths, TOKEN_BUDGET):
            width = lengths[batch[0]]
            hidden = np.zeros((len(batch), width, sides[batch[0]][0].shape[1]), dtype=np.float32)
            mask = np.zeros((len(batch), width), dtype=np.int32)
            for row, k in enumerate(batch):
                a, b = sides[k]
                hidden[row, : len(a)] = a
                hidden[row, len(a) : lengths[k]] = b
                mask[row, : lengths[k]] = 1
            yield batch, {"hidden": hidden, "mask": mask, "bias": self._bias(width)}

    def _bias(self, width: int) -> Floats:
        """Relative position bias (1, heads, width, width)."""
        distance = np.arange(width)[None, :] - np.arange(width)[:, None] + MAX_DISTANCE
        bias: Floats = self._relative[None, :, distance]
        return bias


def open_graph(path: Path, threads: int | None) -> onnxruntime.InferenceSession:
    """Open an ONNX graph on the CPU.

    Raises:
        ModelError: the graph is missing or damaged.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Batches differ in shape, so planned and pooled memory is seldom used twice: it cost 200 MB and saved no time.
    options.enable_mem_pattern = False
    options.enable_cpu_mem_arena = False
    if threads:
        options.intra_op_num_threads = threads
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors have no common base
        raise ModelError(f"cannot open {path}: {error}") from error


def open_tokenizer(path: Path) -> Any:
    """Open a `tokenizer.json`.

    Raises:
        ModelError: the file is missing or damaged.
    """
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises plain `Exception`
        raise ModelError(f"cannot open {path}: {error}") from error


def softmax(logits: Floats) -> Floats:
    """Probabilities of rows of logits."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return shares
