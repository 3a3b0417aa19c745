"""What the README and the site say of figures follows from the files of figures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from benchmarks import figures, quality


@pytest.mark.parametrize("file", sorted({file for file, *_ in figures.BLOCKS}))
def test_tables_come_from_their_files(file: str) -> None:
    """Every table is what its template makes of its JSON; `make figures` writes it."""
    path = figures.ROOT / file

    assert path.read_text(encoding="utf-8") == figures.written(path), "run `make figures`"


def test_a_table_that_was_typed_by_hand_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--check names the file and exits with 1, and writes nothing."""
    for file in {file for file, *_ in figures.BLOCKS}:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text((figures.ROOT / file).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    (tmp_path / "training").mkdir()
    evaluation = figures.RESULTS.parents[1] / "training" / "evaluation.json"
    (tmp_path / "training" / "evaluation.json").write_bytes(evaluation.read_bytes())
    page = tmp_path / "docs/benchmarks.md"
    typed = page.read_text("utf-8").replace("| **inconsistency** | own |", "| **inconsistency** | own and better |", 1)
    page.write_text(typed, encoding="utf-8")

    assert figures.main(["--check"]) == 1
    assert capsys.readouterr().out == "docs/benchmarks.md does not hold what its figures give\n"
    assert page.read_text("utf-8") == typed
    assert figures.main([]) == 0
    assert figures.main(["--check"]) == 0


@pytest.mark.parametrize("text", ["nothing", "<!-- speed:end --> <!-- speed:start -->", "<!-- speed:start --> <!-- speed:start --> <!-- speed:end -->"])
def test_a_file_without_markers_is_refused(text: str) -> None:
    """A README that has lost a marker is not overwritten."""
    with pytest.raises(ValueError, match="once each"):
        figures.between(text, "speed", "block")


@pytest.mark.parametrize(
    ("value", "low", "high", "verdict"),
    [
        (0.1, 0.08, 0.14, "kept"),
        (0.1, 0.03, 0.3, "seems kept"),
        (0.2, 0.11, 0.3, "seems above"),
        (0.05, 0.01, 0.3, "seems below"),
        (0.3, 0.16, 0.5, "above"),
        (0.02, 0.0, 0.06, "below"),
    ],
)
def test_a_promise_is_kept_within_its_factor(value: float, low: float, high: float, verdict: str) -> None:
    """For certain where the whole interval says so, else by the value alone, which is told apart."""
    assert figures.kept({"value": value, "low": low, "high": high}, 0.1) == verdict


def test_sources_are_put_together_by_their_flags() -> None:
    """Flags and articles of all published sources are counted, however many each has; made ones are left out."""

    def row(source: str, articles: int, flags: int) -> dict[str, Any]:
        return {"source": source, "articles": articles, "presets": {name: {"flags": flags} for name in figures.PRESETS}}

    pooled = figures.pooled_promise([row("bbc", 90, 9), row("wsj", 10, 6), row("newsroom_clean", 50, 50)])

    assert pooled is not None
    assert pooled["articles"] == 100
    assert pooled["rates"][0]["value"] == pytest.approx(0.15)
    assert figures.pooled_promise([row("newsroom_clean", 50, 50)]) is None


def test_what_was_not_measured_is_a_dash() -> None:
    """JSON has no NaN: a figure that could not be worked out is none, and a dash in a table."""
    none = figures.strict({"value": math.nan, "low": math.nan, "high": math.nan})

    assert figures.interval(none) == figures.whole(none) == figures.number(none["value"]) == "-"
    assert figures.interval({"value": 0.5, "low": 0.25, "high": 0.75}) == "0.50 (0.25-0.75)"
    assert figures.whole({"value": 0.5, "low": 0.25, "high": 0.75}) == "50 (25-75)"


def test_every_plan_names_registered_sets() -> None:
    """A typing error in a plan is found before a run, and a plan grows by a factor with its caps as they are."""
    for plan in quality.plans().values():
        assert {*plan.side_by_side, *plan.alone} <= quality.registry.SETS.keys()
    twice = quality.plans()["full"].times(2)

    assert (twice.side_by_side["contradoc_full"].positive, twice.side_by_side["contradoc_full"].cap) == (24, 12)
