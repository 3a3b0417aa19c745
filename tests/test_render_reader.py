"""What a second reader says, in every output: its words are marked as its own, and can do no harm."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inconsistency import Report, Verdict
from inconsistency.render.html import to_html, to_html_fragment
from inconsistency.render.markdown import to_markdown
from inconsistency.render.terminal import to_terminal
from test_render import HOSTILE, Elements, report

SURE = Verdict("contradiction", 0.9, "Fourteen is not forty-one.")
CALM = Verdict("compatible", 1.0, "One was written later.", "change over time")
MODEL = {"name": "tiny", "model": "tiny", "server": "http://localhost:8080/v1", "prompt": "0123456789ab"}


def judged(flag: Verdict | None = SURE, calm: Verdict = CALM, **changed: object) -> Report:
    """A report of which one pair is flagged and one is cleared."""
    plain = report()
    (pair,) = plain.contradictions
    cleared = replace(pair, second=plain.sentences[1], verdict=calm, evidence=None)
    return replace(
        plain,
        contradictions=(replace(pair, verdict=flag, **changed),),  # type: ignore[arg-type]
        cleared=(cleared,),
        verifier=MODEL,
        expected_false_flags=None,
    )


OUTPUTS = [to_terminal, to_markdown, to_html, to_html_fragment]


def plain(text: str) -> str:
    """An output without line breaks, escapes and entities."""
    for sign, shown in (("&nbsp;", " "), ("&#34;", '"'), ("&#39;", "'"), ("\\", "")):
        text = text.replace(sign, shown)
    return " ".join(text.split())


@pytest.mark.parametrize("output", OUTPUTS)
def test_verdict_and_reason_stand_on_the_card(output: object) -> None:
    """The model is named, and its words are said to be its own."""
    shown = plain(output(judged()))  # type: ignore[operator]

    assert "Language model tiny, in its own words: contradiction, 90 % sure. Fourteen is not forty-one." in shown
    assert "server http://localhost:8080/v1, prompt 0123456789ab" in shown
    assert "Flagged if" in shown
    assert "not measured" in shown


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_measured_reader_is_not_called_unmeasured(output: object) -> None:
    """With a promise of its own, the promise says how sure the model has to be."""
    shown = plain(output(replace(judged(), expected_false_flags=0.1)))  # type: ignore[operator]

    assert "as sure as the promise asks" in shown
    assert "not measured" not in shown


@pytest.mark.parametrize("output", [to_markdown, to_html, to_html_fragment])
def test_cleared_pairs_can_be_seen(output: object) -> None:
    """What was judged and not flagged is listed apart from the flags, with the reading that the model names."""
    shown = plain(output(judged()))  # type: ignore[operator]

    line = "Sentence 1 and sentence 2: compatible (change over time), 100 % sure. One was written later."
    assert "Judged by the second reader and not flagged" in shown
    assert line in shown


def test_the_terminal_counts_them() -> None:
    """In a terminal cleared pairs are counted, and where they are listed is said."""
    shown = plain(to_terminal(judged()))

    assert "Judged by the second reader and not flagged: 1, in the HTML report and in JSON" in shown


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_flag_without_a_verdict_says_why(output: object) -> None:
    """An unverified pair is marked as one, and counted among what was left out."""
    found = judged(None, unverified="the server failed")
    missing = {"unverified": {"the server failed": 2}, "unread": {"the server failed": 1}}
    found = replace(found, counts=replace(found.counts, **missing))
    shown = plain(output(found))  # type: ignore[operator]

    assert "Language model tiny gave no verdict: the server failed" in shown
    assert "2 pairs without a verdict of the second reader: the server failed" in shown
    assert "1 part of the article not read by the second reader: the server failed" in shown


def test_a_pair_that_the_model_named() -> None:
    """A pair that the model named itself says so."""
    assert "tiny, which found this pair itself, in its own words" in plain(to_markdown(judged(discovered=True)))


def test_a_reader_that_is_no_language_model() -> None:
    """Only what says which model it is, is called a language model."""
    assert "Second reader desk, in its own words" in plain(to_markdown(replace(judged(), verifier={"name": "desk"})))


def test_parts_are_counted() -> None:
    """An article that was shown in parts says in how many."""
    found = judged()
    found = replace(found, counts=replace(found.counts, windows=2, unread={"the server failed": 1}))

    assert "Calls for this article: 3, each with a part of it" in plain(to_markdown(found))


@pytest.mark.parametrize("output", OUTPUTS)
def test_without_a_second_reader_nothing_changes(output: object) -> None:
    """A report without a second reader does not speak of one."""
    shown = output(report())  # type: ignore[operator]

    assert "econd reader" not in shown
    assert "Flagged from" in shown


@pytest.mark.parametrize("words", HOSTILE)
def test_reasons_are_shown_and_never_run(words: str) -> None:
    """Markup, scripts and control characters in reason, shape, model name and server stay text."""
    hostile = Verdict("contradiction", 0.9, words, words)
    calm = Verdict("compatible", 0.9, words, words)
    found = replace(judged(hostile, calm), verifier={"name": words, "model": words, "server": words, "prompt": words})
    quiet = Elements(to_html(judged()))
    page = Elements(to_html(found))

    assert page.tags == quiet.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "\x1b" not in to_terminal(found, color=False) + to_markdown(found) + to_html(found)
    assert "<script>document" not in to_markdown(found) + to_html_fragment(found)
