"""Web-page furniture is recognised, and news prose that looks like it is left alone."""



from __future__ import annotations

import time

import pytest

from inconsistency.furniture import fold, kind_of_line, kind_of_tail
from inconsistency.sentences import split

FURNITURE = {
    "prompt": (
        "Read more",
        "Read more »",
        "READ MORE: Troops cross the border",
        "Mayor Ode Vance arrives in Tollin for talks Read more",
        "U.S. envoy arrives in Tollin Read more",
        "Leave a Comment",
        "Add comment",
        "Share this",
        "Share this article on Facebook",
        "Share",
        "Sign up",
        "Sign up here for our daily newsletter",
        "Follow us",
        "Follow us on Twitter",
        "Follow us on Facebook and Instagram.",
        "Follow us on Facebook, Twitter and Instagram for the latest news",
        "Follow us on Facebook, Twitter",
        "Follow @tollinpost on Twitter.",
        "Advertisement",
        "ADVERTISEMENT - CONTINUE READING BELOW",
        "Click here",
        "Click here for the latest on the markets.",
        "Subscribe",
        "Subscribe to our newsletter",
        "We use cookies to improve this page. Find out more.",
        "This site uses cookies",
        "By continuing to use this site you agree to our use of cookies.",
        "12 comments",
        "1,204 comments",
        "Comments (8)",
        "View all comments",
        "Related: Ten bridges that fell",
        "Scroll down for video",
        "Story continues below",
        "Media playback is unsupported on your device",
        "• Read more",
    ),
    "byline": (
        "By Jane Doe",
        "By Jane Doe, Reuters",
        "By Jane Doe and Sam O'Hara",
        "By JANE DOE in Tollin",
        "BY JANE DOE",
        "by Jean-Luc de la Cruz | The Tollin Post",
        "Jane Doe, political correspondent",
        "Reuters",
        "Associated Press",
        "(Reporting by Jane Doe; Editing by Sam Roe)",
        "Published 9 Mar 2024",
        "This article was originally published on May 3, 2014.",
        "Published: 9 March 2024 at 10:15 GMT",
        "Last updated at 06:00 BST, 23 July 2013",
        "Updated 2 hours ago",
        "Friday, July 21, 2017",
        "2024-03-09",
        "5 min read",
        "LONDON, March 3 (Reuters) -",
        "TOLLIN (AP) —",
    ),
    "caption": (
        "Photograph: Sam Roe/Getty Images",
        "The bridge before its fall. Photograph: Sam Roe/Getty Images",
        "Image credit: Sam Roe",
        "Photo: AFP",
        "Picture: Tollin Post",
        "Rescuers search the ruins of the mill on Friday. (AP Photo/Sam Roe)",
        "The mill at dusk (Photo by Sam Roe/Getty Images)",
        "Image copyright Reuters",
        "Image source, Getty Images",
        "Image caption, The mill was built in 1902",
        "Image caption The mill was built in 1902",
        "Sam Roe/Getty Images",
    ),
    "copyright": (
        "© 2024 Tollin Post",
        "Copyright 2024 The Tollin Post. All rights reserved.",
        "All rights reserved",
        "(c) 2024 Tollin Post",
        "(c) Tollin Post",
        "(c) Copyright Tollin Post 2024",
        "The content of this page may not be reproduced without the consent of the Tollin Post.",
        "© 2024 Tollin Post. This story may not be published without permission.",
        "This material may not be published, broadcast, rewritten or redistributed.",
    ),
    "navigation": (
        "Home | News | Sport",
        "Home > World > Asia",
        "Most read",
        "Related articles",
        "Skip to content",
        "https://tollinpost.example/mill?page=2",
        "www.tollinpost.example",
        "Email: sam.roe@tollinpost.example",
        "Tags: bridges, mills",
    ),
    "separator": ("* * *", "---", "…", "\u200b"),
}

PROSE = (
    "Marie Colvin, war correspondent killed in Homs",
    "John Smith, sports editor dies at 54",
    "Read more books, the minister told pupils.",
    "Read more.",
    "Pupils should read more",
    "Why Children Should Read More",
    "CHILDREN TOLD TO READ MORE",
    "By Friday the fire had reached the town.",
    "By Friday, Doe had left",
    "By Election Day, more than 40 million Americans had already voted.",
    "By Christmas Eve, the toll had risen to 41.",
    "By New Year, 400 people had fled.",
    "By Mount Tollin, 400 people had fled the fire.",
    "By the time police came, the shop was empty.",
    "By law, Acme must pay.",
    "By March 3 all were home.",
    "Follow us, the soldiers shouted.",
    "Follow us.",
    "Share prices fell by a tenth.",
    "Share the bread, she said.",
    "Sign up or leave, the coach told players.",
    "The image source, a phone, was lost.",
    "This article was published on the front page.",
    "Write to sam.roe@tollinpost.example, she said.",
    "Comments by the mayor angered nurses.",
    "Twelve comments were removed.",
    "Click here, the teacher said, and waited.",
    "The photograph: a bridge, a boy and a dog.",
    "Photographs of the mill were published on 9 March 2024.",
    "Published figures show 12 dead.",
    "Updated figures put the toll at 40 on Friday.",
    "Last updated in 2019, the list names 40 firms.",
    "He said all rights reserved by treaty would be honoured.",
    "Copyright law was changed in 2001.",
    "Reuters said the mill had closed.",
    "The Associated Press counted 40 dead.",
    "He died.",
    "No comment.",
    "Home prices rose.",
    "In 2019 Doe left.",
    "The advertisement was banned.",
    "Cookies were sold for charity.",
    "We use cookie cutters, the baker said.",
    "Subscribe to that view and you lose, she said.",
    "She found that women who read more\nlived longer.",
    "Jane Doe, a writer and mother of two, was found on Monday",
    "3 May was a Sunday.",
    "(c) Anyone who enters the area was killed, the police report says.",
    "(c) The mill was closed.",
    "The judge ruled that the girl's name may not be published without the family's consent.",
    "Find missing girl on Facebook, police urge",
    "Find the missing girl on Facebook, police urge.",
    "Jane Doe, pioneering war reporter who covered Bosnia",
    "Jane Doe, the writer who is missing",
)


@pytest.mark.parametrize(
    ("kind", "line"), [(kind, line) for kind, lines in FURNITURE.items() for line in lines]
)
def test_furniture_is_recognised(kind: str, line: str) -> None:
    """A line that is furniture from end to end is marked with its kind."""
    assert kind_of_line(line) == kind


@pytest.mark.parametrize("line", PROSE)
def test_prose_is_left_alone(line: str) -> None:
    """News prose, and headlines in its place, are not furniture however they begin."""
    assert kind_of_line(line) is None


@pytest.mark.parametrize("sentence", [*PROSE, "The toll is 40.", "© is a sign."])
def test_the_end_of_a_paragraph_is_left_alone(sentence: str) -> None:
    """The last sentence of a paragraph is judged no less carefully than a line."""
    assert kind_of_tail(sentence) is None


def test_a_prompt_run_into_a_paragraph_is_marked_alone() -> None:
    """A link glued to the end of a paragraph does not take the paragraph with it."""
    sentences = split("The bridge fell on Friday. Read more")

    assert [s.furniture for s in sentences] == [None, "prompt"]


def test_a_picture_credit_run_into_a_paragraph_is_marked_alone() -> None:
    """A credit without a label may follow prose as well as a caption: only it is marked."""
    sentences = split("The bridge fell on Friday. Sam Roe / Getty Images")

    assert [s.furniture for s in sentences] == [None, "caption"]


def test_headline_is_told_once() -> None:
    """A printing of the headline that differs in case, space or punctuation is a repetition."""
    sentences = split("Mill closes for good\n\nMILL CLOSES  for good!\n\nThe mill closed.")

    assert [(s.role, s.furniture) for s in sentences] == [
        ("headline", None),
        ("furniture", "repeated headline"),
        ("text", None),
    ]


def test_headline_given_apart_is_repeated_by_the_body() -> None:
    """A headline given apart makes its printing in the body a repetition."""
    sentences = split("Mill closes\n\nThe mill closed.", headline="Mill closes")

    assert [(s.part, s.role, s.furniture) for s in sentences] == [
        ("headline", "headline", None),
        ("body", "furniture", "repeated headline"),
        ("body", "text", None),
    ]


def test_pull_quote_is_repeated() -> None:
    """A line printed a second time is a repetition, a short answer is not."""
    quote = "“We never saw it coming,” she said."
    sentences = split(f"{quote}\n\nNo.\n\nThe mill closed.\n\n{quote}\n\nNo.")

    assert [s.furniture for s in sentences] == [None, None, None, "repeated", None]


def test_furniture_keeps_its_place() -> None:
    """Furniture stays among the sentences, with offsets."""
    text = "The mill closed.\n\nAdvertisement\n\nIt had 40 workers."
    advertisement = split(text)[1]

    assert (advertisement.role, text[advertisement.start : advertisement.end]) == (
        "furniture",
        "Advertisement",
    )


@pytest.mark.parametrize(
    "unit", ["12 ", "a | b ", "By Al ", "Al Bo, ", "AP/", "(photo:", ". ", "x Read more ", "(c) A ", "this story ", "follow us on x, "]
)
def test_rules_cannot_be_stalled(unit: str) -> None:
    """No line makes a rule try every way to divide it."""
    started = time.thread_time()
    for length in (60, 200, 390):
        kind_of_line((unit * 400)[:length] + "~!")

    assert time.thread_time() - started < 1


def test_fold_ignores_how_a_line_is_printed() -> None:
    """Case, spaces, punctuation and compatibility forms do not tell two lines apart."""
    assert fold("“Mill closes” – ﬁnally") == fold("MILL CLOSES, FINALLY")
