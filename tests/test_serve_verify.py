"""The page with a second reader: off unless configured, and asked only where a form says so."""

from __future__ import annotations

from typing import Any

import pytest

from inconsistency import Detector, Verdict
from inconsistency.serve.app import create_app
from inconsistency.testing import FakeScorer, FakeVerifier
from test_serve import call
from test_serve_desk import TEXT, ask

SURE = Verdict("contradiction", 0.9, "It was one or the other.")


@pytest.fixture
def reader() -> FakeVerifier:
    """A second reader that calls the mill a contradiction."""
    return FakeVerifier({("was closed", "was open"): SURE})


def page(reader: FakeVerifier, **options: Any) -> Any:
    """The page with a detector that suspects nothing by itself."""
    return create_app(Detector(FakeScorer(), threshold=0.5, verifier=reader), **options)


def test_it_is_asked_where_the_form_says_so(reader: FakeVerifier) -> None:
    """Without `verify` the text stays; with it the second reader decides."""
    app = page(reader, second="tiny, at home")

    for quiet in ({}, {"verify": "0"}, {"verify": ""}):
        _, report = ask(app, "/api/check", {"text": TEXT, **quiet})
        assert report["contradictions"] == [] and report["verifier"] is None
    assert reader.calls == []
    _, report = ask(app, "/api/check", {"text": TEXT, "verify": "1"})
    assert report["contradictions"][0]["verdict"]["reason"] == SURE.reason
    assert len(reader.calls) == 1


def test_the_switch_is_there_if_configured(reader: FakeVerifier) -> None:
    """The page says who gets the text, and the switch is off; without a second reader there is none."""
    _, _, with_one = call(page(reader, second="tiny, at <home>"), "GET")
    _, _, without = call(create_app(Detector(FakeScorer())), "GET")

    assert "Send it to a second reader, too: tiny, at &lt;home&gt;" in with_one
    assert "unless you send it to the second reader" in with_one
    assert 'name="verify" value="1">' in with_one
    assert "second reader" not in without


def test_a_reader_that_is_not_there_cannot_be_asked() -> None:
    """Who asks for a second reader where none is configured is told how to get one; other values are refused."""
    app = create_app(Detector(FakeScorer()))

    status, answer = ask(app, "/api/check", {"text": TEXT, "verify": "1"})
    assert status == 422 and "start with --verify MODEL" in answer["error"]
    assert ask(app, "/api/check", {"text": TEXT, "verify": "yes"})[0] == 422
