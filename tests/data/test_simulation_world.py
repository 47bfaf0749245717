from collections import Counter

import pytest

from data.simulation.world import LONGEST, Size, World, other_future, world
from matcher.place import Sharing

SIZE = Size(nights=90, scale=0.3)


@pytest.fixture(scope="module")
def made() -> World:
    return world(3, SIZE)


def test_same_seed_same_year(made: World) -> None:
    assert world(3, SIZE) == made
    assert other_future(made, 3, 1, SIZE) == other_future(made, 3, 1, SIZE)


def test_another_seed_another_year(made: World) -> None:
    assert world(4, SIZE).households != made.households


def test_another_future_keeps_the_network_and_the_first_residents(made: World) -> None:
    future = other_future(made, 3, 1, SIZE)
    assert (future.places, future.vacant_from) == (made.places, made.vacant_from)
    assert future.households != made.households
    assert future.households != other_future(made, 3, 2, SIZE).households


def test_every_night_of_the_year_can_be_an_assignment(made: World) -> None:
    assert all(place.sharing is Sharing.PRIVATE and place.reserved_to is None for place in made.places)
    assert all(one.request.separation_group is None for one in made.households)


def test_the_whole_network_has_the_six_places_of_the_report() -> None:
    kinds = Counter(place.kind for place in world(0, Size(nights=1)).places)
    assert kinds["koutcha"] == 6
    assert kinds["lhss_perinatal"] == 24
    assert kinds["acse"] == 51


def test_arrivals_follow_the_rate(made: World) -> None:
    assert len(made.households) == round(12 * 90 * 0.3)
    arrivals = [one.arrives for one in made.households]
    assert arrivals == sorted(arrivals)
    assert set(arrivals) <= set(range(90))
    assert len(set(arrivals)) > 60


def test_needs_last_at_least_a_night_and_have_an_end(made: World) -> None:
    assert all(1 <= one.leaves - one.arrives <= LONGEST for one in made.households)
    assert all(one.request.waiting_since == one.request.from_night for one in made.households)


def test_places_are_mostly_lived_in_when_the_year_begins() -> None:
    vacant = world(0, Size(nights=1)).vacant_from
    assert 0.93 < sum(night > 0 for night in vacant) / len(vacant) <= 1


def test_refusals_come_as_often_as_said() -> None:
    made = world(5, Size(nights=365))
    kind = {place.facility: place.kind for place in made.places}
    for code, share in (("lhss_perinatal", 0.6), ("chu", 0.15)):
        own = {facility for facility in kind if kind[facility] == code}
        said_no = sum(len(own & one.refused_by) for one in made.households) / (len(own) * len(made.households))
        assert said_no == pytest.approx(share, abs=0.03)
    assert all(one.never == one.refused_by | one.refuses for one in made.households)
