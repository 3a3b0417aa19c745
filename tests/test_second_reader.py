"""A detector with a second reader: what is asked, what is flagged, and that nothing is lost on the way."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import inconsistency
from inconsistency import Detector, InputError, ModelError, Report, Sentence, Verdict, VerifierError
from inconsistency.nli.loading import DEFAULT
from inconsistency.testing import FakeScorer, FakeVerifier
from inconsistency.verify import Discovered, Findings, Suspects
from test_detector import Screening

TEXT = """Fourteen hurt as bridge falls in Tollin

A bridge fell in Tollin on Monday. 14 people were hurt, the mayor said.

Mayor Ode Vance arrives for talks Read more

Hospitals in Tollin treated 41 people who were hurt. The bridge was built in 1962.

The bridge was opened in 1968. Nobody died in Tollin on Monday."""
TABLE = {("14 people", "41 people"): 0.95, ("1962", "1968"): 0.92, ("fell", "1968"): 0.4}
SURE = Verdict("contradiction", 0.8, "Only one number can be right.")
CALM = Verdict("compatible", 0.9, "It was opened after it was built.", "change over time")
VERDICTS = {("14 people", "41 people"): SURE, ("1962", "1968"): CALM, ("fell", "1968"): CALM}


def check(verdicts: dict, *, threshold: float | None = None, **options: Any) -> Report:
    """The report on `TEXT` by a scorer and a second reader that know their tables."""
    detector = Detector(FakeScorer(TABLE), verifier=FakeVerifier(verdicts), **options)
    return detector.check(TEXT, threshold=threshold)


def test_the_verdict_decides() -> None:
    """What the second reader calls a contradiction is flagged with its words; what it clears is not, and can be seen."""
    report = check(VERDICTS)

    assert [c.verdict for c in report.contradictions] == [SURE]
    assert "14 people" in report.contradictions[0].first.text
    assert [c.verdict for c in report.cleared] == [CALM, CALM]
    assert report.cleared[0].probability == pytest.approx(0.92)
    assert report.score == pytest.approx(0.95)


def test_what_it_has_judged_is_not_ranked() -> None:
    """Worth a look are, with a second reader, the pairs on which it gave no verdict; what it cleared stands elsewhere."""
    silent = check({**VERDICTS, ("fell", "1968"): None}, candidates=3)

    assert check(VERDICTS, candidates=3).ranked == ()
    assert ["1968" in c.second.text and "fell" in c.first.text for c in silent.ranked] == [True]
    assert silent.ranked[0].unverified


def test_it_finds_what_the_threshold_hides() -> None:
    """A pair far below the threshold is flagged if the second reader says so, and evidence is looked for."""
    report = check({("fell", "1968"): SURE, ("14 people", "41 people"): CALM, ("1962", "1968"): CALM})

    (found,) = report.contradictions
    assert "1968" in found.second.text
    assert found.probability < report.threshold
    assert found.evidence is not None


def test_no_answer_keeps_the_probability() -> None:
    """Without a verdict the NLI model's probability decides, and the pair says why there is none."""
    report = check({("1962", "1968"): CALM})

    (found,) = report.contradictions
    assert (found.verdict, found.unverified) == (None, "no answer")
    assert found.probability >= report.threshold
    asked = min(20, report.counts.scored)
    assert report.counts.unverified == {"no answer": asked - 1}
    assert report.counts.windows == 1


@pytest.mark.skipif(not (DEFAULT / "config.json").is_file(), reason="this checkout has no embedded model")
def test_no_promise_is_stated() -> None:
    """How many false flags a second reader makes nobody has measured, so none are promised."""
    assert Detector("default").check(TEXT).expected_false_flags is not None
    report = Detector("default", verifier=FakeVerifier(VERDICTS)).check(TEXT)

    assert report.expected_false_flags is None


@pytest.mark.skipif(not (DEFAULT / "config.json").is_file(), reason="this checkout has no embedded model")
def test_one_call_is_enough() -> None:
    """`inconsistency.check` takes a second reader like any other option."""
    (found,) = inconsistency.check(TEXT, verifier=FakeVerifier(VERDICTS), threshold=1).contradictions

    assert found.verdict == SURE


class Recording(FakeVerifier):
    """A fake that remembers which pairs it was asked about."""

    def verify(self, sentences: Sequence[Sentence], pairs: Sequence[tuple[int, int]]) -> list[Verdict | None]:
        """As the fake."""
        self.asked = list(pairs)
        self.sentences = list(sentences)
        return super().verify(sentences, pairs)


def test_the_most_probable_pairs_are_asked() -> None:
    """The reader gets all sentences, and so many candidates, the most probable first."""
    reader = Recording(VERDICTS)
    report = Detector(FakeScorer(TABLE), verifier=reader, candidates=2).check(TEXT)

    assert tuple(reader.sentences) == report.sentences
    assert [{reader.sentences[k].text.split()[-1] for k in pair} for pair in reader.asked] == [
        {"said.", "hurt."},
        {"1962.", "1968."},
    ]


def test_a_flag_that_was_not_asked_about_says_so() -> None:
    """A pair beyond the candidates that reaches the threshold is flagged as without a second reader, and marked."""
    report = check(VERDICTS, candidates=1)

    assert [(c.verdict, c.unverified) for c in report.contradictions] == [
        (SURE, None),
        (None, "not among the candidates"),
    ]
    assert report.counts.unverified == {"not among the candidates": 1}


def test_the_surest_stands_first() -> None:
    """Flags are in the order of the reader's confidence; those without a verdict come last."""
    surer = Verdict("contradiction", 0.95, "No.")
    report = check({("fell", "1968"): surer, ("1962", "1968"): SURE})

    assert [c.verdict for c in report.contradictions] == [surer, SURE, None]


@pytest.mark.parametrize(("options", "read"), [({}, 3), ({"candidates": 6}, 6), ({"screen": False}, None)])
def test_how_much_is_read(options: dict[str, Any], read: int | None) -> None:
    """As many as there are candidates are read in both directions, and three at least; all without screening."""
    detector = Detector(Screening(TABLE), verifier=FakeVerifier(VERDICTS), **{"candidates": 1, **options})
    report = detector.check(TEXT)
    pairs = report.counts.scored + report.counts.screened_out

    assert report.counts.scored == (pairs if read is None else read)
    assert pairs == report.counts.pairs - sum(report.counts.left_out.values())
    assert report.contradictions[0].verdict == SURE


def test_each_article_is_read_for_itself() -> None:
    """The pairs of one article that look likelier do not crowd out those of another."""
    calm = "The mill is open. The mill was built in 1962. The mill has a wheel. The wheel is of wood."
    detector = Detector(Screening(TABLE), verifier=FakeVerifier(VERDICTS), candidates=1)

    assert [r.counts.scored for r in detector.check_many([TEXT, calm])] == [3, 3]


def test_a_quick_opinion_that_is_no_number_is_refused() -> None:
    """A pair of which the first look gives no number would be dismissed without anybody knowing."""
    scorer = Screening(TABLE)
    scorer.screen = lambda pairs: [float("nan") if "14 people" in "".join(p) and "41" in "".join(p) else 0.9 for p in pairs]  # type: ignore[method-assign]
    detector = Detector(scorer, verifier=FakeVerifier(VERDICTS), candidates=1)

    with pytest.raises(ModelError, match="no number"):
        detector.check(TEXT)


class Discovering(FakeVerifier):
    """A fake that names a pair by itself."""

    def __init__(self, pair: tuple[int, int], verdict: Verdict) -> None:
        super().__init__()
        self.pair, self.verdict = pair, verdict

    def read(self, articles: Sequence[Suspects]) -> list[Findings]:
        """No verdict on what was asked, and one pair besides."""
        return [
            Findings((None,) * len(a.pairs), ("no answer",) * len(a.pairs), (Discovered(self.pair, self.verdict),), 1)
            for a in articles
        ]

    def settings(self) -> dict[str, Any]:
        """Something to tell."""
        return {"model": "tiny"}


def place(part: str) -> int:
    """Position of the sentence of `TEXT` that holds these words."""
    report = Detector(FakeScorer()).check(TEXT)
    return next(s.index for s in report.sentences if part in s.text)


def test_a_pair_that_the_reader_names() -> None:
    """A pair that the reader names is scored and explained like any other, and marked as its own."""
    pair = (place("fell in Tollin on"), place("Nobody died"))
    reader = Discovering(pair, SURE)
    report = Detector(FakeScorer(), verifier=reader, candidates=1).check(TEXT)

    (found,) = report.contradictions
    assert (found.first.index, found.second.index) == pair
    assert (found.discovered, found.verdict, found.unverified) == (True, SURE, None)
    assert 0 < found.probability < report.threshold
    assert found.evidence is not None
    assert report.verifier == {"name": "fake", "model": "tiny"}


class Silent(Discovering):
    """A fake that names a pair, and says neither what it thinks of those it was asked about nor why not."""

    def read(self, articles: Sequence[Suspects]) -> list[Findings]:
        """As above, without a reason."""
        return [replace(f, failures=("",) * len(f.failures)) for f in super().read(articles)]


def test_a_pair_without_a_verdict_and_a_reason_is_counted() -> None:
    """A reader that does not say why there is no verdict loses no pair by it."""
    pair = (place("fell in Tollin on"), place("Nobody died"))
    report = Detector(FakeScorer(), verifier=Silent(pair, SURE), candidates=3).check(TEXT)

    assert report.counts.unverified == {"no answer": 3}
    assert [c.unverified for c in report.ranked] == ["no answer"] * 3


def test_a_named_pair_that_was_read_anyway_is_counted_as_read() -> None:
    """What the second reader names of its own does not turn pairs that were read into pairs that were set aside."""
    pair = (place("fell in Tollin on"), place("Nobody died"))
    named = Detector(FakeScorer(), verifier=Discovering(pair, SURE), candidates=1, screen=False).check(TEXT).counts
    plain = Detector(FakeScorer(), screen=False).check(TEXT).counts

    assert (named.scored, named.screened_out) == (plain.scored, plain.screened_out)


def test_a_named_pair_that_was_set_aside_is_read_after_all() -> None:
    """A pair that the first look dismissed is read in full once the second reader names it, and counted so."""
    pair = (place("fell in Tollin on"), place("Nobody died"))
    quiet = Detector(Screening(TABLE), verifier=FakeVerifier(), candidates=1).check(TEXT).counts
    named = Detector(Screening(TABLE), verifier=Discovering(pair, SURE), candidates=1).check(TEXT).counts

    assert (named.scored, named.screened_out) == (quiet.scored + 1, quiet.screened_out - 1)


def test_a_pair_that_is_named_has_its_own_features() -> None:
    """Named pairs are as alike as in the whole article."""
    from inconsistency.pairs import candidate_pairs, named_pairs
    from inconsistency.sentences import split

    sentences = split(TEXT)
    every = candidate_pairs(sentences, None).pairs

    assert named_pairs(sentences, [(p.first.index, p.second.index) for p in every]) == list(every)


@pytest.mark.parametrize("pair", [(2, 1), (0, 99), (3, 3)])
def test_named_pairs_that_do_not_exist_are_refused(pair: tuple[int, int]) -> None:
    """A reader that names what is no pair of this article is refused loudly."""
    with pytest.raises(VerifierError, match="named the pair"):
        Detector(FakeScorer(), verifier=Discovering(pair, SURE)).check(TEXT)


def test_furniture_cannot_be_named() -> None:
    """Web-page furniture is in no pair, whoever names it."""
    with pytest.raises(VerifierError, match="no furniture"):
        Detector(FakeScorer(), verifier=Discovering((place("bridge fell"), place("Read more")), SURE)).check(TEXT)


def test_several_articles() -> None:
    """Each report has the verdicts of its own article, in order."""
    detector = Detector(FakeScorer(TABLE), verifier=FakeVerifier(VERDICTS))
    reports = list(detector.check_many([TEXT, "The mill is open.", TEXT]))

    assert reports[0] == reports[2] == detector.check(TEXT)
    assert not reports[1].flagged


def test_the_report_survives_json() -> None:
    """Verdicts, reasons, cleared pairs and counts come back from JSON as they were."""
    report = check(VERDICTS, candidates=2)

    assert Report.from_dict(json.loads(report.to_json())).to_dict() == report.to_dict()


def test_reports_of_before_can_be_read() -> None:
    """A report that was written before there was a second reader is read as one without."""
    data = Detector(FakeScorer(TABLE)).check(TEXT).to_dict()
    for name in ("cleared", "verifier"):
        del data[name]
    for name in ("unverified", "windows", "unread"):
        del data["counts"][name]
    for found in data["contradictions"]:
        for name in ("verdict", "unverified", "discovered"):
            del found[name]

    assert Report.from_dict(data).to_dict() == Detector(FakeScorer(TABLE)).check(TEXT).to_dict()


def test_settings_name_the_reader() -> None:
    """Two detectors with different readers are not the same."""
    plain, read = Detector(FakeScorer()), Detector(FakeScorer(), verifier=Discovering((0, 1), SURE))

    assert plain.settings()["verifier"] is None
    assert read.settings()["verifier"] == {"name": "fake", "model": "tiny"}
    assert read.settings()["candidates"] == 20


def test_it_is_pickled_with_the_detector(tiny_model: Callable[[str], Path]) -> None:
    """A detector takes its second reader along to another process."""
    detector = Detector(tiny_model("contradiction first"), backend="onnx", verifier=FakeVerifier(VERDICTS), candidates=3)
    copy = pickle.loads(pickle.dumps(detector))

    assert copy.settings() == detector.settings()
    assert isinstance(copy.verifier, FakeVerifier)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"verifier": "gpt-5"}, "verifier is 'gpt-5'; accepted are None and an object with name and verify"),
        ({"candidates": 0}, "candidates is 0; accepted are whole numbers from 1"),
    ],
)
def test_options_out_of_range(options: dict, said: str) -> None:
    """An option that is not accepted is refused, with its value and what is accepted."""
    with pytest.raises(InputError) as refusal:
        Detector(FakeScorer(), **options)

    assert said in str(refusal.value)
