"""A `Calibration` in a file: how it is read, what is refused, how it is written."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from inconsistency.decision import FEATURES, PRESETS, Calibration, Growth
from inconsistency.errors import CalibrationError
from inconsistency.writable import writing


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
    except (AttributeError, KeyError, TypeError, ValueError) as error:
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
        kinds={str(kind): float(weight) for kind, weight in data.get("kinds", {}).items()},
    )


def _check_fits(calibration: Calibration) -> None:
    """Refuse, with a ValueError, values that would fail or mislead only at the first article."""
    p, r = calibration.probabilities, calibration.rates
    numbers = [*calibration.weights, *calibration.kinds.values(), calibration.intercept, *p, *r]
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
        "kinds": dict(one.kinds),
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
