"""How long an article takes, beside what a user would do otherwise, and what the engine's steps are worth.

    python -m benchmarks.speed --articles 20 --minutes 20 --warm runs/warm      # a look, into runs/speed/
    python -m benchmarks.speed --articles 200 --minutes 120 --warm runs/warm --out benchmarks/results/speed.json
    python -m benchmarks.speed --parts recall --minutes 15 --out benchmarks/results/speed.json   # beside the rest

Rows take turns, article by article, each in a process of its own; see `benchmarks/README.md`. Every part is
written when it is done. `python -m benchmarks.figures` writes the tables.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from benchmarks import provenance
from benchmarks import speed_figures as figures
from benchmarks.provenance import say
from benchmarks.speed_articles import LABELLED, RECALL_ALSO, chosen, for_recall, made, of_lengths, pool
from benchmarks.speed_figures import Article, Reading
from benchmarks.speed_rows import (
    BROAD,
    BY_NAME,
    CROSS_ENCODER_ONNX,
    FULL,
    MAIN,
    ROWS,
    Outcome,
    Row,
    Settings,
)
from benchmarks.speed_worker import Worker

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = ROOT / "benchmarks/results/speed.json"
TYPICAL, TYPICAL_READ = 25, 24  # sentences that a target speaks of, and articles cut to as many, read by us alone
RIVALS = 5.0  # times as much time as one of our rows has a rival in the comparison
# Shares of the minutes; a run of some parts has all of them for these.
PARTS = {"comparison": 0.42, "lengths": 0.17, "recall": 0.41}


class Reads(Protocol):
    """What `take_turns` needs of a worker."""

    row: Row
    why_not: str | None

    def estimate(self, pairs: int) -> float:
        """Seconds that so many pairs may take."""
        ...

    def read(self, sentences: Sequence[str], headline: bool) -> Outcome | None:
        """Read an article; None when the worker has died."""
        ...


def take_turns(
    workers: Sequence[Reads],
    articles: Sequence[Article],
    seconds: float,
    most: float = 0.25,
    rivals: float = 1.0,
    clock: Callable[[], float] = time.monotonic,
) -> list[Reading]:
    """Let every row read every article in turn, until the time is over.

    Time that fast rows leave is shared out again among those that still have something to read. When all
    that is left takes too much of a share, and time is left, the limits fall: first the one on an article, then
    the one on a row.

    Args:
        workers: the rows.
        articles: in the order in which they are read.
        seconds: for all rows together.
        most: share of a row's time that one article may take.
        rivals: times as much time has a rival as another row.
        clock: gives the time, in seconds.
    """
    end, found = clock() + seconds, list[Reading]()
    unread = {w.row.name: {a.id for a in articles} for w in workers}
    limits = [most, 1.0, float("inf")]
    while waiting := [w for w in workers if unread[w.row.name] and not w.why_not]:
        if clock() >= end:
            break
        share = (end - clock()) / sum(rivals if w.row.rival else 1.0 for w in waiting)
        before = len(found)
        found += one_round(waiting, articles, unread, Limits(share, share * limits[0], rivals, end, clock))
        if len(found) > before:
            continue
        limits.pop(0)
        if not limits:
            break
    return found


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one round.

    Attributes:
        row: seconds for each row.
        article: most seconds for an article; where it is more than `row`, it counts for the row too.
        rivals: times as much of both has a rival.
        end: when all is over, by the clock.
        clock: gives the time, in seconds.
    """

    row: float
    article: float
    rivals: float
    end: float
    clock: Callable[[], float]


def one_round(
    workers: Sequence[Reads], articles: Sequence[Article], unread: Mapping[str, set[str]], limits: Limits
) -> list[Reading]:
    """Go through the articles once; each row reads those that it has not read and can afford."""
    found = []
    times = {w.row.name: limits.rivals if w.row.rival else 1.0 for w in workers}
    purse = {name: times[name] * max(limits.row, limits.article) for name in times}
    for number, article in enumerate(articles):
        first = number % len(workers)
        for worker in [*workers[first:], *workers[:first]]:
            name, needed = worker.row.name, worker.estimate(article.pairs)
            left = min(times[name] * limits.article, purse[name], limits.end - limits.clock())
            if worker.why_not or article.id not in unread[name] or needed > left:
                continue
            answer = worker.read(article.sentences, article.headline)
            if answer:
                purse[name] -= answer["seconds"]
                unread[name].remove(article.id)
                found.append(reading(worker.row, article, answer))
    return found


def reading(row: Row, article: Article, answer: Outcome, repeat: int = 0) -> Reading:
    """An answer as a reading."""
    return Reading(
        row=row.name,
        article=article.id,
        sentences=len(article.sentences),
        seconds=answer["seconds"],
        repeat=repeat,
        made=article.made,
        flags={p: frozenset((i, j) for i, j in pairs) for p, pairs in answer.get("flags", {}).items()},
        counts={k: answer[k] for k in ("scored", "screened_out", "left_out") if k in answer},
    )


class Run:
    """One run: its choices and its record, written after every part.

    Args:
        args: the command line.

    Attributes:
        record: what goes into the JSON; of an earlier run, where only some parts are measured.
        peak: row -> most memory that it has held so far, in MiB.
        read: what the rows have read in the comparison.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.settings = Settings(args.model, str(args.warm) if args.warm else None, args.threads)
        self.rows = [r for r in ROWS if not args.rows or any(t in r.name for t in (MAIN, *args.rows))]
        self.about = about(args)
        self.record: dict[str, Any] = {"about": self.about, "not_run": {}, "again": {}}
        if args.parts:
            self.record |= json.loads(args.out.read_text(encoding="utf-8"))
        self.peak: dict[str, float] = {}
        self.read: list[Reading] = []
        self.news = pool(args.data)

    def minutes(self, part: str) -> float:
        """Reading time of a part."""
        return float(self.args.minutes * PARTS[part] / sum(PARTS[p] for p in self.args.parts or PARTS))

    @contextmanager
    def workers(self, rows: Sequence[Row]) -> Iterator[list[Worker]]:
        """Start rows, one after the other; those that cannot run are noted. End them afterwards."""
        ready = []
        for row in rows:
            if row.name in self.record["not_run"]:
                continue
            say(f"loading {row.name}")
            onnx = row.name == CROSS_ENCODER_ONNX and self.args.onnx_python
            worker = Worker(row, self.settings, self.args.onnx_python if onnx else sys.executable)
            if worker.why_not:
                self.record["not_run"][row.name] = worker.why_not
                say(f"not run: {row.name}: {worker.why_not}")
                worker.close()
                continue
            self.record["about"].setdefault("versions", {})[row.name] = worker.ready["versions"]
            ready.append(worker)
        try:
            yield ready
        finally:
            for worker in ready:
                worker.close()
                if worker.why_not:
                    self.record["not_run"][worker.row.name] = f"{worker.why_not} in the middle"

    def turns(
        self,
        rows: Sequence[Row],
        articles: Sequence[Article],
        minutes: float,
        most: float = 0.25,
        rivals: float = 1.0,
    ) -> list[Reading]:
        """Start rows, let them take turns, note their peak memory."""
        with self.workers(rows) as ready:
            say(f"{len(ready)} rows, {len(articles)} articles, {minutes:.1f} minutes")
            found = take_turns(ready, articles, 60 * minutes, most, rivals)
            for worker in ready:
                self.peak[worker.row.name] = max(worker.peak_rss_mb, self.peak.get(worker.row.name, 0.0))
        return found

    def note(self, part: str, **figures_: Any) -> None:
        """Put a part's figures into the record and write it."""
        self.record |= figures_
        if self.args.parts:
            self.record.setdefault("again", {})[part] = self.about
        self.args.out.parent.mkdir(parents=True, exist_ok=True)
        self.args.out.write_text(json.dumps(self.record, indent=1) + "\n", encoding="utf-8")


def compare(run: Run) -> None:
    """Every row on the real articles, in fresh processes for every repeat."""
    articles = chosen(run.news, run.args.articles, run.args.seed)
    for repeat in range(run.args.repeats):
        say(f"comparison, repeat {repeat + 1} of {run.args.repeats}")
        minutes = run.minutes("comparison") / run.args.repeats
        run.read += [replace(r, repeat=repeat) for r in run.turns(run.rows, articles, minutes, rivals=RIVALS)]
    grown = [row for row in run.record.get("by_length", ()) if row["made"]]
    by_length = [*figures.by_length(run.read), *grown]
    run.note("comparison", comparison=comparison(run, articles, run.read), by_length=by_length)


def comparison(run: Run, articles: Sequence[Article], found: Sequence[Reading]) -> dict[str, Any]:
    """The comparison's part of the record; memory is that of this part alone."""
    names = [r.name for r in run.rows if any(f.row == r.name for f in found)]
    silent = [r.name for r in run.rows if r.name not in names and r.name not in run.record["not_run"]]
    shared = figures.common(found, names)
    rows = {n: {**figures.row_figures(found, n, shared), "peak_rss_mb": run.peak[n]} for n in names}
    longest = max((f.sentences for f in found if f.article in shared), default=0)
    return {
        "sample": sample_text(articles),
        "articles": [{"id": a.id, "sentences": len(a.sentences)} for a in articles],
        "shared": {"articles": len(shared), "longest": longest},
        "rows": rows,
        "read_nothing": silent,
        "steps": figures.steps(found),
        "readings": [[f.row, f.article, f.sentences, f.repeat, round(f.seconds, 5)] for f in found],
    }


def sample_text(articles: Sequence[Article]) -> str:
    """One sentence about the articles."""
    lengths = sorted(len(a.sentences) for a in articles)
    if not lengths:
        return "No articles."
    return (
        f"{len(lengths)} real articles of {lengths[0]} to {lengths[-1]} sentences (median "
        f"{statistics.median(lengths):.0f}) from {', '.join(sorted({a.source for a in articles}))}."
    )


def lengths(run: Run) -> None:
    """Seconds against sentences, on articles made to an exact length."""
    args, half = run.args, run.minutes("lengths") / 2
    say("seconds against sentences")
    some = of_lengths(run.news, max(1, min(8, args.articles // 10)), args.seed)
    whole = [r for r in run.rows if not r.step or r.name == FULL]
    grown = run.turns(whole, some, half, most=1.0)
    known = {a.id for a in some}
    typical = [a for a in made(run.news, TYPICAL, TYPICAL_READ, args.seed) if a.id not in known]
    grown += run.turns([BY_NAME[MAIN]], typical, half, most=1.0)
    real = [row for row in run.record.get("by_length", ()) if not row["made"]]
    run.note("lengths", by_length=[*real, *figures.by_length(grown)])


def recalled(run: Run) -> None:
    """What the cascade keeps of the pairs that the same decision flags without them."""
    args, minutes = run.args, run.minutes("recall")
    flagging = [BY_NAME[name] for name in (MAIN, BROAD, FULL)]
    say("recall on labelled articles")
    gold = for_recall([a for a in pool(args.data, LABELLED) if a.gold], 4 * args.articles, args.seed)
    told = run.turns(flagging, gold, 0.57 * minutes)
    say("recall on clean news")
    # Apart from the comparison, where every pair of an article is read beside slower rows, and of few articles.
    short = for_recall([*run.news, *pool(args.data, RECALL_ALSO)], 4 * args.articles, args.seed)
    clean = run.turns(flagging, short, 0.43 * minutes)
    labels = {a.id: a.gold for a in gold}
    found = [*figures.recalls(clean, {}, "clean news"), *figures.recalls(told, labels, "labelled")]
    run.note("recall", recall=found)


def about(args: argparse.Namespace) -> dict[str, Any]:
    """Where, when, with what: everything needed to read the numbers."""
    told = provenance.about("speed", args.given, args.model)
    return told | {
        "seed": args.seed,
        "repeats": args.repeats,
        "machine": told["machine"] | {"architecture": platform.machine(), "threads": args.threads},
        "warm": str(args.warm) if args.warm else "none was given",
        "rows": {r.name: r.about for r in ROWS},
    }


MEASURE = {"comparison": compare, "lengths": lengths, "recall": recalled}


def parse_args(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--parts", nargs="+", choices=PARTS, help="measure these anew, keep the others of --out; default: all")
    add("--articles", type=int, default=20, help="real articles; at most four times as many are read for recall")
    add("--minutes", type=float, default=20, help="reading time of all rows and parts together")
    add("--repeats", type=int, default=3, help="of the comparison, each in fresh processes")
    add("--threads", type=int, default=2, help="of torch and ONNX Runtime, for every row")
    add("--warm", type=Path, help="stock MPNet NLI folder for the rivals; without it no rival")
    add("--onnx-python", help="interpreter that has optimum-onnx, for the ONNX backend")
    add("--rows", nargs="+", default=[], metavar="TEXT", help="only rows whose name contains this, and ours")
    add("--model", default="default", help="the library's model")
    add("--data", type=Path, default=ROOT / "../shared/data")
    add("--seed", type=int, default=0)
    add("--out", type=Path, default=ROOT / "runs/speed/speed.json", help="JSON; a plot beside it")
    args = parser.parse_args(argv)
    if args.parts and not args.out.exists():
        parser.error(f"--parts: {args.out} is not there, whose other parts are to be kept; name it by --out")
    args.given = sys.argv[1:] if argv is None else argv
    return args


def main(argv: list[str] | None = None) -> int:
    """Measure and write."""
    run = Run(parse_args(argv))
    for part in run.args.parts or PARTS:
        MEASURE[part](run)
    run.record["targets"] = figures.targets(run.record)
    run.args.out.write_text(json.dumps(run.record, indent=1) + "\n", encoding="utf-8")
    from benchmarks import plots

    out: Path = run.args.out
    plot = provenance.PLOTS / "speed.png" if out.resolve() == PUBLISHED else out.with_suffix(".png")
    plots.seconds_by_sentences(run.record, plot)
    say(f"wrote {run.args.out} and {plot}; `make figures` writes the tables")
    return 0


if __name__ == "__main__":
    sys.exit(main())
