"""An age said anew is the same age, on every later day; a birthday is found on its day."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from data.ages import age_in_months, reaches, restated
from data.models.request_codes import AgeUnit

OLDEST = {AgeUnit.YEARS: 60, AgeUnit.MONTHS: 36, AgeUnit.DAYS: 92}
AGES = st.sampled_from(AgeUnit).flatmap(
    lambda unit: st.tuples(st.integers(0, OLDEST[unit]), st.just(unit), st.dates(date(2024, 1, 1), date(2026, 3, 1)))
)


@given(AGES, st.integers(0, 1500), st.integers(0, 3000))
def test_the_same_on_every_later_day(known: tuple[int, AgeUnit, date], passed: int, later: int) -> None:
    today = known[2] + timedelta(days=passed)
    said = restated(*known, today)
    assert said[2] <= today
    night = today + timedelta(days=later)
    assert age_in_months(*said, night) <= age_in_months(*known, night), "never older"
    assert age_in_months(*known, night) <= age_in_months(*said, night + timedelta(days=3)), "nor long younger"


@given(AGES, st.integers(0, 300))
def test_a_birthday_is_found_on_its_day(known: tuple[int, AgeUnit, date], months: int) -> None:
    day = reaches(*known, months)
    if age_in_months(*known, known[2]) < months:
        assert age_in_months(*known, day) == months
        assert age_in_months(*known, day - timedelta(days=1)) == months - 1


def test_known_answers() -> None:
    assert restated(12, AgeUnit.DAYS, date(2026, 11, 21), date(2026, 12, 21)) == (42, AgeUnit.DAYS, date(2026, 12, 21))
    assert restated(12, AgeUnit.DAYS, date(2026, 11, 21), date(2027, 3, 1)) == (3, AgeUnit.MONTHS, date(2027, 2, 9))
    assert restated(35, AgeUnit.MONTHS, date(2026, 11, 21), date(2027, 2, 1)) == (3, AgeUnit.YEARS, date(2026, 12, 21))
    assert restated(17, AgeUnit.YEARS, date(2026, 3, 3), date(2027, 12, 1)) == (18, AgeUnit.YEARS, date(2027, 3, 3))
    assert restated(17, AgeUnit.YEARS, date(2026, 3, 3), date(2026, 1, 1)) == (17, AgeUnit.YEARS, date(2026, 3, 3))
    assert reaches(17, AgeUnit.YEARS, date(2026, 3, 3), 18 * 12) == date(2027, 3, 3)
    assert reaches(12, AgeUnit.DAYS, date(2026, 11, 21), 3) == date(2027, 2, 9)
