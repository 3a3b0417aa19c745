"""Probabilities in clean articles -> how false flags fall with the threshold, and how they grow with length.

Fitting needs scikit-learn (extra `sklearn`); the result is a part of `decision.Calibration`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inconsistency.decision import Growth, exposure
from inconsistency.errors import CalibrationError

Floats = npt.NDArray[np.float64]
KNOTS = 48  # points of the stored false-flag curve
GROWTH_AT = (1.0, 0.5, 0.1)  # false flags per clean article at which their growth with length is measured
LENGTHS = (1, 10, 30, 60, 100, 200, 400, 600, 1000, 2000)  # pairs at which it is stored
BENDS = (30, 60, 200, 600)  # pairs at which it may bend
FEWEST_PAIRS = 20  # of clean articles, without which no false flags are measured
SLOPING, BENDING = 20, 150  # false flags from which on a slope is fitted, and bends


def growth(threshold: float, flags: Sequence[int], pairs: Sequence[int]) -> Growth:
    """How false flags at a threshold grow with an article's pairs, given those of each clean article.

    A Poisson regression on the logarithm of the pairs, whose slope may change at `BENDS`: in short articles flags
    grow nearly with the pairs, in long ones each pair is held for less likely. With fewer flags than `BENDING` the
    slope is one, of 0 to 1; with fewer than `SLOPING` it is 1.
    """
    from sklearn.linear_model import PoissonRegressor

    def basis(sizes: npt.ArrayLike) -> Floats:
        logs = np.log(np.asarray(sizes, dtype=np.float64))
        bends = BENDS if sum(flags) >= BENDING else ()
        return np.stack([logs, *(np.maximum(0, logs - math.log(at)) for at in bends)], axis=1)

    many = np.array([p > 0 for p in pairs])
    slopes = np.array([1.0])
    if sum(flags) >= SLOPING and many.sum() >= SLOPING:
        fitted = PoissonRegressor(alpha=0.003, max_iter=3000)
        slopes = fitted.fit(basis(np.array(pairs)[many]), np.array(flags)[many]).coef_
        slopes = slopes if len(slopes) > 1 else np.clip(slopes, 0, 1)
    shape = basis(LENGTHS)[:, : len(slopes)] @ slopes
    beside = np.exp(shape - shape[LENGTHS.index(100)])
    # However steep: a curve that reaches 0 could not be read again.
    points = ((float(n), max(round(float(f), 4), 1e-4)) for n, f in zip(LENGTHS, beside, strict=True))
    return Growth(threshold, tuple(points))


def growths(probabilities: Sequence[Floats], pairs: Sequence[int]) -> tuple[Growth, ...]:
    """Growth at each of the levels `GROWTH_AT`, by rising threshold.

    The stricter the threshold, the more of the flags are in short articles. A level with fewer flags than
    `SLOPING` says nothing of its own.
    """
    every = np.sort(np.concatenate(probabilities))[::-1]
    found: dict[float, Growth] = {}
    for level in GROWTH_AT:
        rank = min(math.ceil(level * len(pairs)), len(every))
        # Kept off 0 and 1, as log odds are.
        threshold = min(max(float(every[:rank].min(initial=1.0)), 1e-4), 1 - 1e-4)
        flags = [int((p >= threshold).sum()) for p in probabilities]
        if not found or sum(flags) >= SLOPING:
            found.setdefault(threshold, growth(threshold, flags, pairs))
    return tuple(found[t] for t in sorted(found))


def false_flag_curve(
    probabilities: Sequence[Floats], pairs: Sequence[int], grown: Sequence[Growth]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """False flags of clean articles at rising thresholds, per article of 100 pairs.

    Args:
        probabilities: of the scored pairs of each clean article.
        pairs: all pairs of each article; the false flags are spread over them.
        grown: as found by `growths`.

    Returns:
        Thresholds, and at each the mean number of false flags of such an article.
    """
    every = np.sort(np.concatenate(probabilities))[::-1]
    if len(every) < FEWEST_PAIRS:
        raise CalibrationError(f"{len(every)} pairs of clean articles; at least {FEWEST_PAIRS} are needed")
    points: dict[float, float] = {}
    for rank in np.unique(np.geomspace(1, len(every), KNOTS).astype(int)):
        threshold = round(float(every[rank - 1]), 6)
        points[threshold] = float(rank) / sum(exposure(grown, p, threshold) for p in pairs if p > 0)
    ordered = sorted(points.items())
    return tuple(t for t, _ in ordered), tuple(falling([r for _, r in ordered]))


def falling(rates: Sequence[float]) -> list[float]:
    """Make the rates non-increasing: growth changes with the threshold, so a rate could rise a little."""
    raised: list[float] = np.maximum.accumulate(np.array(rates)[::-1])[::-1].tolist()
    return raised
