"""Records of articles on disk, so that a run that was cut loses nothing."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.engines import Article, Engine, Record


class Cache:
    """One JSON line an article and engine.

    Args:
        folder: one file an engine is kept here.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, dict[str, Record]] = {}

    def records(self, engine: Engine, articles: Sequence[Article], chunk: int = 1) -> Iterator[Record]:
        """Records of articles in order, from disk or made now; with `seconds` and `cached`."""
        known = self._load(engine.key)
        for start in range(0, len(articles), chunk):
            part = articles[start : start + chunk]
            missing = [a for a in dict.fromkeys(part) if article_key(a) not in known]
            if missing:
                self._make(engine, missing, known)
            fresh = {article_key(a) for a in missing}
            for a in part:
                yield {**known[article_key(a)], "cached": article_key(a) not in fresh}

    def _load(self, key: str) -> dict[str, Record]:
        """What is on disk; a line that was cut in the middle is dropped and made again."""
        if key not in self._known:
            self._known[key] = {}
            path = self.folder / f"{key}.jsonl"
            for line in path.read_text("utf-8").splitlines() if path.exists() else ():
                try:
                    row = json.loads(line)
                except json.JSONDecodeError:
                    continue
                self._known[key][row["article"]] = row
        return self._known[key]

    def _make(self, engine: Engine, missing: list[Article], known: dict[str, Record]) -> None:
        engine.load()
        start = time.perf_counter()
        made = engine.read(missing)
        seconds = (time.perf_counter() - start) / len(missing)
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{engine.key}.jsonl").open("a", encoding="utf-8") as out:
            for article, record in zip(missing, made, strict=True):
                row = {"article": article_key(article), "seconds": seconds, **record}
                known[row["article"]] = row
                # A line cut by a kill must not swallow the next one.
                out.write("\n" + json.dumps(row, default=float))


def article_key(article: Article) -> str:
    """Content hash of an article as rows see it."""
    return hashlib.sha1(json.dumps(article).encode()).hexdigest()[:20]
