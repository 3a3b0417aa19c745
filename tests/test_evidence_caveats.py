"""Caveats name the compatible reading that a flagged pair also allows."""

from __future__ import annotations

import pytest

from inconsistency.evidence import caveat
from inconsistency.evidence.caveats import circumstances


@pytest.mark.parametrize(
    ("wrapped", "flat"),
    [
        ("According\nto the ministry, 14\npeople died.", "According to the ministry, 14 people died."),
        ("He didn\u2019t resign in\u00a0May.", "He didn't resign in May."),
    ],
)
def test_how_a_line_is_set_makes_no_difference(wrapped: str, flat: str) -> None:
    """A sentence that is broken over lines, or set with other apostrophes and spaces, has the same circumstances."""
    assert circumstances(wrapped) == circumstances(flat)


@pytest.mark.parametrize(
    ("first", "second", "reading"),
    [
        ("The mill closed.", "The mayor denied that the mill is open.", "quoted denial"),
        ("Lee said the mill closed.", "The mill is open, according to Ann Berg.", "different speakers"),
        ("Lee said the mill closed.", "The mill is open, said Mr Lee.", None),
        ("The mill closed.", "The mill might open.", "hedged or conditional"),
        ("All 40 mills closed.", "Most of the mills are open.", "part of a whole"),
        ("The mill closed.", "The mill was open until Monday.", "possible update over time"),
        ("The mill closed.", "Afterwards the mill opened.", "sequence of events"),
        ("The mill closed.", "The mill is open.", None),
        ("Smith was dismissed as coach.", "Smith is still the coach.", None),
    ],
)
def test_caveat_names_the_compatible_reading(first: str, second: str, reading: str | None) -> None:
    """A pair that also fits a compatible reading says which one."""
    assert caveat(first, second) == reading


@pytest.mark.parametrize(
    ("text", "speakers"),
    [
        ("Mr McGauran says the audit will be independent.", {"mcgauran"}),
        ("The union's secretary, Charlie Donzow, says the pay is higher.", {"charlie", "donzow"}),
        ("“It speaks of hunger,” said Hannah Lee, a researcher.", {"hannah", "lee"}),
        ("The raid was at night, according to the Unification Ministry.", {"unification", "ministry"}),
        ("Two men were hurt, police said.", {"police"}),
        ("The minister told reporters that he would resign.", {"minister"}),
        ("He said that the mill had closed.", set()),
        ("Fourteen died, according to the ministry.", {"ministry"}),
        ("Lee was admitted to hospital.", set()),
        ("The fire claimed 14 lives.", set()),
        ("The mill closed.", set()),
    ],
)
def test_speakers_are_those_whose_words_they_are(text: str, speakers: set[str]) -> None:
    """Names before or after the verb, else the noun before it; a pronoun names nobody."""
    assert circumstances(text).speakers == speakers


@pytest.mark.parametrize(
    ("text", "speakers"),
    [
        ("Aasen, who left hospital on Saturday, said the hull was sound.", {"aasen"}),
        ("Lee, who was injured, said the hull was sound.", {"lee"}),
        ("On Monday the ministry said the hull was sound.", {"ministry"}),
        ("In May the ministry said the hull was sound.", {"ministry"}),
    ],
)
def test_days_and_relative_clauses_name_no_speaker(text: str, speakers: set[str]) -> None:
    """Who was injured and when it was said are not whose words they are."""
    assert circumstances(text).speakers == speakers


@pytest.mark.parametrize(
    ("text", "hedged", "denial"),
    [
        ("The fire claimed 14 lives.", False, False),
        ("He was arrested on 12 May.", False, False),
        ("The bridge had been closed.", False, False),
        ("The bridge may be closed.", True, False),
        ("The council rejected the plan.", False, False),
        ("The club dismissed the coach.", False, False),
        ("The pay dispute went on.", False, False),
        ("He dismissed Mr Lee's claims.", False, True),
        ("The union rejected the accusation.", False, True),
    ],
)
def test_words_are_read_in_their_sense(text: str, hedged: bool, denial: bool) -> None:
    """May is a month, a council rejects a plan: no hedge and no denial."""
    found = circumstances(text)

    assert (found.hedged, found.denial) == (hedged, denial)


def test_denied_bail_is_no_denial() -> None:
    """What a judge denies was not said by anybody."""
    assert not circumstances("A judge denied him bail.").denial
    assert circumstances("A judge denied that he was bailed.").denial


@pytest.mark.parametrize(
    ("text", "hedged"),
    [
        ("It was an hour before rescuers could reach him.", False),
        ("He could not swim.", False),
        ("The mill could close next year.", True),
        ("It could be the last.", True),
    ],
)
def test_what_somebody_was_able_to_do_is_no_hedge(text: str, hedged: bool) -> None:
    """ "Could" is a hedge where it speaks of what may be, not where it speaks of an ability."""
    assert circumstances(text).hedged is hedged
