"""The benchmark's figures, as pure functions of scores and gold labels. Terms: `README.md`.

Articles are the unit: a figure's interval resamples the *groups* that articles were made from (a
clean article and its contradicting twins stand or fall together). Ties count against the row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

BUDGETS = (0.05, 0.1, 0.25, 0.5, 1.0)
FEW = 10  # flags below which a bootstrap tells too little of a rate
Floats = NDArray[np.float64]
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Judged:
    """What one row said about one article.

    Attributes:
        group: what it was made from; articles of one group are resampled together.
        gold: contradicting pairs of sentence indexes, empty for a clean article.
        scores: pair -> probability, for the pairs that the row scored.
        threshold: the row's own threshold for this article.
        sentences: how many sentences the article has.
        kind: kind of the planted contradiction, "" when not known.
        subtle: whether a hurried reader would miss it.
        exact: False where gold is "any pair with this sentence", since the other side is unknown.
    """

    group: str
    gold: frozenset[Pair]
    scores: Mapping[Pair, float]
    threshold: float
    sentences: int = 0
    kind: str = ""
    subtle: bool = False
    exact: bool = True

    @property
    def clean(self) -> bool:
        """Whether the article holds no known contradiction."""
        return not self.gold

    @property
    def score(self) -> float:
        """Article score: that of its most suspicious pair, 0 when no pair was scored."""
        return max(self.scores.values(), default=0.0)

    @property
    def best_gold(self) -> float:
        """Score of the best gold pair; 0, which is never flagged, when none was scored."""
        return max((self.scores[p] for p in self.gold if p in self.scores), default=0.0)

    @property
    def flags(self) -> int:
        """How many pairs the row flags at its own threshold."""
        return sum(p > 0 and p >= self.threshold for p in self.scores.values())


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Point:
    """Evidence hit rate at one false-flag budget.

    Attributes:
        budget: false flags allowed per clean article.
        resolved: False when the clean articles are too few to show even one flag within the budget
            (`budget * articles < 1`); the point is then measured at zero false flags.
        false_flags: observed at this point, at most the budget.
        cut: pairs *above* this probability are flagged.
        hit_rate: share of contradicting articles with a gold pair among the flagged.
    """

    budget: float
    resolved: bool
    false_flags: float
    cut: float
    hit_rate: Estimate


@dataclass(frozen=True, slots=True)
class Sweep:
    """Arrays for sweeping a threshold over many resamplings; build with `sweep_of`."""

    group: NDArray[np.int64]
    positive: NDArray[np.bool_]
    score: Floats
    best_gold: Floats
    clean_scores: Floats  # of every pair of every clean article, highest first
    clean_owner: NDArray[np.int64]  # article index of each entry of clean_scores


def sweep_of(judged: Sequence[Judged]) -> Sweep:
    """Put the articles of one row and set into arrays."""
    names = {name: number for number, name in enumerate(dict.fromkeys(j.group for j in judged))}
    pairs = [(p, at) for at, j in enumerate(judged) if j.clean for p in j.scores.values() if p > 0]
    pairs.sort(key=lambda entry: -entry[0])
    return Sweep(
        group=np.array([names[j.group] for j in judged], dtype=np.int64),
        positive=np.array([not j.clean for j in judged], dtype=np.bool_),
        score=np.array([j.score for j in judged], dtype=np.float64),
        best_gold=np.array([j.best_gold for j in judged], dtype=np.float64),
        clean_scores=np.array([p for p, _ in pairs], dtype=np.float64),
        clean_owner=np.array([at for _, at in pairs], dtype=np.int64),
    )


def cut_for(sweep: Sweep, weights: Floats, budget: float) -> float:
    """The lowest cut whose flagged clean pairs (score > cut) stay within the budget.

    Pairs that share a score are flagged together or not at all. There is no interpolation.
    """
    clean = float(weights[~sweep.positive].sum())
    allowed = math.floor(budget * clean + 1e-9)
    running = np.cumsum(weights[sweep.clean_owner])
    over = int(np.searchsorted(running, allowed, side="right"))
    return float(sweep.clean_scores[over]) if over < len(running) else 0.0


def weighted_mean(values: NDArray[Any], weights: Floats) -> float:
    """Mean, NaN when there is no weight."""
    total = float(weights.sum())
    return float((values * weights).sum() / total) if total else math.nan


def hit_rate(sweep: Sweep, weights: Floats, budget: float) -> float:
    """Share of contradicting articles with a gold pair above the budget's cut."""
    if not weights[~sweep.positive].any():
        return math.nan
    cut = cut_for(sweep, weights, budget)
    return weighted_mean(sweep.best_gold[sweep.positive] > cut, weights[sweep.positive])


def auroc(score: Floats, positive: NDArray[np.bool_], weights: Floats | None = None) -> float:
    """Chance that a positive scores above a negative, ties counting half; NaN without both."""
    from sklearn.metrics import roc_auc_score

    weights = np.ones(len(score)) if weights is None else weights
    if not weights[positive].any() or not weights[~positive].any():
        return math.nan
    return float(roc_auc_score(positive, score, sample_weight=weights))


def balanced(called: NDArray[np.bool_], positive: NDArray[np.bool_], weights: Floats) -> float:
    """Mean of the shares of positives called and of negatives not called."""
    caught = weighted_mean(called[positive], weights[positive])
    spared = weighted_mean(~called[~positive], weights[~positive])
    return (caught + spared) / 2


def bootstrap(
    group: NDArray[np.int64],
    statistic: Callable[[Floats], float],
    repeats: int = 500,
    seed: int = 0,
) -> Estimate:
    """A statistic of article weights, with the interval from resampling whole groups."""
    rng = np.random.default_rng(seed)
    count = int(group.max()) + 1 if len(group) else 0
    value = statistic(np.ones(len(group)))
    if count < 2:
        return Estimate(value, math.nan, math.nan)

    def weights() -> Floats:
        times = np.bincount(rng.integers(count, size=count), minlength=count)
        return times[group].astype(np.float64)

    draws = [statistic(weights()) for _ in range(repeats)]
    kept = [d for d in draws if not math.isnan(d)]
    low, high = np.percentile(kept, [2.5, 97.5]) if kept else (math.nan, math.nan)
    return Estimate(value, float(low), float(high))


def points(sweep: Sweep, budgets: Sequence[float] = BUDGETS, repeats: int = 500) -> list[Point]:
    """Evidence hit rate at each budget; the cut is chosen on the clean articles of the same set."""
    clean = int((~sweep.positive).sum())
    found = []
    for budget in budgets:
        cut = cut_for(sweep, np.ones(len(sweep.group)), budget)
        flags = float((sweep.clean_scores > cut).sum()) / clean if clean else math.nan
        rate = bootstrap(sweep.group, partial(hit_rate, sweep, budget=budget), repeats)
        found.append(Point(budget, budget * clean >= 1 - 1e-9, flags, cut, rate))
    return found


def curve(sweep: Sweep, most: float = 2.0) -> tuple[Floats, Floats]:
    """False flags per clean article and hit rate at every distinct cut, up to `most` flags."""
    clean = int((~sweep.positive).sum())
    cuts = np.append(np.unique(sweep.clean_scores)[::-1], 0.0)
    rising = -sweep.clean_scores
    flags = np.searchsorted(rising, -cuts, side="left") / max(clean, 1)
    gold = np.sort(sweep.best_gold[sweep.positive])
    hits = (len(gold) - np.searchsorted(gold, cuts, side="right")) / max(len(gold), 1)
    keep = flags <= most
    return flags[keep], hits[keep]


def in_top(judged: Judged, k: int) -> bool:
    """Whether a gold pair is among the k most probable pairs; ties count against it."""
    best = judged.best_gold
    if best <= 0:
        return False
    return sum(p >= best for pair, p in judged.scores.items() if pair not in judged.gold) < k


def top_rates(judged: Sequence[Judged], ks: Sequence[int] = (1, 3, 5)) -> dict[int, Estimate]:
    """Share of contradicting articles with a gold pair in the top k."""
    found = [j for j in judged if not j.clean]
    group = sweep_of(found).group
    tops = {k: np.array([in_top(j, k) for j in found]) for k in ks}
    return {k: bootstrap(group, partial(weighted_mean, top)) for k, top in tops.items()}


def average_precision(scores: Floats, gold: NDArray[np.bool_], missed: int = 0) -> float:
    """Area under the precision-recall steps; tied pairs enter together.

    Args:
        scores: of the pairs that were scored.
        gold: which of them contradict.
        missed: contradicting pairs that were not scored; no threshold finds them.
    """
    from sklearn.metrics import average_precision_score

    found = int(gold.sum())
    if not found + missed:
        return math.nan
    return float(average_precision_score(gold, scores)) * found / (found + missed) if found else 0.0


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of a reliability diagram; `weight` is that of its pairs, `count` without weights."""

    low: float
    high: float
    count: int
    weight: float
    stated: float
    observed: float


def reliability(
    scores: Floats, gold: NDArray[np.bool_], weights: Floats | None = None, bins: int = 10
) -> list[Bin]:
    """Mean stated probability against the share that contradicts, in bins of equal width."""
    weights = np.ones(len(scores)) if weights is None else weights
    where = np.minimum((scores * bins).astype(int), bins - 1)
    return [
        Bin(
            low=b / bins,
            high=(b + 1) / bins,
            count=int(inside.sum()),
            weight=float(weights[inside].sum()),
            stated=float(np.average(scores[inside], weights=weights[inside])),
            observed=float(np.average(gold[inside], weights=weights[inside])),
        )
        for b in range(bins)
        if (inside := where == b).any()
    ]


def calibration_error(found: Sequence[Bin]) -> float:
    """Expected calibration error: the gap of each bin, weighted by its pairs."""
    total = sum(b.weight for b in found)
    return sum(b.weight * abs(b.stated - b.observed) for b in found) / total if total else math.nan


def calibration_noise(scores: Floats, weights: Floats, repeats: int = 200) -> float:
    """Calibration error that these pairs would show by chance if every probability were exactly right.

    Bins of a few pairs are off by luck, and the gaps add up: below this, no error can be told from none.
    """
    if not len(scores):
        return math.nan
    rng = np.random.default_rng(0)
    right = (rng.random(len(scores)) < scores for _ in range(repeats))
    return float(np.mean([calibration_error(reliability(scores, gold, weights)) for gold in right]))


def poisson_ends(flags: int, articles: int) -> tuple[float, float]:
    """95 % interval of flags per article if flags come independently (Garwood 1936)."""
    from scipy.stats import chi2

    low = chi2.ppf(0.025, 2 * flags) / 2 if flags else 0.0
    return float(low) / articles, float(chi2.ppf(0.975, 2 * flags + 2)) / 2 / articles


def flag_rate(counts: Sequence[int], groups: Sequence[str] | None = None) -> Estimate:
    """Flags per article with its interval: of a Poisson variable below `FEW` flags, else a bootstrap.

    (Few flags are the same few in every resample, which would claim more than is known.)
    """
    if not counts:
        return Estimate(math.nan, math.nan, math.nan)
    if sum(counts) < FEW:
        return Estimate(sum(counts) / len(counts), *poisson_ends(sum(counts), len(counts)))
    names = list(groups) if groups is not None else [str(n) for n in range(len(counts))]
    number = {name: n for n, name in enumerate(dict.fromkeys(names))}
    values = np.array(counts, dtype=np.float64)
    return bootstrap(np.array([number[n] for n in names]), lambda w: weighted_mean(values, w))


class Pooled(NamedTuple):
    """Pairs of all articles of a set.

    Attributes:
        scores: the probability of each.
        gold: whether it is a labelled contradiction.
        weights: 1 in contradicting articles; in clean ones what makes both kinds of articles weigh the same.
    """

    scores: Floats
    gold: NDArray[np.bool_]
    weights: Floats


def pooled(judged: Sequence[Judged]) -> tuple[Pooled, int]:
    """All scored pairs, and how many gold pairs were not scored.

    Nothing where a single article's gold is not exact: its clean articles alone would mislead.
    """
    known = judged if all(j.exact for j in judged) else []
    scores = [p for j in known for p in j.scores.values()]
    gold = [pair in j.gold for j in known for pair in j.scores]
    weights = np.repeat(even_odds(known), [len(j.scores) for j in known])
    missed = sum(pair not in j.scores for j in known for pair in j.gold)
    return Pooled(np.array(scores, dtype=np.float64), np.array(gold, dtype=np.bool_), weights), missed


def even_odds(judged: Sequence[Judged]) -> Floats:
    """A weight for every article, so that clean and contradicting ones weigh the same."""
    clean = np.array([j.clean for j in judged], dtype=bool)
    return np.where(clean, (~clean).sum() / max(1, clean.sum()), 1.0)


def with_dismissed(judged: Sequence[Judged]) -> Pooled:
    """All pairs of the articles: those that were not scored were in effect given a probability of 0."""
    found, _ = pooled(judged)
    if not len(found.scores):
        return found
    dismissed = [j.sentences * (j.sentences - 1) // 2 - len(j.scores) for j in judged]
    gold = [k < len(j.gold - set(j.scores)) for j, n in zip(judged, dismissed, strict=True) for k in range(n)]
    weights = np.repeat(even_odds(judged), dismissed)
    return Pooled(
        np.append(found.scores, np.zeros(len(gold))),
        np.append(found.gold, np.array(gold, dtype=np.bool_)),
        np.append(found.weights, weights),
    )


def split_hits(judged: Sequence[Judged], key: Callable[[Judged], str], cut: float) -> dict[str, dict[str, float]]:
    """Hit rate above `cut` and top-1 rate of contradicting articles, for each value of `key`."""
    parts: dict[str, list[Judged]] = {}
    for j in judged:
        if not j.clean:
            parts.setdefault(key(j), []).append(j)
    return {
        name: {
            "articles": len(part),
            "hit_rate": sum(j.best_gold > cut for j in part) / len(part),
            "top_1": sum(in_top(j, 1) for j in part) / len(part),
        }
        for name, part in sorted(parts.items())
    }
