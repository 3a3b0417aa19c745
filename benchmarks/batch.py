"""How fast `inconsistency score` is per worker, and that its memory does not grow with the input.

    python benchmarks/batch.py memory --rows 1000000 --json memory.json --plot memory.png
    python benchmarks/batch.py speed news.jsonl --rows 200 --workers 1 2 --json speed.json

`memory` scores short made-up rows with a scorer without a model, so that what it measures is the
reading, chunking, committing and writing. Its figure is the resident set size (RSS) of the
process, sampled at each committed chunk. `speed` scores articles with the real default model;
the clock runs from the first chunk handed out to the last committed, loading apart.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any

from inconsistency.batch.outputs import Outputs
from inconsistency.batch.progress import Quiet
from inconsistency.batch.runner import RunOptions, run_batch
from inconsistency.batch.scoring import LocalEngine, Tally
from inconsistency.batch.sources import ReadOptions, open_sources
from inconsistency.batch.workers import WorkerPool, threads_each
from inconsistency.detector import Detector
from inconsistency.testing import FakeScorer


@dataclass(frozen=True)
class MemoryPoint:
    """Resident memory after a number of rows."""

    rows: int
    rss_mib: float
    seconds: float


@dataclass
class MemoryProbe(Quiet):
    """A progress listener that notes memory instead of showing anything."""

    every: int
    points: list[MemoryPoint] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def advance(self, *, rows: int, position: int, tally: Tally) -> None:
        """Note a point after every so many rows."""
        if not self.points or rows >= self.points[-1].rows + self.every:
            seconds = round(time.monotonic() - self.began, 1)
            self.points.append(MemoryPoint(rows, round(rss_mib(), 1), seconds))
            if sys.stderr.isatty():
                print(self.points[-1], file=sys.stderr)


class Clock(Quiet):
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


def measure_memory(rows: int, chunk_rows: int, suffix: str) -> dict[str, Any]:
    """Score `rows` short rows and note the memory on the way."""
    with tempfile.TemporaryDirectory() as folder:
        news = Path(folder, "news.jsonl")
        with news.open("w") as stream:
            stream.writelines(short_rows(rows))
        probe = MemoryProbe(max(1, rows // 100))
        options = RunOptions(
            Outputs(Path(folder, f"out{suffix}"), Path(folder, f"pairs{suffix}")),
            read={},
            chunk_rows=chunk_rows,
        )
        sources = open_sources([str(news)], ReadOptions())
        summary = run_batch(sources, LocalEngine(fake_detector, pairs=True), options, probe)
        seconds = time.monotonic() - probe.began
        # After the end, so that the making of Parquet is in the figure too.
        probe.points.append(MemoryPoint(summary.rows, round(rss_mib(), 1), round(seconds, 1)))
    return {
        "rows": rows,
        "output": suffix,
        "seconds": round(seconds, 1),
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


def measure_speed(
    source: str, rows: int, workers: Sequence[int], threads: int | None
) -> dict[str, Any]:
    """Score the first rows of an input once for every number of workers."""
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        news = Path(folder, "news.jsonl")
        records = islice(open_sources([source], ReadOptions())[0].records(), rows)
        with news.open("w") as stream:
            stream.writelines(json.dumps(dict(r.fields or {})) + "\n" for r in records)
        for count in workers:
            runs.append(_speed_run(news, Path(folder, f"out{count}.jsonl"), count, threads))
    return {"input": Path(source).name, "runs": runs}


def _speed_run(news: Path, output: Path, count: int, threads: int | None) -> dict[str, Any]:
    from functools import partial

    each = threads or threads_each(count)
    factory = partial(Detector, threads=each)
    pool = WorkerPool(factory, count, pairs=False)
    clock, options = Clock(), RunOptions(Outputs(output), read={}, chunk_rows=16)
    try:
        summary = run_batch(open_sources([str(news)], ReadOptions()), pool, options, clock)
    finally:
        pool.close()
    seconds = time.monotonic() - clock.began
    return {
        "workers": count,
        "threads_each": each,
        "articles": summary.tally.articles,
        "pairs_scored": summary.tally.scored,
        "seconds": round(seconds, 2),
        "articles_per_s": round(summary.tally.articles / seconds, 2),
        "pairs_per_s": round(summary.tally.scored / seconds, 1),
    }


def plot(result: dict[str, Any], path: Path) -> None:
    """Draw memory over rows."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    points = result["points"]
    figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
    axes.plot([p["rows"] for p in points], [p["rss_mib"] for p in points])
    axes.axhline(1536, color="grey", linestyle=":", label="limit, 1.5 GiB")
    axes.set(xlabel="rows scored", ylabel="resident memory, MiB", ylim=(0, None))
    axes.legend()
    figure.savefig(path, dpi=150)


def environment() -> dict[str, Any]:
    """What the figures depend on."""
    versions = {}
    for package in ("inconsistency", "pyarrow", "onnxruntime", "torch"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = None
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
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
    memory.add_argument("--plot", type=Path)
    speed = commands.add_parser("speed")
    speed.add_argument("input")
    speed.add_argument("--rows", type=int, default=200)
    speed.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    speed.add_argument("--threads", type=int, help="per worker; default: the cores, shared out")
    for command in (memory, speed):
        command.add_argument("--json", type=Path)
    args = parser.parse_args(argv)
    if args.command == "memory":
        result = measure_memory(args.rows, args.chunk_rows, args.output)
        if args.plot:
            plot(result, args.plot)
    else:
        result = measure_speed(args.input, args.rows, args.workers, args.threads)
    result["environment"] = environment()
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({k: v for k, v in result.items() if k != "points"}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
