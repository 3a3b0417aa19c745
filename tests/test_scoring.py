"""Which pairs are read in which directions."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inconsistency import Detector
from inconsistency.calibration_file import load_calibration, save_calibrations
from inconsistency.errors import ModelError
from inconsistency.nli import NliScores
from inconsistency.nli.loading import DEFAULT
from inconsistency.pairs import SentencePair, candidate_pairs
from inconsistency.scoring import (
    NO_OPINION,
    READ,
    READ_A_SENTENCE,
    SCREENED,
    SECOND,
    SURELY_SECOND,
    TOGETHER,
    PairReader,
)
from inconsistency.sentences import from_texts

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


class Screening(Drawn):
    """One with quick opinions, drawn as well."""

    def prefilter(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Anything."""
        return [self.chance("prefilter", pair) for pair in pairs]

    def screen(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Anything else."""
        return [self.chance("screen", pair) for pair in pairs]

    def chance(self, opinion: str, pair: tuple[str, str]) -> float:
        """A share drawn by the opinion's name, the pair and the seed."""
        drawn = hashlib.sha1(json.dumps([self.seed, opinion, pair]).encode()).digest()
        return int.from_bytes(drawn[:6]) / 2**48


def articles(sentences: int, count: int = 1) -> list[tuple[SentencePair, ...]]:
    """All pairs of some articles of so many sentences."""
    turned = [(TEXTS[start:] + TEXTS[:start])[:sentences] for start in range(count)]
    return [candidate_pairs(from_texts(texts, headline=True)).pairs for texts in turned]


@given(seed=st.integers(0, 10_000), sentences=st.integers(0, 25), count=st.integers(1, 3))
def test_what_is_read_is_what_reading_all_pairs_gives(seed: int, sentences: int, count: int) -> None:
    """Choosing pairs changes which are read, not what is said of them, and they stay in their article and order."""
    asked = articles(sentences, count)

    for likeliest, every in zip(
        PairReader(Screening(seed)).read_likeliest(asked), PairReader(Screening(seed)).read_all(asked), strict=True
    ):
        kept = {s.pair for s in likeliest}
        assert likeliest == [s for s in every if s.pair in kept]


@given(seed=st.integers(0, 10_000), sentences=st.integers(20, 25))
def test_the_likeliest_pairs_are_read(seed: int, sentences: int) -> None:
    """The prefilter says which pairs get the quick opinion, that which are scored, and the score whether once more."""
    scorer = Screening(seed)
    (pairs,) = articles(sentences)
    found = PairReader(scorer).read_likeliest([pairs])[0]
    texts = [(p.first.text, p.second.text) for p in pairs]
    noticed = sorted(texts, key=lambda t: -scorer.chance("prefilter", t))[: max(SCREENED, math.ceil(2.5 * sentences))]
    read = sorted(noticed, key=lambda t: -scorer.chance("screen", t))[: max(READ, math.ceil(READ_A_SENTENCE * sentences))]
    first = {t: s.contradiction for t, s in zip(read, scorer.score(read), strict=True)}
    surest = sorted(read, key=lambda t: -first[t])[:SURELY_SECOND]

    assert {(s.pair.first.text, s.pair.second.text) for s in found} == {
        t for t in read if first[t] >= SECOND or t in surest
    }
    assert all(s.screened == scorer.chance("screen", (s.pair.first.text, s.pair.second.text)) for s in found)


def test_so_many_pairs_as_are_asked_for_are_read_in_both_directions() -> None:
    """Who wants twenty candidates for a second reader gets as many, whatever the first direction says."""
    (pairs,) = articles(25)

    assert len(PairReader(Screening(3)).read_likeliest([pairs], at_least=20)[0]) >= 20


def test_a_model_without_quick_opinions_reads_every_pair_once() -> None:
    """The second direction is read only where the first leaves it open."""
    asked = articles(25)
    scorer = Drawn(1)
    found = PairReader(scorer).read_likeliest(asked)[0]

    assert 0 < len(found) < len(asked[0])
    assert len(scorer.asked) == len(asked[0]) + len(found)
    assert {s.screened for s in found} == {NO_OPINION}


@pytest.mark.parametrize("wrong", [[], [float("nan")] * 300], ids=["too few", "no numbers"])
def test_opinions_that_are_none_are_refused(wrong: list[float]) -> None:
    """Such answers would read as "no contradiction"."""
    scorer = Screening(1)
    scorer.prefilter = lambda pairs: wrong  # type: ignore[method-assign]

    with pytest.raises(ModelError, match="drawn gave"):
        PairReader(scorer).read_likeliest(articles(25))


def test_pairs_that_are_not_read_are_counted(tmp_path: Path) -> None:
    """Such pairs stand among those screened out; none is lost from the counts."""
    calibration = replace(load_calibration(DEFAULT / "calibration.json"), model="drawn")
    save_calibrations([calibration], tmp_path / "c.json")
    counts = Detector(Drawn(1), calibration=tmp_path / "c.json", evidence=False).check_sentences(TEXTS[:12]).counts

    assert counts.pairs == counts.scored + counts.screened_out + sum(counts.left_out.values())
    assert counts.screened_out > 0


def test_kinds_are_asked_for_before_much_else_is_read() -> None:
    """A model remembers the kinds of what it has just read, not of any number of pairs."""

    class Telling(Drawn):
        since, most = 0, 0

        def score(self, pairs: Sequence[tuple[str, str]]) -> list[NliScores]:
            self.since += len(pairs)
            self.most = max(self.most, self.since)
            return super().score(pairs)

        def kinds(self, pairs: Sequence[tuple[str, str]]) -> list[dict[str, float]]:
            self.since = 0
            return [{"place": 0.5 + len(first) / 1000} for first, _ in pairs]

    scorer = Telling(1)
    asked = articles(25, 20)
    found = PairReader(scorer).read_all(asked)

    assert sum(map(len, asked)) > TOGETHER >= scorer.most / 2
    assert [[s.pair for s in one] for one in found] == [list(pairs) for pairs in asked]
    assert all(s.kinds == {"place": 0.5 + len(s.pair.first.text) / 1000} for one in found for s in one)
