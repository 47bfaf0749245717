"""Nights as whole numbers.

A night is the evening it begins. Inside the matcher it is a day number (proleptic Gregorian ordinal),
so that arrays of nights are arrays of integers; dates exist only in `matcher.codec` and in the values.
"""

from datetime import date
from typing import Final

FAR: Final = 10_000_000
"""A night later than every horizon: what an open end is inside arrays (day number)."""


def number(night: date) -> int:
    """Day number of a night.

    Parameters
    ----------
    night : date
        The evening the night begins.

    Returns
    -------
    int
        Days since 1 January of year 1, counted from 1.
    """
    return night.toordinal()


def number_or_far(night: date | None) -> int:
    """Day number of a night, `FAR` for an open end."""
    return FAR if night is None else night.toordinal()


def night(day: int) -> date:
    """Give back the date of a day number."""
    return date.fromordinal(int(day))
