"""What the detector says of some hundred articles, kept to be compared with after a change that must not show.

    python tests/recorded.py --write runs/recorded.json --data ../shared/data   # before
    python tests/recorded.py --compare runs/recorded.json --data ../shared/data # after

`recorded.json` beside this file holds a sample of it, of articles that lie in the repository; `test_recorded.py`
compares that. Whoever changes an answer on purpose writes the sample anew and says in the changelog what differs.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from inconsistency import Detector, Report
from inconsistency.nli import NliScores, load_scorer

Pair = tuple[str, str]

ROOT = Path(__file__).parents[1]
SAMPLE = Path(__file__).with_name("recorded.json")
PRESETS = ("strict", "default", "broad")
TOLERANCE = 1e-6
REAL = {"abc": 70, "web_2014": 25, "bbc": 25, "wsj": 15, "gum": 15}  # source -> articles
LONGEST = 3000  # characters of a real article: what is recorded has to be read three times
ODD = (
    "One sentence only.",
    "No full stop at the end\nand a line that goes on",
    "“Nobody was hurt,” she said. “Three people were hurt,” she said. “Nobody was hurt,” she said.",
    "Photo: Ann Lee\n\nAdvertisement\n\nThe mill closed on Monday.\n\nRead more: ten mills\n\nThe mill never closed.",
    "De brug is open. Die Brücke ist gesperrt. Le pont est ouvert. The bridge is open. The bridge is closed.",
    "\ufeffThe fire killed 14 people.\r\n\r\nAll 41 people in the house survived.\r\n",
    "1. Peel the apples. 2. Don't peel the apples. 3. Bake for 40 minutes. 4. Bake for 14 minutes.",
    "A 👩‍👩‍👧 family of three won. A family of five won £2m (€2.3m; ¥400m) on 3.4.2019 at 5 p.m. " * 3,
)


def articles(data: Path | None, made: int) -> Iterator[tuple[str, str, str | None]]:
    """(id, text, headline): odd ones, `made` ones of our own, and real ones where there is a data folder."""
    for number, text in enumerate(ODD):
        yield f"odd/{number}", text, None
    files = sorted(ROOT.rglob("newsroom.jsonl.gz"))
    with gzip.open(files[0], "rt", encoding="utf-8") as lines:
        groups = [g for g in map(json.loads, lines) if g["role"] == "tune"][:made]
    for group in groups:
        yield f"{group['id']}/clean", " ".join(group["sentences"]), group["headline"]
        swapped = next((c for c in group["contradictions"] if c["replaces"] is not None and c["replaces"] >= 0), None)
        if swapped:
            body = [*group["sentences"]]
            body[swapped["replaces"]] = swapped["sentence"]
            yield f"{group['id']}/swapped", " ".join(body), group["headline"]
    for source, count in REAL.items() if data else ():
        with gzip.open(data / "news" / f"{source}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for _, row in zip(range(count), map(json.loads, lines), strict=False):
                yield f"{source}/{row['id']}", row["text"][:LONGEST], row.get("title")


def told(report: Report) -> dict[str, Any]:
    """What must not change of a report."""
    pairs = [
        {
            "pair": [c.first.index, c.second.index],
            "probability": c.probability,
            "kind": c.evidence.kind if c.evidence else None,
            "explanation": c.evidence.explanation if c.evidence else None,
        }
        for c in report.contradictions
    ]
    return {"score": report.score, "threshold": report.threshold, "pairs": pairs}


def record(data: Path | None, made: int) -> dict[str, Any]:
    """Every article's answer at each preset."""
    scorer: Any = load_scorer("default")
    scorer.score = once(scorer.score)
    detectors = {p: Detector(model="default", false_flags=p) for p in PRESETS}
    for detector in detectors.values():
        detector.scorer = scorer  # one model in memory
    found: dict[str, Any] = {}
    for name, text, headline in articles(data, made):
        found[name] = {p: told(d.check(text, headline=headline)) for p, d in detectors.items()}
    return found


def once(score: Callable[[Sequence[Pair]], Sequence[NliScores]]) -> Callable[[Sequence[Pair]], list[NliScores]]:
    """The same scores, each pair read once although every preset asks for it."""
    known: dict[Pair, NliScores] = {}

    def remembered(pairs: Sequence[Pair]) -> list[NliScores]:
        new = [pair for pair in dict.fromkeys(pairs) if pair not in known]
        known.update(zip(new, score(new), strict=True))
        return [known[pair] for pair in pairs]

    return remembered


def differences(before: Any, after: Any, tolerance: float = TOLERANCE, at: str = "") -> list[str]:
    """Where two records differ: numbers by more than the tolerance, all else at all."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted(set(before) | set(after))
        return [d for k in keys for d in differences(before.get(k), after.get(k), tolerance, f"{at}/{k}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        both = enumerate(zip(before, after, strict=True))
        return [d for k, pair in both for d in differences(*pair, tolerance, f"{at}/{k}")]
    if isinstance(before, float) and isinstance(after, float | int):
        return [] if abs(before - after) <= tolerance else [f"{at}: {before} -> {after}"]
    return [] if before == after else [f"{at}: {before!r} -> {after!r}"]


def main(argv: list[str] | None = None) -> int:
    """Write a record, or compare with one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", type=Path)
    action.add_argument("--compare", type=Path)
    parser.add_argument("--data", type=Path, help="data folder with news/; without it, our own articles alone")
    parser.add_argument("--made", type=int, default=75, help="groups of short articles, two articles of each")
    args = parser.parse_args(argv)
    found = record(args.data, args.made)
    if args.write:
        args.write.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        print(f"{len(found)} articles recorded")
        return 0
    different = differences(json.loads(args.compare.read_text(encoding="utf-8")), found)
    print("\n".join(different) or f"{len(found)} articles: no difference")
    return bool(different)


if __name__ == "__main__":
    sys.exit(main())
