"""Pairs of one article as a list: what contradicts, beside the pairs of that article that look most like it.

The measure of the whole is a ranking, of an article's pairs among each other and between articles, and a loss over
lists asks for it (`training/losses.py`). Some lists hold no contradiction, as most articles do not.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from corpora.groups import Group, Row, Side, extra_side, neutral_rows, side, text_of, words

WITHOUT = 0.35  # of the lists, so many stand a second time without their contradictions
NEAR = 2  # sentences most like the contradicting one, beside which it is no contradiction
OTHERS = 3  # pairs of the article's own sentences
MOST = 2  # contradicted sentences of a list


def of_made(group: Group, source: str, rng: random.Random) -> Iterator[list[Row]]:
    """A list for each contradiction that was written for an article of ours."""
    for number, c in enumerate(group["contradictions"]):
        own = extra_side(group, c)
        wrong = [_pair(rng, own, side(group, i), "contradiction", f"{source}/{c['kind']}") for i in _few(rng, c)]
        right = [*_near(group, c, own, source, rng), *neutral_rows(group, rng, OTHERS, source)]
        about = [t for t in group["compatible"] if t["about"] in c["conflicts_with"]] or group["compatible"]
        if about:
            twin = rng.choice(about)
            beside = side(group, twin["about"])
            right.append(
                _pair(rng, extra_side(group, twin), beside, "not_contradiction", f"{source}/{twin['shape']}")
            )
        yield from _with_and_without(f"{group['id']}/{number}", wrong, right, rng)


def of_edited(group: Group, suspected: Sequence[Row], rng: random.Random) -> Iterator[list[Row]]:
    """A list for each sentence that was written to stand in a real article.

    Args:
        group: as `edits.group` gives it.
        suspected: pairs of the article that a model suspects (`training/mine.py`).
        rng: for the draws.
    """
    for number, edit in enumerate(group["edits"]):
        context = text_of(group, edit["before"]) if edit["before"] >= 0 else ""
        own, twin = Side(edit["sentence"], context), Side(edit["twin"], context)
        few = _few(rng, edit)
        wrong = [_pair(rng, own, side(group, i), "contradiction", f"edits/{edit['kind']}") for i in few]
        right = _near(group, edit, own, "edits", rng)
        hot = rng.sample(list(suspected), min(OTHERS, len(suspected)))
        right += hot or neutral_rows(group, rng, OTHERS, "edits")
        right.append(_pair(rng, twin, side(group, few[0]), "not_contradiction", f"edits/{edit['twin_shape']}"))
        yield from _with_and_without(f"{group['id']}/{number}", wrong, right, rng)


def of_suspects(article: str, rows: Sequence[Row]) -> list[Row]:
    """What a model suspects in an article that does not contradict itself."""
    return [replace(row, article=article) for row in rows]


def _few(rng: random.Random, written: Group) -> list[int]:
    """Some of the sentences that a written one contradicts."""
    wrong: list[int] = written["conflicts_with"]
    return rng.sample(wrong, min(MOST, len(wrong)))


def _near(group: Group, written: Group, own: Side, source: str, rng: random.Random) -> list[Row]:
    """A contradicting sentence beside those most like it that it does not contradict."""
    touched, mine = {*written["conflicts_with"], written["replaces"]}, words(own.text)
    free = [i for i in range(-1, len(group["sentences"])) if i not in touched]
    free.sort(key=lambda i: -len(words(text_of(group, i)) & mine))
    return [_pair(rng, own, side(group, i), "not_contradiction", f"{source}/bystander") for i in free[:NEAR]]


def _with_and_without(
    name: str, wrong: Sequence[Row], right: Sequence[Row], rng: random.Random
) -> Iterator[list[Row]]:
    yield [replace(row, article=name) for row in (*wrong, *right)]
    if rng.random() < WITHOUT:
        yield [replace(row, article=f"{name}/clean") for row in right]


def _pair(rng: random.Random, a: Side, b: Side, label: str, what: str) -> Row:
    first, second = (a, b) if rng.random() < 0.5 else (b, a)
    return Row(first, second, label, what)
