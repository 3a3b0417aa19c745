"""What is flagged in published articles that were read whole beforehand, and whether it is right.

    python -m benchmarks.natural                 # writes benchmarks/results/natural.json
    python -m benchmarks.natural --unjudged FILE # and the flags that nobody has judged yet, for a reader

`data/news_natural.jsonl` names 132 published articles of the half that nothing is fitted on, and the pairs in them
that clash, as readers (language models) found them before the tool was run ("clear": they cannot both be true;
"soft": a charitable reading saves them; where two readers differed, the milder word stands). `judged` holds what a
reader said afterwards of flagged pairs ("wrong", or one of the others), knowing that they were flagged. So here,
unlike in `quality.py`, a false flag is one that has been looked at.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks import metrics, provenance
from corpora.files import MEASURED
from corpora.news import NewsArticle, articles_named
from inconsistency import Detector, Report
from inconsistency.calibration_file import load_calibration
from inconsistency.decision import PRESETS, Calibration
from inconsistency.nli.loading import DEFAULT

NATURAL = MEASURED / "news_natural.jsonl"
RESULT = Path(__file__).parent / "results" / "natural.json"


def verdicts(article: NewsArticle) -> dict[tuple[int, int], str]:
    """What readers said of pairs of the article, by indexes: "clear", "soft" or "wrong"."""
    told = {}
    for entry in (*article.said.get("judged", ()), *article.said["found"]):  # what was found first counts most
        first, second = sorted((article.index(entry["first"]), article.index(entry["second"])))
        told[first, second] = entry["sure"]
    return told


def flags(report: Report, verdict: dict[tuple[int, int], str]) -> Iterator[tuple[float, str]]:
    """Probability and verdict of every flagged pair."""
    for flagged in report.contradictions:
        yield flagged.probability, verdict.get((flagged.first.index, flagged.second.index), "unjudged")


def unjudged(article: NewsArticle, report: Report, verdict: dict[tuple[int, int], str]) -> dict[str, Any]:
    """The flagged pairs of an article that nobody has judged, with their texts, for a reader."""
    offsets = ([-1] if article.title else []) + list(article.starts)
    pairs = [
        {"first": offsets[c.first.index], "second": offsets[c.second.index],
         "texts": [c.first.text, c.second.text], "probability": round(c.probability, 3)}
        for c in report.contradictions
        if (c.first.index, c.second.index) not in verdict
    ]  # fmt: skip
    return {"source": article.said["source"], "id": article.name, "sentences": article.sentences, "pairs": pairs}


def measure(
    detector: Detector, calibration: Calibration, articles: Sequence[NewsArticle]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The record of all articles, and what waits for a judge. The detector is at the broadest preset."""
    counts: dict[str, list[Counter[str]]] = {name: [] for name in PRESETS}
    waiting = []
    for article in tqdm(articles, disable=None):
        verdict = verdicts(article)
        report = detector.check_sentences(article.sentences, headline=bool(article.title))
        told = list(flags(report, verdict))
        for name, promised in PRESETS.items():
            threshold = calibration.threshold(promised, report.counts.pairs)
            counts[name].append(Counter(v for p, v in told if p >= threshold))
        waiting.append(unjudged(article, report, verdict))
    found = Counter(entry["sure"] for article in articles for entry in article.said["found"])
    clear = sum(any(e["sure"] == "clear" for e in article.said["found"]) for article in articles)
    record: dict[str, Any] = {"articles": len(articles), "found": dict(found), "clear_articles": clear}
    record["presets"] = {}
    for name, each in counts.items():
        rate = dataclasses.asdict(metrics.flag_rate([c["wrong"] + c["unjudged"] for c in each]))
        flagged = dict(sum(each, Counter()))
        record["presets"][name] = {"promised": PRESETS[name], "flags": flagged, "false_flags": rate}
    return record, [w for w in waiting if w["pairs"]]


def main(argv: list[str] | None = None) -> int:
    """Check every article, count what was right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--unjudged", type=Path, help="write flags without a verdict here")
    args = parser.parse_args(argv)
    about = provenance.about("natural", sys.argv[1:] if argv is None else argv)
    articles = list(articles_named(NATURAL, args.data / "news"))
    detector = Detector(false_flags=max(PRESETS.values()))
    record, waiting = measure(detector, load_calibration(DEFAULT / "calibration.json"), articles)
    if args.unjudged:
        lines = [json.dumps(w, ensure_ascii=False) + "\n" for w in waiting]
        args.unjudged.write_text("".join(lines), encoding="utf-8")
    text = json.dumps({"about": about} | record, indent=1)
    args.out.write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
