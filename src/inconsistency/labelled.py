"""A user's JSON lines -> articles whose contradictions are known: those of a file, or that there are none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from inconsistency.errors import EMPTY_ARTICLE, InputError
from inconsistency.sentences import Article, Sentence, from_texts

Pair = tuple[int, int]


class LabelledArticle(NamedTuple):
    """An article and the pairs of its sentences, by indexes, of which somebody has said what they are.

    Attributes:
        sentences: all of them; the first may be the headline.
        gold: pairs that contradict each other, the smaller index first.
        unknown: pairs that may, for all that anybody has said; every other pair does not.
    """

    sentences: tuple[Sentence, ...]
    gold: list[Pair]
    unknown: list[Pair]


def clean_articles(path: Path) -> list[Article]:
    """Articles without contradictions: lines with `text` and perhaps `headline`.

    Raises:
        InputError: the file cannot be read, or a line is something else.
    """
    articles = []
    for number, row in json_lines(path):
        text, headline = row.get("text"), row.get("headline")
        if not isinstance(text, str) or not isinstance(headline, str | None):
            raise InputError(f"{path}:{number}: no `text`, or a `headline` that is no text")
        if not text.strip():
            raise InputError(f"{path}:{number}: {EMPTY_ARTICLE}")
        articles.append(Article(text, headline))
    return articles


def labelled_articles(path: Path) -> list[LabelledArticle]:
    """Articles of lines with `sentences` and `gold`; the first sentence is the headline but for `headline: false`.

    Raises:
        InputError: the file cannot be read, or a line is something else.
    """
    return [_labelled(f"{path}:{number}", row) for number, row in json_lines(path)]


def _labelled(where: str, row: dict[str, Any]) -> LabelledArticle:
    texts = row.get("sentences")
    if not isinstance(texts, list) or not all(isinstance(t, str) for t in texts):
        raise InputError(f"{where}: `sentences`, a list of texts, is expected")
    if not any(map(str.strip, texts)):
        raise InputError(f"{where}: {EMPTY_ARTICLE}")
    try:
        gold = [(min(i, j), max(i, j)) for i, j in row["gold"]]
        if not all(type(i) is int for pair in gold for i in pair):
            raise TypeError("an index is no whole number")
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{where}: `gold`, a list of pairs of indexes, is expected") from error
    for pair in gold:
        if not 0 <= pair[0] < pair[1] < len(texts):
            raise InputError(f"{where}: {list(pair)} is no pair of {len(texts)} sentences")
    return LabelledArticle(from_texts(texts, row.get("headline") is not False), gold, [])


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Numbered objects of a file of JSON lines.

    Raises:
        InputError: it cannot be read, or a line is something else.
    """
    try:
        # Not `splitlines`: a JSON string may hold line ends of Unicode, such as U+2028.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start})") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise InputError(f"{path}:{number}: not JSON: {error}") from error
            if not isinstance(row, dict):
                raise InputError(f"{path}:{number}: a JSON object is expected, not {line[:40]!r}")
            yield number, row
