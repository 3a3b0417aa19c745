"""The embedded model's engine: ONNX Runtime, lower layers once a sentence, upper layers a pair.

Most of the cost of comparing all pairs of an article is reading the same sentences again and again.
The default model is trained with its lower layers unshared between the two sentences, so here each
sentence passes them once and is remembered; only the layers above read pairs. Opinions on the way dismiss hopeless
pairs, each dearer and surer than the one before: a glance that needs no layer at all (`_glance.py`), an early head
after a few layers, and the exit head in the middle. A head reads the first token alone, so its graph finishes the
layer below it for that token first, and for the others only in pairs that pass.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from inconsistency.errors import ModelError
from inconsistency.nli._batching import batches
from inconsistency.nli._encodable import encodable
from inconsistency.nli._exact import cuts_sums
from inconsistency.nli._glance import Glance, Keys
from inconsistency.nli._graph import Floats, open_graph, open_tokenizer, softmax
from inconsistency.nli._threads import Threads
from inconsistency.nli.labels import label_order
from inconsistency.nli.scorer import NliScores

if TYPE_CHECKING:
    import onnxruntime

START, END, PAD = 0, 2, 1
MAX_DISTANCE = 511
TOKEN_BUDGET = 256  # as fast as more on two cores, at less working memory
SENTENCE_BUDGET = 160  # sentences of an article are few and of all lengths; with more, a fourth of it is padding
PAIRS_AT_ONCE = 4096
UNREACHED = 2.0  # no probability is as high: every pair gets its opinion and none is taken further
REMEMBERED_KINDS = 4096  # pairs


class _State(NamedTuple):
    """What the lower layers made of one sentence."""

    hidden: npt.NDArray[np.float16]
    cut: bool
    keys: Keys | None = None


class _Batch(NamedTuple):
    """Pairs on their way: their indexes, states (pairs, tokens, width) and real tokens (pairs, tokens)."""

    members: list[int]
    hidden: Floats
    mask: npt.NDArray[np.int32]


class _Rule(NamedTuple):
    """When a rougher opinion may dismiss: below `floor`, if the exit head's own floor is at least `exit`."""

    exit: float = 1.0
    floor: float = 0.0

    def under(self, exit_floor: float) -> float:
        """The floor that holds while the exit head's own is `exit_floor`; 0 dismisses nothing."""
        return self.floor if exit_floor >= self.exit else 0.0


class SharedLowerScorer:
    """Score pairs with the export of `training/export_onnx.py`.

    Args:
        folder: holds `lower.onnx`, `middle.onnx`, `upper.onnx`, `tokenizer.json`, `config.json`, and where the
            configuration names them `early.onnx` and the two graphs of the glance.
        threads: batches that are read side by side; None for one a core.

    Raises:
        ModelError: a file or a setting is missing or damaged, or the labels are not the three of NLI.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        config = _configuration(folder)
        self.name = f"{config['name']} ({config['precision']})"
        self._order = label_order(config.get("id2label"), self.name)
        self._kinds: list[str] = config.get("kinds", [])
        self._kind_head = ("kinds",) if self._kinds else ()
        self._told: OrderedDict[tuple[str, str], Floats] = OrderedDict()
        self._telling = Lock()
        self._longest: int = config["max_tokens"]
        self._tokenizer = open_tokenizer(folder / "tokenizer.json")
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._relative = _biases(folder / "relative_bias.npy")

        def session(part: str) -> onnxruntime.InferenceSession:
            return open_graph(folder / f"{part}.onnx", threads=1, unsigned=cuts_sums())

        self._lower, self._middle = session("lower"), _dismissing(session("middle"), folder / "middle.onnx")
        self._early = _dismissing(session("early"), folder / "early.onnx") if "early" in config else None
        self._early_rule = _Rule(**config.get("early", {}))
        self._threads = Threads(threads)
        self._glance = Glance(folder, self._threads) if "glance" in config else None
        self._glance_rule = _Rule(**config.get("glance", {}))
        self._upper = session("upper")
        self._recent: dict[str, _State] = {}

    def screen(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Quick P(contradiction) of the exit head, 0-1, in the order given."""
        return self._quick(pairs, early=False)

    def screen_early(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Rough P(contradiction) of the early head and the glance together; `training/glance.py` finds a floor."""
        return self._quick(pairs, early=True)

    def screen_glance(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Rougher P(contradiction) of a glance, which `training/glance.py` finds a floor for."""
        return [float(p) for chunk in self._chunks(pairs) for p in self._glanced(chunk, self._encode(chunk))]

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NliScores]:
        """Score (premise, hypothesis) pairs through all layers, in the order given."""
        return [s for s in self.score_likely(pairs, 0.0) if s is not None]

    def score_likely(self, pairs: Sequence[tuple[str, str]], floor: float) -> list[NliScores | None]:
        """Scores of the pairs whose quick P(contradiction) reaches `floor`, None for the others.

        From a floor of 0.1 on, the glance and the early head dismiss pairs as well, below floors of their own
        (`training/glance.py` sets them, `export_gate.json` says what they lose). `score` does without them.
        """
        found: list[NliScores | None] = []
        e, n, c = self._order
        for chunk in self._chunks(pairs):
            states = self._encode(chunk)
            part: list[NliScores | None] = [None] * len(chunk)
            likely = self._likely(chunk, states, floor)
            for batch, (logits, *kinds) in self._read(self._upper, likely, "logits", *self._kind_head):
                for k, p in zip(batch.members, softmax(logits), strict=True):
                    premise, hypothesis = chunk[k]
                    cut = states[premise].cut or states[hypothesis].cut
                    part[k] = NliScores(float(p[e]), float(p[n]), float(p[c]), cut)
                self._note_kinds([chunk[k] for k in batch.members], *kinds)
            found.extend(part)
        return found

    def kinds(self, pairs: Sequence[tuple[str, str]]) -> list[dict[str, float]]:
        """P(kind) of pairs taken as contradictions, mean of both orders; empty if the model has no such head."""
        if not self._kinds:
            return [{} for _ in pairs]
        both = [*pairs, *((b, a) for a, b in pairs)]
        # A pair whose kind is asked for has mostly just been scored.
        with self._telling:
            told = {pair: known for pair in both if (known := self._told.get(pair)) is not None}
        for chunk in self._chunks([pair for pair in dict.fromkeys(both) if pair not in told]):
            likely = self._likely(chunk, self._encode(chunk), 0.0)
            for batch, (logits,) in self._read(self._upper, likely, "kinds"):
                told |= zip((chunk[k] for k in batch.members), softmax(logits), strict=True)
        means = [(told[a, b] + told[b, a]) / 2 for a, b in pairs]
        return [dict(zip(self._kinds, map(float, row), strict=True)) for row in means]

    def _note_kinds(self, pairs: list[tuple[str, str]], *logits: Floats) -> None:
        """Keep the kinds of the newest pairs that were scored."""
        with self._telling:
            for one in logits:
                self._told |= zip(pairs, softmax(one), strict=True)
            while len(self._told) > REMEMBERED_KINDS:
                self._told.popitem(last=False)

    def states(self, texts: Sequence[str]) -> list[npt.NDArray[np.float16]]:
        """Lower-layer states (tokens, width) of sentences, for `training/glance.py`."""
        found = self._encode([(text, text) for text in texts])
        return [found[text].hidden for text in texts]

    def early_states(self, pairs: Sequence[tuple[str, str]]) -> list[npt.NDArray[np.float16]]:
        """State (width,) of each pair's first token below the early head, for `training/glance.py`."""
        if self._early is None:
            raise ModelError(f"{self.name} has no early head")
        found: list[npt.NDArray[np.float16]] = []
        for chunk in self._chunks(pairs):
            first: dict[int, npt.NDArray[np.float16]] = {}
            joined = self._joined(chunk, self._encode(chunk), range(len(chunk)))
            for batch, (hidden,) in self._read(self._early, joined, "output", least=0.0):
                first |= zip(batch.members, hidden[:, 0].astype(np.float16), strict=True)
            found += [first[k] for k in range(len(chunk))]
        return found

    def cut(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text, on its own, is longer than the model reads; only the tokenizer is run."""
        return self._tokens(list(texts))[1]

    def _quick(self, pairs: Sequence[tuple[str, str]], *, early: bool) -> list[float]:
        """P(contradiction) of one of the heads on the way."""
        found: list[float] = []
        for chunk in self._chunks(pairs):
            part = np.zeros(len(chunk), dtype=np.float32)
            states = self._encode(chunk)
            joined = self._joined(chunk, states, range(len(chunk)))
            if self._early and early:
                answers = self._read(self._early, joined, "logits", least=UNREACHED)
            else:
                answers = self._read(self._middle, self._first_layers(joined, 0.0), "logits", least=UNREACHED)
            for batch, (logits,) in answers:
                part[batch.members] = softmax(logits)[:, self._order[2]]
            if self._early and early and self._glance:
                part = together(part, self._glanced(chunk, states))
            found.extend(float(p) for p in part)
        return found

    def _likely(
        self, pairs: Sequence[tuple[str, str]], states: dict[str, _State], floor: float
    ) -> Iterator[_Batch]:
        """Read pairs through the middle layers; give those that no head on the way dismisses."""
        least, least_early = self._glance_rule.under(floor), self._early_rule.under(floor)
        if self._glance is None or max(least, least_early) <= 0:
            joined = self._joined(pairs, states, range(len(pairs)))
            return self._kept(self._middle, self._first_layers(joined, floor), floor)
        seen = self._glanced(pairs, states)
        # Asked so, a probability that is no number dismisses nothing, and is seen further up.
        noticed = [k for k, p in enumerate(seen) if not p < least]
        joined = self._joined(pairs, states, noticed)
        return self._kept(self._middle, self._first_layers(joined, floor, seen), floor)

    def _glanced(self, pairs: Sequence[tuple[str, str]], states: dict[str, _State]) -> Floats:
        """P(contradiction) of a glance, in order; 1 for all where the model has none."""
        if self._glance is None:
            return np.ones(len(pairs), dtype=np.float32)
        keys = {text: state.keys for text, state in states.items() if state.keys is not None}
        return self._glance.probabilities([(keys[p], keys[h]) for p, h in pairs])

    def _first_layers(
        self, joined: Iterable[_Batch], floor: float, seen: Floats | None = None
    ) -> Iterable[_Batch]:
        """Through the layers below the early head, where the model has one; it dismisses as far as it may."""
        if self._early is None:
            return joined
        return self._kept(self._early, joined, self._early_rule.under(floor), seen)

    def _kept(
        self,
        session: onnxruntime.InferenceSession,
        joined: Iterable[_Batch],
        floor: float,
        seen: Floats | None = None,
    ) -> Iterator[_Batch]:
        """Pairs after some layers, without those to which the head gives a P(contradiction) below `floor`.

        Where a glance has `seen` all pairs, its opinion and the head's count together.
        """

        def ask(batch: _Batch) -> list[Any]:
            least = floor if seen is None else needed(floor, seen[batch.members])
            return list(session.run(["kept", "output"], self._feed(batch, least)))

        for batch, (kept, hidden) in self._threads.each(ask, _refilled(joined)):
            if len(kept):
                yield _Batch([batch.members[k] for k in kept], hidden, batch.mask[kept])

    def _read(
        self,
        session: onnxruntime.InferenceSession,
        thinned: Iterable[_Batch],
        *outputs: str,
        least: float | None = None,
    ) -> Iterator[tuple[_Batch, list[Floats]]]:
        """Run some layers on what is left, in full batches again; give the pairs and the outputs named."""

        def ask(batch: _Batch) -> list[Floats]:
            return list(session.run(outputs, self._feed(batch, least)))

        return self._threads.each(ask, _refilled(thinned))

    def _feed(self, batch: _Batch, least: float | Floats | None) -> dict[str, Any]:
        """What a graph takes; of one that dismisses, the P(contradiction) that each pair needs is a part."""
        feed = {"hidden": batch.hidden, "mask": batch.mask, "bias": self._bias(batch.hidden.shape[1])}
        if least is None:
            return feed
        each = np.full(len(batch.members), least, dtype=np.float32)
        return feed | {"least": each, "label": np.array(self._order[2])}

    @staticmethod
    def _chunks(pairs: Sequence[tuple[str, str]]) -> Iterator[Sequence[tuple[str, str]]]:
        """Slices small enough that the states of all their sentences fit in memory."""
        for start in range(0, len(pairs), PAIRS_AT_ONCE):
            yield pairs[start : start + PAIRS_AT_ONCE]

    def _encode(self, pairs: Sequence[tuple[str, str]]) -> dict[str, _State]:
        """Lower-layer states of every sentence in `pairs`, computed once.

        Those of the last call that read new sentences are kept for the next one: an article's pairs are asked
        about in both directions. A dictionary that is kept is never changed, so threads that share a scorer can at
        worst read a sentence again.
        """
        texts = dict.fromkeys(text for pair in pairs for text in pair)
        recent = self._recent
        states = {t: recent[t] for t in texts if t in recent}
        fresh = [t for t in texts if t not in states]
        ids, cut = self._tokens(fresh)

        def read(batch: list[int]) -> list[_State]:
            output, keys = self._low([ids[k] for k in batch])
            real = [slice(len(ids[k])) for k in batch]
            kept = [output[row, part].astype(np.float16) for row, part in enumerate(real)]
            seen = [None if keys is None else keys[row, part] for row, part in enumerate(real)]
            return [_State(hidden, cut[k], key) for hidden, k, key in zip(kept, batch, seen, strict=True)]

        for batch, made in self._threads.each(read, batches([len(i) for i in ids], SENTENCE_BUDGET)):
            states |= zip((fresh[k] for k in batch), made, strict=True)
        if fresh:
            self._recent = states
        return states

    def _low(self, ids: list[list[int]]) -> tuple[Floats, Keys | None]:
        """What the lower layers make of a batch of sentences (sentences, tokens, width), and a glance of that."""
        lengths = np.array([len(i) for i in ids])
        tokens = np.full((len(ids), lengths.max()), PAD, dtype=np.int64)
        for row, one in enumerate(ids):
            tokens[row, : len(one)] = one
        width = tokens.shape[1]
        mask = (np.arange(width) < lengths[:, None]).astype(np.int32)
        places = np.broadcast_to(np.arange(width, dtype=np.int64) + 2, tokens.shape)
        feed = {"ids": tokens, "positions": places, "mask": mask, "bias": self._bias(width)}
        output = self._lower.run(["output"], feed)[0]
        return output, self._glance.keys(output) if self._glance else None

    def _tokens(self, texts: list[str]) -> tuple[list[list[int]], list[bool]]:
        """Token ids with start and end marks, and whether a text had to be cut."""
        readable = [encodable(text) for text in texts]
        raw = [e.ids for e in self._tokenizer.encode_batch_fast(readable, add_special_tokens=False)]
        return (
            [[START, *ids[: self._longest], END] for ids in raw],
            [len(ids) > self._longest for ids in raw],
        )

    @staticmethod
    def _joined(
        pairs: Sequence[tuple[str, str]], states: dict[str, _State], chosen: Sequence[int]
    ) -> Iterator[_Batch]:
        """Batches of the chosen pairs, longest first: the two sentences' states side by side."""
        sides = [(states[pairs[k][0]].hidden, states[pairs[k][1]].hidden) for k in chosen]
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
            yield _Batch([chosen[k] for k in batch], hidden, mask)

    def _bias(self, width: int) -> Floats:
        """Relative position bias (1, heads, width, width)."""
        distance = np.arange(width)[None, :] - np.arange(width)[:, None] + MAX_DISTANCE
        bias: Floats = self._relative[None, :, distance]
        return bias


def together(one: Floats, other: Floats) -> Floats:
    """Two opinions on the same pairs as one: their log odds added up."""
    odds = [np.log(p) - np.log1p(-p) for p in (np.clip(q, 1e-6, 1 - 1e-6) for q in (one, other))]
    joined: Floats = 1 / (1 + np.exp(-(odds[0] + odds[1])))
    return joined


def needed(floor: float, other: Floats) -> Floats:
    """What one opinion has to be, beside the `other`, for both `together` to reach a floor; 0 if there is none."""
    if floor <= 0:
        return np.zeros_like(other)
    beside = np.clip(other, 1e-6, 1 - 1e-6)
    odds = np.log(floor) - np.log1p(-floor) - np.log(beside) + np.log1p(-beside)
    least: Floats = 1 / (1 + np.exp(-odds))
    return least


def _refilled(thinned: Iterable[_Batch]) -> Iterator[_Batch]:
    """Thinned batches put together until they are full again.

    They come longest first, so the first one's width fits all that wait.
    """
    waiting: list[_Batch] = []
    for batch in thinned:
        count = sum(len(b.members) for b in waiting) + len(batch.members)
        if waiting and count * waiting[0].hidden.shape[1] > TOKEN_BUDGET:
            yield _stacked(waiting)
            waiting = []
        waiting.append(batch)
    if waiting:
        yield _stacked(waiting)


def _stacked(parts: list[_Batch]) -> _Batch:
    """Several batches as one, padded to the width of the first."""
    if len(parts) == 1:
        return parts[0]
    members = [k for part in parts for k in part.members]
    _, width, size = parts[0].hidden.shape
    hidden = np.zeros((len(members), width, size), dtype=np.float32)
    mask = np.zeros((len(members), width), dtype=np.int32)
    row = 0
    for part in parts:
        rows = slice(row, row + len(part.members))
        hidden[rows, : part.hidden.shape[1]] = part.hidden
        mask[rows, : part.mask.shape[1]] = part.mask
        row = rows.stop
    return _Batch(members, hidden, mask)


def _configuration(folder: Path) -> dict[str, Any]:
    """The configuration of a folder that has all its files."""
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read {path}: {error}") from error
    if not isinstance(config, dict):
        raise ModelError(f"{path} holds no JSON object")
    parts = ("lower", "middle", "upper", *(["early"] if "early" in config else []))
    files = ["tokenizer.json", "relative_bias.npy", *(f"{part}.onnx" for part in parts)]
    files += Glance.FILES if "glance" in config else ()
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        raise ModelError(f"{folder} lacks {', '.join(missing)}, needed by the embedded model's engine")
    wanted = {"name": str, "precision": str, "max_tokens": int}
    wrong = [key for key, kind in wanted.items() if not isinstance(config.get(key), kind)]
    for key in ("early", "glance"):
        rule = config.get(key, _Rule()._asdict())
        if not isinstance(rule, dict) or set(rule) != set(_Rule._fields):
            wrong.append(key)
    if wrong:
        raise ModelError(f"{path} lacks {', '.join(wrong)}, or has them in another form than the export writes")
    return config


def _dismissing(graph: onnxruntime.InferenceSession, path: Path) -> onnxruntime.InferenceSession:
    """A graph that takes what each pair needs to pass, or a refusal."""
    if {"least", "label"} <= {one.name for one in graph.get_inputs()}:
        return graph
    raise ModelError(f"{path} is laid out for another engine; export it anew with training/export_onnx.py")


def _biases(path: Path) -> Floats:
    """The relative position biases (heads, distances)."""
    try:
        loaded: Floats = np.load(path)
    except (OSError, ValueError, EOFError) as error:
        raise ModelError(f"cannot open {path}: {error}") from error
    return loaded
