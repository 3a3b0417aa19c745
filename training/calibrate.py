"""Fit what turns scores into decisions: the decision and the false-flag curve.

    python -m training.calibrate src/inconsistency/models/default --data ../shared/data

Reads labelled articles and clean real news of the benchmark's *fit* half, so that everything the
benchmark measures stays unseen. Writes `calibration.json` into the model folder.
"""

from __future__ import annotations

import argparse
import datetime
import json
import pickle
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from corpora import registry
from corpora.cases import Case, spread
from inconsistency import calibration
from inconsistency.decision import FEATURES, Calibration, save_calibration
from inconsistency.identity import ModelFiles
from inconsistency.nli import Scorer, load_scorer
from training.remember import Remembering

LABELLED = ("newsroom", "features", "contradoc_full", "news_inserted")
CLEAN = ("bbc", "web_2014", "abc", "xsum_cnn", "wire_1998", "wsj", "brown")
LONGEST = 60  # sentences of an article that are read

Scored = list[calibration.ScoredArticle]


def whole_groups(cases: Sequence[Case], count: int) -> list[list[Case]]:
    """All articles of the first `count` groups in an order drawn once; twins share most of their pairs."""
    order = {c.group: None for c in spread(cases, len(cases), seed=7)}
    members: dict[str, list[Case]] = {name: [] for name in list(order)[:count]}
    for case in cases:
        if case.group in members:
            members[case.group].append(case)
    return list(members.values())


def score_groups(scorer: Scorer, groups: Sequence[Sequence[Case]], source: str, floor: float) -> Scored:
    """Score the articles of one source, sentences capped at `LONGEST` (said in the summary)."""
    found = []
    for group in tqdm(groups, desc=source, mininterval=20):
        memory = Remembering(scorer)
        for case in group:
            sentences = calibration.as_sentences(case.sentences[:LONGEST])
            gold = [(i, j) for i, j in case.gold if j < LONGEST]
            found.append(calibration.score_article(memory, sentences, gold, source, floor))
    return found


def score_sources(
    scorer: Scorer, data: Path, names: Sequence[str], count: int, floor: float
) -> Scored:
    """Score the fit half of several sets, `count` groups of each; absent sets are left out, and say so."""
    found: Scored = []
    for name in names:
        cases = registry.articles(registry.SETS[name], data, "fit")
        found += score_groups(scorer, whole_groups(cases, count), name, floor)
    return found


def summary(made: Calibration, labelled: Scored) -> str:
    """What was fitted, for people."""
    missed = sum(a.missed for a in labelled)
    lost = missed + sum(int(a.gold[~a.reaching(made.floors.forward)].sum()) for a in labelled)
    lines = [
        json.dumps({**made.fitted, "floors": asdict(made.floors)}),
        f"gold pairs missed before the second direction: {missed}; with its floor: {lost}",
        *(f"  {name:12s} {weight:+.3f}" for name, weight in zip(FEATURES, made.weights, strict=True)),
    ]
    for pairs in (100, 300, 1000):
        lines.append(f"{pairs} pairs: {({f: round(made.threshold(f, pairs), 3) for f in (0.05, 0.1, 0.5)})}")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Fit, save, and say what was fitted on what."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--labelled", type=int, default=30, help="groups of each labelled set")
    parser.add_argument("--floor", type=float, default=0.1, help="early-exit score from which a pair is read on")
    parser.add_argument("--clean", type=int, default=30, help="articles of each clean source")
    parser.add_argument("--keep", type=Path, help="keep the scored articles here, or fit from those kept")
    args = parser.parse_args(argv)
    files, scorer = ModelFiles(args.model), load_scorer(args.model)
    if args.keep and args.keep.exists():
        labelled, clean = pickle.loads(args.keep.read_bytes())
    else:
        labelled = score_sources(scorer, args.data, LABELLED, args.labelled, args.floor)
        clean = score_sources(scorer, args.data, CLEAN, args.clean, args.floor)
        if args.keep:
            args.keep.write_bytes(pickle.dumps((labelled, clean)))
    sources: dict[str, int] = {}
    for article in [*labelled, *clean]:
        sources[article.source] = sources.get(article.source, 0) + 1
    clean += [a for a in labelled if not a.gold.any() and a.missed == 0]
    fitted: dict[str, Any] = {"articles": sources, "date": datetime.date.today().isoformat()}
    fitted |= {"sentences": f"first {LONGEST}", "gold_pairs": int(sum(a.gold.sum() for a in labelled))}
    made = calibration.fit(scorer.name, labelled, clean, args.floor, fitted)
    save_calibration(replace(made, model_digest=files.digest()), args.model / "calibration.json")
    print(summary(made, labelled))
    return 0


if __name__ == "__main__":
    sys.exit(main())
