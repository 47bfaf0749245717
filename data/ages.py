"""Ages and pregnancies on a given night, from what was true on another date; rounding never takes protection away."""

from datetime import date

from data.models.request_codes import AgeUnit, MinorityStatus
from matcher.request import MINOR_MONTHS

MONTHS_MAX = 1440
"""Oldest age the matcher knows (months)."""
DAYS_MAX = 92
"""Oldest age that is said in days."""
INFANT_MONTHS_MAX = 36
"""Oldest age that is said in months."""
WEEKS_MAX = 45
"""Longest pregnancy the matcher knows (weeks)."""


def age_in_months(age: int, unit: AgeUnit, as_of: date, night: date) -> int:
    """Compute an age on a night at its younger end.

    "17 years on 3 March" is read as 17 that very day: the birthday is as late as it can be. So somebody turns 18
    for the service when they certainly have.

    Parameters
    ----------
    age : int
        Whole years, months or days.
    unit : AgeUnit
        Which.
    as_of : date
        When it was true.
    night : date
        When it is wanted.

    Returns
    -------
    int
        Whole months, 0 to 1440. An age that is true only after the night counts as less.
    """
    start, known = _start(age, unit, as_of)
    months = known + _whole_months(start, night)
    return min(max(months, 0), MONTHS_MAX)


def reaches(age: int, unit: AgeUnit, as_of: date, months: int) -> date:
    """Give the first day on which an age is a number of months, at its younger end (`age_in_months`).

    Parameters
    ----------
    age, unit, as_of
        As in `age_in_months`.
    months : int
        Whole months, 0 or more.
    """
    start, known = _start(age, unit, as_of)
    return _months_after(start, months - known)


def restated(age: int, unit: AgeUnit, as_of: date, today: date) -> tuple[int, AgeUnit, date]:
    """Say an age as it is today. On every later day it is the same age, or younger for the days by which months differ.

    Parameters
    ----------
    age, unit, as_of
        As in `age_in_months`.
    today : date
        Not before ``as_of``, else the age is given back as it is.

    Returns
    -------
    tuple
        Age, unit, and the last day on which that age was reached.
    """
    if today < as_of:
        return age, unit, as_of
    days = age + (today - as_of).days
    if unit is AgeUnit.DAYS and days <= DAYS_MAX:
        return days, unit, today
    start, known = _start(age, unit, as_of)
    months = known + _whole_months(start, today)
    step = 12 if unit is AgeUnit.YEARS or months > INFANT_MONTHS_MAX else 1
    months -= months % step
    return months // step, AgeUnit.YEARS if step == 12 else AgeUnit.MONTHS, _months_after(start, months - known)


def weeks_pregnant(weeks: int | None, as_of: date | None, night: date) -> int | None:
    """Compute the weeks of a pregnancy on a night.

    Parameters
    ----------
    weeks : int or None
        Whole weeks when last known; None: no pregnancy.
    as_of : date or None
        When it was known.
    night : date
        When it is wanted; never fewer weeks than were known.

    Returns
    -------
    int or None
        Whole weeks, 1 to 45: past the term she is pregnant until the birth is told.
    """
    if weeks is None or as_of is None:
        return None
    return min(weeks + max(0, (night - as_of).days // 7), WEEKS_MAX)


def is_presumed_minor(status: MinorityStatus | None) -> bool:
    """Tell whether a person counts as a minor whatever age is declared: until judged an adult, in doubt a child."""
    return status is not None and status is not MinorityStatus.JUDGED_ADULT


def judged_age(months: int, status: MinorityStatus | None) -> int:
    """Put the age right after a judgment: who is judged an adult is 18 at least (months)."""
    return max(months, MINOR_MONTHS) if status is MinorityStatus.JUDGED_ADULT else months


def _start(age: int, unit: AgeUnit, as_of: date) -> tuple[date, int]:
    # A day from which months are counted, and the age in months on it.
    if unit is AgeUnit.DAYS:
        return date.fromordinal(as_of.toordinal() - age), 0
    return as_of, age * (12 if unit is AgeUnit.YEARS else 1)


def _months_after(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    try:
        return date(year, month + 1, start.day)
    except ValueError:
        # Born on the 31st: a month older on the 1st after a shorter month.
        return date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)


def _whole_months(start: date, end: date) -> int:
    # Born on the 31st: a month older on the 1st after a shorter month, never before.
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
