"""The pages of the site say what is true: their code is run, their output compared, their reference complete."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

import inconsistency
import pages
from inconsistency.nli.loading import DEFAULT
from pages import DOCS, ROOT

needs_model = pytest.mark.skipif(not (DEFAULT / "config.json").is_file(), reason="this checkout has no embedded model")


@pytest.mark.slow
@needs_model
@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_is_what_comes_out(page: Path) -> None:
    """A page's Python and commands run from top to bottom, and what it shows below them is what they print."""
    with pages.desk():
        shown = [(content, said) for _, content, said in pages.rewritten(page)]

    for content, said in shown:
        assert content == said, "run `make shown`"


def test_the_notebook_is_the_tutorial() -> None:
    """The notebook has the text, the code and the output of the tutorial's page."""
    page = (DOCS / "tutorial.md").read_text(encoding="utf-8")

    assert pages.NOTEBOOK.read_text(encoding="utf-8") == pages.as_json(pages.notebook(page)), "run `make shown`"


@pytest.mark.slow(seconds=20)
@needs_model
def test_the_notebook_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cell of the notebook runs in a kernel, and prints what the notebook shows."""
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed; the extra [dev] brings it")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed; the extra [dev] brings it")
    import nbformat

    monkeypatch.setenv("PATH", os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    kept = nbformat.read(pages.NOTEBOOK, as_version=4)
    run = nbformat.read(pages.NOTEBOOK, as_version=4)
    with pages.desk():
        nbclient.NotebookClient(run, timeout=120, kernel_name="python3").execute()

    for before, after in zip(kept.cells, run.cells, strict=True):
        if before.cell_type == "code" and not before.source.startswith("!"):
            printed = "".join(o.text for o in after.outputs if o.get("name") == "stdout")
            assert printed == "".join(o.text for o in before.outputs)


def test_the_reference_is_complete() -> None:
    """The reference has an entry for each public name, and for no other."""
    named = re.findall(r"^::: inconsistency\.(\w+)$", (DOCS / "reference.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(named) == sorted(inconsistency.__all__)


def test_the_changelog_is_of_this_version_and_short() -> None:
    """The newest release of the changelog is this version, and no release takes more than a screen of 50 lines."""
    releases = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")[1:]

    assert releases[0].startswith(f"[{inconsistency.__version__}] - 20")
    assert [release.splitlines()[0] for release in releases if len(release.splitlines()) > 50] == []


def test_the_tree_is_the_tree() -> None:
    """CONTRIBUTING's tree names every file and folder of the package, and of the repository's root every folder, and no other."""
    tree = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## The tree")[1].split("```")[1]
    named = {word for line in tree.strip().splitlines() for word in re.split(r"\s{2,}", line.strip())[0].split()}
    inside = {f"{p.name}/" if p.is_dir() else p.name for p in Path(inconsistency.__file__).parent.glob("[a-z]*")}
    folders = {"corpora/", "training/", "benchmarks/", "tests/", "examples/", "docs/", "scripts/"}

    assert named - {"src/inconsistency/"} == {*(inside - {"models/", "py.typed"}), "models/default/", *folders}


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

    built = {page.name: page.read_text(encoding="utf-8") for page in site.glob("*.html")}
    assert {f"{page.stem}.html" for page in DOCS.glob("*.md")} <= set(built)
    fetched = r"<(?:script|img|link|iframe|source)\b[^>]*?\b(?:src|href)=[\"']?(?:https?:)?//[^\"' >]*"
    assert [match for page in built.values() for match in re.findall(fetched, page)] == []
    assert 'id="inconsistency.Detector.check_many"' in built["reference.html"]
