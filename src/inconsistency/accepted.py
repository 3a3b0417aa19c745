"""What numbers and switches are accepted: refused in the same words, whoever gives them.

True and False are no numbers here, though Python has them as such. Nothing else is a switch: "no" counts as true.
"""

from __future__ import annotations

from numbers import Real

from inconsistency.errors import InputError


def is_number(value: object) -> bool:
    """Whether it is a number, of whatever library."""
    return isinstance(value, Real) and not isinstance(value, bool)


def probability(value: float, name: str) -> float:
    """A number from 0 to 1.

    Raises:
        InputError: it is something else.
    """
    if not is_number(value) or not 0 <= value <= 1:
        hint = f" ({value:g} % is {value / 100:g})" if is_number(value) and 1 < value <= 100 else ""
        raise InputError(f"{name} is {value!r}; accepted are numbers from 0 to 1{hint}")
    return float(value)


def require_whole(least: int, *, or_none: bool = False, **values: object) -> None:
    """Refuse what is no whole number from the least one.

    Raises:
        InputError: a value is something else.
    """
    for name, value in values.items():
        whole = isinstance(value, int) and not isinstance(value, bool) and value >= least
        if not whole and not (or_none and value is None):
            numbers = f"{'None and ' if or_none else ''}whole numbers from {least}"
            raise InputError(f"{name} is {value!r}; accepted are {numbers}")


def require_switches(**values: object) -> None:
    """Refuse what is neither True nor False.

    Raises:
        InputError: a value is something else.
    """
    for name, value in values.items():
        if not isinstance(value, bool):
            raise InputError(f"{name} is {value!r}; accepted are True and False")
