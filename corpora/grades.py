"""How sure a careful reader is that two sentences contradict each other, 0 to 100; FORMAT.md describes the file.

The pairs are those that the model of 2 December 2026 found hardest in what it may be trained on, and what it
suspects in published articles. The readers saw the two sentences and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpora import edits
from corpora.files import DATA, DataFolder, read_rows
from corpora.groups import Row, Side
from inconsistency.sentences import split

GRADES = DATA / "grades.jsonl.gz"
# Those of `edits`, and the others that may be trained on.
SOURCES = (*edits.SOURCES, "prosecutors", "congress_releases", "senate_2005_2007")


def rows(folder: Path, lines: Path = GRADES) -> Iterator[Row]:
    """The graded pairs, in their order.

    Raises:
        ValueError: a side or a pair is not where the file says.
    """
    said = list(read_rows(lines))
    sides = [line[name] for line in said if "set" not in line for name in ("first", "second")]
    texts = _articles(folder, {one[0] for one in sides if isinstance(one, list)})
    sets = _sets(folder, said)
    for line in said:
        if "set" in line:
            first, second = sets[line["set"]][line["row"]]
        else:
            first, second = (_text(line[name], texts) for name in ("first", "second"))
        yield Row(Side(first), Side(second), "not_contradiction", "graded", grade=line["grade"])


def sentences(row: dict[str, Any]) -> list[str]:
    """An article's sentences as they are numbered here: all that `split` finds."""
    return [" ".join(s.text.split()) for s in split(row["text"], headline=row["headline"])]


def _articles(folder: Path, wanted: set[str]) -> dict[str, list[str]]:
    every = (row for name in SOURCES for row in DataFolder(folder).news(name))
    found = {row["id"]: sentences(row) for row in every if row["id"] in wanted}
    if missing := sorted(wanted - found.keys()):
        raise ValueError(f"graded articles that are not in the data folder: {', '.join(missing[:5])}")
    return found


def _sets(folder: Path, said: list[dict[str, Any]]) -> dict[str, dict[int, tuple[str, str]]]:
    wanted: dict[str, set[int]] = {}
    for line in said:
        if "set" in line:
            wanted.setdefault(line["set"], set()).add(line["row"])
    found = {name: enumerate(DataFolder(folder).pairs(name)) for name in wanted}
    return {
        name: {k: (row["premise"], row["hypothesis"]) for k, row in every if k in wanted[name]}
        for name, every in found.items()
    }


def _text(one: str | list[Any], texts: dict[str, list[str]]) -> str:
    if isinstance(one, str):
        return one
    name: str = one[0]
    index: int = one[1]
    if not 0 <= index < len(texts[name]):
        raise ValueError(f"{name}: sentence {index} of {len(texts[name])}")
    return texts[name][index]
