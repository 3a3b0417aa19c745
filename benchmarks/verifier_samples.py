"""Samples of the benchmark `verifier.py`: which pairs a second reader is asked about, and in which words.

The embedded model chooses the candidates of every sample once. They are kept with the recorded answers, so that a
newer model does not make a recording stale; a changed word of the prompt does.
"""

from __future__ import annotations

import dataclasses
import json
import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.cache import Cache
from benchmarks.figures import POOLED
from benchmarks.quality import Run, Sample, plans, sample
from corpora.cases import Case
from inconsistency import Detector, Sentence, Verdict
from inconsistency.options import DetectorOptions
from inconsistency.sentences import from_texts
from inconsistency.verify import Suspects, prompt
from inconsistency.verify.llm import WINDOW
from inconsistency.verify.windows import windows

RUNS = Path(__file__).parents[1] / "runs" / "verifier"
PLAN = plans()["full"]
LABELLED = {
    "newsroom_swapped": Sample(50, 50, None),
    "features": Sample(40, 30, None),
    "news_inserted": Sample(50, 25, None),
    "contradoc_full": Sample(43, 22, PLAN.clean_cap),
}
CLEAN = {name: Sample(0, 20, PLAN.clean_cap) for name in POOLED}
PAIRS = ("candidates", "ranked", "flagged")  # of `Drawn`, kept with the answers
RANKED = 200  # pairs of an article whose order is kept, to say what more candidates would bring
# Way of asking -> whether candidates are asked about, and whether the model may name pairs itself.
WAYS = {"candidates": (True, False), "discover": (True, True), "alone": (False, True)}
Pair = tuple[int, int]
Found = Iterable[tuple[str, Case]]


@dataclasses.dataclass(frozen=True, slots=True)
class Drawn:
    """A sample article and what the embedded model says of it.

    Attributes:
        data: the set.
        case: the article.
        candidates: the pairs that a second reader is asked about.
        ranked: the article's most probable pairs, many more of them.
        flagged: pairs that the library flags by itself, at its default.
    """

    data: str
    case: Case
    candidates: tuple[Pair, ...]
    ranked: tuple[Pair, ...]
    flagged: tuple[Pair, ...]

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


class Ranking:
    """A verifier that judges nothing and remembers which pairs it was asked about: the most probable ones."""

    name = "ranking"
    asked: tuple[Pair, ...] = ()

    def verify(self, sentences: Sequence[Sentence], pairs: Sequence[Pair]) -> list[Verdict | None]:
        """No answer."""
        self.asked = tuple(pairs)
        return [None] * len(pairs)


def cases(data: Path, scale: float) -> Iterator[tuple[str, Case]]:
    """The sample articles of every set, those that clash first."""
    run = Run(PLAN, data, Cache(RUNS))
    for name, size in (LABELLED | CLEAN).items():
        less = dataclasses.replace(size, positive=round(size.positive * scale), clean=round(size.clean * scale))
        for case in sample(run, name, less):
            yield name, case


class Library:
    """The library without a second reader, which flags, and with two that only look at what they are asked.

    Args:
        model: what `Detector` takes.
        options: further options of both detectors.
    """

    def __init__(self, model: Any = "default", **options: Any) -> None:
        self._plain = Detector(model, evidence=False, **options)
        self._rankers = [
            Detector(model, evidence=False, verifier=Ranking(), candidates=many, **options)
            for many in (DetectorOptions().candidates, RANKED)
        ]

    def draw(self, name: str, case: Case) -> Drawn:
        """Rank and flag the pairs of an article."""
        candidates, ranked = (self._asked(ranker, case) for ranker in self._rankers)
        plain = self._plain.check_sentences(case.sentences, headline=case.headline)
        flagged = tuple((c.first.index, c.second.index) for c in plain.contradictions)
        return Drawn(name, case, candidates, ranked, flagged)

    @staticmethod
    def _asked(ranker: Detector, case: Case) -> tuple[Pair, ...]:
        ranker.verifier = ranking = Ranking()
        ranker.check_sentences(case.sentences, headline=case.headline)
        return ranking.asked


def render(library: Library, found: Found, ways: Sequence[str], folder: Path) -> None:
    """Write candidates and questions of all samples."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [library.draw(name, case) for name, case in tqdm(list(found), disable=None)]
    asked = {prompt.fingerprint(words): words for d in drawn for way in ways for words in d.questions(way)}
    order = sorted(asked)
    random.Random(0).shuffle(order)
    write_lines(folder / "prompts.jsonl", [{"fingerprint": f, "messages": asked[f]} for f in order])
    kept = [{"set": d.data, "id": d.case.id, **{key: getattr(d, key) for key in PAIRS}} for d in drawn]
    write_lines(folder / "samples.jsonl", kept)
    size = sum(len(m["content"]) for words in asked.values() for m in words)
    print(f"{len(drawn)} articles, {len(asked)} questions, about {size // 4:,} tokens: {folder / 'prompts.jsonl'}")


def keep(folder: Path, answers: Path, out: Path, reader: str, date: str) -> None:
    """Put candidates and answers into one file.

    Raises:
        SystemExit: an answer is to a question that was not rendered.
    """
    asked = {line["fingerprint"] for line in read_lines(folder / "prompts.jsonl")}
    given = {line["fingerprint"]: line["answer"] for line in read_lines(answers)}
    if unknown := sorted(set(given) - asked):
        raise SystemExit(f"{answers}: {len(unknown)} answers to questions nobody asked, such as {unknown[0]}")
    versions = {way: prompt.version(WAYS[way][1]) for way in WAYS}
    about: dict[str, Any] = {"reader": reader, "recorded": date, "prompts": versions}
    about |= {"questions": len(asked), "answered": len(given)}
    texts = [
        {"fingerprint": f, "answer": a if isinstance(a, str) else json.dumps(a, ensure_ascii=False)}
        for f, a in sorted(given.items())
    ]
    write_lines(out, [about, *read_lines(folder / "samples.jsonl"), *texts])
    print(f"{len(given)} of {len(asked)} questions are answered: {out}")


def recorded(path: Path, found: Found) -> tuple[dict[str, Any], list[Drawn], dict[str, str]]:
    """What is told of the recording, its articles as they are now, and its answers."""
    about, *lines = read_lines(path)
    now = {(name, case.id): case for name, case in found}
    drawn = []
    for line in lines:
        if "set" in line and (case := now.get((line["set"], line["id"]))):
            drawn.append(Drawn(line["set"], case, *(tuple((a, b) for a, b in line[key]) for key in PAIRS)))
    missing = sum("set" in line for line in lines) - len(drawn)
    if missing:
        print(f"SKIPPED {missing} recorded articles that are not among the samples any more", file=sys.stderr)
    return about, drawn, {line["fingerprint"]: line["answer"] for line in lines if "fingerprint" in line}


def read_lines(path: Path) -> list[dict[str, Any]]:
    """A JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """A JSONL file."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
