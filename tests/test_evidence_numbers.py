"""Numbers and times in words and figures."""

from __future__ import annotations

from math import inf

import pytest

from inconsistency.evidence.candidates import findings
from inconsistency.evidence.dates import differ, moments, same
from inconsistency.evidence.names import names
from inconsistency.evidence.quantities import quantities
from inconsistency.evidence.types import Facts


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("14 people", 14, 14, "peopl"),
        ("fourteen people", 14, 14, "peopl"),
        ("two hundred and five people", 205, 205, "peopl"),
        ("twenty-one boats", 21, 21, "boat"),
        ("1,250 boats", 1250, 1250, "boat"),
        ("$6.1 million", 6.1e6, 6.1e6, "dollar"),
        ("£40bn", 4e10, 4e10, "pound"),
        ("28%", 28, 28, "percent"),
        ("28 per cent", 28, 28, "percent"),
        ("12 per hour", 12, 12, "per hour"),
        ("two thirds of them", 2 / 3, 2 / 3, "fraction"),
        ("two-thirds of them", 2 / 3, 2 / 3, "fraction"),
        ("half of them", 0.5, 0.5, "fraction"),
        ("more than 40 cars", 40, inf, "car"),
        ("fewer than 40 cars", 0, 40, "car"),
        ("no more than 40 cars", 0, 40, "car"),
        ("no less than 40 cars", 40, inf, "car"),
        ("They recover 14 bodies", 14, 14, "bodi"),
        ("a turnover $5m", 5e6, 5e6, "dollar"),
        ("about 40 cars", 36, 44, "car"),
        ("10 to 20 cars", 10, 20, "car"),
        ("10-20 cars", 10, 20, "car"),
        ("between ten and twenty cars", 10, 20, "car"),
        ("14 British soldiers", 14, 14, "soldier"),
        ("two young girls", 2, 2, "girl"),
        ("5,000 new cases", 5000, 5000, "case"),
        ("two well-known actors", 2, 2, "actor"),
        ("one British woman met soldiers", 1, 1, "british"),
        ("14 in London hospitals", 14, 14, "london"),
        ("14 died fighting troops", 14, 14, "die"),
        ("3-storey houses", 3, 3, "storey"),
        ("40 mph winds", 40, 40, "mph"),
        ("5 km races", 5, 5, "km"),
        ("the 20th century houses", 20, 20, "th"),
        ("14 of the soldiers", 14, 14, ""),
        ("EUR5m", 5e6, 5e6, ""),
        ("a third of them", 1 / 3, 1 / 3, "fraction"),
        ("two dozen people", 24, 24, "peopl"),
        ("a dozen people", 12, 12, "peopl"),
        ("half a dozen people", 6, 6, "peopl"),
        ("half a million people", 500_000, 500_000, "peopl"),
        ("two and a half million people", 2_500_000, 2_500_000, "peopl"),
        ("several dozen people", 24, inf, "peopl"),
        ("between 5 and 10 million people", 5e6, 1e7, "peopl"),
        ("two to three dozen people", 24, 36, "peopl"),
        ("500 to 2 million people", 500, 2e6, "peopl"),
        ("$5-10 million", 5e6, 1e7, "dollar"),
        ("$5m-10m", 5e6, 1e7, "dollar"),
        ("aged from 14 to 41", 14, 41, ""),
    ],
)
def test_quantity(text: str, low: float, high: float, unit: str) -> None:
    """Figures, words, bounds and ranges become the least and greatest value they allow."""
    (found,) = quantities(text, [])

    assert (found.low, found.high, found.unit) == (pytest.approx(low), pytest.approx(high), unit)


@pytest.mark.parametrize(
    "text",
    ["Covid-19 cases", "the G20 leaders", "F-16 jets", "H1N1 cases", "the first half", "the other half", "his third goal"],
)
def test_digits_of_names_and_ordinals_are_no_quantity(text: str) -> None:
    """What is glued to letters is a name's, and neither an ordinal nor a half of a match is a share."""
    assert quantities(text, []) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("The toll rose from 14 to 41.", [14, 41]),
        ("The toll was revised upwards from about 10 to 41.", [9, 41]),
        ("The price went from $5 to $10 million.", [5e6, 1e7]),
        ("It fell from 10 to 5 million.", [10, 5e6]),
    ],
)
def test_change_is_no_range(text: str, values: list[float]) -> None:
    """What a number was and what it has become are two numbers, with nothing between them."""
    assert [q.low for q in quantities(text, [])] == pytest.approx(values)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("on Tuesday", {"weekday": "tuesday"}),
        ("on 3 March 2019", {"day": 3, "month": "march", "year": 2019}),
        ("on March 3rd", {"day": 3, "month": "march"}),
        ("in May 1950", {"month": "may", "year": 1950}),
        ("at 6:40 p.m.", {"clock": 18 * 60 + 40}),
        ("at 18:40", {"clock": 18 * 60 + 40}),
        ("at noon", {"clock": 12 * 60}),
        ("in May", {"month": "may"}),
        ("Last May he left", {"month": "may"}),
        ("In May Labour lost", {"month": "may"}),
        ("the March budget", {"month": "march"}),
        ("at the end of March Mr Orr", {"month": "march"}),
        ("Spain's June heatwave", {"month": "june"}),
        ("June Brown, 3 May", {"day": 3, "month": "may"}),
        ("Theresa May resigned", None),
        ("then Mrs May left", None),
        ("June Brown left", None),
        ("in 1999", {"year": 1999}),
        ("in the 1990s", {"decade": 1990}),
        ("she may come", None),
        ("1999 people", None),
        ("1600 workers", None),
        ("the 1600 workers", None),
        ("the 1,600 workers", None),
        ("their 2000 employees", None),
        ("the 1700 barns", None),
        ("the 1600 men", None),
        ("in 1999 workers", {"year": 1999}),
        ("the 2023 champions", {"year": 2023}),
        ("the 1848 revolutions", {"year": 1848}),
        ("the 2010 census", {"year": 2010}),
        ("after 2008 crisis talks", {"year": 2008}),
        ("2008 crisis talks", {"year": 2008}),
        ("the 2019 protests", {"year": 2019}),
        ("below 1990 levels", {"year": 1990}),
        ("Yesterday it rained", {"relative": "yesterday"}),
        ("Last month it rained", {"relative": "last month"}),
        ("at mıdday", None),
        ("on Tueſday", None),
        ("$2019", None),
    ],
)
def test_moment(text: str, fields: dict[str, object] | None) -> None:
    """Times become comparable fields; words and counts that only look like times do not."""
    found = [dict(m.fields) for m in moments(text)]

    assert found == ([fields] if fields else [])


def test_moments_compare_by_shared_fields() -> None:
    """6:40 p.m. is 18:40; a year clashes with another decade; a day and a year do not meet."""
    (evening,), (clock,) = moments("6:40 p.m."), moments("18:40")
    (year,), (decade,) = moments("in 1985"), moments("the 1990s")
    (weekday,) = moments("Tuesday")

    assert same(evening, clock)
    assert differ(year, decade)
    assert not differ(year, weekday)


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ("Acme hired 1600 workers.", "Acme hired 1900 workers.", {"number_unit"}),
        ("The 1600 workers left.", "The 1900 workers left.", {"number_unit"}),
        ("The 1600 workers left.", "The 1,600 workers left.", set()),
        ("It fell by 12 per hour.", "It fell by 8 percent.", set()),
        ("It makes 12 per hour.", "It makes 96 per day.", set()),
        ("Divers recover 14 boats.", "Divers recovered 41 boats.", {"number_unit"}),
        ("Police said 14\npeople were hurt.", "Police said 41 people were hurt.", {"number_unit"}),
        ("He hired 14 British workers.", "Three British tourists left.", set()),
        ("He met two young girls.", "He met four young men.", set()),
        ("There were 5,000 new cases.", "There were 300 cases.", {"number_unit"}),
        ("Covid-19 cases fell.", "Officials counted 300 cases.", set()),
        ("It led in the first half through Smith.", "It was Smith's third goal.", set()),
        ("Two dozen people were hurt.", "The hospital took 24 people.", set()),
        ("The toll rose from 14 to 41 people.", "It hurt 30 people.", {"number_unit"}),
        ("The toll rose from 14 to 41 people.", "It hurt 41 people.", set()),
    ],
)
def test_counts_years_and_shares_are_told_apart(first: str, second: str, clash: set[str]) -> None:
    """A count is no year, "per hour" no percentage, an adjective not what is counted, and a name no count."""
    found = {f.rule for f in findings(Facts(first, second), Facts(second, first))}

    assert found & {"number_unit", "time_differs"} == clash


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("One of the miners said so.", []),
        ("No one was hurt.", []),
        ("The plan has three parts; bullet one: 3 trains.", [3, 3]),
        ("One said it was late.", []),
        ("This one was broken.", []),
        ("It was the last one.", []),
        ("One man was hurt.", [1]),
        ("one-third of them", [1 / 3]),
        ("one million people", [1e6]),
        ("twenty-one boats", [21]),
        ("one in 14", [14]),
    ],
)
def test_a_pronoun_is_no_number(text: str, values: list[float]) -> None:
    """"One" is a number only where it counts something."""
    assert [q.low for q in quantities(text, [])] == pytest.approx(values)


def test_words_before_a_name_say_what_it_is() -> None:
    """Title and preposition are seen, in a long sentence as in a short one."""
    found = names("He said so again, " * 20 + "when Captain Roe met Doe in the northern town of Tollin.")

    assert [(n.text, n.person, n.place) for n in found][-2:] == [("Doe", False, False), ("Tollin", False, True)]


@pytest.mark.parametrize("title", ["Mr", "Mr.", "Mrs", "Dr"])
@pytest.mark.parametrize("opening", ["", "But ", "Police arrested "])
def test_person_is_known_by_a_title(title: str, opening: str) -> None:
    """A title makes a person of a name, with a full stop or without, and does not belong to it."""
    first, second = (f"{opening}{title} {name} and left." for name in ("Smith", "Jones"))
    found = findings(Facts(first, second), Facts(second, first))
    spans = [(f.first, f.second) for f in found if f.rule == "person_name"]

    assert [first[a.start : a.end] for a, _ in spans if a] == ["Smith"]
    assert [second[b.start : b.end] for _, b in spans if b] == ["Jones"]


def test_country_is_no_doctor() -> None:
    """The capitals of "DR Congo" are no title."""
    assert [n.text for n in names("Rebels took DR Congo and Mr Smith left.") if n.person] == ["Smith"]
