"""Fit a `Calibration`: scored articles -> logistic decision, false-flag curve.

Fitting needs scipy and scikit-learn (extra `sklearn`); applying the result, in `decision.py`, does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from inconsistency.calibration_file import save_calibrations
from inconsistency.decision import FEATURES, PRESETS, Calibration, decision_features, kind_features
from inconsistency.errors import CalibrationError, MissingExtraError
from inconsistency.false_flags import Floats, false_flag_curve, growths
from inconsistency.feedback import answered_articles
from inconsistency.identity import ModelFiles
from inconsistency.labelled import clean_articles, labelled_articles
from inconsistency.nli import Scorer, load_scorer
from inconsistency.pairs import candidate_pairs
from inconsistency.scoring import PairReader, ScoredPair
from inconsistency.sentences import Sentence, split
from inconsistency.writable import require_writable

FEWEST_GOLD = 10  # labelled contradictions without which nothing is fitted
# Weights that are set, not fitted. `length`: an article that contradicts itself does so about once, however long
# it is, but the pairs that are read grow with its sentences, not with its pairs. `similarity`: fitted, it comes
# out at up to 6, for in many labelled articles one sentence was rewritten to contradict another, and then fewer
# contradictions are found in real news; without it, fewer in ContraDoc (training/HISTORY.md).
GIVEN = {"similarity": 2.0, "length": -0.5}
# What a squared weight costs, of a feature scaled to a deviation of 1. There are more kinds than articles can tell
# apart: with 30 they follow single articles, from 100 to 1000 nothing changes (training/HISTORY.md).
PENALTY, KIND_PENALTY = 1.0, 300.0


@dataclass(frozen=True, slots=True)
class ScoredArticle:
    """An article's pairs, scored.

    Attributes:
        scored: the pairs that were read in both directions.
        gold: whether each of them is a labelled contradiction.
        pairs: number of all pairs of the article's sentences.
        missed: labelled contradictions that were not among them.
        source: where the article comes from.
    """

    scored: tuple[ScoredPair, ...]
    gold: npt.NDArray[np.bool_]
    pairs: int
    missed: int
    source: str

    def features(self, kinds: Sequence[str] = ()) -> Floats:
        """(pairs, len(FEATURES) + len(kinds)) of the decision."""
        rows = []
        for scored in self.scored:
            told = kind_features(scored.kinds or {})
            rows.append([*decision_features(scored, self.pairs), *(told.get(kind, 0.0) for kind in kinds)])
        return np.array(rows, dtype=np.float64).reshape(-1, len(FEATURES) + len(kinds))

    def without(self, unknown: Iterable[tuple[int, int]]) -> ScoredArticle:
        """The article without pairs, given by indexes, of which nobody has said whether they contradict."""
        out = set(unknown)
        kept = np.array([(s.pair.first.index, s.pair.second.index) not in out for s in self.scored], dtype=bool)
        scored = tuple(s for s, keep in zip(self.scored, kept, strict=True) if keep)
        return replace(self, scored=scored, gold=self.gold[kept])


def score_article(
    scorer: Scorer, sentences: Sequence[Sentence], gold: Iterable[tuple[int, int]], source: str
) -> ScoredArticle:
    """Score an article's likeliest pairs, as in use.

    Args:
        scorer: the model.
        sentences: the article.
        gold: contradicting pairs of sentence indexes, the smaller first.
        source: where the article comes from.
    """
    candidates = candidate_pairs(sentences, None)
    scored = PairReader(scorer).read_likeliest([candidates.pairs])[0]
    wanted = set(gold)
    labels = np.array([(s.pair.first.index, s.pair.second.index) in wanted for s in scored], dtype=bool)
    missed = len(wanted) - int(labels.sum())
    return ScoredArticle(tuple(scored), labels, candidates.considered, missed, source)


class Decision(NamedTuple):
    """What is fitted of a `Calibration` before any promise: the logistic model."""

    weights: tuple[float, ...]
    intercept: float
    kinds: dict[str, float]

    def probabilities(self, article: ScoredArticle) -> Floats:
        """(pairs,) P(contradiction) of an article's pairs, 0-1."""
        weights = np.array([*self.weights, *self.kinds.values()])
        found: Floats = 1 / (1 + np.exp(-(article.features(tuple(self.kinds)) @ weights + self.intercept)))
        return found


def fit_decision(articles: Sequence[ScoredArticle]) -> Decision:
    """Fit the logistic decision on labelled and clean articles.

    Clean articles and contradicting ones weigh the same, however many there are of each: a probability is meant
    for an article that contradicts itself as often as not. The weights of the NLI features are fitted and
    never negative, so that the probability is monotone in the NLI scores; some are those of `GIVEN`. Those of the
    kinds are fitted, and kept small.
    """
    _need_fitting()
    kinds = tuple(sorted({kind for a in articles for s in a.scored for kind in s.kinds or ()}))
    x = np.concatenate([a.features(kinds) for a in articles])
    y = np.concatenate([a.gold for a in articles])
    _need_gold(int(y.sum()))
    names = [*FEATURES, *kinds]
    weights = np.array([GIVEN.get(name, 0.0) for name in names])
    used = [k for k, name in enumerate(names) if name not in GIVEN]
    scale = np.maximum(x[:, used].std(axis=0), 1e-6)
    nli = np.array([name in FEATURES for name in names])[used]
    found, intercept = _logistic(x[:, used] / scale, y, x @ weights, _even_odds(articles), nli)
    weights[used] = found / scale
    split = len(FEATURES)
    return Decision(
        tuple(weights[:split].tolist()), intercept, dict(zip(kinds, weights[split:].tolist(), strict=True))
    )


def _need_gold(pairs: int) -> None:
    """Refuse to fit on next to nothing."""
    if pairs < FEWEST_GOLD:
        raise CalibrationError(f"{pairs} labelled contradictions; at least {FEWEST_GOLD} are needed")


def _even_odds(articles: Sequence[ScoredArticle]) -> Floats:
    """A weight for every pair: 1 in contradicting articles; in clean ones what makes both kinds weigh the same."""
    clean = np.array([not a.gold.any() and not a.missed for a in articles])
    of_clean = (~clean).sum() / max(1, clean.sum())
    return np.repeat(np.where(clean, of_clean, 1.0), [len(a.gold) for a in articles])


def _logistic(
    x: Floats, y: npt.NDArray[np.bool_], offset: Floats, sample_weight: Floats, nli: npt.NDArray[np.bool_]
) -> tuple[Floats, float]:
    """Weights and intercept of a logistic regression on top of an offset of the log odds.

    The weights of `nli` features are never below 0 and have `PENALTY`, the others `KIND_PENALTY`, times
    ``weight ** 2 / 2``. scikit-learn's takes no offset, no bounds and one penalty; the loss is the same.
    """
    from scipy.optimize import minimize

    sign = np.where(y, 1.0, -1.0)
    penalty = np.where(nli, PENALTY, KIND_PENALTY)

    def loss(w: Floats) -> tuple[float, Floats]:
        margin = (x @ w[:-1] + w[-1] + offset) * sign
        slope = -sign * sample_weight / (1 + np.exp(np.clip(margin, -700, 700)))
        kept_small = penalty * w[:-1]
        penalised = (sample_weight * np.logaddexp(0, -margin)).sum() + float(kept_small @ w[:-1]) / 2
        return float(penalised), np.append(x.T @ slope + kept_small, slope.sum())

    bounds = [*((0.0 if positive else None, None) for positive in nli), (None, None)]
    start = np.zeros(x.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 2000}).x
    return found[:-1], float(found[-1])


def _need_fitting() -> None:
    """Refuse to begin without the libraries that a fit takes."""
    try:
        import scipy.optimize  # noqa: F401
        import sklearn.linear_model  # noqa: F401 (both are only asked for)
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "sklearn", "Calibration") from error


ByKind = Mapping[str, Sequence[ScoredArticle]]


def fit(model: str, labelled: ByKind, clean: ByKind, fitted: Mapping[str, Any]) -> list[Calibration]:
    """Fit one decision, and the false-flag curve of each kind of text; measure what is found.

    Args:
        model: name of the scorer.
        labelled: kind of text -> articles whose contradictions are known.
        clean: kind of text -> articles without contradictions. An article may be among the labelled ones too.
        fitted: what the articles are, for the record.
    """
    shares = found_shares(labelled, clean)
    told = {kind: {"found": shares.get(kind, {}), "clean": len(articles)} for kind, articles in clean.items()}
    return [replace(made, fitted={**fitted, **told[made.text_kind]}) for made in _promises(model, labelled, clean)]


def _promises(model: str, labelled: ByKind, clean: ByKind) -> list[Calibration]:
    """One decision with the promise for each kind of text."""
    once = {id(a): a for articles in (*labelled.values(), *clean.values()) for a in articles}
    decision = fit_decision(list(once.values()))
    found = []
    for kind, articles in clean.items():
        chances = [decision.probabilities(a) for a in articles]
        pairs = [a.pairs for a in articles]
        grown = growths(chances, pairs)
        probabilities, rates = false_flag_curve(chances, pairs, grown)
        logistic = decision.weights, decision.intercept
        made = Calibration(model, *logistic, grown, probabilities, rates, {}, text_kind=kind, kinds=decision.kinds)
        found.append(made)
    return found


def found_shares(labelled: ByKind, clean: ByKind) -> dict[str, dict[str, float]]:
    """Kind of text -> preset -> share of its articles with a labelled contradiction in which one is flagged, 0-1.

    Each half of the articles is read by what the other half fits, since an article that was fitted on is found
    more often than others. Nothing where a half is too small to fit on.
    """
    halves = [(_half(labelled, number), _half(clean, number)) for number in (0, 1)]
    try:
        fitted = [_promises("", *half) for half in halves]
    except CalibrationError:
        return {}
    shares = {}
    for first, second in zip(*fitted, strict=True):
        kind = first.text_kind
        rows = [*_flagged(second, halves[0][0].get(kind, ())), *_flagged(first, halves[1][0].get(kind, ()))]
        means = np.mean(rows, axis=0) if rows else ()
        shares[kind] = {name: round(float(mean), 4) for name, mean in zip(PRESETS, means, strict=bool(rows))}
    return shares


def _flagged(made: Calibration, articles: Iterable[ScoredArticle]) -> Iterator[list[bool]]:
    """Whether a labelled contradiction is flagged at each of `PRESETS`, for the articles that have one."""
    for article in (a for a in articles if a.gold.any() or a.missed):
        right = [s for s, gold in zip(article.scored, article.gold, strict=True) if gold]
        chances = (made.probability(decision_features(s, article.pairs), s.kinds) for s in right)
        best = max(chances, default=0.0)
        yield [bool(best >= made.threshold(flags, article.pairs)) for flags in PRESETS.values()]


def _half(articles: ByKind, number: int) -> dict[str, list[ScoredArticle]]:
    """The first half of each source's articles, or the second: twins stand side by side."""
    halves: dict[str, list[ScoredArticle]] = {}
    for kind, every in articles.items():
        halves[kind] = []
        for source in dict.fromkeys(a.source for a in every):
            own = [a for a in every if a.source == source]
            middle = len(own) // 2
            halves[kind] += own[middle:] if number else own[:middle]
    return halves


def calibrate_files(
    model: str,
    clean: Path,
    labelled: Path | None,
    output: Path,
    *,
    feedback: Path | None = None,
    text_kind: str = "published",
    backend: str = "auto",
    threads: int | None = None,
) -> str:
    """Refit the decision of a model on a user's own articles; give a summary for people.

    Args:
        model: as for `load_scorer`, like `backend` and `threads`.
        clean: JSON lines with `text` and perhaps `headline` of articles without contradictions.
        labelled: JSON lines with `sentences` and `gold` of articles whose contradictions are known; None for none.
        output: the calibration file to write.
        feedback: answers that `inconsistency serve --feedback` has kept; their articles are labelled ones too.
        text_kind: what the clean articles are; the promise holds for such text.
        backend: see `model`.
        threads: see `model`.

    Raises:
        InputError: a file cannot be read or written, or a line has not the documented form.
        CalibrationError: there is too little data.
    """
    _need_fitting()  # scoring takes minutes: what would fail afterwards is looked at first
    require_writable(output)
    unread = [split(text, headline=headline) for text, headline in clean_articles(clean)]
    known = labelled_articles(labelled) if labelled else []
    known += answered_articles(feedback) if feedback else []
    if not unread:
        raise CalibrationError(f"{clean} has no articles")
    _need_gold(sum(len(article.gold) for article in known))
    files, scorer = ModelFiles(model), load_scorer(model, backend=backend, threads=threads)
    scored_clean = [score_article(scorer, sentences, (), "clean") for sentences in unread]
    scored = [score_article(scorer, a.sentences, a.gold, "labelled").without(a.unknown) for a in known]
    (made,) = fit(scorer.name, {text_kind: scored}, {text_kind: scored_clean}, {"labelled": len(scored)})
    save_calibrations([replace(made, model_digest=files.digest())], output)
    pairs = int(np.mean([a.pairs for a in scored_clean]))
    return (
        f"{len(scored_clean)} clean and {len(scored)} labelled articles -> {output}\n"
        f"threshold for 0.1 false flags in an article of {pairs} pairs: {made.threshold(0.1, pairs):.3f}"
    )
