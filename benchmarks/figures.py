"""Write every table of the README and the site from the JSON files that the measuring modules wrote.

    python -m benchmarks.figures            # or `make figures`
    python -m benchmarks.figures --check    # exit 1, and say where, if a table does not come from its file

Each block between `<!-- NAME:start -->` and `<!-- NAME:end -->` is a template of `templates/`, so no figure is
typed by hand.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from benchmarks.provenance import CALIBRATION, weights
from corpora import registry
from inconsistency.calibration_file import load_calibration
from inconsistency.decision import PRESETS

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
# Sources of the promise whose articles were published, each once: `gum_news` is a part of `gum`.
POOLED = ("bbc", "wire_1998", "xsum_cnn", "gum", "brown", "wsj", "web_2014", "abc")
# Named by results, and not in the history.
NO_COMMITS = {"3257829", "fa91c49"}
FEW = 5  # articles or pairs below which a target is not said to be met or missed outright
Estimate = Mapping[str, float | None]


def strict(value: Any) -> Any:
    """The value with NaN as None, since JSON has no NaN."""
    if isinstance(value, dict):
        return {k: strict(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [strict(v) for v in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def percent(value: float | None, digits: int = 0) -> str:
    """A share in per cent; "-" for none."""
    return "-" if value is None else f"{100 * value:.{digits}f} %"


def number(value: float | None, digits: int = 2) -> str:
    """A number with so many decimals; "-" for none."""
    return "-" if value is None else f"{value:.{digits}f}"


def ends(estimate: Estimate) -> str:
    """The ends of a share's interval, in whole per cent; nothing where it has none."""
    low, high = estimate["low"], estimate["high"]
    return "" if low is None or high is None else f" ({100 * low:.0f}-{100 * high:.0f})"


def whole(estimate: Estimate) -> str:
    """A share with its interval, in whole per cent without the sign."""
    value = estimate["value"]
    return "-" if value is None else f"{100 * value:.0f}{ends(estimate)}"


def interval(estimate: Estimate) -> str:
    """A rate with its interval."""
    low, high = estimate["low"], estimate["high"]
    return number(estimate["value"]) + ("" if low is None else f" ({number(low)}-{number(high)})")


def distinct(items: Iterable[Any]) -> list[Any]:
    """Items in order, each once."""
    return list(dict.fromkeys(items))


def groupby_in_order(rows: Iterable[Mapping[str, Any]], key: str) -> list[tuple[Any, list[Mapping[str, Any]]]]:
    """Rows by a field, in the order in which its values come up."""
    found: dict[Any, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return list(found.items())


def bands(rows: Iterable[Mapping[str, Any]]) -> list[tuple[tuple[int, int, bool], dict[str, Mapping[str, Any]]]]:
    """Seconds by length: (fewest sentences, most, whether made) -> row -> its figures."""
    found: dict[tuple[int, int, bool], dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["low"], row["high"], row["made"]), {})[row["row"]] = row
    return list(found.items())


def pooled_promise(run: Mapping[str, Any]) -> dict[str, Any] | None:
    """False flags of all published sources together, by preset; None where there are none.

    An older result does not say how flags cluster in articles: it has no interval.
    """
    if run.get("together"):
        found = run["together"]
        rates = {name: found["presets"][name]["observed"] for name in PRESETS}
        return {"articles": found["articles"], "rates": rates}
    real = [row for row in run["promise"] if row["source"] in POOLED]
    articles = sum(row["articles"] for row in real)
    flags = {name: sum(row["presets"][name]["flags"] for row in real) for name in PRESETS}
    rates = {name: {"value": n / articles, "low": None, "high": None} for name, n in flags.items() if articles}
    return {"articles": articles, "rates": rates} if articles else None


def stamp(about: Mapping[str, Any]) -> str:
    """When a result was made, where, at which commit and with which weights, as far as it says so."""
    machine = about.get("machine") or {}
    if not isinstance(machine, str):
        machine = {**about, **machine}
        cores = f"{machine['cores']} cores of " if machine.get("cores") else ""
        machine = cores + machine["processor"] if "processor" in machine else ""
    known = about.get("commit") and about["commit"] not in NO_COMMITS
    told = [about["date"], machine, f"commit {about['commit']}" if known else ""]
    return ", ".join(filter(None, told)) + older(about)


def older(about: Mapping[str, Any]) -> str:
    """Whether a result is of other weights than those of this checkout, as far as it says so."""
    if "weights" in about:
        return "" if about["weights"] == weights() else ", with other weights than those of now"
    fitted = load_calibration(CALIBRATION).fitted["date"]
    return ", with an earlier version" if about["date"][:10] < fitted else ", with weights that it does not name"


def load(about: Mapping[str, Any]) -> float:
    """Load average as a run began; 0 where it does not say so."""
    machine = about.get("machine")
    told = machine if isinstance(machine, Mapping) else about
    return float(told.get("load_before", told.get("load", 0)))


def full_run(files: Files) -> dict[str, Any]:
    """The run over all sets without what the other two tell: sources of the promise, rows of other tools."""
    full, elsewhere = files["quality_full"], files["quality_promise"]["promise"]
    sources = {row["source"] for row in elsewhere}
    theirs = {row["row"] for row in files["quality_rivals"]["side_by_side"]}
    promise = [row for row in full["promise"] if row["source"] not in sources]
    not_run = {name: why for name, why in full["not_run"].items() if name not in theirs}
    return {**full, "promise": promise, "together": None, "not_run": not_run, "apart": True}


def other_tools(files: Files) -> dict[str, Any]:
    """The run over other tools without what the run over all sets tells."""
    full, rivals = files["quality_full"], files["quality_rivals"]
    not_run = {name: why for name, why in rivals["not_run"].items() if name not in full["not_run"]}
    told = {(key, row["set"], row["row"]) for key in ("side_by_side", "pairs") for row in full[key]}
    kept = {
        key: [row for row in rivals[key] if (key, row["set"], row["row"]) not in told]
        for key in ("side_by_side", "pairs")
    }
    return {**rivals, **kept, "not_run": not_run}


def kept(estimate: Mapping[str, float], promised: float, factor: float = 1.5) -> str:
    """Where a rate lies beside a factor around what is promised: for certain, or as it "seems" by its value."""
    low, high = promised / factor, promised * factor
    if estimate["low"] > high:
        return "above"
    if estimate["high"] < low:
        return "below"
    if low <= estimate["low"] and estimate["high"] <= high:
        return "kept"
    value = estimate["value"]
    return "seems above" if value > high else "seems below" if value < low else "seems kept"


def verdicts(found: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """How many figures of the promise lie where."""
    return Counter(kept(row["presets"][name]["observed"], p) for row in found for name, p in PRESETS.items())


def verdict(target: Mapping[str, Any]) -> str:
    """Whether a target is met, in words."""
    met = "not measured" if target["met"] is None else "met" if target["met"] else "**missed**"
    few = target["over"] and int(target["over"].split()[0].replace(",", "")) < FEW
    return f"{met}, of too few to tell" if few else met


def thresholds() -> Iterator[tuple[int, int, list[float]]]:
    """(sentences, pairs, lowest flagged probability at each preset) of articles of some lengths."""
    calibration = load_calibration(CALIBRATION)
    for sentences in (10, 15, 25, 40, 64):
        pairs = sentences * (sentences - 1) // 2
        yield sentences, pairs, [calibration.threshold(p, pairs) for p in PRESETS.values()]


def all_resolved(*found: Iterable[Mapping[str, Any]]) -> bool:
    """Whether every hit rate has enough clean articles for its number of false flags."""
    return all(point["resolved"] for rows in found for row in rows for point in row["points"])


@cache
def environment() -> jinja2.Environment:
    """Templates with the filters and functions that they use; what they name must be there."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    for filter_ in (percent, number, ends, whole, interval, distinct, groupby_in_order, bands):
        made.filters[filter_.__name__] = filter_
    made.filters["zip"] = zip
    made.tests["has_rows"] = lambda point, least: point["rows"] >= least
    for function in (pooled_promise, stamp, older, load, verdicts, verdict, thresholds, all_resolved):
        made.globals[function.__name__] = function
    made.globals |= {"presets": PRESETS, "about_set": lambda name: registry.SETS[name].about, "dict": dict}
    return made


class Files:
    """The figures of `results/`, of the model's evaluation and of its calibration, by the name of their file."""

    def __getitem__(self, name: str) -> Any:
        """Read a file."""
        own = {"evaluation": ROOT / "training" / "evaluation.json", "calibration": CALIBRATION}
        return json.loads(own.get(name, RESULTS / f"{name}.json").read_text(encoding="utf-8"))


# (file, block, template, what it is filled from: one file's figures, those of several, or all files)
BLOCKS: tuple[tuple[str, str, str, str | Callable[[Files], Mapping[str, Any]] | None], ...] = (
    ("README.md", "numbers", "readme_numbers.md.jinja", None),
    ("README.md", "results", "readme_results.md.jinja", None),
    ("docs/presets.md", "promise", "presets.md.jinja", None),
    ("docs/benchmarks.md", "quality", "quality.md.jinja", full_run),
    ("docs/benchmarks.md", "rivals", "rivals.md.jinja", other_tools),
    ("docs/benchmarks.md", "figures", "figures.md.jinja", None),
    ("docs/benchmarks.md", "speed", "speed_details.md.jinja", "speed"),
    ("docs/second-reader.md", "verifier", "verifier.md.jinja", "verifier"),
    ("docs/second-reader.md", "cost", "verifier_cost.md.jinja", "verifier_cost"),
)


def render(template: str, figures: Mapping[str, Any] | None = None) -> str:
    """A template filled from one run's figures, or from all files."""
    given: dict[str, Any] = {"files": Files()} if figures is None else strict({**figures, "self_": figures})
    return environment().get_template(template).render(given).strip("\n")


def between(text: str, name: str, block: str) -> str:
    """A text with a block put between two markers.

    Raises:
        ValueError: the text does not hold each marker once, in order.
    """
    start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    if text.count(start) != 1 or text.count(end) != 1 or text.find(start) > text.find(end):
        raise ValueError(f"there must be {start} and after it {end}, once each")
    before, rest = text.split(start)
    return f"{before}{start}\n{block}\n{end}{rest.split(end)[1]}"


def written(path: Path) -> str:
    """A file's text with all its blocks made anew."""
    text = path.read_text(encoding="utf-8")
    for file, name, template, source in BLOCKS:
        if ROOT / file == path:
            given = Files()[source] if isinstance(source, str) else source(Files()) if source else None
            text = between(text, name, render(template, given))
    return text


def main(argv: list[str] | None = None) -> int:
    """Write the blocks, or say which file does not hold what its figures give."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if something would change")
    args = parser.parse_args(argv)
    stale = 0
    for path in distinct(ROOT / file for file, *_ in BLOCKS):
        made = written(path)
        if made != path.read_text(encoding="utf-8"):
            stale += 1
            told = "does not hold" if args.check else "now holds"
            print(f"{path.relative_to(ROOT)} {told} what its figures give")
            if not args.check:
                path.write_text(made, encoding="utf-8")
    return int(args.check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
