"""Matrices in int8, and the steps in which their inputs become uint8."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# What is tried for each matrix: how much of its inputs' reach moves into it, and where its inputs are clipped.
SMOOTHINGS = (0.5, 0.6, 0.7, 0.8, 0.9)
CLIPS = (1.0, 0.85, 0.7, 0.55, 0.4)
# Where a width is taken from each token: the middle level for 0, or a lower one for inputs seldom negative.
MIDDLE = 128
ZEROS = (MIDDLE, 64, 32, 16)
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
        width: of one step; 1 where each token has its own: its largest input, or `least`, over the levels above 0.
        zero: the level that stands for 0.
        least: so that no token's inputs below 0 need more levels than there are.
    """

    divisor: np.ndarray
    width: np.float32
    zero: int
    least: np.float32 = NEAR_ZERO


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
            trials = [token_steps(smooth, divisor, zero) for zero in ZEROS]
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


def token_steps(smooth: np.ndarray, divisor: np.ndarray, zero: int) -> tuple[np.ndarray, Steps]:
    """Inputs as step widths of each token's own leave them, and the steps.

    With the middle level for 0 the largest input of either sign sets the width, else the largest above 0.
    """
    above = 255 - zero
    least = NEAR_ZERO if zero == MIDDLE else np.float32(max(-smooth.min(), NEAR_ZERO) * above / zero)
    largest = (np.abs(smooth) if zero == MIDDLE else smooth).max(1, keepdims=True)
    row = np.maximum(largest, least) / above
    coded = np.clip(np.round(smooth / row), -zero, above) * row
    return coded, Steps(divisor, np.float32(1), zero, least)
