"""Ages on the run night, at their younger end."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.ages import age_in_months, is_presumed_minor, judged_age, weeks_pregnant
from data.models.request_codes import AgeUnit, MinorityStatus

YEARS, MONTHS, DAYS = AgeUnit.YEARS, AgeUnit.MONTHS, AgeUnit.DAYS


@pytest.mark.parametrize(
    ("age", "unit", "as_of", "night", "months"),
    [
        # 18th birthday: 17 on 3 March 2026 is 18 on 3 March 2027 for certain, and not one night before.
        (17, YEARS, date(2026, 3, 3), date(2027, 3, 2), 215),
        (17, YEARS, date(2026, 3, 3), date(2027, 3, 3), 216),
        # The months gone by since the statement count.
        (17, YEARS, date(2026, 3, 3), date(2026, 11, 21), 212),
        (30, YEARS, date(2026, 11, 21), date(2026, 11, 21), 360),
        # A newborn of 3 days has no month yet, and has one on the day that the calendar says.
        (3, DAYS, date(2026, 11, 20), date(2026, 11, 21), 0),
        (3, DAYS, date(2026, 11, 20), date(2026, 12, 16), 0),
        (3, DAYS, date(2026, 11, 20), date(2026, 12, 17), 1),
        (35, MONTHS, date(2026, 10, 31), date(2026, 11, 30), 35),
        (35, MONTHS, date(2026, 10, 31), date(2026, 12, 1), 36),
        (17, YEARS, date(2024, 2, 29), date(2025, 2, 28), 215),
        (17, YEARS, date(2024, 2, 29), date(2025, 3, 1), 216),
        # Known only after the night: less, never more; never below a newborn, never above the matcher's oldest.
        (17, YEARS, date(2026, 11, 22), date(2026, 11, 21), 203),
        (2, DAYS, date(2026, 11, 30), date(2026, 11, 21), 0),
        (120, YEARS, date(2026, 1, 1), date(2026, 11, 21), 1440),
    ],
)
def test_known_ages(age: int, unit: AgeUnit, as_of: date, night: date, months: int) -> None:
    assert age_in_months(age, unit, as_of, night) == months


@given(
    st.dates(date(1930, 1, 1), date(2026, 11, 21)),
    st.integers(0, 60),
    st.integers(0, 1200),
    st.sampled_from([YEARS, MONTHS, DAYS]),
)
def test_nobody_is_made_older_than_they_are(birth: date, stated_after: int, later: int, unit: AgeUnit) -> None:
    as_of = birth + timedelta(days=stated_after * 30)
    night = as_of + timedelta(days=later)

    def full_months(on: date) -> int:
        months = 0
        while _months_after(birth, months + 1) <= on:
            months += 1
        return months

    stated = {YEARS: full_months(as_of) // 12, MONTHS: full_months(as_of), DAYS: (as_of - birth).days}[unit]
    slack = {YEARS: 12, MONTHS: 1, DAYS: 0}[unit]
    computed = age_in_months(stated, unit, as_of, night)
    assert computed <= full_months(night) <= computed + slack


def _months_after(birth: date, months: int) -> date:
    year, month = divmod(birth.year * 12 + birth.month - 1 + months, 12)
    try:
        return date(year, month + 1, birth.day)
    except ValueError:  # no such day in that month: the first of the next
        year, month = divmod(year * 12 + month + 1, 12)
        return date(year, month + 1, 1)


@pytest.mark.parametrize(
    ("weeks", "days", "now"), [(24, 0, 24), (24, 6, 24), (24, 7, 25), (24, 30, 28), (24, -9, 24), (40, 90, 45)]
)
def test_a_pregnancy_goes_on(weeks: int, days: int, now: int) -> None:
    as_of = date(2026, 11, 1)
    assert weeks_pregnant(weeks, as_of, as_of + timedelta(days=days)) == now


def test_no_pregnancy_stays_none() -> None:
    assert weeks_pregnant(None, None, date(2026, 11, 21)) is None


def test_in_doubt_a_child() -> None:
    adults = [status for status in MinorityStatus if not is_presumed_minor(status)]
    assert adults == [MinorityStatus.JUDGED_ADULT]
    assert not is_presumed_minor(None)
    assert judged_age(190, MinorityStatus.JUDGED_ADULT) == 216
    assert judged_age(190, MinorityStatus.JUDGED_MINOR) == 190
    assert judged_age(250, MinorityStatus.JUDGED_ADULT) == 250
