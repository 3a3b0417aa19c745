"""Write the model card from the figures that the other scripts measured.

    python -m training.model_card src/inconsistency/models/default

Reads `evaluation.json` and `evaluation_warm.json` (evaluate.py), `export_gate.json` (export_onnx.py, glance.py),
`calibration.json` (calibrate.py) and the manifests `training/manifests/shared.json` and `reader.json` (data.py,
train.py); no measured figure is typed by hand.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Figures = dict[str, Any]

TEXT = """# The embedded model

Two networks for natural language inference between two sentences **of one news article**, both MPNet, and a quick
opinion. The glance ranks an article's pairs by what the lowest {unshared} layers make of each sentence; the shared
model goes on from there, up to a head after layer {exit_layer}, with the likeliest of them; and the joint reader,
12 layers of which every one reads both sentences, reads the likeliest of those and tells the kind of a conflict.
ONNX, int8 weights; int8 activations, with a width a token in the lower graph and for some of the reader's
products, fixed ones elsewhere.
Labels: entailment, neutral, contradiction. Size of the folder: {size:.1f} MB ({mebibytes:.1f} MiB).

## Intended use

Ranking and flagging pairs of English news sentences that cannot both be true, for a person to look at.
Not for deciding what is true, not for other languages, not for comparing different articles.

## Provenance and licence

Apache-2.0. The encoder is `all-mpnet-base-v2` (Apache-2.0). A warm start, an NLI model fine-tuned from that
encoder on about 79,000 pairs (public NLI sets, one of them, LingNLI, without a stated licence, and short
articles of this project), was trained on in {shared_stages} stages to the shared model ({shared_pairs} pairs), and
from its int8 weights, turned back into fp32, the joint reader was trained in {reader_stages} further ones
({reader_pairs} pairs), on two CPU cores; the last five also taught it an article's likeliest pairs side by side,
and how sure careful readers are of hard pairs. `training/HISTORY.md` tells the stages, and how weights were
weighed together. Embeddings were frozen throughout, the shared model's lowest layers too. Data sets and their
licences, by stage, with counts and hashes: `training/manifests`. Every row that stands in a set marked for testing
was removed first. The labelled articles under `corpora/data/` were written for this project by a language model.
From stage 5 on, mined pairs come partly from openly licensed or public texts, the part that no benchmark measures;
from stage 12 on, sentences written to contradict such texts, or to seem to, were trained on too, most by the joint
reader.
No news article under a publisher's copyright was trained on.

| set | licence | stages (r: of the joint reader) |
|---|---|---|
{licences}

## Export gate

`python -m training.export_onnx` on {gate_pairs} pairs: mean drift of P(contradiction) between the joint reader's
int8 graph and the fp32 network {mean_drift:.4f}, largest {largest_drift:.3f}, flag agreement at 0.5
{flag_agreement:.1%}, largest change when a pair is scored alone, not in a batch, {batch_drift:.1e}.{exit_said}

## The glance

Decomposable attention on the remembered states of two sentences (`training/glance.py`), a pupil of the dearer
looks on {glance_asked} training articles and {glance_published} published ones; it also learned from labels of
{glance_others} more articles, {glance_pairs} pairs in all, and from {glance_general} general ones. It
dismisses nothing by itself: the pairs that it likes best are looked at. Of {glance_gold} contradictions swapped
into articles that nothing is trained on, {glance_noticed:.1%} are among them.

## Results

`{command}`, {date}, {machine}, {minutes} minutes, int8 as shipped. Pairs of an article are ranked by the mean
P(contradiction) of both directions by the joint reader; no decision. Of a full-length article it reads only
the pairs that the exit head likes best (`--screened`); `noticed` is the share of articles with a gold pair among
them. `at 0.1` is the share of contradicting articles in
which a gold pair stands above the threshold that gives 0.1 false flags per clean article of the same set;
clean twins carry inserted compatible sentences and restatements too. {warm_note}

| general set | rows | this model | warm start | target |
|---|---|---|---|---|
{general}

| articles | part | n | noticed | top 1 | top 3 | top 5 | at 0.1 | at 0.25 | at 0.5 | at 1 |
|---|---|---|---|---|---|---|---|---|---|---|
{articles}

| target | wanted | measured | |
|---|---|---|---|
{targets}

The full-length articles are drawn from all that are kept aside, and each round of writing adds harder ones, so
these figures cannot be set beside those of an earlier card.

## Calibration

Fitted on {calibrated}, {gold_pairs} labelled pairs in all, {sentences} sentences of each, with a promise for
published text and one for text that a machine wrote. A probability is meant for an article that contradicts itself
as often as not.

| feature of the decision | weight |
|---|---|
{weights}

## Known failures

- What contradicts was always written by a language model, and nearly all labelled articles were too: in published
  text it finds fewer contradictions (docs/benchmarks.md). Expect other writing to behave
  differently, and run `inconsistency calibrate`.
- Capture and hand-over: short articles on who ends up having whom were written for the shape of the example that
  the project began with, and taught it; what may be another sequence (arrest and release) is mostly let pass,
  also where the article rules it out.
- A pair that shows its meaning only with the sentence before it ("None of them plays") is read without that
  sentence and is a frequent false alarm.
- Sentences that count or time different things in the same words (two halves of a match, roads from two
  directions, a quarter beside a year) are the false alarms that mining found most often.
- Whether the false-flag promise holds, by source, stands in docs/benchmarks.md, from
  `benchmarks/results/quality_promise.json`.

## What would be tried next

More pairs graded by careful readers, those that the model doubts most, read beside the article's other likely
pairs: that is what moved real text last. Each run needs breadth whatever it is for: what lists had left out,
outcomes and plain figures, was soon forgotten (`training/HISTORY.md`), and general pairs were too few.
"""

TARGETS = {"mnli_subset mismatched": 83.0, "snli_subset": 87.0}
# (kind of article, part, figure, wanted share)
IN_ARTICLE = (
    ("newsroom", "all", "at_0.1", 0.40),
    ("newsroom", "all", "at_0.5", 0.65),
    ("newsroom", "all", "top3", 0.85),
    ("features", "swapped", "at_0.1", 0.25),
    ("features", "swapped", "top3", 0.60),
)
RESULTS = HERE.parent / "benchmarks" / "results"


def percent(value: float) -> str:
    """A share as per cent."""
    return f"{100 * value:.1f} %"


def general_rows(figures: Figures, warm: Figures) -> str:
    """Accuracy on general NLI sets, beside the warm start's on the same rows and the target."""
    lines = []
    for name, row in figures["general"].items():
        before = warm["general"].get(name)
        same = before is not None and before["rows"] == row["rows"]
        wanted = f"at least {TARGETS[name]:.0f} %" if name in TARGETS else "at most 1 point below the warm start"
        cells = [str(row["rows"]), percent(row["accuracy"]), percent(before["accuracy"]) if same else "-", wanted]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def target_rows(figures: Figures, megabytes: float, digest: str) -> str:
    """What was aimed at, what was reached, and by how much a target is missed.

    Speed and false flags on real news come from the benchmarks' own files; without one it is not measured, and
    with one of other weights than the digest's it says so.
    """
    rows = [
        (f"{name}, accuracy", TARGETS[name] / 100, figures["general"][name]["accuracy"]) for name in TARGETS
    ] + [
        (f"{name} articles, {part}, {key.replace('_', ' ')}", wanted, figures[name][part][key])
        for name, part, key, wanted in IN_ARTICLE
    ]
    lines = []
    for what, wanted, measured in rows:
        verdict = "met" if measured >= wanted else f"missed by {100 * (wanted - measured):.1f} points"
        lines.append(f"| {what} | at least {percent(wanted)} | {percent(measured)} | {verdict} |")
    most = [("size of the folder, MB", 190.0, megabytes)]
    if (file := RESULTS / "speed.json").exists():
        speed = read(file)
        found = {t["what"]: t["measured"] for t in speed["targets"]}
        told = aside(speed["again"].get("lengths", speed["about"]), digest)
        typical = next(v for k, v in found.items() if "25 sentences" in k)
        most.append((f"article of 25 sentences, s{told}", 2.5, typical))
    if (file := RESULTS / "quality_promise.json").exists():
        promise = read(file)
        real = [p for p in promise["promise"] if p["text_kind"] == "published"]
        flags = sum(p["presets"]["default"]["flags"] for p in real) / sum(p["articles"] for p in real)
        told = f"({len(real)} sources){aside(promise['about'], digest)}"
        most.append((f"false flags per published article at a promise of 0.1 {told}", 0.15, flags))
    for what, wanted, measured in most:
        verdict = "met" if measured <= wanted else f"missed by {measured - wanted:.2f}"
        lines.append(f"| {what} | at most {wanted:g} | {measured:.2f} | {verdict} |")
    return "\n".join(lines)


def aside(about: Figures, digest: str) -> str:
    """Words beside a figure that was measured with other weights than these."""
    return "" if about["weights"] == digest else ", with earlier weights"


def article_rows(figures: Figures) -> str:
    """In-article figures by set and part."""
    lines = []
    for name in ("newsroom", "features"):
        for part, row in figures[name].items():
            if isinstance(row, dict):
                keys = ("noticed", "top1", "top3", "top5", "at_0.1", "at_0.25", "at_0.5", "at_1.0")
                cells = " | ".join(percent(row[k]) for k in keys)
                lines.append(f"| {name} ({figures[name]['clean']} clean) | {part} | {row['articles']} | {cells} |")
    return "\n".join(lines)


def read(path: Path) -> Figures:
    """A JSON file."""
    found: Figures = json.loads(path.read_text(encoding="utf-8"))
    return found


def licences(stages: Mapping[str, Figures]) -> str:
    """The data sets of all stages, by name, with the stages that used them."""
    used: dict[tuple[str, str], list[str]] = {}
    for name, stage in stages.items():
        for said in stage["licences"].items():
            used.setdefault(said, []).append(name)
    return "\n".join(f"| {name} | {licence} | {', '.join(s)} |" for (name, licence), s in used.items())


def provenance() -> dict[str, Any]:
    """What both networks were trained on."""
    shared, reader = (read(HERE / "manifests" / f"{name}.json")["stages"] for name in ("shared", "reader"))
    stages = {str(one["stage"]): one for one in shared} | {f"r{one['stage']}": one for one in reader}
    told: dict[str, Any] = {"licences": licences(stages)}
    for name, own in (("shared", shared), ("reader", reader)):
        told |= {f"{name}_stages": len(own), f"{name}_pairs": f"{sum(one['pairs_seen'] for one in own):,}"}
    return told


def exported(gate: Figures) -> dict[str, Any]:
    """What the export lost, and what the glance learned from and notices."""
    said = (
        " The exit head, by which pairs are chosen: mean drift {exit_mean_drift:.4f}, agreement "
        "{exit_agreement:.1%} ({exit_pairs} pairs)."
    )
    counts = ("glance_pairs", "glance_general", "glance_asked", "glance_published", "glance_gold")
    return {
        "gate_pairs": gate["pairs"],
        "exit_said": said.format(**gate) if "exit_pairs" in gate else "",
        "glance_others": f"{gate['glance_articles'] - gate['glance_asked']:,}",
        "glance_noticed": gate["glance_noticed"] / gate["glance_gold"],
        **{k: gate[k] for k in ("mean_drift", "largest_drift", "flag_agreement", "batch_drift")},
        **{k: f"{gate[k]:,}" for k in counts},
    }


def calibrated(calibration: Figures) -> dict[str, Any]:
    """What the decision was fitted on, and what came out."""
    fitted = calibration["promises"]["published"]["fitted"]
    weights = [*zip(calibration["features"], calibration["weights"], strict=True)]
    weights += [(f"kind: {name}", weight) for name, weight in calibration["kinds"].items()]
    return {
        "calibrated": ", ".join(f"{n} articles of {name}" for name, n in fitted["articles"].items()),
        "gold_pairs": fitted["gold_pairs"],
        "sentences": fitted["sentences"],
        "weights": "\n".join(f"| {name} | {weight:+.3f} |" for name, weight in weights if weight),
    }


def main(argv: list[str] | None = None) -> int:
    """Fill the template."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path)
    args = parser.parse_args(argv)
    config, calibration = read(args.model / "config.json"), read(args.model / "calibration.json")
    figures, warm = read(HERE / "evaluation.json"), read(HERE / "evaluation_warm.json")
    if "noticed" not in figures["features"]["all"]:
        raise SystemExit("training/evaluation.json is older than the joint reader: run training.evaluate first")
    rows_said = f"`{warm['command']}`, {warm['date']}, fp32"
    size = sum(f.stat().st_size for f in args.model.iterdir() if f.suffix != ".md")
    text = TEXT.format(
        **provenance(),
        **exported(read(args.model / "export_gate.json")),
        **calibrated(calibration),
        **{k: figures[k] for k in ("command", "date", "machine", "minutes")},
        unshared=config["unshared_layers"],
        exit_layer=config["exit_layer"],
        size=size / 1e6,
        mebibytes=size / 2**20,
        general=general_rows(figures, warm),
        warm_note=f"The warm start's column is of the very same rows ({rows_said}); - is not measured.",
        articles=article_rows(figures),
        targets=target_rows(figures, size / 1e6, calibration["model_digest"]),
    )
    (args.model / "MODEL_CARD.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
