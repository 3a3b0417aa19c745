"""How fast an article is cross-examined, next to what a user would do otherwise.

    python benchmarks/speed.py --articles 6 --warm runs/warm --write README.md

Same real articles, same machine, same run, threads stated. Rows: this library as it comes; without the
cascade; without gate and cascade; and sentence-transformers' `CrossEncoder.predict` over all ordered pairs
with a stock 12-layer MPNet of the same size (our own weights cannot be run by it: their lower layers are
unshared). Loading and one warm-up article are not timed. With one repeat an article the spread is over articles.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import registry

RESULT = Path(__file__).parent / "results" / "speed.json"
Check = Callable[[Sequence[str]], int]


def ours(**options: object) -> Check:
    """This library; gives the number of pairs scored in full."""
    from inconsistency import Detector

    detector = Detector(evidence=False, **options)  # type: ignore[arg-type]

    def check(sentences: Sequence[str]) -> int:
        return detector.check_sentences(sentences, headline=True).counts.scored

    return check


def cross_encoder(folder: Path) -> Check:
    """sentence-transformers over all ordered pairs, its default batching."""
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(str(folder), device="cpu")

    def check(sentences: Sequence[str]) -> int:
        pairs = [(a, b) for i, a in enumerate(sentences) for j, b in enumerate(sentences) if i != j]
        model.predict(pairs, show_progress_bar=False)
        return len(pairs) // 2

    return check


def measure(check: Check, articles: list[tuple[str, ...]]) -> dict[str, float]:
    """Seconds per article after one warm-up."""
    check(articles[0][:6])
    seconds, scored = [], 0
    for sentences in articles:
        start = time.perf_counter()
        scored += check(sentences)
        seconds.append(time.perf_counter() - start)
    pairs = sum(len(a) * (len(a) - 1) // 2 for a in articles)
    return {
        "articles_per_s": len(articles) / sum(seconds),
        "pairs_per_s": pairs / sum(seconds),
        "p50_s": statistics.median(seconds),
        "max_s": max(seconds),
        "scored_in_full": scored / pairs,
    }


def table(rows: dict[str, dict[str, float]]) -> str:
    """Markdown."""
    lines = ["| system | articles/s | pairs/s | median s | slowest s | pairs scored in full |"]
    lines.append("|---|---|---|---|---|---|")
    for name, row in rows.items():
        lines.append(
            f"| {name} | {row['articles_per_s']:.2f} | {row['pairs_per_s']:.0f} | {row['p50_s']:.2f} | "
            f"{row['max_s']:.2f} | {row['scored_in_full']:.0%} |"
        )
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--articles", type=int, default=6)
    parser.add_argument("--longest", type=int, default=40, help="articles above this many sentences are left out")
    parser.add_argument("--warm", type=Path, help="stock MPNet NLI folder for the rival; without it no rival")
    parser.add_argument("--write", type=Path, help="file whose speed markers are filled")
    args = parser.parse_args(argv)
    cases = registry.load(registry.SETS["bbc"], args.data, "measure") or []
    cases = [c for c in cases if 12 <= len(c.sentences) <= args.longest]
    articles = [c.sentences for c in registry.spread(cases, args.articles, seed=0)]
    systems: dict[str, Callable[[], Check]] = {
        "inconsistency": ours,
        "- without the cascade": lambda: ours(screen=False),
        "- without gate and cascade": lambda: ours(screen=False, gate=None),
    }
    if args.warm:
        systems["sentence-transformers CrossEncoder, all ordered pairs, fp32"] = lambda: cross_encoder(args.warm)
    rows = {}
    for name, make in systems.items():
        rows[name] = measure(make(), articles)
        print(name, {k: round(v, 3) for k, v in rows[name].items()}, flush=True)
    lengths = sorted(map(len, articles))
    about = (
        f"{len(articles)} BBC articles of {lengths[0]} to {lengths[-1]} sentences (median "
        f"{statistics.median(lengths):.0f}), {os.cpu_count()} cores, {platform.machine()}, "
        f"{datetime.date.today().isoformat()}, `python benchmarks/speed.py {' '.join(argv or sys.argv[1:])}`"
    )
    record = {"about": about, "lengths": lengths, "rows": rows}
    RESULT.write_text(json.dumps(record, indent=1) + "\n")
    if args.write:
        text = args.write.read_text(encoding="utf-8")
        start, end = "<!-- speed:start -->", "<!-- speed:end -->"
        before, after = text.split(start)[0], text.split(end)[1]
        filled = f"{before}{start}\n{about}.\n\n{table(rows)}\n{end}{after}"
        args.write.write_text(filled, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
