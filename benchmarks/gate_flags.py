"""What the candidate gate keeps from being flagged in published news, by reason.

    python -m benchmarks.gate_flags --articles 79

The articles are the first of those that `benchmarks/speed.py` reads for recall in clean news. Only pairs that the
gate leaves out are read, so it takes seconds. Reasons: a heading or label, the same words, or nothing in common.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import provenance, speed, speed_rows
from inconsistency import Detector
from inconsistency.decision import decision_features
from inconsistency.pairs import candidate_pairs, is_label, wording
from inconsistency.scoring import PairReader, Question
from inconsistency.sentences import from_texts

PRESETS = ("default", "broad")


def reason(first: str, second: str) -> str:
    """Why the gate leaves a pair out."""
    if is_label(first) or is_label(second):
        return "a heading or label"
    return "the same words" if wording(first) == wording(second) else "nothing in common"


def kept_from_flags(detector: Detector, article: speed.Article) -> dict[str, Counter[str]]:
    """Preset -> reason -> pairs left out by the gate that the decision would flag."""
    calibration = detector.calibration
    assert calibration is not None
    sentences = from_texts(article.sentences, article.headline)
    every = candidate_pairs(sentences, None, None)
    passed = {(p.first.index, p.second.index) for p in candidate_pairs(sentences, calibration.gate).pairs}
    others = tuple(p for p in every.pairs if (p.first.index, p.second.index) not in passed)
    cuts = {preset: detector.threshold_for(every.considered, preset) for preset in PRESETS}
    question = Question(replace(every, pairs=others), min(cuts.values()), True)
    found: dict[str, Counter[str]] = {preset: Counter() for preset in PRESETS}
    for scored in PairReader(detector.scorer, calibration).hopeful([question])[0]:
        probability = calibration.probability(decision_features(scored, every.considered))
        for preset, cut in cuts.items():
            if probability >= cut:
                found[preset][reason(scored.pair.first.text, scored.pair.second.text)] += 1
    return found


def main(argv: list[str] | None = None) -> int:
    """Read, count, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=speed.DATA)
    parser.add_argument("--articles", type=int, default=79)
    parser.add_argument("--output", type=Path, default=speed.ROOT / "benchmarks/results/gate_flags.json")
    args = parser.parse_args(argv)
    detector = Detector(evidence=False)
    speed_rows.exit_head_alone(detector)
    news = [*speed.pool(args.data), *speed.pool(args.data, speed.RECALL_ALSO)]
    total: dict[str, Counter[str]] = {preset: Counter() for preset in PRESETS}
    articles = speed.for_recall(news, args.articles)
    for article in articles:
        for preset, counts in kept_from_flags(detector, article).items():
            total[preset] += counts
    told = {
        "command": " ".join(["python -m benchmarks.gate_flags", *(sys.argv[1:] if argv is None else argv)]),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": provenance.commit(),
        "articles": len(articles),
        "kept_from_flags": {preset: dict(counts) for preset, counts in total.items()},
    }
    args.output.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
