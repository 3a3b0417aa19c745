"""Verdicts of a second reader, the protocol, and the one place that decides what is flagged."""

from __future__ import annotations

import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inconsistency import InputError, Verdict, Verifier, VerifierError, testing
from inconsistency.sentences import from_texts
from inconsistency.testing import FakeVerifier
from inconsistency.verify import Findings, Suspects, ask, is_flagged, rank

SENTENCES = from_texts(["14 people were hurt.", "41 people were hurt.", "The mill is open."], headline=False)
SURE = Verdict("contradiction", 0.9, "Only one number can be right.")
CALM = Verdict("compatible", 0.9, "The second counts more towns.", "different scope")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (("clash", 0.5, ""), "verdict is 'clash'; accepted are contradiction, compatible, unsure"),
        (("unsure", 1.5, ""), "confidence is 1.5; accepted are numbers from 0 to 1"),
        (("unsure", math.nan, ""), "confidence is nan"),
        (("unsure", True, ""), "confidence is True"),
        (("unsure", "0.5", ""), "confidence is '0.5'"),
        (("unsure", 0.5, None), "reason is None; accepted is text"),
        (("unsure", 0.5, "", 3), "shape is 3; accepted are text and None"),
    ],
)
def test_a_verdict_holds_only_what_a_report_can_show(values: tuple, said: str) -> None:
    """A value outside what is accepted is refused, and the message names it."""
    with pytest.raises(InputError) as refusal:
        Verdict(*values)

    assert said in str(refusal.value)


def test_the_fake_verifier_is_a_verifier() -> None:
    """The public fake follows the protocol, knows its table in both orders and remembers its calls."""
    fake = FakeVerifier({("41 people", "14 people"): SURE, ("mill", "hurt"): None})

    assert isinstance(fake, Verifier)
    assert fake.verify(SENTENCES, [(0, 1), (1, 2)]) == [SURE, None]
    assert fake.calls == [2]


def test_the_example_in_the_docstring_runs() -> None:
    """The examples of `inconsistency.testing` give what they show."""
    assert doctest.testmod(testing).failed == 0


def test_a_plain_verifier_is_asked_article_by_article() -> None:
    """A pair without an answer says so, and an article without suspects costs no call."""
    fake = FakeVerifier({("14", "41"): SURE})

    first, second = ask(fake, [Suspects(SENTENCES, [(0, 1), (0, 2)]), Suspects(SENTENCES, [])])

    assert first == Findings((SURE, None), ("", "no answer"), windows=1)
    assert second == Findings((), ())
    assert fake.calls == [2]


class Odd:
    """A verifier that gives whatever it was made with."""

    name = "odd"

    def __init__(self, given: list) -> None:
        self.given = given

    def verify(self, sentences: object, pairs: object) -> list:
        """The same, whatever is asked."""
        return self.given


@pytest.mark.parametrize(
    ("given_back", "said"),
    [([SURE], "odd gave 1 verdicts for 2 pairs"), ([SURE, "contradiction"], "odd gave 'contradiction'")],
)
def test_answers_that_could_belong_to_other_pairs_are_refused(given_back: list, said: str) -> None:
    """A verifier that gives too few answers, or something else than verdicts, is refused loudly."""
    with pytest.raises(VerifierError) as refusal:
        ask(Odd(given_back), [Suspects(SENTENCES, [(0, 1), (0, 2)])])

    assert said in str(refusal.value)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_what_is_flagged(confidence: float, probability: float, threshold: float) -> None:
    """A verdict decides alone, a contradiction from half confidence on; without one the probability decides."""
    assert is_flagged(Verdict("contradiction", confidence, ""), probability, threshold) == (confidence >= 0.5)
    assert not is_flagged(Verdict("compatible", confidence, ""), probability, threshold)
    assert not is_flagged(Verdict("unsure", confidence, ""), probability, threshold)
    assert is_flagged(None, probability, threshold) == (probability >= threshold)


def test_the_surest_flag_stands_first() -> None:
    """Flags are sorted by the second reader's confidence, then by probability; those without a verdict come last."""
    flags = [(None, 0.99), (SURE, 0.2), (SURE, 0.4), (Verdict("contradiction", 0.95, ""), 0.1)]

    assert [flags.index(f) for f in sorted(flags, key=lambda f: rank(*f))] == [3, 2, 1, 0]
