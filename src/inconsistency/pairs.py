"""Sentences -> `CandidatePairs`: which pairs are worth the NLI model's time, and what was left out.

Two rules leave out pairs that cannot contradict each other: a heading or label states nothing, and a sentence
does not contradict its own second printing. In a long article the pairs whose words are most alike are kept, a
fixed number a sentence, so that the cost grows with the length and not with its square. Below some 80 sentences
that limit leaves nothing out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inconsistency.lexicon import content_stems
from inconsistency.sentences import Sentence

Floats = npt.NDArray[np.float32]
Indexes = npt.NDArray[np.int64]

BLOCK = 256  # rows of the pair matrix that are held at once
WINDOW = 3000  # sentences further apart than this are not compared
PER_SENTENCE = 40  # pairs a sentence, on average, that are kept
FEWEST = 400  # pairs that are kept of any article, however short
BUCKETS = 4096  # stems are hashed into this many columns
NEARNESS = 0.2  # similarity that one sentence's distance is worth when pairs are ranked; half of it two sentences'
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
class SentencePair:
    """Two sentences to be compared.

    Attributes:
        first: the earlier sentence.
        second: the later one.
        similarity: cosine of their stems, weighted by rarity in the article (TF-IDF), 0-1.
    """

    first: Sentence
    second: Sentence
    similarity: float


@dataclass(frozen=True, slots=True)
class CandidatePairs:
    """The pairs to score.

    Attributes:
        pairs: candidate pairs in article order.
        considered: number of all pairs of sentences that are not furniture.
        left_out: reason -> how many of `considered` are not in `pairs`.
    """

    pairs: tuple[SentencePair, ...]
    considered: int
    left_out: Mapping[str, int]


def candidate_pairs(sentences: Sequence[Sentence], max_pairs: int | None = None) -> CandidatePairs:
    """Choose the pairs to score.

    Args:
        sentences: the article's sentences; furniture takes no part.
        max_pairs: most pairs kept, the most alike first; None for no limit but `PER_SENTENCE` pairs a sentence.
    """
    kept = [s for s in sentences if s.role != "furniture"]
    considered = len(kept) * (len(kept) - 1) // 2
    limit = max(PER_SENTENCE * len(kept), FEWEST)
    chosen = _choose(kept, limit if max_pairs is None else min(limit, max_pairs))
    pairs = tuple(
        SentencePair(kept[i], kept[j], float(similarity))
        for i, j, similarity in zip(chosen.first, chosen.second, chosen.similarity, strict=True)
    )
    left_out = {
        "a heading or label": chosen.labels,
        "the same words": chosen.repeats,
        f"more than {WINDOW:,} sentences apart": considered - chosen.compared,
        "over the pair limit": chosen.compared - chosen.labels - chosen.repeats - len(pairs),
    }
    return CandidatePairs(pairs, considered, {reason: count for reason, count in left_out.items() if count})


def named_pairs(sentences: Sequence[Sentence], named: Sequence[tuple[int, int]]) -> list[SentencePair]:
    """Pairs that somebody names by their positions, whatever the rules would say of them.

    Args:
        sentences: the article's sentences.
        named: positions, the smaller first; neither sentence is furniture.
    """
    kept = [k for k, s in enumerate(sentences) if s.role != "furniture"]
    row = {position: number for number, position in enumerate(kept)}
    vectors = _tf_idf([content_stems(sentences[k].text) for k in kept]) if named else np.zeros((0, 1))
    return [SentencePair(sentences[i], sentences[j], float(vectors[row[i]] @ vectors[row[j]])) for i, j in named]


def is_label(text: str) -> bool:
    """Whether a text states nothing: a heading ("Early life"), a credit ("Image: NASA."), fixtures, "2.".

    The model reads two different labels as a contradiction, as sure as any: the seven surest pairs of 32 clean
    articles of GUM were such (`benchmarks/README.md`, `gum_inserted`; exploratory).
    """
    stated = text.strip()
    if _CREDIT.match(stated) or any(rule.fullmatch(stated) for rule in (_FIXTURES, _NUMBERED, _SIGNED)):
        return True
    if not any(character.isalpha() for character in stated):
        return True
    return len(_WORDS.findall(stated)) < 4 and stated[-1:] not in _FINAL


@dataclass(slots=True)
class _Chosen:
    """The pairs kept so far, by the sentences' positions, and the counts of what was not."""

    first: Indexes
    second: Indexes
    similarity: Floats
    compared: int = 0
    labels: int = 0
    repeats: int = 0

    def add(self, first: Indexes, second: Indexes, similarity: Floats, limit: int) -> None:
        """Take in more pairs and keep the `limit` best of all, in article order."""
        self.first = np.concatenate([self.first, first])
        self.second = np.concatenate([self.second, second])
        self.similarity = np.concatenate([self.similarity, similarity])
        if len(self.first) > limit:
            rank = self.similarity + NEARNESS / (self.second - self.first)
            best = np.sort(np.argsort(-rank, kind="stable")[:limit])
            self.first, self.second, self.similarity = self.first[best], self.second[best], self.similarity[best]


def _choose(kept: list[Sentence], limit: int) -> _Chosen:
    """The best `limit` pairs of sentences that may contradict each other.

    In blocks of rows, each trimmed to the limit, so that memory does not grow with the square of the length.
    """
    vectors = _tf_idf([content_stems(s.text) for s in kept])
    silent = np.array([s.role != "headline" and is_label(s.text) for s in kept], dtype=bool)
    words = _wordings(kept)
    nothing = np.zeros(0, dtype=np.int64)
    chosen = _Chosen(nothing, nothing, np.zeros(0, dtype=np.float32))
    for top in range(0, len(kept), BLOCK):
        rows = np.arange(top, min(top + BLOCK, len(kept)))
        columns = np.arange(top, min(top + BLOCK + WINDOW, len(kept)))
        distance = columns[None, :] - rows[:, None]
        i, j = np.nonzero((distance > 0) & (distance <= WINDOW))
        similarity = (vectors[rows] @ vectors[columns].T)[i, j]
        first, second = rows[i], columns[j]
        stating = ~(silent[first] | silent[second])
        differing = words[first] != words[second]
        chosen.compared += len(first)
        chosen.labels += int((~stating).sum())
        chosen.repeats += int((stating & ~differing).sum())
        passing = stating & differing
        chosen.add(first[passing], second[passing], similarity[passing], limit)
    return chosen


def wording(text: str) -> str:
    """The same for two printings of one sentence, which differ in capitals and spaces alone."""
    return " ".join(text.casefold().split())


def _wordings(kept: list[Sentence]) -> Indexes:
    """A number for each sentence, the same for two of one wording."""
    known: dict[str, int] = {}
    return np.array([known.setdefault(wording(s.text), len(known)) for s in kept], dtype=np.int64)


def _tf_idf(sets: list[frozenset[str]]) -> Floats:
    """Rows (sentences, columns) of length 1: which stems stand in which sentence, weighted by rarity.

    Columns are numbered by first appearance and wrap at `BUCKETS`: two stems then share a column, which makes a
    pair look a little more alike. Very long articles get fewer columns, so that memory stays bounded.
    """
    buckets = min(BUCKETS, max(256, BUCKETS * WINDOW // max(1, len(sets))))
    number: dict[str, int] = {}
    for stems in sets:
        for stem in sorted(stems):
            number.setdefault(stem, len(number) % buckets)
    table = np.zeros((len(sets), max(1, min(len(number), buckets))), dtype=np.float32)
    for row, stems in enumerate(sets):
        table[row, [number[stem] for stem in stems]] = 1
    rarity = np.log((1 + len(sets)) / (1 + table.sum(0))) + 0.1
    weighted = table * rarity.astype(np.float32)
    length = np.linalg.norm(weighted, axis=1, keepdims=True)
    result: Floats = (weighted / np.maximum(length, 1e-6)).astype(np.float32, copy=False)
    return result
