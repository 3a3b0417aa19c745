"""Samples of the benchmark `verifier.py`: which pairs a second reader is asked about, and in which words.

The embedded model chooses the candidates of every sample once. They are kept with the recorded answers, so that a
newer model does not make a recording stale; a changed word of the prompt does.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import provenance
from benchmarks.cache import Cache
from benchmarks.figures import POOLED
from benchmarks.quality import Run, Sample, plans, sample
from corpora import registry
from corpora.cases import Case
from corpora.remember import Remembering
from inconsistency import Detector, Sentence, Verdict
from inconsistency.identity import calibration_file
from inconsistency.options import DetectorOptions, TextKind
from inconsistency.sentences import from_texts
from inconsistency.verify import Suspects, prompt
from inconsistency.verify.llm import WINDOW
from inconsistency.verify.windows import windows

PLAN = plans()["full"]
CAPS = {"contradoc_full": PLAN.clean_cap}  # most sentences of an article; of clean sources, the plan's
# Contradicting articles and clean ones of each set; clean articles of all real sources together.
SIZES = {"newsroom_swapped": (50, 50), "features": (40, 30), "news_inserted": (50, 25), "contradoc_full": (43, 22)}
REAL = 160
# Way of asking -> whether candidates are asked about, and whether the model may name pairs itself.
WAYS = {"candidates": (True, False), "discover": (True, True), "alone": (False, True)}
Pair = tuple[int, int]
Sizes = Mapping[str, Sequence[int]]


@dataclasses.dataclass(frozen=True, slots=True)
class Drawn:
    """A sample article and what the embedded model says of it.

    Attributes:
        data: the set.
        case: the article.
        candidates: the pairs that a second reader is asked about.
        flagged: pairs that the library flags by itself, at its default for the set's kind of text.
        ways: ways of asking in which all of its questions have an answer; those asked, before there are answers.
    """

    data: str
    case: Case
    candidates: tuple[Pair, ...]
    flagged: tuple[Pair, ...]
    ways: tuple[str, ...] = tuple(WAYS)

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The article as the library takes it."""
        return from_texts(self.case.sentences, self.case.headline)

    def suspects(self, way: str) -> Suspects:
        """What is asked about."""
        return Suspects(self.sentences, self.candidates if WAYS[way][0] else ())

    def questions(self, way: str) -> Iterator[list[dict[str, str]]]:
        """The messages of every call for the article."""
        sentences, pairs = self.suspects(way)
        discover = WAYS[way][1]
        for window in windows(sentences, pairs, WINDOW, discover):
            yield prompt.messages(sentences, window.shown, window.pairs, discover)

    def fingerprints(self, way: str) -> list[str]:
        """Of its questions: by these answers are known."""
        return [fingerprint(words) for words in self.questions(way)]


def fingerprint(words: list[dict[str, str]]) -> str:
    """Of a question; short, since somebody copies it beside the answer."""
    return prompt.fingerprint(words)[:16]


class Ranking:
    """A verifier that judges nothing and remembers which pairs it was asked about: the most probable ones."""

    name = "ranking"
    asked: tuple[Pair, ...] = ()

    def verify(self, sentences: Sequence[Sentence], pairs: Sequence[Pair]) -> list[Verdict | None]:
        """No answer."""
        self.asked = tuple(pairs)
        return [None] * len(pairs)


def cases(data: Path, sizes: Sizes, real: int) -> Iterator[tuple[str, Case]]:
    """The sample articles of every set, those that clash first; a smaller sample is a part of a larger one.

    Args:
        data: the data folder.
        sizes: set -> how many contradicting articles, and how many clean ones.
        real: clean articles of all real sources together.
    """
    run = Run(PLAN, data, Cache(Path("runs") / "verifier"))
    wanted = {name: Sample(wrong, clean, CAPS.get(name)) for name, (wrong, clean) in sizes.items()}
    for k, name in enumerate(POOLED):
        wanted[name] = Sample(0, (real + len(POOLED) - 1 - k) // len(POOLED), PLAN.clean_cap)
    for name, size in wanted.items():
        for case in sample(run, name, size):
            yield name, case
    for name, why in run.not_run.items():
        print(f"SKIPPED {name}: {why}")


class Library:
    """The library without a second reader, which flags, and with one that only looks at what it is asked.

    Args:
        model: what `Detector` takes.
        candidates: how many pairs of an article are asked about.

    Attributes:
        weights: digest of the embedded model's files, or the name of another model.
    """

    def __init__(self, model: Any = "default", candidates: int = DetectorOptions.candidates) -> None:
        first = Detector(model, evidence=False)
        self.weights = provenance.weights() if model == "default" else first.scorer.name
        calibration = calibration_file(model)
        kinds: tuple[TextKind, ...] = ("published", "generated") if calibration else ("published",)
        scorer = Remembering(first.scorer)
        self._shared: dict[str, Any] = {"model": scorer, "calibration": calibration, "evidence": False}
        self._plain: dict[str, Detector] = {kind: Detector(**self._shared, text_kind=kind) for kind in kinds}
        self._candidates = candidates

    def draw(self, name: str, case: Case) -> Drawn:
        """Rank and flag the pairs of an article."""
        kind = registry.SETS[name].text_kind
        plain = self._plain.get(kind, self._plain["published"])
        report = plain.check_sentences(case.sentences, headline=case.headline)
        flagged = tuple((c.first.index, c.second.index) for c in report.contradictions)
        return Drawn(name, case, self.ranked(case), flagged)

    def ranked(self, case: Case, candidates: int | None = None) -> tuple[Pair, ...]:
        """The candidates of an article, the most probable first; so many as by default where None."""
        ranking = Ranking()
        ranker = Detector(**self._shared, verifier=ranking, candidates=candidates or self._candidates)
        ranker.check_sentences(case.sentences, headline=case.headline)
        return ranking.asked


def first_right(case: Case, ranked: Iterable[Pair]) -> float:
    """Rank of the first right pair of a contradicting article, from 1; infinite if there is none."""
    return next((n for n, pair in enumerate(ranked, 1) if pair in case.gold), math.inf)
