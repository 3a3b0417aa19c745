"""Fit the table that tells the kind of conflict, `src/inconsistency/evidence/kinds.npz`.

    python -m training.fit_evidence --encoder runs/encoder
    python -m training.fit_evidence --encoder runs/encoder --cross-validate

A multinomial logistic regression over the facts and words that `inconsistency.evidence` sees in a pair, on
the contradictions of the train groups alone. Each of a contradiction's sentences is a pair with it, all of
them together weighing as much as one. The features do not know which sentence comes first, so one order
stands for both. Besides its own weight a word has that of its vector in the base encoder's
embedding matrix; both are folded into one number per word and kind, so that at run time words that no
training pair has are weighed like their neighbours, without any vectors.

The cut below which no kind is named is read off the cross-validated predictions: pairs just above it
are right once in `--right` times.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from corpora import groups
from inconsistency.evidence import KINDS
from inconsistency.evidence._kinds import Seen, see
from inconsistency.evidence._rules import Reading, findings
from inconsistency.lexicon import stem

TARGET = Path(__file__).parents[1] / "src" / "inconsistency" / "evidence" / "kinds.npz"
MIN_FACTS, MIN_WORDS = 8, 4  # groups that must have a feature for it to get a weight of its own
WIDTH = 200  # leading principal components of the word vectors
OWN, VECTOR = 3.0, 4.0  # scales of a word's own feature and of its vector beside the facts
REGULARISATION = 0.03
CUT_WINDOW = 400  # pairs on either side over which accuracy at a probability is averaged


@dataclass(frozen=True, slots=True)
class Pair:
    """A contradiction with one sentence it conflicts with."""

    group: str
    first: str
    second: str
    kind: str
    weight: float


def labelled(found: Iterable[groups.Group], first_only: bool = False) -> Iterator[Pair]:
    """Pairs of groups. Kinds that the library does not name are other."""
    for group in found:
        for row in group["contradictions"]:
            kind = row["kind"] if row["kind"] in KINDS else "other"
            places = row["conflicts_with"][:1] if first_only else row["conflicts_with"]
            for at in places:
                yield Pair(group["id"], groups.text_of(group, at), row["sentence"], kind, 1 / len(places))


def seen(pair: Pair) -> Seen:
    """What the library sees in a pair."""
    one, two = Reading(pair.first, pair.second), Reading(pair.second, pair.first)
    return see(one, two, findings(one, two))


def word_vectors(encoder: Path, extra: Iterable[str]) -> dict[str, np.ndarray]:
    """Stems -> vectors: the mean over words with that stem of the encoder's embedding rows.

    Args:
        encoder: folder with `model.safetensors` and `tokenizer.json`.
        extra: words to have besides the whole words of the encoder's own vocabulary.
    """
    from safetensors import safe_open
    from tokenizers import Tokenizer

    with safe_open(encoder / "model.safetensors", "np") as tensors:
        name = next(k for k in tensors.keys() if k.endswith("word_embeddings.weight"))  # noqa: SIM118 - no dict
        rows = tensors.get_tensor(name).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-6)
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    words = {w for w in tokenizer.get_vocab() if w.isalpha() and w.isascii() and len(w) > 1} | set(extra)
    of_stem: dict[str, list[np.ndarray]] = {}
    for word in sorted(words):
        ids = tokenizer.encode(word, add_special_tokens=False).ids
        if ids:
            of_stem.setdefault(stem(word), []).append(rows[ids].mean(axis=0))
    stems = sorted(of_stem)
    matrix = np.stack([np.mean(of_stem[s], axis=0) for s in stems])
    matrix -= matrix.mean(axis=0)
    _, basis = np.linalg.eigh(matrix.T @ matrix)
    reduced = matrix @ basis[:, ::-1][:, :WIDTH]
    reduced /= np.linalg.norm(reduced, axis=1).mean()
    return dict(zip(stems, reduced.astype(np.float32), strict=True))


class Design:
    """Columns of the regression, fixed on training pairs."""

    def __init__(self, pairs: list[Pair], features: list[Seen], vectors: dict[str, np.ndarray]) -> None:
        facts: dict[str, set[str]] = {}
        words: dict[str, set[str]] = {}
        for pair, one in zip(pairs, features, strict=True):
            for name in one.facts:
                facts.setdefault(name, set()).add(pair.group)
            for name in one.alone | one.shared:
                words.setdefault(name, set()).add(pair.group)
        self.vectors = vectors
        self.facts = sorted(f for f, where in facts.items() if len(where) >= MIN_FACTS)
        self.words = sorted(w for w, where in words.items() if len(where) >= MIN_WORDS)
        self.known = sorted(set(self.words) | vectors.keys())
        self._fact = {name: n for n, name in enumerate(self.facts)}
        self._word = {name: n for n, name in enumerate(self.words)}
        self._known = set(self.known)

    def matrix(self, features: list[Seen]) -> Any:
        """One row a pair: facts, own columns of words alone and shared, vectors of both."""
        facts = [[self._fact[f] for f in one.facts if f in self._fact] for one in features]
        blocks = [self._block([(row, 1.0) for row in facts], len(self.facts))]
        dense = []
        for part in ("alone", "shared"):
            kept = [[w for w in getattr(one, part) if w in self._known] for one in features]
            norms = [max(1, len(k)) ** -0.5 for k in kept]
            columns = [[self._word[w] for w in k if w in self._word] for k in kept]
            own = [(row, OWN * n) for row, n in zip(columns, norms, strict=True)]
            blocks.append(self._block(own, len(self.words)))
            dense.append(np.stack([VECTOR * n * self._sum(k) for k, n in zip(kept, norms, strict=True)]))
        return sparse.hstack([*blocks, *(sparse.csr_matrix(d) for d in dense)], format="csr")

    def _sum(self, words: list[str]) -> np.ndarray:
        total = np.zeros(WIDTH, np.float32)
        for word in sorted(words):
            if word in self.vectors:
                total += self.vectors[word]
        return total

    @staticmethod
    def _block(rows: list[tuple[list[int], float]], width: int) -> Any:
        at = np.repeat(np.arange(len(rows)), [len(r) for r, _ in rows])
        columns = np.array([c for r, _ in rows for c in r], dtype=int)
        values = np.repeat([v for _, v in rows], [len(r) for r, _ in rows]).astype(np.float32)
        return sparse.csr_matrix((values, (at, columns)), shape=(len(rows), width))

    def fold(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Weights by column -> by fact, by word alone and by shared word (rows: `facts`, `known`)."""
        f, w = len(self.facts), len(self.words)
        bounds = np.cumsum([f, w, w, WIDTH])
        facts, alone, shared, alone_vec, shared_vec = np.split(weights, bounds, axis=1)
        vectors = np.stack([self.vectors.get(word, np.zeros(WIDTH, np.float32)) for word in self.known])
        folded = []
        for own, by_vector in ((alone, alone_vec), (shared, shared_vec)):
            total = VECTOR * vectors @ by_vector.T
            rows = [n for n, word in enumerate(self.known) if word in self._word]
            total[rows] += OWN * own.T
            folded.append(total)
        return facts.T, folded[0], folded[1]


def regression(matrix: Any, pairs: list[Pair]) -> LogisticRegression:
    """Fit on pairs, each contradiction weighing the same."""
    model = LogisticRegression(C=REGULARISATION, max_iter=100, tol=1e-3)
    return model.fit(matrix, [p.kind for p in pairs], sample_weight=[p.weight for p in pairs])


def cross_validated(pairs: list[Pair], features: list[Seen], vectors: dict[str, np.ndarray]) -> tuple[Any, Any]:
    """Out-of-fold probability of the likeliest kind of each pair, and whether that kind is right."""
    sure, right = np.zeros(len(pairs)), np.zeros(len(pairs), bool)
    for kept, held in GroupKFold(5).split(pairs, groups=[p.group for p in pairs]):
        part = [pairs[n] for n in kept]
        design = Design(part, [features[n] for n in kept], vectors)
        model = regression(design.matrix([features[n] for n in kept]), part)
        odds = model.predict_proba(design.matrix([features[n] for n in held]))
        sure[held] = odds.max(axis=1)
        right[held] = [model.classes_[o.argmax()] == pairs[n].kind for o, n in zip(odds, held, strict=True)]
    return sure, right


def cut(sure: np.ndarray, right: np.ndarray, wanted: float) -> float:
    """The lowest probability at which pairs near it are right often enough."""
    order = np.argsort(sure)
    kernel = np.ones(CUT_WINDOW) / CUT_WINDOW
    accuracy = np.convolve(right[order].astype(float), kernel, mode="valid")
    enough = np.flatnonzero(accuracy >= wanted)
    return float(sure[order][enough[0] + CUT_WINDOW // 2]) if len(enough) else 1.0


def quantised(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int8 weights and the scale of each column."""
    scale = np.abs(weights).max(axis=0).clip(1e-9) / 127
    return np.round(weights / scale).astype(np.int8), scale.astype(np.float32)


def write(path: Path, model: LogisticRegression, design: Design, at: float, most: int) -> int:
    """Write the table with at most `most` words, those with the largest weights; gives its size in bytes."""
    facts, alone, shared = design.fold(model.coef_)
    trained = np.array([word in design._word for word in design.known])
    weight = np.abs(alone).max(axis=1) + np.abs(shared).max(axis=1) + 1e6 * trained
    chosen = np.sort(np.argsort(-weight)[:most])
    alone_int, alone_scale = quantised(alone[chosen])
    shared_int, shared_scale = quantised(shared[chosen])
    np.savez_compressed(
        path,
        kinds=np.array("\n".join(model.classes_)),
        bias=model.intercept_.astype(np.float32),
        facts=np.array("\n".join(design.facts)),
        fact_weights=facts.astype(np.float16),
        words=np.array("\n".join(design.known[n] for n in chosen)),
        alone=alone_int,
        alone_scale=alone_scale,
        shared=shared_int,
        shared_scale=shared_scale,
        cut=np.float32(at),
    )
    return path.stat().st_size


def parse_args(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the base encoder (get_encoder.py)")
    parser.add_argument("--out", type=Path, default=TARGET, help="file to write")
    parser.add_argument("--right", type=float, default=1 / 4, help="least accuracy at which a kind is named")
    parser.add_argument("--most-words", type=int, default=7000, help="words in the table")
    parser.add_argument("--cross-validate", action="store_true", help="print accuracy on the train groups only")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Fit and write, or cross-validate."""
    args = parse_args(argv)
    pairs = list(labelled(groups.all_groups("train")))
    features = [seen(p) for p in pairs]
    words = {t.lower for p in pairs for text in (p.first, p.second) for t in Reading(text, "").tokens}
    vectors = word_vectors(args.encoder, (w for w in words if w.isalpha()))
    sure, right = cross_validated(pairs, features, vectors)
    at = cut(sure, right, args.right)
    report: dict[str, Any] = {
        "pairs": len(pairs),
        "kinds": dict(Counter(p.kind for p in pairs).most_common()),
        "accuracy": round(float(right.mean()), 3),
        "cut": round(at, 3),
        "share_given_a_kind": round(float((sure >= at).mean()), 3),
        "accuracy_where_given": round(float(right[sure >= at].mean()), 3) if (sure >= at).any() else None,
    }
    if not args.cross_validate:
        design = Design(pairs, features, vectors)
        model = regression(design.matrix(features), pairs)
        report["bytes"] = write(args.out, model, design, at, args.most_words)
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
