"""What the README says of figures follows from them."""

from __future__ import annotations

import pytest

from benchmarks import readme


@pytest.mark.parametrize(
    ("value", "low", "high", "verdict"),
    [
        (0.1, 0.08, 0.14, "kept"),
        (0.1, 0.03, 0.3, "seems kept"),
        (0.2, 0.11, 0.3, "seems above"),
        (0.05, 0.01, 0.3, "seems below"),
        (0.3, 0.16, 0.5, "above"),
        (0.02, 0.0, 0.06, "below"),
    ],
)
def test_a_promise_is_kept_within_its_factor(value: float, low: float, high: float, verdict: str) -> None:
    """For certain where the whole interval says so, else by the value alone, which is told apart."""
    assert readme.kept({"value": value, "low": low, "high": high}, 0.1) == verdict


def test_sources_are_put_together_by_their_flags() -> None:
    """The line at the end counts flags and articles of all sources, however many each has."""
    about = {"date": "today", "machine": {"processor": "P"}, "commit": "c"}

    def row(source: str, articles: int, flags: int) -> dict:
        observed = {"value": flags / articles, "low": 0.0, "high": 1.0}
        presets = {name: {"flags": flags, "observed": observed} for name in readme.PRESETS}
        return {"source": source, "articles": articles, "sentences": 20.0, "presets": presets}

    text = readme.promise(
        {"about": about, "promise": [row("bbc", 90, 9), row("wsj", 10, 6)], "notes": ["bbc: 90 of 99 clean", "and so on"]}
    )

    assert "| **together** | 100 | | 0.15 (" in text
    assert "| wsj | 10 | 20 | 0.60 (" in text
    assert "Of the 6 figures by source 2 are within a factor 1.5 of the promise, 3 above and 1 below it" in text
    assert "Samples: bbc: 90 of 99 clean; and so on." in text
