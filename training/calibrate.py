"""Fit what turns scores into decisions: the candidate gate, the decision, the false-flag curve.

    python -m training.calibrate src/inconsistency/models/default --data ../shared/data
    python -m training.calibrate src/inconsistency/models/default --gate-only

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
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from corpora import groups, registry
from corpora.cases import Case, spread
from inconsistency import calibration
from inconsistency.cues import read_cues
from inconsistency.decision import FEATURES, Calibration, Growth, load_calibration, save_calibration
from inconsistency.identity import ModelFiles
from inconsistency.nli import load_scorer
from inconsistency.pairs import FEATURES as GATE_FEATURES
from inconsistency.pairs import GateModel, SentencePair, candidate_pairs, is_label, wording
from inconsistency.sentences import Sentence
from training.remember import Remembering

LABELLED = ("newsroom", "features", "contradoc_full", "news_inserted")
CLEAN = ("bbc", "web_2014", "abc", "xsum_cnn", "wire_1998", "wsj", "brown")
LONGEST = 60  # sentences of an article that are read
KEEP = 0.998  # share of gold pairs that the gate keeps on the articles it is fitted on


def fit_gate(keep: float = KEEP) -> GateModel:
    """Fit the gate on the training articles: gold pairs against all others."""
    from sklearn.linear_model import LogisticRegression

    rows, gold = [], []
    chosen = [*groups.features("train"), *groups.newsroom("train")[::4]]
    for article in groups.articles(chosen):
        found = candidate_pairs(calibration.as_sentences(article.sentences), None, None)
        for pair in found.pairs:
            is_gold = (pair.first.index, pair.second.index) in article.gold
            # One pair in eight of the others is plenty, and keeps this in memory.
            if is_gold or (pair.first.index * 31 + pair.second.index) % 8 == 0:
                rows.append(pair.features)
                gold.append(is_gold)
    x, y = np.array(rows), np.array(gold)
    model = LogisticRegression(class_weight="balanced", max_iter=1000).fit(x, y)
    scores = x @ model.coef_[0] + model.intercept_[0]
    threshold = float(np.quantile(scores[y], 1 - keep))
    kept = float((scores[~y] >= threshold).mean())
    print(f"gate: {int(y.sum())} gold pairs, keeps {keep:.1%} of them and {kept:.1%} of the others")
    print({n: round(float(w), 2) for n, w in zip(GATE_FEATURES, model.coef_[0], strict=True)})
    weights = tuple(round(float(w), 4) for w in model.coef_[0])
    return GateModel(weights, round(float(model.intercept_[0]), 4), round(threshold, 4))


def kept_gate(path: Path) -> GateModel | None:
    """The gate of a calibration file, whose decision may be of features that are no more; None without one."""
    found = json.loads(path.read_text(encoding="utf-8"))["gate"] if path.exists() else None
    return GateModel(tuple(found["weights"]), found["intercept"], found["threshold"]) if found else None


def whole_groups(cases: Sequence[Case], count: int) -> list[list[Case]]:
    """All articles of the first `count` groups in an order drawn once; twins share most of their pairs."""
    order = {c.group: None for c in spread(cases, len(cases), seed=7)}
    members: dict[str, list[Case]] = {name: [] for name in list(order)[:count]}
    for case in cases:
        if case.group in members:
            members[case.group].append(case)
    return list(members.values())


def score_groups(
    scorer: object, groups_: Sequence[Sequence[Case]], gate: GateModel, source: str, floor: float
) -> list[calibration.ScoredArticle]:
    """Score the articles of one source, sentences capped at `LONGEST` (said in the summary)."""
    found = []
    for group in tqdm(groups_, desc=source, mininterval=20):
        memory = Remembering(scorer)
        for case in group:
            sentences = calibration.as_sentences(case.sentences[:LONGEST])
            gold = [(i, j) for i, j in case.gold if j < LONGEST]
            name = f"{source}/{case.group}"
            found.append(calibration.score_article(memory, sentences, gold, gate, source, floor, name))
    return found


def reread(article: calibration.ScoredArticle) -> calibration.ScoredArticle:
    """A kept article whose words are read anew: the cues of its pairs, and whether they state anything."""

    def silent(s: Sentence) -> bool:
        return s.role != "headline" and is_label(s.text)

    def again(pair: SentencePair) -> SentencePair:
        return replace(pair, first_cues=read_cues(pair.first.text), second_cues=read_cues(pair.second.text))

    def meet(pair: SentencePair) -> bool:
        differing = wording(pair.first.text) != wording(pair.second.text)
        return differing and not silent(pair.first) and not silent(pair.second)

    left = [k for k, s in enumerate(article.scored) if meet(s.pair)]
    scored = tuple(article.scored[k]._replace(pair=again(article.scored[k].pair)) for k in left)
    return replace(article, scored=scored, gold=article.gold[left])


def gold_dismissed(scorer: object, articles: Sequence[Case], floor: float) -> str:
    """How many labelled pairs the quick opinion dismisses, in words."""
    if not hasattr(scorer, "screen"):
        return "no quick opinion: every pair that passes the gate is scored"
    texts = [(c.sentences[i], c.sentences[j]) for c in articles for i, j in sorted(c.gold)]
    quick = np.array(scorer.screen(texts))
    return f"{int((quick < floor).sum())} of {len(texts)} labelled pairs dismissed by the floor {floor}"


def main(argv: list[str] | None = None) -> int:
    """Fit, save, and say what was fitted on what."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--gate-only", action="store_true")
    parser.add_argument("--labelled", type=int, default=30, help="groups of each labelled set")
    parser.add_argument("--floor", type=float, default=0.1, help="quick opinion from which a pair is scored")
    parser.add_argument("--clean", type=int, default=30, help="articles of each clean source")
    parser.add_argument("--keep", type=Path, help="keep the scored articles here, or fit from those kept")
    args = parser.parse_args(argv)
    out = args.model / "calibration.json"
    if args.gate_only:
        old = load_calibration(out) if out.exists() else None
        flat = (Growth(0.5, ((1, 1), (10, 10))),)
        blank = Calibration("none", (1.0,) + (0.0,) * (len(FEATURES) - 1), 0.0, 0.0, 0.0, flat,
                            (0.5, 0.9), (1e-2, 1e-4), None, {})
        base = old or blank
        values = {f: getattr(base, f) for f in base.__slots__} | {"gate": fit_gate()}
        save_calibration(Calibration(**values), out)
        return 0
    gate = kept_gate(out) or fit_gate()
    files, scorer = ModelFiles(args.model), load_scorer(args.model)
    labelled, clean, sources = [], [], {}
    kept = args.keep is not None and args.keep.exists()
    if kept:
        labelled, clean = ([reread(a) for a in articles] for articles in pickle.loads(args.keep.read_bytes()))
        for article in [*labelled, *clean]:
            sources[article.source] = sources.get(article.source, 0) + 1
    for names, count, into in () if kept else ((LABELLED, args.labelled, labelled), (CLEAN, args.clean, clean)):
        for name in names:
            cases = registry.load(registry.SETS[name], args.data, "fit")
            if cases is None:
                continue
            chosen = whole_groups(cases, count)
            found = score_groups(scorer, chosen, gate, name, args.floor)
            print(name, gold_dismissed(scorer, [c for g in chosen for c in g], args.floor), flush=True)
            into += found
            sources[name] = len(found)
    if args.keep and not kept:
        args.keep.write_bytes(pickle.dumps((labelled, clean)))
    clean += [a for a in labelled if not a.gold.any() and a.missed == 0]
    fitted = {"articles": sources, "date": datetime.date.today().isoformat()}
    fitted |= {"sentences": f"first {LONGEST}", "gold_pairs": int(sum(a.gold.sum() for a in labelled))}
    made = calibration.fit(scorer.name, labelled, clean, gate, args.floor, fitted)
    save_calibration(replace(made, model_digest=files.digest()), out)
    lost = sum(a.missed + int(a.gold[~calibration.in_full(a, made.second_floor)].sum()) for a in labelled)
    grown = [astuple(g) for g in made.growth]
    print(json.dumps(fitted | {"floors": (made.screen_floor, made.second_floor), "growth": grown}))
    print(f"gold pairs missed before scoring: {sum(a.missed for a in labelled)}; with the second floor: {lost}")
    for name, weight in zip(FEATURES, made.weights, strict=True):
        print(f"  {name:15s} {weight:+.3f}")
    for pairs in (100, 300, 1000):
        print(pairs, "pairs:", {f: round(made.threshold(f, pairs), 3) for f in (0.05, 0.1, 0.5)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
