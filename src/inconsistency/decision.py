"""NLI scores and pair features -> calibrated P(contradiction), and the threshold that keeps a promise.

The promise: at most so many false flags in a clean article, on average. `Calibration` holds a logistic model of
six features (fitted by `calibration.py`) and, measured on clean articles, how often a pair that contradicts
nothing reaches each probability.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from inconsistency.errors import CalibrationError, InputError, writing
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

    def probability(self, features: Sequence[float]) -> float:
        """Calibrated P(the pair contradicts), 0-1, given the values of `FEATURES`."""
        total = self.intercept + sum(w * x for w, x in zip(self.weights, features, strict=True))
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


UNCALIBRATED_THRESHOLD = 0.9


def load_calibration(path: Path, text_kind: str = "published") -> Calibration:
    """Read a calibration file, and of the promises in it that for a kind of text.

    Raises:
        CalibrationError: the file is missing, damaged, made for other features, or has no promise for such text.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if tuple(data["features"]) != FEATURES:
            raise CalibrationError(
                f"{path} was fitted for other features; delete it, and fit it again with `inconsistency calibrate`"
            )
        if text_kind not in data["promises"]:
            raise CalibrationError(
                f"{path} promises nothing for {text_kind} text; it was fitted for {', '.join(data['promises'])}"
            )
        calibration = _read(data, text_kind)
        _check_fits(calibration)
        return calibration
    except FileNotFoundError:
        raise CalibrationError(f"no calibration file {path}") from None
    except OSError as error:
        raise CalibrationError(f"cannot read {path}: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, CalibrationError):
            raise
        raise CalibrationError(f"{path} is not a calibration file: {error!r}") from error


def _read(data: Mapping[str, Any], text_kind: str) -> Calibration:
    promise = data["promises"][text_kind]
    return Calibration(
        model=data["model"],
        weights=tuple(map(float, data["weights"])),
        intercept=float(data["intercept"]),
        growth=tuple(
            Growth(float(g["threshold"]), tuple((float(n), float(flags)) for n, flags in g["flags"]))
            for g in promise["growth"]
        ),
        probabilities=tuple(map(float, promise["probabilities"])),
        rates=tuple(map(float, promise["rates"])),
        fitted=promise["fitted"],
        model_digest=data.get("model_digest"),
        text_kind=text_kind,
    )


def _check_fits(calibration: Calibration) -> None:
    """Refuse, with a ValueError, values that would fail or mislead only at the first article."""
    p, r = calibration.probabilities, calibration.rates
    numbers = [*calibration.weights, calibration.intercept, *p, *r]
    numbers += [x for growth in calibration.growth for point in growth.flags for x in point]
    if not all(map(math.isfinite, numbers)):
        raise ValueError("a weight, a probability, a rate or a point of growth is no finite number")
    if not isinstance(calibration.fitted, dict):
        raise ValueError(f"fitted is {calibration.fitted!r}; accepted is an object")
    found = calibration.fitted.get("found", {})
    if not isinstance(found, dict) or not all(n in PRESETS and 0 <= share <= 1 for n, share in found.items()):
        raise ValueError(f"fitted.found is {found!r}; accepted are shares from 0 to 1 by preset")
    if not isinstance(calibration.model_digest, str | None):
        raise ValueError(f"model_digest is {calibration.model_digest!r}; accepted are a text and null")
    if len(calibration.weights) != len(FEATURES):
        raise ValueError(f"{len(calibration.weights)} weights for {len(FEATURES)} features")
    if not p or len(p) != len(r):
        raise ValueError(f"{len(p)} probabilities and {len(r)} rates")
    at = [g.threshold for g in calibration.growth]
    if not at or at[0] <= 0 or at[-1] >= 1 or any(a >= b for a, b in pairwise(at)):
        raise ValueError("growth must be measured at one or more thresholds that rise between 0 and 1")
    for g in (growth.flags for growth in calibration.growth):
        if len(g) < 2 or g[0][0] < 1 or any(a[0] >= b[0] for a, b in pairwise(g)) or not min(f for _, f in g) > 0:
            raise ValueError("growth must be at least two points of rising pairs, from 1 on, and flags above 0")
    if any(a >= b for a, b in pairwise(p)) or any(a < b for a, b in pairwise(r)) or not min(r) > 0:
        raise ValueError("probabilities must rise, and rates must fall and stay above 0")


def save_calibrations(calibrations: Sequence[Calibration], path: Path) -> None:
    """Write a calibration file: one decision, and its promises for one or more kinds of text.

    Raises:
        InputError: it cannot be written.
    """
    one = calibrations[0]
    data = {
        "model": one.model,
        "model_digest": one.model_digest,
        "features": FEATURES,
        "weights": one.weights,
        "intercept": one.intercept,
        "promises": {
            c.text_kind: {
                "growth": [{"threshold": g.threshold, "flags": g.flags} for g in c.growth],
                "probabilities": c.probabilities,
                "rates": c.rates,
                "fitted": c.fitted,
            }
            for c in calibrations
        },
    }
    with writing(path):
        path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
