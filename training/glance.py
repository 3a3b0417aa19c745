"""Teach a shipped model which pairs of an article are not worth reading: its glance, and its early head anew.

    python -m training.glance src/inconsistency/models/default --keep runs/glance.pkl

The teacher is the exported model itself, asked about pairs inside training articles and openly licensed real ones
(`--real`): the exit head for all, the last layer for those that the exit head finds worth it. It is slow, so more
articles teach by their labels alone: the labelled contradictions against pairs that are known not to contradict.
There are two pupils. The glance is decomposable attention (Parikh et al. 2016, arXiv 1606.01933) on the lower
layers' states. The early head has been trained with the network, mostly on labelled pairs; here it learns from
pairs as articles have them. Its opinion counts together with the glance's, their log odds added up. Afterwards
floors are set for both on articles that the pupils have not read: of the contradictions that the whole model holds
for clear, and that the exit head lets pass, glance and both together may lose the shares `LOSS`; of whatever
reading every pair of articles (`--read`) finds, false alarms for the most part, the shares `LOSS_READ`.

Writes `glance_sentence.onnx`, `glance_pair.onnx` and the head in `early.onnx`, the floors into `config.json`, and
what they dismiss into `export_gate.json`. Asking the teacher takes most of the time, and is kept in `--keep`;
training goes over it.
"""

from __future__ import annotations

import argparse
import json
import pickle
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import onnx

from corpora import groups, real
from corpora.groups import Group
from training import mine
from training.floors import HARD, calibrated_gold, set_floors, whole_articles
from training.lessons import Lessons, add_general, add_labels, ask, unread
from training.pupils import pair_graph, put_head, sentence_graph, teach, teach_head
from training.teacher import Teacher

FEWEST_WORDS = 4  # of a real article's sentence
JUDGED = 300  # articles that are kept aside: the labelled contradictions of all set the floors,
JUDGED_REAL = 10  # real articles that are kept aside with them


def real_articles(
    gum: Path | None, rng: random.Random
) -> tuple[list[list[str]], list[Group], list[Group]]:
    """Real articles: the texts that teach, those of them with labels of ours, and labelled ones kept aside."""
    if gum is None:
        return [], [], []
    labelled = real.gum(gum.resolve().parents[1])
    rng.shuffle(labelled)
    aside, taught = labelled[:JUDGED_REAL], labelled[JUDGED_REAL:]
    hidden = {group["headline"] for group in aside}
    published = [
        [s.text for s in sides if len(s.text.split()) >= FEWEST_WORDS]
        for sides in mine.real_sides(gum)
        if sides[0].text not in hidden
    ]
    return published, taught, aside


def lessons_of(
    args: argparse.Namespace, published: Sequence[list[str]], chosen: Sequence[Group], rng: random.Random
) -> Lessons:
    """What the teacher said, now or in a run before; with `--more`, both."""
    kept = args.keep is not None and args.keep.exists()
    lessons: Lessons = pickle.loads(args.keep.read_bytes()) if kept else Lessons()
    if not kept or args.more:
        ask(Teacher(args.model), lessons, published, chosen, args.minutes, rng)
        if args.keep:
            args.keep.write_bytes(pickle.dumps(lessons))
    return lessons


def add_pupils(args: argparse.Namespace, lessons: Lessons, others: Sequence[Group]) -> dict[str, float]:
    """Let labels teach too, teach both pupils, put them into the folder; say how much they have read."""
    scorer = Teacher(args.model)
    asked = lessons.articles
    # Generators of their own: the same pairs whether the teacher's answers were kept or are new.
    add_labels(lessons, scorer, others[: args.labels], random.Random(args.seed + 1))
    in_articles = len(lessons.pairs)
    if args.rows:
        add_general(lessons, scorer, args.rows, args.general, random.Random(args.seed + 2))
    general = len(lessons.pairs) - in_articles
    print(
        f"{in_articles} pairs of {lessons.articles} articles, the teacher asked about {asked} and {lessons.real} "
        f"real ones; {general} general pairs"
    )
    put_head(args.model / "early.onnx", teach_head(lessons, args.seed))
    net = teach(lessons, args.epochs, args.seed)
    for part, made in (("sentence", sentence_graph(net)), ("pair", pair_graph(net))):
        onnx.checker.check_model(made)
        onnx.save(made, args.model / f"glance_{part}.onnx")
    config = json.loads((args.model / "config.json").read_text()) | {"glance": {"exit": HARD, "floor": 0.0}}
    (args.model / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    figures = {"glance_articles": lessons.articles, "glance_asked": asked, "glance_real": lessons.real}
    return {**figures, "glance_pairs": in_articles, "glance_general": general, "early_pairs": len(lessons.headed)}


def main(argv: list[str] | None = None) -> int:
    """Ask, teach, write, set the floors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path, help="an exported folder; it gets the glance")
    parser.add_argument("--minutes", type=float, default=15, help="how long the teacher is asked")
    parser.add_argument("--real", type=Path, help="gum.jsonl.gz: its open genres, the half that is not measured")
    parser.add_argument("--labels", type=int, default=700, help="articles that teach by their labels")
    parser.add_argument("--rows", type=Path, help="rows.jsonl of a mixture: general pairs teach by their labels")
    parser.add_argument("--general", type=int, default=24_000, help="how many of them")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="keep the teacher's answers here, or take those kept")
    parser.add_argument("--more", action="store_true", help="ask on, about other articles than those kept")
    parser.add_argument("--first", default="", help="ask about made articles whose id begins so before others")
    parser.add_argument("--read", type=float, default=8, help="minutes of reading whole articles for the floors")
    parser.add_argument("--floors-only", action="store_true", help="set the floors of the glance that is there")
    args = parser.parse_args(argv)
    rng = random.Random(args.seed)
    chosen = [*groups.features("train"), *groups.newsroom("train"), *groups.outcomes("train")]
    rng.shuffle(chosen)
    # Set aside first, so that no pupil of this run reads them; a run before may have, with other articles drawn.
    known = args.keep is not None and args.keep.exists()
    published, written, aside = real_articles(args.real, random.Random(args.seed))
    teaching = [*written, *sorted(chosen[JUDGED:], key=lambda g: not str(g["id"]).startswith(args.first))]
    lessons = lessons_of(args, published, teaching, rng) if known or not args.floors_only else Lessons()
    others = unread(lessons, chosen)
    figures = {} if args.floors_only else add_pupils(args, lessons, others[JUDGED:])
    data = args.real.resolve().parents[1] if args.real else None
    articles = whole_articles(args.model, data, others[:JUDGED])
    judged = [*others[:JUDGED], *aside]
    figures |= set_floors(args.model, judged, calibrated_gold(data), articles, args.read)
    gate = args.model / "export_gate.json"
    old = json.loads(gate.read_text()) if gate.exists() else {}
    gate.write_text(json.dumps(old | figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
