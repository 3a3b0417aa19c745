"""The table of what the presets flag in real news."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="the benchmark reads Parquet")

from benchmarks import news
from corpora.cases import half
from inconsistency.decision import Calibration, load_calibration
from inconsistency.nli.loading import DEFAULT


@pytest.fixture
def calibration() -> Calibration:
    """The embedded model's."""
    return load_calibration(DEFAULT / "calibration.json")


def scored(name: str, promised: float, calibration: Calibration, *probabilities: float) -> dict[str, Any]:
    """One row of a run's output."""
    counts = {"pairs": 300, "scored": 20}
    flags = [{"probability": p} for p in probabilities]
    return {"id": name, "threshold": calibration.threshold(promised, 300), "counts": counts, "contradictions": flags}


def test_a_stricter_preset_counts_fewer_of_the_same_flags(calibration: Calibration) -> None:
    """Flags are those at or above the preset's threshold for the article's number of pairs."""
    at = calibration.threshold(0.1, 300)
    row = scored("bbc/1", 0.5, calibration, at, at - 0.01)

    assert news.flags_at(row, 0.5, calibration) == 2
    assert news.flags_at(row, 0.1, calibration) == 1


def test_a_run_at_a_strict_preset_cannot_tell_of_a_broader_one(calibration: Calibration) -> None:
    """Flags that the run has left out are not taken for absent."""
    with pytest.raises(SystemExit, match="was scored at"):
        news.flags_at(scored("bbc/1", 0.1, calibration), 0.5, calibration)


def test_a_run_with_another_calibration_is_refused(calibration: Calibration) -> None:
    """Its probabilities would be held against thresholds that are not theirs."""
    row = scored("bbc/1", 0.5, calibration) | {"threshold": 0.123}

    with pytest.raises(SystemExit, match="another calibration"):
        news.flags_at(row, 0.5, calibration)


def test_only_the_half_that_was_not_fitted_on_is_measured(calibration: Calibration) -> None:
    """All articles are counted; the rates are of the other half of each source."""
    names = [f"bbc/{k}" for k in range(20)]
    unseen = [n for n in names if half(n.split("/")[1]) == "measure"]
    rows = [scored(n, 0.5, calibration, *([] if n in unseen else [0.99])) for n in names]
    told = news.by_source(rows, calibration)["bbc"]

    assert 0 < len(unseen) < 20
    assert (told["articles"], told["measured"], told["pairs"]) == (20, len(unseen), 6000)
    assert all(p["value"] == 0 for p in told["presets"].values())


def test_seconds_are_those_of_one_whole_run(tmp_path: Path) -> None:
    """A log that holds two starts, or no end, says nothing about how long the articles took."""
    start = json.dumps({"event": "start", "time": 10.0})
    end = json.dumps({"event": "end", "time": 70.5, "complete": True, "failed": 2})
    log = tmp_path / "scores.log"
    log.write_text(f"loading\n{start}\n{end}\n")
    assert news.summary(log) == {"failed": 2, "seconds": 60.5}

    for lines in ([start], [start, start, end]):
        log.write_text("\n".join(lines))
        with pytest.raises(SystemExit, match="not the log"):
            news.summary(log)
