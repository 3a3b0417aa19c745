"""Which pairs are read in which directions: never fewer than the report needs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inconsistency import Detector
from inconsistency.calibration import as_sentences
from inconsistency.decision import Calibration, decision_features, load_calibration
from inconsistency.nli import NliScores
from inconsistency.nli.loading import DEFAULT
from inconsistency.pairs import candidate_pairs
from inconsistency.scoring import PairReader, Question

CALIBRATION = replace(load_calibration(DEFAULT / "calibration.json"), screen_floor=0.0, gate=None)
SUBJECTS = ["The old mill", "The bridge", "The mayor of Tollin", "A spokesman", "The mill by the bridge"]
ENDS = ["was closed on Monday.", "was open on Monday.", "said nothing of it.", "was built in 1962.", "died in 1968."]
TEXTS = [f"{one} {other}" for one in SUBJECTS for other in ENDS]


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


def questions(count: int, threshold: float, articles: int = 1) -> list[Question]:
    """Articles of some sentences, all of their pairs to be read."""
    found = []
    for start in range(articles):
        sentences = as_sentences((TEXTS[start:] + TEXTS[:start])[:count])
        found.append(Question(candidate_pairs(sentences, None), threshold, True))
    return found


@given(
    seed=st.integers(0, 10_000), count=st.integers(0, 12), threshold=st.floats(0, 1), articles=st.integers(1, 3)
)
def test_what_is_not_read_back_can_neither_be_flagged_nor_be_on_top(
    seed: int, count: int, threshold: float, articles: int
) -> None:
    """Flags and the article's best probability are those of reading every pair in both directions."""
    asked = questions(count, threshold, articles)
    reader = PairReader(Drawn(seed), CALIBRATION)

    for question, hopeful, every in zip(asked, reader.hopeful(asked), reader.every(asked), strict=True):
        told = []
        for scored in (hopeful, every):
            rows = [decision_features(s, question.candidates.considered) for s in scored]
            sure = {(s.pair.first.index, s.pair.second.index): CALIBRATION.probability(r)
                    for s, r in zip(scored, rows, strict=True)}  # fmt: skip
            told.append(({k: p for k, p in sure.items() if p >= threshold}, max(sure.values(), default=0.0)))
        assert told[0] == told[1]


def test_pairs_without_hope_are_not_read_back() -> None:
    """Fewer second directions are read the higher the threshold; at 0 none is saved that the first one holds likely."""
    backward = []
    for threshold in (0.0, 0.2, 0.9):
        scorer = Drawn(1)
        asked = questions(25, threshold)
        PairReader(scorer, CALIBRATION).hopeful(asked)
        backward.append(len(scorer.asked) - len(asked[0].candidates.pairs))
    likely = [s for s in Drawn(1).score([(p.first.text, p.second.text) for p in asked[0].candidates.pairs])
              if s.contradiction >= CALIBRATION.second_floor]  # fmt: skip

    assert len(likely) == backward[0] > backward[1] > backward[2] >= 1


def turned(name: str, weight: float) -> Calibration:
    """The calibration with another weight."""
    from inconsistency.decision import FEATURES

    weights = list(CALIBRATION.weights)
    weights[FEATURES.index(name)] = weight
    return replace(CALIBRATION, weights=tuple(weights))


@pytest.mark.parametrize(("name", "weight"), [("nli_mean", -0.1), ("nli_lower", -0.1), ("entailment", 0.1)])
def test_no_bound_where_a_weight_is_turned_round(name: str, weight: float) -> None:
    """A decision of somebody's own that is not monotone in the scores gets every second direction read."""
    scorer = Drawn(1)
    asked = questions(12, 0.9)
    PairReader(scorer, turned(name, weight)).hopeful(asked)
    pairs = [(p.first.text, p.second.text) for p in asked[0].candidates.pairs]
    likely = [s for s in Drawn(1).score(pairs) if s.contradiction >= CALIBRATION.second_floor]

    assert CALIBRATION.bounded
    assert not turned(name, weight).bounded
    assert len(scorer.asked) == len(pairs) + len(likely)


def test_what_is_not_read_back_is_counted(tmp_path: Path) -> None:
    """Such pairs stand among those screened out; none is lost from the counts."""
    detector = Detector(Drawn(1), calibration=None, gate=None, evidence=False)
    detector.calibration = CALIBRATION
    report = detector.check_sentences(TEXTS[:12])

    assert report.counts.pairs == report.counts.scored + report.counts.screened_out + sum(report.counts.left_out.values())
    assert report.counts.screened_out > 0
