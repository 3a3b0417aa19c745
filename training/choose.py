"""Choose the rows of a mixture that the model has yet to learn.

    python training/choose.py EXPORTED_MODEL --rows runs/stage10/rows.jsonl --share 0.25

A model that has read most of the articles before learns little from pairs it already answers with
confidence, and training on a pair costs five times what scoring it costs. Every pair of a labelled article
is scored once with the exported model; those whose right answer it gives less than `--sure` are kept, and
of the others a share, so that it does not forget them (selective backpropagation, Jiang et al. 2019, arXiv
1910.00762, asked once before the stage). General pairs are all kept: their hard ones are too often
mislabelled. The rows are replaced in place; the counts and the new hash go to the manifest beside them.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import random
import sys
from pathlib import Path

from tqdm import tqdm

from data import ARTICLES
from inconsistency.nli import NliScores, load_scorer

CHUNK = 1024  # pairs between two steps of the progress bar


def right(label: str, scores: NliScores) -> float:
    """The probability that the model gives to the row's label."""
    if label == "not_contradiction":
        return 1 - scores.contradiction
    return float(getattr(scores, label))


def main(argv: list[str] | None = None) -> int:
    """Score the article pairs of the mixture and keep what is worth training on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--rows", type=Path, required=True, help="rows.jsonl of data.py")
    parser.add_argument("--sure", type=float, default=0.8, help="right answers above this are learned")
    parser.add_argument("--share", type=float, default=0.25, help="share of the learned pairs that is kept")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    rng = random.Random(args.seed)
    rows = [json.loads(line) for line in args.rows.read_text(encoding="utf-8").splitlines()]
    asked = [r for r in rows if r["source"].startswith(ARTICLES)]
    pairs = [(r["first"]["text"], r["second"]["text"]) for r in asked]
    scorer, scores = load_scorer(args.model), []
    for start in tqdm(range(0, len(pairs), CHUNK), unit_scale=CHUNK, unit="pair"):
        scores += scorer.score(pairs[start : start + CHUNK])
    learned = {id(r) for r, s in zip(asked, scores, strict=True) if right(r["label"], s) >= args.sure}
    kept = [r for r in rows if id(r) not in learned or rng.random() < args.share]
    counts = {
        "asked": dict(collections.Counter(r["label"] for r in asked)),
        "learned": dict(collections.Counter(r["label"] for r in asked if id(r) in learned)),
        "left": len(rows) - len(kept),
        "sure": args.sure,
        "share": args.share,
    }
    text = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in kept)
    args.rows.write_text(text, encoding="utf-8")
    beside = args.rows.parent / "manifest.json"
    manifest = json.loads(beside.read_text())
    manifest |= {
        "rows": len(kept),
        "labels": dict(collections.Counter(r["label"] for r in kept)),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "chosen": counts,
    }
    beside.write_text(json.dumps(manifest, indent=1) + "\n")
    print(json.dumps(counts, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
