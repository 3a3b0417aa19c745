"""The conductor: what is flagged, in what order, with which offsets, and that nothing is lost."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inconsistency import Article, Detector, Report
from inconsistency.calibration_file import load_calibration, save_calibrations
from inconsistency.decision import Calibration, Growth
from inconsistency.errors import CalibrationError, InputError, ModelError
from inconsistency.lexicon import stem
from inconsistency.nli import NliScores
from inconsistency.report import Contradiction
from inconsistency.testing import FakeScorer, FakeVerifier

HEADLINE = "Fourteen hurt as bridge falls in Tollin"
TEXT = f"""{HEADLINE}

{HEADLINE}

A bridge fell in Tollin on Monday. 14 people were hurt, the mayor said.

Mayor Ode Vance arrives for talks Read more

Hospitals in Tollin treated 41 people who were hurt. The bridge was built in 1962.

The bridge was opened in 1968.

Leave a Comment"""
TABLE = {("14 people", "41 people"): 0.95, ("1962", "1968"): 0.92, ("fell", "1968"): 0.4}
FULL = "14 people were hurt, the mayor said."


def detector(**options: object) -> Detector:
    """A detector without a model that knows the contradictions of `TEXT`."""
    return Detector(FakeScorer(TABLE), **options)  # type: ignore[arg-type]


def texts(contradiction: Contradiction) -> tuple[str, str]:
    """The two sentences of a flagged pair."""
    return contradiction.first.text, contradiction.second.text


class Screening(FakeScorer):
    """A scorer whose quick opinion is a half of the full one."""

    def screen(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Half of P(contradiction)."""
        return [self._one(p, h).contradiction / 2 for p, h in pairs]

    def prefilter(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """The same."""
        return self.screen(pairs)


GROWTH = (Growth(0.5, ((1.0, 1.0), (1000.0, 1000.0))),)  # false flags grow with the pairs


@pytest.fixture
def calibration(tmp_path: Path) -> Path:
    """A calibration that takes the mean of the NLI scores."""
    path = tmp_path / "calibration.json"
    weights = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    made = Calibration("fake", weights, 0.0, GROWTH, (0.005, 0.5, 0.9), (0.1, 0.01, 0.0001), {})
    save_calibrations([made], path)
    return path


def test_flags_the_contradicting_pairs() -> None:
    """The pairs that the model calls contradictions are flagged, others are not."""
    report = detector().check(TEXT)

    assert [texts(c) for c in report.contradictions] == [
        (FULL, "Hospitals in Tollin treated 41 people who were hurt."),
        ("The bridge was built in 1962.", "The bridge was opened in 1968."),
    ]
    assert report.flagged


def test_most_probable_first() -> None:
    """Flagged pairs come sorted, and the article's score is that of the first."""
    report = detector().check(TEXT, threshold=0)
    found = [c.probability for c in report.contradictions]

    assert found == sorted(found, reverse=True)
    assert report.score == found[0] == pytest.approx(0.95)


def test_both_directions_are_scored() -> None:
    """Each pair is asked in both directions, and both answers stand in the report."""
    scorer = FakeScorer(TABLE)
    report = Detector(scorer, evidence=False).check(TEXT)

    assert scorer.calls == [report.counts.scored] * 2
    assert report.contradictions[0].forward.contradiction == pytest.approx(0.95)
    assert report.contradictions[0].backward.contradiction == pytest.approx(0.95)


def test_offsets_point_into_the_text() -> None:
    """Offsets of flagged sentences give their text, and the sentences are those of the report."""
    report = detector().check(TEXT, threshold=0)

    for contradiction in report.contradictions:
        for sentence in (contradiction.first, contradiction.second):
            assert report.text[sentence.start : sentence.end] == sentence.text
            assert report.sentences[sentence.index] == sentence
        assert contradiction.first.index < contradiction.second.index


def test_threshold_zero_returns_every_scored_pair() -> None:
    """With `threshold=0`, each pair of sentences that are not furniture comes back."""
    report = detector().check(TEXT, threshold=0)
    kept = sum(s.role != "furniture" for s in report.sentences)

    assert len(report.contradictions) == report.counts.scored == kept * (kept - 1) // 2


def test_a_calls_threshold_does_not_stick() -> None:
    """The threshold of one call leaves the next call alone."""
    of_ours = detector()
    before = of_ours.check(TEXT)
    of_ours.check(TEXT, threshold=0)

    assert of_ours.check(TEXT) == before


def test_a_threshold_is_inclusive() -> None:
    """A pair exactly at the threshold is flagged."""
    assert [c.probability for c in detector(threshold=0.95).check(TEXT).contradictions] == [0.95]


def test_furniture_is_counted_and_takes_no_part() -> None:
    """Prompts and the repeated headline are counted by kind and stand in no pair."""
    report = detector().check(TEXT, threshold=0)

    assert report.counts.furniture == {"repeated headline": 1, "prompt": 2}
    assert not any("Read more" in t or "Leave a" in t for c in report.contradictions for t in texts(c))
    assert sum(t == HEADLINE for t in (s.text for s in report.sentences if s.role == "headline")) == 1


def test_headline_given_apart() -> None:
    """A headline given apart is sentence 0, meets the body, and points into itself."""
    headline = "41 people hurt in Tollin"
    report = detector().check("A bridge fell in Tollin. 14 people were hurt.", headline=headline)
    found = report.contradictions[0]

    assert report.headline == headline
    assert (found.first.index, found.first.part, found.first.role) == (0, "headline", "headline")
    assert headline[found.first.start : found.first.end] == found.first.text
    assert report.text[found.second.start : found.second.end] == "14 people were hurt."


def test_repeated_headline_is_one_sentence() -> None:
    """A headline given apart that stands in the body too is counted once and not paired with itself."""
    report = detector().check(TEXT, headline=HEADLINE, threshold=0)

    assert report.counts.furniture["repeated headline"] == 2
    assert not any(a == b for a, b in map(texts, report.contradictions))


SENTENCES = st.lists(
    st.sampled_from(
        ["A bridge fell.", "14 people came.", "41 people came.", "Read more\n", "He left.", "\n\n", " "]
    )
    | st.text(max_size=20)
)


@given(SENTENCES.map(" ".join).filter(str.strip), st.sampled_from([1, 5, None]))
@settings(deadline=None, max_examples=60)
def test_counts_add_up_on_any_text(text: str, limit: int | None) -> None:
    """Scored, screened out and left out make up all pairs, and nothing fails on any text."""
    counts = detector(max_pairs=limit).check(text).counts

    assert counts.scored + counts.screened_out + sum(counts.left_out.values()) == counts.pairs
    assert counts.sentences >= sum(counts.furniture.values())


def test_screened_pairs_are_counted(calibration: Path) -> None:
    """What the quick opinion dismisses is counted."""
    screened = Detector(Screening(TABLE), calibration=calibration).check(TEXT)

    assert screened.counts.screened_out > 0
    assert screened.counts.scored + screened.counts.screened_out == screened.counts.pairs


def test_a_promise_is_the_same_when_all_pairs_are_scored(calibration: Path) -> None:
    """Under a promise what the quick opinion rules out is not flagged, with or without screening."""
    screened = Detector(Screening(TABLE), calibration=calibration, false_flags=5.0).check(TEXT)
    full = Detector(Screening(TABLE), calibration=calibration, false_flags=5.0, screen=False).check(TEXT)

    assert screened.contradictions
    assert screened.contradictions == full.contradictions
    assert screened.counts == full.counts


def test_without_screening_a_threshold_of_the_users_reads_every_pair(calibration: Path) -> None:
    """An explicit threshold makes no promise, so nothing but the threshold decides."""
    report = Detector(Screening(TABLE), calibration=calibration, screen=False).check(TEXT, threshold=0)

    assert report.counts.screened_out == 0
    assert len(report.contradictions) == report.counts.scored == report.counts.pairs


def test_second_direction_only_where_the_first_leaves_it_open(calibration: Path) -> None:
    """A pair whose first direction is hopeless is not read in the other, but for the three likeliest, and is counted."""
    scorer = FakeScorer(TABLE)
    report = Detector(scorer, calibration=calibration, evidence=False).check(TEXT, threshold=0)

    assert scorer.calls == [report.counts.pairs, 3]
    assert report.counts.scored == 3
    assert report.counts.screened_out == report.counts.pairs - 3


def test_a_calibration_for_another_model_is_refused(calibration: Path) -> None:
    """Its promise was measured with that model's scores; where its folder lies makes no difference."""
    made = load_calibration(calibration)
    save_calibrations([replace(made, model="models/fake")], calibration)
    assert Detector(FakeScorer(TABLE), calibration=calibration).check(TEXT).expected_false_flags is not None

    save_calibrations([replace(made, model="another")], calibration)
    with pytest.raises(CalibrationError, match="fitted for the model 'another', not for 'fake'"):
        Detector(FakeScorer(TABLE), calibration=calibration)


def test_nothing_is_stated_that_was_not_measured(calibration: Path) -> None:
    """Where pairs may be flagged that no fit has seen, the report does not say how many false flags to expect."""
    fake = Screening(TABLE)
    free = Detector(fake, calibration=calibration, screen=False)
    assert free.check(TEXT).expected_false_flags is not None
    assert free.check(TEXT, threshold=0.5).expected_false_flags is None


def test_flagged_pairs_that_only_rules_explain_are_counted() -> None:
    """The limit on what the model is asked of flagged pairs stands in the counts and among what was left out."""
    sentences = [f"{name} {what}." for name, what in zip("ABCDE", ("sang", "slept", "ran", "ate", "left"), strict=True)]
    report = Detector(FakeScorer()).check_sentences(sentences, threshold=0)
    plain = Detector(FakeScorer(), evidence=False).check_sentences(sentences, threshold=0)

    assert (len(report), report.counts.unasked, plain.counts.unasked) == (10, 5, 0)
    assert "5 flagged pairs whose words rules alone tell" in report.to_text(width=120)


def test_calibrated_report_says_what_to_expect(calibration: Path) -> None:
    """With a calibration the report tells the false flags of a clean article of its size."""
    report = Detector(FakeScorer(TABLE), calibration=calibration, false_flags=0.2).check(TEXT)

    assert report.expected_false_flags == pytest.approx(0.2, rel=1e-3)
    assert detector().check(TEXT).expected_false_flags is None


def test_no_pairs_no_false_flags(calibration: Path) -> None:
    """Where there is no pair, none can be flagged wrongly."""
    report = Detector(FakeScorer(TABLE), calibration=calibration).check("One sentence only.")

    assert report.expected_false_flags == 0


@pytest.mark.parametrize("text", ["", " \n\t\u2028"])
def test_an_empty_article_is_an_error(text: str) -> None:
    """Nothing to check is no clean article: each way to give one says so, with a headline, too."""
    of_ours = detector()
    ways = (
        lambda: of_ours.check(text),
        lambda: of_ours.check(text, headline="Mill closed"),
        lambda: list(of_ours.check_many([text])),
        lambda: of_ours.check_sentences([text]),
        lambda: of_ours.check_sentences([]),
    )

    for way in ways:
        with pytest.raises(InputError, match="the article is empty"):
            way()


@pytest.mark.parametrize("text", ["One sentence only.", "Read more"])
def test_too_short_to_contradict_itself(text: str) -> None:
    """One sentence gives an empty report and no error."""
    report = detector().check(text)

    assert not report.flagged
    assert report.score == 0
    assert report.counts.pairs == report.counts.scored == 0


def test_check_many_is_check_in_order() -> None:
    """A stream gives the reports that single calls give, in the same order."""
    articles: list[str | Article] = [TEXT, "One.", Article("14 people came.", "41 people came"), "He left. " * 3, TEXT]
    of_ours = detector()
    alone = [
        of_ours.check(a) if isinstance(a, str) else of_ours.check(a.text, headline=a.headline) for a in articles
    ]

    assert list(of_ours.check_many(iter(articles))) == alone


def test_check_many_streams() -> None:
    """Reports come before the input ends, so an endless stream can be read."""

    def endless():
        while True:
            yield TEXT

    assert next(detector().check_many(endless())).flagged


def test_check_many_scores_articles_together() -> None:
    """Pairs of several articles go to the model in one call."""
    scorer = FakeScorer(TABLE)
    reports = list(Detector(scorer, evidence=False).check_many([TEXT] * 5))

    assert scorer.calls == [sum(r.counts.scored for r in reports)] * 2


def test_check_many_of_nothing() -> None:
    """No articles, no reports."""
    assert list(detector().check_many([])) == []


def test_check_sentences_keeps_the_callers_indexes() -> None:
    """With sentences given as a list, indexes are list indexes and none is taken for furniture."""
    sentences = ["14 people came", "Read more", "In all, 41 people came."]
    report = detector().check_sentences(sentences, headline=True)
    found = report.contradictions[0]

    assert (found.first.index, found.second.index) == (0, 2)
    assert [s.text for s in report.sentences] == sentences
    assert [report.text[s.start : s.end] for s in report.sentences] == sentences
    assert report.sentences[0].role == "headline"
    assert report.counts.furniture == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": 1.5}, "threshold is 1.5; accepted are numbers from 0 to 1"),
        ({"threshold": -0.1}, "threshold is -0.1"),
        ({"threshold": float("nan")}, "threshold is nan"),
        ({"threshold": "high"}, "threshold is 'high'"),
        ({"false_flags": 0}, "false_flags is 0; accepted are strict, default, broad or a number above 0"),
        ({"false_flags": float("nan")}, "false_flags is nan"),
        ({"false_flags": "harsh"}, "false_flags is 'harsh'; accepted are strict, default, broad or a number"),
        ({"false_flags": None}, "false_flags is None"),
        ({"top": -1}, "top is -1; accepted are whole numbers from 0"),
        ({"top": True}, "top is True; accepted are whole numbers from 0"),
        ({"max_pairs": 0}, "max_pairs is 0; accepted are None and whole numbers from 1"),
        ({"max_pairs": 2.5}, "max_pairs is 2.5"),
        ({"max_pairs": "5"}, "max_pairs is '5'"),
        ({"max_pairs": True}, "max_pairs is True"),
        ({"threads": True}, "threads is True; accepted are None and whole numbers from 1"),
        ({"threshold": True}, "threshold is True; accepted are numbers from 0 to 1"),
        ({"threshold": 80}, r"threshold is 80; accepted are numbers from 0 to 1 \(80 % is 0.8\)"),
        ({"false_flags": True}, "false_flags is True; accepted are strict, default, broad or a number above 0"),
        ({"false_flags": float("inf")}, "false_flags is inf"),
        ({"screen": "no"}, "screen is 'no'; accepted are True and False"),
        ({"screen": 0}, "screen is 0"),
        ({"evidence": "no"}, "evidence is 'no'"),
        ({"self_test": None}, "self_test is None"),
    ],
    ids=str,
)
def test_options_outside_their_range_are_refused(options: dict[str, object], message: str) -> None:
    """A wrong option is refused when the detector is made, with what is accepted."""
    with pytest.raises(InputError, match=message):
        detector(**options)


def test_other_errors_of_construction(tmp_path: Path) -> None:
    """A missing model, calibration file or backend is said at once."""
    with pytest.raises(ModelError, match="no model folder"):
        Detector(tmp_path / "none")
    with pytest.raises(ModelError, match="no model folder 'mymodel'; accepted are 'default', a folder"):
        Detector("mymodel")  # too bare for a hub id
    with pytest.raises(ModelError, match="no model folder 'runs/mymodel'"):
        Detector(Path("runs/mymodel"))  # as text it would be a hub id
    with pytest.raises(CalibrationError, match="no calibration file"):
        detector(calibration=tmp_path / "none.json")
    with pytest.raises(InputError, match="accepted are auto, onnx, torch"):
        Detector("default", backend="jax")


@pytest.mark.parametrize("value", [None, 5, b"bytes", ["a", "b"]], ids=str)
def test_articles_must_be_text(value: object) -> None:
    """Anything but a str is refused, in a single call and in a stream."""
    with pytest.raises(InputError, match="an article must be a str, not"):
        detector().check(value)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="an article must be a str, not"):
        list(detector().check_many([value]))  # type: ignore[list-item]


def test_a_calls_threshold_is_validated() -> None:
    """A threshold given to `check` has the same range as the detector's."""
    with pytest.raises(InputError, match="threshold is 2"):
        detector().check(TEXT, threshold=2)


def test_evidence_is_there_and_can_be_left_out() -> None:
    """A flagged pair says what kind of conflict it is; `evidence=False` leaves it out."""
    found = detector().check(TEXT).contradictions[0]
    plain = detector(evidence=False).check(TEXT).contradictions[0]

    assert found.evidence is not None
    assert found.kind == "number"
    assert plain.evidence is None
    assert plain.kind is None


@pytest.mark.parametrize("threshold", [None, 0.0], ids=["usual", "all pairs"])
def test_report_survives_dict_and_json(threshold: float | None) -> None:
    """`from_dict` gives back the report, from a dict and from JSON text."""
    report = detector().check(TEXT, headline="Bridge falls — 14 “hurt” 😀", threshold=threshold)

    assert Report.from_dict(report.to_dict()).to_dict() == report.to_dict()
    assert Report.from_dict(json.loads(report.to_json())).to_dict() == report.to_dict()
    assert "😀" in report.to_json()


@pytest.mark.parametrize("data", [{}, {"text": "a"}, None, []], ids=str)
def test_from_dict_refuses_what_is_no_report(data: object) -> None:
    """Data of another shape is refused, not half read."""
    with pytest.raises(InputError, match="not a report"):
        Report.from_dict(data)  # type: ignore[arg-type]


def test_settings_can_be_written_down() -> None:
    """What decides the reports is JSON-able, so that a run can be reproduced."""
    made = detector(threshold=0.7).settings()

    assert json.loads(json.dumps(made)) == made
    assert (made["threshold"], made["model"]) == (0.7, "fake")


def test_what_is_not_flagged_is_ranked() -> None:
    """Beside what is flagged stand the most probable of the other pairs, three or as many as asked for, without evidence."""
    whole = detector(threshold=0.93).check(TEXT, threshold=0).contradictions
    report = detector(threshold=0.93).check(TEXT)

    assert [texts(c) for c in report.contradictions] == [texts(whole[0])]
    assert [(texts(c), c.probability) for c in report.ranked] == [(texts(c), c.probability) for c in whole[1:4]]
    assert {c.evidence for c in report.ranked} == {c.caveat for c in report.ranked} == {None}
    for top in (0, 1, 5):
        asked = (detector(threshold=0.93, top=top).check(TEXT), detector(threshold=0.93).check(TEXT, top=top))
        assert [[texts(c) for c in r.ranked] for r in asked] == [[texts(c) for c in whole[1 : 1 + top]]] * 2


def test_articles_without_a_flag_are_ordered_by_their_score() -> None:
    """The score of an article is that of its best pair, flagged or not, and hardly probable pairs keep their order in JSON."""
    scores = []
    for p in (0.3, 2e-7, 1e-7):
        data = Detector(FakeScorer({("mill", "mill"): p})).check("The mill shut. The mill is open.").to_dict()
        assert not data["flagged"]
        assert data["score"] == data["ranked"][0]["probability"]
        scores.append(data["score"])

    assert scores == [0.3, 2e-7, 1e-7]


def test_one_article_may_have_other_options() -> None:
    """`check` and `check_sentences` take what a detector takes for a single article, and the next one has the detector's."""
    of_ours = detector()
    assert of_ours.check(TEXT, evidence=False) == detector(evidence=False).check(TEXT)
    assert of_ours.check_sentences(["14 people", "41 people"], top=0, evidence=False).ranked == ()
    assert of_ours.check(TEXT) == detector().check(TEXT)
    with pytest.raises(InputError, match="evidence is 'no'; accepted are True and False"):
        of_ours.check(TEXT, evidence="no")  # type: ignore[arg-type]


def test_how_much_is_missed_comes_from_the_calibration(calibration: Path) -> None:
    """A report says what share a preset misses; nothing where nobody measured it, or where something else decides."""
    def missed(path: Path = calibration, **options: object) -> float | None:
        return Detector(FakeScorer(TABLE), calibration=path, **options).check(TEXT).missed  # type: ignore[arg-type]

    assert missed() is None
    found = {"strict": 0.25, "default": 0.375, "broad": 0.75}
    save_calibrations([replace(load_calibration(calibration), fitted={"found": found})], calibration)
    assert {name: missed(false_flags=name) for name in found} == {name: 1 - share for name, share in found.items()}
    assert missed(false_flags=0.5) == 0.25
    assert missed(false_flags=0.2) is missed(threshold=0.5) is missed(verifier=FakeVerifier()) is None
    assert detector().check(TEXT).missed is None


@pytest.mark.parametrize("found", [{"lax": 0.5}, {"broad": 2}, {"broad": None}, [0.5], 0.5], ids=str)
def test_shares_that_cannot_be_are_refused(calibration: Path, found: object) -> None:
    """A calibration whose shares of found contradictions are none says so when it is read."""
    save_calibrations([replace(load_calibration(calibration), fitted={"found": found})], calibration)

    with pytest.raises(CalibrationError, match="not a calibration file"):
        load_calibration(calibration)


class Broken(FakeScorer):
    """A model that answers with what it is given."""

    def __init__(self, answers: list[NliScores]) -> None:
        super().__init__()
        self._answers = answers

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NliScores]:
        return self._answers


@pytest.mark.parametrize(
    ("answers", "said"),
    [([], "gave 0 scores for 1 pairs"), ([NliScores(0.0, 0.0, float("nan"))], "is no number")],
    ids=["too few", "not a number"],
)
def test_answers_that_would_read_as_clean_are_refused(answers: list[NliScores], said: str) -> None:
    """A model that gives too few scores, or NaN, ends the check: it must not pass for an article without conflicts."""
    with pytest.raises(ModelError, match=said):
        Detector(Broken(answers)).check_sentences(["The mill closed.", "The mill is open."])


@pytest.mark.parametrize(
    ("sentences", "threshold", "said"),
    [
        ("The mill closed.", None, "a whole text goes to check"),
        (["The mill closed.", 2], None, "a sentence is 2"),
        (["The mill closed.", None], None, "a sentence is None"),
        ([0, "The mill closed."], None, "a sentence is 0"),
        (["The mill closed."], 1.5, "threshold is 1.5"),
    ],
)
def test_sentences_are_checked_before_they_are_read(sentences: list[str], threshold: float | None, said: str) -> None:
    """A text instead of a list, a number among the sentences, a threshold above 1: each is named."""
    with pytest.raises(InputError, match=said):
        detector().check_sentences(sentences, threshold=threshold)


def test_a_headline_apart_is_no_option_of_sentences() -> None:
    """`check` takes the words of a headline, `check_sentences` whether there is one: words would be lost there."""
    with pytest.raises(InputError, match="headline is 'Mill closed'; accepted are True and False"):
        detector().check_sentences(["The mill is open."], headline="Mill closed")  # type: ignore[arg-type]


def test_whether_a_second_reader_is_asked_is_a_switch() -> None:
    """The word "no" counts as true in Python, and the article would leave the machine."""
    with pytest.raises(InputError, match="verify is 'no'; accepted are True and False"):
        detector().check(TEXT, verify="no")  # type: ignore[arg-type]


def test_sentences_may_come_from_an_iterator() -> None:
    """A generator is read once and whole."""
    sentences = ["14 people were hurt.", "It rained.", "Hospitals treated 41 people."]

    assert detector().check_sentences(s for s in sentences) == detector().check_sentences(sentences)


def test_numbers_of_numpy_are_numbers() -> None:
    """A threshold from an array is taken."""
    assert detector(threshold=np.float32(0.5), false_flags=np.float64(0.5)).check(TEXT).threshold == 0.5


def test_scores_of_numpy_are_numbers_in_json() -> None:
    """A scorer of one's own may answer with numbers of numpy; the report's JSON has them all the same."""

    class Numpy(FakeScorer):
        def score(self, pairs: Sequence[tuple[str, str]]) -> list[NliScores]:
            return [NliScores(*np.float32([0.2, 0.1, 0.7])) for _ in pairs]

    report = Detector(Numpy(), threshold=0.5).check("The mill closed. The mill is open.")

    assert report.flagged
    assert Report.from_dict(json.loads(report.to_json())).to_dict() == report.to_dict()


def test_one_article_may_have_another_strictness(calibration: Path) -> None:
    """`check` and `check_sentences` take a threshold or a promise for one article alone, and not both."""
    usual = Detector(FakeScorer(TABLE), calibration=calibration)
    broad = Detector(FakeScorer(TABLE), calibration=calibration, false_flags="broad")

    assert usual.check(TEXT, false_flags="broad") == broad.check(TEXT)
    texts = TEXT.split("\n\n")
    assert usual.check_sentences(texts, false_flags=0.5) == broad.check_sentences(texts)
    assert Detector(FakeScorer(TABLE), threshold=0.9, calibration=calibration).check(TEXT, false_flags="broad") == (
        broad.check(TEXT)
    )
    with pytest.raises(InputError, match=r"threshold is 0\.5 and false_flags is 'broad'; accepted is one of the two"):
        usual.check(TEXT, threshold=0.5, false_flags="broad")


def test_thresholds_are_asked_for_by_name_too(calibration: Path) -> None:
    """A preset's name means the same as its number; another name is refused."""
    of = detector(calibration=calibration).threshold_for

    assert of(100, "strict") == of(100, 0.05) > of(100, "broad") == of(100, 0.5)
    with pytest.raises(InputError, match="false_flags is 'lax'; accepted are strict, default, broad or a number"):
        of(100, "lax")


def test_one_article_is_no_stream() -> None:
    """An article alone, as text or with its headline, is refused where a stream is wanted, not read as two articles."""
    for article in (TEXT, Article(TEXT, HEADLINE)):
        with pytest.raises(InputError, match="one article goes to check"):
            next(detector().check_many(article))


@pytest.mark.parametrize("model", [None, 5])
def test_what_is_no_model_is_refused(model: object) -> None:
    """At once, not at the first article."""
    with pytest.raises(InputError, match=f"model is {model}; accepted are a name, a folder and a Scorer"):
        Detector(model)  # type: ignore[arg-type]


def test_threads_do_not_mix_up_words() -> None:
    """A detector that several threads use reads each word as it would alone."""
    words = [f"{start}{end}" for start in ("releas", "carri", "most", "clos", "open") for end in ("ed", "ing", "ly", "es")]
    words = [f"{prefix}{word}" for prefix in ("", "un", "re", "over", "out", "fore") for word in words]
    stem.cache_clear()
    alone = [stem(w) for w in words]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(5):
            stem.cache_clear()
            with ThreadPoolExecutor(4) as pool:
                assert list(pool.map(stem, words)) == alone
    finally:
        sys.setswitchinterval(before)
        stem.cache_clear()


def test_a_bad_article_does_not_take_the_ones_before_it() -> None:
    """What came before an article that is no text is still reported, then the error is raised."""
    found = detector().check_many([TEXT, TEXT, None])  # type: ignore[list-item]

    assert [next(found).flagged, next(found).flagged] == [True, True]
    with pytest.raises(InputError, match=r"^article 3 \(counted from 1\): an article must be a str, not NoneType$"):
        next(found)


@pytest.mark.parametrize("name", ["strict", "default", "broad"])
def test_a_preset_is_no_model(name: str) -> None:
    """A preset's name in place of a model says at once which option it belongs to."""
    if name == "default":
        assert Detector(name).scorer.name.startswith("inconsistency-default")
        return
    with pytest.raises(ModelError, match=f"no model '{name}'; it is a value of false_flags"):
        Detector(name)


def test_a_path_is_no_article(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that only names a file which is there is a mistake; any other line is an article."""
    monkeypatch.chdir(tmp_path)
    Path("toll.txt").write_text(TEXT)
    for text in ("toll.txt", f"{tmp_path}/toll.txt", "toll.txt "):
        with pytest.raises(InputError, match="is the path of a file; give check the text of that file"):
            detector().check(text)
        with pytest.raises(InputError, match="article 2"):
            list(detector().check_many([TEXT, text]))

    for text in ("toll.text", str(tmp_path), "toll.txt\nIt rained.", "x" * 5000, "a\0b"):
        assert detector().check(text).text == text


def test_a_model_without_calibration_gives_caveats_too() -> None:
    """The compatible reading depends on the words, not on a calibration."""
    scorer = FakeScorer({("closed", "open"): 0.95})
    report = Detector(scorer).check_sentences(["The mill closed.", "The mill might open."])

    assert [c.caveat for c in report.contradictions] == ["hedged or conditional"]


def test_a_report_with_a_field_too_many_is_refused() -> None:
    """A field that no report has is named, not passed over."""
    with pytest.raises(InputError, match="unknown fields verdict"):
        Report.from_dict(detector().check(TEXT).to_dict() | {"verdict": "true"})


@pytest.mark.parametrize("part", ["contradiction", "evidence"])
def test_a_pair_with_a_field_too_many_is_refused(part: str) -> None:
    """Nor is one of a flagged pair or of what explains it."""
    data = detector().check(TEXT).to_dict()
    (data["contradictions"][0] if part == "contradiction" else data["contradictions"][0]["evidence"])["opinion"] = "true"

    with pytest.raises(InputError, match="unknown fields opinion"):
        Report.from_dict(data)


def test_a_report_with_words_for_numbers_is_refused() -> None:
    """A probability that cannot be read as a number is one clear error."""
    data = detector().check(TEXT).to_dict()
    data["contradictions"][0]["forward"]["contradiction"] = "high"

    with pytest.raises(InputError, match="not a report: contradiction is 'high'"):
        Report.from_dict(data)


@pytest.mark.parametrize(
    ("part", "wrong", "said"),
    [
        ("pair", {"probability": "high"}, "probability is 'high'"),
        ("pair", {"probability": True}, "probability is True"),
        ("pair", {"evidence": {}}, "missing"),
        ("pair", {"verdict": {}}, "missing"),
        ("report", {"score": None}, "score is None"),
        ("report", {"contradictions": "none"}, "contradictions is 'none'"),
        ("report", {"headline": 7}, "headline is 7"),
        ("sentence", {"start": "x"}, "start is 'x'"),
        ("counts", {"pairs": "many"}, "pairs is 'many'"),
        ("counts", {"furniture": {"prompt": "many"}}, "furniture is 'many'"),
    ],
    ids=str,
)
def test_a_report_that_could_not_be_shown_is_refused(part: str, wrong: dict[str, object], said: str) -> None:
    """A value of another type is named when the report is read, not when it is shown."""
    data = detector().check(TEXT).to_dict()
    parts = {"report": data, "pair": data["contradictions"][0], "sentence": data["sentences"][0], "counts": data["counts"]}
    parts[part].update(wrong)

    with pytest.raises(InputError, match=f"not a report: .*{said}"):
        Report.from_dict(data)


def test_a_path_that_nobody_can_look_at_is_no_model() -> None:
    """A name longer than any file's is refused like a folder that is not there."""
    with pytest.raises(ModelError, match="cannot read the model folder"):
        Detector("x" * 300)


def test_a_calibration_is_a_path() -> None:
    """Anything else is named with what is accepted."""
    with pytest.raises(InputError, match="calibration is 3; accepted are None and the path of a file"):
        Detector(FakeScorer(), calibration=3)  # type: ignore[arg-type]


class ShortSighted(FakeScorer):
    """A model that reads three words."""

    def cut(self, texts: Sequence[str]) -> list[bool]:
        return [len(text.split()) > 3 for text in texts]


def test_pairs_with_a_cut_sentence_are_counted_though_dismissed() -> None:
    """A long sentence is counted with every pair it stands in, whether or not the pair was scored in full."""
    texts = ["The mill closed.", "The mill is open.", "It rained."]

    assert Detector(ShortSighted()).check_sentences(texts).counts.truncated == 2
