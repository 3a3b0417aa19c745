"""How fast `inconsistency score` is per worker, and that its memory does not grow with the input.

    python -m benchmarks.batch memory
    python -m benchmarks.batch speed ../shared/data/news/bbc.jsonl.gz

Figures go to `benchmarks/results/batch_memory.json` (with a plot beside it) and `batch_speed.json`.

`memory` scores a million short made-up rows with a scorer without a model, so that what it measures is
the reading, chunking, committing and writing. Its figure is the resident set size (RSS) of the process,
sampled at committed chunks and after the making of the Parquet files.

`speed` scores articles of an input with the default model, for each number of workers under the same
number of threads *in all*: two workers with one thread each stand beside one worker with two. The clock
runs from the first chunk handed out to the last committed, loading apart. Every run writes to a fresh
folder; the numbers of workers take turns; the table has the median of the repeats. The outputs of all
runs are compared, and the JSON says whether their bytes agree.
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
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.provenance import processor
from inconsistency.batch import runner
from inconsistency.batch.engine import Engine, Tally
from inconsistency.batch.input.sources import ReadOptions, open_sources
from inconsistency.batch.output import Outputs
from inconsistency.batch.progress import Progress
from inconsistency.batch.runner import RunOptions, run_batch
from inconsistency.batch.workers import WorkerPool, threads_each
from inconsistency.detector import Detector
from inconsistency.errors import InputError
from inconsistency.testing import FakeScorer

RESULTS = Path(__file__).parent / "results"
LIMIT_MIB = 1536


@dataclass(frozen=True)
class MemoryPoint:
    """Resident memory after a number of rows."""

    rows: int
    rss_mib: float


@dataclass
class MemoryProbe(Progress):
    """A progress listener that notes memory instead of showing anything."""

    every: int
    points: list[MemoryPoint] = field(default_factory=list)

    def advance(self, *, rows: int, position: int, tally: Tally) -> None:
        """Note a point after every so many rows."""
        if not self.points or rows >= self.points[-1].rows + self.every:
            self.points.append(MemoryPoint(rows, round(rss_mib(), 1)))
            print(self.points[-1], file=sys.stderr, flush=True)


class Clock(Progress):
    """A progress listener that notes when the scoring began."""

    began = 0.0

    def start(self, *, done_rows: int, total_bytes: int | None, tally: Tally) -> None:
        """Start the clock."""
        self.began = time.monotonic()


def rss_mib() -> float:
    """Resident set size of this process in MiB, from /proc (psutil elsewhere)."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    import psutil

    return float(psutil.Process().memory_info().rss) / 2**20


def short_rows(count: int) -> Iterator[str]:
    """Made-up rows of two or three short sentences; one in a hundred contradicts itself."""
    for i in range(count):
        text = f"Report {i} came at noon. " + (
            "Police said 14 people were hurt. Later it was 41 people."
            if i % 100 == 0
            else "The council met again."
        )
        yield json.dumps({"id": i, "text": text}) + "\n"


def fake_detector() -> Detector:
    """Make a detector without a model."""
    return Detector(FakeScorer({("14 people", "41 people"): 0.99}), threshold=0.5)


def measure_memory(rows: int, suffix: str) -> dict[str, Any]:
    """Score `rows` short rows and note the memory on the way."""
    with tempfile.TemporaryDirectory() as folder:
        news = Path(folder, "news.jsonl")
        with news.open("w") as stream:
            stream.writelines(short_rows(rows))
        probe = MemoryProbe(max(1, rows // 100))
        outputs = Outputs(Path(folder, f"out{suffix}"), Path(folder, f"pairs{suffix}"))
        options = RunOptions(outputs, read={})
        sources = open_sources([str(news)], ReadOptions())
        summary = run_batch(sources, Engine(fake_detector, pairs=True), options, probe)
        # After the end, so that the making of Parquet is in the figure too.
        probe.points.append(MemoryPoint(summary.rows, round(rss_mib(), 1)))
    return {
        "rows": rows,
        "output": suffix,
        "peak_rss_mib": peak_mib() or max(point.rss_mib for point in probe.points),
        "points": [asdict(point) for point in probe.points],
    }


def peak_mib() -> float | None:
    """The system's own record of the highest resident size; None on Windows."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 1024), 1)


def measure_speed(args: argparse.Namespace) -> dict[str, Any]:
    """Score the first rows of an input, for every number of workers in turn.

    Raises:
        InputError: the threads cannot be shared out evenly.
    """
    if uneven := [count for count in args.workers if args.threads % count]:
        raise InputError(f"{args.threads} threads cannot be shared evenly among {uneven} workers; see --threads")
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        news = Path(folder, "news.jsonl")
        records = islice(open_sources([args.input], ReadOptions())[0].records(), args.rows)
        with news.open("w") as stream:
            stream.writelines(json.dumps(dict(r.fields or {})) + "\n" for r in records)
        for _ in range(args.repeats):
            runs += [_speed_run(news, count, args) for count in args.workers]
    return {
        "input": Path(args.input).name,
        "model": args.model,
        "threads_in_all": args.threads,
        "chunk_rows": args.chunk_rows,
        "same_bytes": len({run["sha256"] for run in runs}) == 1,
        "table": [_speed_row([r for r in runs if r["workers"] == n]) for n in dict.fromkeys(args.workers)],
        "runs": runs,
    }


def _speed_run(news: Path, count: int, args: argparse.Namespace) -> dict[str, Any]:
    each = args.threads // count
    factory = partial(Detector, args.model, threads=each)
    # A folder of its own: an output that is already there would be found complete, and nothing be scored.
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "out.jsonl")
        clock, options = Clock(), RunOptions(Outputs(output), read={})
        pool = WorkerPool(factory, count, pairs=False)
        try:
            summary = run_batch(open_sources([str(news)], ReadOptions()), pool, options, clock)
        finally:
            pool.close()
        seconds = time.monotonic() - clock.began
        digest = hashlib.sha256(output.read_bytes()).hexdigest()
    return {
        "workers": count,
        "threads_each": each,
        "articles": summary.tally.articles,
        "failed": summary.tally.failed,
        "pairs": summary.tally.pairs,
        "seconds": round(seconds, 3),
        "sha256": digest,
    }


def _speed_row(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One line of the table: medians over the repeats, and the slowest and fastest of them."""
    first, seconds = runs[0], [run["seconds"] for run in runs]
    middle = statistics.median(seconds)
    return {
        "workers": first["workers"],
        "threads_each": first["threads_each"],
        "articles": first["articles"],
        "repeats": len(runs),
        "articles_per_s": round(first["articles"] / middle, 3),
        "articles_per_s_range": [round(first["articles"] / x, 3) for x in (max(seconds), min(seconds))],
        "pairs_per_s": round(first["pairs"] / middle, 1),
    }


def plot(result: dict[str, Any], path: Path) -> None:
    """Draw memory over rows."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    points = result["points"]
    figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
    axes.plot([p["rows"] for p in points], [p["rss_mib"] for p in points])
    axes.axhline(LIMIT_MIB, color="grey", linestyle=":", label="limit, 1.5 GiB")
    axes.set(xlabel="rows scored", ylabel="resident memory, MiB", ylim=(0, None))
    axes.legend()
    figure.savefig(path, dpi=150)


def about(given: Sequence[str]) -> dict[str, Any]:
    """When, where and with what: everything needed to read the figures."""
    versions = {}
    for package in ("inconsistency", "numpy", "pyarrow", "onnxruntime"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = None
    return {
        "command": "python -m " + shlex.join(["benchmarks.batch", *given]),
        "date": datetime.date.today().isoformat(),
        "machine": f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": versions,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    memory = commands.add_parser("memory")
    memory.add_argument("--rows", type=int, default=1_000_000)
    memory.add_argument("--chunk-rows", type=int, default=1000)
    memory.add_argument("--output", choices=(".jsonl", ".parquet"), default=".parquet")
    memory.add_argument("--json", type=Path, default=RESULTS / "batch_memory.json")
    speed = commands.add_parser("speed")
    speed.add_argument("input")
    speed.add_argument("--rows", type=int, default=96)
    speed.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    speed.add_argument("--threads", type=int, default=threads_each(1), help="in all; default: the cores")
    speed.add_argument("--repeats", type=int, default=3, help="of each number of workers")
    speed.add_argument("--chunk-rows", type=int, default=8, help="few, so that a small sample is shared evenly")
    speed.add_argument("--model", default="default")
    speed.add_argument("--json", type=Path, default=RESULTS / "batch_speed.json")
    args = parser.parse_args(argv)
    runner.CHUNK_ROWS = args.chunk_rows
    record = about(sys.argv[1:] if argv is None else argv)
    if args.command == "memory":
        record |= measure_memory(args.rows, args.output)
        plot(record, args.json.with_suffix(".png"))
    else:
        record |= measure_speed(args)
    args.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({k: v for k, v in record.items() if k not in ("points", "runs")}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
