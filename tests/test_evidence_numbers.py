"""Numbers and times in words and figures."""

from __future__ import annotations

from math import inf

import pytest

from inconsistency.evidence._dates import differ, moments, same
from inconsistency.evidence._quantities import quantities


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
