r"""Every article of the real news, scored as a user would: how long it took, and what was flagged.

    python -m benchmarks.news make runs/news.parquet
    inconsistency score runs/news.parquet --headline-column title --false-flags broad --workers 2 --log-json \
        --output runs/scores.parquet 2> runs/scores.log
    python -m benchmarks.news tell runs/scores.parquet
    python -m benchmarks.readme

`make` writes one row an article (id, source, title, text). `tell` sets what the presets promise against what
they flag, source by source, on the half that the decision was not fitted on; the last line puts it into README.md.
The news is not checked by hand: some flags are right, so the observed rates are upper bounds. A run at `broad`
holds the stricter presets' flags too.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import metrics, provenance
from corpora.cases import half
from inconsistency.decision import PRESETS, Calibration, load_calibration
from inconsistency.nli.loading import DEFAULT

RESULT = provenance.REPOSITORY / "benchmarks/results/news.json"
DATA = provenance.REPOSITORY.parent / "shared/data"


def articles(folder: Path) -> Iterator[dict[str, str]]:
    """Every article below `news/`, as rows of a table."""
    for path in sorted((folder / "news").glob("*.jsonl.gz")):
        source = path.name.removesuffix(".jsonl.gz")
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                title = row.get("title") or ""
                yield {"id": f"{source}/{row['id']}", "source": source, "title": title, "text": row["text"]}


def flags_at(row: dict[str, Any], promised: float, calibration: Calibration) -> int:
    """Flags of a scored article at another preset's threshold.

    Raises:
        SystemExit: the run's own threshold is higher, so that its output lacks some of them.
    """
    pairs = row["counts"]["pairs"]
    if not any(abs(calibration.threshold(p, pairs) - row["threshold"]) < 1e-6 for p in PRESETS.values()):
        raise SystemExit(f"{row['id']} was scored with another calibration, or at no preset: give --calibration")
    threshold = calibration.threshold(promised, pairs)
    if threshold < row["threshold"] - 1e-9:
        raise SystemExit(f"{row['id']} was scored at {row['threshold']:.3f}; {promised} needs {threshold:.3f}")
    return sum(c["probability"] >= threshold for c in row["contradictions"])


def by_source(rows: Sequence[dict[str, Any]], calibration: Calibration) -> dict[str, dict[str, Any]]:
    """Counts of every source, and the false flags an article of its measured half at every preset."""
    grouped: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row["id"].split("/", 1)[0]].append(row)
    found = {}
    for source, members in grouped.items():
        unseen = [r for r in members if half(r["id"].split("/", 1)[1]) == "measure"]
        told: dict[str, Any] = {"articles": len(members), "measured": len(unseen)}
        told["pairs"] = sum(r["counts"]["pairs"] for r in members)
        told["scored"] = sum(r["counts"]["scored"] for r in members)
        told["presets"] = {}
        for name, promised in PRESETS.items():
            rate = metrics.flag_rate([flags_at(r, promised, calibration) for r in unseen])
            told["presets"][name] = {"promised": promised, "value": rate.value, "low": rate.low, "high": rate.high}
        found[source] = told
    return found


def summary(log: Path) -> dict[str, Any]:
    """Failed rows and seconds of a finished `--log-json` run that was not interrupted."""
    lines = log.read_text(encoding="utf-8").splitlines()
    events = {e["event"]: e for e in map(json.loads, (line for line in lines if line.startswith("{")))}
    if sum('"event": "start"' in line for line in lines) != 1 or not events.get("end", {}).get("complete"):
        raise SystemExit(f"{log} is not the log of one whole `--log-json` run")
    return {"failed": events["end"]["failed"], "seconds": events["end"]["time"] - events["start"]["time"]}


def tell(args: argparse.Namespace) -> None:
    """Read a run's output and its log; write the record."""
    rows = pq.read_table(args.scores, columns=["id", "threshold", "counts", "contradictions"]).to_pylist()
    done = summary(args.scores.with_suffix(".log"))
    record = {
        "about": {
            "date": datetime.date.today().isoformat(),
            "commit": args.commit or provenance.commit(),
            "processor": provenance.processor(),
            "cores": os.cpu_count(),
        },
        "run": {
            "articles": len(rows),
            "pairs": sum(r["counts"]["pairs"] for r in rows),
            "scored": sum(r["counts"]["scored"] for r in rows),
            "failed": done["failed"],
            "seconds": done["seconds"],
        },
        "calibration": provenance.digest(args.calibration),
        "sources": by_source(rows, load_calibration(args.calibration)),
    }
    RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))


def main(argv: list[str] | None = None) -> int:
    """Make the input, or tell what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", required=True)
    make = parts.add_parser("make", help="write every article into one Parquet file")
    make.add_argument("out", type=Path)
    make.add_argument("--data", type=Path, default=DATA)
    told = parts.add_parser("tell", help="what a run over that file flagged")
    told.add_argument("scores", type=Path, help="its output; the log lies beside it, with the ending .log")
    told.add_argument("--calibration", type=Path, default=DEFAULT / "calibration.json", help="of the run")
    told.add_argument("--commit", help="of the run; default: the one that is checked out")
    args = parser.parse_args(argv)
    if args.part == "make":
        pq.write_table(pa.Table.from_pylist(list(articles(args.data))), args.out)
    else:
        tell(args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
