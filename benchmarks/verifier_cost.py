"""What a second reader costs beside the call itself, and how many candidates keep the pair that is right.

    python -m benchmarks.verifier_cost overhead     # seconds of the library for an article of 25 sentences
    python -m benchmarks.verifier_cost candidates   # share of contradicting articles with a right candidate

Both write into benchmarks/results/verifier_cost.json. For `overhead` a reader answers at once, timed by the clock
and by the processor, all threads together: on a busy machine the clock says little of the library.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import math
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks import provenance
from benchmarks.verifier import ROOT, Recording
from benchmarks.verifier_recording import as_answer
from benchmarks.verifier_samples import SIZES, Library, cases, first_right
from corpora.cases import Case
from inconsistency import Detector, LLMVerifier

TOPS = (10, 20, 30, 40, 60)
BANDS = (12, 25, 50, 100, 200)  # sentences
LENGTHENED = "news_inserted"  # real articles, with other real ones behind them to reach so many sentences
LENGTHS = (100, 200)
KEEPS = 0.95
SENTENCES = 25


class Instant(Recording):
    """Answers at once that every pair is compatible."""

    def said(self, messages: list[dict[str, str]]) -> str:
        """A verdict on each pair that is asked."""
        asked = messages[-1]["content"].rpartition("by sentence numbers:\n")[2]
        pairs = [[*map(int, line.split(" and ")), "compatible", 0.9] for line in asked.split("\n") if line]
        return as_answer({"pairs": pairs})


def overhead(model: str, articles: Sequence[Sequence[str]], threads: int) -> dict[str, Any]:
    """Seconds an article, with and without a second reader that answers at once."""
    told: dict[str, Any] = {"articles": len(articles), "sentences": SENTENCES, "threads": threads}
    for name, reader in (("alone", None), ("with", LLMVerifier("instant", client=Instant({})))):
        detector = Detector(model, threads=threads, verifier=reader)
        detector.check_sentences(articles[0])
        spent = []
        for sentences in articles:
            clock, processor = time.perf_counter(), time.process_time()
            detector.check_sentences(sentences)
            spent.append((time.perf_counter() - clock, time.process_time() - processor))
        for kind, seconds in zip(("clock", "processor"), zip(*spent, strict=True), strict=True):
            told |= {f"{name}, {kind}": {"median": statistics.median(seconds), "worst": max(seconds)}}
    return told


def candidates(model: str, data: Path, share: float) -> dict[str, Any]:
    """Share of contradicting articles with a right pair among so many candidates, each number read by itself."""
    sizes = {name: (round(wrong * share), 0) for name, (wrong, _) in SIZES.items()}
    drawn = list(cases(data, sizes, max(LENGTHS)))
    found = [(name, case) for name, case in drawn if case.gold]
    more = [sentence for _, case in drawn if not case.gold for sentence in case.sentences]
    real = [case for name, case in found if name == LENGTHENED]
    found += [("lengthened", lengthened(case, more, most, k)) for most in LENGTHS for k, case in enumerate(real)]
    library = Library(model)
    told: dict[str, dict[Any, Any]] = {}
    for name, case in tqdm(found, disable=None):
        row = told.setdefault(f"{name}, {band(len(case.sentences))}", {"articles": 0} | dict.fromkeys(TOPS, 0))
        row["articles"] += 1
        for most in TOPS:
            row[most] += first_right(case, library.ranked(case, most)) < math.inf
    for row in told.values():
        row |= {most: row[most] / row["articles"] for most in TOPS}
        row["enough"] = next((most for most in TOPS if row[most] >= KEEPS), None)
    return told


def lengthened(case: Case, more: Sequence[str], most: int, start: int) -> Case:
    """An article with sentences of others behind it, so many in all, from another place on for each."""
    others = itertools.islice(itertools.cycle(more), start * most, (start + 1) * most - len(case.sentences))
    return dataclasses.replace(case, sentences=(*case.sentences, *others))


def band(sentences: int) -> str:
    """Length class of an article."""
    return next((f"to {most}" for most in BANDS if sentences <= most), f"above {BANDS[-1]}")


def main(argv: list[str] | None = None) -> int:
    """Measure one of the two and keep it beside the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("what", choices=("overhead", "candidates"))
    add("--data", type=Path, default=ROOT / "../shared/data", help="the data folder")
    add("--model", default="default")
    add("--threads", type=int, default=2)
    add("--share", type=float, default=1.0, help="of the samples of verifier.py, for `candidates`")
    add("--articles", type=int, default=20, help="for `overhead`")
    add("--out", type=Path, default=ROOT / "benchmarks" / "results" / "verifier_cost.json")
    args = parser.parse_args(given := sys.argv[1:] if argv is None else argv)
    about = provenance.about("verifier_cost", given, args.model)
    if args.what == "overhead":
        drawn = cases(args.data, {"features": (args.articles, args.articles)}, 0)
        long = [case.sentences[:SENTENCES] for _, case in drawn if len(case.sentences) >= SENTENCES]
        measured = overhead(args.model, long[: args.articles], args.threads)
    else:
        measured = candidates(args.model, args.data, args.share)
    results = json.loads(args.out.read_text(encoding="utf-8")) if args.out.exists() else {}
    results[args.what] = about | {"found": measured}
    args.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(measured, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
