"""What the detector said of a sample of articles when the sample was written, it still says."""

from __future__ import annotations

import json

import pytest

import recorded
from inconsistency.nli.loading import DEFAULT


@pytest.mark.slow(seconds=30)
@pytest.mark.skipif(not (DEFAULT / "lower.onnx").is_file(), reason="the embedded model is not in this checkout")
def test_answers_are_those_recorded() -> None:
    """Flags, kinds and explanations of 28 articles are as recorded, and probabilities to 0.01.

    On one machine they agree to 1e-6 (`recorded.py --compare`); another one's float kernels round otherwise, which
    may move an int8 level.
    """
    before = json.loads(recorded.SAMPLE.read_text(encoding="utf-8"))

    assert recorded.differences(before, recorded.record(None, made=10), tolerance=0.01) == []


def test_a_difference_is_named() -> None:
    """A number that moved, a pair that went and a word that changed are each told with their place."""
    before = {"a": {"score": 0.5, "pairs": [1]}, "b": "x"}

    assert recorded.differences(before, {"a": {"score": 0.5000001, "pairs": [1]}, "b": "x"}) == []
    assert len(recorded.differences(before, {"a": {"score": 0.6, "pairs": []}, "b": "y"})) == 3
