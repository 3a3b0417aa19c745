"""Caveats name the compatible reading that a flagged pair also allows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inconsistency.evidence import caveat
from inconsistency.evidence.caveats import circumstances

PLAIN = Path(__file__).with_name("evidence_plain.jsonl")


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
        ("The mill has closed for good.", "The mayor denied that the mill has closed.", "quoted denial"),
        ("Lee said the mill closed.", "The mill is open, according to Ann Berg.", "different speakers"),
        ("Lee said the mill closed.", "The mill is open, said Mr Lee.", None),
        ("The mill closed.", "The mill might open.", "hedged or conditional"),
        ("If it rains the mill will close.", "Should it rain, the mill will stay open.", None),
        ("The mill closed.", "At first the mill was to stay open.", "possible update over time"),
        ("The mill employs eleven guards.", "Two years ago the mill had no guards.", "possible update over time"),
        ("The mill closed.", "The mill is open.", None),
        ("Smith was dismissed as coach.", "Smith is still the coach.", None),
    ],
)
def test_caveat_names_the_compatible_reading(first: str, second: str, reading: str | None) -> None:
    """A pair that also fits a compatible reading says which one."""
    assert caveat(first, second) == reading


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("All 40 miners were rescued.", "Of the miners, 14 were rescued before noon."),
        ("The blast killed 14 workers.", "Officials said 41 workers died after the blast."),
        ("Police had said that 14 people were hurt.", "The crash hurt 41 people."),
        ("The suspect was arrested before dawn.", "The suspect then fled and is still at large."),
        ("The driver died at the scene.", "The driver was later treated in hospital and survived."),
        ("The jury found Okafor guilty.", "Okafor, who denied murder, was acquitted."),
        ("The council had announced that the man died.", "He is alive, his sister told reporters."),
    ],
)
def test_plain_conflicts_have_no_caveat(first: str, second: str) -> None:
    """Words such as "before", "later" and "denied" excuse no conflict of numbers, custody or death."""
    assert caveat(first, second) is None


def test_plain_pairs_have_hardly_a_caveat() -> None:
    """Of the plain contradictions at most one in ten carries a caveat."""
    pairs = [json.loads(line) for line in PLAIN.read_text(encoding="utf-8").splitlines()]

    assert sum(caveat(p["first"], p["second"]) is not None for p in pairs) <= len(pairs) / 10


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
        ("It was an hour before rescuers could reach him.", False, False),
        ("He could not swim.", False, False),
        ("It could be the last.", True, False),
        ("He spoke as if nothing had happened.", False, False),
        ("The council rejected the plan.", False, False),
        ("The club dismissed the coach.", False, False),
        ("The pay dispute went on.", False, False),
        ("He dismissed Mr Lee's claims.", False, True),
        ("The union rejected the accusation.", False, True),
        ("A judge denied him bail.", False, False),
        ("A judge denied that he was bailed.", False, True),
    ],
)
def test_words_are_read_in_their_sense(text: str, hedged: bool, denial: bool) -> None:
    """May is a month, a council rejects a plan, "could" tells of an ability: no hedge and no denial."""
    found = circumstances(text)

    assert (found.hedged, bool(found.denied)) == (hedged, denial)
