"""`inconsistency score` for people: pages to read, and a spreadsheet of articles."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from test_batch import CALM, CLASH, HERE, score, write_news


def test_index_and_reports(tmp_path: Path) -> None:
    """The index lists every scored article by score, each with a link to its report, which leads back."""
    news, site = write_news(tmp_path / "news.jsonl", 7), tmp_path / "site"
    with news.open("a") as stream:
        stream.write('{"text": ""}\n')

    assert score(news, "-o", tmp_path / "out.jsonl", "--html", site, "--chunk-rows", "3") == 3

    index = (site / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'<a href="(articles/\d+\.html)">(News \d)</a>', index)
    assert [name for _, name in links][:3] == ["News 0", "News 3", "News 6"]  # those that contradict themselves
    assert sorted(name for _, name in links) == [f"News {i}" for i in range(7)]
    assert "7 articles, 3 with flagged pairs." in index
    assert "1 more could not be read or scored" in index
    assert "Police said 14 people were hurt." in index
    for link, name in links:
        page = (site / link).read_text(encoding="utf-8")
        assert f"<title>{name} – " in page
        assert 'href="../index.html">All articles</a>' in page
    assert sorted(p.name for p in site.iterdir()) == ["articles", "index.html"]
    assert len(list((site / "articles").iterdir())) == 7


def test_a_folder_is_enough(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With --html alone the rows stand beside the pages; with neither there is nowhere to write to."""
    news, site = write_news(tmp_path / "news.jsonl", 2), tmp_path / "site"

    assert score(news, "--html", site) == 0
    assert len((site / "scores.jsonl").read_text().splitlines()) == 2
    assert score(news) == 2
    assert "give --output a file or --html a folder" in capfd.readouterr().err


def test_pages_are_the_same_from_workers(tmp_path: Path) -> None:
    """Several processes write the same pages as one."""
    news = write_news(tmp_path / "news.jsonl", 9)
    for workers in ("1", "2"):
        argv = (news, "--html", tmp_path / workers, "--chunk-rows", "2", "--workers", workers)
        assert score(*argv) == 0

    one, two = (sorted((tmp_path / workers).rglob("*.html")) for workers in ("1", "2"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_pages_of_another_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Pages that no known run made are not overwritten unasked; a new run leaves none of an old one."""
    site = tmp_path / "site"
    assert score(write_news(tmp_path / "many.jsonl", 5), "-o", tmp_path / "many.csv", "--html", site) == 0
    few = (write_news(tmp_path / "few.jsonl", 2), "-o", tmp_path / "few.csv", "--html", site)

    assert score(*few) == 2
    assert "index.html exists already" in capfd.readouterr().err
    (site / "index.html").unlink()
    assert score(*few) == 2
    assert f"{site / 'articles'}" in capfd.readouterr().err
    assert len(list((site / "articles").iterdir())) == 5

    assert score(*few, "--overwrite") == 0
    assert sorted(p.name for p in (site / "articles").iterdir()) == ["000001.html", "000002.html"]


@pytest.mark.parametrize("lost", ["articles", "articles/000003.html", "index.html"])
def test_lost_pages_are_made_again(tmp_path: Path, lost: str) -> None:
    """The same command after a complete run makes pages again that were taken away, some or all."""
    site = tmp_path / "site"
    argv = (write_news(tmp_path / "news.jsonl", 4), "-o", tmp_path / "out.csv", "--html", site)
    assert score(*argv) == 0
    before = {path: path.read_bytes() for path in site.rglob("*.html")}
    shutil.rmtree(site / lost) if lost == "articles" else (site / lost).unlink()

    assert score(*argv) == 0
    assert {path: path.read_bytes() for path in site.rglob("*.html")} == before


def test_pages_inside_the_input(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Pages would be read as articles by the next run of a folder, so they may not stand in it."""
    (tmp_path / "one.txt").write_text(CALM)

    assert score(tmp_path, "-o", tmp_path / "out.csv", "--html", tmp_path / "site") == 2
    assert "its pages would be input too" in capfd.readouterr().err
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("overwrite", [(), ("--overwrite",)])
@pytest.mark.parametrize("inputs", [("articles",), ("articles/000001.html", "articles/2.txt"), ("articles/2.txt",)])
def test_pages_never_replace_the_input(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    inputs: tuple[str, ...],
    overwrite: tuple[str, ...],
) -> None:
    """Pages go into the folder `articles` below that of --html: if articles are read there, it is refused."""
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "000001.html").write_text(f"<p>{CALM}</p><p>{CLASH}</p>")
    (tmp_path / "articles" / "2.txt").write_text(CALM)
    (tmp_path / "link").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}

    for site in (".", "link"):
        assert score(*inputs, "-o", "out.csv", "--html", site, *overwrite) == 2
        assert "its pages would be input too" in capfd.readouterr().err
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_only_pages_are_replaced(tmp_path: Path) -> None:
    """Files beside the pages that are not called like one of them stay, with --overwrite too."""
    pages = tmp_path / "site" / "articles"
    pages.mkdir(parents=True)
    for name in ("1.html", "0000002.html", "about.html", "000009.html"):
        (pages / name).write_text("mine")
    news = write_news(tmp_path / "news.jsonl", 1)

    assert score(news, "-o", tmp_path / "out.csv", "--html", tmp_path / "site", "--overwrite") == 0
    assert sorted(p.name for p in pages.iterdir()) == ["0000002.html", "000001.html", "1.html", "about.html"]


def test_csv_of_articles(tmp_path: Path) -> None:
    """A spreadsheet has a row an article with its best pair, and runs no text that begins like a formula."""
    news = tmp_path / "news.jsonl"
    headlines = ["=1+1", "＝1+1", "@x", "-3 degrees", "Plain"]
    rows = [{"id": f"+{i}", "text": CLASH, "headline": headline} for i, headline in enumerate(headlines)]
    rows.append({"id": "calm", "text": CALM, "headline": "Calm"})
    news.write_text("".join(json.dumps(row) + "\n" for row in rows))

    assert score(news, "-o", tmp_path / "out.csv") == 0

    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        found = list(csv.DictReader(stream))
    assert [row["headline"] for row in found][:4] == ["'" + headline for headline in headlines[:4]]
    assert [row["headline"] for row in found][4:] == ["Plain", "Calm"]
    assert found[0]["id"] == "'+0"
    assert found[0]["flags"] == "1"
    assert found[0]["first_text"] == "Police said 14 people were hurt."
    assert found[0]["second_text"] == "Later it said that 41 people were hurt."
    assert 0.5 < float(found[0]["probability"]) <= 1
    assert (found[5]["flagged"], found[5]["flags"]) == ("False", "0")


@pytest.mark.slow
def test_memory_does_not_grow_with_the_articles(tmp_path: Path) -> None:
    """A thousand articles with pages take hardly more memory than two hundred."""
    peaks = []
    for rows in (200, 1000):
        news = write_news(tmp_path / f"news{rows}.jsonl", rows)
        code = (
            "import resource, sys, batch_entry\n"
            "code = batch_entry.run(sys.argv[1:])\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
            "sys.exit(code)"
        )
        argv = [sys.executable, "-c", code, str(news), "--html", str(tmp_path / f"site{rows}")]
        done = subprocess.run(argv, cwd=HERE, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))

    assert len(list((tmp_path / "site1000" / "articles").iterdir())) == 1000
    assert peaks[1] < peaks[0] + 8 * 1024  # KiB
