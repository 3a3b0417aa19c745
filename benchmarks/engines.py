"""What reads articles in the quality benchmark: this library, its bare model, and what a user would take instead.

An *engine* does the costly reading and gives a plain record an article, which is cached on disk; `rows.py` has
ways to read pair probabilities out of one.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

import inconsistency
from benchmarks import rivals
from inconsistency.decision import PRESETS
from inconsistency.options import TextKind

Record = dict[str, Any]
Article = tuple[tuple[str, ...], bool]  # sentences, whether the first one is the headline
TEXT_KINDS: tuple[TextKind, ...] = get_args(TextKind)
LIBRARY = Path(inconsistency.__file__).parent


class Engine(ABC):
    """What reads articles; it is loaded when it is first asked."""

    @property
    @abstractmethod
    def key(self) -> str:
        """Name and fingerprint, which changes whenever the answers could: its cache file."""

    @abstractmethod
    def why_not(self) -> str | None:
        """Why it cannot run here, or None."""

    @cached_property
    def loaded(self) -> Any:
        """Its model; None where it has none."""
        return None

    def load(self) -> None:
        """Load the model, so that no article's time holds it."""
        _ = self.loaded

    @abstractmethod
    def read(self, articles: Sequence[Article]) -> list[Record]:
        """One record an article."""


@dataclass
class Ours(Engine):
    """`Detector.check_sentences`, everything reported (`threshold=0`)."""

    model: str = "default"
    backend: str = "auto"
    options: dict[str, Any] = field(default_factory=dict)
    threads: int | None = None

    @cached_property
    def key(self) -> str:
        """Model, options and the library's own code."""
        options = "-".join(f"{k}={v}" for k, v in sorted(self.options.items())) or "whole"
        prints = fingerprint(library_folder(self.model), self.backend)
        return f"ours-{options}-{prints}-{code_hash()}"

    def why_not(self) -> str | None:
        """The model is missing, or the detector lacks an option that the row needs."""
        if gone := rivals.folder_reason(str(library_folder(self.model))):
            return gone
        try:
            self.load()
        except Exception as error:  # a row must never end the run; its reason is printed
            return f"{type(error).__name__}: {error}"
        return None

    @cached_property
    def loaded(self) -> Any:
        """The detector."""
        from inconsistency.detector import Detector

        chosen = {"backend": self.backend, "evidence": False, "threads": self.threads, **self.options}
        return Detector(self.model, **chosen)

    def read(self, articles: Sequence[Article]) -> list[Record]:
        """Calibrated and raw probabilities of every scored pair, and the preset thresholds."""
        return [self._one(list(sentences), headline) for sentences, headline in articles]

    def _one(self, sentences: list[str], headline: bool) -> Record:
        report = self.loaded.check_sentences(sentences, headline=headline, threshold=0)
        found = report.contradictions
        return {
            "pairs": [[c.first.index, c.second.index] for c in found],
            "p": [c.probability for c in found],
            "raw": [(c.forward.contradiction + c.backward.contradiction) / 2 for c in found],
            "presets": self._presets(report.counts.pairs),
            "counts": {
                "pairs": report.counts.pairs,
                "left_out": sum(report.counts.left_out.values()),
                "screened_out": report.counts.screened_out,
                "scored": report.counts.scored,
                "truncated": report.counts.truncated,
            },
        }

    @cached_property
    def calibrations(self) -> dict[str, Any]:
        """Kind of text -> the calibration that promises for it; empty for a model without one."""
        from inconsistency.calibration_file import load_calibration
        from inconsistency.identity import calibration_file

        path = calibration_file(self.model)
        return {kind: load_calibration(path, kind) for kind in TEXT_KINDS} if path else {}

    def _presets(self, pairs: int) -> dict[str, dict[str, float]]:
        """Kind of text -> the threshold that each preset has for an article of this many pairs."""
        kinds = self.calibrations or dict.fromkeys(TEXT_KINDS)
        return {
            kind: {
                name: made.threshold(flags, pairs) if made else self.loaded.threshold_for(pairs, flags)
                for name, flags in PRESETS.items()
            }
            for kind, made in kinds.items()
        }


@dataclass
class AllPairs(Engine):
    """Every ordered pair through the library's own engine: no screening, no decision."""

    model: str = "default"
    threads: int | None = None

    @cached_property
    def key(self) -> str:
        """Model and the library's own code."""
        return f"allpairs-{fingerprint(library_folder(self.model), 'auto')}-{code_hash()}"

    def why_not(self) -> str | None:
        """The model is missing."""
        return rivals.folder_reason(str(library_folder(self.model)))

    @cached_property
    def loaded(self) -> Any:
        """The scorer."""
        from inconsistency.nli.loading import load_scorer

        return load_scorer(self.model, threads=self.threads)

    def read(self, articles: Sequence[Article]) -> list[Record]:
        """Three probabilities of every ordered pair."""
        texts, where = ordered(articles)
        scores = [(s.entailment, s.neutral, s.contradiction) for s in self.loaded.score(texts)]
        return regroup(articles, where, scores)


@dataclass
class CrossEncoder(Engine):
    """sentence-transformers over every ordered pair."""

    model: str
    hub: bool = False

    @cached_property
    def key(self) -> str:
        """Model and version."""
        return f"crossencoder-{fingerprint(Path(self.model))}-{version('sentence-transformers')}"

    def why_not(self) -> str | None:
        """The package, the folder or the network is missing."""
        gone = rivals.hub_reason if self.hub else rivals.folder_reason
        return rivals.without("sentence_transformers") or gone(self.model)

    @cached_property
    def loaded(self) -> Any:
        """Pairs -> three probabilities."""
        return rivals.cross_encoder(self.model)

    def read(self, articles: Sequence[Article]) -> list[Record]:
        """Three probabilities of every ordered pair."""
        texts, where = ordered(articles)
        return regroup(articles, where, self.loaded(texts).tolist() if texts else [])


@dataclass
class Similarity(Engine):
    """Cosine of sentence embeddings: `contradict-text`'s topic filter, each sentence read once."""

    encoder: str

    @cached_property
    def key(self) -> str:
        """Encoder and version."""
        return f"similarity-{fingerprint(Path(self.encoder))}-{version('sentence-transformers')}"

    def why_not(self) -> str | None:
        """The package or the folder is missing."""
        return rivals.without("sentence_transformers") or rivals.folder_reason(self.encoder)

    @cached_property
    def loaded(self) -> Any:
        """Sentences -> vectors."""
        return rivals.embeddings(self.encoder)

    def read(self, articles: Sequence[Article]) -> list[Record]:
        """Cosine of every unordered pair."""
        found = []
        for sentences, _ in articles:
            vectors, pairs = self.loaded(sentences), unordered(len(sentences))
            found.append({"pairs": pairs, "p": [float(vectors[i] @ vectors[j]) for i, j in pairs]})
        return found


class WordsAndNumbers(Engine):
    """No model: TF-IDF similarity, halved unless the two sentences state different numbers."""

    key = "tfidf-1"

    def why_not(self) -> str | None:
        """The package is missing."""
        return rivals.without("sklearn")

    def read(self, articles: Sequence[Article]) -> list[Record]:
        """Score of every unordered pair."""
        return [self._one(list(sentences)) for sentences, _ in articles]

    def _one(self, sentences: list[str]) -> Record:
        from sklearn.feature_extraction.text import TfidfVectorizer

        pattern = r"(?u)\b\w+\b"
        vectors = TfidfVectorizer(token_pattern=pattern).fit_transform(sentences).toarray()
        numbers = [{w for w in s.split() if any(c.isdigit() for c in w)} for s in sentences]
        pairs = unordered(len(sentences))

        def score(i: int, j: int) -> float:
            a, b = numbers[i], numbers[j]
            differ = bool(a and b) and not (a <= b or b <= a)
            return float(vectors[i] @ vectors[j]) * (1.0 if differ else 0.5)

        return {"pairs": pairs, "p": [score(i, j) for i, j in pairs]}


def unordered(n: int) -> list[tuple[int, int]]:
    """All pairs of n sentences, smaller index first."""
    return [(i, j) for i in range(n) for j in range(i + 1, n)]


def ordered(
    articles: Sequence[Article],
) -> tuple[list[tuple[str, str]], list[tuple[int, int, int]]]:
    """Every ordered pair of every article's sentences: the texts, and (article, i, j)."""
    where = [
        (at, i, j)
        for at, (sentences, _) in enumerate(articles)
        for i in range(len(sentences))
        for j in range(len(sentences))
        if i != j
    ]
    return [(articles[at][0][i], articles[at][0][j]) for at, i, j in where], where


def regroup(
    articles: Sequence[Article],
    where: Sequence[tuple[int, int, int]],
    scores: Sequence[Sequence[float]],
) -> list[Record]:
    """Scores of ordered pairs, back to their articles as rows (i, j, entail, neutral, contra)."""
    found: list[Record] = [{"n": len(sentences), "scores": []} for sentences, _ in articles]
    for (at, i, j), three in zip(where, scores, strict=True):
        found[at]["scores"].append([i, j, *map(float, three)])
    return found


def library_folder(model: str) -> Path:
    """Where a model of the library lies."""
    return LIBRARY / "models" / "default" if model == "default" else Path(model)


def fingerprint(folder: Path, extra: str = "") -> str:
    """Hash of a model folder: small files in full, large ones by size and both ends."""
    digest = hashlib.sha1(extra.encode() if folder.is_dir() else f"{folder}{extra}".encode())
    files = sorted(p for p in folder.rglob("*") if p.is_file()) if folder.is_dir() else []
    for path in files:
        digest.update(f"{path.relative_to(folder)} {path.stat().st_size}".encode())
        with path.open("rb") as data:
            digest.update(data.read(1 << 20))
            data.seek(-min(path.stat().st_size, 1 << 20), 2)
            digest.update(data.read())
    return digest.hexdigest()[:10]


def code_hash() -> str:
    """Hash of the library's sources that can change a score."""
    digest = hashlib.sha1()
    for path in sorted(LIBRARY.rglob("*.py")):
        if not {"render", "batch", "integrations"} & set(path.parts) and path.stem != "cli":
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def version(package: str) -> str:
    """Installed version, "absent" without one."""
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "absent"
