"""Judge a model: NLI accuracy on general sets, and evidence found inside whole articles.

    python -m training.evaluate src/inconsistency/models/default --data ../shared/data

In-article figures use no decision: the score of a pair is the mean P(contradiction) of both directions by the
joint reader, so that models can be compared with one another. Articles of one group share most of their pairs,
which are scored once. Of a full-length article only the `--screened` pairs that the exit head likes best are
read by it, so a gold pair that the exit head does not notice counts as missed; which share it notices is told.
Sets marked `test` are measured here and used for nothing else. Another model, such as the warm start, is judged
on the very same rows:

    python -m training.evaluate runs/warm --no-articles --sets lingnli --out training/evaluation_warm.json
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import random
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from tqdm import tqdm

from corpora import groups
from corpora.files import DataFolder
from corpora.remember import Remembering
from inconsistency.identity import ModelFiles
from inconsistency.nli import Scorer, load_scorer

# (set, role, source filter, most rows). With 400 rows MultiNLI mismatched came out at 83.5 %, with 2,000 at
# 80.1 %: small samples flatter or slander by several points, so the large sets get 2,000 rows.
GENERAL = (
    ("mnli_subset", "test", "mismatched", 2000),
    ("mnli_subset", "tune", "/dev_matched", 2000),
    ("snli_subset", "test", "", 2000),
    ("lingnli", "tune", "", 1000),
    ("anli_dev_test", "test", "r1_test", 1000),
    ("stanford_contradiction_rte3way", "test", "", 1000),
    ("breaking_nli", "test", "", 1000),
)
LABELS = ("entailment", "neutral", "contradiction")
RATES = (0.1, 0.25, 0.5, 1.0)


def accuracy(scorer: Scorer, folder: Path, name: str, role: str, part: str, count: int) -> dict[str, float]:
    """Three-way accuracy on a seeded sample of a set."""
    rows = [r for r in DataFolder(folder).pairs(name) if r["role"] == role and r["label"] in LABELS]
    rows = [r for r in rows if part in str(r.get("source", "")).lower() + str(r.get("split", "")).lower()]
    rows = random.Random(0).sample(rows, min(count, len(rows)))
    scores = scorer.score([(r["premise"], r["hypothesis"]) for r in rows])
    right = [max(LABELS, key=lambda n: getattr(s, n)) == r["label"] for s, r in zip(scores, rows, strict=True)]
    return {"rows": len(rows), "accuracy": sum(right) / max(1, len(rows))}


def judge(scorer: Scorer, article: groups.Article, screened: int | None) -> list[tuple[float, bool]]:
    """(score, is gold) of an article's pairs, best first; of those only that the exit head likes best."""
    texts = article.sentences
    pairs = [(i, j) for i in range(len(texts)) for j in range(i + 1, len(texts))]
    if screened is not None and hasattr(scorer, "screen"):
        quick = scorer.screen([(texts[i], texts[j]) for i, j in pairs])
        best = sorted(range(len(pairs)), key=lambda k: -quick[k])[:screened]
        pairs = [pairs[k] for k in best]
    ahead = scorer.score([(texts[i], texts[j]) for i, j in pairs])
    back = scorer.score([(texts[j], texts[i]) for i, j in pairs])
    means = [(a.contradiction + b.contradiction) / 2 for a, b in zip(ahead, back, strict=True)]
    return sorted(((m, p in article.gold) for m, p in zip(means, pairs, strict=True)), reverse=True)


def in_article(scorer: Scorer, chosen: list[groups.Group], screened: int | None) -> dict[str, object]:
    """Evidence figures over the articles made from some groups."""
    clean: list[list[float]] = []
    found: dict[str, list[list[tuple[float, bool]]]] = defaultdict(list)
    for group in tqdm(chosen, mininterval=20):
        memory = Remembering(scorer)
        for article in groups.articles([group]):
            ranked = judge(memory, article, screened)
            if article.gold:
                found[article.made].append(ranked)
                if screened is not None:  # only the full-length articles say what is subtle
                    found["subtle" if article.subtle else "plain"].append(ranked)
                found["all"].append(ranked)
            elif article.made == "clean":
                clean.append([score for score, _ in ranked])
    flags = np.sort(np.concatenate(clean))[::-1]
    figures: dict[str, object] = {"groups": len(chosen), "clean": len(clean)}
    for part, articles in sorted(found.items()):
        figures[part] = evidence(articles, flags, len(clean))
    return figures


def evidence(articles: list[list[tuple[float, bool]]], flags: np.ndarray, clean: int) -> dict[str, float]:
    """Top-k, hit rates at so many false flags per clean article, and the share with a gold pair read at all."""
    row: dict[str, float] = {"articles": len(articles)}
    row["noticed"] = float(np.mean([any(g for _, g in a) for a in articles]))
    for k in (1, 3, 5):
        row[f"top{k}"] = float(np.mean([any(g for _, g in a[:k]) for a in articles]))
    for rate in RATES:
        allowed = int(rate * clean)
        threshold = flags[allowed] if allowed < len(flags) else -1.0
        hits = [any(g and s > threshold for s, g in a) for a in articles]
        row[f"at_{rate}"] = float(np.mean(hits))
    return row


def main(argv: list[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--newsroom", type=int, default=18, help="groups of the short articles")
    parser.add_argument("--features", type=int, default=31, help="groups of the full-length articles")
    parser.add_argument("--screened", type=int, default=40, help="full-length: pairs scored in full")
    parser.add_argument("--sets", nargs="+", help="general sets to read, by the first word of their name")
    parser.add_argument("--no-articles", action="store_true", help="general sets only")
    parser.add_argument("--out", type=Path, help="JSON file for the figures")
    args = parser.parse_args(argv)
    start = time.time()
    scorer = load_scorer(args.model)
    figures: dict[str, object] = {"model": scorer.name, "general": {}}
    wanted = [row for row in GENERAL if not args.sets or row[0] in args.sets]
    for name, role, part, count in wanted:
        name_in_table = f"{name} {part.strip('/')}".strip()
        row = accuracy(scorer, args.data, name, role, part, count)
        figures["general"][name_in_table] = row  # type: ignore[index]
        print(f"{name_in_table:32s} {row['rows']:5d} rows  {row['accuracy']:.1%}", flush=True)
    rng = random.Random(0)
    for name, read, count, screened in () if args.no_articles else (
        ("newsroom", groups.newsroom, args.newsroom, None),
        ("features", groups.features, args.features, args.screened),
    ):
        pool = read("tune")
        figures[name] = found = in_article(scorer, rng.sample(pool, min(count, len(pool))), screened)
        print(name, json.dumps(found, indent=1), flush=True)
    figures |= {
        "command": "python -m training.evaluate " + " ".join(argv or sys.argv[1:]),
        "date": datetime.date.today().isoformat(),
        "weights": ModelFiles(args.model).digest(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "minutes": round((time.time() - start) / 60, 1),
    }
    if args.out:
        args.out.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
