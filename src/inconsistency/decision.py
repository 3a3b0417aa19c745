"""NLI scores and pair features -> calibrated P(contradiction), and the threshold that keeps a promise.

The promise: at most so many false flags in a clean article, on average. `Calibration` holds a logistic model
(fitted with scipy in `calibration.py`, applied here with plain arithmetic) and, measured on clean articles, how
often a pair that contradicts nothing reaches each probability.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from inconsistency.cues import Cues
from inconsistency.errors import CalibrationError, InputError
from inconsistency.evidence import sure_clashes
from inconsistency.nli import NliScores
from inconsistency.nli.loading import DEFAULT, is_folder
from inconsistency.pairs import FEATURES as GATE_FEATURES
from inconsistency.pairs import GateModel, SentencePair

PRESETS: Mapping[str, float] = {"strict": 0.05, "default": 0.1, "broad": 0.5}

# Features of the decision, in the order of the coefficients. The first two carry the NLI model's
# opinion; their weights are never negative, so a pair's probability rises with its NLI score.
FEATURES = (
    "nli_mean",
    "nli_lower",
    "entailment",
    "similarity",
    "shared_names",
    "shared_numbers",
    "both_numbers",
    "near",
    "headline",
    "anaphora",
    "number_clash",
    "time_clash",
    "state_clash",
    "hedged",
    "another_time",
    "one_speaks",
    "both_speak",
    "other_speakers",
    "denial",
    "part",
    "sequence",
    "length",
)
# Features that tell of a compatible reading, what that means to a reader, the most telling first.
CAVEATS: Mapping[str, str] = {
    "denial": "quoted denial",
    "other_speakers": "different speakers",
    "hedged": "hedged or conditional",
    "part": "part of a whole",
    "another_time": "possible update over time",
    "sequence": "sequence of events",
}
# Pairs beyond which an article's length says no more of a pair: few articles are shorter, and the longest that
# are read for a fit, 60 sentences, have no more.
SHORT, LONG = 30, 2000


class ScoredPair(NamedTuple):
    """A pair with its NLI scores, `first` being the premise of `forward`."""

    pair: SentencePair
    forward: NliScores
    backward: NliScores

    @property
    def mean(self) -> float:
        """Mean P(contradiction) of both directions, 0-1."""
        return (self.forward.contradiction + self.backward.contradiction) / 2


def logit(p: float) -> float:
    """Log odds, with probabilities kept off 0 and 1 by 1e-4."""
    p = min(max(p, 1e-4), 1 - 1e-4)
    return math.log(p / (1 - p))


def decision_features(scored: ScoredPair, pairs: int) -> list[float]:
    """Values of `FEATURES` for a scored pair of an article that has so many pairs before the gate.

    Other pairs have no say in them, save by their number: the one contradiction of an article is one of ten
    thousand pairs or one of a hundred, as its length may be.
    """
    pair, forward, backward = scored
    similarity, _, names, numbers, both_numbers, anaphora, near, headline, _ = pair.features
    return [
        logit(scored.mean),
        logit(min(forward.contradiction, backward.contradiction)),
        max(forward.entailment, backward.entailment),
        similarity,
        names,
        numbers,
        both_numbers,
        near,
        headline,
        anaphora,
        *clash_features(pair),
        *caveat_features(pair.first_cues, pair.second_cues),
        math.log(min(max(pairs, SHORT), LONG) / 100),
    ]


def clash_features(pair: SentencePair) -> list[float]:
    """Aligned words that clash by rule: numbers of one unit, times, dead or held against alive or free."""
    found = sure_clashes(pair.first.text, pair.second.text)
    state = bool(found & {"dead_alive", "held_free"})
    return [float("number_unit" in found), float("time_differs" in found), float(state)]


def caveat_features(a: Cues, b: Cues) -> list[float]:
    """The features from "hedged" on: readings under which two sentences are compatible."""
    return [
        float(a.hedged or b.hedged),
        float(a.earlier != b.earlier),
        float(a.speech != b.speech),
        float(a.speech and b.speech),
        float(bool(a.speakers and b.speakers and not a.speakers & b.speakers)),
        float(a.denial or b.denial),
        float((a.part or b.part) and bool(a.numbers or b.numbers)),
        float(a.sequence or b.sequence),
    ]


def caveat(features: Sequence[float]) -> str | None:
    """The compatible reading that a pair's words also allow, the most telling if there are several.

    It stands beside a flag whether or not it lowers the probability: how much such readings weigh is fitted.
    """
    return next((words for name, words in CAVEATS.items() if features[FEATURES.index(name)] > 0), None)


@dataclass(frozen=True, slots=True)
class Growth:
    """How false flags at one threshold grow with an article's length.

    Attributes:
        threshold: at which it was measured, 0-1.
        flags: points (pairs of an article, false flags beside an article of 100 pairs), rising in pairs.
    """

    threshold: float
    flags: tuple[tuple[float, float], ...]

    def beside(self, pairs: int) -> float:
        """False flags of an article of so many pairs, beside one of 100.

        Between the points it is interpolated in logarithms, beyond them flat.
        """
        points = self.flags
        size = min(max(float(pairs), points[0][0]), points[-1][0])
        right = min(max(bisect_left(points, (size, 0.0)), 1), len(points) - 1)
        (x0, y0), (x1, y1) = points[right - 1], points[right]
        return float(y0 * (y1 / y0) ** (math.log(size / x0) / math.log(x1 / x0)))


def exposure(growth: Sequence[Growth], pairs: int, threshold: float) -> float:
    """False flags of an article of so many pairs, beside one of 100, at a threshold.

    Between the thresholds at which growth was measured, which rise, it is interpolated in logarithms; beyond them
    it is flat.
    """
    at = min(max(threshold, growth[0].threshold), growth[-1].threshold)
    right = next(k for k, g in enumerate(growth) if at <= g.threshold)
    above = growth[right].beside(pairs)
    if right == 0:
        return above
    below, left = growth[right - 1].beside(pairs), logit(growth[right - 1].threshold)
    return float(below * (above / below) ** ((logit(at) - left) / (logit(growth[right].threshold) - left)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted decision.

    Attributes:
        model: name of the model it was fitted for.
        weights: one a feature of `FEATURES`.
        intercept: of the logistic model.
        screen_floor: pairs whose quick opinion lies below this are not scored in full; 0 scores all.
        second_floor: pairs whose first direction has a P(contradiction) below this are not scored in
            the second; 0 scores all.
        growth: how false flags grow with an article's pairs, at one or more rising thresholds.
        probabilities: rising thresholds at which the false-flag rate was measured.
        rates: false flags of a clean article, divided by its `exposure`, at each of them; falling.
        gate: the candidate gate.
        fitted: what it was fitted on, for the record.
        model_digest: digest of the files of the model that it was fitted for; None for a scorer without files.
    """

    model: str
    weights: tuple[float, ...]
    intercept: float
    screen_floor: float
    second_floor: float
    growth: tuple[Growth, ...]
    probabilities: tuple[float, ...]
    rates: tuple[float, ...]
    gate: GateModel | None
    fitted: Mapping[str, Any]
    model_digest: str | None = None

    def probability(self, features: Sequence[float]) -> float:
        """Calibrated P(the pair contradicts), 0-1."""
        total = self.intercept + sum(w * x for w, x in zip(self.weights, features, strict=True))
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))

    @property
    def bounded(self) -> bool:
        """Whether the second direction's best answer gives a bound: no weight turns an NLI score round."""
        weights = dict(zip(FEATURES, self.weights, strict=True))
        return min(weights["nli_mean"], weights["nli_lower"]) >= 0 >= weights["entailment"]

    def exposure(self, pairs: int, threshold: float) -> float:
        """How many false flags an article of so many pairs has beside one of 100, at a threshold."""
        return exposure(self.growth, pairs, threshold)

    def rate(self, threshold: float) -> float:
        """False flags per `exposure` of a clean article at a threshold, interpolated in log rate.

        Above the highest probability seen on a clean article the last slope is continued.
        """
        p, r = self.probabilities, self.rates
        if threshold <= p[0]:
            return r[0]
        right = min(bisect_left(p, threshold), len(p) - 1)
        x0, x1 = logit(p[right - 1]), logit(p[right])
        share = (logit(threshold) - x0) / max(x1 - x0, 1e-9)
        return math.exp(math.log(r[right - 1]) + share * (math.log(r[right]) - math.log(r[right - 1])))

    def threshold(self, false_flags: float, pairs: int) -> float:
        """The lowest threshold with at most this many false flags expected in a clean article.

        Args:
            false_flags: promised mean number of false flags per clean article, above 0.
            pairs: pairs of the article, before the gate.

        Raises:
            InputError: `false_flags` is not above 0.
        """
        if not false_flags > 0:
            raise InputError(f"false_flags is {false_flags}; accepted are numbers above 0")
        low, high = self.probabilities[0], 1 - 1e-4
        if self._flags(low, pairs) <= false_flags:
            return low
        if self._flags(high, pairs) > false_flags:
            # Longer than anything measured: nothing short of certainty keeps the promise.
            return 1.0
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if self._flags(middle, pairs) > false_flags else (low, middle)
        return high

    def expected_false_flags(self, threshold: float, pairs: int) -> float | None:
        """False flags expected at a threshold if the article is clean; None below the measured range."""
        if threshold < self.probabilities[0]:
            return None
        return self._flags(threshold, pairs)

    def _flags(self, threshold: float, pairs: int) -> float:
        return self.rate(threshold) * self.exposure(pairs, threshold)


UNCALIBRATED_THRESHOLD = 0.9


def calibration_beside(model: str | Path) -> Path | None:
    """The calibration file that lies in a model's folder, if the model is one and has one."""
    folder = DEFAULT if str(model) == "default" else Path(model)
    beside = folder / "calibration.json"
    return beside if is_folder(folder) and beside.is_file() else None


def gate_of(calibration: Calibration | None) -> GateModel | None:
    """The gate does not depend on the model, so an uncalibrated one borrows the default's."""
    if calibration is not None:
        return calibration.gate
    beside = calibration_beside("default")
    return load_calibration(beside).gate if beside else None


def load_calibration(path: Path) -> Calibration:
    """Read a calibration file.

    Raises:
        CalibrationError: the file is missing, damaged, or made for other features.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if tuple(data["features"]) != FEATURES:
            raise CalibrationError(
                f"{path} was fitted for other features; delete it, and fit it again with `inconsistency calibrate`"
            )
        gate = data["gate"]
        calibration = Calibration(
            model=data["model"],
            weights=tuple(map(float, data["weights"])),
            intercept=float(data["intercept"]),
            screen_floor=float(data["screen_floor"]),
            second_floor=float(data["second_floor"]),
            growth=tuple(
                Growth(float(g["threshold"]), tuple((float(n), float(flags)) for n, flags in g["flags"]))
                for g in data["growth"]
            ),
            probabilities=tuple(map(float, data["probabilities"])),
            rates=tuple(map(float, data["rates"])),
            gate=GateModel(tuple(map(float, gate["weights"])), float(gate["intercept"]), float(gate["threshold"]))
            if gate
            else None,
            fitted=data["fitted"],
            model_digest=data.get("model_digest"),
        )
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


def _check_fits(calibration: Calibration) -> None:
    """Refuse, with a ValueError, values that would fail or mislead only at the first article."""
    p, r = calibration.probabilities, calibration.rates
    if not isinstance(calibration.model_digest, str | None):
        raise ValueError(f"model_digest is {calibration.model_digest!r}; accepted are a text and null")
    if len(calibration.weights) != len(FEATURES):
        raise ValueError(f"{len(calibration.weights)} weights for {len(FEATURES)} features")
    if calibration.gate and len(calibration.gate.weights) != len(GATE_FEATURES):
        raise ValueError(f"{len(calibration.gate.weights)} gate weights for {len(GATE_FEATURES)} features")
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


def save_calibration(calibration: Calibration, path: Path) -> None:
    """Write a calibration file; the inverse of `load_calibration`."""
    gate = calibration.gate
    data = {
        "model": calibration.model,
        "model_digest": calibration.model_digest,
        "features": FEATURES,
        "weights": calibration.weights,
        "intercept": calibration.intercept,
        "screen_floor": calibration.screen_floor,
        "second_floor": calibration.second_floor,
        "growth": [{"threshold": g.threshold, "flags": g.flags} for g in calibration.growth],
        "probabilities": calibration.probabilities,
        "rates": calibration.rates,
        "gate": None
        if gate is None
        else {"weights": gate.weights, "intercept": gate.intercept, "threshold": gate.threshold},
        "fitted": calibration.fitted,
    }
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
