"""Fit a `Calibration`: scored articles -> logistic decision, false-flag curve, screening floor.

Fitting needs scikit-learn (extra `train`); applying the result, in `decision.py`, does not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inconsistency.decision import FEATURES, Calibration, decision_features, save_calibration
from inconsistency.detector import Detector
from inconsistency.errors import CalibrationError, InputError, MissingExtraError
from inconsistency.pairs import GateModel, candidate_pairs
from inconsistency.sentences import Sentence, split

Floats = npt.NDArray[np.float64]
KNOTS = 48  # points of the stored false-flag curve
# The sign that a coefficient may have; a fit that turns it round has met noise, and the feature is left
# out. Features that are not named here are not fitted: with some fifty labelled pairs they follow the
# sample (an anaphor or a headline came out as evidence for or against, by the draw).
SIGNS = {
    "nli_mean": 1,
    "nli_lower": 1,
    "similarity": 1,
    "number_clash": 1,
    "time_clash": 1,
    "state_clash": 1,
    "hedged": -1,
    "another_time": -1,
    "one_speaks": -1,
    "both_speak": -1,
    "denial": -1,
}


@dataclass(frozen=True, slots=True)
class ScoredArticle:
    """An article's pairs, scored.

    Attributes:
        features: (pairs, len(FEATURES)), of the pairs that passed gate and screening.
        gold: whether each of them is a labelled contradiction.
        quick: the screening opinion of each, or NaN.
        pairs: all pairs of the article, before the gate.
        missed: labelled contradictions that gate or screening left out.
        source: where the article comes from.
    """

    features: Floats
    gold: npt.NDArray[np.bool_]
    quick: Floats
    pairs: int
    missed: int
    source: str


def as_sentences(texts: Sequence[str]) -> tuple[Sentence, ...]:
    """Sentences of an article given as a list whose first item is the headline."""
    made, start = [], 0
    for index, text in enumerate(texts):
        role: Any = "text" if index else "headline"
        made.append(Sentence(index, text, start, start + len(text), role=role))
        start += len(text) + 1
    return tuple(made)


def score_article(
    scorer: Any,
    sentences: Sequence[Sentence],
    gold: Iterable[tuple[int, int]],
    gate: GateModel | None,
    source: str,
    limit: int | None = None,
    floor: float = 0.0,
) -> ScoredArticle:
    """Score an article's candidate pairs in both directions.

    With `limit`, only that many pairs with the highest quick opinion are scored and returned, and with
    `floor` only those whose quick opinion reaches it: the others are dismissed, as in use.
    """
    candidates = candidate_pairs(sentences, gate, None)
    chosen = list(candidates.pairs)
    quick = [math.nan] * len(chosen)
    wanted = set(gold)
    if hasattr(scorer, "screen"):
        quick = scorer.screen([(p.first.text, p.second.text) for p in chosen])
        best = sorted((k for k in range(len(chosen)) if quick[k] >= floor), key=lambda k: -quick[k])
        chosen, quick = [chosen[k] for k in best[:limit]], [quick[k] for k in best[:limit]]
    texts = [(p.first.text, p.second.text) for p in chosen]
    forward = scorer.score(texts)
    backward = scorer.score([(b, a) for a, b in texts])
    rows = [decision_features(p, f, b) for p, f, b in zip(chosen, forward, backward, strict=True)]
    labels = np.array([(p.first.index, p.second.index) in wanted for p in chosen], dtype=bool)
    return ScoredArticle(
        features=np.array(rows, dtype=np.float64).reshape(-1, len(FEATURES)),
        gold=labels,
        quick=np.array(quick, dtype=np.float64),
        pairs=candidates.considered,
        missed=len(wanted) - int(labels.sum()),
        source=source,
    )


def fit_decision(articles: Sequence[ScoredArticle], strength: float = 1.0) -> tuple[Floats, float]:
    """Fit the logistic decision on labelled and clean articles; give weights and intercept.

    Features whose fitted sign contradicts `SIGNS` are dropped and the rest is fitted again, so that
    the probability stays monotone in the NLI scores.
    """
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "train", "Calibration") from error
    x = np.concatenate([a.features for a in articles])
    y = np.concatenate([a.gold for a in articles])
    if y.sum() < 10:
        raise CalibrationError(f"{int(y.sum())} labelled contradictions; at least 10 are needed")
    scale = np.maximum(x.std(axis=0), 1e-6)
    used = [k for k, name in enumerate(FEATURES) if name in SIGNS and x[:, k].std() > 1e-9]
    while True:
        model = LogisticRegression(C=strength, max_iter=2000).fit(x[:, used] / scale[used], y)
        found = model.coef_[0]
        wrong = [k for k, w in zip(used, found, strict=True) if w * SIGNS[FEATURES[k]] < 0]
        if not wrong:
            break
        used = [k for k in used if k not in wrong]
    weights = np.zeros(len(FEATURES))
    weights[used] = found / scale[used]
    return weights, float(model.intercept_[0])


def false_flag_curve(
    probabilities: Sequence[Floats], pairs: Sequence[int]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """False flags per pair of clean articles at rising thresholds.

    Args:
        probabilities: of the scored pairs of each clean article.
        pairs: all pairs of each article; the false flags are spread over them.

    Returns:
        Thresholds, and at each the mean number of false flags per pair.
    """
    every = np.sort(np.concatenate(probabilities))[::-1]
    total = sum(pairs)
    if total == 0 or len(every) < 20:
        raise CalibrationError("too few clean pairs to measure false flags")
    ranks = np.unique(np.geomspace(1, len(every), KNOTS).astype(int))
    points: dict[float, float] = {}
    for rank in ranks:
        points[round(float(every[rank - 1]), 6)] = float(rank) / total
    ordered = sorted(points.items())
    return tuple(t for t, _ in ordered), tuple(r for _, r in ordered)


def fit(
    model: str,
    labelled: Sequence[ScoredArticle],
    clean: Sequence[ScoredArticle],
    gate: GateModel | None,
    screen_floor: float,
    fitted: dict[str, Any],
) -> Calibration:
    """Fit decision and false-flag curve."""
    weights, intercept = fit_decision([*labelled, *clean])
    chances = [1 / (1 + np.exp(-(a.features @ weights + intercept))) for a in clean]
    probabilities, rates = false_flag_curve(chances, [a.pairs for a in clean])
    return Calibration(
        model=model,
        weights=tuple(map(float, weights)),
        intercept=intercept,
        screen_floor=screen_floor,
        probabilities=probabilities,
        rates=rates,
        gate=gate,
        fitted=fitted,
    )


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise InputError(f"{path}:{number}: not JSON: {error}") from error
            if not isinstance(row, dict):
                raise InputError(f"{path}:{number}: a JSON object is expected, not {line[:40]!r}")
            yield number, row


def calibrate_files(model: str, clean: Path, labelled: Path, output: Path, *, backend: str = "auto") -> str:
    """Refit the decision of a model on a user's own articles; give a summary for people.

    Raises:
        InputError: a file cannot be read or a line has not the documented form.
        CalibrationError: there is too little data.
    """
    detector = Detector(model, backend=backend)
    gate = detector._gate
    scored_clean, scored_labelled = [], []
    for number, row in _lines(clean):
        if not isinstance(row.get("text"), str):
            raise InputError(f"{clean}:{number}: no `text`")
        sentences = split(row["text"], headline=row.get("headline"))
        scored_clean.append(score_article(detector.scorer, sentences, (), gate, clean.name))
    for number, row in _lines(labelled):
        try:
            gold = [(min(i, j), max(i, j)) for i, j in row["gold"]]
            sentences = as_sentences(row["sentences"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{labelled}:{number}: `sentences` and `gold` are expected") from error
        scored_labelled.append(score_article(detector.scorer, sentences, gold, gate, labelled.name))
    fitted = {"clean": len(scored_clean), "labelled": len(scored_labelled)}
    made = fit(detector.scorer.name, scored_labelled, scored_clean, gate, 0.0, fitted)
    save_calibration(made, output)
    pairs = int(np.mean([a.pairs for a in scored_clean]))
    return (
        f"{len(scored_clean)} clean and {len(scored_labelled)} labelled articles -> {output}\n"
        f"threshold for 0.1 false flags in an article of {pairs} pairs: {made.threshold(0.1, pairs):.3f}"
    )
