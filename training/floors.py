"""The floors below which glance and early head dismiss a pair, set on articles that neither has learned from."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from corpora import registry
from corpora.cases import spread
from corpora.groups import Group
from inconsistency import calibration
from inconsistency.pairs import candidate_pairs
from training.lessons import labelled_pairs
from training.teacher import Teacher

HARD = 0.1  # exit floor from which quicker opinions may dismiss
SURE = 0.8  # mean P(contradiction) of both directions of a clear contradiction; most flags have as much
PASSED = 0.35  # and its quick opinion: what `calibrate.py --floor` was when the shipped floors were set; 0.25 now
# Share of the clear contradictions that the glance alone may dismiss, and that it and the early head may dismiss
# together; of a few hundred, none.
LOSS = (0.004, 0.006)
# The same of whatever reading every pair finds, nearly all of it false alarms: of what it would flag, 98 in 100
# are to be left, and no more has to be.
LOSS_READ = (0.01, 0.015)
FLOOR_SETS = ("news_inserted", "contradoc_full")  # labelled real text of the half that calibration reads
WHOLE = 30  # articles of which all pairs are read, to know how many are dismissed
PUBLISHED = ("bbc", "web_2014", "abc", "xsum_cnn", "wire_1998", "wsj")  # news of the half that calibration reads
READ = 40  # sentences of an article that are read whole


def article_pairs(group: Group) -> list[tuple[str, str]]:
    """All pairs of an article with its contradictions swapped in."""
    texts = [group["headline"], *group["sentences"]]
    for c in group["contradictions"]:
        if c["replaces"] is not None:
            texts[c["replaces"] + 1] = c["sentence"]
    return [(a, b) for i, a in enumerate(texts) for b in texts[i + 1 :]]


def whole_articles(
    folder: Path, data: Path | None, made: Sequence[Group]
) -> Iterator[list[tuple[str, str]]]:
    """Articles that no pupil has read, by turns a made one and one of each source of news, as pairs.

    Of the first `READ` sentences all candidate pairs, as in use.
    """
    sources = [[[group["headline"], *group["sentences"]] for group in made]]
    for name in PUBLISHED:
        cases = registry.articles(registry.SETS[name], data, "fit") if data else []
        sources.append([list(c.sentences) for c in spread(cases, len(cases), seed=11)])
    for turn in range(max(map(len, sources))):
        for articles in sources:
            if turn < len(articles):
                sentences = calibration.as_sentences(articles[turn][:READ])
                found = candidate_pairs(sentences).pairs
                yield [(p.first.text, p.second.text) for p in found]


def clear_ones(scorer: Any, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs that the whole model holds for clear contradictions, and that the exit head lets pass."""
    passed = [pair for pair, quick in zip(pairs, scorer.screen(pairs), strict=True) if quick >= PASSED]
    ahead, back = scorer.score(passed), scorer.score([pair[::-1] for pair in passed])
    sure = [(a.contradiction + b.contradiction) / 2 >= SURE for a, b in zip(ahead, back, strict=True)]
    return [pair for pair, yes in zip(passed, sure, strict=True) if yes]


def read_whole(
    scorer: Any, articles: Iterator[list[tuple[str, str]]], minutes: float
) -> tuple[list[tuple[str, str]], dict[str, int]]:
    """What reading every pair finds clear until the time is up, and how many articles and pairs that took."""
    end, found, count = time.monotonic() + 60 * minutes, [], {"read_articles": 0, "read_pairs": 0}
    for pairs in tqdm(articles, desc="whole", mininterval=20):
        if time.monotonic() > end:
            break
        found += clear_ones(scorer, pairs)
        count["read_articles"] += 1
        count["read_pairs"] += len(pairs)
    return found, count | {"read_clear": len(found)}


def floors_of(
    seen: np.ndarray, early: np.ndarray, parts: Sequence[tuple[np.ndarray, tuple[float, float]]]
) -> dict[str, float]:
    """The highest floors of glance and early head that lose no more of any part than they may.

    A part is a mask, and the shares of it that the glance alone and both together may lose.
    """
    # "lower": between the two least of a few would lose the least.
    glance = min((float(np.quantile(seen[part], loss[0], method="lower")) for part, loss in parts), default=0.0)
    glance = math.floor(glance * 1e4) / 1e4
    least = []
    for part, (_, together) in parts:
        # The head's opinion has the glance's in it, and is asked of what the glance let pass.
        passed = early[part & (seen >= glance)]
        share = max(0.0, 1 - (1 - together) * part.sum() / len(passed))
        least.append(float(np.quantile(passed, share, method="lower")))
    return {"glance": glance, "early": math.floor(min(least, default=0.0) * 1e6) / 1e6}


def set_floors(
    folder: Path,
    chosen: Sequence[Group],
    real_gold: Sequence[tuple[str, str]],
    articles: Iterator[list[tuple[str, str]]],
    minutes: float,
) -> dict[str, float]:
    """Find the floors of glance and early head, write them into `config.json`, say what they dismiss.

    Three parts have to pass, each for itself: labelled contradictions in made articles, those in real ones
    (`real_gold`, and of `chosen` the real ones), which are fewer and harder to see, and whatever is found by
    reading `articles` whole for some minutes.
    """
    scorer = Teacher(folder)
    made = [pair for group in chosen for pair, contradict in labelled_pairs(group) if contradict]
    written = {pair for group in chosen if group.get("real") for pair, _ in labelled_pairs(group)} | set(real_gold)
    gold = list(dict.fromkeys([*made, *real_gold]))
    labelled = clear_ones(scorer, gold)
    found, figures = read_whole(scorer, articles, minutes)
    clear = [*labelled, *found]
    every = [pair for group in chosen[:WHOLE] for pair in article_pairs(group)]
    figures |= {"floor_pairs": len(gold), "floor_clear": len(labelled), "floor_every": len(every)}
    seen, early = (np.array(opinion(clear)) for opinion in (scorer.prefilter_scores, scorer.early_scores))
    ours = np.array([pair in written for pair in clear], dtype=bool)
    by_label = np.arange(len(clear)) < len(labelled)
    parts = {"made": by_label & ~ours, "real": by_label & ours, "read": ~by_label}
    losses = {name: LOSS_READ if name == "read" else LOSS for name in parts}
    floors = floors_of(seen, early, [(part, losses[name]) for name, part in parts.items() if part.any()])
    lost = (seen < floors["glance"]) | (early < floors["early"])
    figures |= {"clear_lost": int(lost[by_label].sum()), "read_clear_lost": int(lost[parts["read"]].sum())}
    figures |= {"real_clear": int(parts["real"].sum()), "real_clear_lost": int(lost[parts["real"]].sum())}
    for name, part in parts.items():
        # What each part alone would allow, to see which of them keeps the floors down.
        alone = floors_of(seen, early, [(part, losses[name])]) if part.any() else {}
        print(f"{name}: {int(part.sum())} clear, {int(lost[part].sum())} lost; alone {alone}")
    shares = {"exit_dismisses": float((np.array(scorer.screen(every)) < HARD).mean())}
    gone = np.array(scorer.prefilter_scores(every)) < floors["glance"]
    shares["glance_dismisses"] = float(gone.mean())
    shares["early_dismisses"] = float((gone | (np.array(scorer.early_scores(every)) < floors["early"])).mean())
    config = json.loads((folder / "config.json").read_text())
    for name, least in floors.items():
        config[name] = {"exit": HARD, "floor": least}
        shares[f"{name}_floor"] = least
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    return figures | shares


def calibrated_gold(data: Path | None) -> list[tuple[str, str]]:
    """Labelled contradictions in real articles that nothing is taught with: the half that calibration reads."""
    found: dict[tuple[str, str], None] = {}
    for name in FLOOR_SETS:
        for case in registry.articles(registry.SETS[name], data, "fit") if data else ():
            found |= dict.fromkeys((case.sentences[i], case.sentences[j]) for i, j in sorted(case.gold))
    return list(found)
