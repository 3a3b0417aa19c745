"""How often the kind of conflict and the clashing words are right.

    PYTHONPATH=src python benchmarks/evidence.py --output benchmarks/results/evidence.json
    PYTHONPATH=src python benchmarks/evidence.py --fit          # refit weights.json

Kinds are measured on the newsroom groups of role "tune"; `--fit` reads only those of role "train".
Span overlap is measured on pairs that differ by one edit, against the words that differ, at most
`--limit` pairs of a set. There the shipped way of comparing nearly alike sentences word by word
is right by construction, so the same figure without it is given beside it; judge by that one.
`--model` adds the share of pairs with clashing words, and the span overlap without the
comparison of words, when that model is asked as well (slow: `--model-limit` pairs of each set).
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import itertools
import json
import platform
import shlex
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inconsistency.evidence import KINDS, Evidence, explain_all
from inconsistency.evidence._align import changes
from inconsistency.evidence._rules import Reading, findings
from inconsistency.evidence._weigh import features
from inconsistency.nli import NliScores, Scorer
from inconsistency.nli.loading import load_scorer
from inconsistency.sentences import Sentence

TARGET_KINDS = ("number", "date_time", "place", "negation", "status_alive_dead")
SPAN_SETS = {"wikifactcheck_neg": "train", "breaking_nli": "test", "summedits": "tune"}
FLAGGED = NliScores(entailment=0.0, neutral=0.0, contradiction=1.0)
MIN_ROWS, REGULARISATION, LEAST_WEIGHT = 20, 0.03, 0.05


def labelled_pairs(load: Any, role: str) -> Iterator[tuple[str, str, str]]:
    """(sentence, contradicting sentence, kind); kinds that the library does not name are other."""
    for group in load.newsroom():
        if group["role"] == role:
            for row in group["contradictions"]:
                at = row["conflicts_with"][0]
                first = group["headline"] if at < 0 else group["sentences"][at]
                kind = row["kind"] if row["kind"] in KINDS else "other"
                yield first, row["sentence"], kind


def explained(
    pairs: list[tuple[str, str]], compare_words: bool = True, scorer: Scorer | None = None
) -> list[Evidence]:
    """Evidence of pairs; without a scorer they pass for flagged, with one they get its scores."""
    forward = backward = [FLAGGED] * len(pairs)
    if scorer:
        forward, backward = scorer.score(pairs), scorer.score([(b, a) for a, b in pairs])
    flagged = [
        (Sentence(0, a, 0, len(a)), Sentence(1, b, 0, len(b)), f, back)
        for (a, b), f, back in zip(pairs, forward, backward, strict=True)
    ]
    return explain_all(flagged, scorer, compare_words=compare_words)


def kinds(load: Any) -> dict[str, Any]:
    """Accuracy of kinds, with the confusion matrix, and over the pairs given a kind at all."""
    rows = list(labelled_pairs(load, "tune"))
    began = time.perf_counter()
    evidence = explained([(a, b) for a, b, _ in rows])
    seconds = time.perf_counter() - began
    matrix: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for (_, _, kind), found in zip(rows, evidence, strict=True):
        matrix[kind][found.kind] += 1
    hits = {k: row[k] for k, row in matrix.items()}
    named = sum(sum(n for p, n in row.items() if p != "other") for row in matrix.values())
    target = sum(sum(matrix[k].values()) for k in TARGET_KINDS)
    right_named = sum(n for k, n in hits.items() if k != "other")
    given = Counter(e.kind for e in evidence)
    return {
        "pairs": len(rows),
        "accuracy": round(sum(hits.values()) / len(rows), 3),
        "accuracy_target_kinds": round(sum(hits[k] for k in TARGET_KINDS) / target, 3),
        "share_given_a_kind": round(named / len(rows), 3),
        "accuracy_where_given": round(right_named / named, 3) if named else None,
        "recall": {k: round(hits[k] / max(1, sum(matrix[k].values())), 3) for k in KINDS},
        "precision": {k: round(hits[k] / max(1, given[k]), 3) for k in KINDS},
        "with_clashing_words": round(sum(bool(e.clashes) for e in evidence) / len(rows), 3),
        "milliseconds_a_pair": round(1000 * seconds / len(rows), 2),
        "confusion": {k: dict(row.most_common()) for k, row in matrix.items()},
    }


def spans(load: Any, limit: int) -> dict[str, Any]:
    """Character overlap F1 of clashing words on single-edit contradictions."""
    outcome: dict[str, Any] = {}
    for name in SPAN_SETS:
        pairs = edited_pairs(load, name, limit)
        outcome[name] = {
            "pairs": len(pairs),
            "f1": span_f1(pairs, compare_words=True),
            "f1_without_word_comparison": span_f1(pairs, compare_words=False),
        }
    return outcome


def edited_pairs(load: Any, name: str, limit: int) -> list[tuple[str, str]]:
    """Contradictions among a set's first rows of its role that one edit makes."""
    rows = (
        (r["premise"], r["hypothesis"])
        for r in load.pairs(name)
        if r["role"] == SPAN_SETS[name] and r["label"] == "contradiction"
    )
    return [(a, b) for a, b in itertools.islice(rows, limit) if edited(a, b)]


def edited(first: str, second: str) -> list[Any] | None:
    """The changed words of a pair that one edit tells apart; None or empty for other pairs."""
    found = changes(Reading(first, second), Reading(second, first))
    return found if found and len(found) == 1 else None


def with_model(load: Any, folder: str, limit: int) -> dict[str, Any]:
    """What occlusion adds: pairs that get clashing words, and span overlap on edited pairs."""
    scorer = load_scorer(folder)
    rows = [(a, b) for a, b, _ in itertools.islice(labelled_pairs(load, "tune"), limit)]
    newsroom = explained(rows, scorer=scorer)
    outcome: dict[str, Any] = {
        "pairs": limit,
        "newsroom_with_clashing_words": round(sum(bool(e.clashes) for e in newsroom) / limit, 3),
    }
    for name in SPAN_SETS:
        pairs = edited_pairs(load, name, 4 * limit)[:limit]
        outcome[f"{name}_f1_without_word_comparison"] = span_f1(pairs, False, scorer)
    return outcome


def span_f1(
    pairs: list[tuple[str, str]], compare_words: bool, scorer: Scorer | None = None
) -> float:
    """Mean over pairs of the F1 of characters marked in both sentences."""
    total = 0.0
    for (a, b), found in zip(pairs, explained(pairs, compare_words, scorer), strict=True):
        gold: set[tuple[int, int]] = set()
        for change in edited(a, b) or []:
            for side, span in enumerate((change.first, change.second)):
                gold |= {(side, n) for n in range(span.start, span.end)} if span else set()
        marked: set[tuple[int, int]] = set()
        for clash in found.clashes[:1]:
            marked |= {(0, n) for n in range(clash.first_start, clash.first_end)}
            marked |= {(1, n) for n in range(clash.second_start, clash.second_end)}
        total += 2 * len(gold & marked) / max(1, len(gold) + len(marked))
    return round(total / max(1, len(pairs)), 3)


def fit(load: Any, path: Path) -> None:
    """Fit the table of weights on the training groups by logistic regression."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    seen, labels = [], []
    for first, second, kind in labelled_pairs(load, "train"):
        one, two = Reading(first, second), Reading(second, first)
        seen.append(features(one, two, findings(one, two)))
        labels.append(kind)
    counts = Counter(itertools.chain.from_iterable(seen))
    kept = [{f: 1 for f in sorted(row) if counts[f] >= MIN_ROWS} for row in seen]
    vectorizer = DictVectorizer()
    model = LogisticRegression(C=REGULARISATION, max_iter=300)
    model.fit(vectorizer.fit_transform(kept), labels)
    names = [str(k) for k in model.classes_]
    weights: dict[str, dict[str, float]] = {}
    for column, feature in enumerate(vectorizer.feature_names_):
        row = {k: round(float(model.coef_[n, column]), 2) for n, k in enumerate(names)}
        row = {k: w for k, w in row.items() if abs(w) >= LEAST_WEIGHT}
        if row:
            weights[feature] = row
    data = {"kinds": names, "bias": [round(float(b), 3) for b in model.intercept_]}
    rows = ",\n".join(f"  {json.dumps(f)}: {json.dumps(w)}" for f, w in sorted(weights.items()))
    head = json.dumps(data)[:-1]
    path.write_text(f'{head}, "weights": {{\n{rows}\n}}}}\n', encoding="utf-8")


def parse_args(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="data folder")
    parser.add_argument("--limit", type=int, default=2000, help="pairs of each single-edit set")
    parser.add_argument("--model", help="model folder, to measure occlusion too")
    parser.add_argument("--model-limit", type=int, default=100, help="pairs of each set for it")
    parser.add_argument("--output", type=Path, help="where to write the results as JSON")
    parser.add_argument("--fit", action="store_true", help="fit weights.json, measure nothing")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Measure, or fit."""
    args = parse_args(argv)
    sys.path.insert(0, str(args.data))
    load = importlib.import_module("load")
    if args.fit:
        package = Path(sys.modules["inconsistency.evidence"].__file__ or "").parent
        fit(load, package / "weights.json")
        return 0
    results = {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "command": "python " + shlex.join(["benchmarks/evidence.py", *(argv or sys.argv[1:])]),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "kinds": kinds(load),
        "spans": spans(load, args.limit),
    }
    if args.model:
        results["with_model"] = with_model(load, args.model, args.model_limit)
    text = json.dumps(results, indent=2) + "\n"
    if args.output:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        args.output.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
