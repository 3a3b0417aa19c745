"""Fit what turns scores into decisions: the decision, and the false-flag curve of each kind of text.

    python -m training.calibrate src/inconsistency/models/default --data ../shared/data

Reads labelled articles and clean ones, published and made, of the benchmark's *fit* half, so that everything the
benchmark measures stays unseen. Writes `calibration.json` into the model folder.
"""

from __future__ import annotations

import argparse
import datetime
import json
import pickle
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from corpora import registry
from corpora.cases import Case, spread
from corpora.remember import Remembering
from inconsistency import calibration
from inconsistency.calibration_file import save_calibrations
from inconsistency.decision import FEATURES, PRESETS, Calibration
from inconsistency.identity import ModelFiles
from inconsistency.nli import Scorer, load_scorer
from inconsistency.sentences import from_texts

LABELLED = ("newsroom", "features", "contradoc_full", "news_inserted")
MADE = ("newsroom", "features")  # their clean articles stand for text that a machine wrote and nobody edited
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


def score_groups(scorer: Scorer, groups: Sequence[Sequence[Case]], source: str) -> Scored:
    """Score the articles of one source, sentences capped at `LONGEST` (said in the summary)."""
    found = []
    for group in tqdm(groups, desc=source, mininterval=20):
        memory = Remembering(scorer)
        for case in group:
            sentences = from_texts(case.sentences[:LONGEST], headline=True)
            gold = [(i, j) for i, j in case.gold if j < LONGEST]
            found.append(calibration.score_article(memory, sentences, gold, source))
    return found


def score_sources(scorer: Scorer, data: Path, names: Sequence[str], count: int) -> Scored:
    """Score the fit half of several sets, `count` groups of each; absent sets are left out, and say so."""
    found: Scored = []
    for name in names:
        cases = registry.articles(registry.SETS[name], data, "fit")
        found += score_groups(scorer, whole_groups(cases, count), name)
    return found


def score_made(scorer: Scorer, data: Path, after: int) -> Scored:
    """Score the clean articles of ours in the fit half that are not in the first groups, `after` of each set."""
    found: Scored = []
    for name in MADE:
        cases = registry.articles(registry.SETS[name], data, "fit")
        clean = [c for group in whole_groups(cases, len(cases))[after:] for c in group if not c.gold]
        found += score_groups(scorer, [[case] for case in clean], name)
    return found


def is_clean(article: calibration.ScoredArticle) -> bool:
    """Whether no contradiction is known of an article."""
    return not article.gold.any() and article.missed == 0


def fit(model: str, labelled: Scored, published: Scored, made: Scored) -> list[Calibration]:
    """One decision, and a promise for each kind of text; clean twins of labelled articles are such text too."""
    known: dict[str, Scored] = {"published": [], "generated": []}
    clean: dict[str, Scored] = {"published": list(published), "generated": list(made)}
    for article in labelled:
        kind = "generated" if article.source in MADE else "published"
        known[kind].append(article)
        if is_clean(article):
            clean[kind].append(article)
    fitted = {
        "articles": dict(Counter(a.source for a in [*labelled, *published, *made])),
        "date": datetime.date.today().isoformat(),
        "sentences": f"first {LONGEST}",
        "gold_pairs": int(sum(a.gold.sum() for a in labelled)),
    }
    return calibration.fit(model, known, clean, fitted)


def summary(made: Sequence[Calibration], labelled: Scored) -> str:
    """What was fitted, for people."""
    lines = [f"gold pairs that were not read: {sum(a.missed for a in labelled)}"]
    named = [*zip(FEATURES, made[0].weights, strict=True), *made[0].kinds.items()]
    lines += [f"  {name:18s} {weight:+.3f}" for name, weight in named]
    for one in made:
        lines.append(f"{one.text_kind}: {json.dumps(one.fitted)}")
        for pairs in (100, 300, 1000):
            thresholds = {name: round(one.threshold(flags, pairs), 3) for name, flags in PRESETS.items()}
            lines.append(f"  {pairs} pairs: {thresholds}")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Fit, save, and say what was fitted on what."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--labelled", type=int, default=60, help="groups of each labelled set")
    parser.add_argument("--clean", type=int, default=110, help="articles of each clean source")
    parser.add_argument("--keep", type=Path, help="keep the scored articles here, or fit from those kept")
    args = parser.parse_args(argv)
    files, scorer = ModelFiles(args.model), load_scorer(args.model)
    if args.keep and args.keep.exists():
        read_by, scored = pickle.loads(args.keep.read_bytes())
        if read_by != files.digest():
            raise SystemExit(f"{args.keep} holds the scores of another model; give --keep a new file")
    else:
        labelled = score_sources(scorer, args.data, LABELLED, args.labelled)
        published = score_sources(scorer, args.data, CLEAN, args.clean)
        scored = labelled, published, score_made(scorer, args.data, args.labelled)
        if args.keep:
            args.keep.write_bytes(pickle.dumps((files.digest(), scored)))
    made = fit(scorer.name, *scored)
    save_calibrations([replace(one, model_digest=files.digest()) for one in made], args.model / "calibration.json")
    print(summary(made, scored[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
