"""Numbers and times in words and figures."""

from __future__ import annotations

import time
from math import inf

import pytest

from inconsistency.evidence._dates import differ, moments, same
from inconsistency.evidence._names import names
from inconsistency.evidence._quantities import quantities
from inconsistency.evidence._rules import sure_clashes


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
        ("half of them", 0.5, 0.5, "fraction"),
        ("more than 40 cars", 40, inf, "car"),
        ("fewer than 40 cars", 0, 40, "car"),
        ("about 40 cars", 36, 44, "car"),
        ("10 to 20 cars", 10, 20, "car"),
        ("10-20 cars", 10, 20, "car"),
        ("between ten and twenty cars", 10, 20, "car"),
    ],
)
def test_quantity(text: str, low: float, high: float, unit: str) -> None:
    """Figures, words, bounds and ranges become the least and greatest value they allow."""
    (found,) = quantities(text, [])

    assert (found.low, found.high, found.unit) == (pytest.approx(low), pytest.approx(high), unit)


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
        ("in 1999", {"year": 1999}),
        ("in the 1990s", {"decade": 1990}),
        ("she may come", None),
        ("1999 people", None),
        ("1600 workers", None),
        ("in 1999 workers", {"year": 1999}),
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
        ("It fell by 12 per hour.", "It fell by 8 percent.", set()),
        ("It makes 12 per hour.", "It makes 96 per day.", set()),
    ],
)
def test_counts_years_and_shares_are_told_apart(first: str, second: str, clash: set[str]) -> None:
    """A count is no year, and "per hour" no percentage."""
    assert sure_clashes(first, second) == clash


def test_numbers_and_names_take_linear_time() -> None:
    """What stands before a number or name is read once, not from the beginning of the sentence."""
    text = "Lee3 3 goals " * 6000
    started = time.process_time()
    quantities(text, [])
    names(text)

    assert time.process_time() - started < 5


def test_words_before_a_name_say_what_it_is() -> None:
    """Title and preposition are seen, in a long sentence as in a short one."""
    found = names("He said so again, " * 20 + "when Captain Roe met Doe in the northern town of Tollin.")

    assert [(n.text, n.person, n.place) for n in found][-2:] == [("Doe", False, False), ("Tollin", False, True)]
