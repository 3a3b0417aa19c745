"""Sentences are cut in the right places, and their offsets hold on any input."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inconsistency.errors import InputError
from inconsistency.sentences import Sentence, split

SEED = Path(__file__).parents[1].parent / "shared" / "seed" / "article.txt"

# Random characters seldom make a sentence, so half of the texts are made of what news is made of.
FRAGMENTS = [
    *("The mill closed. ", " He died. ", "U.S. ", "Mr. Doe ", "J. K. ", "9.12am ", "3.4 ", " "),
    *("“It is over,” ", "she said.", "?! ", "…", "...", "。", "؟", '"', "'", ")", "(", "•  ", "- "),
    *("\n", "\n\n", "\r\n", "\r", "\u2028", "\x85", "\x1c", "\u00a0", "\t", "\x00", "\u200b"),
    *("😀", "\ufeff", "\ud800", "\udfff", "Read more", "By Jane Doe", "Advertisement"),
    *("Photograph: X/Getty Images", "The mill closed"),
]
ANY_TEXT = st.text(st.characters()) | st.lists(st.sampled_from(FRAGMENTS)).map("".join)


def texts(article: str) -> list[str]:
    """The sentences' texts."""
    return [sentence.text for sentence in split(article)]


@settings(max_examples=400, deadline=None)
@given(ANY_TEXT, st.none() | ANY_TEXT)
def test_offsets_point_at_the_text(article: str, headline: str | None) -> None:
    """Slicing the part with the offsets gives the sentence, stripped and not empty."""
    parts = {"body": article, "headline": headline or ""}
    for position, sentence in enumerate(split(article, headline=headline)):
        assert sentence.index == position
        assert parts[sentence.part][sentence.start : sentence.end] == sentence.text
        assert sentence.text == sentence.text.strip() != ""
        assert (sentence.role == "furniture") == (sentence.furniture is not None)


@settings(max_examples=400, deadline=None)
@given(ANY_TEXT)
def test_every_visible_character_has_one_sentence(article: str) -> None:
    """Sentences stand in order, do not overlap, and leave only white space between them."""
    end = 0
    for sentence in split(article):
        assert article[end : sentence.start].strip() == ""
        assert sentence.start >= end
        end = sentence.end
    assert article[end:].strip() == ""


@settings(max_examples=200, deadline=None)
@given(ANY_TEXT, ANY_TEXT)
def test_headline_given_apart_is_sentence_zero(article: str, headline: str) -> None:
    """A headline given apart leaves the offsets of the body alone and is the only headline."""
    sentences = split(article, headline=headline)
    body = [s for s in sentences if s.part == "body"]

    assert len(sentences) - len(body) == bool(headline.strip())
    if headline.strip():
        assert (sentences[0].text, sentences[0].role) == (headline.strip(), "headline")
    assert [(s.start, s.end) for s in body] == [(s.start, s.end) for s in split(article)]


@pytest.mark.parametrize(
    "marked",
    [
        "Dr. Smith met Mrs. Jones at St. Mary's Hospital.|She left early.",
        "Lt. Col. Hay and Reps. Roe and Doe resigned.|Atty. Gen. Lee did not.",
        "The U.S. Army withdrew.|Nobody was hurt.",
        "He moved to the U.S.|The family followed in May.",
        "J. K. Rowe and George R. R. Martin met.|They spoke.",
        "Acme Inc. bought Widget Co. for $3.5 million.|Shares rose 2.4%.",
        "He was handed over at 9.12am on Wednesday.|The arrest is significant.",
        "The train left at 6 a.m. and arrived at 9 p.m.|Nobody was on it.",
        "Inflation was 3.4 per cent.|Growth was 0.2.",
        "The No. 2 seed lost 6-4.|No. 1 won.",
        "“We saw it.|It was big,” she said.|Police agreed.",
        '"We are ready," she said.|"We will go."',
        '"Are you sure?" he asked.|Nobody answered.',
        '"Stop!" Mr Lee shouted.|They ran.',
        "“Is it over?” Jane Doe asked.|It was.",
        "“It is over.”|“It is not,” she said.",
        '"It is over. "|He left.',
        "(He was released.)|The case was closed.",
        "They waited... and waited.|Then it came.",
        "They waited…|Then it came.",
        "“The thing is... I never saw him,” Lee said.|It cost... 42 dollars.",
        "The plan [...]|Then it fell.",
        "Is it true?|No!|It is not.",
        "He died.|She lives.",
        "Visit example.com or www.example.org.|Both work.",
        "他死了。|她活着。",
        "Он умер.|Она жива.",
        "The mill 🙂 closed.|It had 40 workers.",
        "The mill is open!|🎉 It has 40 workers.",
        "The mill\u00a0closed.|It had\u00a040 workers.",
    ],
)
def test_hard_places(marked: str) -> None:
    """Abbreviations, initials, decimals, clock times, quotations and ellipses are read rightly."""
    assert texts(marked.replace("|", " ")) == marked.split("|")


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028", "\u0085"])
def test_line_break_ends_a_sentence(line_break: str) -> None:
    """A heading or list item without a full stop is a sentence of its own, on any system."""
    lines = ["The mill will", "• close on Friday", "• sell its land", "Workers protested."]

    assert texts(line_break.join(lines)) == lines


def test_an_items_number_belongs_to_the_item() -> None:
    """The number before a list's item is no sentence; a number that ends one is its end."""
    lines = ["1. The mill closed.", "2. Nobody was hurt.", "Toll: 14. That was in 1902.", "3.", "3.5 per cent fell."]

    assert texts("\n".join(lines)) == [*lines[:2], "Toll: 14.", "That was in 1902.", *lines[3:]]


def test_bullets_in_one_line() -> None:
    """List items run into one line are divided at the bullets."""
    assert texts("Known so far: • 40 died • Roe is safe") == [
        "Known so far:",
        "• 40 died",
        "• Roe is safe",
    ]


def test_hard_wrapped_text_is_read_across_lines() -> None:
    """Where lines break in mid-sentence, as in e-mail, only a blank line ends a paragraph."""
    wrapped = (
        "Mill to close\n\n"
        "The mill at Tollin closed on Friday after a fire that had\n"
        "burned for three days in its cellar, police said. Nobody\n"
        "was hurt. The owner, Jane Doe, said that she had not been\n"
        "there at the time and that she would rebuild it within\n"
        "a year.\n\n"
        "Workers doubted it."
    )
    sentences = texts(wrapped)

    assert len(sentences) == 5
    assert sentences[2:4] == ["Nobody\nwas hurt.", sentences[3]]
    assert sentences[3].endswith("within\na year.")


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028", "\u0085"])
def test_a_short_line_ends_a_wrapped_paragraph(line_break: str) -> None:
    """In hard-wrapped text a short last line ends its paragraph, whichever character breaks the lines."""
    wrapped = (
        "The mill at Tollin closed on Friday after a fire that had\n"
        "burned for three days in its cellar, police said, and it\n"
        "stayed closed\n"
        "The owner, a woman of forty, told them that she had not been\n"
        "there at the time and that she would rebuild it within\n"
        "a year."
    )

    assert len(texts(wrapped.replace("\n", line_break))) == 2


@pytest.mark.parametrize(
    ("article", "headline"),
    [
        ("Mill closes after fire\n\nThe mill closed.", "Mill closes after fire"),
        ("Mill closes after fire\nThe mill closed.", "Mill closes after fire"),
        ("Will the mill close?\n\nIt will.", "Will the mill close?"),
        ("By Jane Doe\n\nMill closes after fire\n\nThe mill closed.", "Mill closes after fire"),
        ("The mill closed.\n\nIt had 40 workers.", None),
        ("Mill closes after fire", None),
        ("The mill closed\nafter a fire.", None),
        ("• one item\n• another", None),
        ("word " * 40 + "\n\nThe mill closed.", None),
        ("“The mill closed.”\n\nIt did.", None),
    ],
)
def test_headline_on_top_of_the_body(article: str, headline: str | None) -> None:
    """A short first line without a full stop, with more to follow, is the headline."""
    found = [sentence.text for sentence in split(article) if sentence.role == "headline"]

    assert found == ([headline] if headline else [])


def test_headline_given_apart_is_the_only_one() -> None:
    """With a headline given apart, the first line of the body is text like any other."""
    assert split("Fire was in cellar\n\nIt closed.", headline=" Mill closes ")[:2] == (
        Sentence(0, "Mill closes", 1, 12, "headline", "headline"),
        Sentence(1, "Fire was in cellar", 0, 18),
    )


@pytest.mark.parametrize("article", ["", " \n\t\u00a0\r\n"])
def test_nothing_visible_gives_no_sentences(article: str) -> None:
    """A blank text has no sentences, and that is no error."""
    assert split(article) == ()


def test_wrong_type_is_refused() -> None:
    """Bytes are not an article; the message names what came."""
    with pytest.raises(InputError, match="bytes"):
        split(b"The mill closed.")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "article",
    [
        "word " * 200_000,
        "." * 1_000_000,
        '" ' * 300_000,
        "He said “no. ” " * 50_000,
        "\n" * 500_000,
    ],
    ids=["no full stop", "full stops", "quotes", "spaced quotes", "line breaks"],
)
def test_large_texts_take_linear_time(article: str) -> None:
    """A text of half a megabyte or more is split in seconds of a core, whatever it is made of."""
    started = time.thread_time()
    split(article)

    assert time.thread_time() - started < 5


def test_seed_article() -> None:
    """The client's article: headline once, its repetition and two prompts marked, no more."""
    if not SEED.exists():
        pytest.skip("the client's article lies in ../shared, which is not here")
    sentences = split(SEED.read_text(encoding="utf-8"))
    marked = [(s.text, s.furniture) for s in sentences if s.role == "furniture"]
    headline = sentences[0].text

    assert [s.index for s in sentences if s.role == "headline"] == [0]
    assert marked == [
        (headline, "repeated headline"),
        ("Kim Yo-jong arrives in Pyongyang for high-level talks Read more", "prompt"),
        ("Leave a Comment", "prompt"),
    ]
    assert any("at 9.12am on Wednesday morning in Panjin" in s.text for s in sentences)
