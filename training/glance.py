"""Teach a shipped model's glance: a quick opinion by which the pairs of an article are ranked before any is read.

    python -m training.glance src/inconsistency/models/default --data ../shared/data --keep runs/glance.pkl \
        --rows runs/reader_rows/rows.jsonl

The glance is decomposable attention (Parikh et al. 2016, arXiv 1606.01933) on the lower layers' states. Its
teacher is the exported model itself, asked about pairs inside training articles and published ones (`--data`): the
exit head about all, the joint reader about those that the exit head suspects. It is slow, so more articles teach
by their labels alone, and general pairs do (`--rows`).

Writes `glance_sentence.onnx` and `glance_pair.onnx`, and into `export_gate.json` how many contradictions, in
articles that nothing is trained on, it ranks so high that they are looked at (`--judge` does that alone). Asking
the teacher takes most of the time, and is kept in `--keep`; training goes over it.
"""

from __future__ import annotations

import argparse
import json
import math
import pickle
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpora import edits, groups
from corpora.cases import half, spread
from corpora.groups import Group
from inconsistency.scoring import SCREENED, SCREENED_A_SENTENCE
from training import mine, pupils
from training.lessons import Lessons, Teacher, add_general, add_labels, ask, unread

JUDGED = 40  # articles that judge the glance


def published_texts(data: Path, count: int) -> list[list[str]]:
    """The sentences of published articles that may be trained on, so many of each source."""
    pools = [list(mine.published(data, name)) for name in edits.SOURCES]
    found = [list(case.sentences) for pool in pools for case in spread(pool, count, seed=7)]
    return [texts for texts in found if len(texts) > 1]


def edited(data: Path) -> list[Group]:
    """Published articles with contradictions written for them, and twins that are none, as labelled articles."""

    def labelled(group: Group) -> Group:
        twins = [{"sentence": e["twin"], "about": e["conflicts_with"][0]} for e in group["edits"]]
        return {**group, "contradictions": group["edits"], "compatible": twins, "restatements": []}

    return [labelled(group) for group in edits.groups(data, "train")]


def lessons_of(
    args: argparse.Namespace, teacher: Teacher, articles: Sequence[Group | list[str]], rng: random.Random
) -> Lessons:
    """What the teacher said, now or in a run before; with `--more`, both."""
    kept = args.keep is not None and args.keep.exists()
    lessons: Lessons = pickle.loads(args.keep.read_bytes()) if kept else Lessons()
    if not kept or args.more:
        ask(teacher, lessons, articles, args.minutes, rng)
        if args.keep:
            args.keep.write_bytes(pickle.dumps(lessons))
    return lessons


def swapped_in(group: Group) -> list[tuple[list[str], dict[str, Any]]]:
    """Sentences of an article with a contradiction swapped in, and that one, for each that replaces a sentence."""
    found = []
    for c in group["contradictions"]:
        if c["replaces"] is not None:
            texts = [group["headline"], *group["sentences"]]
            texts[c["replaces"] + 1] = c["sentence"]
            found.append((texts, c))
    return found


def noticed(teacher: Teacher, chosen: Sequence[Group]) -> dict[str, float]:
    """Of contradictions swapped into articles, how many the glance ranks among the pairs that are looked at."""
    gold = kept = 0
    for group in chosen:
        articles = swapped_in(group)
        pairs = [[(a, b) for i, a in enumerate(texts) for b in texts[i + 1 :]] for texts, _ in articles]
        every = list(dict.fromkeys(pair for own in pairs for pair in own))
        score = dict(zip(every, teacher.prefilter(every), strict=True))
        for (texts, c), own in zip(articles, pairs, strict=True):
            looked_at = max(SCREENED, math.ceil(SCREENED_A_SENTENCE * len(texts)))
            likeliest = sorted(own, key=score.__getitem__, reverse=True)[:looked_at]
            wanted = {texts[at + 1] for at in c["conflicts_with"]}
            gold += 1
            kept += any(c["sentence"] in pair and wanted & set(pair) for pair in likeliest)
    return {"glance_gold": gold, "glance_noticed": kept}


def taught(args: argparse.Namespace) -> dict[str, float]:
    """Ask the teacher, let labels teach too, put the glance into the folder; say how much it has read."""
    rng = random.Random(args.seed)
    labelled = [*groups.features("train"), *groups.newsroom("train"), *groups.outcomes("train")]
    rng.shuffle(labelled)
    articles: list[Group | list[str]] = [*labelled]
    if args.data:
        articles += [*edited(args.data), *published_texts(args.data, args.published)]
    rng.shuffle(articles)
    teacher = Teacher(args.model)
    lessons = lessons_of(args, teacher, articles, rng)
    others = unread(lessons, labelled)
    figures: dict[str, float] = {"glance_asked": lessons.articles, "glance_published": lessons.published}
    # Generators of their own: the same pairs whether the teacher's answers were kept or are new.
    add_labels(lessons, teacher, others[: args.labels], random.Random(args.seed + 1))
    figures |= {"glance_articles": lessons.articles, "glance_pairs": len(lessons.pairs)}
    if args.rows:
        add_general(lessons, teacher, args.rows, args.general, random.Random(args.seed + 2))
    figures["glance_general"] = len(lessons.pairs) - figures["glance_pairs"]
    pupils.write(pupils.teach(lessons, args.epochs, args.seed), args.model)
    return figures


def main(argv: list[str] | None = None) -> int:
    """Ask, teach, write, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path, help="an exported folder; its glance is written anew")
    parser.add_argument("--minutes", type=float, default=15, help="how long the teacher is asked")
    parser.add_argument("--data", type=Path, help="the data folder: its published articles that may be trained on")
    parser.add_argument("--published", type=int, default=30, help="articles of each of its sources")
    parser.add_argument("--labels", type=int, default=700, help="articles that teach by their labels")
    parser.add_argument("--rows", type=Path, help="rows.jsonl of a mixture: general pairs teach by their labels")
    parser.add_argument("--general", type=int, default=24_000, help="how many of them")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="keep the teacher's answers here, or take those kept")
    parser.add_argument("--more", action="store_true", help="ask on, about other articles than those kept")
    parser.add_argument("--judge", action="store_true", help="judge the glance that is there, and teach nothing")
    args = parser.parse_args(argv)
    figures = {} if args.judge else taught(args)
    # The other half of the articles kept aside is the benchmark's.
    aside = [group for group in groups.features("tune") if half(group["id"]) == "fit"]
    figures |= noticed(Teacher(args.model), random.Random(args.seed).sample(aside, min(JUDGED, len(aside))))
    gate = args.model / "export_gate.json"
    old = json.loads(gate.read_text()) if gate.exists() else {}
    gate.write_text(json.dumps(old | figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
