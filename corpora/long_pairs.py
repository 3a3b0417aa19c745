"""Short labelled pairs, general ones and ours, told again in long news sentences; FORMAT.md describes the file."""

from __future__ import annotations

from typing import Literal

from corpora.files import DATA, read_rows
from corpora.groups import Row, Side

TUNE = 15  # one pair in so many is held back for tuning


def rows(wanted: Literal["train", "tune"]) -> list[Row]:
    """The pairs of one role."""
    return [
        Row(Side(row["first"]), Side(row["second"]), row["label"], "long/pair")
        for row in read_rows(DATA / "long_pairs.jsonl")
        if (row["number"] % TUNE == 0) == (wanted == "tune")
    ]
