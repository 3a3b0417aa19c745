"""How many contradictions are found, at what price in false flags, beside what else one could use.

    python -m benchmarks.quality --size quick

Terms, samples and what the timer covers: `benchmarks/README.md`. Pair scores are cached under
`runs/bench`, so a run that was cut goes on where it stopped.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import platform
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from benchmarks import figures, metrics, provenance
from benchmarks import rows as row_list
from benchmarks.cache import Cache
from benchmarks.engines import Article, version
from benchmarks.metrics import Judged
from benchmarks.provenance import PLOTS, say
from benchmarks.rows import Choice, PairScores, Row
from corpora import registry
from corpora.cases import Case, LabelledPair, balanced, capped, spread
from inconsistency.decision import PRESETS

MAIN = "inconsistency"
Flags: TypeAlias = dict[str, list[int]]
REPOSITORY = Path(__file__).resolve().parents[1]
PUBLISHED = REPOSITORY / "benchmarks/results/quality_full.json"
# A run that reads less, or another model, must not take the place of the one that the README quotes.
WHOLE = {"size": "full", "scale": 1.0, "model": "default", "rows": [], "sets": [], "half": "measure", "seed": 0}


@dataclass(frozen=True, slots=True)
class Sample:
    """How much of a set is used.

    Attributes:
        positive: contradicting articles.
        clean: clean articles.
        cap: most sentences an article; None for all of them.
    """

    positive: int
    clean: int
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes of a run.

    Attributes:
        side_by_side: set -> sample that *every* row reads, the costly rivals included.
        alone: set -> sample that only the library reads, for finer figures.
        clean: articles of each clean source, for the promise.
        clean_cap: most sentences of those (their first ones); None for all.
        pairs: labelled pairs of each pair set, half of them contradictions.
    """

    side_by_side: Mapping[str, Sample]
    alone: Mapping[str, Sample]
    clean: int
    clean_cap: int | None
    pairs: int

    def times(self, factor: float) -> Plan:
        """The same plan with samples this much larger; caps stay."""

        def more(sample: Sample) -> Sample:
            positive, clean = round(sample.positive * factor), round(sample.clean * factor)
            return replace(sample, positive=positive, clean=clean)

        return replace(
            self,
            side_by_side={k: more(s) for k, s in self.side_by_side.items()},
            alone={k: more(s) for k, s in self.alone.items()},
            clean=round(self.clean * factor),
            pairs=round(self.pairs * factor),
        )


def plans() -> dict[str, Plan]:
    """The plans of `plans.toml`, by name."""
    found = {}
    text = Path(__file__).with_name("plans.toml").read_text(encoding="utf-8")
    for name, table in tomllib.loads(text).items():
        side, alone = ({n: Sample(**s) for n, s in table.pop(k).items()} for k in ("side_by_side", "alone"))
        found[name] = Plan(side_by_side=side, alone=alone, **table)
    return found


@dataclass
class Run:
    """One run: its choices, its cache, and what it could not do."""

    plan: Plan
    data: Path
    cache: Cache
    seed: int = 0
    half: str = "measure"
    repeats: int = 500
    not_run: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)


def sample(run: Run, name: str, size: Sample) -> list[Case]:
    """The articles of a set that a run reads; what was left out is noted."""
    data = registry.SETS[name]
    cases = registry.load(data, run.data, run.half)
    if cases is None:
        run.not_run[name] = "the data set is absent"
        return []
    positive = [c for c in cases if isinstance(c, Case) and c.gold]
    clean = [c for c in cases if isinstance(c, Case) and not c.gold]
    lead = data.kind == "clean news"
    drawn = spread(positive, size.positive, run.seed)
    drawn += spread(clean, size.clean, run.seed)
    kept = [capped(c, size.cap, run.seed, lead) for c in drawn]
    cut = sum(len(k.sentences) < len(c.sentences) for k, c in zip(kept, drawn, strict=True))
    rule = "the first" if lead else "headline and gold ones kept, others drawn"
    run.notes.append(
        f"{name}: "
        + (f"{min(len(positive), size.positive)} of {len(positive)} contradicting, " * (not lead))
        + f"{min(len(clean), size.clean)} of {len(clean)} clean"
        + (f", {cut} of them cut to {size.cap} sentences ({rule})" if cut else "")
    )
    return kept


def runnable(run: Run, rows: Sequence[Row]) -> list[Row]:
    """Rows that can run here; the others are named with their reason."""
    kept = []
    for row in rows:
        if why := row.why_not():
            run.not_run[row.name] = why
            say(f"not run: {row.name}: {why}")
        else:
            kept.append(row)
    return kept


def scores(run: Run, row: Row, name: str, articles: Sequence[Article], chunk: int = 1) -> Iterator[PairScores]:
    """A row's scores of articles, through the cache, timed as when they were made."""
    streams = [run.cache.records(engine, articles, chunk) for engine in row.engines]
    spent = {"articles": 0, "seconds": 0.0, "cached": 0}
    run.seconds.setdefault(name, {})[row.name] = spent
    for records in zip(*streams, strict=True):
        spent["articles"] += 1
        spent["seconds"] += sum(r["seconds"] for r in records)
        spent["cached"] += all(r["cached"] for r in records)
        yield row.view(*records)


def judge(run: Run, row: Row, name: str, cases: Sequence[Case]) -> tuple[list[Judged], list[PairScores]]:
    """What a row says about the articles of a set, beside their gold pairs."""
    said = list(scores(run, row, name, [(c.sentences, c.headline) for c in cases]))
    judged = [
        Judged(
            group=c.group,
            gold=c.gold,
            scores=dict(zip(s.pairs, s.probabilities, strict=True)),
            threshold=s.own_threshold(registry.SETS[name].text_kind),
            sentences=len(c.sentences),
            kind=c.kind,
            subtle=c.subtle,
            exact=c.pivot is None,
        )
        for c, s in zip(cases, said, strict=True)
    ]
    return judged, said


def article_figures(run: Run, row: Row, name: str, cases: Sequence[Case]) -> dict[str, Any]:
    """Every figure of one row on one set of labelled articles."""
    judged, said = judge(run, row, name, cases)
    sweep = metrics.sweep_of(judged)
    points = metrics.points(sweep, repeats=run.repeats)
    at = next(p for p in points if p.budget == 0.1)
    flags, hits = metrics.curve(sweep)
    called = np.array([bool(j.flags) for j in judged])
    pooled, missed = metrics.pooled(judged)
    bins = metrics.reliability(*pooled)
    drawn = metrics.reliability(pooled.scores, pooled.gold)
    every = metrics.reliability(*metrics.with_dismissed(judged))
    return {
        "row": row.name,
        "weights": row.weights,
        "derived": row.derived,
        "set": name,
        "articles": {"positive": int(sweep.positive.sum()), "clean": int((~sweep.positive).sum())},
        "sentences": float(np.median([j.sentences for j in judged])),
        "seconds_per_article": run.seconds[name][row.name]["seconds"] / len(judged),
        "points": [asdict(p) for p in points],
        "text_kind": registry.SETS[name].text_kind,
        "own": own_point(run, judged),
        "presets": found_at_presets(name, judged, said),
        "auroc": estimate(run, sweep, lambda w: metrics.auroc(sweep.score, sweep.positive, w)),
        "balanced_accuracy": estimate(run, sweep, lambda w: metrics.balanced(called, sweep.positive, w)),
        "top": {str(k): asdict(e) for k, e in metrics.top_rates(judged).items()},
        "average_precision": metrics.average_precision(pooled.scores, pooled.gold, missed),
        "ece": metrics.calibration_error(bins),
        "ece_by_chance": metrics.calibration_noise(pooled.scores, pooled.weights),
        "ece_as_drawn": metrics.calibration_error(drawn),
        "ece_all_pairs": metrics.calibration_error(every),
        "ece_from_0.1": metrics.calibration_error([b for b in bins if b.low >= 0.1]),
        "bins": [asdict(b) for b in bins],
        "by_kind": metrics.split_hits(judged, lambda j: j.kind or "not stated", at.cut),
        "by_subtle": metrics.split_hits(judged, lambda j: "subtle" if j.subtle else "plain or not stated", at.cut),
        "curve": {"flags": flags.tolist(), "hits": hits.tolist()},
    }


def estimate(run: Run, sweep: metrics.Sweep, statistic: Any) -> dict[str, float]:
    """A statistic of article weights with its interval, as a dict."""
    return asdict(metrics.bootstrap(sweep.group, statistic, run.repeats))


def own_point(run: Run, judged: Sequence[Judged]) -> dict[str, Any]:
    """What a user sees who says which kind of text it is, and no more: the row at its own threshold."""
    clean = [j for j in judged if j.clean]
    flags = metrics.flag_rate([j.flags for j in clean], [j.group for j in clean])
    found = [
        any(j.scores.get(p, 0.0) > 0 and j.scores[p] >= j.threshold for p in j.gold & set(j.scores))
        for j in judged
        if not j.clean
    ]
    groups = metrics.sweep_of([j for j in judged if not j.clean]).group
    hits = metrics.bootstrap(groups, partial(metrics.weighted_mean, np.array(found, dtype=float)), run.repeats)
    return {"false_flags": asdict(flags), "hit_rate": asdict(hits)}


def found_at_presets(name: str, judged: Sequence[Judged], said: Sequence[PairScores]) -> dict[str, Any]:
    """Preset -> share of contradicting articles with a labelled pair flagged, and false flags of a clean one."""
    kind, found = registry.SETS[name].text_kind, {}
    for preset in PRESETS if all(s.presets for s in said) else ():
        cuts = [s.presets[kind][preset] for s in said]
        hits = [
            any(j.scores.get(p, 0.0) >= cut for p in j.gold & set(j.scores))
            for j, cut in zip(judged, cuts, strict=True)
            if not j.clean
        ]
        flags = [sum(p >= cut for p in j.scores.values()) for j, cut in zip(judged, cuts, strict=True) if j.clean]
        found[preset] = {"hit_rate": _mean(hits), "false_flags": _mean(flags)}
    return found


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def flags_at_presets(run: Run, row: Row, name: str, cases: Sequence[Case]) -> Flags:
    """Preset -> how many pairs of each article are flagged."""
    _, said = judge(run, row, name, cases)
    kind = registry.SETS[name].text_kind
    return {
        preset: [sum(p > 0 and p >= s.presets[kind][preset] for p in s.probabilities) for s in said]
        for preset in PRESETS
    }


def promise(name: str, cases: Sequence[Case], flags: Flags) -> dict[str, Any]:
    """Observed false flags per clean article at each preset, on one source."""
    return {
        "source": name,
        "text_kind": registry.SETS[name].text_kind,
        "articles": len(cases),
        "sentences": float(np.median([len(c.sentences) for c in cases])),
        "presets": rates([c.group for c in cases], flags),
    }


def together(clean: Mapping[str, tuple[Sequence[Case], Flags]]) -> dict[str, Any] | None:
    """The same of all published sources, their articles taken as one sample; None without any."""
    real = {name: clean[name] for name in figures.POOLED if name in clean}
    groups = [f"{name}/{c.group}" for name, (cases, _) in real.items() for c in cases]
    flags = {preset: [n for _, found in real.values() for n in found[preset]] for preset in PRESETS}
    return {"sources": list(real), "articles": len(groups), "presets": rates(groups, flags)} if groups else None


def rates(groups: Sequence[str], flags: Flags) -> dict[str, Any]:
    """At each preset, what is promised beside what was flagged in articles of these groups."""
    return {
        preset: {
            "promised": PRESETS[preset],
            "observed": asdict(metrics.flag_rate(counts, groups)),
            "flags": sum(counts),
        }
        for preset, counts in flags.items()
    }


def pair_figures(run: Run, row: Row, name: str, pairs: Sequence[LabelledPair]) -> dict[str, Any]:
    """Figures of one row on labelled pairs, each read as an article of two sentences."""
    said = list(scores(run, row, name, [((p.first, p.second), False) for p in pairs], chunk=16))
    values = np.array([s.probabilities[0] if s.probabilities else 0.0 for s in said])
    gold = np.array([p.contradiction for p in pairs])
    kind = registry.SETS[name].text_kind
    called = np.array([v > 0 and v >= s.own_threshold(kind) for v, s in zip(values, said, strict=True)])
    weights = np.ones(len(pairs))
    parts = {
        part: float(called[[p.part == part and p.contradiction for p in pairs]].mean())
        for part in sorted({p.part for p in pairs if p.contradiction})
    }
    return {
        "row": row.name,
        "set": name,
        "pairs": len(pairs),
        "contradictions": int(gold.sum()),
        "auroc": metrics.auroc(values, gold),
        "average_precision": metrics.average_precision(values, gold),
        "balanced_accuracy": metrics.balanced(called, gold, weights),
        "ece": metrics.calibration_error(metrics.reliability(values, gold)),
        "recall_by_part": parts,
    }


def measure(run: Run, rows: list[Row], only: set[str]) -> dict[str, Any]:
    """Everything, set by set and row by row."""
    main = [r for r in rows if r.name == MAIN]
    side, alone, kept = [], [], []
    clean: dict[str, tuple[Sequence[Case], Flags]] = {}
    for name, size in wanted(run.plan.side_by_side, only).items():
        cases = sample(run, name, size)
        for row in rows if cases else ():
            say(f"{name}: {row.name}, {len(cases)} articles")
            side.append(article_figures(run, row, name, cases))
    for name, size in wanted(run.plan.alone, only).items() if main else ():
        cases = sample(run, name, size)
        for row in main if cases else ():
            say(f"{name}: {row.name} alone, {len(cases)} articles")
            alone.append(article_figures(run, row, name, cases))
    for name in kinds("clean news", only) if main else ():
        cases = sample(run, name, Sample(0, run.plan.clean, run.plan.clean_cap))
        for row in main if cases else ():
            say(f"{name}: false flags, {len(cases)} articles")
            clean[name] = cases, flags_at_presets(run, row, name, cases)
            kept.append(promise(name, *clean[name]))
    return {
        "side_by_side": side,
        "articles": alone,
        "promise": kept,
        "together": together(clean),
        "pairs": measure_pairs(run, rows, only),
    }


def measure_pairs(run: Run, rows: list[Row], only: set[str]) -> list[dict[str, Any]]:
    """The labelled pair sets, for the rows that read them."""
    found = []
    for name in kinds("labelled pairs", only):
        loaded = registry.load(registry.SETS[name], run.data, run.half)
        if loaded is None:
            run.not_run[name] = "the data set is absent"
            continue
        pairs = balanced([p for p in loaded if isinstance(p, LabelledPair)], run.plan.pairs, run.seed)
        run.notes.append(f"{name}: {len(pairs)} of {len(loaded)} pairs, half contradictions")
        for row in (r for r in rows if r.pairs_too and pairs):
            say(f"{name}: {row.name}, {len(pairs)} pairs")
            found.append(pair_figures(run, row, name, pairs))
    return found


def wanted(samples: Mapping[str, Sample], only: set[str]) -> dict[str, Sample]:
    """The samples of the sets asked for."""
    return {n: s for n, s in samples.items() if not only or n in only}


def kinds(kind: str, only: set[str]) -> list[str]:
    """Registered sets of a kind, of those asked for."""
    named = [d.name for d in registry.SETS.values() if d.kind == kind]
    return [name for name in named if not only or name in only]


def about(args: argparse.Namespace, run: Run) -> dict[str, Any]:
    """Where, when, with what: everything needed to read the numbers."""
    packages = ("inconsistency", "numpy", "scikit-learn", "torch", "transformers", "onnxruntime",
                "sentence-transformers", "contradict-text")  # fmt: skip
    told = provenance.about("quality", args.given, args.model)
    return told | {
        "seed": run.seed,
        "half": run.half,
        "size": args.size,
        "scale": args.scale,
        "plan": asdict(run.plan),
        "machine": told["machine"] | {"threads": args.threads},
        "python": platform.python_version(),
        "versions": {p: version(p) for p in packages},
    }


def parse_args(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--size", choices=plans(), default="quick", help="quick: about 6 minutes; full: about 40")
    add("--scale", type=float, default=1.0, help="multiply every sample by this")
    add("--data", type=Path, default=REPOSITORY / "../shared/data", help="the data folder")
    add("--model", default="default", help="the library's model")
    add("--warm", default="runs/warm", help="transformers folder that the rivals run")
    add("--encoder", default="runs/encoder", help="sentence-transformers folder (contradict-text)")
    add("--rows", nargs="+", default=[], metavar="TEXT", help="only rows whose name contains this")
    add("--sets", nargs="+", default=[], metavar="NAME", help="only these sets")
    add("--half", choices=("measure", "fit", "all"), default="measure", help="see corpora.cases.half")
    add("--seed", type=int, default=0)
    add("--repeats", type=int, default=500, help="bootstrap resamplings")
    add("--threads", type=int, default=2)
    add("--cache", type=Path, default=REPOSITORY / "runs/bench")
    add("--out", type=Path, help="JSON; default: the published file for a whole full run, else below runs/")
    add("--no-plots", action="store_true")
    args = parser.parse_args(argv)
    args.given = sys.argv[1:] if argv is None else argv
    args.out = args.out or out_of(args)
    for name in args.sets:
        if name not in registry.SETS:
            parser.error(f"unknown set {name!r}; known are {', '.join(registry.SETS)}")
    return args


def out_of(args: argparse.Namespace) -> Path:
    """Where a run goes that does not say it: what is published, for all of it at once alone."""
    whole = all(getattr(args, name) == value for name, value in WHOLE.items())
    return PUBLISHED if whole else REPOSITORY / f"runs/quality_{args.size}/quality_{args.size}.json"


def set_threads(threads: int) -> None:
    """The same number of threads for every row."""
    with contextlib.suppress(ImportError):
        import torch

        torch.set_num_threads(threads)


def main(argv: list[str] | None = None) -> int:
    """Run, write JSON and plots, print the table."""
    args = parse_args(argv)
    set_threads(args.threads)
    plan = plans()[args.size].times(args.scale)
    run = Run(plan, args.data, Cache(args.cache), args.seed, args.half, args.repeats)
    choice = Choice(args.model, args.warm, args.encoder, threads=args.threads)
    chosen = [r for r in row_list.rows(choice) if not args.rows or any(t in r.name for t in args.rows)]
    rows = runnable(run, chosen)
    told = about(args, run)
    results = measure(run, rows, set(args.sets)) | {
        "about": told,
        "rows": {r.name: {"note": r.note, "weights": r.weights} for r in chosen},
        "seconds": run.seconds,
        "notes": run.notes,
        "not_run": run.not_run,
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(figures.strict(results), indent=1) + "\n", encoding="utf-8")
    say(f"wrote {args.out}")
    if not args.no_plots:
        from benchmarks import plots

        for path in plots.draw(results, PLOTS if args.out.resolve() == PUBLISHED else args.out.parent):
            say(f"wrote {path}")
    print(figures.render("quality.md.jinja", results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
