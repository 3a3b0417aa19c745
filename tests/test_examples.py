"""The scripts that users copy."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    """Run the script as `python examples/check_article.py` does."""
    script = str(EXAMPLES / "check_article.py")
    monkeypatch.setattr(sys, "argv", [script, *arguments])
    runpy.run_path(script, run_name="__main__")


@pytest.mark.parametrize("preset", [None, "broad"])
def test_check_article(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], preset: str | None) -> None:
    """It prints the pairs, and at which preset they are flagged."""
    run(monkeypatch, str(EXAMPLES / "toll.txt"), *(["--false-flags", preset] if preset else []))
    shown = capsys.readouterr().out

    assert f"preset {preset or 'default'!r}" in shown
    assert "left hospital on Saturday afternoon" in shown


def test_check_article_without_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without an article it says how it is used."""
    with pytest.raises(SystemExit) as caught:
        run(monkeypatch)

    assert caught.value.code == 2
    assert "usage: check_article.py" in capsys.readouterr().err
