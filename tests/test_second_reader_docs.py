"""The page on the second reader says what there is: its Python, its commands, its options, its figures."""

from __future__ import annotations

import inspect
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from inconsistency import LLMVerifier, Verifier, cli
from inconsistency.options import DetectorOptions
from inconsistency.testing import FakeScorer
from inconsistency.verify import CONFIDENT, llm, prompt

PAGE = (Path(__file__).parents[1] / "docs" / "second-reader.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Fenced blocks of one language, in order."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [block for name, block in fenced if name == language]


def test_commands_parse() -> None:
    """The command line accepts every call on the page."""
    lines = [line for block in blocks("") for line in block.splitlines() if line.startswith("inconsistency ")]

    assert len(lines) >= 5
    for line in lines:
        assert cli.parser().parse_args(shlex.split(line)[1:]).verify


def test_a_reader_of_ones_own_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of another reader is a verifier, and a detector takes it."""
    from inconsistency import Detector

    names: dict[str, Any] = {"FakeScorer": FakeScorer}
    monkeypatch.setattr("builtins.input", lambda _: "n")
    block = blocks("python")[-1].replace("Detector(", "Detector(FakeScorer({('14', '41'): 0.9}), ")
    exec(block, names)

    assert isinstance(names["detector"], Detector)
    assert isinstance(names["detector"].verifier, Verifier)
    report = names["detector"].check("14 people were hurt. 41 people were hurt.")
    assert report.contradictions[0].verdict.reason == "Said the desk."


def test_options_are_those_that_there_are() -> None:
    """The table has every option with its default, and the text the limits that the code has."""
    options = inspect.signature(LLMVerifier).parameters
    (table,) = re.findall(r"\| `LLMVerifier` \|.*?\n\n", PAGE, re.DOTALL)

    assert set(re.findall(r"`(\w+)`", table)) >= set(options)
    assert f"{options['timeout'].default:.0f} s, {options['retries'].default}" in table
    assert f"| {options['window'].default:,} |" in table
    assert f"| {options['concurrency'].default} |" in table
    assert f"the {DetectorOptions.candidates} most probable" in PAGE
    assert f"at least {CONFIDENT:.0%} sure".replace("%", " %") in PAGE
    assert f"longer than {llm.WINDOW:,} characters" in PAGE
    assert f"about {round(len(prompt.instructions(False)), -2):,} characters" in PAGE
