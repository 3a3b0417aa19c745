"""The README: its length, its commands' options, its links. What it shows is run by `test_docs.py`."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from inconsistency import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """Every call of `inconsistency` in the README's shell blocks, run or only read."""
    blocks = re.findall(r"^```(?:bash|shell)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    lines = [part.strip() for block in blocks for part in re.split(r"\n|&&", block)]
    return [line for line in lines if line.startswith("inconsistency ")]


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


def test_it_is_short() -> None:
    """The README has at most 150 lines, its first example at most ten, and its table of results at most eight rows."""
    results = README.split("<!-- results:start -->")[1].split("<!-- results:end -->")[0]
    example = README.split("```python\n")[1].split("```")[0]

    assert len(README.splitlines()) <= 150
    assert len([line for line in example.splitlines() if line.strip()]) <= 10
    assert len([line for line in results.splitlines() if line.startswith("|")]) - 2 <= 8
