"""Matrices in int8, and the steps in which their inputs become uint8."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# What is tried for each matrix: how much of its inputs' reach moves into it, and where its inputs are clipped.
SMOOTHINGS = (0.5, 0.6, 0.7, 0.8, 0.9)
CLIPS = (1.0, 0.85, 0.7, 0.55, 0.4)
NEAR_ZERO = np.float32(1e-9)


def column_levels(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A matrix as int8 levels and a scale a column."""
    scale = np.abs(matrix).max(0) / 127 + NEAR_ZERO
    return np.round(matrix / scale).astype(np.int8), scale


@dataclass(frozen=True, slots=True)
class Steps:
    """How a product's inputs become uint8: `round(x / divisor / width) + zero`, clipped to 0-255.

    Attributes:
        divisor: one a channel.
        width: of one step; 1 where each token has its own, its largest input over 127.
        zero: the level that stands for 0.
    """

    divisor: np.ndarray
    width: np.float32
    zero: int


def best_steps(sample: np.ndarray, matrix: np.ndarray, *, by_token: bool = False) -> Steps:
    """Choose the steps by the error of the product on a sample of inputs.

    Channels with outliers would eat the int8 range of all others. A part of their reach is moved into the
    matrix first (SmoothQuant, Xiao et al. 2023, arXiv 2211.10438); how large a part, and whether clipping the
    last outliers gains more than it costs, is tried out. Inputs that are seldom negative get few levels below 0.
    """
    reach = np.maximum(np.abs(sample).max(0), 1e-4)
    width = np.maximum(np.abs(matrix).max(1), 1e-5)
    exact = sample @ matrix
    found: tuple[float, Steps] | None = None
    for share in SMOOTHINGS:
        divisor = reach**share / width ** (1 - share)
        levels, scale = column_levels(matrix * divisor[:, None])
        back, smooth = levels * scale, sample / divisor
        if by_token:
            row = np.abs(smooth).max(1, keepdims=True) / 127 + NEAR_ZERO
            trials = [(np.round(smooth / row) * row, Steps(divisor, np.float32(1), 128))]
        else:
            trials = [fixed_steps(smooth, divisor, clip) for clip in CLIPS]
        for coded, steps in trials:
            error = float(np.square(coded @ back - exact).mean())
            if found is None or error < found[0]:
                found = error, steps
    assert found is not None
    return found[1]


def fixed_steps(smooth: np.ndarray, divisor: np.ndarray, clip: float) -> tuple[np.ndarray, Steps]:
    """Inputs as one step width for all leaves them, clipped at a share of their reach, and the steps."""
    low, high = (clip * float(v) for v in (min(smooth.min(), 0), max(smooth.max(), 1e-6)))
    width = np.float32((high - low) / 255)
    zero = round(-low / float(width))
    return (np.clip(np.round(smooth / width) + zero, 0, 255) - zero) * width, Steps(divisor, width, zero)
