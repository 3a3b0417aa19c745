"""Which pairs are read in which directions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from inconsistency import Detector
from inconsistency.decision import load_calibration, save_calibration
from inconsistency.nli import NliScores
from inconsistency.nli.loading import DEFAULT
from inconsistency.pairs import SentencePair, candidate_pairs
from inconsistency.scoring import Floors, PairReader
from inconsistency.sentences import from_texts

SUBJECTS = ["The old mill", "The bridge", "The mayor of Tollin", "A spokesman", "The mill by the bridge"]
ENDS = ["was closed on Monday.", "was open on Monday.", "said nothing of it.", "was built in 1962.", "died in 1968."]
TEXTS = [f"{one} {other}" for one in SUBJECTS for other in ENDS]
SHARE = st.floats(0, 1)


class Drawn:
    """A scorer whose answers are drawn by the pair's words and a seed, and which notes what it is asked."""

    name = "drawn"

    def __init__(self, seed: int) -> None:
        self.seed, self.asked = seed, list[tuple[str, str]]()

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NliScores]:
        """Shares that say anything from never to surely."""
        self.asked += pairs
        found = []
        for pair in pairs:
            drawn = hashlib.sha1(json.dumps([self.seed, pair]).encode()).digest()
            c = (drawn[0] / 255) ** (0.2 + drawn[1] / 64)
            e = (1 - c) * drawn[2] / 255
            found.append(NliScores(e, 1 - c - e, c))
        return found


def articles(sentences: int, count: int = 1) -> list[tuple[SentencePair, ...]]:
    """All pairs of some articles of so many sentences."""
    turned = [(TEXTS[start:] + TEXTS[:start])[:sentences] for start in range(count)]
    return [candidate_pairs(from_texts(texts, headline=True)).pairs for texts in turned]


@given(seed=st.integers(0, 10_000), sentences=st.integers(0, 12), floor=SHARE, count=st.integers(1, 3))
def test_pruned_pairs_are_those_below_a_floor(seed: int, sentences: int, floor: float, count: int) -> None:
    """Reading with a floor gives the pairs that reach it, with the scores that reading all pairs gives them."""
    asked = articles(sentences, count)
    reader = PairReader(Drawn(seed), Floors(forward=floor))

    for pruned, every in zip(reader.read_pruned(asked), reader.read_all(asked), strict=True):
        assert pruned == [s for s, reached in zip(every, reader.reaches_floors(every), strict=True) if reached]
        assert all(s.forward.contradiction >= floor for s in pruned)


def test_second_direction_of_pruned_pairs_is_not_read() -> None:
    """The model is asked once for every pair, and once more only for those that reach the floor."""
    asked = articles(25)
    scorer = Drawn(1)
    found = PairReader(scorer, Floors(forward=0.4)).read_pruned(asked)[0]

    assert 0 < len(found) < len(asked[0])
    assert len(scorer.asked) == len(asked[0]) + len(found)


def test_pruned_pairs_are_counted(tmp_path: Path) -> None:
    """Such pairs stand among those screened out; none is lost from the counts."""
    calibration = replace(load_calibration(DEFAULT / "calibration.json"), model="drawn", floors=Floors(forward=0.4))
    save_calibration(calibration, tmp_path / "c.json")
    counts = Detector(Drawn(1), calibration=tmp_path / "c.json", evidence=False).check_sentences(TEXTS[:12]).counts

    assert counts.pairs == counts.scored + counts.screened_out + sum(counts.left_out.values())
    assert counts.screened_out > 0
