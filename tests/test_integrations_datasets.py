"""`annotate_batch` adds columns to a batch and never loses or fails a batch for one row."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from inconsistency.detector import Detector
from inconsistency.errors import InputError
from inconsistency.integrations.datasets import COLUMNS, annotate_batch
from inconsistency.testing import FakeScorer

CLASH = "Police said 14 people were hurt. Later it said that 41 people were hurt."
CALM = "The sun rose. Birds sang in the trees."


def make_detector() -> Detector:
    return Detector(FakeScorer({("14 people", "41 people"): 0.99}), threshold=0.5, gate=None)


def annotate(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return annotate_batch(make_detector(), batch)


def test_columns() -> None:
    """Every row gets a score, a flag, its contradictions as JSON, and an error or an empty one."""
    new = annotate_batch(
        make_detector(), {"body": [CLASH, None, CALM], "head": [None, "x", "y"]}, "body", "head"
    )

    assert list(new) == list(COLUMNS)
    assert new["inconsistency_flagged"] == [True, False, False]
    assert math.isnan(new["inconsistency_score"][1])
    assert new["inconsistency_error"] == ["", "'body' is empty", ""]
    (found,) = json.loads(new["inconsistency_contradictions"][0])
    assert CLASH[found["second"]["start"] :].startswith("Later")


def test_missing_column() -> None:
    """A missing column is an error that names the columns found."""
    with pytest.raises(InputError, match="no column 'text'; columns found: 'body'"):
        annotate({"body": [CALM]})


def test_empty_batch() -> None:
    """A batch without rows gives columns without rows."""
    assert annotate({"text": []}) == {name: [] for name in COLUMNS}


def test_dataset_map() -> None:
    """Batches without any find or error have the same column types as those with some."""
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_dict({"text": [CALM, CALM, CLASH, None]})

    done = data.map(annotate, batched=True, batch_size=2, load_from_cache_file=False)

    assert done["inconsistency_flagged"] == [False, False, True, False]
    assert done["text"] == data["text"]
