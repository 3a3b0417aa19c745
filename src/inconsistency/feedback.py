"""What people say of pairs: a report and an answer -> a line to keep, and lines -> labelled articles to fit on.

Each line holds its article, so that a file of them needs nothing else; the newest answer to a pair counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inconsistency.errors import InputError
from inconsistency.labelled import LabelledArticle, Pair, json_lines
from inconsistency.report import Report
from inconsistency.sentences import from_texts
from inconsistency.writable import writing


def answer(report: Report, first: int, second: int, right: bool | None) -> dict[str, Any]:
    """What is kept of one answer.

    Args:
        report: which showed the pair.
        first: index of one of the pair's sentences.
        second: index of the other.
        right: whether the two contradict each other; None takes an earlier answer back.

    Returns:
        `sentences` are those that were compared, the headline first if there is one (`headline` says so); `pair`
        and `shown`, all pairs that the report shows, are indexes into them.

    Raises:
        InputError: the report does not show this pair.
    """
    compared = [s for s in report.sentences if s.role != "furniture"]
    place = {sentence.index: n for n, sentence in enumerate(compared)}
    shown = {(place[c.first.index], place[c.second.index]): c for c in (*report.contradictions, *report.ranked)}
    pair = (place.get(min(first, second), -1), place.get(max(first, second), -1))
    if pair not in shown:
        raise InputError(f"the report does not show a pair of the sentences {first} and {second}")
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "headline": compared[0].role == "headline",
        "sentences": [s.text for s in compared],
        "pair": list(pair),
        "right": right,
        "probability": round(shown[pair].probability, 6),
        "shown": [list(p) for p in shown],
        "model": report.model,
        "version": report.version,
    }


def keep(path: Path, line: dict[str, Any]) -> None:
    """Add an answer to a file.

    Raises:
        InputError: it cannot be written.
    """
    # Escaped, since a text may hold half an emoji, for which UTF-8 has no bytes.
    with writing(path), path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


@dataclass(slots=True)
class _Answered:
    """An article with the answers to its pairs."""

    shown: set[Pair] = field(default_factory=set)
    answers: dict[Pair, bool] = field(default_factory=dict)


def answered_articles(path: Path) -> list[LabelledArticle]:
    """Articles of a file of answers.

    Pairs called right are `gold`. Those that were shown and not answered are `unknown`: nobody has said that they
    are wrong. An article whose answers were all taken back is left out.

    Raises:
        InputError: the file cannot be read, or a line is no answer.
    """
    articles: dict[tuple[bool, tuple[str, ...]], _Answered] = {}
    for number, line in json_lines(path):
        try:
            key = (bool(line["headline"]), tuple(map(str, line["sentences"])))
            (one, other), right = map(int, line["pair"]), line["right"]
            shown = {(int(i), int(j)) for i, j in line["shown"]}
            if not 0 <= one < other < len(key[1]) or right not in (True, False, None):
                raise ValueError
        except (KeyError, TypeError, ValueError) as error:
            expected = "an answer kept by `inconsistency serve --feedback` is expected"
            raise InputError(f"{path}:{number}: {expected}") from error
        article = articles.setdefault(key, _Answered())
        article.shown |= shown
        if right is None:
            article.answers.pop((one, other), None)
        else:
            article.answers[one, other] = bool(right)
    return [
        LabelledArticle(
            sentences=from_texts(sentences, headline),
            gold=[pair for pair, right in found.answers.items() if right],
            unknown=sorted(found.shown - found.answers.keys()),
        )
        for (headline, sentences), found in articles.items()
        if found.answers
    ]
