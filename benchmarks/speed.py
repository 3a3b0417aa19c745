"""How fast an article is cross-examined, next to what a user would do otherwise.

    python -m benchmarks.speed --articles 200 --minutes 120 --warm runs/warm --long --write README.md

Everything in one run: rows side by side on the same real articles, what the cascade loses, seconds against
sentences, a profile, cold start. Figures go to `benchmarks/results/speed.json` (plot beside it) after every
part, so a cut run keeps what it has. `--again` makes tables and plot from that file, without measuring.

`--minutes` is the time for reading. Loading, warm-up, cold start and `--long` come on top. Rows take turns,
article by article. Each has the same share of the time, and skips an article that would take too much of
it; so slow rows read fewer and shorter ones, and a row is only ever compared over what both have read.
The order is seeded and mixes lengths, so that what is read first is a fair sample.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, Protocol

from benchmarks import provenance, speed_tables
from benchmarks import speed_figures as figures
from benchmarks.speed_figures import BANDS, Article, Reading
from benchmarks.speed_rows import (
    BROAD,
    BY_NAME,
    CROSS_ENCODER_ONNX,
    FULL,
    MAIN,
    ROWS,
    TRUTH,
    UNLIMITED,
    Outcome,
    Row,
    Settings,
    Worker,
)
from corpora import registry
from corpora.cases import Case

ROOT = Path(__file__).parents[1]
DATA = ROOT / "../shared/data"
RESULT = ROOT / "benchmarks/results/speed.json"
START, END = "<!-- speed:start -->", "<!-- speed:end -->"
write_between = partial(provenance.write_between, START, END)
# Whole articles in natural case. Not: ABC (paragraphs), XSum (lower-cased), GUM news (part of GUM).
SOURCES = ("bbc", "wire_1998", "gum", "brown", "wsj", "web_2014")
SHARES = dict(zip(BANDS, (0.3, 0.3, 0.2, 0.15, 0.05), strict=True))  # of the real articles, near what is natural
LENGTHS = (25, 50, 100, 200, 400)  # sentences of made articles
TYPICAL, TYPICAL_READ = 25, 24  # sentences that a target speaks of, and articles cut to as many, read by us alone
LONG = (100, 300, 1000, 3000)
LABELLED = ("newsroom", "contradoc_full", "features", "news_inserted")
# Recall wants many flags; they are few, and cost all pairs of an article. So it is measured on articles no longer
# than this. XSum is lower-cased, for both readings alike.
RECALL_ALSO, RECALL_MOST = ("xsum_cnn",), 30
RIVALS = 5.0  # times as much time as one of our rows has a rival in the comparison
# Of the minutes.
COMPARISON, BY_LENGTH, RECALL, RECALL_NEWS, PROFILE = 0.4, 0.08, 0.27, 0.2, 0.05


# --- articles -----------------------------------------------------------------------------------


def key(text: str) -> str:
    """A hash to sort by: a seeded shuffle that does not depend on what else is there."""
    return hashlib.sha1(text.encode()).hexdigest()


def pool(folder: Path, sources: Sequence[str] = SOURCES) -> list[Article]:
    """Articles of the sets, of the half that is kept for measuring."""
    found = []
    for source in sources:
        for case in registry.load(registry.SETS[source], folder, "measure") or []:
            assert isinstance(case, Case)
            found.append(Article(f"{source}/{case.id}", source, case.sentences, case.headline, case.gold))
    return found


def chosen(articles: Sequence[Article], count: int, seed: int = 0) -> list[Article]:
    """A seeded sample by length band, mixed so that its beginning is already a sample."""
    placed = []
    for quota, (low, high) in zip(quotas(count, list(SHARES.values())), SHARES, strict=True):
        fits = [(key(f"{seed}/{a.id}"), a) for a in articles if low <= len(a.sentences) <= high]
        fits.sort(key=lambda f: f[0])
        placed += [((place + 0.5) / quota, drawn, a) for place, (drawn, a) in enumerate(fits[:quota])]
    return [a for *_, a in sorted(placed, key=lambda p: p[:2])]


def quotas(count: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers that sum to `count`, nearest to the shares."""
    exact = [count * s / sum(shares) for s in shares]
    found = [int(e) for e in exact]
    for place in sorted(range(len(exact)), key=lambda k: found[k] - exact[k])[: count - sum(found)]:
        found[place] += 1
    return found


def made(articles: Sequence[Article], length: int, count: int, seed: int = 0) -> list[Article]:
    """Articles of exactly so many sentences: long ones cut, else several joined."""
    ordered = sorted(articles, key=lambda a: key(f"{seed}/{length}/{a.id}"))
    cut = [
        replace(a, id=f"{a.id}[:{length}]", sentences=a.sentences[:length], made="cut")
        for a in ordered
        if len(a.sentences) >= length
    ]
    rest = iter(a for a in ordered if len(a.sentences) < length)
    found = cut[:count]
    while len(found) < count:
        sentences: list[str] = []
        for part in rest:
            sentences += part.sentences
            if len(sentences) >= length:
                break
        else:
            break
        name = f"joined/{length}/{len(found)}"
        found.append(Article(name, "joined", tuple(sentences[:length]), made="joined"))
    return found


def of_lengths(articles: Sequence[Article], count: int, seed: int = 0) -> list[Article]:
    """Made articles, so many of each length, one of each length after the other."""
    sets = [made(articles, length, count, seed) for length in LENGTHS]
    return [s[k] for k in range(count) for s in sets if k < len(s)]


def for_recall(articles: Sequence[Article], count: int, seed: int = 0) -> list[Article]:
    """A seeded sample, each source having its turn, of articles between the shortest band and `RECALL_MOST`."""
    sets: dict[str, list[Article]] = {}
    for article in sorted(articles, key=lambda a: key(f"{seed}/{a.id}")):
        if BANDS[0][0] <= len(article.sentences) <= RECALL_MOST:
            sets.setdefault(article.source, []).append(article)
    turns = zip_longest(*sets.values())
    return [a for turn in turns for a in turn if a][:count]


# --- taking turns -------------------------------------------------------------------------------


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


# --- the run ------------------------------------------------------------------------------------


class Run:
    """One run: its choices and its record, written after every part.

    Args:
        args: the command line.

    Attributes:
        record: what goes into the JSON.
        peak: row -> most memory that it has held so far, in MiB.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.settings = Settings(args.model, str(args.warm) if args.warm else None, args.threads)
        self.rows = [r for r in ROWS if not args.rows or any(t in r.name for t in (MAIN, *args.rows))]
        self.record: dict[str, Any] = {"about": about(args), "not_run": {}}
        self.peak: dict[str, float] = {}

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

    def note(self, **parts: Any) -> None:
        """Put parts into the record and write it."""
        self.record |= parts
        self.args.out.parent.mkdir(parents=True, exist_ok=True)
        self.args.out.write_text(json.dumps(self.record, indent=1) + "\n", encoding="utf-8")


def compare(run: Run, articles: Sequence[Article]) -> list[Reading]:
    """Every row on the real articles, in fresh processes for every repeat."""
    found = []
    for repeat in range(run.args.repeats):
        say(f"comparison, repeat {repeat + 1} of {run.args.repeats}")
        minutes = (run.args.compare_minutes or run.args.minutes * COMPARISON) / run.args.repeats
        found += [replace(r, repeat=repeat) for r in run.turns(run.rows, articles, minutes, rivals=RIVALS)]
    run.note(comparison=comparison(run, articles, found))
    return found


def measure_again(run: Run) -> None:
    """Comparison, recall or profile anew, beside what another run has measured; the record tells both runs."""
    earlier = json.loads(run.args.out.read_text(encoding="utf-8"))
    fresh, run.record = run.record["about"], earlier
    again = run.record.setdefault("again", {})
    real = chosen(pool(run.args.data), run.args.articles, run.args.seed)
    if run.args.recall_again:
        run.note(recall=recalled(run, pool(run.args.data)))
        again["recall"] = fresh
    if run.args.profile_again:
        run.note(profile=profiled(run, real))
        again["profile"] = fresh
    if run.args.compare_again:
        found = compare(run, real)
        grown = [row for row in earlier["by_length"] if row["made"]]
        run.note(by_length=[*figures.by_length(found), *grown])
        again["comparison"] = fresh
    run.note(targets=figures.targets(run.record))


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


def measure(run: Run) -> None:
    """All parts, the quick and quiet ones first."""
    args = run.args
    news = pool(args.data)
    real = chosen(news, args.articles, args.seed)
    run.note(startup=startup(args))
    found = compare(run, real)
    lengths = of_lengths(news, max(1, min(8, args.articles // 10)), args.seed)
    say("seconds against sentences")
    whole = [r for r in run.rows if not r.step or r.name == FULL]
    grown = run.turns(whole, lengths, args.minutes * BY_LENGTH, most=1.0)
    known = {a.id for a in lengths}
    typical = [a for a in made(news, TYPICAL, TYPICAL_READ, args.seed) if a.id not in known]
    grown += run.turns([BY_NAME[MAIN]], typical, args.minutes * BY_LENGTH, most=1.0)
    run.note(by_length=figures.by_length([*found, *grown]))
    run.note(recall=recalled(run, news))
    run.note(profile=profiled(run, real), long=long_articles(run, news) if args.long else [])
    run.note(targets=figures.targets(run.record))


def recalled(run: Run, news: Sequence[Article]) -> list[dict[str, Any]]:
    """What gate and cascade keep of the pairs that the same decision flags without them."""
    args = run.args
    flagging = [BY_NAME[name] for name in (MAIN, BROAD, TRUTH)]
    longer = args.recall_minutes / (RECALL + RECALL_NEWS) if args.recall_minutes else args.minutes
    say("recall on labelled articles")
    gold = for_recall([a for a in pool(args.data, LABELLED) if a.gold], 4 * args.articles, args.seed)
    told = run.turns(flagging, gold, longer * RECALL)
    say("recall on clean news")
    # Apart from the comparison, where every pair of an article is read beside slower rows, and of few articles.
    short = for_recall([*news, *pool(args.data, RECALL_ALSO)], 4 * args.articles, args.seed)
    clean = run.turns(flagging, short, longer * RECALL_NEWS)
    labels = {a.id: a.gold for a in gold}
    return [*figures.recalls(clean, {}, "clean news"), *figures.recalls(told, labels, "labelled")]


def profiled(run: Run, articles: Sequence[Article]) -> dict[str, Any]:
    """Where the time of `check` goes, on the first of the articles."""
    from benchmarks import profile_check

    say("profile")
    return profile_check.profile(articles, 60 * run.args.minutes * PROFILE, run.args.model)


def startup(args: argparse.Namespace) -> dict[str, Any]:
    """Cold start and memory, by the script that measures them; it writes its own results too."""
    say("cold start")
    command = [sys.executable, "-m", "benchmarks.startup", "--repeats", str(max(3, args.repeats))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def long_articles(run: Run, news: Sequence[Article]) -> list[dict[str, Any]]:
    """The library alone on very long articles, each in a fresh process."""
    found, pace = [], dict[str, float]()
    for length in sorted(run.args.long):
        for name in (MAIN, UNLIMITED):
            (article,) = made(news, length, 1, run.args.seed)
            told: dict[str, Any] = {"row": name, "sentences": length, "made": article.made}
            minutes = pace.get(name, 0.0) * length / 60
            if minutes > run.args.long_minutes:
                told["not_run"] = f"would take some {minutes:.0f} minutes"
            else:
                told |= one_long(run, BY_NAME[name], article)
                pace[name] = told.get("seconds", 0.0) / length
            found.append(told)
    return found


def one_long(run: Run, row: Row, article: Article) -> dict[str, Any]:
    """Seconds, counts and peak memory of one article in a fresh process."""
    say(f"{row.name}, {len(article.sentences)} sentences")
    with run.workers([row]) as ready:
        answer = ready[0].read(article.sentences, article.headline) if ready else None
    if not answer:
        return {"not_run": run.record["not_run"].get(row.name, "its process has ended")}
    return {k: v for k, v in answer.items() if k != "flags"}


# --- the record ---------------------------------------------------------------------------------


def about(args: argparse.Namespace) -> dict[str, Any]:
    """Where, when, with what: everything needed to read the numbers."""
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": provenance.commit(),
        "command": "python -m " + shlex.join(["benchmarks.speed", *args.given]),
        "seed": args.seed,
        "repeats": args.repeats,
        "machine": {
            "processor": provenance.processor(),
            "architecture": platform.machine(),
            "cores": os.cpu_count(),
            "threads": args.threads,
            "load_before": os.getloadavg()[0],
        },
        "warm": str(args.warm) if args.warm else "none was given",
        "rows": {r.name: r.about for r in ROWS},
    }


def say(text: str) -> None:
    """Progress, on standard error."""
    print(f"[{datetime.datetime.now():%H:%M:%S}] {text}", file=sys.stderr, flush=True)


def publish(record: Mapping[str, Any], args: argparse.Namespace) -> None:
    """Plot, print the tables, write them where asked."""
    from benchmarks import plots

    plot = args.out.with_suffix(".png")
    plots.seconds_by_sentences(record, plot)
    say(f"wrote {args.out} and {plot}")
    text = speed_tables.details(record)
    print(text)
    if args.write:
        shown = os.path.relpath(plot.resolve(), args.write.resolve().parent)
        write_between(args.write, speed_tables.readme(record, shown))
        write_between(ROOT / "benchmarks/README.md", text)


def parse_args(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--articles", type=int, default=20, help="real articles; at most four times as many are read for recall")
    add("--minutes", type=float, default=20, help="reading time of all rows together")
    add("--recall-minutes", type=float, help="reading time of recall, instead of 47 %% of --minutes")
    add("--compare-minutes", type=float, help="reading time of the comparison, instead of 40 %% of --minutes")
    add("--compare-again", action="store_true", help="measure the comparison anew, keep the other parts of --out")
    add("--profile-again", action="store_true", help="the same with the profile")
    add("--recall-again", action="store_true", help="the same with recall")
    add("--repeats", type=int, default=3, help="of the comparison, each in fresh processes")
    add("--threads", type=int, default=2, help="of torch and ONNX Runtime, for every row")
    add("--warm", type=Path, help="stock MPNet NLI folder for the rivals; without it no rival")
    add("--onnx-python", help="interpreter that has optimum-onnx, for the ONNX backend")
    add("--rows", nargs="+", default=[], metavar="TEXT", help="only rows whose name contains this, and ours")
    add("--long", nargs="*", type=int, metavar="N", help=f"the library alone on so many sentences; {LONG}")
    add("--long-minutes", type=float, default=20, help="a very long article that would take more is left out")
    add("--model", default="default", help="the library's model")
    add("--data", type=Path, default=DATA)
    add("--seed", type=int, default=0)
    add("--out", type=Path, default=RESULT, help="JSON; the plot stands beside it")
    add("--write", type=Path, help="file whose speed markers are filled, and those of benchmarks/README.md")
    add("--again", action="store_true", help="tables and plot from --out, without measuring")
    args = parser.parse_args(argv)
    args.given = sys.argv[1:] if argv is None else argv
    if args.long == []:
        args.long = list(LONG)
    return args


def main(argv: list[str] | None = None) -> int:
    """Measure, print, write."""
    args = parse_args(argv)
    if args.again:
        record = json.loads(args.out.read_text(encoding="utf-8"))
    else:
        run = Run(args)
        if args.compare_again or args.profile_again or args.recall_again:
            measure_again(run)
        else:
            measure(run)
        record = run.record
    publish(record, args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
