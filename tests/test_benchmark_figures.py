"""What the README and the site say of figures follows from the files of figures."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from benchmarks import figures, quality
from corpora.cases import Case


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


def clean(source: str, *flags: int) -> tuple[list[Case], dict[str, list[int]]]:
    """Clean articles of a source, with so many flags each, whatever the preset."""
    cases = [Case(f"{n}", f"{n}", ("One.", "Two.")) for n in range(len(flags))]
    return cases, {name: list(flags) for name in figures.PRESETS}


def test_sources_are_put_together_by_their_flags() -> None:
    """Flags and articles of all published sources are counted, however many each has; made ones are left out."""
    sources = {"bbc": clean("bbc", *[1] * 9, *[0] * 81), "wsj": clean("wsj", *[1] * 6, *[0] * 4)}
    made = {"newsroom_clean": clean("newsroom_clean", *[1] * 50)}
    rows = [quality.promise(name, *found) for name, found in (sources | made).items()]
    run = {"promise": rows, "together": quality.together(sources | made)}
    pooled, older = figures.pooled_promise(run), figures.pooled_promise({"promise": rows})

    assert pooled is not None and older is not None
    assert pooled["articles"] == older["articles"] == 100
    assert pooled["rates"]["strict"]["value"] == older["rates"]["strict"]["value"] == pytest.approx(0.15)
    assert figures.interval(older["rates"]["strict"]) == "0.15", "how flags cluster is not known of an older run"
    assert figures.pooled_promise({"promise": rows[2:], "together": quality.together(made)}) is None


def test_flags_that_come_together_make_the_interval_of_all_sources_wide() -> None:
    """Sixty flags in six articles say less than sixty in sixty: the interval is a bootstrap over articles."""

    def width(*flags: int) -> float:
        found = quality.together({"bbc": clean("bbc", *flags), "wsj": clean("wsj", *flags)})
        assert found is not None
        observed = found["presets"]["broad"]["observed"]
        return float(observed["high"] - observed["low"])

    assert width(*[10] * 3, *[0] * 97) > 2 * width(*[1] * 30, *[0] * 70)


@pytest.mark.parametrize(
    "given", ["--rows TF-IDF", "--sets plain", "--scale 2", "--model folder", "--half fit", "--seed 1", "--size quick"]
)
def test_a_part_of_a_run_does_not_take_the_place_of_what_is_published(given: str) -> None:
    """Only a full run with nothing left out goes to the file that the tables come from, unless --out says so."""
    assert quality.parse_args(["--size", "full"]).out == quality.PUBLISHED
    assert quality.parse_args(["--size", "full", *given.split()]).out.parts[-3] == "runs"
    assert quality.parse_args(["--size", "full", *given.split(), "--out", "here.json"]).out == Path("here.json")


def test_a_part_of_a_run_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run of one row on one set is written and printed, with what ties it to a commit, weights and a machine."""
    pytest.importorskip("sklearn", reason="the row without a model is TF-IDF")
    out = tmp_path / "one.json"
    part = ["--sets", "newsroom_swapped", "--rows", "TF-IDF"]

    assert quality.main([*part, "--out", str(out), "--cache", str(tmp_path), "--no-plots"]) == 0
    about = json.loads(out.read_text(encoding="utf-8"))["about"]
    assert {"date", "commit", "weights", "command", "machine"} <= about.keys()
    assert "| TF-IDF and numbers | none |" in capsys.readouterr().out


def test_each_figure_stands_on_the_page_once() -> None:
    """No source of the promise and no row of another tool stands in two tables, nor as not run beside its table."""
    files = figures.Files()
    full, theirs = figures.full_run(files), figures.other_tools(files)
    promised = {row["source"] for row in files["quality_promise"]["promise"]}

    def rows(run: dict[str, Any]) -> set[tuple[str, str]]:
        return {(row["set"], row["row"]) for row in run["side_by_side"]}

    assert not promised & {row["source"] for row in full["promise"]}
    assert not rows(full) & rows(theirs)
    assert not full["not_run"].keys() & {row for _, row in rows(theirs)}


def test_the_run_over_all_sets_may_hold_other_tools() -> None:
    """Rows that it holds leave the table of other tools, which says so when it is empty; the README takes the newer one."""
    files: Any = {name: figures.Files()[name] for name in ("quality_full", "quality_rivals", "quality_promise", "verifier")}
    rivals = files["quality_rivals"]
    both = files["quality_full"]["side_by_side"] + [row | {"seconds_per_article": 77.7} for row in rivals["side_by_side"]]
    files["quality_full"] |= {"side_by_side": both, "pairs": files["quality_full"]["pairs"] + rivals["pairs"]}
    told = figures.render("rivals.md.jinja", figures.other_tools(files))

    assert told.startswith("Their rows stand in the tables above.") and "|" not in told
    readme = figures.environment().get_template("readme_results.md.jinja").render(files=figures.strict(files))
    assert "took 77.7 s" in readme


def test_a_result_says_as_much_of_its_making_as_it_knows() -> None:
    """Machine and commit are told in whichever form a result has them; a commit that the history lacks is not."""
    machine = {"processor": "P", "cores": 2}
    now = {"date": "2026-12-02 16:19 UTC", "weights": figures.weights(), "machine": machine, "commit": "abc"}

    assert figures.stamp(now) == "2026-12-02 16:19 UTC, 2 cores of P, commit abc"
    assert figures.stamp(now | {"commit": min(figures.NO_COMMITS)}) == "2026-12-02 16:19 UTC, 2 cores of P"
    assert figures.stamp(now | {"weights": "w"}).endswith(", with other weights than those of now")
    assert figures.stamp({"date": "2026-11-27", "processor": "P"}) == "2026-11-27, P, with an earlier version"
    assert figures.stamp({"date": "2999-01-01", "machine": "x86"}) == "2999-01-01, x86, with weights that it does not name"


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
