"""What the README shows is run: its Python, its commands' options, its links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from inconsistency import cli
from inconsistency.nli.loading import DEFAULT

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    """Every call of `inconsistency` in the README's shell blocks."""
    lines = [part.strip() for block in blocks("bash") for part in re.split(r"\n|&&", block)]
    return [line for line in lines if line.startswith("inconsistency ")]


@pytest.mark.skipif(not (DEFAULT / "config.json").is_file(), reason="this checkout has no embedded model")
def test_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The README's Python runs from top to bottom, and the example flags the pair it was written for."""
    names: dict[str, object] = {}
    first, *rest = blocks("python")
    exec(first, names)
    shown = capsys.readouterr().out
    for block in rest:
        exec(block, names)

    assert "died before divers" in shown
    assert "left hospital" in shown


@pytest.mark.parametrize("command", commands())
def test_commands_parse(command: str) -> None:
    """The command line accepts every option that the README uses."""
    words = shlex.split(command, comments=True)
    if "<" in words:
        words = words[: words.index("<")]

    assert cli.parser().parse_args(words[1:]).command == words[1]


def test_links_lead_somewhere() -> None:
    """Every relative link and image of the README stands in the checkout."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", README)

    assert targets
    assert [t for t in targets if not (ROOT / t).exists()] == []


def test_benchmark_tables_have_a_place() -> None:
    """The markers between which scripts write their tables are there, once each."""
    for name in ("quality", "speed"):
        assert README.count(f"<!-- {name}:start -->") == 1
        assert README.count(f"<!-- {name}:end -->") == 1


def test_the_example_is_short() -> None:
    """The first Python example has at most ten lines of code and text, blank ones apart."""
    assert len([line for line in blocks("python")[0].splitlines() if line.strip()]) <= 10
