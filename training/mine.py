"""Find the model's confident mistakes inside consistent articles and write them as training pairs.

    python -m training.mine EXPORTED_MODEL --out runs/mined.jsonl --real $DATA/news/gum.jsonl.gz

The most alike pairs of sentences of the training articles are screened with an exported model, and `--random`
others; pairs of a consistent article that it calls contradicting are written as `not_contradiction`, hardest
first. `--real` adds published articles under an open licence, without headings and credits: the half of GUM that
the benchmark does not measure.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from corpora import groups, real
from corpora.groups import Row, Side
from inconsistency.nli import load_scorer
from inconsistency.pairs import is_label


def consistent_sides(group: groups.Group, rng: random.Random) -> list[Side]:
    """The article, headline first, with its own compatible sentences and restatements added."""
    sides = [groups.side(group, i) for i in range(-1, len(group["sentences"]))]
    extra = [groups.extra_side(group, c) for c in group["compatible"] if c.get("replaces") is None]
    extra += [Side(r["sentence"]) for r in group["restatements"]]
    rng.shuffle(extra)
    return sides + extra[:3]


def real_sides(path: Path) -> list[list[Side]]:
    """Articles that may be trained on, headings and credits left out."""
    found = []
    for texts in real.open_articles(path).values():
        sides = [Side(t, texts[k - 1] if k else "") for k, t in enumerate(texts)]
        found.append([s for k, s in enumerate(sides) if k == 0 or not is_label(s.text)])
    return found


def screened(sides: list[Side], alike: int, others: int, rng: random.Random) -> list[tuple[Side, Side]]:
    """The `alike` pairs that share most words and `others` drawn from the rest, each in a random direction.

    List lines and captions share no word with what they are taken to contradict, so likeness alone misses them.
    """
    pairs = [(a, b) for i, a in enumerate(sides) for b in sides[i + 1 :]]
    pairs.sort(key=lambda p: -len(groups.words(p[0].text) & groups.words(p[1].text)))
    rest = pairs[alike:]
    chosen = pairs[:alike] + rng.sample(rest, min(others, len(rest)))
    return [(b, a) if rng.random() < 0.5 else (a, b) for a, b in chosen]


def main(argv: list[str] | None = None) -> int:
    """Screen the training articles and write what looks contradicting and is not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--floor", type=float, default=0.25, help="least P(contradiction) to be kept")
    parser.add_argument("--most", type=int, default=12, help="most pairs kept of one article")
    parser.add_argument("--alike", type=int, default=60, help="pairs of an article that are screened")
    parser.add_argument("--random", type=int, default=0, help="further pairs of an article, drawn at random")
    parser.add_argument("--every", type=int, default=5, help="short articles: one in this many is read")
    parser.add_argument("--offset", type=int, default=0, help="the first short article that is read")
    parser.add_argument("--real", type=Path, help="gum.jsonl.gz")
    parser.add_argument("--only-real", action="store_true", help="leave this project's own articles out")
    args = parser.parse_args(argv)
    scorer: Any = load_scorer(args.model)
    rng = random.Random(0)
    seen = kept = 0
    with args.out.open("w", encoding="utf-8") as out:
        chosen = groups.features("train") + groups.newsroom("train")[args.offset :: args.every]
        articles = [] if args.only_real else [consistent_sides(group, rng) for group in chosen]
        articles += real_sides(args.real) if args.real else []
        for sides in tqdm(articles, mininterval=20):
            pairs = screened(sides, args.alike, args.random, rng)
            scores = scorer.screen([(a.text, b.text) for a, b in pairs])
            ranked = sorted(zip(scores, range(len(pairs)), strict=True), reverse=True)[: args.most]
            for score, k in ranked:
                if score >= args.floor:
                    row = Row(*pairs[k], "not_contradiction", "mined")
                    item = asdict(row) | {"first": list(asdict(row.first).values())}
                    item["second"] = list(asdict(row.second).values())
                    out.write(json.dumps(item | {"score": round(score, 3)}, ensure_ascii=False) + "\n")
                    kept += 1
            seen += len(pairs)
            out.flush()
    print(f"{seen} pairs screened, {kept} kept")
    return 0


if __name__ == "__main__":
    sys.exit(main())
