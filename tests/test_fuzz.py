"""A minute of the search in tests/fuzz.py, always with the same seed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.mark.slow(seconds=60)
def test_search() -> None:
    """No input is found for which an invariant of sentences, reports, outputs or tables breaks."""
    pytest.importorskip("pyarrow")
    import fuzz

    done = fuzz.run(seconds=60, number=1)

    assert all(search.tried > search.refused for search in done)
    assert "\n".join(text for search in done for text in search.broken.values()) == ""
