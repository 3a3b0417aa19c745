"""Figures of a speed run, as pure functions of what was read.

A `Reading` is one article read once by one row. An article's time is the median of its repeats. Rows are
compared over the articles that they *both* read: slow rows read fewer, and shorter ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

from benchmarks.speed_rows import BROAD, CROSS_ENCODER, FULL, MAIN, ROWS

# Sentences, both ends included. Real articles are drawn from the first five.
BANDS = ((10, 19), (20, 29), (30, 44), (45, 79), (80, 150))
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Article:
    """An article to be read.

    Attributes:
        id: unique.
        source: data set, in `registry.SETS`.
        sentences: in order.
        headline: whether the first one is the headline.
        gold: contradicting pairs, where they are known.
        made: "" for an article as it is; "cut" to its first sentences; "joined" from several.
    """

    id: str
    source: str
    sentences: tuple[str, ...]
    headline: bool = False
    gold: frozenset[Pair] = frozenset()
    made: str = ""

    @property
    def pairs(self) -> int:
        """Unordered pairs of sentences."""
        return len(self.sentences) * (len(self.sentences) - 1) // 2


@dataclass(frozen=True, slots=True)
class Reading:
    """One article, read once by one row.

    Attributes:
        row: the row's name.
        article: the article's id.
        sentences: of the article.
        seconds: wall time.
        repeat: number of the repeat, from 0.
        made: as in `Article`.
        flags: preset -> flagged pairs, where the row tells.
        counts: pairs scored, screened out and left out, where the row tells.
    """

    row: str
    article: str
    sentences: int
    seconds: float
    repeat: int = 0
    made: str = ""
    flags: Mapping[str, frozenset[Pair]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


def pairs_of(sentences: int) -> int:
    """Unordered pairs of so many sentences."""
    return sentences * (sentences - 1) // 2


def times(readings: Iterable[Reading], row: str) -> dict[str, float]:
    """Article -> median seconds of a row."""
    found: dict[str, list[float]] = {}
    for r in readings:
        if r.row == row:
            found.setdefault(r.article, []).append(r.seconds)
    return {article: median(seconds) for article, seconds in found.items()}


def spread(readings: Iterable[Reading], row: str) -> float | None:
    """How far repeats lie apart: (slowest - fastest) / median, median over articles; None without repeats."""
    found: dict[str, list[float]] = {}
    for r in readings:
        if r.row == row:
            found.setdefault(r.article, []).append(r.seconds)
    wide = [(max(s) - min(s)) / median(s) for s in found.values() if len(s) > 1]
    return median(wide) if wide else None


def common(readings: Sequence[Reading], rows: Iterable[str]) -> set[str]:
    """Articles that all of these rows have read."""
    read = [set(times(readings, row)) for row in rows]
    return set.intersection(*read) if read else set()


def ratio(readings: Sequence[Reading], row: str, base: str = MAIN) -> dict[str, Any] | None:
    """How many times the seconds of `base` a row needs, over the articles that both read.

    `low` and `high` are the same of single repeats; `typical` is the median over articles.
    """
    readings = paired(readings, row, base)
    mine, other = times(readings, row), times(readings, base)
    both = sorted(mine.keys() & other.keys())
    if not both:
        return None
    lengths = {r.article: r.sentences for r in readings}
    single = [
        _total_ratio([r for r in readings if r.repeat == n], row, base) for n in {r.repeat for r in readings}
    ]
    known = [s for s in single if s is not None]
    return {
        "articles": len(both),
        "longest": max(lengths[a] for a in both),
        "times": sum(mine[a] for a in both) / sum(other[a] for a in both),
        "low": min(known, default=None),
        "high": max(known, default=None),
        "typical": median(mine[a] / other[a] for a in both),
    }


def paired(readings: Iterable[Reading], row: str, base: str) -> list[Reading]:
    """What two rows read of the same article in the same repeat: the machine's mood is then the same for both."""
    of_both = [r for r in readings if r.row in (row, base)]
    seen = [{(r.article, r.repeat) for r in of_both if r.row == name} for name in (row, base)]
    return [r for r in of_both if (r.article, r.repeat) in seen[0] & seen[1]]


def _total_ratio(readings: Sequence[Reading], row: str, base: str) -> float | None:
    mine, other = times(readings, row), times(readings, base)
    both = mine.keys() & other.keys()
    return sum(mine[a] for a in both) / sum(other[a] for a in both) if both else None


def row_figures(readings: Sequence[Reading], row: str, shared: set[str]) -> dict[str, Any]:
    """Figures of a row: what it read, and its pace over the articles that all rows read."""
    lengths = {r.article: r.sentences for r in readings if r.row == row}
    mine = times(readings, row)
    found: dict[str, Any] = {"articles": len(mine), "longest": max(lengths.values(), default=0)}
    found |= {"spread": spread(readings, row), "against_main": ratio(readings, row)}
    found |= {"shared": pace({a: mine[a] for a in shared}, lengths) if shared else None}
    found |= {"all_read": pace(mine, lengths) if mine else None}
    return found


def pace(seconds: Mapping[str, float], lengths: Mapping[str, int]) -> dict[str, float]:
    """Articles and pairs a second, and seconds an article."""
    total = sum(seconds.values())
    return {
        "articles": len(seconds),
        "articles_per_s": len(seconds) / total,
        "pairs_per_s": sum(pairs_of(lengths[a]) for a in seconds) / total,
        **percentiles(seconds.values()),
    }


def percentiles(seconds: Iterable[float]) -> dict[str, float]:
    """Median and 95th percentile, interpolated."""
    p50, p95 = np.percentile(list(seconds), (50, 95))
    return {"p50_s": float(p50), "p95_s": float(p95)}


def by_length(readings: Sequence[Reading]) -> list[dict[str, Any]]:
    """Seconds an article by sentences: real ones in bands, made ones by their exact length."""
    groups: dict[tuple[str, int, int, bool], set[str]] = {}
    for r in readings:
        low, high = (r.sentences, r.sentences) if r.made else band(r.sentences)
        groups.setdefault((r.row, low, high, bool(r.made)), set()).add(r.article)
    found = []
    for (row, low, high, made), articles in sorted(groups.items(), key=lambda g: (g[0][3], g[0][1])):
        seconds = times(readings, row)
        found.append(
            {"row": row, "low": low, "high": high, "made": made, "articles": len(articles),
             **percentiles(seconds[a] for a in articles)}
        )  # fmt: skip
    return found


def band(sentences: int) -> tuple[int, int]:
    """The band of a length; lengths outside all bands are their own."""
    return next((b for b in BANDS if b[0] <= sentences <= b[1]), (sentences, sentences))


def recall(
    readings: Sequence[Reading], gold: Mapping[str, frozenset[Pair]], preset: str, row: str
) -> dict[str, Any] | None:
    """Of the pairs that exhaustive scoring flags, how many a row flags, over articles that both read.

    Args:
        readings: of both.
        gold: article -> labelled contradictions; may lack articles.
        preset: of both.
        row: the row with the cascade.
    """
    full, quick = flags(readings, FULL, preset), flags(readings, row, preset)
    both = full.keys() & quick.keys()
    if not both:
        return None
    flagged = sum(len(full[a]) for a in both)
    kept = sum(len(full[a] & quick[a]) for a in both)
    labelled = [(full[a] & gold[a], quick[a] & gold[a]) for a in both if a in gold]
    low, high = wilson(kept, flagged)
    return {
        "articles": len(both),
        "flagged_exhaustively": flagged,
        "flagged_too": kept,
        "recall": kept / flagged if flagged else None,
        "low": low,
        "high": high,
        "only_with_cascade": sum(len(quick[a] - full[a]) for a in both),
        "gold_flagged_exhaustively": sum(len(f) for f, _ in labelled),
        "gold_flagged_too": sum(len(q) for _, q in labelled),
    }


def flags(readings: Iterable[Reading], row: str, preset: str) -> dict[str, frozenset[Pair]]:
    """Article -> pairs that a row flags, from the first repeat that read it."""
    found: dict[str, frozenset[Pair]] = {}
    for r in readings:
        if r.row == row and preset in r.flags:
            found.setdefault(r.article, r.flags[preset])
    return found


def wilson(hits: int, total: int) -> tuple[float | None, float | None]:
    """95 % interval of a share."""
    if not total:
        return None, None
    z, share = 1.96, hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return max(0.0, middle - half), min(1.0, middle + half)


def recalls(readings: Sequence[Reading], gold: Mapping[str, frozenset[Pair]], of: str) -> list[dict[str, Any]]:
    """Recall at both settings over one kind of articles."""
    found = []
    for preset, row in (("default", MAIN), ("broad", BROAD)):
        figures = recall(readings, gold, preset, row)
        if figures:
            found.append({"of": of, "preset": preset, **figures})
    return found


def steps(readings: Sequence[Reading]) -> list[dict[str, Any]]:
    """Each step's seconds an article without and with it."""
    found = []
    for row in ROWS:
        against = ratio(readings, row.name) if row.step else None
        if against:
            pairs = paired(readings, row.name, MAIN)
            both = common(pairs, (row.name, MAIN))
            without, with_ = times(pairs, row.name), times(pairs, MAIN)
            means = [sum(seconds[a] for a in both) / len(both) for seconds in (without, with_)]
            found.append({"step": row.step, "without_s": means[0], "with_s": means[1], **against})
    return found


def targets(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The project's targets beside what was measured; None for what was not."""
    rows = record["comparison"]["rows"]
    rivals = {r.name: (rows.get(r.name) or {}).get("against_main") for r in ROWS if r.rival}
    first = rivals.pop(CROSS_ENCODER)
    others = [r for r in rivals.values() if r]
    best: Mapping[str, Any] = min(others, key=lambda r: r["times"], default={})
    recalled = {r["of"]: r for r in record["recall"] if r["preset"] == "default"}
    news, labelled = recalled.get("clean news", {}), recalled.get("labelled", {})
    typical = (b for b in record["by_length"] if b["row"] == MAIN and b["made"] and b["low"] == 25)
    short: Mapping[str, Any] = next(typical, {})
    first = first or {}
    wanted: list[tuple[str, float | None, float, bool, str]] = [
        ("times the articles/s of CrossEncoder", first.get("times"), 10, True, many(first, "articles")),
        ("times the articles/s of the best other rival", best.get("times"), 4, True, many(best, "articles")),
        ("share of exhaustively flagged pairs that are flagged, default setting, news", news.get("recall"),
         0.98, True, many(news, "flagged_exhaustively", "flagged pairs")),
        ("the same, articles with labelled contradictions", labelled.get("recall"),
         0.98, True, many(labelled, "flagged_exhaustively", "flagged pairs")),
        ("p50 of articles of 25 sentences, s", short.get("p50_s"), 1.0, False, many(short, "articles")),
    ]  # fmt: skip
    return [
        {"what": what, "measured": value, "target": target, "at_least": least, "over": over,
         "met": None if value is None else (value >= target if least else value <= target)}
        for what, value, target, least, over in wanted
    ]  # fmt: skip


def many(found: Mapping[str, Any], key: str, what: str = "articles") -> str:
    """How many things a figure is over, in words; "" for none."""
    return f"{found[key]} {what if found[key] != 1 else what.removesuffix('s')}" if key in found else ""
