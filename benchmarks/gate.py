"""What the candidate gate keeps and what it saves.

    python -m benchmarks.gate

For every labelled article set: the share of gold contradicting pairs that pass the gate, and the share of
all pairs that it leaves out. Needs no model, only the gate in the default model's calibration.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import sys
from pathlib import Path

from corpora import registry
from corpora.cases import Case, spread
from inconsistency.calibration import as_sentences
from inconsistency.decision import load_calibration
from inconsistency.nli.loading import DEFAULT
from inconsistency.pairs import candidate_pairs

SETS = ("newsroom", "features", "contradoc_full")
RESULT = Path(__file__).parent / "results" / "gate.json"


def measure(cases: list[Case]) -> dict[str, float]:
    """Gold pairs kept and pairs left out, over the contradicting articles of a set."""
    gate = load_calibration(DEFAULT / "calibration.json").gate
    gold = kept = pairs = passed = 0
    for case in cases:
        if not case.gold:
            continue
        found = candidate_pairs(as_sentences(case.sentences), gate, None)
        indexes = {(p.first.index, p.second.index) for p in found.pairs}
        gold += len(case.gold)
        kept += len(case.gold & indexes)
        pairs += found.considered
        passed += len(found.pairs)
    return {
        "gold_pairs": gold,
        "gold_kept": kept / max(gold, 1),
        "pairs": pairs,
        "left_out": 1 - passed / max(pairs, 1),
    }


def main(argv: list[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--articles", type=int, default=300, help="articles of each set")
    args = parser.parse_args(argv)
    results = {}
    for name in SETS:
        cases = registry.load(registry.SETS[name], args.data)
        if cases is not None:
            results[name] = measure(spread(cases, args.articles, seed=0))
            row = results[name]
            print(f"{name:16s} gold kept {row['gold_kept']:.1%} of {row['gold_pairs']}, "
                  f"left out {row['left_out']:.1%} of {row['pairs']} pairs")
    record = {"command": "python -m benchmarks.gate", "date": datetime.date.today().isoformat()}
    record |= {"machine": platform.machine(), "articles": args.articles, "sets": results}
    RESULT.write_text(json.dumps(record, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
