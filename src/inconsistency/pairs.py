"""Sentences -> `CandidatePairs`: which pairs are worth the NLI model's time, and what was left out.

The gate is a logistic model over cheap overlaps (stems weighted by rarity, names, numbers, anaphora, distance,
headline), fitted by `training/calibrate.py` on articles with labelled contradictions so that it keeps
at least 99 % of them; `benchmarks/gate.py` prints what it keeps and saves. All of it is matrix products, in
blocks, so that memory stays bounded on long articles.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inconsistency.cues import Cues, read_cues
from inconsistency.errors import InputError
from inconsistency.sentences import Sentence

Floats = npt.NDArray[np.float32]
Indexes = npt.NDArray[np.int64]

FEATURES = (
    "similarity",
    "shared_stems",
    "shared_names",
    "shared_numbers",
    "both_numbers",
    "anaphora",
    "near",
    "headline",
    "shorter",
)
BLOCK = 256  # rows of the pair matrix held at once
WINDOW = 3000  # sentences further apart than this are not compared
PER_SENTENCE = 40  # pairs a sentence, on average, that the budget allows
MAX_PAIRS = 20_000
BUCKETS = 4096  # stems and names are hashed into this many columns
_WORDS = re.compile(r"\w+")
_CREDIT = re.compile(r"(?:image|photo(?:graph)?|picture|file|map|video|source|credit)s?\s*:", re.I)
# "France v Cyprus; Israel v Switzerland." is a list of fixtures, "Method 2 of 2: From Cuttings" a heading.
_SIDE = r"[A-Z0-9][\w.'’&-]*(?: (?:[A-Z0-9][\w.'’&-]*|of|and|the)){0,4}"
_FIXTURES = re.compile(rf"{_SIDE} vs?\.? {_SIDE}(?:[;,]? {_SIDE} vs?\.? {_SIDE})*[.;,]?")
_NUMBERED = re.compile(
    r"(?:chapter|example|figure|group|method|option|part|phase|round|section|stage|step|table) "
    r"(?:\d+|[ivx]+)(?: of \d+)?: [^.!?]{1,80}[.:]?",
    re.I,
)
# "— Ann Lee (@annlee) January 4, 2015" stands below every tweet that an article shows.
_SIGNED = re.compile(r"[—–-]{1,2} ?[^()]{1,60} \(@\w{1,30}\)(?: [A-Z][a-z]+\.? \d{1,2}, \d{4})?\W*")
_FINAL = frozenset(".!?…:\"”’')]»。！？")  # marks that end a sentence, a colon that of its beginning


@dataclass(frozen=True, slots=True)
class GateModel:
    """Coefficients of the gate, over `FEATURES`; a pair passes at `score >= threshold`."""

    weights: tuple[float, ...]
    intercept: float
    threshold: float


@dataclass(frozen=True, slots=True)
class SentencePair:
    """Two sentences to be compared; `first` stands earlier.

    Attributes:
        first: the earlier sentence.
        second: the later one.
        features: values of `FEATURES`, in that order.
        first_cues: cues of `first`.
        second_cues: cues of `second`.
    """

    first: Sentence
    second: Sentence
    features: tuple[float, ...]
    first_cues: Cues
    second_cues: Cues


@dataclass(frozen=True, slots=True)
class CandidatePairs:
    """The pairs to score.

    Attributes:
        pairs: candidate pairs in article order.
        considered: all pairs of sentences that are not furniture.
        left_out: reason -> how many of `considered` are not in `pairs`.
    """

    pairs: tuple[SentencePair, ...]
    considered: int
    left_out: Mapping[str, int]


def candidate_pairs(
    sentences: Sequence[Sentence], gate: GateModel | None, max_pairs: int | None = MAX_PAIRS
) -> CandidatePairs:
    """Choose the pairs to score.

    Args:
        sentences: the article's sentences; furniture takes no part.
        gate: the gate, which keeps no pair with a heading or a label; or None to keep every pair.
        max_pairs: most pairs kept, the gate's best first; None for no limit. With a gate a limit of
            `PER_SENTENCE` pairs a sentence holds too, so that cost grows linearly with length.

    Raises:
        InputError: `max_pairs` is below 1.
    """
    if max_pairs is not None and max_pairs < 1:
        raise InputError(f"max_pairs is {max_pairs}; accepted are None and whole numbers from 1")
    kept = [s for s in sentences if s.role != "furniture"]
    considered = len(kept) * (len(kept) - 1) // 2
    cues = [read_cues(s.text) for s in kept]
    limits = [max_pairs] if max_pairs is not None else []
    if gate is not None:
        limits.append(max(PER_SENTENCE * len(kept), 400))
    limit = min(limits, default=considered)
    first, second, features, tested, labels, repeats, passed = _gated(kept, cues, gate, limit)
    left_out = {}
    if labels:
        left_out["a heading or label"] = labels
    if repeats:
        left_out["the same words"] = repeats
    if considered > tested:
        left_out[f"more than {WINDOW:,} sentences apart"] = considered - tested
    if tested - labels - repeats > passed:
        left_out["nothing in common"] = tested - labels - repeats - passed
    if passed > len(first):
        left_out["over the pair limit"] = passed - len(first)
    pairs = tuple(
        SentencePair(kept[i], kept[j], tuple(map(float, row)), cues[i], cues[j])
        for i, j, row in zip(first, second, features, strict=True)
    )
    return CandidatePairs(pairs, considered, left_out)


def is_label(text: str) -> bool:
    """Whether a text states nothing: a heading ("Early life"), a credit ("Image: NASA."), fixtures, who tweeted.

    The model reads two different labels as a contradiction, as sure as any: the seven surest pairs of 32 clean
    articles of GUM were such (`benchmarks/README.md`, `gum_inserted`; exploratory).
    """
    stated = text.strip()
    if _CREDIT.match(stated) or any(rule.fullmatch(stated) for rule in (_FIXTURES, _NUMBERED, _SIGNED)):
        return True
    return len(_WORDS.findall(stated)) < 4 and stated[-1:] not in _FINAL


def _gated(
    kept: list[Sentence], cues: list[Cues], gate: GateModel | None, limit: int
) -> tuple[Indexes, Indexes, Floats, int, int, int, int]:
    """Run the gate in blocks.

    Returns:
        First and second index and features of the best `limit` pairs that pass, how many pairs met the
        gate, how many of them have a heading or a label, how many others are one sentence printed twice,
        and how many passed.
    """
    tables = _Tables(kept, cues)
    first = second = np.zeros(0, dtype=np.int64)
    kept_features, kept_scores = np.zeros((0, len(FEATURES)), np.float32), np.zeros(0, np.float32)
    silent = np.array([gate is not None and s.role != "headline" and is_label(s.text) for s in kept], dtype=bool)
    words = _wordings(kept) if gate is not None else np.arange(len(kept))
    tested = labels = repeats = passed = 0
    for top in range(0, len(kept), BLOCK):
        rows = np.arange(top, min(top + BLOCK, len(kept)))
        columns = np.arange(top, min(top + BLOCK + WINDOW, len(kept)))
        distance = columns[None, :] - rows[:, None]
        i, j = np.nonzero((distance > 0) & (distance <= WINDOW))
        tested += len(i)
        features = tables.features(rows, columns)[i, j]
        scores = _gate_scores(features, gate)
        stating = ~(silent[rows[i]] | silent[columns[j]])
        labels += int((~stating).sum())
        differing = words[rows[i]] != words[columns[j]]
        repeats += int((stating & ~differing).sum())
        passing = np.nonzero(stating & differing & (scores >= (gate.threshold if gate else 0.0)))[0]
        passed += len(passing)
        kept_scores = np.concatenate([kept_scores, scores[passing]])
        # Trimmed block by block, so that memory does not grow with the square of the length.
        chosen = np.sort(np.argsort(-kept_scores, kind="stable")[:limit])
        kept_scores = kept_scores[chosen]
        first = np.concatenate([first, rows[i[passing]]])[chosen]
        second = np.concatenate([second, columns[j[passing]]])[chosen]
        kept_features = np.concatenate([kept_features, features[passing]])[chosen]
    return first, second, kept_features, tested, labels, repeats, passed


def wording(text: str) -> str:
    """The same for two printings of one sentence, which differ in capitals and spaces alone."""
    return " ".join(text.casefold().split())


def _wordings(kept: list[Sentence]) -> Indexes:
    """A number for each sentence, the same for two of one wording."""
    known: dict[str, int] = {}
    return np.array([known.setdefault(wording(s.text), len(known)) for s in kept], dtype=np.int64)


def _gate_scores(features: Floats, gate: GateModel | None) -> Floats:
    if gate is None:
        # Every pair passes; where a limit cuts, likeness and nearness say which are kept.
        likeness: Floats = features[:, FEATURES.index("similarity")] + features[:, FEATURES.index("near")]
        return likeness
    scores: Floats = features @ np.array(gate.weights, dtype=np.float32) + np.float32(gate.intercept)
    return scores


class _Tables:
    """Per-sentence rows whose products are the pair features."""

    def __init__(self, kept: list[Sentence], cues: list[Cues]) -> None:
        count = len(kept)
        self.stems, rarity = _incidence([c.stems for c in cues])
        weighted = self.stems * rarity
        length = np.linalg.norm(weighted, axis=1, keepdims=True)
        self.weighted = weighted / np.maximum(length, 1e-6)
        self.names, _ = _incidence([c.names for c in cues])
        self.numbers, _ = _incidence([c.numbers for c in cues])
        self.has_number = np.array([bool(c.numbers) for c in cues], dtype=np.float32)
        self.anaphoric = np.array([c.anaphoric for c in cues], dtype=np.float32)
        self.headline = np.array([s.role == "headline" for s in kept], dtype=np.float32)
        self.words = np.array([math.log1p(c.words) for c in cues], dtype=np.float32)
        self.place = np.arange(count, dtype=np.float32)

    def features(self, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]) -> Floats:
        """Features (rows, columns, len(FEATURES)) of a block of pairs."""

        def outer(table: Floats) -> Floats:
            product: Floats = table[rows] @ table[columns].T
            return product

        def either(flag: Floats) -> Floats:
            return np.maximum(flag[rows][:, None], flag[columns][None, :])

        distance = np.abs(self.place[columns][None, :] - self.place[rows][:, None])
        planes = [
            outer(self.weighted),
            np.log1p(outer(self.stems)),
            np.minimum(outer(self.names), 2),
            np.minimum(outer(self.numbers), 2),
            self.has_number[rows][:, None] * self.has_number[columns][None, :],
            either(self.anaphoric),
            1 / np.maximum(distance, 1),
            either(self.headline),
            np.minimum(self.words[rows][:, None], self.words[columns][None, :]),
        ]
        return np.stack(planes, axis=-1).astype(np.float32)


def _incidence(sets: list[frozenset[str]]) -> tuple[Floats, Floats]:
    """0/1 rows of which words stand in which sentence, and each column's rarity in the article.

    Columns are numbered by first appearance and wrap at `BUCKETS`: two words then share a column, which
    can only let more pairs through. Very long articles get fewer columns, so that memory stays bounded.
    """
    buckets = min(BUCKETS, max(256, BUCKETS * WINDOW // max(1, len(sets))))
    number: dict[str, int] = {}
    for words in sets:
        for word in sorted(words):
            number.setdefault(word, len(number) % buckets)
    table = np.zeros((len(sets), max(1, min(len(number), buckets))), dtype=np.float32)
    for row, words in enumerate(sets):
        for word in words:
            table[row, number[word]] = 1
    rarity = np.log((1 + len(sets)) / (1 + table.sum(0))) + 0.1
    return table, rarity.astype(np.float32)
