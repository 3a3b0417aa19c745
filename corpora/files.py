"""Where labelled articles lie, and how files of JSON lines are read."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
MEASURED = DATA / "measured"  # of these nothing is ever trained on


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The folder of third-party sets, which is not part of the repository.

    Attributes:
        path: where it lies.
    """

    path: Path

    def pairs(self, name: str) -> Iterator[dict[str, Any]]:
        """Labelled pairs of one set: `pairs/NAME.jsonl.gz`."""
        return read_rows(self.path / "pairs" / f"{name}.jsonl.gz")

    def documents(self, name: str) -> Iterator[dict[str, Any]]:
        """Labelled documents of one set: `documents/NAME.jsonl.gz`."""
        return read_rows(self.path / "documents" / f"{name}.jsonl.gz")

    def news(self, name: str) -> Iterator[dict[str, Any]]:
        """Published articles of one source: `news/NAME.jsonl.gz`."""
        return read_rows(self.path / "news" / f"{name}.jsonl.gz")


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines; one that ends in `.gz` is compressed."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
