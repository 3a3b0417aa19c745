"""The benchmark's rows: this library, its parts, and what a user would pick instead.

An *engine* does the costly reading and gives a plain record an article, which is cached on disk. A
*row* is a way to read pair probabilities out of a record; rows that differ only there (both
directions or one, mean or maximum) share an engine, so that the same pairs are not scored twice.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

Record = dict[str, Any]
Article = tuple[tuple[str, ...], bool]  # sentences, whether the first one is the headline
PRESETS = {"strict": 0.05, "default": 0.1, "broad": 0.5}
LABELS = ("entailment", "neutral", "contradiction")
LIBRARY = Path(__file__).parents[1] / "src" / "inconsistency"


@dataclass(frozen=True, slots=True)
class PairScores:
    """What a row says about one article.

    Attributes:
        pairs: the pairs that it scored, as sentence indexes, smaller first.
        probabilities: one a pair, 0-1.
        threshold: the probability from which it would flag a pair of this article.
        presets: the same at each of the library's presets; empty for other rows.
    """

    pairs: list[tuple[int, int]]
    probabilities: list[float]
    threshold: float = 0.5
    presets: dict[str, float] = field(default_factory=dict)


class System(Protocol):
    """Anything that can stand in the table."""

    name: str

    def pair_scores(self, sentences: Sequence[str], headline_first: bool) -> PairScores:
        """Score an article's pairs."""
        ...


class Engine(Protocol):
    """What reads articles. `key` changes whenever its answers could."""

    @property
    def key(self) -> str:
        """Name and fingerprint: its cache file."""
        ...

    def why_not(self) -> str | None:
        """Why it cannot run here, or None."""
        ...

    def load(self) -> None:
        """Load the model, so that no article's time holds it."""
        ...

    def read(self, articles: Sequence[Article]) -> list[Record]:
        """One record an article."""
        ...


# --- this library -------------------------------------------------------------------------------


@dataclass
class Ours:
    """`Detector.check_sentences`, everything reported (`threshold=0`)."""

    model: str = "default"
    backend: str = "auto"
    options: dict[str, Any] = field(default_factory=dict)
    threads: int | None = None

    @cached_property
    def key(self) -> str:
        """Model, options and the library's own code."""
        options = "-".join(f"{k}={v}" for k, v in sorted(self.options.items())) or "whole"
        # A model without a calibration of its own borrows the default model's gate.
        gate = LIBRARY / "models" / "default" / "calibration.json"
        borrowed = gate.read_text("utf-8") if gate.is_file() else ""
        prints = fingerprint(self.folder, self.backend + borrowed)
        return f"ours-{options}-{prints}-{code_hash()}"

    @property
    def folder(self) -> Path:
        """Where the model lies."""
        return LIBRARY / "models" / "default" if self.model == "default" else Path(self.model)

    def why_not(self) -> str | None:
        """The model is missing, or the detector lacks an option that the row needs."""
        if not (self.folder / "config.json").is_file():
            return f"no model in {self.folder}"
        try:
            _ = self.detector
        except Exception as error:  # a row must never end the run; its reason is printed
            return f"{type(error).__name__}: {error}"
        return None

    @cached_property
    def detector(self) -> Any:
        """The detector, loaded once."""
        from inconsistency.detector import Detector

        return Detector(
            self.model,
            backend=self.backend,
            evidence=False,
            threads=self.threads,
            **self.options,
        )

    def load(self) -> None:
        """Load the detector."""
        _ = self.detector

    def read(self, articles: Sequence[Article]) -> list[Record]:
        """Calibrated and raw probabilities of every scored pair, and the preset thresholds."""
        return [self._one(list(sentences), headline) for sentences, headline in articles]

    def _one(self, sentences: list[str], headline: bool) -> Record:
        report = self.detector.check_sentences(sentences, headline=headline, threshold=0)
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

    def _presets(self, pairs: int) -> dict[str, float]:
        """The threshold that each preset has for an article of this many pairs."""
        return {name: self.detector.threshold_for(pairs, flags) for name, flags in PRESETS.items()}


@dataclass
class AllPairs:
    """Every ordered pair through the library's own engine: no gate, no screening, no decision."""

    model: str = "default"
    backend: str = "auto"
    threads: int | None = None

    @cached_property
    def key(self) -> str:
        """Model and the library's own code."""
        return f"allpairs-{fingerprint(self.folder, self.backend)}-{code_hash()}"

    @property
    def folder(self) -> Path:
        """Where the model lies."""
        return LIBRARY / "models" / "default" if self.model == "default" else Path(self.model)

    def why_not(self) -> str | None:
        """The model is missing."""
        return None if (self.folder / "config.json").is_file() else f"no model in {self.folder}"

    @cached_property
    def scorer(self) -> Any:
        """The scorer, loaded once."""
        from inconsistency.nli.loading import load_scorer

        return load_scorer(self.model, backend=self.backend, threads=self.threads)

    def load(self) -> None:
        """Load the scorer."""
        _ = self.scorer

    def read(self, articles: Sequence[Article]) -> list[Record]:
        """Three probabilities of every ordered pair."""
        texts, where = ordered(articles)
        scores = [(s.entailment, s.neutral, s.contradiction) for s in self.scorer.score(texts)]
        return regroup(articles, where, scores)


# --- what a user would pick instead -------------------------------------------------------------


@dataclass
class StCrossEncoder:
    """sentence-transformers' `CrossEncoder.predict` over every ordered pair, its own batching."""

    model: str
    hub: bool = False

    @cached_property
    def key(self) -> str:
        """Model and version."""
        return f"crossencoder-{fingerprint(Path(self.model))}-{version('sentence-transformers')}"

    def why_not(self) -> str | None:
        """The package, the folder or the network is missing."""
        if missing := without("sentence_transformers"):
            return missing
        return hub_reason(self.model) if self.hub else folder_reason(self.model)

    @cached_property
    def loaded(self) -> tuple[Any, list[int]]:
        """Model and the columns of our three labels, found by name."""
        from sentence_transformers import CrossEncoder

        model = CrossEncoder(self.model, device="cpu")
        names = {str(v).lower(): int(k) for k, v in model.config.id2label.items()}
        return model, [names[label] for label in LABELS]

    def load(self) -> None:
        """Load the model."""
        _ = self.loaded

    def read(self, articles: Sequence[Article]) -> list[Record]:
        """Three probabilities of every ordered pair."""
        texts, where = ordered(articles)
        model, columns = self.loaded
        if not texts:
            return regroup(articles, where, [])
        shares = model.predict(texts, apply_softmax=True, show_progress_bar=False)
        return regroup(articles, where, shares[:, columns].tolist())


@dataclass
class Pipeline:
    """transformers' text-classification pipeline, earlier sentence first, one direction."""

    model: str

    @cached_property
    def key(self) -> str:
        """Model and version."""
        return f"pipeline-{fingerprint(Path(self.model))}-{version('transformers')}"

    def why_not(self) -> str | None:
        """The package or the folder is missing."""
        return without("transformers") or folder_reason(self.model)

    @cached_property
    def pipeline(self) -> Any:
        """The pipeline, loaded once."""
        from transformers import pipeline

        return pipeline("text-classification", model=self.model, device="cpu", top_k=None)

    def load(self) -> None:
        """Load the pipeline."""
        _ = self.pipeline

    def read(self, articles: Sequence[Article]) -> list[Record]:
        """P(contradiction) of every unordered pair, in one direction."""
        return [self._one(sentences) for sentences, _ in articles]

    def _one(self, sentences: Sequence[str]) -> Record:
        pairs = unordered(len(sentences))
        rows = [{"text": sentences[i], "text_pair": sentences[j]} for i, j in pairs]
        found = self.pipeline(rows, batch_size=32, truncation=True) if rows else []
        p = [next(r["score"] for r in row if r["label"] == "contradiction") for row in found]
        return {"pairs": pairs, "p": p}


@dataclass
class ContradictText:
    """The PyPI package `contradict-text`, its own `check` on every unordered pair.

    Both of its models are pointed at local folders. `contradiction_threshold=0` makes it state
    P(contradiction) of every pair that passes its topic filter; the row then uses its default, 0.3.
    """

    model: str
    encoder: str

    @cached_property
    def key(self) -> str:
        """Both models and version."""
        prints = f"{fingerprint(Path(self.model))}-{fingerprint(Path(self.encoder))}"
        return f"contradict-{prints}-{version('contradict-text')}"

    def why_not(self) -> str | None:
        """The package or a folder is missing."""
        gone = without("contradict") or folder_reason(self.model) or folder_reason(self.encoder)
        return gone and f"{gone} (its default models are on the hub)"

    @cached_property
    def detector(self) -> Any:
        """Its detector, loaded once."""
        from contradict import ContradictionDetector

        return ContradictionDetector(nli_model=self.model, embed_model=self.encoder, contradiction_threshold=0.0)

    def load(self) -> None:
        """Load both models: its first call does."""
        self.detector.check("One man was hurt.", "No man was hurt.")

    def read(self, articles: Sequence[Article]) -> list[Record]:
        """Its score of every unordered pair, 0 where its topic filter skipped the pair."""
        found = []
        for sentences, _ in articles:
            pairs = unordered(len(sentences))
            results = [self.detector.check(sentences[i], sentences[j]) for i, j in pairs]
            p = [0.0 if r.nli_skipped else float(r.score) for r in results]
            found.append({"pairs": pairs, "p": p})
        return found


@dataclass
class Similarity:
    """Cosine of sentence embeddings: `contradict-text`'s topic filter, each sentence read once."""

    encoder: str

    @cached_property
    def key(self) -> str:
        """Encoder and version."""
        return f"similarity-{fingerprint(Path(self.encoder))}-{version('sentence-transformers')}"

    def why_not(self) -> str | None:
        """The package or the folder is missing."""
        return without("sentence_transformers") or folder_reason(self.encoder)

    @cached_property
    def loaded(self) -> Any:
        """The encoder, loaded once."""
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(self.encoder, device="cpu")

    def load(self) -> None:
        """Load the encoder."""
        _ = self.loaded

    def read(self, articles: Sequence[Article]) -> list[Record]:
        """Cosine of every unordered pair."""
        found = []
        for sentences, _ in articles:
            vectors = self.loaded.encode(list(sentences), normalize_embeddings=True)
            pairs = unordered(len(sentences))
            cosines = [float(vectors[i] @ vectors[j]) for i, j in pairs]
            found.append({"pairs": pairs, "p": cosines})
        return found


@dataclass
class WordsAndNumbers:
    """No model: TF-IDF similarity, halved unless the two sentences state different numbers."""

    key = "tfidf-1"

    def why_not(self) -> str | None:
        """The package is missing."""
        return without("sklearn")

    def load(self) -> None:
        """Nothing to load."""

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


# --- rows: ways to read a record ----------------------------------------------------------------


@dataclass
class Row:
    """One line of the table: a `System`.

    Attributes:
        name: its label.
        engines: what reads the article; the view gets one record of each.
        view: records -> pair scores.
        note: what a reader must know about it.
        weights: which NLI weights it runs, for the table.
        pairs_too: whether it also runs on the labelled pairs.
        derived: whether it only reads another row's scores, so that its time is that row's.
    """

    name: str
    engines: tuple[Any, ...]
    view: Callable[..., PairScores]
    note: str = ""
    weights: str = ""
    pairs_too: bool = False
    derived: bool = False

    def pair_scores(self, sentences: Sequence[str], headline_first: bool) -> PairScores:
        """Score one article, without the cache."""
        article = (tuple(sentences), headline_first)
        return self.view(*(engine.read([article])[0] for engine in self.engines))

    def why_not(self) -> str | None:
        """The first reason why one of its engines cannot run."""
        return next((why for e in self.engines if (why := e.why_not())), None)


def calibrated(record: Record) -> PairScores:
    """The library's own probabilities and thresholds."""
    presets = record["presets"]
    return PairScores(_pairs(record), record["p"], presets["default"], presets)


def uncalibrated(record: Record) -> PairScores:
    """Raw mean of both directions, of the pairs that the library scored."""
    return PairScores(_pairs(record), record["raw"])


def plain(threshold: float) -> Callable[[Record], PairScores]:
    """Scores as they stand, with the row's own threshold."""
    return lambda record: PairScores(_pairs(record), record["p"], threshold)


def both(combine: Callable[[float, float], float]) -> Callable[[Record], PairScores]:
    """P(contradiction) of both directions, combined."""

    def view(record: Record) -> PairScores:
        table, n = contradiction_table(record)
        pairs = unordered(n)
        return PairScores(pairs, [combine(table[i, j], table[j, i]) for i, j in pairs])

    return view


def mean(a: float, b: float) -> float:
    """Mean of two directions."""
    return float(a + b) / 2


def maximum(a: float, b: float) -> float:
    """The stronger of two directions."""
    return float(max(a, b))


def forward_only(record: Record) -> PairScores:
    """Earlier sentence as premise, the other direction not looked at."""
    table, n = contradiction_table(record)
    pairs = unordered(n)
    return PairScores(pairs, [float(table[i, j]) for i, j in pairs])


def topic_filtered(record: Record, similarity: Record) -> PairScores:
    """`contradict-text`'s rule: one direction, 0 below cosine 0.3, flagged from 0.3."""
    scores = forward_only(record)
    kept = [p if cosine >= 0.3 else 0.0 for p, cosine in zip(scores.probabilities, similarity["p"], strict=True)]
    return PairScores(scores.pairs, kept, 0.3)


def max_over_sentences(record: Record) -> PairScores:
    """SummaC's zero-shot rule turned on the article itself.

    Each sentence in turn is the hypothesis; of all others as premises only the most contradicting
    one counts, less the strongest entailment. So a sentence accuses one partner at most.
    """
    n, best = record["n"], dict[tuple[int, int], float]()
    by_hypothesis: dict[int, list[list[float]]] = {}
    for row in record["scores"]:
        by_hypothesis.setdefault(int(row[1]), []).append(row)
    for j, rows in by_hypothesis.items():
        worst = max(rows, key=lambda r: r[4])
        value = max(0.0, worst[4] - max(r[2] for r in rows))
        pair = (min(int(worst[0]), j), max(int(worst[0]), j))
        best[pair] = max(value, best.get(pair, 0.0))
    pairs = unordered(n)
    return PairScores(pairs, [best.get(p, 0.0) for p in pairs])


def contradiction_table(record: Record) -> tuple[np.ndarray, int]:
    """P(contradiction) by premise and hypothesis."""
    table = np.zeros((record["n"], record["n"]))
    for i, j, _, _, p in record["scores"]:
        table[int(i), int(j)] = p
    return table, record["n"]


# --- the table's rows ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """Where models lie and how rows are run."""

    model: str = "default"
    warm: str = "runs/warm"
    encoder: str = "runs/encoder"
    hub: str = "cross-encoder/nli-deberta-v3-base"
    threads: int = 2
    as_shipped: bool = False


def rows(choice: Choice) -> list[Row]:
    """Every row of the comparison, in the order of the table."""
    return [*our_rows(choice), *rival_rows(choice)]


def our_rows(choice: Choice) -> list[Row]:
    """The library, and the library with one stage switched off."""
    model, threads = choice.model, choice.threads
    whole = Ours(model, threads=threads)
    no_screen = Ours(model, options={"screen": False}, threads=threads)
    every = AllPairs(model, threads=threads)
    warm = Ours(choice.warm, "torch", threads=threads)
    return [
        Row("inconsistency", (whole,), calibrated, "the default", "own", pairs_too=True),
        Row("- without the decision", (whole,), uncalibrated,
            "candidate pairs, mean of both directions, flagged from 0.5", "own", derived=True),
        Row("- without screening", (no_screen,), calibrated,
            "every pair is scored, and no early opinion rules one out", "own"),
        Row("- model alone", (every,), both(mean),
            "all pairs, no screening or decision; mean of both directions", "own",
            pairs_too=True),
        Row("inconsistency, warm start", (warm,), calibrated,
            "the same pipeline on the weights of the rows below", "warm start", pairs_too=True),
    ]  # fmt: skip


def rival_rows(choice: Choice) -> list[Row]:
    """What a user would pick instead, on the warm start's weights, which stock tools can load.

    The rivals' rules come on our own weights too, read by our engine since no stock class can load them: what
    remains between those rows and ours is cascade and decision.
    """
    alone = AllPairs(choice.model, threads=choice.threads)
    warm, hub = StCrossEncoder(choice.warm), StCrossEncoder(choice.hub, hub=True)
    every = "sentence-transformers, both directions, flagged from 0.5"
    summac = "its rule on the CrossEncoder's scores: the package itself needs transformers < 5"
    return [
        Row("rule of the pipeline", (alone,), forward_only, "one direction, flagged from 0.5", "own",
            derived=True),
        Row("rule of SummaC", (alone,), max_over_sentences, "max over sentences", "own", derived=True),
        Row("rule of the maximum", (alone,), both(maximum), "both directions, flagged from 0.5", "own",
            derived=True),
        Row("CrossEncoder, all pairs, maximum", (warm,), both(maximum), every, "warm start",
            pairs_too=True),
        Row("CrossEncoder, all pairs, mean", (warm,), both(mean), every, "warm start", derived=True),
        pipeline_row(choice, warm),
        contradict_row(choice, warm),
        Row("SummaC-style", (warm,), max_over_sentences, summac, "warm start", derived=True),
        Row("TF-IDF and numbers", (WordsAndNumbers(),), plain(0.5), "no model", "none"),
        Row(f"CrossEncoder {choice.hub}", (hub,), both(mean), "all pairs, mean", "hub"),
    ]  # fmt: skip


DERIVED = "on the CrossEncoder's scores, checked against the real package on one article"


def pipeline_row(choice: Choice, warm: StCrossEncoder) -> Row:
    """The transformers pipeline, run itself or derived."""
    name, rule = "transformers pipeline", "one direction, flagged from 0.5; "
    if choice.as_shipped:
        engine = Pipeline(choice.warm)
        return Row(name, (engine,), plain(0.5), rule + "as shipped", "warm start")
    return Row(name, (warm,), forward_only, rule + DERIVED, "warm start", derived=True)


def contradict_row(choice: Choice, warm: StCrossEncoder) -> Row:
    """`contradict-text`, run itself or derived."""
    name, rule = "contradict-text", "topic filter 0.3, one direction, flagged from 0.3; "
    if choice.as_shipped:
        engine = ContradictText(choice.warm, choice.encoder)
        return Row(name, (engine,), plain(0.3), rule + "as shipped", "warm start")
    engines = (warm, Similarity(choice.encoder))
    return Row(name, engines, topic_filtered, rule + DERIVED, "warm start", derived=True)


def check_formulas(choice: Choice, article: Article, cache: Cache) -> dict[str, float | str]:
    """Largest difference between derived rows and the real packages, over one article's pairs."""
    found: dict[str, float | str] = {}
    derived = {r.name: r for r in rival_rows(choice)}
    real: dict[str, Engine] = {
        "transformers pipeline": Pipeline(choice.warm),
        "contradict-text": ContradictText(choice.warm, choice.encoder),
    }
    for name, engine in real.items():
        why = engine.why_not() or derived[name].why_not()
        if why:
            found[name] = f"not checked: {why}"
            continue
        (record,) = cache.records(engine, [article])
        row = derived[name]
        ours = row.view(*(next(cache.records(e, [article])) for e in row.engines)).probabilities
        theirs = record["p"]
        found[name] = float(np.abs(np.array(theirs) - np.array(ours)).max())
    return found


# --- the cache ----------------------------------------------------------------------------------


class Cache:
    """Records on disk, one JSON line an article and engine, so that a cut run loses nothing.

    Args:
        folder: one file an engine is kept here.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, dict[str, Record]] = {}

    def records(self, engine: Engine, articles: Sequence[Article], chunk: int = 1) -> Iterator[Record]:
        """Records of articles in order, from disk or made now; with `seconds` and `cached`."""
        known = self._load(engine.key)
        for start in range(0, len(articles), chunk):
            part = articles[start : start + chunk]
            missing = [a for a in dict.fromkeys(part) if article_key(a) not in known]
            if missing:
                self._make(engine, missing, known)
            fresh = {article_key(a) for a in missing}
            for a in part:
                yield {**known[article_key(a)], "cached": article_key(a) not in fresh}

    def _load(self, key: str) -> dict[str, Record]:
        """What is on disk; a line that was cut in the middle is dropped and made again."""
        if key not in self._known:
            self._known[key] = {}
            path = self.folder / f"{key}.jsonl"
            for line in path.read_text("utf-8").splitlines() if path.exists() else ():
                try:
                    row = json.loads(line)
                except json.JSONDecodeError:
                    continue
                self._known[key][row["article"]] = row
        return self._known[key]

    def _make(self, engine: Engine, missing: list[Article], known: dict[str, Record]) -> None:
        engine.load()
        start = time.perf_counter()
        made = engine.read(missing)
        seconds = (time.perf_counter() - start) / len(missing)
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{engine.key}.jsonl").open("a", encoding="utf-8") as out:
            for article, record in zip(missing, made, strict=True):
                row = {"article": article_key(article), "seconds": seconds, **record}
                known[row["article"]] = row
                # A line cut by a kill must not swallow the next one.
                out.write("\n" + json.dumps(row, default=float))


def article_key(article: Article) -> str:
    """Content hash of an article as rows see it."""
    return hashlib.sha1(json.dumps(article).encode()).hexdigest()[:20]


# --- small parts --------------------------------------------------------------------------------


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


def _pairs(record: Record) -> list[tuple[int, int]]:
    return [(min(i, j), max(i, j)) for i, j in record["pairs"]]


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


def without(module: str) -> str | None:
    """A reason not to run when the module is not installed."""
    return None if importlib.util.find_spec(module) else f"{module} is not installed"


def folder_reason(folder: str) -> str | None:
    """A reason not to run when the model folder is missing."""
    return None if (Path(folder) / "config.json").is_file() else f"no model folder {folder}"


def hub_reason(model: str) -> str | None:
    """A reason not to run when the hub cannot be asked and the model is not in its local cache."""
    from huggingface_hub import HfApi, try_to_load_from_cache

    if isinstance(try_to_load_from_cache(model, "config.json"), str):
        return None
    try:
        HfApi().model_info(model, timeout=5)
    except Exception as error:  # the client raises many kinds; all of them mean "not from here"
        return f"no network ({type(error).__name__})"
    return None
