"""The embedded model: independent of its batches, honest about cuts, and right on the client's article."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from inconsistency import Contradiction, Detector, Report
from inconsistency.nli import KindScorer, NliScores, ScreeningScorer, load_scorer
from inconsistency.nli.loading import DEFAULT

ARTICLE = Path(__file__).parents[1].parent / "shared" / "seed" / "article.txt"
PAIRS = [
    ("The mill closed on Monday.", "The mill stayed open all week."),
    ("Fourteen people were hurt when the bridge fell.", "Forty-one people were hurt in the collapse."),
    ("A man is sleeping.", "The town council met on Tuesday to discuss the budget for the coming year."),
    ("Prices rose by 3.4%.", "Prices rose."),
    ("He died.", "He is alive."),
]
LONG = "The council met again and again, and the mill stayed closed. " * 60

pytestmark = pytest.mark.skipif(
    not (DEFAULT / "lower.onnx").is_file(), reason="the embedded model is not in this checkout"
)


@pytest.fixture(scope="module")
def scorer() -> ScreeningScorer:
    """The embedded model."""
    made = load_scorer("default", threads=1)
    assert isinstance(made, ScreeningScorer)
    return made


def fresh() -> ScreeningScorer:
    """The embedded model without memories of earlier sentences."""
    made = load_scorer("default", threads=1, self_test=False)
    assert isinstance(made, ScreeningScorer)
    return made


def contradiction(scores: list[NliScores]) -> list[float]:
    """P(contradiction) of each."""
    return [s.contradiction for s in scores]


def test_batch_composition_does_not_matter(scorer: ScreeningScorer) -> None:
    """A pair scores the same alone, among others and beside a long one, whatever was read before."""
    alone = [contradiction(fresh().score([pair]))[0] for pair in PAIRS[:3]]
    alone += [contradiction(scorer.score([pair]))[0] for pair in PAIRS[3:]]
    together = contradiction(fresh().score([(LONG, PAIRS[0][1]), *PAIRS]))[1:]

    assert together == pytest.approx(alone, abs=1e-3)
    assert contradiction(scorer.score(PAIRS[::-1]))[::-1] == pytest.approx(alone, abs=1e-3)


def test_a_plain_contradiction_is_one_in_both_directions(scorer: ScreeningScorer) -> None:
    """A sentence and its denial contradict each other whichever comes first."""
    assert min(contradiction(scorer.score([PAIRS[4], PAIRS[4][::-1]]))) > 0.5


def test_directions_are_told_apart(scorer: ScreeningScorer) -> None:
    """A fact entails its vaguer form, but not the other way round."""
    forward, backward = scorer.score([PAIRS[3], PAIRS[3][::-1]])

    assert forward.entailment > backward.entailment


def test_truncation_is_counted(scorer: ScreeningScorer) -> None:
    """A sentence longer than the model reads is cut, and the report counts its pairs."""
    report = Detector(scorer).check_sentences([*PAIRS[0], LONG], threshold=0)

    assert [s.truncated for s in scorer.score([PAIRS[0], (LONG, PAIRS[0][0])])] == [False, True]
    assert report.counts.truncated == 2


def test_screen_gives_probabilities(scorer: ScreeningScorer) -> None:
    """The quick opinion is a probability for each pair, in order."""
    found = scorer.screen(PAIRS)

    assert len(found) == len(PAIRS)
    assert all(0 <= p <= 1 for p in found)
    assert scorer.screen(PAIRS[::-1])[::-1] == pytest.approx(found, abs=1e-3)


def test_prefilter_gives_probabilities(scorer: ScreeningScorer) -> None:
    """So is the roughest opinion, which is the same in either order of the sentences."""
    found = scorer.prefilter(PAIRS)

    assert all(0 <= p <= 1 for p in found)
    assert scorer.prefilter([(b, a) for a, b in PAIRS]) == pytest.approx(found, abs=1e-3)


def test_kinds_are_the_same_whether_the_pair_was_scored_before(scorer: ScreeningScorer) -> None:
    """They are remembered from the scoring; asked without it, the model says the same."""
    fresh: Any = load_scorer("default", threads=1)
    wanted = fresh.kinds(PAIRS)
    scorer.score([*PAIRS, *((b, a) for a, b in PAIRS)])

    for one, other in zip(scorer.kinds(PAIRS), wanted, strict=True):  # type: ignore[attr-defined]
        assert one == pytest.approx(other, abs=1e-3)


def test_kinds_are_shares_in_either_order(scorer: ScreeningScorer) -> None:
    """The kind head gives shares that sum to 1, whichever sentence comes first."""
    assert isinstance(scorer, KindScorer)
    ahead, back = scorer.kinds(PAIRS), scorer.kinds([(b, a) for a, b in PAIRS])

    for one, other in zip(ahead, back, strict=True):
        assert sum(one.values()) == pytest.approx(1, abs=1e-5)
        assert one == pytest.approx(other, abs=1e-3)


def test_nothing_to_score(scorer: ScreeningScorer) -> None:
    """No pairs, no scores; an empty sentence is still scored."""
    assert scorer.score([]) == []
    assert scorer.screen([]) == []
    assert scorer.prefilter([]) == []
    assert len(scorer.score([("", "The mill closed.")])) == 1


@pytest.fixture(scope="module")
def report() -> Report:
    """The client's article at the default setting."""
    if not ARTICLE.is_file():
        pytest.skip("the client's article is not beside this checkout")
    return Detector().check(ARTICLE.read_text(encoding="utf-8"))


def recapture_against_hand_over(found: Sequence[Contradiction]) -> bool:
    """Whether a pair sets the recapture in China against the hand-over to South Korean authorities."""
    for c in found:
        for one, other in ((c.first, c.second), (c.second, c.first)):
            recapture = one.role == "headline" or one.text.startswith("A North Korean soldier who was missing")
            hand_over = "handed over to South Korean authorities" in other.text
            if recapture and "recaptured in China" in one.text and hand_over:
                return True
    return False


def test_client_article_recapture_is_among_the_first_five() -> None:
    """Of all pairs, ranked by the model alone, the recapture in China against the hand-over is among the first five."""
    if not ARTICLE.is_file():
        pytest.skip("the client's article is not beside this checkout")
    detector = Detector(evidence=False, screen=False)
    found = detector.check(ARTICLE.read_text(encoding="utf-8"), threshold=0).contradictions
    ranked = sorted(found, key=lambda c: -c.forward.contradiction - c.backward.contradiction)[:5]

    assert recapture_against_hand_over(ranked), [(c.probability, c.first.text, c.second.text) for c in ranked]


def test_client_article_recapture_is_flagged_by_default(report: Report) -> None:
    """At the default setting, the recapture against the hand-over is among the first five flags."""
    assert recapture_against_hand_over(report.contradictions[:5])


def test_client_article_furniture_takes_no_part(report: Report) -> None:
    """Prompts ("Read more") and "Leave a Comment" are counted and stand in no flagged pair."""
    flagged = [s.text for c in report.contradictions for s in (c.first, c.second)]

    assert not any("Read more" in text or "Leave a Comment" in text for text in flagged)
    assert report.counts.furniture["prompt"] == 2


def test_client_article_repeated_headline_is_counted_once(report: Report) -> None:
    """The headline that the page repeats is one sentence, and not a pair with itself."""
    assert report.counts.furniture["repeated headline"] == 1
    assert all(c.first.text != c.second.text for c in report.contradictions)
