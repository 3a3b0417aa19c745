"""Find what a model suspects in articles that do not contradict themselves, and write it as training pairs.

    python -m training.mine src/inconsistency/models/default --out runs/mined.jsonl --news $DATA \
        --sources prosecutors congress_releases senate_2005_2007 --articles 400
    python -m training.mine src/inconsistency/models/default --out runs/mined_made.jsonl

With `--news` it reads published articles that may be trained on, else this project's own. What it suspects there
need not be read by anybody: of 2,207 such pairs careful readers called none a contradiction (INDEX.md of the data
folder). OUT holds a line an article, `article` and its `rows`, hardest first; a run broken off goes on there.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from corpora import edits, groups
from corpora.cases import Case, spread
from corpora.files import DataFolder, read_rows
from corpora.groups import Row, Side
from inconsistency import Detector
from inconsistency.sentences import split

EXTRAS = 3  # sentences of a made article's compatible ones and restatements that are added to it
LONGEST = 60  # sentences of an article that are read


def made(rng: random.Random) -> Iterator[Case]:
    """This project's articles to train on, some of what is compatible with each added."""
    for group in groups.features("train") + groups.newsroom("train"):
        extra = [c["sentence"] for c in group["compatible"] if c.get("replaces") is None]
        extra += [r["sentence"] for r in group["restatements"]]
        rng.shuffle(extra)
        texts = (group["headline"], *group["sentences"], *extra[:EXTRAS])
        yield Case(group["id"], group["id"], texts, headline=True)


def published(folder: Path, source: str) -> Iterator[Case]:
    """Articles of a source, without those that training is judged on and what is furniture."""
    for row in DataFolder(folder).news(source):
        if edits.role(row["id"]) == "train":
            found = [s for s in split(row["text"], headline=row["headline"]) if s.role != "furniture"]
            texts = tuple(" ".join(s.text.split()) for s in found)
            yield Case(row["id"], row["id"], texts[:LONGEST], headline=bool(row["headline"]))


def suspected(detector: Detector, case: Case, least: float, most: int) -> list[tuple[float, Row]]:
    """Pairs of an article to which the detector gives at least that probability, the highest first."""
    report = detector.check_sentences(case.sentences, headline=case.headline, threshold=least)

    def side(index: int) -> Side:
        return Side(case.sentences[index], case.sentences[index - 1] if index else "")

    return [
        (c.probability, Row(side(c.first.index), side(c.second.index), "not_contradiction", "mined"))
        for c in report.contradictions[:most]
    ]


def mine(detector: Detector, articles: list[Case], out: Path, least: float, most: int) -> int:
    """Write what the detector suspects in articles that OUT does not have yet; give the number of pairs."""
    done = {line["article"] for line in read_rows(out)} if out.exists() else set()
    found = 0
    with out.open("a", encoding="utf-8") as lines:
        for case in tqdm([a for a in articles if a.id not in done], mininterval=20):
            rows = suspected(detector, case, least, most)
            told = [asdict(row) | {"probability": round(p, 3)} for p, row in rows]
            lines.write(json.dumps({"article": case.id, "rows": told}, ensure_ascii=False) + "\n")
            lines.flush()
            found += len(rows)
    return found


def main(argv: list[str] | None = None) -> int:
    """Read the articles and write what looks contradicting and is not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path, help="an exported model's folder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--news", type=Path, help="the data folder; without it this project's articles are read")
    parser.add_argument("--sources", nargs="+", default=list(edits.SOURCES), help="sources of news")
    parser.add_argument("--articles", type=int, default=500, help="most articles of a source, or of ours")
    parser.add_argument("--least", type=float, default=0.01, help="least probability of a pair that is kept")
    parser.add_argument("--most", type=int, default=8, help="most pairs kept of one article")
    parser.add_argument("--threads", type=int)
    args = parser.parse_args(argv)
    rng = random.Random(0)
    pools = [list(published(args.news, name)) for name in args.sources] if args.news else [list(made(rng))]
    articles = [case for pool in pools for case in spread(pool, args.articles, seed=7)]
    detector = Detector(args.model, evidence=False, threads=args.threads)
    found = mine(detector, articles, args.out, args.least, args.most)
    print(f"{len(articles)} articles, {found} pairs more -> {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
