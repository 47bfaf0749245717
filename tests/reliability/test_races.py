"""The bars, small, on both engines; and each with its rules taken away, when it must fail."""

import pytest

from data.session import make_engine
from tests.data.booked import without
from tests.reliability import expiries, families, last_place, zones
from tests.reliability.bars import BARS
from tests.reliability.harness import Bar


@pytest.mark.parametrize("bar", BARS, ids=lambda bar: bar.name)
def test_the_promise_holds(database_url: str, bar: Bar) -> None:
    assert bar.run(database_url, bar.small)


NEEDED = [
    (last_place.BAR, ("booking_overlap", "booking_beyond_declared"), "without exactly one winner"),
    (families.BAR, ("booking_overlap", "booking_beyond_declared"), "nothing was contended"),
    (expiries.BAR, ("booking_overlap", "booking_beyond_declared"), "given to two|accepted, yet"),
    (zones.BAR, ("booking_of_excluded_pair", "excluded_pair_held"), "held in danger"),
]


@pytest.mark.parametrize(("bar", "rules", "why"), NEEDED, ids=lambda each: getattr(each, "name", None))
def test_without_its_rules_it_is_broken(database_url: str, bar: Bar, rules: tuple[str, ...], why: str) -> None:
    engine = make_engine(database_url)
    with without(engine, *rules), pytest.raises(AssertionError, match=why):
        bar.run(database_url, 10)
    engine.dispose()
