"""NLI scores and pair features -> calibrated P(contradiction), and the threshold that keeps a promise.

The promise: at most so many false flags in a clean article, on average. `Calibration` holds a logistic model
(fitted by `calibration.py`, kept by `calibration_file.py`) and, measured on clean articles, how often a pair that
contradicts nothing reaches each probability.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inconsistency.errors import InputError
from inconsistency.nli import NliScores
from inconsistency.scoring import ScoredPair

PRESETS: Mapping[str, float] = {"strict": 0.05, "default": 0.1, "broad": 0.5}


def preset_of(false_flags: float | None) -> str | None:
    """Name of the preset with this number of false flags per clean article; None for none."""
    return next((name for name, flags in PRESETS.items() if flags == false_flags), None)


# In the order of the coefficients. The first three are log odds of the NLI model's P(contradiction): of its mean
# over both directions, of the lower direction, and of the quick opinion by which the pair was chosen. Their
# weights are never negative, so a pair's probability rises with what the model says. `related` tells sentences on
# one matter from those that have nothing to do with each other.
FEATURES = ("nli_mean", "nli_lower", "screened", "related", "similarity", "length")
# Numbers of pairs beyond which an article's length says no more of a pair: few articles are shorter, and the
# longest that are read for a fit, 60 sentences, have no more.
SHORT, LONG = 30, 2000


def logit(p: float) -> float:
    """Log odds, with probabilities kept off 0 and 1 by 1e-4."""
    p = min(max(p, 1e-4), 1 - 1e-4)
    return math.log(p / (1 - p))


def decision_features(scored: ScoredPair, pairs: int) -> tuple[float, ...]:
    """Values of `FEATURES` for a scored pair of an article of so many pairs.

    An article contradicts itself about once, so each of ten times as many pairs is ten times less likely to be the
    one.
    """
    return (
        logit(scored.mean),
        logit(min(scored.forward.contradiction, scored.backward.contradiction)),
        logit(scored.screened),
        max(_related(scored.forward), _related(scored.backward)),
        scored.pair.similarity,
        math.log(min(max(pairs, SHORT), LONG) / 100),
    )


def _related(scores: NliScores) -> float:
    """Log odds of entailment against neutral; neither is taken for less likely than 1e-4."""
    return math.log(max(scores.entailment, 1e-4) / max(scores.neutral, 1e-4))


def kind_features(told: Mapping[str, float]) -> dict[str, float]:
    """For each kind of conflict, the log of its share less the mean of these logs.

    What the model suspects of some kinds is right more often than of others. No share is taken for less than 1e-3.

    Args:
        told: kind -> P(the pair is of it, if it contradicts), 0-1.
    """
    logs = {kind: math.log(max(share, 1e-3)) for kind, share in told.items()}
    mean = sum(logs.values()) / max(1, len(logs))
    return {kind: value - mean for kind, value in logs.items()}


@dataclass(frozen=True, slots=True)
class Growth:
    """How false flags at one threshold grow with an article's length.

    Attributes:
        threshold: at which it was measured, 0-1.
        flags: points (pairs of an article, false flags relative to an article of 100 pairs), rising in pairs.
    """

    threshold: float
    flags: tuple[tuple[float, float], ...]

    def relative(self, pairs: int) -> float:
        """Expected false flags of an article of so many pairs, relative to one of 100.

        Interpolated in logarithms between the points, flat beyond them.
        """
        sizes, flags = np.log(self.flags).T
        return float(np.exp(np.interp(np.log(max(pairs, 1)), sizes, flags)))


def exposure(growth: Sequence[Growth], pairs: int, threshold: float) -> float:
    """Expected false flags at a threshold of an article of so many pairs, relative to one of 100.

    Interpolated (log flags over log odds) between the thresholds at which growth was measured, which rise; flat
    beyond them.
    """
    at = [logit(g.threshold) for g in growth]
    return float(np.exp(np.interp(logit(threshold), at, [math.log(g.relative(pairs)) for g in growth])))


UNCALIBRATED_THRESHOLD = 0.9


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted decision.

    Attributes:
        model: name of the model it was fitted for.
        weights: one a feature of `FEATURES`.
        intercept: of the logistic model.
        growth: how false flags grow with an article's pairs, at one or more rising thresholds.
        probabilities: rising thresholds at which the false-flag rate was measured.
        rates: false flags of a clean article, divided by its `exposure`, at each of them; falling.
        fitted: what it was fitted on, for the record.
        model_digest: digest of the files of the model that it was fitted for; None for a scorer without files.
        text_kind: the kind of text that growth, rates and `fitted` were measured on.
        kinds: a weight for each of the kinds that the model tells, by name.
    """

    model: str
    weights: tuple[float, ...]
    intercept: float
    growth: tuple[Growth, ...]
    probabilities: tuple[float, ...]
    rates: tuple[float, ...]
    fitted: Mapping[str, Any]
    model_digest: str | None = None
    text_kind: str = "published"
    kinds: Mapping[str, float] = field(default_factory=dict)

    def probability(self, features: Sequence[float], kinds: Mapping[str, float] | None = None) -> float:
        """Calibrated P(the pair contradicts), 0-1.

        Args:
            features: values of `FEATURES`.
            kinds: what the model takes the conflict for, as in `ScoredPair`; None if it tells no kinds.
        """
        total = self.intercept + sum(w * x for w, x in zip(self.weights, features, strict=True))
        total += sum(self.kinds.get(kind, 0.0) * x for kind, x in kind_features(kinds or {}).items())
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))

    def rate(self, threshold: float) -> float:
        """False flags per `exposure` of a clean article at a threshold, interpolated in log rate over log odds.

        Above the highest probability seen on a clean article the last slope is continued.
        """
        at, logs = [logit(p) for p in self.probabilities], np.log(self.rates)
        beyond = max(logit(threshold) - at[-1], 0.0)
        slope = (logs[-1] - logs[-2]) / max(at[-1] - at[-2], 1e-9) if len(at) > 1 else 0.0
        return float(np.exp(np.interp(logit(threshold), at, logs) + beyond * slope))

    def threshold(self, false_flags: float, pairs: int) -> float:
        """The lowest threshold with at most this many false flags expected in a clean article.

        Args:
            false_flags: promised mean number of false flags per clean article, above 0.
            pairs: number of all pairs of the article's sentences.

        Raises:
            InputError: `false_flags` is not above 0.
        """
        if not false_flags > 0:
            raise InputError(f"false_flags is {false_flags}; accepted are numbers above 0")
        high = 1 - 1e-4
        if self._flags(high, pairs) > false_flags:
            # Longer than anything measured: nothing short of certainty keeps the promise.
            return 1.0
        # From above: in short articles the expected false flags can rise again where the threshold does.
        for low in reversed(self._knots()):
            if self._flags(low, pairs) > false_flags:
                break
            high = low
        else:
            return high
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if self._flags(middle, pairs) > false_flags else (low, middle)
        return high

    def expected_false_flags(self, threshold: float, pairs: int) -> float | None:
        """Most false flags expected at a threshold or above it if the article is clean.

        None below the measured range. Above it no more is known than of its upper end.
        """
        if threshold < self.probabilities[0]:
            return None
        threshold = min(threshold, self.probabilities[-1])
        return max(self._flags(at, pairs) for at in (threshold, *(k for k in self._knots() if k > threshold)))

    def missed(self, false_flags: float | None) -> float | None:
        """Share of labelled contradicting articles whose contradiction is not flagged, 0-1.

        None where it was not measured: for a number of false flags that is no preset's, and in older files.
        """
        share = self.fitted.get("found", {}).get(preset_of(false_flags))
        return None if share is None else 1 - share

    def _knots(self) -> list[float]:
        """The thresholds at which something was measured, rising; between two of them false flags rise or fall."""
        lowest, highest = self.probabilities[0], self.probabilities[-1]
        grown = (g.threshold for g in self.growth if lowest < g.threshold < highest)
        return sorted({*self.probabilities, *grown})

    def _flags(self, threshold: float, pairs: int) -> float:
        return self.rate(threshold) * exposure(self.growth, pairs, threshold)
