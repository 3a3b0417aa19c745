"""What a second reader costs beside the call itself, and how many candidates keep the pair that is right.

    python -m benchmarks.verifier_cost overhead     # seconds of the library for an article of 25 sentences
    python -m benchmarks.verifier_cost candidates   # share of contradicting articles with a right candidate

Both write into benchmarks/results/verifier_cost.json. `overhead` lets a client answer at once: what
is left is the library, splitting, the embedded model, the question, the check of the answer, the report.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tqdm import tqdm

from benchmarks import provenance
from benchmarks.verifier_recording import as_answer
from benchmarks.verifier_samples import SIZES, Library, cases, first_right
from inconsistency import Detector, LLMVerifier

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "verifier_cost.json"
TOPS = (5, 10, 20, 40, 80)
BANDS = (12, 25, 50, 100, 200)  # sentences
KEEPS = 0.95
SENTENCES = 25


class Instant:
    """A client that answers at once that every pair is compatible."""

    base_url, api_key = "instant", ""

    def __init__(self) -> None:
        self.chat = SimpleNamespace(completions=self)

    def create(self, *, messages: list[dict[str, str]], **_: Any) -> Any:
        """A verdict on each pair that is asked."""
        asked = messages[-1]["content"].rpartition("by sentence numbers:\n")[2]
        pairs = [[*map(int, line.split(" and ")), "compatible", 0.9] for line in asked.split("\n") if line]
        message = SimpleNamespace(content=as_answer({"pairs": pairs}))
        return SimpleNamespace(choices=[SimpleNamespace(message=message, finish_reason="stop")], usage=None)


def overhead(model: str, articles: Sequence[Sequence[str]], threads: int) -> dict[str, Any]:
    """Seconds an article, with and without a second reader that answers at once."""
    verifier = LLMVerifier("instant", client=Instant())
    told: dict[str, Any] = {"articles": len(articles), "sentences": SENTENCES, "threads": threads}
    for name, reader in (("alone", None), ("with a second reader", verifier)):
        detector = Detector(model, threads=threads, verifier=reader)
        detector.check_sentences(articles[0])
        seconds = []
        for sentences in articles:
            begun = time.perf_counter()
            detector.check_sentences(sentences)
            seconds.append(time.perf_counter() - begun)
        told[name] = {"median": statistics.median(seconds), "worst": max(seconds)}
    return told


def candidates(model: str, data: Path, share: float) -> dict[str, Any]:
    """Share of contradicting articles with a right pair among so many candidates, by the article's length.

    Each number of candidates is asked for by itself: the model reads as many pairs as there are candidates.
    """
    sizes = {name: (round(wrong * share), 0) for name, (wrong, _) in SIZES.items()}
    found = [case for _, case in cases(data, sizes, 0) if case.gold]
    bands: dict[str, dict[str, Any]] = {}
    for most in TOPS:
        library = Library(model, most)
        for case in tqdm(found, desc=f"top {most}", disable=None):
            told = bands.setdefault(band(len(case.sentences)), {"articles": 0, **dict.fromkeys(map(str, TOPS), 0)})
            told["articles"] += most == TOPS[0]
            told[str(most)] += first_right(case, library.ranked(case)) < math.inf
    for told in bands.values():
        kept = {str(most): told[str(most)] / told["articles"] for most in TOPS}
        told |= kept | {"enough": next((most for most in TOPS if kept[str(most)] >= KEEPS), None)}
    return {name: bands[name] for name in map(band, (*BANDS, BANDS[-1] + 1)) if name in bands}


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
    add("--out", type=Path, default=RESULT)
    args = parser.parse_args(argv)
    if args.what == "overhead":
        drawn = cases(args.data, {"features": (args.articles, args.articles)}, 0)
        long = [case.sentences[:SENTENCES] for _, case in drawn if len(case.sentences) >= SENTENCES]
        measured = overhead(args.model, long[: args.articles], args.threads)
    else:
        measured = candidates(args.model, args.data, args.share)
    results = json.loads(args.out.read_text(encoding="utf-8")) if args.out.exists() else {}
    results[args.what] = {"about": provenance.commit(), "processor": provenance.processor(), "found": measured}
    args.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(measured, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
