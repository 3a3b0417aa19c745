"""The pages of the site say what is true: their code is run, their output compared, their reference complete."""

from __future__ import annotations

import re
import shlex
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

import inconsistency
from inconsistency import cli
from inconsistency.nli.loading import DEFAULT

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
RUN = ["index", "reading-a-report", "presets", "filtering-model-output", "faq"]
BLOCK = re.compile(r"^( *)```(python|bash|text)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


def blocks(page: str) -> Iterator[tuple[str, str]]:
    """Language and content of a page's blocks, in order; one that is not to be run is a block of `shell`."""
    for _, language, content in BLOCK.findall((DOCS / f"{page}.md").read_text(encoding="utf-8")):
        yield language, textwrap.dedent(content)


@pytest.mark.slow
@pytest.mark.skipif(not (DEFAULT / "config.json").is_file(), reason="this checkout has no embedded model")
@pytest.mark.parametrize("page", RUN)
def test_what_a_page_shows_is_what_comes_out(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page's Python and commands run from top to bottom, and a block of text is in what the block before it printed."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    names: dict[str, object] = {}
    shown = ""
    for language, content in blocks(page):
        if language == "text":
            assert content in shown
            continue
        if language == "python":
            exec(content, names)
        else:
            for command in content.splitlines():
                assert cli.main(shlex.split(command)[1:]) in (0, 1)
        shown = capsys.readouterr().out


def test_the_reference_is_complete() -> None:
    """The reference has an entry for each public name, and for no other."""
    named = re.findall(r"^::: inconsistency\.(\w+)$", (DOCS / "reference.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(named) == sorted(inconsistency.__all__)


def test_the_citation_names_this_version() -> None:
    """CITATION.cff cites the version of the package."""
    cited = re.findall(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)

    assert cited == [inconsistency.__version__]


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    """The site builds strictly, every page of it, and a built page fetches nothing from elsewhere."""
    commands = pytest.importorskip("mkdocs.commands.build", reason="MkDocs is not installed; the extra [docs] brings it")
    pytest.importorskip("material", reason="Material for MkDocs is not installed; the extra [docs] brings it")
    pytest.importorskip("mkdocstrings", reason="mkdocstrings is not installed; the extra [docs] brings it")
    from mkdocs.config import load_config

    site = tmp_path / "site"
    commands.build(load_config(str(ROOT / "mkdocs.yml"), strict=True, site_dir=str(site)))

    pages = {page.name: page.read_text(encoding="utf-8") for page in site.glob("*.html")}
    assert {f"{page.stem}.html" for page in DOCS.glob("*.md")} <= set(pages)
    fetched = r"<(?:script|img|link|iframe|source)\b[^>]*?\b(?:src|href)=[\"']?(?:https?:)?//[^\"' >]*"
    assert [match for page in pages.values() for match in re.findall(fetched, page)] == []
    assert 'id="inconsistency.Detector.check_many"' in pages["reference.html"]
