"""`annotator` makes a function that adds columns to a batch and never loses or fails a batch for one row."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inconsistency.detector import Detector
from inconsistency.errors import InputError
from inconsistency.integrations.datasets import COLUMNS, annotator
from inconsistency.testing import FakeScorer

CLASH = "Police said 14 people were hurt. Later it said that 41 people were hurt."
CALM = "The sun rose. Birds sang in the trees."


def make_detector() -> Detector:
    return Detector(FakeScorer({("14 people", "41 people"): 0.99}), threshold=0.5)


def annotate(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return annotator(make_detector())(batch)


def test_columns() -> None:
    """Every row gets a score, a flag, its contradictions as JSON, and an error or an empty one."""
    annotate = annotator(make_detector(), text="body", headline="head")
    new = annotate({"body": [CLASH, None, CALM], "head": [None, "x", "y"]})

    assert list(new) == list(COLUMNS)
    assert new["inconsistency_flagged"] == [True, False, False]
    assert math.isnan(new["inconsistency_score"][1])
    assert new["inconsistency_error"] == ["", "the article is empty ('body')", ""]
    (found,) = json.loads(new["inconsistency_contradictions"][0])
    assert CLASH[found["second"]["start"] :].startswith("Later")


def test_a_column_that_was_not_named_is_not_read() -> None:
    """A `title` that nobody asked for, whatever it holds, changes nothing."""
    plain = annotate({"text": [CLASH, CALM]})

    assert annotate({"text": [CLASH, CALM], "title": [14, ["41 people were hurt"]], "id": [{}, None]}) == plain


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


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_dataset_map_in_several_processes(tiny_model: Callable[[str], Path], tmp_path: Path, backend: str) -> None:
    """`map(annotator(detector), num_proc=2)` with a real model gives what one process gives."""
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_dict({"text": [CALM, CLASH, None, "The mill was open. The mill was not open."] * 3})
    detector = Detector(tiny_model("contradiction last"), backend=backend, threshold=0.1, threads=1)

    one = data.map(annotator(detector), batched=True, batch_size=2)
    two = data.map(annotator(detector), batched=True, batch_size=2, num_proc=2)

    assert json.dumps(two.to_list()) == json.dumps(one.to_list())
    assert any(one["inconsistency_flagged"]) and one["inconsistency_error"][2] == "the article is empty ('text')"


@pytest.mark.slow
def test_dataset_map_is_cached(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    """A second `map` by an equal detector is read from the cache; one by another detector is not."""
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_dict({"text": [CALM, CLASH]}).save_to_disk(tmp_path / "data")

    def cache_of(**options: Any) -> tuple[str, int]:
        settings = {"threshold": 0.1, "threads": 1} | options
        detector = Detector(tiny_model("contradiction last"), **settings)
        detector.check(CLASH)  # used or not, it is the same detector
        done = datasets.load_from_disk(tmp_path / "data").map(annotator(detector), batched=True)
        (cache,) = done.cache_files
        return cache["filename"], Path(cache["filename"]).stat().st_mtime_ns

    first = cache_of()

    assert cache_of() == first
    assert cache_of(threshold=0.2)[0] != first[0]
