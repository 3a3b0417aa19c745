"""Quote measured figures in README.md, from the JSON files that the scripts wrote.

    python -m benchmarks.readme

Fills the block between `<!-- figures:start -->` and `<!-- figures:end -->`. Nothing is typed by hand: a
figure whose file is absent is said to be missing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from benchmarks import provenance, quality
from inconsistency.decision import PRESETS, load_calibration

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
CALIBRATION = ROOT / "src/inconsistency/models/default/calibration.json"


def share(value: float) -> str:
    """A share as per cent."""
    return f"{100 * value:.1f} %"


def articles(data: dict) -> str:
    """In-article figures of the model, as a table."""
    lines = [
        "Pairs of an article ranked by the bare model, before any decision: how often a labelled pair is on top, "
        "among the first three, or above the threshold that lets through 0.1 (0.5) false flags per clean article.",
        "",
        "| articles | contradicting / clean | top 1 | top 3 | at 0.1 | at 0.5 |",
        "|---|---|---|---|---|---|",
    ]
    for name, what in (("newsroom", "short, written for this project"), ("features", "full-length, likewise")):
        row = data[name]["all"]
        cells = " | ".join(share(row[k]) for k in ("top1", "top3", "at_0.1", "at_0.5"))
        lines.append(f"| {what} | {row['articles']} / {data[name]['clean']} | {cells} |")
    return "\n".join([*lines, "", f"({data['date']}, {data['machine']}.)"])


def startup(data: dict) -> str:
    """Cold start and memory."""
    r = data["results"]
    return (
        f"**Cold start.** `import inconsistency` {r['import']['median_s']:.2f} s (Python alone "
        f"{r['python alone']['median_s']:.2f} s), a whole `inconsistency check` of the example article "
        f"{r['check']['median_s']:.1f} s (median, {data['cores']} cores), peak memory "
        f"{r['check_peak_rss_mb']} MB. ({data['date']}.)"
    )


def splitters(data: dict) -> str:
    """The splitters compared on gold splits."""
    lines = [
        f"<details><summary><b>Sentence splitting</b>: {len(data['results'])} splitters compared</summary>",
        "",
        "F1 of found boundaries; the hard probes are ours. Our rules were written after "
        "reading errors on these sets, so the last thousandths of our row are in-sample.",
        "",
    ]
    lines += ["| splitter | GUM news | Brown press | probe errors | articles/s |", "|---|---|---|---|---|"]
    for row in sorted(data["results"], key=lambda r: -r["f1"]["gum news"]):
        f1 = row["f1"]
        lines.append(
            f"| {row['name']} | {f1['gum news']:.4f} | {f1['brown press']:.4f} | {len(row['probe_errors'])} | "
            f"{row['articles_per_second']:.0f} |"
        )
    return "\n".join([*lines, "", f"({data['date']}, {data['machine']}.)", "", "</details>", ""])


def evidence(data: dict) -> str:
    """Kind accuracy and overlap of clashing words; a missed target is said to be missed."""
    kinds, long = data["kinds"], data["kinds_features"]
    reached = "reached" if kinds["accuracy_target_kinds"] >= 0.7 else "missed"
    spans = data["spans"]
    single = ", ".join(
        f"{spans[f'single_edit/{name}']['f1']:.2f} ({name})"
        for name in ("breaking_nli", "wikifactcheck_neg", "summedits")
    )
    return (
        f"**Kinds of conflict.** Of {kinds['pairs']} contradictions in short articles "
        f"{share(kinds['accuracy'])} get the "
        f"right kind out of fifteen, and {share(kinds['accuracy_target_kinds'])} of those about a "
        f"number, date, place, "
        f"negation or status (target 70 %: {reached}); in full-length articles {share(long['accuracy'])} and "
        f"{share(long['accuracy_target_kinds'])} of {long['pairs']}. "
        f"**Clashing words.** Overlap F1 on single edits, where truth and tool compare the same two "
        f"sentences: {single}. "
        f"With a truth that the tool does not see: {spans['paraphrased/summedits']['f1']:.2f} "
        f"against a paraphrase "
        f"(SummEdits), {spans['revised/cad_nli']['f1']:.2f} on revised captions (counterfactual NLI), "
        f"{spans['annotated/cliff_goyal']['f1']:.2f} on marks in news summaries (Cliff, Goyal), by "
        f"the words alone."
        f"{asked(data)} ({data['date']}.)"
    )


def asked(data: dict) -> str:
    """What asking the model adds to clashing words; empty when that was not measured."""
    row = data.get("spans_with_model", {}).get("paraphrased/summedits")
    if not row:
        return ""
    return (
        f" When the model is asked too, {row['f1']:.2f} instead of {row['f1_without_the_model']:.2f} on "
        f"{row['pairs']} of the SummEdits pairs."
    )


def memory(data: dict) -> str:
    """Memory of a batch run over its rows."""
    rows = [p["rows"] for p in data["points"]]
    early = next(p for p in data["points"] if p["rows"] >= rows[-1] / 10)
    return (
        f"**Memory of `inconsistency score`.** {data['rows']:,} short rows, no model, Parquet out: "
        f"{early['rss_mib']:.0f} MiB resident after {early['rows']:,} rows, {data['peak_rss_mib']:.0f} MiB at the "
        f"highest, the making of the Parquet files included ([plot](benchmarks/results/batch_memory.png)). "
        f"({data['date']}, {data['machine']}.)"
    )


def workers(data: dict) -> str:
    """Articles per second for numbers of workers."""
    same = "the same bytes from every run" if data["same_bytes"] else "outputs differ between runs"
    lines = [
        f"**Workers.** `inconsistency score` on {data['table'][0]['articles']} articles of {data['input']}, "
        f"{data['threads_in_all']} threads in all, median of {data['table'][0]['repeats']} runs (slowest to "
        f"fastest), loading apart; {same}.",
        "",
        "| workers | threads each | articles/s | pairs/s |",
        "|--:|--:|--:|--:|",
    ]
    for row in data["table"]:
        slow, fast = row["articles_per_s_range"]
        lines.append(
            f"| {row['workers']} | {row['threads_each']} | {row['articles_per_s']:.2f} ({slow:.2f}-{fast:.2f}) | "
            f"{row['pairs_per_s']:.0f} |"
        )
    return "\n".join([*lines, "", f"({data['date']}, {data['machine']}.)"])


def news(data: dict) -> str:
    """A run over all real news, and source by source what the presets flag there."""
    run, about = data["run"], data["about"]
    every = (
        f"**All real news.** {run['articles']:,} articles from one Parquet file, {run['pairs']:,} pairs, "
        f"{run['scored']:,} of them read in full, {run['failed']} failed rows, {run['seconds'] / 60:.0f} minutes. "
        f"({about['date']}, {about['processor']}, {about['cores']} cores, commit {about['commit']}.)"
    )
    if data["calibration"] != provenance.digest(CALIBRATION):
        return f"{every} What the presets flag there is not quoted: the decision has been fitted again since."
    presets = next(iter(data["sources"].values()))["presets"]
    heads = " | ".join(f"{name} ({preset['promised']:g})" for name, preset in presets.items())
    lines = [
        f"{every} False flags an article (95 % interval), promised in the heading and observed on the half of "
        "each source that the decision was not fitted on. Nobody has checked these articles by hand, so some "
        "flags are right and the observed rates are upper bounds.",
        "",
        f"| source | articles | pairs an article | {heads} |",
        "|---|--:|--:|" + "--:|" * len(presets),
    ]
    for source, told in data["sources"].items():
        cells = " | ".join(
            f"{p['value']:.2f} ({p['low']:.2f}-{p['high']:.2f})" for p in told["presets"].values()
        )
        each = told["pairs"] / told["articles"]
        lines.append(f"| {source} | {told['measured']:,} of {told['articles']:,} | {each:.0f} | {cells} |")
    return "\n".join(lines) + "\n\n"


REAL = {
    "news_inserted": "BBC 2004-5, web news 2014-15, AP and NYT 1998, Wall Street Journal 1989",
    "gum_inserted": "GUM: Wikinews, Wikipedia lives, Wikivoyage travel guides",
}


def between(estimate: dict, times: int = 1) -> str:
    """A figure with its interval; of `times` 100, in whole per cent."""
    digits = 0 if times > 1 else 2
    value, low, high = (f"{times * estimate[end]:.{digits}f}" for end in ("value", "low", "high"))
    return f"{value} ({low}-{high})"


def stamp(data: dict) -> str:
    """When, where and by which code a run of `quality.py` was made."""
    about = data["about"]
    return f"{about['date']}, {about['machine']['processor']}, commit {about['commit']}"


def counted(figures: dict) -> str:
    """How many contradicting and clean articles figures are of."""
    return f"{figures['articles']['positive']}, {figures['articles']['clean']}"


def at_budgets(figures: dict) -> list[str]:
    """What is found at each number of false flags, the threshold set afterwards."""
    return [between(p["hit_rate"], 100) for p in figures["points"]]


def at_its_own(figures: dict) -> list[str]:
    """What is found at a row's own threshold, and its false flags."""
    return [between(figures["own"]["hit_rate"], 100), between(figures["own"]["false_flags"])]


def real(data: dict) -> str:
    """What is found in real text, a row for each set of it."""
    found = {f["set"]: f for f in data["articles"]}
    budgets = [p["budget"] for p in next(iter(found.values()))["points"]]
    lines = [
        "**Real text.** Published articles with a sentence of ours inserted that contradicts them; beside it "
        "stands one that does not, and two such in the clean version. How many of the contradictions are found, "
        "by false flags per clean article (95 % intervals; at the default setting, and at thresholds set "
        f"afterwards as above; {stamp(data)}):",
        "",
        "| articles | contradicting, clean | sentences | found at the default setting, % | its false flags | "
        + " | ".join(f"found at {b:g}, %" for b in budgets)
        + " | among the top 3, % |",
        "|---|--:|--:|" + "--:|" * (len(budgets) + 3),
    ]
    for name, about in REAL.items():
        if f := found.get(name):
            cells = [about, counted(f), f"{f['sentences']:.0f}", *at_its_own(f), *at_budgets(f)]
            cells.append(between(f["top"]["3"], 100))
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n\n"


def promise(data: dict) -> str:
    """Promised and observed false flags on more articles of each published source."""
    found = data["promise"]
    verdicts = [kept(row["presets"][name]["observed"], p) for row in found for name, p in PRESETS.items()]
    count = Counter(verdicts)
    within, above, below = (count[v] + count[f"seems {v}"] for v in ("kept", "above", "below"))
    lines = [
        "**The promise, source by source.** False flags per clean article (95 % interval), promised in the head "
        "and observed on more articles of each published source, from the half that nothing is fitted on. Nobody "
        f"has checked these articles by hand, so some flags may be right ({stamp(data)}):",
        "",
        *quality.promise_lines(found, "together"),
        "",
        f"Of the {len(verdicts)} figures by source {within} are within a factor 1.5 of the promise, {above} above "
        f"and {below} below it; for certain, by the whole interval, {count['kept']} are within, "
        f"{count['above']} above and {count['below']} below.",
        "",
        f"Samples: {'; '.join(data['notes'])}.",
    ]
    return "\n".join(lines) + "\n\n"


def kept(estimate: dict, promised: float, factor: float = 1.5) -> str:
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


def same_weights(data: dict) -> str:
    """The library beside other rules on its own weights."""
    budgets = [p["budget"] for p in data["side_by_side"][0]["points"]]
    lines = [
        "**The same weights, other rules.** What the gate, the cascade and the decision are worth: the library "
        "beside what its own model finds when every ordered pair is read, and a pair is flagged by the rule of a "
        "rival. In how many contradicting articles a right pair is flagged, at thresholds set afterwards (95 % "
        f"interval), and at each row's own ({stamp(data)}):",
        "",
        "| articles | contradicting, clean | row | "
        + " | ".join(f"at {b:g}, %" for b in budgets)
        + " | own threshold: found, % | its false flags |",
        "|---|--:|---|" + "--:|" * (len(budgets) + 2),
    ]
    for f in data["side_by_side"]:
        cap = data["about"]["plan"]["side_by_side"][f["set"]]["cap"]
        cells = [f"{f['set']}, cut to {cap} sentences", counted(f), f["row"], *at_budgets(f), *at_its_own(f)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n\n"


def natural(data: dict) -> str:
    """What is flagged in published articles that were read by hand."""
    about, found = data["about"], data["found"]
    lines = [
        f"**Published news, read whole.** Before the tool was run, a language model read {data['articles']} "
        f"articles as they were printed and a second one read the pairs it had found: {found['clear']} pairs in "
        f"{data['clear_articles']} articles clearly contradict each other, {found['soft']} clash unless one reads "
        "with charity. Another one then judged each flag with the article at hand, knowing that it was flagged. "
        f"No person has checked these labels. ({about['date']}, {about['processor']}, commit {about['commit']}.)",
        "",
        f"| preset | flags | clear (of {found['clear']}) | soft (of {found['soft']} and more) | wrong "
        "| not judged | false flags an article, promised and seen |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, preset in data["presets"].items():
        flags, rate = preset["flags"], preset["false_flags"]
        counts = [sum(flags.values())] + [flags.get(v, 0) for v in ("clear", "soft", "wrong", "unjudged")]
        seen = f"{preset['promised']:g}, {rate['value']:.2f} ({rate['low']:.2f}-{rate['high']:.2f})"
        lines.append(f"| {name} | {' | '.join(map(str, counts))} | {seen} |")
    return "\n".join(lines) + "\n\n"


def thresholds(data: dict) -> str:
    """From which probability on pairs are flagged, by the length of the article."""
    calibration = load_calibration(CALIBRATION)
    heads = " | ".join(f"{name} ({p:g})" for name, p in PRESETS.items())
    lines = [
        "**Where pairs are flagged.** The threshold that keeps a promise depends on the length: more pairs can "
        "be false flags, but each pair of a long article is given a lower probability, since an article that "
        "contradicts itself does so about once. Lowest probabilities that are flagged, by preset:",
        "",
        f"| sentences | pairs | {heads} |",
        "|--:|--:|" + "--:|" * len(PRESETS),
    ]
    for sentences in (10, 15, 25, 40, 64):
        pairs = sentences * (sentences - 1) // 2
        cells = " | ".join(f"{100 * calibration.threshold(p, pairs):.2g} %" for p in PRESETS.values())
        lines.append(f"| {sentences} | {pairs:,} | {cells} |")
    return "\n".join([*lines, "", f"(Fitted {data['fitted']['date']}.)"])


# (file of figures, script that writes it, how it is quoted)
SOURCES = (
    (ROOT / "training" / "evaluation.json", "training.evaluate", articles),
    (
        RESULTS / "quality_real.json",
        "benchmarks.quality --size full --sets gum_inserted news_inserted --rows inconsistency "
        "--out benchmarks/results/quality_real.json",
        real,
    ),
    (
        RESULTS / "quality_more.json",
        "benchmarks.quality --size full --scale 4 --sets newsroom_swapped contradoc_full --warm none "
        "--as-shipped --rows inconsistency 'without the decision' rule --no-plots "
        "--out benchmarks/results/quality_more.json",
        same_weights,
    ),
    (
        RESULTS / "quality_promise.json",
        "benchmarks.quality --size full --scale 16 --sets bbc wire_1998 xsum_cnn gum brown wsj web_2014 abc "
        "--rows inconsistency --warm none --no-plots --out benchmarks/results/quality_promise.json",
        promise,
    ),
    (RESULTS / "natural.json", "benchmarks.natural", natural),
    (CALIBRATION, "training.calibrate src/inconsistency/models/default --labelled 60 --clean 500 --floor 0.25",
     thresholds),
    (RESULTS / "news.json", "benchmarks.news tell", news),
    (RESULTS / "startup.json", "benchmarks.startup", startup),
    (RESULTS / "splitters.json", "benchmarks.splitters", splitters),
    (RESULTS / "evidence.json", "benchmarks.evidence", evidence),
    (RESULTS / "batch_memory.json", "benchmarks.batch memory", memory),
    (RESULTS / "batch_speed.json", "benchmarks.batch speed ../shared/data/news/bbc.jsonl.gz", workers),
)


def command(figures: dict) -> str | None:
    """The command that made figures, where the file tells."""
    found = figures.get("command") or figures.get("about", {}).get("command")
    return f"python {found.removeprefix('python ')}" if found else None


def main() -> int:
    """Fill the block."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter).parse_args()
    blocks = []
    for path, script, quote in SOURCES:
        if path.exists():
            figures = json.loads(path.read_text(encoding="utf-8"))
            blocks.append(f"{quote(figures)} `{command(figures) or f'python {script}'}`")
        else:
            blocks.append(f"Not measured yet: `python {script}`.")
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    start, end = "<!-- figures:start -->", "<!-- figures:end -->"
    before, after = text.split(start)[0], text.split(end)[1]
    readme.write_text(f"{before}{start}\n" + "\n\n".join(blocks) + f"\n{end}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
