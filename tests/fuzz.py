"""A search, as long as one likes, for inputs that break what the library promises.

    python tests/fuzz.py --seconds 3600 --seed 7

Hypothesis makes articles and files, and every property below must hold for each. The end is a table of how many
inputs were tried and, for each property that broke, the smallest input that breaks it; then the exit status is 1.
A minute with a fixed seed is one of the slow tests.
"""

from __future__ import annotations

import argparse
import contextlib
import html.parser
import io
import json
import random
import re
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import resources
from itertools import count, pairwise
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

import batch_entry
import fuzz_inputs
from inconsistency import Detector, InputError, Report
from inconsistency.render.html import to_html, to_html_fragment
from inconsistency.render.markdown import to_markdown
from inconsistency.render.terminal import to_terminal
from inconsistency.sentences import Sentence, split
from inconsistency.testing import FakeScorer

# Pairs in which an "e" stands are flagged; every other pair is scored too.
DETECTOR = Detector(FakeScorer({("e", ""): 0.9}), threshold=0.5)
TAGS = {
    tag
    for path in resources.files("inconsistency.render").joinpath("templates").iterdir()
    if path.name.endswith(".html")
    for tag in re.findall(r"<([a-z][a-z0-9]*)", path.read_text("utf-8"))
}


def offsets_hold(sentences: Iterable[Sentence], text: str, headline: str | None) -> None:
    for number, s in enumerate(sentences):
        part = text if s.part == "body" else headline or ""
        assert part[s.start : s.end] == s.text == s.text.strip() != ""
        assert s.index == number


def splitting(article: tuple[str, str | None]) -> None:
    """Every character that is not white space stands in exactly one sentence, at its offset."""
    text, headline = article
    sentences = split(text, headline=headline)

    offsets_hold(sentences, text, headline)
    body = [s for s in sentences if s.part == "body"]
    assert all(a.end <= b.start for a, b in pairwise(body))
    assert "".join("".join(s.text.split()) for s in body) == "".join(text.split())


def checking(article: tuple[str, str | None]) -> None:
    """A report counts every pair once, points into the article, and survives JSON."""
    text, headline = article
    report = DETECTOR.check(text, headline=headline)

    offsets_hold(report.sentences, text, headline)
    counts = report.counts
    assert counts.pairs == counts.scored + counts.screened_out + sum(counts.left_out.values())
    assert all(0 <= c.probability <= 1 and c.first.index < c.second.index for c in report.contradictions)
    for found in report.contradictions:
        for clash in found.evidence.clashes if found.evidence else ():
            assert found.first.start <= clash.first_start <= clash.first_end <= found.first.end
            assert found.second.start <= clash.second_start <= clash.second_end <= found.second.end
    assert Report.from_dict(json.loads(report.to_json())).to_dict() == report.to_dict()


class Page(html.parser.HTMLParser):
    """The tags of a page, and the text of its story without the numbers of the pairs."""

    def __init__(self, page: str, story: tuple[str, str]) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: list[str] = []
        self.text = ""
        self._story, self._open, self._marks = story, 0, 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names += [name for name, _ in attrs]
        self._open += bool(self._open) and tag == self._story[0]
        self._open += (tag, dict(attrs).get("class")) == self._story
        self._marks += tag == "span" and (bool(self._marks) or ("class", "marks") in attrs)

    def handle_endtag(self, tag: str) -> None:
        self._marks -= bool(self._marks) and tag == "span"
        self._open -= bool(self._open) and tag == self._story[0]

    def handle_data(self, data: str) -> None:
        self.text += data if self._open and not self._marks else ""


def without_headline(report: Report) -> str:
    """The article as the page tells it: a headline found on top of the text is the page's, and stands there once."""
    found = next((s for s in report.sentences if s.role == "headline" and s.part == "body"), None)
    return report.text if found is None else report.text[: found.start] + report.text[found.end :]


def rendering(article: tuple[str, str | None]) -> None:
    """Every output shows the article as text: no tag, link or control character comes from it."""
    text, headline = article
    report = DETECTOR.check(text, headline=headline)

    for page, story in ((to_html(report), ("article", "story")), (to_html_fragment(report), ("div", "story"))):
        page.encode("utf-8")
        shown = Page(page, story)
        assert set(shown.tags) <= TAGS and not [n for n in shown.names if n.startswith("on")]
        assert shown.tags.count("script") <= 1 and shown.tags.count("style") == 1
        words = (headline or "") + report.text if story[0] == "div" else without_headline(report)
        assert "".join(shown.text.split()) == "".join(words.split())
    assert not set(to_terminal(report, width=80, color=False)) & set(map(chr, (*range(9), *range(11, 32), 127)))
    markdown_is_text(to_markdown(report))


def markdown_is_text(markdown: str) -> None:
    from markdown_it import MarkdownIt

    for token in MarkdownIt("commonmark").parse(markdown):
        kinds = {token.type, *(child.type for child in token.children or ())}
        assert not kinds & {"html_block", "html_inline", "link_open", "image", "code_inline", "fence", "code_block"}


def scoring(drawn: tuple[fuzz_inputs.File, str, str | None, int]) -> None:
    """Each row of a file comes out once, scored or with a reason, the same whether the run was broken off or not."""
    file, output, pairs, chunk = drawn
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / file.name).write_bytes(file.data)

        def score(name: str, *more: str) -> tuple[int, str]:
            argv = [str(folder / file.name), "-o", str(folder / f"{name}{output}"), "--encoding", file.encoding]
            argv += ["--pairs", str(folder / f"{name}-pairs{pairs}")] if pairs else []
            with contextlib.redirect_stderr(io.StringIO()) as told:
                code = batch_entry.run([*argv, "--chunk-rows", str(chunk), "--debug", *more])
            return code, told.getvalue()

        code, told = score("whole")
        known = "no column 'text'" in told or "fails on every article" in told
        assert code in (0, 3) or known or (code == 2 and file.rows is None), told
        if code not in (0, 3):
            return
        everything_is_there(folder, f"whole{output}", pairs, file.rows)
        score("again", "--strict")
        assert score("again")[0] == code
        for path in folder.glob("whole*"):
            if not path.name.endswith("manifest.json"):
                assert (folder / path.name.replace("whole", "again")).read_bytes() == path.read_bytes()


def everything_is_there(folder: Path, output: str, pairs: str | None, rows: int | None) -> None:
    """Scored rows and failed ones are the numbers from 1 without a gap; every table can be read."""
    scored, errors = read(folder / output), read(folder / f"{output}.errors.jsonl")
    numbers = sorted(row["row"] for row in [*scored, *errors])
    assert numbers == list(range(1, len(numbers) + 1))
    assert rows is None or len(numbers) == rows
    assert all(error["reason"] for error in errors)
    if pairs:
        found = read(folder / f"{output.partition('.')[0]}-pairs{pairs}")
        assert len(found) == sum(len(row["contradictions"]) for row in scored)


def read(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return list(pq.read_table(path).to_pylist())
    if path.suffix == ".csv":
        import csv

        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


@dataclass(slots=True)
class Search:
    """A property, what it is tried with, and what came of it."""

    holds: Callable[[Any], None]
    inputs: st.SearchStrategy[Any]
    at_once: int
    tried: int = 0
    refused: int = 0
    slowest: float = 0.0
    last: Any = None
    broken: dict[str, str] = field(default_factory=dict)

    def round(self, number: int) -> None:
        """Try some more inputs."""

        @settings(
            max_examples=self.at_once,
            database=None,
            deadline=None,
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
        )
        @seed(number)
        @given(self.inputs)
        def attempt(drawn: Any) -> None:
            self.tried, self.last = self.tried + 1, drawn
            began = time.monotonic()
            try:
                self.holds(drawn)
            except InputError:
                self.refused += 1  # the documented answer to what is no article
            finally:
                self.slowest = max(self.slowest, time.monotonic() - began)

        try:
            attempt()
        except Exception as error:  # whatever it is, it is what was looked for
            where = traceback.extract_tb(error.__traceback__)[-1]
            text = "".join(traceback.format_exception(error, limit=-4))
            way = f"{type(error).__name__} at {where.filename}:{where.lineno}"
            self.broken.setdefault(way, f"{text}\n{self.last!r}")


def searches() -> list[Search]:
    """All properties, those that take long with fewer inputs at once."""
    tables = st.sampled_from((None, ".csv", ".jsonl", ".parquet"))
    files = st.tuples(fuzz_inputs.FILES, st.sampled_from((".jsonl", ".parquet")), tables, st.integers(1, 4))
    return [
        Search(splitting, fuzz_inputs.ANY_ARTICLES, 200),
        Search(checking, fuzz_inputs.ANY_ARTICLES, 100),
        Search(rendering, fuzz_inputs.ARTICLES, 50),
        Search(scoring, files, 50),
    ]


def run(seconds: float, number: int) -> list[Search]:
    """Search for some seconds, every property in turn."""
    all_of_them, end = searches(), time.monotonic() + seconds
    for turn in count(number * 1_000_000):
        for search in all_of_them:
            search.round(turn)
        if time.monotonic() >= end:
            return all_of_them
    raise AssertionError("count() has no end")


def main() -> int:
    """Search and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, help="default: another one each time")
    args = parser.parse_args()
    number = random.randrange(1000) if args.seed is None else args.seed
    done = run(args.seconds, number)
    print(f"seed {number}, {args.seconds:g} s")
    for search in done:
        print(f"{search.holds.__name__:10} {search.tried:8,} tried, {search.refused:,} refused, "
              f"slowest {search.slowest:.2f} s, broken in {len(search.broken)} ways")
    for search in done:
        for text in search.broken.values():
            print(f"\n--- {search.holds.__name__}: {search.holds.__doc__}\n{text}")
    return int(any(search.broken for search in done))


if __name__ == "__main__":
    sys.exit(main())
